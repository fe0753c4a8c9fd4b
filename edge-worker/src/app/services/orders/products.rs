//! What is sold, for how much, and who earns from it?

use coursepay_core::api::{Price, ProductKind, ProductView, PutProduct, RefundPolicy};
use coursepay_core::id::{CreatorId, ProductId};
use coursepay_core::money::{FULL_SHARE_BPS, Money};
use coursepay_core::order::{Line, Share};
use serde::Deserialize;

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, DbError, Row, Statement, World, statement};
use crate::app::services::{orders, payments};

/// Gateways take subjects of 256 characters; a title leaves room for what is put around it.
const LONGEST_TITLE_CHARS: usize = 200;

/// Ten years: what is longer is a typing mistake. Without a window there is no end.
const LONGEST_WINDOW_DAYS: u32 = 3_650;

/// A product with what its buyer does not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) id: ProductId,
    title: String,
    kind: ProductKind,
    prices: Vec<Price>,
    shares: Vec<Share>,
    refund_policy: Option<RefundPolicy>,
}

impl Product {
    /// The product as a line at its price of today.
    ///
    /// # Errors
    /// 422 for a product without a price.
    pub(super) fn line(&self) -> Result<Line, ApiError> {
        let price = self.prices.first().ok_or_else(|| ApiError::plain(Code::CurrencyNotSupported))?;
        let price = money(*price)?;
        Ok(Line {
            product: self.id.clone(),
            title: self.title.clone(),
            kind: self.kind,
            price,
            discount: Money::zero(price.currency()),
            net: price,
            shares: self.shares.clone(),
            refund_policy: self.refund_policy,
        })
    }
}

/// `PUT /v1/products/{id}`: sets the product as a whole. Orders made before keep what they froze.
pub(in crate::app::services) async fn put_product<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = ProductId::parse(call.param("id"))
        .map_err(|_| ApiError::field(Code::InvalidField, "id", "1 to 64 of A-Z a-z 0-9 _ -"))?;
    let put: PutProduct = call.json()?;
    money(put.price)?;
    let chars = put.title.trim().chars().count();
    if chars == 0 || chars > LONGEST_TITLE_CHARS || put.title.chars().any(char::is_control) {
        let detail = format!("1 to {LONGEST_TITLE_CHARS} characters, none of them control characters");
        return Err(ApiError::field(Code::InvalidField, "title", detail));
    }
    let creator = CreatorId::parse(&put.creator)
        .map_err(|_| ApiError::field(Code::InvalidField, "creator", "1 to 64 of A-Z a-z 0-9 _ -"))?;
    if put.creator_share_bps > FULL_SHARE_BPS {
        let detail = format!("at most {FULL_SHARE_BPS} basis points");
        return Err(ApiError::field(Code::InvalidField, "creator_share_bps", detail));
    }
    put.refund_policy.map_or(Ok(()), require_policy)?;
    let prices = vec![put.price];
    let shares = vec![Share { creator, bps: put.creator_share_bps }];
    let sql = "INSERT INTO products (id, title, kind, prices, shares, refund_policy, updated_at_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, CAST(?7 AS INTEGER)) \
               ON CONFLICT (id) DO UPDATE SET title = excluded.title, kind = excluded.kind, \
               prices = excluded.prices, shares = excluded.shares, refund_policy = excluded.refund_policy, \
               updated_at_ms = excluded.updated_at_ms";
    let ProductKind::Course = put.kind;
    let write = statement!(
        sql,
        id.as_str(),
        put.title.trim(),
        "course",
        to_json(&prices)?,
        to_json(&shares)?,
        put.refund_policy.as_ref().map(to_json).transpose()?,
        call.now,
    );
    app.world.db().query(write).await?;
    let title = put.title.trim().to_owned();
    let PutProduct { kind, refund_policy, .. } = put;
    Reply::json(200, &ProductView { id: id.to_string(), title, kind, prices, refund_policy, methods: None })
}

/// A policy that says something, and something that can be meant.
fn require_policy(policy: RefundPolicy) -> Result<(), ApiError> {
    let refused = |field, detail| Err(ApiError::field(Code::InvalidField, field, detail));
    match (policy.window_days, policy.max_used_bps) {
        (None, None) => refused("refund_policy", "window_days, max_used_bps, or both".to_owned()),
        (Some(days), _) if days > LONGEST_WINDOW_DAYS => {
            refused("refund_policy.window_days", format!("at most {LONGEST_WINDOW_DAYS} days"))
        }
        (_, Some(bps)) if bps > FULL_SHARE_BPS => {
            refused("refund_policy.max_used_bps", format!("at most {FULL_SHARE_BPS} basis points"))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// `GET /v1/products/{id}`: never the shares. A page shows how it can be paid before there is an order.
pub(in crate::app::services) async fn get_product<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let unknown = || ApiError::plain(Code::UnknownProduct);
    let id = ProductId::parse(call.param("id")).map_err(|_| unknown())?;
    let rows = app.world.db().query(read(std::slice::from_ref(&id))?).await?;
    let product = from_rows(rows)?.pop().ok_or_else(unknown)?;
    let Product { title, kind, prices, refund_policy, .. } = product;
    // Of the price that an order would take.
    let methods = prices
        .first()
        .map(|price| payments::offers(app, &Identity::Nobody, price.currency, orders::device(call)));
    let methods = Some(methods.unwrap_or_default());
    Reply::json(200, &ProductView { id: id.to_string(), title, kind, prices, refund_policy, methods })
}

/// The statement that reads these products.
pub(super) fn read(ids: &[ProductId]) -> Result<Statement, ApiError> {
    let sql = "SELECT id, title, kind, prices, shares, refund_policy FROM products \
               WHERE id IN (SELECT value FROM json_each(?1))";
    Ok(statement!(sql, to_json(&ids)?))
}

/// The products in the rows of [`read`].
pub(super) fn from_rows(rows: Vec<Row>) -> Result<Vec<Product>, DbError> {
    #[derive(Deserialize)]
    struct ProductRow {
        id: ProductId,
        title: String,
        kind: ProductKind,
        prices: String,
        shares: String,
        refund_policy: Option<String>,
    }
    rows.into_iter()
        .map(|row| {
            let row: ProductRow = row.read()?;
            let nonsense =
                |error: serde_json::Error| DbError::Nonsense(format!("product {}: {error}", row.id));
            Ok(Product {
                prices: serde_json::from_str(&row.prices).map_err(nonsense)?,
                shares: serde_json::from_str(&row.shares).map_err(nonsense)?,
                refund_policy: row
                    .refund_policy
                    .as_deref()
                    .map(serde_json::from_str)
                    .transpose()
                    .map_err(nonsense)?,
                id: row.id,
                title: row.title,
                kind: row.kind,
            })
        })
        .collect()
}

/// An amount somebody can be asked to pay.
fn money(price: Price) -> Result<Money, ApiError> {
    Money::new(price.amount_minor, price.currency).ok().filter(|money| !money.is_zero()).ok_or_else(|| {
        let detail = format!("got {}", price.amount_minor);
        ApiError::field(Code::AmountOutOfRange, "price.amount_minor", detail)
    })
}

fn to_json(value: &impl serde::Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(error.to_string()))
}
