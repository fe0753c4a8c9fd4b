//! Rows of `attempts`.

use coursepay_core::api::{Action, FailureReason};
use coursepay_core::attempt::{Attempt, AttemptState, Capture, Step, Terms};
use coursepay_core::currency::Currency;
use coursepay_core::decision::Decision;
use coursepay_core::id::AttemptId;
use coursepay_core::method::{Channel, Method};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
use serde::Deserialize;

use crate::app::gateways::LATE_MS;
use crate::app::ports::{DbError, Statement, statement};

/// A gateway is first asked about an attempt after this long: sooner, a callback is likelier.
const FIRST_ASK_MS: i64 = 30_000;

/// A closed attempt is asked about this long after its deadline: past what its gateway's clock may be late.
const LAST_ASK_MS: i64 = LATE_MS + 1_000;

/// One statement per attempt that changed.
pub(super) fn write(decision: &Decision) -> Result<Vec<Statement>, String> {
    decision
        .attempts
        .iter()
        .map(|changed| {
            let attempt = decision.order.attempt(changed.id).map_err(|error| error.to_string())?;
            if changed.is_new { insert(decision, attempt) } else { update(decision, attempt) }
        })
        .collect()
}

struct Columns<'a> {
    status: &'static str,
    step: Option<&'static str>,
    reason: Option<&'a str>,
    capture: Option<&'a Capture>,
    action: Option<String>,
}

fn columns(attempt: &Attempt) -> Result<Columns<'_>, String> {
    let action =
        attempt.action.as_ref().map(serde_json::to_string).transpose().map_err(|error| error.to_string())?;
    let mut columns = Columns { status: "created", step: None, reason: None, capture: None, action };
    match &attempt.state {
        AttemptState::Created => {}
        AttemptState::Pending => columns.status = "pending",
        AttemptState::Processing => columns.status = "processing",
        AttemptState::Unknown(step) => {
            columns.status = "unknown";
            columns.step = Some(match step {
                Step::Create => "create",
                Step::Close => "close",
            });
        }
        AttemptState::Paid(capture) => {
            columns.status = "paid";
            columns.capture = Some(capture);
        }
        AttemptState::Closed => columns.status = "closed",
        AttemptState::Failed { reason } => {
            columns.status = "failed";
            columns.reason = Some(reason);
        }
    }
    Ok(columns)
}

fn insert(decision: &Decision, attempt: &Attempt) -> Result<Statement, String> {
    let sql = "INSERT INTO attempts (id, order_id, method, channel, currency, amount_minor, terms, status, \
               step, reason, gateway_no, paid_at_ms, settled, action, created_at_ms, expires_at_ms, \
               asked_at_ms, next_at_ms, gateway_ref, failure) \
               VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER), ?7, ?8, ?9, ?10, ?11, CAST(?12 AS INTEGER), \
               CAST(?13 AS INTEGER), ?14, CAST(?15 AS INTEGER), CAST(?16 AS INTEGER), 0, CAST(?17 AS INTEGER), \
               ?18, ?19)";
    let columns = columns(attempt)?;
    let terms = serde_json::to_string(&attempt.terms).map_err(|error| error.to_string())?;
    let next_at = attempt.state.is_live().then(|| attempt.created_at.plus_ms(FIRST_ASK_MS));
    Ok(statement!(
        sql,
        attempt.id.to_string(),
        decision.order.id.to_string(),
        attempt.method.name(),
        attempt.channel.name(),
        attempt.amount.currency().code(),
        attempt.amount.minor(),
        terms,
        columns.status,
        columns.step,
        columns.reason,
        columns.capture.and_then(|capture| capture.gateway_no.as_deref()),
        columns.capture.map(|capture| capture.at),
        columns.capture.map(|capture| i64::from(capture.settled)),
        columns.action,
        attempt.created_at,
        attempt.expires_at,
        next_at,
        attempt.gateway_ref.as_deref(),
        attempt.failure.map(failure_name),
    ))
}

