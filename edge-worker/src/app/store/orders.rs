//! Rows of `orders`, and how a whole order is read.

use coursepay_core::currency::Currency;
use coursepay_core::decision::Decision;
use coursepay_core::id::{AttemptId, BuyerId, OrderId, ProductId, RefundId, UserId};
use coursepay_core::money::Money;
use coursepay_core::order::event::Head;
use coursepay_core::order::{Line, Order, OrderState, cart_key};
use coursepay_core::time::Timestamp;
use serde::Deserialize;

use crate::app::App;
use crate::app::ports::{Db, DbError, Row, Statement, World, statement};
use crate::app::store::attempts::AttemptRow;
use crate::app::store::disputes::DisputeRow;
use crate::app::store::refunds::RefundRow;

/// An order with what deciding about it needs from outside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The order with its attempts.
    pub order: Order,
    /// Whose it is, unless a guest's.
    pub user: Option<UserId>,
    /// What of it the buyer owns through another order.
    pub owned: Vec<ProductId>,
}

/// The statement for the order's own row. Its reminder is due `remind_before_ms` before its deadline.
pub(super) fn write(decision: &Decision, remind_before_ms: Option<i64>) -> Result<Statement, String> {
    let order = &decision.order;
    let (status, paid_by, paid_at) = match order.state {
        OrderState::AwaitingPayment => ("awaiting_payment", None, None),
        OrderState::Paid { attempt, at } => ("paid", Some(attempt.to_string()), Some(at)),
        OrderState::Expired => ("expired", None, None),
        OrderState::Cancelled => ("cancelled", None, None),
    };
    if decision.is_new_order {
        let sql = "INSERT INTO orders (id, buyer_id, cart_key, status, currency, total_minor, lines, \
                   created_at_ms, expires_at_ms, sequence, head_hash, next_at_ms, remind_at_ms) \
                   VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER), ?7, CAST(?8 AS INTEGER), \
                   CAST(?9 AS INTEGER), CAST(?10 AS INTEGER), ?11, CAST(?9 AS INTEGER), CAST(?12 AS INTEGER))";
        let remind_at =
            remind_before_ms.map(|before_ms| order.expires_at.plus_ms(before_ms.saturating_neg()));
        let lines = serde_json::to_string(&order.lines).map_err(|error| error.to_string())?;
        return Ok(statement!(
            sql,
            order.id.to_string(),
            order.buyer.to_string(),
            cart_key(&order.products()),
            status,
            order.total.currency().code(),
            order.total.minor(),
            lines,
            order.created_at,
            order.expires_at,
            order.head.sequence,
            order.head.hash_hex(),
            remind_at,
        ));
    }
    let sql = "UPDATE orders SET status = ?2, paid_attempt_id = ?3, paid_at_ms = CAST(?4 AS INTEGER), \
               sequence = CAST(?5 AS INTEGER), head_hash = ?6, is_reminded = CAST(?7 AS INTEGER), \
               next_at_ms = iif(?2 = 'awaiting_payment', next_at_ms, NULL), \
               remind_at_ms = iif(?2 = 'awaiting_payment' AND CAST(?7 AS INTEGER) = 0, remind_at_ms, NULL) \
               WHERE id = ?1";
    Ok(statement!(
        sql,
        order.id.to_string(),
        status,
        paid_by,
        paid_at,
        order.head.sequence,
        order.head.hash_hex(),
        i64::from(order.is_reminded),
    ))
}

/// The five statements that read an order; `$which` is SQL that gives its id.
macro_rules! reading {
    ($which:literal) => {
        [
            concat!(
                "SELECT o.id, o.buyer_id, b.user_id, o.status, o.currency, o.total_minor, o.lines, ",
                "o.paid_attempt_id, o.paid_at_ms, o.created_at_ms, o.expires_at_ms, o.is_reminded, o.sequence, ",
                "o.head_hash ",
                "FROM orders o JOIN buyers b ON b.id = o.buyer_id WHERE o.id = ",
                $which
            ),
            concat!(
                "SELECT id, method, channel, currency, amount_minor, terms, status, step, reason, gateway_no, ",
                "paid_at_ms, settled, action, gateway_ref, failure, created_at_ms, expires_at_ms ",
                "FROM attempts WHERE order_id = ",
                $which,
                " ORDER BY id"
            ),
            concat!(
                "SELECT id, attempt_id, currency, amount_minor, purpose, reason, status, code, money, gateway_no, ",
                "succeeded_at_ms, created_at_ms, is_overdue, policy_override FROM refunds WHERE order_id = ",
                $which,
                " ORDER BY id"
            ),
            concat!(
                "SELECT id, attempt_id, gateway_no, currency, amount_minor, reason, status, evidence_due_at_ms, ",
                "takes, opened_at_ms, closed_at_ms FROM disputes WHERE order_id = ",
                $which,
                " ORDER BY id"
            ),
            concat!(
                "SELECT e.product_id FROM orders o JOIN json_each(o.lines) l ",
                "JOIN entitlements e ON e.buyer_id = o.buyer_id AND e.product_id = l.value ->> '$.product' ",
                "WHERE o.id = ",
                $which,
                " AND e.order_id <> o.id AND e.revoked_at_ms IS NULL AND e.ends_at_ms IS NULL"
            ),
        ]
    };
}

