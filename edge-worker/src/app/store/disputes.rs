//! Rows of `disputes`.

use coursepay_core::currency::Currency;
use coursepay_core::decision::Decision;
use coursepay_core::dispute::{Dispute, DisputeState};
use coursepay_core::id::{AttemptId, DisputeId};
use coursepay_core::money::Money;
use coursepay_core::refund::Purpose;
use coursepay_core::time::Timestamp;
use serde::Deserialize;

use crate::app::ports::{DbError, Statement, statement};

/// A gateway is asked about an open dispute a day after we heard of it, and daily from then on. Its events are
/// likelier to come by themselves, banks take weeks to decide, and evidence may be given for a week at least
/// (docs.stripe.com/disputes/responding): a deadline that was moved unheard is known in time.
pub const ASK_EVERY_MS: i64 = 24 * 60 * 60 * 1_000;

/// One statement per dispute that changed.
pub(super) fn write(decision: &Decision) -> Result<Vec<Statement>, String> {
    decision
        .disputes
        .iter()
        .map(|changed| {
            let dispute = decision.order.dispute(changed.id).map_err(|error| error.to_string())?;
            if changed.is_new { insert(decision, dispute) } else { update(dispute) }
        })
        .collect()
}

/// Status, moment of its end, what it takes.
type Columns = (&'static str, Option<Timestamp>, Option<String>);

fn columns(dispute: &Dispute) -> Result<Columns, String> {
    Ok(match &dispute.state {
        DisputeState::Open => ("open", None, None),
        DisputeState::Won { at } => ("won", Some(*at), None),
        DisputeState::Lost { at, takes } => {
            ("lost", Some(*at), Some(serde_json::to_string(takes).map_err(|error| error.to_string())?))
        }
    })
}

fn insert(decision: &Decision, dispute: &Dispute) -> Result<Statement, String> {
    let sql = "INSERT INTO disputes (id, order_id, attempt_id, gateway_no, currency, amount_minor, reason, status, \
               evidence_due_at_ms, takes, opened_at_ms, closed_at_ms, next_at_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER), ?7, ?8, CAST(?9 AS INTEGER), ?10, \
               CAST(?11 AS INTEGER), CAST(?12 AS INTEGER), CAST(?13 AS INTEGER))";
    let (status, closed_at, takes) = columns(dispute)?;
    let next_at = (dispute.state == DisputeState::Open).then(|| dispute.opened_at.plus_ms(ASK_EVERY_MS));
    Ok(statement!(
        sql,
        dispute.id.to_string(),
        decision.order.id.to_string(),
        dispute.attempt.to_string(),
        dispute.gateway_no.as_str(),
        dispute.amount.currency().code(),
        dispute.amount.minor(),
        dispute.reason.as_str(),
        status,
        dispute.evidence_due_at,
        takes,
        dispute.opened_at,
        closed_at,
        next_at,
    ))
}

fn update(dispute: &Dispute) -> Result<Statement, String> {
    let sql = "UPDATE disputes SET status = ?2, evidence_due_at_ms = CAST(?3 AS INTEGER), takes = ?4, \
               closed_at_ms = CAST(?5 AS INTEGER), \
               next_at_ms = iif(?2 = 'open', next_at_ms, NULL) WHERE id = ?1";
    let (status, closed_at, takes) = columns(dispute)?;
    Ok(statement!(sql, dispute.id.to_string(), status, dispute.evidence_due_at, takes, closed_at))
}

/// A row as it is read.
#[derive(Deserialize)]
pub(super) struct DisputeRow {
    id: DisputeId,
    attempt_id: AttemptId,
    gateway_no: String,
    currency: String,
    amount_minor: i64,
    reason: String,
    status: String,
    evidence_due_at_ms: Option<Timestamp>,
    takes: Option<String>,
    opened_at_ms: Timestamp,
    closed_at_ms: Option<Timestamp>,
}

impl DisputeRow {
    pub(super) fn into_dispute(self) -> Result<Dispute, DbError> {
        let nonsense = |what: &str| DbError::Nonsense(format!("dispute {}: {what}", self.id));
        let state = match (self.status.as_str(), self.closed_at_ms, &self.takes) {
            ("open", None, None) => DisputeState::Open,
            ("won", Some(at), None) => DisputeState::Won { at },
            ("lost", Some(at), Some(takes)) => {
                let takes: Purpose = serde_json::from_str(takes).map_err(|_| nonsense("takes"))?;
                DisputeState::Lost { at, takes }
            }
            _ => return Err(nonsense("status")),
        };
        let currency = Currency::from_code(&self.currency).ok_or_else(|| nonsense("currency"))?;
        Ok(Dispute {
            id: self.id,
            attempt: self.attempt_id,
            amount: Money::new(self.amount_minor, currency).map_err(|_| nonsense("amount"))?,
            gateway_no: self.gateway_no,
            reason: self.reason,
            opened_at: self.opened_at_ms,
            evidence_due_at: self.evidence_due_at_ms,
            state,
        })
    }
}
