//! What has happened to an order, and how is its history kept from being rewritten?
//!
//! Every event is stored as the bytes that were hashed, one after the other into a chain (`history.rs`).

use serde::{Deserialize, Serialize};

use crate::api::Action;
use crate::attempt::Step;
use crate::currency::Currency;
use crate::id::{AttemptId, BuyerId, DecisionId, DisputeId, OrderId, ProductId, RefundId};
use crate::method::{Channel, Method};
use crate::order::Line;
use crate::refund::{Override, Purpose, Stranded, Usage};
use crate::time::Timestamp;

pub use crate::history::{Broken, Head, StoredEvent, chain_hash, verify};

/// A domain fact about an order. Past tense: it has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The order was made.
    OrderCreated {
        /// By whom.
        buyer: BuyerId,
        /// What is bought.
        lines: Vec<Line>,
        /// Of all amounts in it.
        currency: Currency,
        /// What is to be paid.
        total_minor: i64,
        /// Until when.
        expires_at_ms: Timestamp,
    },
    /// An attempt began.
    AttemptStarted {
        /// Which.
        attempt: AttemptId,
        /// With what.
        method: Method,
        /// In which way.
        channel: Channel,
        /// How much.
        amount_minor: i64,
    },
    /// The gateway waits for the learner.
    AttemptPending {
        /// Which.
        attempt: AttemptId,
        /// What the page does next, where the gateway said so now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<Action>,
        /// What the gateway calls it, where it said so now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_ref: Option<String>,
    },
    /// The gateway is moving the money.
    AttemptProcessing {
        /// Which.
        attempt: AttemptId,
    },
    /// A gateway's answer was lost.
    AttemptUnknown {
        /// Which.
        attempt: AttemptId,
        /// To which call.
        step: Step,
    },
    /// The gateway refused the attempt.
    AttemptFailed {
        /// Which.
        attempt: AttemptId,
        /// The gateway's code.
        reason: String,
    },
    /// A try to pay was turned down. Another may follow.
    AttemptDeclined {
        /// Which.
        attempt: AttemptId,
        /// The gateway's code.
        code: String,
    },
    /// The attempt can no longer be paid.
    AttemptClosed {
        /// Which.
        attempt: AttemptId,
    },
    /// Money was received for an attempt.
    AttemptPaid {
        /// Which.
        attempt: AttemptId,
        /// The gateway's own number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_no: Option<String>,
        /// When, by the gateway's clock.
        paid_at_ms: Timestamp,
    },
    /// The order was settled.
    OrderPaid {
        /// By which attempt.
        attempt: AttemptId,
    },
    /// Money arrived that could not settle the order.
    SurplusReceived {
        /// For which attempt.
        attempt: AttemptId,
        /// How much.
        amount_minor: i64,
        /// Why it could not.
        reason: SurplusReason,
    },
    /// Money is to go back, and is set aside.
    RefundRequested {
        /// Which refund.
        refund: RefundId,
        /// Whose money.
        attempt: AttemptId,
        /// How much.
        amount_minor: i64,
        /// What it takes back.
        #[serde(flatten)]
        purpose: Purpose,
        /// Why.
        reason: String,
        /// How much was used of it, as far as the platform said so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        usage: Vec<Usage>,
        /// Who set the refund policies aside, and why.
        #[serde(rename = "override", default, skip_serializing_if = "Option::is_none")]
        policy_override: Option<Override>,
    },
    /// The gateway is moving the money back.
    RefundPending {
        /// Which refund.
        refund: RefundId,
    },
    /// The buyer has the money back.
    RefundSucceeded {
        /// Which refund.
        refund: RefundId,
        /// When, by the gateway's clock.
        succeeded_at_ms: Timestamp,
        /// What it closes: the lines that are wholly with the buyer again.
        revoked: Vec<ProductId>,
    },
    /// The gateway refused to pay back.
    RefundFailed {
        /// Which refund.
        refund: RefundId,
        /// The gateway's code.
        code: String,
    },
    /// The gateway has not said for long how it ends. It is asked on.
    RefundOverdue {
        /// Which refund.
        refund: RefundId,
    },
    /// The gateway cannot go on by itself.
    RefundNeedsAttention {
        /// Which refund.
        refund: RefundId,
        /// The gateway's code.
        code: String,
        /// What has become of the money.
        money: Stranded,
    },
    /// The buyer's bank took money back.
    DisputeOpened {
        /// Which dispute.
        dispute: DisputeId,
        /// Whose money.
        attempt: AttemptId,
        /// What the gateway calls it.
        gateway_no: String,
        /// How much.
        amount_minor: i64,
        /// Why, in the gateway's words.
        reason: String,
        /// Until when it takes evidence.
        evidence_due_at_ms: Option<Timestamp>,
    },
    /// The gateway takes evidence until another time.
    DisputeUpdated {
        /// Which dispute.
        dispute: DisputeId,
        /// Until when.
        evidence_due_at_ms: Option<Timestamp>,
    },
    /// The bank decided for us.
    DisputeWon {
        /// Which dispute.
        dispute: DisputeId,
    },
    /// The bank decided for the buyer.
    DisputeLost {
        /// Which dispute.
        dispute: DisputeId,
        /// What it takes back.
        #[serde(flatten)]
        purpose: Purpose,
        /// What it closes: the lines that are wholly with the buyer again.
        revoked: Vec<ProductId>,
    },
    /// The platform was told that nobody had paid it yet.
    OrderLeftUnpaid,
    /// The deadline passed unpaid.
    OrderExpired,
    /// The buyer gave it up.
    OrderCancelled,
}

