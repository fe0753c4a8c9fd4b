//! What exactly do we send to WeChat Pay?

use coursepay_core::api::{Action, JsapiParams};
use coursepay_core::attempt::Attempt;
use coursepay_core::currency::Currency;
use coursepay_core::gateway::wechat_pay::WechatPay;
use coursepay_core::gateway::{
    Fault, Gateway, GatewayRequest, Moment, Operation, Outgoing, Payer, RefundOperation, RefundTerms,
    Unsigned, Verb,
};
use coursepay_core::method::{Channel, Method};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, cny, moment};
use crate::wechat_pay_fixture::{KEY_ID, payer, prepared, refund, to_sign, tried, wechat_pay};

const SIGNATURE: &[u8] = &[0xfb, 0xff, 0xbf, 0x01];
const NONCE: &str = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";

fn sent(unsigned: Unsigned) -> (String, GatewayRequest) {
    let message = String::from_utf8(unsigned.message().to_vec()).unwrap();
    match unsigned.signed(SIGNATURE) {
        Outgoing::Send(request) => (message, request),
        Outgoing::Browse(action) => panic!("{action:?}"),
    }
}

/// The request for a new payment on `channel`, and its body.
fn created(channel: Channel) -> (String, GatewayRequest) {
    sent(prepared(Operation::Create, &tried(channel), &payer()).unwrap())
}

fn expected_body(end: &str) -> String {
    format!(
        "{{\"appid\":\"wxd678efh567hg6787\",\"mchid\":\"1900007291\",\"description\":\"课程 rust-101\",\
         \"out_trade_no\":\"{}\",\"time_expire\":\"2026-01-01T08:30:00+08:00\",\
         \"notify_url\":\"https://pay.example/v1/callbacks/wechat_pay\",\
         \"amount\":{{\"total\":9900,\"currency\":\"CNY\"}}{end}}}",
        tried(Channel::Qr).id
    )
}

#[test]
fn a_code_is_asked_for_with_every_byte_signed() {
    let (message, request) = created(Channel::Qr);
    let body = expected_body("");
    let seconds = START.seconds();
    assert_eq!(message, format!("POST\n/v3/pay/transactions/native\n{seconds}\n{NONCE}\n{body}\n"));
    assert_eq!(request.verb, Verb::Post);
    assert_eq!(request.url, "https://gateway.example/v3/pay/transactions/native");
    assert_eq!(request.body, body);
    let authorization = format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"1900007291\",nonce_str=\"{NONCE}\",signature=\"+/+/AQ==\",\
         timestamp=\"{seconds}\",serial_no=\"408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB\""
    );
    let header = |name| request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value);
    assert_eq!(header("authorization"), Some(&*authorization));
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("wechatpay-serial"), Some(KEY_ID));
    assert!(header("user-agent").is_some_and(|agent| agent.starts_with("coursepay/")));
    assert_eq!(request.headers.len(), 5);
}

#[test]
fn a_phone_is_told_where_its_learner_is_and_the_app_who_they_are() {
    let scene = r#","scene_info":{"payer_client_ip":"203.0.113.7","h5_info":{"type":"Wap"}}"#;
    let openid = r#","payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}"#;
    for (channel, path, end) in [(Channel::Mobile, "h5", scene), (Channel::InApp, "jsapi", openid)] {
        let (_, request) = created(channel);
        assert_eq!(request.url, format!("https://gateway.example/v3/pay/transactions/{path}"));
        assert_eq!(request.body, expected_body(end));
    }
}

#[test]
fn query_and_close_name_number_and_merchant_and_nothing_else() {
    let (number, seconds) = (tried(Channel::Qr).id, START.seconds());
    for channel in [Channel::Qr, Channel::Mobile, Channel::InApp] {
        let path = format!("/v3/pay/transactions/out-trade-no/{number}");
        let (message, query) = sent(prepared(Operation::Query, &tried(channel), &Payer::default()).unwrap());
        assert_eq!(message, format!("GET\n{path}?mchid=1900007291\n{seconds}\n{NONCE}\n\n"));
        assert_eq!((query.verb, query.body.as_str()), (Verb::Get, ""));
        assert_eq!(query.url, format!("https://gateway.example{path}?mchid=1900007291"));
        assert!(query.headers.iter().all(|(name, _)| *name != "content-type"));
        let (message, close) = sent(prepared(Operation::Close, &tried(channel), &Payer::default()).unwrap());
        let body = r#"{"mchid":"1900007291"}"#;
        assert_eq!(message, format!("POST\n{path}/close\n{seconds}\n{NONCE}\n{body}\n"));
        assert_eq!(close.body, body);
    }
}

