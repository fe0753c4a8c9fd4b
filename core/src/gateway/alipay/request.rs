//! What do we ask of Alipay, and what do its answers mean?
//!
//! `code` 10000 is yes, 10003 is "on its way", 40004 is a refusal that `sub_code` explains, and the rest of
//! 4xxxx is a call that was not accepted. Only a definite no to a creation is a refusal; whatever leaves
//! room for a trade to exist is [`Answer::Unclear`]. An unsigned answer proves nothing, whatever it says.

use serde::{Deserialize, Serialize};

use crate::api::Action;
use crate::attempt::Attempt;
use crate::currency::Currency;
use crate::gateway::alipay::call::{self, Call};
use crate::gateway::alipay::{Alipay, parse_shanghai, shanghai_text};
use crate::gateway::{Answer, Fault, Message, Operation, Payment, Unsigned, Unverified};
use crate::method::{Channel, GatewayId, Method};
use crate::money::Money;
use crate::time::Timestamp;

/// The largest `total_amount` Alipay takes, 100 000 000.00, in fen.
const LARGEST_FEN: i64 = 10_000_000_000;

/// `biz_content` of a creation. The order of the fields is part of what is signed: it stays.
#[derive(Serialize)]
struct Creation<'a> {
    out_trade_no: String,
    product_code: &'a str,
    total_amount: String,
    subject: &'a str,
    time_expire: String,
    /// Where a phone's browser goes when the learner turns back.
    #[serde(skip_serializing_if = "Option::is_none")]
    quit_url: Option<&'a str>,
}

/// `biz_content` of a query or a close.
#[derive(Serialize)]
struct Reference {
    out_trade_no: String,
}

/// The call for `operation` on an attempt through `channel`.
fn method(operation: Operation, channel: Channel) -> Result<&'static str, Fault> {
    match (operation, channel) {
        (Operation::Create, Channel::Qr) => Ok("alipay.trade.precreate"),
        (Operation::Create, Channel::Redirect) => Ok("alipay.trade.page.pay"),
        (Operation::Create, Channel::Mobile) => Ok("alipay.trade.wap.pay"),
        (Operation::Query, Channel::Qr | Channel::Redirect | Channel::Mobile) => Ok("alipay.trade.query"),
        (Operation::Close, Channel::Qr | Channel::Redirect | Channel::Mobile) => Ok("alipay.trade.close"),
        (_, Channel::InApp | Channel::Balance) => Err(Fault::Unsupported("alipay has no such channel")),
    }
}