impl Event {
    /// Its name in storage.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OrderCreated { .. } => "order_created",
            Self::AttemptStarted { .. } => "attempt_started",
            Self::AttemptPending { .. } => "attempt_pending",
            Self::AttemptProcessing { .. } => "attempt_processing",
            Self::AttemptUnknown { .. } => "attempt_unknown",
            Self::AttemptFailed { .. } => "attempt_failed",
            Self::AttemptDeclined { .. } => "attempt_declined",
            Self::AttemptClosed { .. } => "attempt_closed",
            Self::AttemptPaid { .. } => "attempt_paid",
            Self::OrderPaid { .. } => "order_paid",
            Self::SurplusReceived { .. } => "surplus_received",
            Self::RefundRequested { .. } => "refund_requested",
            Self::RefundPending { .. } => "refund_pending",
            Self::RefundSucceeded { .. } => "refund_succeeded",
            Self::RefundFailed { .. } => "refund_failed",
            Self::RefundOverdue { .. } => "refund_overdue",
            Self::RefundNeedsAttention { .. } => "refund_needs_attention",
            Self::DisputeOpened { .. } => "dispute_opened",
            Self::DisputeUpdated { .. } => "dispute_updated",
            Self::DisputeWon { .. } => "dispute_won",
            Self::DisputeLost { .. } => "dispute_lost",
            Self::OrderLeftUnpaid => "order_left_unpaid",
            Self::OrderExpired => "order_expired",
            Self::OrderCancelled => "order_cancelled",
        }
    }
}

/// Why money could not settle an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurplusReason {
    /// Another attempt had paid it.
    AlreadyPaid,
    /// The buyer had given it up.
    Cancelled,
    /// The buyer owns something in it by now.
    AlreadyOwned,
}

impl SurplusReason {
    /// Its name in storage and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "already_paid",
            Self::Cancelled => "cancelled",
            Self::AlreadyOwned => "already_owned",
        }
    }

    /// Why the money goes back, as the buyer may read it at the gateway.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "订单已支付，多付款退回",
            Self::Cancelled => "订单已取消，付款退回",
            Self::AlreadyOwned => "已拥有该内容，付款退回",
        }
    }
}

/// An event at its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// 1 for the first.
    pub sequence: i64,
    /// What happened.
    pub event: Event,
    /// The stored text: exactly these bytes were hashed.
    pub body: String,
    /// The chain's hash up to and including this event.
    pub hash: [u8; 32],
}

#[derive(Serialize)]
struct Body<'a> {
    order: OrderId,
    sequence: i64,
    decision: DecisionId,
    at_ms: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

/// Puts `event` after `head`.
///
/// # Errors
/// A `serde_json` error, which no event of ours can cause.
pub(crate) fn record(
    order: OrderId,
    head: Head,
    decision: DecisionId,
    at: Timestamp,
    event: Event,
) -> Result<RecordedEvent, serde_json::Error> {
    let sequence = head.sequence.saturating_add(1);
    let body = serde_json::to_string(&Body { order, sequence, decision, at_ms: at, event: &event })?;
    let hash = chain_hash(&head.hash, body.as_bytes());
    Ok(RecordedEvent { sequence, event, body, hash })
}
