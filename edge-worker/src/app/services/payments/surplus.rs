//! Which money came that could settle nothing, and where is it now?

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, Row, World, statement};

/// The most that one answer lists.
const PAGE: i64 = 100;

/// What can have become of it.
const FATES: [&str; 5] = ["returning", "returned", "needs_attention", "disputed", "lost"];

#[derive(Serialize, Deserialize)]
struct SurplusView {
    sequence: i64,
    order: String,
    attempt: String,
    gateway: String,
    currency: String,
    amount_minor: i64,
    reason: String,
    fate: String,
    received_at_ms: i64,
}

#[derive(Serialize)]
struct Listing {
    surplus: Vec<SurplusView>,
    /// Pass it as `after` to read on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// `GET /v1/surplus?fate=&after=`: the oldest first, all of it without `fate`.
pub(in crate::app::services) async fn list_surplus<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let after = call.after()?;
    let read = match call.query_value("fate") {
        None => statement!(
            "SELECT sequence, order_id AS \"order\", attempt_id AS attempt, gateway, currency, amount_minor, \
             reason, fate, received_at_ms FROM surplus \
             WHERE sequence > CAST(?1 AS INTEGER) ORDER BY sequence LIMIT CAST(?2 AS INTEGER)",
            after,
            PAGE,
        ),
        Some(fate) if FATES.contains(&fate.as_str()) => statement!(
            "SELECT sequence, order_id AS \"order\", attempt_id AS attempt, gateway, currency, amount_minor, \
             reason, fate, received_at_ms FROM surplus \
             WHERE fate = ?3 AND sequence > CAST(?1 AS INTEGER) ORDER BY sequence LIMIT CAST(?2 AS INTEGER)",
            after,
            PAGE,
            fate,
        ),
        Some(_) => {
            let detail = format!("one of {}", FATES.join(", "));
            return Err(ApiError::field(Code::InvalidField, "fate", detail));
        }
    };
    let rows = app.world.db().query(read).await?;
    let surplus: Vec<SurplusView> = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    let is_full = i64::try_from(surplus.len()).is_ok_and(|count| count >= PAGE);
    let next_after = surplus.last().filter(|_| is_full).map(|last| last.sequence);
    Reply::json(200, &Listing { surplus, next_after })
}
