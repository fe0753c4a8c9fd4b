//! Who may open what?

use coursepay_core::id::{ProductId, UserId};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, Row, World, statement};

/// The most that one answer lists.
const PAGE: i64 = 100;

#[derive(Serialize, Deserialize)]
struct EntitlementView {
    id: String,
    user: String,
    product: String,
    order: String,
    starts_at_ms: i64,
    ends_at_ms: Option<i64>,
}

#[derive(Serialize)]
struct Listing {
    entitlements: Vec<EntitlementView>,
}

/// `GET /v1/entitlements?user=&product=`: what a user may open now; all of it without `product`.
pub(in crate::app::services) async fn list_entitlements<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let missing = || ApiError::field(Code::InvalidField, "user", "the user's id is needed");
    let user = call.query_value("user").ok_or_else(missing)?;
    let user = UserId::parse(&user).map_err(|_| missing())?;
    let product = call
        .query_value("product")
        .map(|product| ProductId::parse(&product))
        .transpose()
        .map_err(|_| ApiError::field(Code::InvalidField, "product", "not a product's id"))?;
    let sql = "SELECT e.id, b.user_id AS user, e.product_id AS product, e.order_id AS \"order\", \
               e.starts_at_ms, e.ends_at_ms \
               FROM buyers b CROSS JOIN entitlements e ON e.buyer_id = b.id \
               WHERE b.user_id = ?1 AND (?2 IS NULL OR e.product_id = ?2) AND e.revoked_at_ms IS NULL \
               AND e.starts_at_ms <= CAST(?3 AS INTEGER) \
               AND (e.ends_at_ms IS NULL OR e.ends_at_ms > CAST(?3 AS INTEGER)) \
               ORDER BY e.product_id, e.id LIMIT CAST(?4 AS INTEGER)";
    let product = product.as_ref().map(ProductId::as_str);
    let rows = app.world.db().query(statement!(sql, user.as_str(), product, call.now, PAGE)).await?;
    let entitlements = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
    Reply::json(200, &Listing { entitlements })
}
