//! How does a message reach an endpoint, and when again?
//!
//! The schedule is kept in D1. Whoever delivers first moves `next_at_ms` and `tries` on in one guarded
//! UPDATE, so a try belongs to one deliverer, and one that crashes in between is followed by the next.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use coursepay_core::decision::MessageKind;
use coursepay_core::id::{DisputeId, OrderId, RefundId};
use coursepay_core::order::OrderState;
use http::{Request, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::app::config::WebhookEndpoint;
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Db, DbError, Http, Row, World, statement};
use crate::app::services::notifications::{message, webhook};
use crate::app::store;
use crate::app::telemetry;

/// Waits between tries, in seconds: Standard Webhooks' recommended schedule, but that its first, 5 s, is less
/// than the cron's minute. Ten tries over three days.
const WAITS_S: [i64; 9] =
    [60, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 14 * 3_600, 20 * 3_600, 24 * 3_600];

/// How long an endpoint may take.
const TIMEOUT_MS: u32 = 15_000;

#[derive(Deserialize)]
struct Due {
    kind: String,
    order_id: OrderId,
    refund_id: Option<RefundId>,
    dispute_id: Option<DisputeId>,
    sequence: i64,
    at_ms: i64,
    tries: i64,
    head_hash: Option<String>,
    /// The event that the message is of, as it was stored.
    event: Option<String>,
}

/// Makes the try after `tries` others to deliver a message to the endpoint of this name, unless it was made.
///
/// # Errors
/// 503 when the database does not answer. An endpoint that does not is no error: it is tried again.
pub(in crate::app) async fn deliver<W: World>(
    app: &App<'_, W>,
    message: &str,
    endpoint: &str,
    tries: i64,
) -> Result<(), ApiError> {
    let Some(due) = read_due(app, message, endpoint).await? else { return Ok(()) };
    if due.tries != tries {
        // A copy of this job, or an old one: the try it was for has been made.
        return Ok(());
    }
    if due.kind == MessageKind::OrderUnpaid.name() && !is_still_unpaid(app, due.order_id).await? {
        return Ok(withdraw(app, message, endpoint).await?);
    }
    let known = app.config.webhooks.as_ref().map_err(|flaw| {
        // The delivery stays due: a typing mistake must not lose what the platform is owed.
        ApiError::new(Code::NotConfigured, format!("{} is {}.", flaw.variable, flaw.problem))
    })?;
    let known = known.iter().find(|known| known.name == endpoint);
    let next_at = usize::try_from(due.tries)
        .ok()
        .and_then(|tries| WAITS_S.get(tries))
        .map(|wait| app.world.now().plus_ms(wait.saturating_mul(1_000)));
    if !take_try(app, message, endpoint, due.tries, next_at.map(|at| at.ms())).await? {
        return Ok(());
    }
    let Some(body) = render(app, &due).await? else { return Ok(()) };
    let status = match known {
        Some(known) => send(app, known, message, body).await?,
        None => {
            // It may come back under this name for as long as the schedule lasts.
            telemetry::note(app, "webhook_endpoint_gone", message, "no endpoint has the name it is for");
            None
        }
    };
    match status {
        Some(200..=299) => {
            note_success(app, message, endpoint, status).await?;
        }
        Some(_) | None => {
            note_failure(app, message, endpoint, status).await?;
            if next_at.is_none() {
                telemetry::note(app, "webhook_given_up", message, "after the last try");
            }
        }
    }
    Ok(())
}

async fn read_due<W: World>(app: &App<'_, W>, message: &str, endpoint: &str) -> Result<Option<Due>, DbError> {
    let sql = "SELECT m.kind, m.order_id, m.refund_id, m.dispute_id, m.sequence, m.at_ms, d.tries, e.hash AS head_hash, \
               e.body AS event \
               FROM outbox_deliveries d JOIN outbox_messages m ON m.id = d.message_id \
               LEFT JOIN order_events e ON e.order_id = m.order_id AND e.sequence = m.sequence \
               WHERE d.message_id = ?1 AND d.endpoint = ?2 AND d.next_at_ms IS NOT NULL";
    let rows = app.world.db().query(statement!(sql, message, endpoint)).await?;
    rows.into_iter().next().map(Row::read).transpose()
}

/// Whether a learner can still do something about being reminded.
async fn is_still_unpaid<W: World>(app: &App<'_, W>, order: OrderId) -> Result<bool, DbError> {
    let loaded = store::load_order(app, order).await?;
    Ok(loaded.is_some_and(|loaded| {
        loaded.order.state == OrderState::AwaitingPayment && app.world.now() < loaded.order.expires_at
    }))
}

/// Tells nobody any more.
async fn withdraw<W: World>(app: &App<'_, W>, message: &str, endpoint: &str) -> Result<(), DbError> {
    let sql = "UPDATE outbox_deliveries SET next_at_ms = NULL WHERE message_id = ?1 AND endpoint = ?2";
    app.world.db().query(statement!(sql, message, endpoint)).await.map(|_| ())
}

