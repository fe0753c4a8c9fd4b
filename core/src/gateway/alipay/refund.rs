//! How does money go back through Alipay?
//!
//! `out_request_no` makes a refund idempotent: the same number with the same amount moves money once.
//! `fund_change` Y says that this very call moved it; N says no more than that it did not, for it may have
//! moved before: then the refund is asked about. A query answers `refund_status` only once it is done; its
//! absence means "not received, or failed, or not yet", and settles nothing.

use serde::{Deserialize, Serialize};

use crate::attempt::Attempt;
use crate::currency::Currency;
use crate::gateway::alipay::call::{self, Call};
use crate::gateway::alipay::{Alipay, parse_shanghai};
use crate::gateway::{
    Fault, Message, RefundAnswer, RefundOperation, RefundStanding, RefundTerms, Unsigned, Unverified,
};
use crate::money::Money;
use crate::time::Timestamp;

/// `biz_content` of a refund. The order of the fields is part of what is signed: it stays.
#[derive(Serialize)]
struct Request<'a> {
    out_trade_no: String,
    refund_amount: String,
    out_request_no: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    refund_reason: &'a str,
}

/// `biz_content` of a refund query.
#[derive(Serialize)]
struct Question {
    out_trade_no: String,
    out_request_no: String,
    query_options: [&'static str; 1],
}

fn method(operation: RefundOperation) -> &'static str {
    match operation {
        RefundOperation::Request => "alipay.trade.refund",
        RefundOperation::Query => "alipay.trade.fastpay.refund.query",
    }
}

/// See [`crate::gateway::Gateway::prepare_refund`].
pub(super) fn prepare(
    alipay: &Alipay,
    operation: RefundOperation,
    refund: &RefundTerms,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Unsigned, Fault> {
    if refund.amount.currency() != Currency::Cny || refund.amount.is_zero() {
        return Err(Fault::Unsupported("alipay refunds CNY from 0.01"));
    }
    let (out_trade_no, out_request_no) = (attempt.id.to_string(), refund.number.to_string());
    let biz_content = match operation {
        RefundOperation::Request => call::json(&Request {
            out_trade_no,
            refund_amount: refund.amount.to_major_text(),
            out_request_no,
            refund_reason: &refund.reason,
        })?,
        // Alipay leaves the time of the refund out unless it is asked for.
        RefundOperation::Query => {
            call::json(&Question { out_trade_no, out_request_no, query_options: ["gmt_refund_pay"] })?
        }
    };
    let call =
        Call { method: method(operation), biz_content, notify_url: None, return_url: None, browse: false };
    call.prepare(alipay, now)
}

/// The response object, as far as we read it.
#[derive(Deserialize)]
struct Response {
    code: String,
    sub_code: Option<String>,
    out_trade_no: Option<String>,
    out_request_no: Option<String>,
    fund_change: Option<String>,
    refund_status: Option<String>,
    refund_amount: Option<String>,
    gmt_refund_pay: Option<String>,
}

/// See [`crate::gateway::Gateway::read_refund_answer`].
pub(super) fn read_answer(
    operation: RefundOperation,
    refund: &RefundTerms,
    attempt: &Attempt,
    answer: Message<'_>,
) -> Result<Unverified<RefundAnswer>, Fault> {
    let (response, claims): (Response, _) = call::read(method(operation), answer)?;
    let value = if claims.is_empty() {
        RefundAnswer::Unclear { code: response.reason() }
    } else {
        response.meaning(operation, refund, attempt)?
    };
    Ok(Unverified::new(claims, value))
}

impl Response {
    /// The most telling code there is.
    fn reason(self) -> String {
        self.sub_code.filter(|code| !code.is_empty()).unwrap_or(self.code)
    }

    fn meaning(
        self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
    ) -> Result<RefundAnswer, Fault> {
        let differs = |got: &Option<String>, ours: String| {
            got.as_ref().is_some_and(|got| !got.is_empty() && *got != ours)
        };
        if differs(&self.out_trade_no, attempt.id.to_string())
            || differs(&self.out_request_no, refund.number.to_string())
        {
            return Err(Fault::Malformed("the answer is about another number"));
        }
        match (self.code.as_str(), operation) {
            ("10000", RefundOperation::Request) => Ok(match self.fund_change.as_deref() {
                Some("Y") => done(self.gmt_refund_pay.as_deref()),
                _ => pending(),
            }),
            ("10000", RefundOperation::Query) => self.standing(refund),
            ("40004", RefundOperation::Request) => Ok(self.refusal()),
            // Even a call that was not accepted (signature, permission): an earlier one under the same number may
            // have been.
            _ => Ok(RefundAnswer::Unclear { code: self.reason() }),
        }
    }

    fn standing(self, refund: &RefundTerms) -> Result<RefundAnswer, Fault> {
        if self.refund_status.as_deref() != Some("REFUND_SUCCESS") {
            return Ok(RefundAnswer::Absent);
        }
        let amount = Money::from_major_text(&self.refund_amount.unwrap_or_default(), Currency::Cny)
            .map_err(|_| Fault::Malformed("refund_amount is not an amount"))?;
        if amount != refund.amount {
            return Err(Fault::Malformed("the answer is about another amount"));
        }
        Ok(done(self.gmt_refund_pay.as_deref()))
    }

    /// What 40004 means. Only a documented no is one: anything else could stand for money that has moved. What
    /// is refused for now (`ACQ.SELLER_BALANCE_NOT_ENOUGH`: the merchant's balance) is asked for again, later,
    /// under the same number.
    fn refusal(self) -> RefundAnswer {
        match self.sub_code.as_deref().unwrap_or_default() {
            "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
            | "ACQ.REASON_TRADE_REFUND_FEE_ERR"
            | "ACQ.TRADE_NOT_ALLOW_REFUND"
            // Past the time for refunds.
            | "ACQ.TRADE_HAS_FINISHED"
            | "ACQ.TRADE_NOT_EXIST"
            | "ACQ.INVALID_PARAMETER" => failed(self.reason()),
            _ => RefundAnswer::Unclear { code: self.reason() },
        }
    }
}

fn done(at: Option<&str>) -> RefundAnswer {
    known(RefundStanding::Done { at: at.and_then(parse_shanghai) })
}

fn pending() -> RefundAnswer {
    known(RefundStanding::Pending)
}

fn failed(code: String) -> RefundAnswer {
    known(RefundStanding::Failed { code })
}

fn known(standing: RefundStanding) -> RefundAnswer {
    RefundAnswer::Known { gateway_no: None, standing }
}
