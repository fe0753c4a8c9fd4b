//! Rows of `entitlements`.

use coursepay_core::decision::Decision;

use crate::app::ports::{Statement, statement};

/// One statement per grant. A lasting grant that is had already makes the batch fail.
pub(super) fn insert(decision: &Decision) -> Vec<Statement> {
    let sql = "INSERT INTO entitlements (id, buyer_id, product_id, order_id, starts_at_ms, ends_at_ms) \
               VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), CAST(?6 AS INTEGER))";
    decision
        .grants
        .iter()
        .map(|grant| {
            statement!(
                sql,
                grant.id.to_string(),
                grant.buyer.to_string(),
                grant.product.as_str(),
                grant.order.to_string(),
                grant.starts_at,
                grant.ends_at,
            )
        })
        .collect()
}

/// One statement per product that the order opens no longer.
pub(super) fn revoke(decision: &Decision) -> Vec<Statement> {
    let sql = "UPDATE entitlements SET revoked_at_ms = CAST(?3 AS INTEGER) \
               WHERE order_id = ?1 AND product_id = ?2 AND revoked_at_ms IS NULL";
    let order = decision.order.id.to_string();
    decision
        .revoked
        .iter()
        .map(|product| statement!(sql, order.as_str(), product.as_str(), decision.at))
        .collect()
}