#[test]
fn a_repeat_sends_the_same_but_for_time_and_nonce() {
    let attempt = tried(Channel::Qr);
    let at = |now: Timestamp, nonce: &str| {
        let moment = Moment { now, nonce: nonce.to_owned() };
        sent(to_sign(wechat_pay().prepare(Operation::Create, &attempt, &payer(), &moment)).unwrap())
    };
    let ((first, one), (later, two)) = (at(START, NONCE), at(START.plus_ms(61_000), "A"));
    assert_ne!(first, later);
    assert_eq!((one.url, one.body), (two.url, two.body));
}

#[test]
fn wechat_chooses_the_key_of_its_answers_where_none_is_asked_for() {
    let ours = WechatPay { answer_key_id: None, ..wechat_pay() };
    let unsigned = ours.prepare(Operation::Create, &tried(Channel::Qr), &payer(), &moment(START));
    let (_, request) = sent(to_sign(unsigned).unwrap());
    assert!(request.headers.iter().all(|(name, _)| *name != "wechatpay-serial"));
}

#[test]
fn a_page_is_handed_its_ticket_signed() {
    let unsigned = wechat_pay().hand_over("wx201410272009395522657a690389285100", &moment(START)).unwrap();
    let package = "prepay_id=wx201410272009395522657a690389285100".to_owned();
    let time_stamp = START.seconds().to_string();
    let message = format!("wxd678efh567hg6787\n{time_stamp}\n{NONCE}\n{package}\n");
    assert_eq!(unsigned.message(), message.as_bytes());
    let params = JsapiParams {
        app_id: "wxd678efh567hg6787".to_owned(),
        time_stamp,
        nonce_str: NONCE.to_owned(),
        package,
        sign_type: "RSA".to_owned(),
        pay_sign: "+/+/AQ==".to_owned(),
    };
    assert_eq!(unsigned.signed(SIGNATURE), Outgoing::Browse(Action::Jsapi { params }));
    for ticket in ["", "wx1\nwx2", "wx 1", "课"] {
        let refused = wechat_pay().hand_over(ticket, &moment(START));
        assert!(matches!(refused.err(), Some(Fault::Unsupported(_))), "{ticket}");
    }
}

#[test]
fn a_refund_names_both_numbers_both_amounts_and_where_to_report() {
    let (attempt, refund) = (tried(Channel::Qr), refund());
    let ask = |operation| {
        let unsigned = wechat_pay().prepare_refund(operation, &refund, &attempt, &moment(START));
        sent(to_sign(unsigned).unwrap()).1
    };
    let request = ask(RefundOperation::Request);
    assert_eq!(request.url, "https://gateway.example/v3/refund/domestic/refunds");
    assert_eq!(
        request.body,
        format!(
            "{{\"out_trade_no\":\"{}\",\"out_refund_no\":\"{}\",\"reason\":\"课程 cancelled\",\
             \"notify_url\":\"https://pay.example/v1/callbacks/wechat_pay\",\
             \"amount\":{{\"refund\":3000,\"total\":9900,\"currency\":\"CNY\"}}}}",
            attempt.id, refund.number
        )
    );
    let query = ask(RefundOperation::Query);
    assert_eq!((query.verb, query.body.as_str()), (Verb::Get, ""));
    assert_eq!(query.url, format!("https://gateway.example/v3/refund/domestic/refunds/{}", refund.number));
}

#[test]
fn a_refund_without_a_reason_leaves_it_out_and_a_long_one_is_cut() {
    let body = |reason: &str| {
        let refund = RefundTerms { reason: reason.to_owned(), ..refund() };
        let attempt = tried(Channel::Qr);
        let unsigned =
            wechat_pay().prepare_refund(RefundOperation::Request, &refund, &attempt, &moment(START));
        sent(to_sign(unsigned).unwrap()).1.body
    };
    assert!(!body("  ").contains("reason"));
    assert!(body(&"退".repeat(40)).contains(&format!("\"reason\":\"{}\"", "退".repeat(26))));
}

