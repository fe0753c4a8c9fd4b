//! What has happened to an order?
//!
//! Each event with the bytes that were hashed, so that whoever asks can compute the chain anew
//! (`coursepay_core::order::event::verify`) and look for the heads that webhooks have told.

use coursepay_core::order::event::{StoredEvent, verify};
use serde::Serialize;

use crate::app::App;
use crate::app::error::ApiError;
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, Row, World, statement};
use crate::app::services::orders::load_for_caller;

#[derive(Serialize)]
struct History {
    events: Vec<StoredEvent>,
    /// Whether the chain holds, as far as we can tell: who would be sure computes it.
    holds: bool,
}

/// `GET /v1/orders/{id}/events`: all of them, the oldest first.
pub(in crate::app::services) async fn list_events<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let order = load_for_caller(app, call).await?.order;
    let sql = "SELECT sequence, body, hash FROM order_events WHERE order_id = ?1 ORDER BY sequence";
    let rows = app.world.db().query(statement!(sql, order.id.to_string())).await?;
    let events: Vec<StoredEvent> = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    let holds = verify(&events).is_ok_and(|head| head.sequence >= order.head.sequence);
    Reply::json(200, &History { events, holds })
}