fn update(decision: &Decision, attempt: &Attempt) -> Result<Statement, String> {
    // Closed while it could still be paid, its gateway may have had nothing to close: it is asked once more
    // when its time is over. What is noted of it after that leaves the schedule as it is.
    let is_early = attempt.state == AttemptState::Closed && decision.at < attempt.expires_at.plus_ms(LATE_MS);
    let last_ask_at = is_early.then(|| attempt.expires_at.plus_ms(LAST_ASK_MS));
    let sql = "UPDATE attempts SET status = ?2, step = ?3, reason = ?4, gateway_no = ?5, \
               paid_at_ms = CAST(?6 AS INTEGER), settled = CAST(?7 AS INTEGER), action = ?8, \
               next_at_ms = iif(CAST(?9 AS INTEGER) = 1 OR (status = 'closed' AND ?2 = 'closed'), next_at_ms, \
               CAST(?10 AS INTEGER)), gateway_ref = ?11, \
               payer_sealed = iif(CAST(?9 AS INTEGER) = 1, payer_sealed, NULL), failure = ?12 WHERE id = ?1";
    let columns = columns(attempt)?;
    Ok(statement!(
        sql,
        attempt.id.to_string(),
        columns.status,
        columns.step,
        columns.reason,
        columns.capture.and_then(|capture| capture.gateway_no.as_deref()),
        columns.capture.map(|capture| capture.at),
        columns.capture.map(|capture| i64::from(capture.settled)),
        columns.action,
        i64::from(attempt.state.is_live()),
        last_ask_at,
        attempt.gateway_ref.as_deref(),
        attempt.failure.map(failure_name),
    ))
}

const fn failure_name(failure: FailureReason) -> &'static str {
    match failure {
        FailureReason::InsufficientBalance => "insufficient_balance",
        FailureReason::Declined => "declined",
        FailureReason::Cancelled => "cancelled",
        FailureReason::TimedOut => "timed_out",
        FailureReason::Refused => "refused",
    }
}

/// A row as it is read.
#[derive(Deserialize)]
pub(super) struct AttemptRow {
    id: String,
    method: String,
    channel: String,
    currency: String,
    amount_minor: i64,
    terms: String,
    status: String,
    step: Option<String>,
    reason: Option<String>,
    gateway_no: Option<String>,
    paid_at_ms: Option<i64>,
    settled: Option<i64>,
    action: Option<String>,
    gateway_ref: Option<String>,
    failure: Option<FailureReason>,
    created_at_ms: i64,
    expires_at_ms: i64,
}

impl AttemptRow {
    pub(super) fn into_attempt(self) -> Result<Attempt, DbError> {
        let nonsense = |what: &str| DbError::Nonsense(format!("attempt {}: {what}", self.id));
        let state = match (self.status.as_str(), self.step.as_deref()) {
            ("created", _) => AttemptState::Created,
            ("pending", _) => AttemptState::Pending,
            ("processing", _) => AttemptState::Processing,
            ("unknown", Some("create")) => AttemptState::Unknown(Step::Create),
            ("unknown", Some("close")) => AttemptState::Unknown(Step::Close),
            ("paid", _) => AttemptState::Paid(Capture {
                gateway_no: self.gateway_no.clone(),
                at: Timestamp::from_ms(self.paid_at_ms.ok_or_else(|| nonsense("paid, but when?"))?),
                settled: self.settled == Some(1),
            }),
            ("closed", _) => AttemptState::Closed,
            ("failed", _) => AttemptState::Failed { reason: self.reason.clone().unwrap_or_default() },
            _ => return Err(nonsense("status")),
        };
        let currency = Currency::from_code(&self.currency).ok_or_else(|| nonsense("currency"))?;
        let terms: Terms = serde_json::from_str(&self.terms).map_err(|_| nonsense("terms"))?;
        let action: Option<Action> =
            self.action.as_deref().map(serde_json::from_str).transpose().map_err(|_| nonsense("action"))?;
        Ok(Attempt {
            id: AttemptId::parse(&self.id).map_err(|_| nonsense("id"))?,
            method: Method::from_name(&self.method).ok_or_else(|| nonsense("method"))?,
            channel: Channel::from_name(&self.channel).ok_or_else(|| nonsense("channel"))?,
            amount: Money::new(self.amount_minor, currency).map_err(|_| nonsense("amount"))?,
            terms,
            created_at: Timestamp::from_ms(self.created_at_ms),
            expires_at: Timestamp::from_ms(self.expires_at_ms),
            state,
            action,
            gateway_ref: self.gateway_ref,
            failure: self.failure,
        })
    }
}
