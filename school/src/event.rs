//! What does a verified webhook tell us?

use serde::{Deserialize, Serialize};

/// What Coursepay reports about an order that has been paid. Fields it may add later are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// Coursepay's id of the order.
    pub id: String,
    /// The `sub` of the checkout token it was bought with; `None` for a guest.
    pub user: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// What was paid, in the currency's smallest unit.
    pub total_minor: i64,
    /// When the money was received.
    pub paid_at_ms: i64,
    /// How many events the order's history had with this one.
    pub sequence: i64,
    /// The hash of that history. Kept, so that a rewritten history would show.
    pub head_hash: String,
    /// What was bought.
    pub lines: Vec<Line>,
    /// How it was paid.
    pub payment: Payment,
}

/// One thing bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Our own id of the product, as it was registered with Coursepay.
    pub product: String,
    /// The title at the time of the sale.
    pub title: String,
    /// `course`, or whatever else Coursepay sells.
    pub kind: String,
    /// Its price after discounts, in the order's currency.
    pub net_minor: i64,
}

/// How an order was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The try that succeeded.
    pub attempt: String,
    /// `alipay`, `wallet`, …
    pub method: String,
    /// `qr`, `redirect`, `mobile`, `balance`, …
    pub channel: String,
}

/// What Coursepay reports about money that has gone back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refunded {
    /// Coursepay's id of the order.
    pub(crate) order: String,
    /// Our ids of what it opens no longer.
    pub(crate) revoked: Vec<String>,
}

/// A webhook's content. Types that this school does not act on are `Other`, and are acknowledged: refusing
/// them would only make the sender try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    OrderPaid(Box<Order>),
    RefundSucceeded(Refunded),
    Other,
}

impl Event {
    /// Coursepay's id of the order it is about.
    pub(crate) fn order(&self) -> Option<&str> {
        match self {
            Self::OrderPaid(order) => Some(&order.id),
            Self::RefundSucceeded(refunded) => Some(&refunded.order),
            Self::Other => None,
        }
    }
}

/// The type is read first, as the data of an unknown type may have any shape.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    data: serde_json::Value,
}

#[derive(Deserialize)]
struct OrderPaidData {
    order: Order,
}

#[derive(Deserialize)]
struct RefundData {
    order: OrderId,
    revoked: Vec<String>,
}

#[derive(Deserialize)]
struct OrderId {
    id: String,
}

/// Reads the body of a verified delivery: its type by name, and its content.
///
/// # Errors
/// A sentence for the sender about what is not as documented.
pub(crate) fn parse_event(body: &[u8]) -> Result<(String, Event), String> {
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| format!("the body is not an event: {error}"))?;
    let event = match envelope.kind.as_str() {
        "order.paid" => order_paid(envelope.data)?,
        "refund.succeeded" => refund_succeeded(envelope.data)?,
        _ => Event::Other,
    };
    Ok((envelope.kind, event))
}

fn order_paid(data: serde_json::Value) -> Result<Event, String> {
    let OrderPaidData { order } = serde_json::from_value(data)
        .map_err(|error| format!("the data of order.paid is not as documented: {error}"))?;
    if order.id.is_empty() || order.lines.is_empty() || order.total_minor < 0 {
        return Err("order.paid needs an order id, at least one line and a total of 0 or more".to_owned());
    }
    Ok(Event::OrderPaid(Box::new(order)))
}

fn refund_succeeded(data: serde_json::Value) -> Result<Event, String> {
    let RefundData { order, revoked } = serde_json::from_value(data)
        .map_err(|error| format!("the data of refund.succeeded is not as documented: {error}"))?;
    if order.id.is_empty() {
        return Err("refund.succeeded needs an order id".to_owned());
    }
    Ok(Event::RefundSucceeded(Refunded { order: order.id, revoked }))
}
