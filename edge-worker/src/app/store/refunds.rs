//! Rows of `refunds`.

use coursepay_core::currency::Currency;
use coursepay_core::decision::Decision;
use coursepay_core::id::{AttemptId, RefundId};
use coursepay_core::method::Method;
use coursepay_core::money::Money;
use coursepay_core::refund::{Purpose, Refund, RefundState, Stranded};
use coursepay_core::time::Timestamp;
use serde::Deserialize;

use crate::app::ports::{DbError, Statement, statement};

/// A gateway is asked about a refund this long after it was requested: sooner, its answer is likelier to come
/// by itself.
const FIRST_ASK_MS: i64 = 60_000;

/// A refund that may still be taken back is asked about this long after its success, and then after twice as long
/// each time: on the days 1, 3, 7, 15 and 31, for the notice may be lost.
pub const ASK_AGAIN_MS: i64 = 24 * 60 * 60 * 1_000;

/// And after so many times no more.
pub const ASKS_AGAIN: i64 = 5;

/// One statement per refund that changed.
pub(super) fn write(decision: &Decision) -> Result<Vec<Statement>, String> {
    decision
        .refunds
        .iter()
        .map(|changed| {
            let refund = decision.order.refund(changed.id).map_err(|error| error.to_string())?;
            if changed.is_new { insert(decision, refund) } else { update(decision, refund) }
        })
        .collect()
}

/// Notes what a gateway said of an open refund that settled nothing; `None` once it says something clear.
pub fn note_last_code(refund: RefundId, code: Option<&str>) -> Statement {
    let sql = "UPDATE refunds SET code = ?2 WHERE id = ?1 AND status IN ('requested', 'pending')";
    statement!(sql, refund.to_string(), code)
}

struct Columns<'a> {
    status: &'static str,
    code: Option<&'a str>,
    money: Option<&'static str>,
    succeeded_at: Option<Timestamp>,
}

fn columns(refund: &Refund) -> Columns<'_> {
    let mut columns = Columns { status: "requested", code: None, money: None, succeeded_at: None };
    match &refund.state {
        RefundState::Requested => columns.code = refund.last_code.as_deref(),
        RefundState::Pending => {
            columns.status = "pending";
            columns.code = refund.last_code.as_deref();
        }
        RefundState::Succeeded { at } => {
            columns.status = "succeeded";
            columns.succeeded_at = Some(*at);
        }
        RefundState::Failed { code } => {
            columns.status = "failed";
            columns.code = Some(code);
        }
        RefundState::NeedsAttention { code, money } => {
            columns.status = "needs_attention";
            columns.code = Some(code);
            columns.money = Some(match money {
                Stranded::Kept => "kept",
                Stranded::TakenBack => "taken_back",
                Stranded::PaidAfterFailure => "paid_after_failure",
            });
        }
    }
    columns
}

fn insert(decision: &Decision, refund: &Refund) -> Result<Statement, String> {
    let sql = "INSERT INTO refunds (id, order_id, attempt_id, currency, amount_minor, purpose, reason, status, \
               code, money, gateway_no, succeeded_at_ms, created_at_ms, is_overdue, next_at_ms, policy_override) \
               VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), ?6, ?7, ?8, ?9, ?10, ?11, CAST(?12 AS INTEGER), \
               CAST(?13 AS INTEGER), CAST(?14 AS INTEGER), CAST(?15 AS INTEGER), ?16)";
    let columns = columns(refund);
    let purpose = serde_json::to_string(&refund.purpose).map_err(|error| error.to_string())?;
    let policy_override = refund.policy_override.as_ref().map(serde_json::to_string);
    let policy_override = policy_override.transpose().map_err(|error| error.to_string())?;
    let next_at = refund.state.is_open().then(|| refund.created_at.plus_ms(FIRST_ASK_MS));
    Ok(statement!(
        sql,
        refund.id.to_string(),
        decision.order.id.to_string(),
        refund.attempt.to_string(),
        refund.amount.currency().code(),
        refund.amount.minor(),
        purpose,
        refund.reason.as_str(),
        columns.status,
        columns.code,
        columns.money,
        refund.gateway_no.as_deref(),
        columns.succeeded_at,
        refund.created_at,
        i64::from(refund.is_overdue),
        next_at,
        policy_override,
    ))
}