/// See [`crate::gateway::Gateway::prepare`].
pub(super) fn prepare(
    alipay: &Alipay,
    operation: Operation,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Unsigned, Fault> {
    if attempt.method != Method::External(GatewayId::Alipay) {
        return Err(Fault::Unsupported("the attempt is not alipay's"));
    }
    let method = method(operation, attempt.channel)?;
    let call = match operation {
        Operation::Create => Call {
            method,
            biz_content: creation(attempt)?,
            notify_url: Some(&attempt.terms.notify_url),
            return_url: return_url(attempt).map(String::as_str),
            browse: attempt.channel != Channel::Qr,
        },
        Operation::Query | Operation::Close => {
            let biz_content = call::json(&Reference { out_trade_no: attempt.id.to_string() })?;
            Call { method, biz_content, notify_url: None, return_url: None, browse: false }
        }
    };
    call.prepare(alipay, now)
}

/// Only pages send a browser back.
fn return_url(attempt: &Attempt) -> Option<&String> {
    attempt.terms.return_url.as_ref().filter(|_| attempt.channel != Channel::Qr)
}

fn creation(attempt: &Attempt) -> Result<String, Fault> {
    let amount = attempt.amount;
    if amount.currency() != Currency::Cny {
        return Err(Fault::Unsupported("alipay takes CNY only"));
    }
    if !(1..=LARGEST_FEN).contains(&amount.minor()) {
        return Err(Fault::Unsupported("alipay takes 0.01 to 100000000.00"));
    }
    if attempt.terms.subject.is_empty() {
        return Err(Fault::Unsupported("alipay needs a subject"));
    }
    call::json(&Creation {
        out_trade_no: attempt.id.to_string(),
        product_code: attempt
            .terms
            .product_code
            .as_deref()
            .ok_or(Fault::Unsupported("alipay needs a product code"))?,
        total_amount: amount.to_major_text(),
        subject: &attempt.terms.subject,
        time_expire: shanghai_text(attempt.expires_at)
            .ok_or(Fault::Unsupported("the deadline is outside the calendar"))?,
        quit_url: return_url(attempt).map(String::as_str).filter(|_| attempt.channel == Channel::Mobile),
    })
}

/// The response object, as far as we read it.
#[derive(Deserialize)]
struct Response {
    code: String,
    sub_code: Option<String>,
    out_trade_no: Option<String>,
    trade_no: Option<String>,
    trade_status: Option<String>,
    total_amount: Option<String>,
    send_pay_date: Option<String>,
    qr_code: Option<String>,
}

/// See [`crate::gateway::Gateway::read_answer`].
pub(super) fn read_answer(
    operation: Operation,
    attempt: &Attempt,
    answer: Message<'_>,
) -> Result<Unverified<Answer>, Fault> {
    if operation == Operation::Create && attempt.channel != Channel::Qr {
        return Err(Fault::Unsupported("a page answers the browser, not us"));
    }
    let (response, claims): (Response, _) = call::read(method(operation, attempt.channel)?, answer)?;
    let value = if claims.is_empty() { response.unclear() } else { response.meaning(operation, attempt)? };
    Ok(Unverified::new(claims, value))
}

impl Response {
    /// The most telling code there is.
    fn reason(self) -> String {
        self.sub_code.filter(|code| !code.is_empty()).unwrap_or(self.code)
    }

    fn unclear(self) -> Answer {
        Answer::Unclear { code: self.reason() }
    }

    fn meaning(self, operation: Operation, attempt: &Attempt) -> Result<Answer, Fault> {
        let ours = attempt.id.to_string();
        let names_another = self.out_trade_no.as_ref().is_some_and(|no| !no.is_empty() && *no != ours);
        if names_another {
            return Err(Fault::Malformed("the answer is about another number"));
        }
        match (self.code.as_str(), operation) {
            // Only a close may leave the number out of its yes, as documented.
            ("10000", Operation::Create | Operation::Query) if self.out_trade_no.as_ref() != Some(&ours) => {
                Err(Fault::Malformed("the answer names no number"))
            }
            ("10000", Operation::Create) => self.payable(attempt),
            ("10000", Operation::Query) => self.standing(ours),
            ("10000", Operation::Close) => Ok(Answer::Closed),
            ("10003", Operation::Query) => Ok(Answer::Processing),
            ("40004", _) => Ok(self.business_refusal(operation)),
            // The call itself was not accepted: authorisation, preconditions, parameters, permission.
            ("20001" | "40001" | "40002" | "40003" | "40006", Operation::Create) => {
                Ok(Answer::Refused { code: self.reason() })
            }
            _ => Ok(self.unclear()),
        }
    }

    fn payable(self, attempt: &Attempt) -> Result<Answer, Fault> {
        let content = self.qr_code.filter(|code| !code.is_empty());
        let content = content.ok_or(Fault::Malformed("qr_code is missing"))?;
        let expires_at_ms = attempt.expires_at.seconds().saturating_mul(1_000);
        Ok(Answer::Payable { action: Action::QrCode { content, expires_at_ms }, gateway_ref: None })
    }

    fn standing(self, merchant_no: String) -> Result<Answer, Fault> {
        match self.trade_status.as_deref() {
            Some("WAIT_BUYER_PAY") => Ok(Answer::Waiting),
            Some("TRADE_CLOSED") => Ok(Answer::Closed),
            // Finished: paid, and past its time for refunds.
            Some("TRADE_SUCCESS" | "TRADE_FINISHED") => {
                let amount = self.total_amount.unwrap_or_default();
                Ok(Answer::Paid(Payment {
                    merchant_no,
                    gateway_no: self
                        .trade_no
                        .filter(|no| !no.is_empty())
                        .ok_or(Fault::Malformed("trade_no is missing"))?,
                    amount: Money::from_major_text(&amount, Currency::Cny)
                        .map_err(|_| Fault::Malformed("total_amount is not an amount"))?,
                    at: self.send_pay_date.as_deref().and_then(parse_shanghai),
                }))
            }
            Some(_) => Ok(self.unclear()),
            None => Err(Fault::Malformed("trade_status is missing")),
        }
    }

    /// What 40004 means. A `sub_code` nobody has documented refuses a creation and settles nothing else.
    fn business_refusal(self, operation: Operation) -> Answer {
        let sub_code = self.sub_code.as_deref().unwrap_or_default();
        match (sub_code, operation) {
            ("ACQ.TRADE_NOT_EXIST", Operation::Query | Operation::Close) => Answer::Absent,
            // Closing what is paid or closed already answers TRADE_STATUS_ERROR for either.
            ("ACQ.TRADE_HAS_SUCCESS", _) | ("ACQ.TRADE_STATUS_ERROR", Operation::Close) => {
                Answer::AlreadyOver
            }
            ("ACQ.TRADE_HAS_CLOSE", _) => Answer::Closed,
            // A trade has this number: it must be asked about, and may still be paid.
            ("ACQ.CONTEXT_INCONSISTENT" | "ACQ.TRADE_STATUS_ERROR" | "", _) => self.unclear(),
            (theirs, _) if theirs.ends_with("SYSTEM_ERROR") || theirs.starts_with("isp.") => self.unclear(),
            (_, Operation::Create) => Answer::Refused { code: self.reason() },
            (_, Operation::Query | Operation::Close) => self.unclear(),
        }
    }
}