/// Reads an order in one round trip; `None` when there is none.
///
/// # Errors
/// [`DbError`].
pub async fn load_order<W: World>(app: &App<'_, W>, id: OrderId) -> Result<Option<Loaded>, DbError> {
    load(app, reading!("?1"), &id.to_string()).await
}

/// Reads the order that has this attempt; `None` when there is none.
///
/// # Errors
/// [`DbError`].
pub async fn load_order_of_attempt<W: World>(
    app: &App<'_, W>,
    id: AttemptId,
) -> Result<Option<Loaded>, DbError> {
    load(app, reading!("(SELECT order_id FROM attempts WHERE id = ?1)"), &id.to_string()).await
}

/// Reads the order that has this refund; `None` when there is none.
///
/// # Errors
/// [`DbError`].
pub async fn load_order_of_refund<W: World>(
    app: &App<'_, W>,
    id: RefundId,
) -> Result<Option<Loaded>, DbError> {
    load(app, reading!("(SELECT order_id FROM refunds WHERE id = ?1)"), &id.to_string()).await
}

/// Reads the order that has the payment with this number of the gateway's; `None` when there is none.
///
/// # Errors
/// [`DbError`].
pub async fn load_order_of_payment<W: World>(
    app: &App<'_, W>,
    gateway_no: &str,
) -> Result<Option<Loaded>, DbError> {
    load(app, reading!("(SELECT order_id FROM attempts WHERE gateway_no = ?1)"), gateway_no).await
}

async fn load<W: World>(
    app: &App<'_, W>,
    statements: [&'static str; 5],
    id: &str,
) -> Result<Option<Loaded>, DbError> {
    let batch = statements.into_iter().map(|sql| statement!(sql, id)).collect();
    let mut results = app.world.db().batch(batch).await?.into_iter();
    let mut next = || results.next().unwrap_or_default();
    let (orders, attempts, refunds, disputes, owned) = (next(), next(), next(), next(), next());
    let Some(row) = orders.into_iter().next() else { return Ok(None) };
    let mut loaded = row.read::<OrderRow>()?.into_loaded()?;
    for row in attempts {
        loaded.order.attempts.push(row.read::<AttemptRow>()?.into_attempt()?);
    }
    for row in refunds {
        loaded.order.refunds.push(row.read::<RefundRow>()?.into_refund()?);
    }
    for row in disputes {
        loaded.order.disputes.push(row.read::<DisputeRow>()?.into_dispute()?);
    }
    loaded.owned = read_products(owned)?;
    Ok(Some(loaded))
}

/// Reads rows of one column `product_id`.
///
/// # Errors
/// [`DbError::Nonsense`] for what is no product id.
pub fn read_products(rows: Vec<Row>) -> Result<Vec<ProductId>, DbError> {
    #[derive(Deserialize)]
    struct ProductRow {
        product_id: ProductId,
    }
    rows.into_iter().map(|row| row.read::<ProductRow>().map(|row| row.product_id)).collect()
}

#[derive(Deserialize)]
struct OrderRow {
    id: OrderId,
    buyer_id: BuyerId,
    user_id: Option<UserId>,
    status: String,
    currency: String,
    total_minor: i64,
    lines: String,
    paid_attempt_id: Option<AttemptId>,
    paid_at_ms: Option<Timestamp>,
    created_at_ms: Timestamp,
    expires_at_ms: Timestamp,
    is_reminded: i64,
    sequence: i64,
    head_hash: String,
}

impl OrderRow {
    fn into_loaded(self) -> Result<Loaded, DbError> {
        let nonsense = |what: &str| DbError::Nonsense(format!("order {}: {what}", self.id));
        let state = match (self.status.as_str(), self.paid_attempt_id, self.paid_at_ms) {
            ("awaiting_payment", _, _) => OrderState::AwaitingPayment,
            ("paid", Some(attempt), Some(at)) => OrderState::Paid { attempt, at },
            ("expired", _, _) => OrderState::Expired,
            ("cancelled", _, _) => OrderState::Cancelled,
            _ => return Err(nonsense("status")),
        };
        let currency = Currency::from_code(&self.currency).ok_or_else(|| nonsense("currency"))?;
        let lines: Vec<Line> = serde_json::from_str(&self.lines).map_err(|_| nonsense("lines"))?;
        let mut hash = [0_u8; 32];
        hex::decode_to_slice(&self.head_hash, &mut hash).map_err(|_| nonsense("head_hash"))?;
        let order = Order {
            id: self.id,
            buyer: self.buyer_id,
            lines,
            total: Money::new(self.total_minor, currency).map_err(|_| nonsense("total"))?,
            created_at: self.created_at_ms,
            expires_at: self.expires_at_ms,
            state,
            is_reminded: self.is_reminded == 1,
            head: Head { sequence: self.sequence, hash },
            attempts: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
        };
        Ok(Loaded { order, user: self.user_id, owned: Vec::new() })
    }
}