fn update(decision: &Decision, refund: &Refund) -> Result<Statement, String> {
    let sql = "UPDATE refunds SET status = ?2, code = ?3, money = ?4, gateway_no = ?5, \
               succeeded_at_ms = CAST(?6 AS INTEGER), is_overdue = CAST(?7 AS INTEGER), \
               asks = iif(CAST(?8 AS INTEGER) = 1, asks, 0), \
               next_at_ms = iif(CAST(?8 AS INTEGER) = 1, next_at_ms, CAST(?9 AS INTEGER)) WHERE id = ?1";
    let columns = columns(refund);
    let paid_by = decision.order.attempt(refund.attempt).map_err(|error| error.to_string())?.method;
    let may_come_back = matches!(refund.state, RefundState::Succeeded { .. })
        && matches!(paid_by, Method::External(gateway) if gateway.may_take_refunds_back());
    Ok(statement!(
        sql,
        refund.id.to_string(),
        columns.status,
        columns.code,
        columns.money,
        refund.gateway_no.as_deref(),
        columns.succeeded_at,
        i64::from(refund.is_overdue),
        i64::from(refund.state.is_open()),
        may_come_back.then(|| decision.at.plus_ms(ASK_AGAIN_MS)),
    ))
}

/// A row as it is read.
#[derive(Deserialize)]
pub(super) struct RefundRow {
    id: RefundId,
    attempt_id: AttemptId,
    currency: String,
    amount_minor: i64,
    purpose: String,
    reason: String,
    status: String,
    code: Option<String>,
    money: Option<String>,
    gateway_no: Option<String>,
    succeeded_at_ms: Option<i64>,
    created_at_ms: i64,
    is_overdue: i64,
    policy_override: Option<String>,
}

impl RefundRow {
    pub(super) fn into_refund(self) -> Result<Refund, DbError> {
        let nonsense = |what: &str| DbError::Nonsense(format!("refund {}: {what}", self.id));
        let (code, mut last_code) = (self.code.clone().unwrap_or_default(), None);
        let state = match (self.status.as_str(), self.money.as_deref(), self.succeeded_at_ms) {
            ("requested", None, None) => RefundState::Requested,
            ("pending", None, None) => RefundState::Pending,
            ("succeeded", None, Some(at_ms)) => RefundState::Succeeded { at: Timestamp::from_ms(at_ms) },
            ("failed", None, None) => RefundState::Failed { code },
            ("needs_attention", Some("kept"), None) => {
                RefundState::NeedsAttention { code, money: Stranded::Kept }
            }
            ("needs_attention", Some("taken_back"), None) => {
                RefundState::NeedsAttention { code, money: Stranded::TakenBack }
            }
            ("needs_attention", Some("paid_after_failure"), None) => {
                RefundState::NeedsAttention { code, money: Stranded::PaidAfterFailure }
            }
            _ => return Err(nonsense("status")),
        };
        if matches!(state, RefundState::Requested | RefundState::Pending) {
            last_code = self.code.clone();
        }
        let currency = Currency::from_code(&self.currency).ok_or_else(|| nonsense("currency"))?;
        let purpose: Purpose = serde_json::from_str(&self.purpose).map_err(|_| nonsense("purpose"))?;
        let policy_override = self.policy_override.as_deref().map(serde_json::from_str).transpose();
        let policy_override = policy_override.map_err(|_| nonsense("policy_override"))?;
        Ok(Refund {
            id: self.id,
            attempt: self.attempt_id,
            amount: Money::new(self.amount_minor, currency).map_err(|_| nonsense("amount"))?,
            purpose,
            reason: self.reason,
            policy_override,
            created_at: Timestamp::from_ms(self.created_at_ms),
            state,
            gateway_no: self.gateway_no,
            last_code,
            is_overdue: self.is_overdue == 1,
        })
    }
}
