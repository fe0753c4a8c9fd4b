//! How does money go back through WeChat Pay?
//!
//! `out_refund_no` makes a refund idempotent: the same number with the same parameters moves money once. 200
//! says that the refund was accepted, `status` where it stands. A no to a request counts as one only where
//! the documents say that the refund has failed; what is refused for now (`NOT_ENOUGH`: the merchant's
//! balance) is asked for again, later, under the same number.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attempt::Attempt;
use crate::currency::Currency;
use crate::gateway::wechat_pay::call::{self, Call, Error, Outcome};
use crate::gateway::wechat_pay::transaction::fen;
use crate::gateway::wechat_pay::{WechatPay, allowed_text, parse_rfc3339};
use crate::gateway::{
    Fault, Message, Moment, RefundAnswer, RefundOperation, RefundStanding, RefundTerms, Unsigned, Unverified,
};
use crate::method::{GatewayId, Method};
use crate::time::Timestamp;

const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// Counted as the description of a payment is.
const LONGEST_REASON_BYTES: usize = 80;

/// Codes of a request that the documents explain as "the refund has failed". None of them can be the second
/// answer to a number whose first request went through, but for a permission that was taken away in between.
const REFUSALS: [&str; 5] =
    ["PARAM_ERROR", "NO_AUTH", "MCH_NOT_EXISTS", "RESOURCE_NOT_EXISTS", "USER_ACCOUNT_ABNORMAL"];

/// The body of a refund. The order of the fields is part of what is signed: it stays.
#[derive(Serialize)]
struct Request<'a> {
    out_trade_no: String,
    out_refund_no: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    notify_url: &'a str,
    amount: RequestedAmount,
}

#[derive(Serialize)]
struct RequestedAmount {
    refund: i64,
    /// Of the payment.
    total: i64,
    currency: &'static str,
}

/// See [`crate::gateway::Gateway::prepare_refund`].
pub(super) fn prepare(
    ours: &WechatPay,
    operation: RefundOperation,
    refund: &RefundTerms,
    attempt: &Attempt,
    moment: &Moment,
) -> Result<Unsigned, Fault> {
    if attempt.method != Method::External(GatewayId::WechatPay) {
        return Err(Fault::Unsupported("the attempt is not wechat pay's"));
    }
    if refund.amount.currency() != Currency::Cny || attempt.amount.currency() != Currency::Cny {
        return Err(Fault::Unsupported("wechat pay refunds CNY"));
    }
    let (part, total) = (refund.amount.minor(), attempt.amount.minor());
    if !(1..=total).contains(&part) {
        return Err(Fault::Unsupported("wechat pay refunds from 0.01 to what was paid"));
    }
    let call = match operation {
        RefundOperation::Request => Call::post(
            REFUNDS.to_owned(),
            &Request {
                out_trade_no: attempt.id.to_string(),
                out_refund_no: refund.number.to_string(),
                reason: allowed_text(&refund.reason, LONGEST_REASON_BYTES),
                notify_url: &refund.notify_url,
                amount: RequestedAmount { refund: part, total, currency: "CNY" },
            },
        )?,
        RefundOperation::Query => Call::get(format!("{REFUNDS}/{}", refund.number)),
    };
    call.prepare(ours, moment)
}

/// A refund, as an answer tells it.
#[derive(Deserialize)]
struct Told {
    refund_id: Option<String>,
    out_refund_no: Option<String>,
    out_trade_no: Option<String>,
    status: Option<String>,
    success_time: Option<String>,
    amount: Option<ToldAmount>,
}

#[derive(Deserialize)]
struct ToldAmount {
    refund: Option<Value>,
    currency: Option<String>,
}

/// See [`crate::gateway::Gateway::read_refund_answer`].
pub(super) fn read_answer(
    operation: RefundOperation,
    refund: &RefundTerms,
    attempt: &Attempt,
    answer: Message<'_>,
    now: Timestamp,
) -> Result<Unverified<RefundAnswer>, Fault> {
    let reply = call::read(answer, now)?;
    let value = match &reply.outcome {
        Outcome::Done(body) => told(body, refund, attempt)?,
        Outcome::Empty => return Err(Fault::Malformed("the status is not one of this call's")),
        Outcome::Error(error) if reply.is_signed() => meaning(error, operation),
        Outcome::Error(error) => unclear(error),
    };
    Ok(reply.proves(value))
}

fn told(body: &[u8], refund: &RefundTerms, attempt: &Attempt) -> Result<RefundAnswer, Fault> {
    let told: Told =
        serde_json::from_slice(body).map_err(|_| Fault::Malformed("the answer is not a refund"))?;
    if told.out_refund_no.as_deref() != Some(refund.number.to_string().as_str())
        || told.out_trade_no.is_some_and(|number| number != attempt.id.to_string())
    {
        return Err(Fault::Malformed("the answer is about another number"));
    }
    let amount = told.amount.ok_or(Fault::Malformed("the refund has no amount"))?;
    if fen(amount.refund.as_ref(), Currency::Cny) != Some(refund.amount)
        || amount.currency.is_some_and(|currency| currency != "CNY")
    {
        return Err(Fault::Malformed("the answer is about another amount"));
    }
    let status = told.status.ok_or(Fault::Malformed("status is missing"))?;
    Ok(match standing(&status, told.success_time.as_deref()) {
        Some(standing) => RefundAnswer::Known { gateway_no: told.refund_id, standing },
        None => RefundAnswer::Unclear { code: status },
    })
}

/// Where a refund of this `status` stands.
pub(super) fn standing(status: &str, success_time: Option<&str>) -> Option<RefundStanding> {
    match status {
        "SUCCESS" => Some(RefundStanding::Done { at: success_time.and_then(parse_rfc3339) }),
        "PROCESSING" => Some(RefundStanding::Pending),
        "CLOSED" => Some(RefundStanding::Failed { code: status.to_owned() }),
        // The account it was paid from is dead: the money waits at the merchant for another way.
        "ABNORMAL" => Some(RefundStanding::NeedsAttention { code: status.to_owned() }),
        _ => None,
    }
}

/// What a signed error means.
fn meaning(error: &Error, operation: RefundOperation) -> RefundAnswer {
    if error.says_nothing() {
        return unclear(error);
    }
    match (error.code.as_str(), operation) {
        ("RESOURCE_NOT_EXISTS", RefundOperation::Query) => RefundAnswer::Absent,
        (code, RefundOperation::Request) if REFUSALS.contains(&code) => {
            let code = code.to_owned();
            RefundAnswer::Known { gateway_no: None, standing: RefundStanding::Failed { code } }
        }
        _ => unclear(error),
    }
}

fn unclear(error: &Error) -> RefundAnswer {
    RefundAnswer::Unclear { code: error.code.clone() }
}
