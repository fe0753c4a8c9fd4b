//! Rows of `surplus`: the order's own word, kept where it can be listed.

use coursepay_core::api::SurplusFate;
use coursepay_core::decision::Decision;
use coursepay_core::id::AttemptId;
use coursepay_core::order::event::Event;

use crate::app::ports::{Statement, statement};

/// A row for what was received, and the fate of whatever a changed refund or dispute is about.
pub(super) fn write(decision: &Decision) -> Result<Vec<Statement>, String> {
    let order = &decision.order;
    let mut received: Vec<AttemptId> = Vec::new();
    let mut statements = Vec::new();
    for recorded in &decision.events {
        let Event::SurplusReceived { attempt, reason, .. } = recorded.event else { continue };
        let found = order.attempt(attempt).map_err(|error| error.to_string())?;
        let fate = order.surplus_fate(attempt).ok_or("surplus without a fate")?;
        let sql = "INSERT INTO surplus (attempt_id, order_id, gateway, currency, amount_minor, reason, fate, \
                   received_at_ms) VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), ?6, ?7, CAST(?8 AS INTEGER))";
        statements.push(statement!(
            sql,
            attempt.to_string(),
            order.id.to_string(),
            found.method.name(),
            found.amount.currency().code(),
            found.amount.minor(),
            reason.name(),
            name(fate),
            decision.at,
        ));
        received.push(attempt);
    }
    for attempt in touched(decision) {
        let Some(fate) = order.surplus_fate(attempt).filter(|_| !received.contains(&attempt)) else {
            continue;
        };
        let sql = "UPDATE surplus SET fate = ?2 WHERE attempt_id = ?1";
        statements.push(statement!(sql, attempt.to_string(), name(fate)));
    }
    Ok(statements)
}

/// The attempts whose refunds or disputes have changed.
fn touched(decision: &Decision) -> Vec<AttemptId> {
    let order = &decision.order;
    let refunds = decision.refunds.iter().filter_map(|changed| order.refund(changed.id).ok());
    let disputes = decision.disputes.iter().filter_map(|changed| order.dispute(changed.id).ok());
    let attempts = refunds.map(|refund| refund.attempt).chain(disputes.map(|dispute| dispute.attempt));
    let mut touched: Vec<AttemptId> = Vec::new();
    for attempt in attempts {
        if !touched.contains(&attempt) {
            touched.push(attempt);
        }
    }
    touched
}

/// As it is stored and asked for.
const fn name(fate: SurplusFate) -> &'static str {
    match fate {
        SurplusFate::Returning => "returning",
        SurplusFate::Returned => "returned",
        SurplusFate::NeedsAttention => "needs_attention",
        SurplusFate::Disputed => "disputed",
        SurplusFate::Lost => "lost",
    }
}
