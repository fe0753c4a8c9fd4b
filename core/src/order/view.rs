//! How do an order's lines travel, and what does its buyer see of it?

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::api::{LineView, MethodOffer, OrderView, ProductKind, RefundPolicy, RefundStatus};
use crate::attempt::{Attempt, AttemptState};
use crate::currency::Currency;
use crate::id::ProductId;
use crate::money::Money;
use crate::order::{Line, Order, OrderState, Share};

/// A line as it is stored in orders and hashed into events.
#[derive(Serialize, Deserialize)]
struct StoredLine {
    product: ProductId,
    title: String,
    kind: ProductKind,
    currency: Currency,
    price_minor: i64,
    discount_minor: i64,
    net_minor: i64,
    shares: Vec<Share>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refund_policy: Option<RefundPolicy>,
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredLine {
            product: self.product.clone(),
            title: self.title.clone(),
            kind: self.kind,
            currency: self.net.currency(),
            price_minor: self.price.minor(),
            discount_minor: self.discount.minor(),
            net_minor: self.net.minor(),
            shares: self.shares.clone(),
            refund_policy: self.refund_policy,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredLine::deserialize(deserializer)?;
        let money = |minor| Money::new(minor, stored.currency).map_err(de::Error::custom);
        Ok(Self {
            price: money(stored.price_minor)?,
            discount: money(stored.discount_minor)?,
            net: money(stored.net_minor)?,
            product: stored.product,
            title: stored.title,
            kind: stored.kind,
            shares: stored.shares,
            refund_policy: stored.refund_policy,
        })
    }
}

impl Order {
    /// As its buyer and the platform see it, with the methods `offered` while it can be paid.
    #[must_use]
    pub fn view(&self, offered: &[MethodOffer]) -> OrderView {
        let open = self.state == OrderState::AwaitingPayment;
        OrderView {
            id: self.id.to_string(),
            status: self.state.status(),
            refund_status: self.refund_status(),
            currency: self.total.currency(),
            total_minor: self.total.minor(),
            lines: self.lines.iter().map(line_view).collect(),
            methods: if open { offered.to_vec() } else { Vec::new() },
            expires_at_ms: self.expires_at.ms(),
            attempt: self.shown_attempt().map(Attempt::view),
            surplus: self.surplus(),
            sequence: self.head.sequence,
            head_hash: self.head.hash_hex(),
            order_token: None,
        }
    }

    /// How much of the sale its buyer has back.
    fn refund_status(&self) -> RefundStatus {
        match self.refunded_minor() {
            0 => RefundStatus::None,
            back if back < self.total.minor() => RefundStatus::Partial,
            _ => RefundStatus::Full,
        }
    }

    /// The attempt that settled the order, else the live one, else the latest.
    fn shown_attempt(&self) -> Option<&Attempt> {
        let settled = self
            .attempts
            .iter()
            .find(|attempt| matches!(&attempt.state, AttemptState::Paid(capture) if capture.settled));
        settled.or_else(|| self.live_attempt()).or_else(|| self.attempts.last())
    }
}

fn line_view(line: &Line) -> LineView {
    LineView {
        product: line.product.to_string(),
        title: line.title.clone(),
        kind: line.kind,
        price_minor: line.price.minor(),
        discount_minor: line.discount.minor(),
        net_minor: line.net.minor(),
        refund_policy: line.refund_policy,
    }
}