async fn take_try<W: World>(
    app: &App<'_, W>,
    message: &str,
    endpoint: &str,
    tries: i64,
    next_at_ms: Option<i64>,
) -> Result<bool, DbError> {
    // The last try keeps its place in the schedule until its outcome is known: a crash then repeats it.
    let sql = "UPDATE outbox_deliveries SET tries = tries + 1, \
               next_at_ms = coalesce(CAST(?4 AS INTEGER), CAST(?5 AS INTEGER)) \
               WHERE message_id = ?1 AND endpoint = ?2 AND tries = CAST(?3 AS INTEGER) \
               AND next_at_ms IS NOT NULL RETURNING tries";
    let last_look = app.world.now().plus_ms(i64::from(TIMEOUT_MS).saturating_mul(4));
    let take = statement!(sql, message, endpoint, tries, next_at_ms, last_look);
    Ok(!app.world.db().query(take).await?.is_empty())
}

/// The message as JSON: the same bytes on every try, because everything in it is settled.
async fn render<W: World>(app: &App<'_, W>, due: &Due) -> Result<Option<String>, ApiError> {
    let Some(loaded) = store::load_order(app, due.order_id).await? else { return Ok(None) };
    let (order, event) = (&loaded.order, due.event.as_deref());
    let data = match (due.refund_id, due.dispute_id) {
        (Some(refund), _) => message::of_refund(&loaded, order.refund(refund)?, event),
        (None, Some(dispute)) => message::of_dispute(&loaded, order.dispute(dispute)?, event),
        (None, None) if due.kind == MessageKind::SurplusReceived.name() => {
            message::of_surplus(&loaded, event.unwrap_or_default())
        }
        (None, None) if due.kind == MessageKind::OrderUnpaid.name() => message::of_unpaid(&loaded),
        (None, None) => message::of_payment(&loaded),
    };
    let mut data = data.map_err(|error| ApiError::internal(error.to_string()))?;
    if let Some(order) = data.get_mut("order").and_then(Value::as_object_mut) {
        order.insert("sequence".to_owned(), due.sequence.into());
        order.insert("head_hash".to_owned(), due.head_hash.clone().into());
    }
    let at = DateTime::from_timestamp_millis(due.at_ms).unwrap_or_default();
    let timestamp = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    Ok(Some(json!({ "type": due.kind, "timestamp": timestamp, "data": data }).to_string()))
}

/// Sends one signed try and gives the status answered, if any.
async fn send<W: World>(
    app: &App<'_, W>,
    endpoint: &WebhookEndpoint,
    message: &str,
    body: String,
) -> Result<Option<u16>, ApiError> {
    let timestamp_s = app.world.now().seconds();
    let signature = webhook::sign(&endpoint.secret, message, timestamp_s, &body)?;
    let request = Request::post(&endpoint.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", message)
        .header("webhook-timestamp", timestamp_s.to_string())
        .header("webhook-signature", signature)
        .body(Bytes::from(body));
    let request = match request {
        Ok(request) => request,
        Err(error) => {
            telemetry::note(app, "webhook_unsendable", message, &error.to_string());
            return Ok(None);
        }
    };
    match app.world.http().send(request, TIMEOUT_MS).await {
        Ok(response) => Ok(Some(response.status().as_u16())),
        Err(error) => {
            telemetry::note(app, "webhook_unanswered", message, &error.to_string());
            Ok(None)
        }
    }
}

async fn note_success<W: World>(
    app: &App<'_, W>,
    message: &str,
    endpoint: &str,
    status: Option<u16>,
) -> Result<(), DbError> {
    let sql = "UPDATE outbox_deliveries SET next_at_ms = NULL, delivered_at_ms = CAST(?3 AS INTEGER), \
               last_status = CAST(?4 AS INTEGER) WHERE message_id = ?1 AND endpoint = ?2";
    let note = statement!(sql, message, endpoint, app.world.now(), status.map(i64::from));
    app.world.db().query(note).await.map(|_| ())
}

async fn note_failure<W: World>(
    app: &App<'_, W>,
    message: &str,
    endpoint: &str,
    status: Option<u16>,
) -> Result<(), DbError> {
    let last = i64::try_from(WAITS_S.len()).unwrap_or(i64::MAX);
    let sql = "UPDATE outbox_deliveries SET last_status = CAST(?3 AS INTEGER), \
               next_at_ms = iif(tries > CAST(?4 AS INTEGER), NULL, next_at_ms) \
               WHERE message_id = ?1 AND endpoint = ?2 AND delivered_at_ms IS NULL";
    let note = statement!(sql, message, endpoint, status.map(i64::from), last);
    app.world.db().query(note).await.map(|_| ())
}
