//! What does a message say?
//!
//! Only what can never change: the same message has the same bytes on every try.

use coursepay_core::attempt::{Attempt, AttemptState};
use coursepay_core::dispute::Dispute;
use coursepay_core::id::AttemptId;
use coursepay_core::order::event::SurplusReason;
use coursepay_core::order::{Order, OrderState};
use coursepay_core::refund::{Refund, Stranded};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::store::Loaded;

/// `order.paid`.
pub(super) fn of_payment(loaded: &Loaded) -> Result<Value, serde_json::Error> {
    let order = &loaded.order;
    let is_settling =
        |attempt: &&Attempt| matches!(&attempt.state, AttemptState::Paid(capture) if capture.settled);
    let settled = order.attempts.iter().find(is_settling);
    let payment = settled.map(
        |attempt| json!({ "attempt": attempt.id, "method": attempt.method, "channel": attempt.channel }),
    );
    let paid_at_ms = match order.state {
        OrderState::Paid { at, .. } => Some(at.ms()),
        OrderState::AwaitingPayment | OrderState::Expired | OrderState::Cancelled => None,
    };
    Ok(json!({ "order": {
        "id": order.id,
        "user": loaded.user,
        "currency": order.total.currency(),
        "total_minor": order.total.minor(),
        "paid_at_ms": paid_at_ms,
        "lines": lines(order),
        "payment": payment,
    } }))
}

/// `order.unpaid`.
pub(super) fn of_unpaid(loaded: &Loaded) -> Result<Value, serde_json::Error> {
    let order = &loaded.order;
    Ok(json!({ "order": {
        "id": order.id,
        "user": loaded.user,
        "currency": order.total.currency(),
        "total_minor": order.total.minor(),
        "expires_at_ms": order.expires_at,
        "lines": lines(order),
    } }))
}

fn lines(order: &Order) -> Vec<Value> {
    let lines = order.lines.iter();
    lines
        .map(|line| {
            json!({
                "product": line.product, "title": line.title, "kind": line.kind,
                "net_minor": line.net.minor(),
            })
        })
        .collect()
}

/// What the event of surplus says.
#[derive(Deserialize)]
struct SurplusEvent {
    attempt: AttemptId,
    amount_minor: i64,
    reason: SurplusReason,
}

/// `surplus.received`, of the stored `event`.
pub(super) fn of_surplus(loaded: &Loaded, event: &str) -> Result<Value, serde_json::Error> {
    let order = &loaded.order;
    let SurplusEvent { attempt, amount_minor, reason } = serde_json::from_str(event)?;
    let method = order.attempt(attempt).map(|attempt| attempt.method).ok();
    Ok(json!({
        "order": { "id": order.id, "user": loaded.user },
        "surplus": {
            "attempt": attempt,
            "method": method,
            "currency": order.total.currency(),
            "amount_minor": amount_minor,
            "reason": reason,
        },
    }))
}

/// What the event of a refund says beside the refund itself.
#[derive(Deserialize, Default)]
struct RefundEvent {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    money: Option<Stranded>,
    #[serde(default)]
    revoked: Vec<String>,
}

/// `refund.…`, of the stored `event`.
pub(super) fn of_refund(
    loaded: &Loaded,
    refund: &Refund,
    event: Option<&str>,
) -> Result<Value, serde_json::Error> {
    let order = &loaded.order;
    let event: RefundEvent = event.map(serde_json::from_str).transpose()?.unwrap_or_default();
    let lines: Vec<Value> = refund
        .lines()
        .iter()
        .map(|line| json!({ "product": line.product, "amount_minor": line.amount_minor }))
        .collect();
    Ok(json!({
        "order": { "id": order.id, "user": loaded.user },
        "refund": {
            "id": refund.id,
            "attempt": refund.attempt,
            "purpose": refund.purpose.kind(),
            "currency": refund.amount.currency(),
            "amount_minor": refund.amount.minor(),
            "lines": lines,
            "reason": refund.reason,
            "gateway_code": event.code,
            "money": event.money,
        },
        // What the buyer may open no longer.
        "revoked": event.revoked,
    }))
}

/// What the event of a dispute says beside the dispute itself.
#[derive(Deserialize, Default)]
struct DisputeEvent {
    #[serde(default)]
    evidence_due_at_ms: Option<i64>,
    #[serde(default)]
    revoked: Vec<String>,
}

/// `dispute.…`, of the stored `event`.
pub(super) fn of_dispute(
    loaded: &Loaded,
    dispute: &Dispute,
    event: Option<&str>,
) -> Result<Value, serde_json::Error> {
    let event: DisputeEvent = event.map(serde_json::from_str).transpose()?.unwrap_or_default();
    Ok(json!({
        "order": { "id": loaded.order.id, "user": loaded.user },
        "dispute": {
            "id": dispute.id,
            "attempt": dispute.attempt,
            "gateway_no": dispute.gateway_no,
            "currency": dispute.amount.currency(),
            "amount_minor": dispute.amount.minor(),
            "reason": dispute.reason,
            "evidence_due_at_ms": event.evidence_due_at_ms,
        },
        // What the buyer may open no longer.
        "revoked": event.revoked,
    }))
}
