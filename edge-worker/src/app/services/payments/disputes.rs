//! Which money have buyers' banks taken back?

pub mod ask;

use coursepay_core::api::DisputeView;
use coursepay_core::id::OrderId;
use serde::Serialize;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, Row, World, statement};
use crate::app::store;

/// The most that one answer lists.
const PAGE: i64 = 100;

#[derive(Serialize)]
struct Listing {
    disputes: Vec<DisputeView>,
}

/// `GET /v1/orders/{id}/disputes`: all of them, the oldest first.
pub(in crate::app::services) async fn list_of_order<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let not_found = || ApiError::plain(Code::OrderNotFound);
    let id = OrderId::parse(call.param("id")).map_err(|_| not_found())?;
    let order = store::load_order(app, id).await?.ok_or_else(not_found)?.order;
    let disputes = order.disputes.iter().map(|dispute| dispute.view(order.id)).collect();
    Reply::json(200, &Listing { disputes })
}

/// `GET /v1/disputes?status=`: the latest first; `open` are those that somebody should answer.
pub(in crate::app::services) async fn list_disputes<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let status = call.query_value("status").unwrap_or_else(|| "open".to_owned());
    if !["open", "won", "lost"].contains(&status.as_str()) {
        return Err(ApiError::field(Code::InvalidField, "status", "open, won or lost"));
    }
    let sql = "SELECT id, order_id AS \"order\", attempt_id AS attempt, gateway_no, status, currency, amount_minor, \
               reason, evidence_due_at_ms, opened_at_ms, closed_at_ms FROM disputes WHERE status = ?1 \
               ORDER BY opened_at_ms DESC LIMIT CAST(?2 AS INTEGER)";
    let rows = app.world.db().query(statement!(sql, status, PAGE)).await?;
    let disputes = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    Reply::json(200, &Listing { disputes })
}
