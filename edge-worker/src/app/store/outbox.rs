//! Rows of `outbox_messages` and `outbox_deliveries`.

use coursepay_core::decision::{Decision, Subject};
use coursepay_core::id::MessageId;

use crate::app::App;
use crate::app::ports::{Statement, World, statement};

/// A message is tried at once through the queue; the cron looks after this long whether it was.
const FIRST_LOOK_MS: i64 = 60_000;

/// One message row per message, and one delivery row per endpoint for each.
pub(super) fn insert<W: World>(app: &App<'_, W>, decision: &Decision) -> Vec<Statement> {
    let message_sql = "INSERT INTO outbox_messages (id, kind, order_id, refund_id, dispute_id, sequence, at_ms, \
                       is_addressed) VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER), CAST(?7 AS INTEGER), \
                       CAST(?8 AS INTEGER))";
    let delivery_sql = "INSERT INTO outbox_deliveries (message_id, endpoint, next_at_ms) \
                        VALUES (?1, ?2, CAST(?3 AS INTEGER))";
    let is_addressed = app.config.webhooks.as_ref().is_ok_and(|known| !known.is_empty());
    let mut statements = Vec::new();
    for message in &decision.messages {
        let id = message_id(message.id);
        let (refund, dispute) = match message.about {
            Subject::Payment => (None, None),
            Subject::Refund(refund) => (Some(refund.to_string()), None),
            Subject::Dispute(dispute) => (None, Some(dispute.to_string())),
        };
        statements.push(statement!(
            message_sql,
            id.as_str(),
            message.kind.name(),
            message.order.to_string(),
            refund,
            dispute,
            message.sequence,
            decision.at,
            i64::from(is_addressed),
        ));
        for endpoint in app.config.webhooks.iter().flatten() {
            let next_at = decision.at.plus_ms(FIRST_LOOK_MS);
            statements.push(statement!(delivery_sql, id.as_str(), endpoint.name.as_str(), next_at));
        }
    }
    statements
}

/// As the webhook's receiver sees it.
pub(super) fn message_id(id: MessageId) -> String {
    format!("msg_{id}")
}
