//! Can the gateways' answers and callbacks be read, whatever they say?

use coursepay_core::attempt::Attempt;
use coursepay_core::gateway::{Content, Operation, RefundOperation};
use coursepay_core::method::{Channel, GatewayId};

use super::exchange::{Exchange, NOW, refund, trusted};
use super::raw::Raw;
use super::{Play, outcome, shape};
use crate::actors::wechat_pay::{Callback, true_callback};
use crate::native::clock::START_MS;

/// Makes a function of a target out of what it reads.
macro_rules! answers {
    ($($name:ident = $read:ident($gateway:ident, $asked:literal, $operation:expr);)+) => {$(
        pub(super) fn $name() -> Play {
            $read(GatewayId::$gateway, $asked, $operation)
        }
    )+};
}

answers! {
    alipay_create = answer(Alipay, "create", Operation::Create);
    alipay_query = answer(Alipay, "query", Operation::Query);
    alipay_close = answer(Alipay, "close", Operation::Close);
    alipay_refund = refund_answer(Alipay, "refund", RefundOperation::Request);
    alipay_refund_query = refund_answer(Alipay, "refund_query", RefundOperation::Query);
    wechat_pay_create = answer(WechatPay, "create", Operation::Create);
    wechat_pay_query = answer(WechatPay, "query", Operation::Query);
    wechat_pay_close = answer(WechatPay, "close", Operation::Close);
    wechat_pay_refund = refund_answer(WechatPay, "refund", RefundOperation::Request);
    wechat_pay_refund_query = refund_answer(WechatPay, "refund_query", RefundOperation::Query);
    stripe_create = answer(Stripe, "create", Operation::Create);
    stripe_query = answer(Stripe, "query", Operation::Query);
    stripe_close = answer(Stripe, "close", Operation::Close);
    stripe_refund = refund_answer(Stripe, "refund", RefundOperation::Request);
    stripe_refund_query = refund_answer(Stripe, "refund_query", RefundOperation::Query);
}

/// What was answered to this question first, and to the others after it: any may come in the place of any.
fn seeds(exchange: &Exchange, asked: &str) -> Vec<Vec<u8>> {
    let (ours, others): (Vec<_>, Vec<_>) = exchange.answers.iter().partition(|(name, _)| *name == asked);
    assert!(!ours.is_empty(), "nothing was answered to {asked}");
    ours.into_iter().chain(others).map(|(_, bytes)| bytes.clone()).collect()
}

fn answer(gateway: GatewayId, asked: &str, operation: Operation) -> Play {
    let exchange = Exchange::of(gateway);
    let attempts = asked_about(gateway, &exchange.attempt);
    let seeds = seeds(&exchange, asked);
    let read = move |input: &[u8]| {
        let raw = Raw::read(input);
        let read = |attempt| {
            let answer = exchange.party().protocol.read_answer(operation, attempt, raw.message(), NOW);
            outcome(&answer.map(trusted))
        };
        attempts.iter().map(read).collect::<Vec<_>>().join("; ")
    };
    Play { seeds, read: Box::new(read) }
}

/// The attempts that one answer is read for: of every channel, and at Stripe with and without its name.
fn asked_about(gateway: GatewayId, attempt: &Attempt) -> Vec<Attempt> {
    let on = |channel| Attempt { channel, ..attempt.clone() };
    match gateway {
        GatewayId::Alipay => vec![on(Channel::Qr)],
        GatewayId::WechatPay => [Channel::Qr, Channel::Mobile, Channel::InApp].map(on).into(),
        GatewayId::Stripe => vec![attempt.clone(), Attempt { gateway_ref: None, ..attempt.clone() }],
    }
}

fn refund_answer(gateway: GatewayId, asked: &str, operation: RefundOperation) -> Play {
    let exchange = Exchange::of(gateway);
    let seeds = seeds(&exchange, asked);
    let read = move |input: &[u8]| {
        let raw = Raw::read(input);
        let protocol = &exchange.party().protocol;
        let answer = protocol.read_refund_answer(operation, &refund(), &exchange.attempt, raw.message(), NOW);
        outcome(&answer.map(trusted))
    };
    Play { seeds, read: Box::new(read) }
}

pub(super) fn stripe_dispute_query() -> Play {
    let exchange = Exchange::of(GatewayId::Stripe);
    let seeds = seeds(&exchange, "dispute_query");
    let dispute = exchange.dispute.clone().expect("a dispute");
    let read = move |input: &[u8]| {
        let raw = Raw::read(input);
        let answer = exchange.party().protocol.read_dispute_answer(&dispute, raw.message());
        outcome(&answer.map(trusted))
    };
    Play { seeds, read: Box::new(read) }
}

pub(super) fn alipay_callback() -> Play {
    callback(GatewayId::Alipay)
}

pub(super) fn wechat_pay_callback() -> Play {
    callback(GatewayId::WechatPay)
}

pub(super) fn stripe_callback() -> Play {
    callback(GatewayId::Stripe)
}

fn callback(gateway: GatewayId) -> Play {
    let exchange = Exchange::of(gateway);
    let seeds = exchange.callbacks.clone();
    assert!(!seeds.is_empty(), "nobody called back");
    let read = move |input: &[u8]| {
        let raw = Raw::read(input);
        let content = exchange.party().protocol.read_callback(raw.message(), NOW);
        match content.map(trusted) {
            Ok(Some(Content::Open(notice))) => shape(&notice),
            Ok(Some(Content::Sealed(sealed))) => format!("sealed, {}", outcome(&(sealed.read)(&raw.body))),
            Ok(None) => "proved by nothing".to_owned(),
            Err(fault) => outcome::<()>(&Err(fault)),
        }
    };
    Play { seeds, read: Box::new(read) }
}

/// What is read once a callback was opened, as each of the events it may belong to.
pub(super) fn wechat_pay_resource() -> Play {
    let exchange = Exchange::of(GatewayId::WechatPay);
    let paid = Callback::paid(&exchange.setup, &exchange.attempt.id.to_string(), 9_900);
    let refunded = serde_json::json!({
        "mchid": exchange.setup.merchant.wechat_pay.mchid,
        "out_trade_no": exchange.attempt.id,
        "transaction_id": "4200",
        "out_refund_no": refund().number,
        "refund_id": "5000",
        "refund_status": "SUCCESS",
        "success_time": "2026-01-01T08:00:30+08:00",
        "user_received_account": "支付用户零钱",
        "amount": {"total": 9_900, "refund": 100, "payer_total": 9_900, "payer_refund": 100},
    });
    let seeds = vec![paid.plain().as_bytes().to_vec(), refunded.to_string().into_bytes()];
    let envelopes =
        ["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"].map(|event| {
            let callback = paid.clone().envelope("event_type", event);
            true_callback(&exchange.setup, &callback, START_MS)
        });
    let read = move |input: &[u8]| {
        let read = envelopes.iter().map(|envelope| {
            let message = coursepay_core::gateway::Message {
                status: 200,
                headers: envelope.headers(),
                body: envelope.text().as_bytes(),
            };
            let content = exchange.party().protocol.read_callback(message, NOW).ok().and_then(trusted);
            let Some(Content::Sealed(sealed)) = content else { panic!("a true callback is sealed") };
            outcome(&(sealed.read)(input))
        });
        read.collect::<Vec<_>>().join("; ")
    };
    Play { seeds, read: Box::new(read) }
}