#[test]
fn only_a_phone_comes_back_to_where_the_attempt_or_else_the_deployment_says() {
    let ours = WechatPay { page_url: Some("https://pay.example/pay".to_owned()), ..wechat_pay() };
    let terms = |channel, url: Option<&str>| {
        ours.terms(channel, &"课".repeat(50), "https://pay.example/n".to_owned(), url.map(str::to_owned))
    };
    let back = "https://school.example/";
    assert_eq!(terms(Channel::Mobile, Some(back)).return_url.as_deref(), Some(back));
    assert_eq!(terms(Channel::Mobile, None).return_url.as_deref(), Some("https://pay.example/pay"));
    assert_eq!(terms(Channel::Qr, Some(back)).return_url, None);
    assert_eq!(terms(Channel::InApp, Some(back)).return_url, None);
    // 127 bytes, not characters.
    assert_eq!(terms(Channel::Qr, None).subject, "课".repeat(42));
}

#[test]
fn only_renminbi_is_on_offer() {
    for currency in Currency::ALL {
        assert_eq!(!wechat_pay().channels(currency).is_empty(), currency == Currency::Cny, "{currency}");
    }
}

#[test]
fn what_wechat_pay_cannot_express_is_not_sent() {
    let refused = |channel, change: &dyn Fn(&mut Attempt, &mut Payer)| {
        let (mut attempt, mut payer) = (tried(channel), payer());
        change(&mut attempt, &mut payer);
        let prepared = prepared(Operation::Create, &attempt, &payer);
        assert!(matches!(prepared.err(), Some(Fault::Unsupported(_))), "{attempt:?}");
    };
    refused(Channel::Qr, &|attempt, _| attempt.method = Method::Wallet);
    refused(Channel::Qr, &|attempt, _| attempt.channel = Channel::Redirect);
    refused(Channel::Qr, &|attempt, _| attempt.channel = Channel::Balance);
    refused(Channel::Qr, &|attempt, _| attempt.amount = Money::new(100, Currency::Usd).unwrap());
    refused(Channel::Qr, &|attempt, _| attempt.amount = cny(0));
    refused(Channel::Qr, &|attempt, _| attempt.terms.subject = String::new());
    refused(Channel::Qr, &|attempt, _| attempt.terms.subject = "课".repeat(43));
    refused(Channel::Qr, &|attempt, _| attempt.terms.notify_url.push_str("?a=1"));
    refused(Channel::Qr, &|attempt, _| attempt.terms.notify_url = "n".repeat(256));
    refused(Channel::Qr, &|attempt, _| attempt.expires_at = Timestamp::from_ms(i64::MAX));
    refused(Channel::Mobile, &|_, payer| payer.client_ip = None);
    refused(Channel::Mobile, &|_, payer| payer.client_ip = Some("203.0.113".to_owned()));
    refused(Channel::InApp, &|_, payer| payer.openid = None);
    refused(Channel::InApp, &|_, payer| payer.openid = Some(String::new()));
    for nonce in [String::new(), "A".repeat(33), "a\"b".to_owned(), "a\nb".to_owned()] {
        let moment = Moment { now: START, nonce };
        let prepared = wechat_pay().prepare(Operation::Query, &tried(Channel::Qr), &payer(), &moment);
        assert!(matches!(prepared.err(), Some(Fault::Unsupported(_))), "{moment:?}");
    }
}

#[test]
fn no_refund_of_nothing_nor_of_more_than_was_paid_nor_in_another_currency_is_sent() {
    for amount in [cny(0), cny(9_901), Money::new(100, Currency::Usd).unwrap()] {
        let refund = RefundTerms { amount, ..refund() };
        for operation in [RefundOperation::Request, RefundOperation::Query] {
            let attempt = tried(Channel::Qr);
            let prepared = wechat_pay().prepare_refund(operation, &refund, &attempt, &moment(START));
            assert!(matches!(prepared.err(), Some(Fault::Unsupported(_))), "{amount:?}");
        }
    }
}
