//! Rows of `ledger_entries`. The trigger writes the postings.

use coursepay_core::ledger::{Entry, Side};
use serde::Serialize;

use crate::app::ports::{Statement, statement};

#[derive(Serialize)]
struct StoredLeg<'a> {
    account: String,
    side: Side,
    amount_minor: i64,
    currency: &'a str,
}

/// The statement that books `entry`.
///
/// # Errors
/// What `serde_json` says, which no entry can cause.
pub(super) fn insert(entry: &Entry) -> Result<Statement, String> {
    let legs: Vec<StoredLeg<'_>> = entry
        .legs()
        .iter()
        .map(|leg| StoredLeg {
            account: leg.account.to_string(),
            side: leg.side,
            amount_minor: leg.amount.minor(),
            currency: leg.amount.currency().code(),
        })
        .collect();
    let legs = serde_json::to_string(&legs).map_err(|error| error.to_string())?;
    let sql = "INSERT INTO ledger_entries (id, kind, cause, order_id, at_ms, legs) \
               VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), ?6)";
    Ok(statement!(
        sql,
        entry.id().to_string(),
        entry.kind().name(),
        entry.cause(),
        entry.order().map(|order| order.to_string()),
        entry.at(),
        legs,
    ))
}
