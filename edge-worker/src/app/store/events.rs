//! Rows of `order_events`.

use coursepay_core::decision::Decision;

use crate::app::ports::{Statement, statement};

/// The statements that lead the batch: one per event.
pub(super) fn insert(decision: &Decision) -> Vec<Statement> {
    let sql = "INSERT INTO order_events (order_id, sequence, decision_id, kind, at_ms, body, hash) \
               VALUES (?1, CAST(?2 AS INTEGER), ?3, ?4, CAST(?5 AS INTEGER), ?6, ?7)";
    decision
        .events
        .iter()
        .map(|recorded| {
            statement!(
                sql,
                decision.order.id.to_string(),
                recorded.sequence,
                decision.id.to_string(),
                recorded.event.name(),
                decision.at,
                recorded.body.as_str(),
                hex::encode(recorded.hash),
            )
        })
        .collect()
}
