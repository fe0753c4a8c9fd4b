//! `POST /webhooks/coursepay`: Coursepay reports what has been paid, and what has gone back.
//!
//! Verify on the raw bytes, read, store, and only then answer 2xx: until that answer Coursepay goes on
//! sending, so whatever goes wrong before it loses nothing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};

use crate::event::parse_event;
use crate::problem::Problem;
use crate::school::School;
use crate::store::Delivery;
use crate::webhook::{MAX_WEBHOOK_BYTES, verify_webhook};

/// 204 when the delivery is stored, also when it was stored before.
pub(crate) async fn receive(
    State(school): State<Arc<School>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let now_ms = school.now_ms();
    let body = body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::too_large(format!("a webhook has at most {MAX_WEBHOOK_BYTES} bytes"))
        } else {
            Problem::bad_request("webhook_body", "the body did not arrive whole")
        }
    })?;

    let refused = |id: Option<&str>, verified: bool| {
        let id = id.map(str::to_owned);
        school.store.note_refused(Delivery { id, kind: None, verified, order: None, received_at_ms: now_ms });
    };
    let verified =
        verify_webhook(&school.settings.webhook_secrets, &headers, &body, now_ms).map_err(|error| {
            refused(None, false);
            Problem::bad_request(error.code(), error.to_string())
        })?;
    let (kind, event) = parse_event(verified.body).map_err(|reason| {
        refused(Some(verified.id), true);
        Problem::bad_request("webhook_event", reason)
    })?;
    // Off the async threads, as it waits for the disk.
    let message_id = verified.id.to_owned();
    let stored =
        tokio::task::spawn_blocking(move || school.store.record_verified(&message_id, &kind, event, now_ms))
            .await;
    match stored {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(error)) => Err(Problem::internal(&error)),
        Err(error) => Err(Problem::internal(&error)),
    }
}
