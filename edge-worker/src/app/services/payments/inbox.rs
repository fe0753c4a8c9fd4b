//! Which callbacks were verified, and what became of them?

use coursepay_core::method::GatewayId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, Row, Statement, World, statement};

/// The most that one answer lists.
const PAGE: i64 = 100;

#[derive(Serialize, Deserialize)]
struct CallbackView {
    gateway: String,
    notice_key: String,
    merchant_no: String,
    outcome: String,
    detail: Option<String>,
    first_at_ms: i64,
    last_at_ms: i64,
    deliveries: i64,
}

#[derive(Serialize)]
struct Listing {
    callbacks: Vec<CallbackView>,
}

/// `GET /v1/callbacks?outcome=`: the latest first; `quarantined` are those somebody should look at.
pub(in crate::app::services) async fn list_callbacks<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let outcome = call.query_value("outcome").unwrap_or_else(|| "quarantined".to_owned());
    if outcome != "taken" && outcome != "quarantined" {
        return Err(ApiError::field(Code::InvalidField, "outcome", "taken or quarantined"));
    }
    let sql = "SELECT gateway, notice_key, merchant_no, outcome, detail, first_at_ms, last_at_ms, deliveries \
               FROM callbacks WHERE outcome = ?1 ORDER BY last_at_ms DESC LIMIT CAST(?2 AS INTEGER)";
    let rows = app.world.db().query(statement!(sql, outcome, PAGE)).await?;
    let callbacks = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    Reply::json(200, &Listing { callbacks })
}

/// What the inbox keeps of a notice.
pub(super) struct Received<'a> {
    /// From whom.
    pub(super) gateway: GatewayId,
    /// Names it among all of its gateway.
    pub(super) key: &'a str,
    /// Our number, as they wrote it.
    pub(super) merchant_no: &'a str,
    /// The raw callback; `None` for what an answer of the gateway said.
    pub(super) body: Option<&'a [u8]>,
    /// Why it does not fit, if it does not.
    pub(super) misfit: Option<&'a str>,
}

/// Whether a notice was seen before, for whoever believes that this is enough.
#[cfg(feature = "planted")]
pub(super) async fn is_known<W: World>(
    app: &App<'_, W>,
    gateway: GatewayId,
    key: &str,
) -> Result<bool, ApiError> {
    let sql = "SELECT 1 AS found FROM callbacks WHERE gateway = ?1 AND notice_key = ?2";
    Ok(!app.world.db().query(statement!(sql, gateway.name(), key)).await?.is_empty())
}

/// The row of the inbox; a repeat counts up, and what fits now replaces what did not fit before.
pub(super) fn write<W: World>(app: &App<'_, W>, received: &Received<'_>) -> Statement {
    let sql = "INSERT INTO callbacks (gateway, notice_key, merchant_no, outcome, detail, body_sha256, \
               first_at_ms, last_at_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, CAST(?7 AS INTEGER), CAST(?7 AS INTEGER)) \
               ON CONFLICT (gateway, notice_key) DO UPDATE SET deliveries = deliveries + 1, \
               last_at_ms = excluded.last_at_ms, outcome = excluded.outcome, detail = excluded.detail";
    let outcome = if received.misfit.is_some() { "quarantined" } else { "taken" };
    statement!(
        sql,
        received.gateway.name(),
        received.key,
        received.merchant_no,
        outcome,
        received.misfit,
        received.body.map(|body| hex::encode(Sha256::digest(body))),
        app.world.now(),
    )
}
