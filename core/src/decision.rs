//! What does core hand back? Everything a decision changes, to be committed together or not at all.

use crate::entitlement::Grant;
use crate::id::{AttemptId, DecisionId, DisputeId, MessageId, OrderId, ProductId, RefundId};
use crate::ledger::Entry;
use crate::order::Order;
use crate::order::event::RecordedEvent;
use crate::time::Timestamp;

/// What one decision about one order changes. With no event in it, nothing changes at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Names the batch, so that a commit whose reply was lost can be found again.
    pub id: DecisionId,
    /// When it was taken.
    pub at: Timestamp,
    /// The order as it is afterwards.
    pub order: Order,
    /// Whether the order did not exist before.
    pub is_new_order: bool,
    /// What happened, in order; appended to the order's chain.
    pub events: Vec<RecordedEvent>,
    /// The attempts that changed, and whether each is new.
    pub attempts: Vec<ChangedAttempt>,
    /// The refunds that changed, and whether each is new.
    pub refunds: Vec<ChangedRefund>,
    /// The disputes that changed, and whether each is new.
    pub disputes: Vec<ChangedDispute>,
    /// What is booked.
    pub entries: Vec<Entry>,
    /// What is opened.
    pub grants: Vec<Grant>,
    /// What the order had opened and does no longer.
    pub revoked: Vec<ProductId>,
    /// Who is told.
    pub messages: Vec<Message>,
}

/// An attempt touched by a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedAttempt {
    /// Which.
    pub id: AttemptId,
    /// Whether it did not exist before.
    pub is_new: bool,
}

/// A refund touched by a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedRefund {
    /// Which.
    pub id: RefundId,
    /// Whether it did not exist before.
    pub is_new: bool,
}

/// A dispute touched by a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedDispute {
    /// Which.
    pub id: DisputeId,
    /// Whether it did not exist before.
    pub is_new: bool,
}

/// Something the platform is told, through the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Ours; the receiver recognises a repeat by it.
    pub id: MessageId,
    /// What it says.
    pub kind: MessageKind,
    /// About which order.
    pub order: OrderId,
    /// About what of it.
    pub about: Subject,
    /// As of which event of that order; a receiver drops what is older than what it knows.
    pub sequence: i64,
}

/// What of an order a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Its payment.
    Payment,
    /// A refund.
    Refund(RefundId),
    /// A dispute.
    Dispute(DisputeId),
}

/// What an outbox message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// `order.paid`
    OrderPaid,
    /// `order.unpaid`
    OrderUnpaid,
    /// `surplus.received`
    SurplusReceived,
    /// `refund.succeeded`
    RefundSucceeded,
    /// `refund.failed`
    RefundFailed,
    /// `refund.overdue`
    RefundOverdue,
    /// `refund.needs_attention`
    RefundNeedsAttention,
    /// `dispute.opened`
    DisputeOpened,
    /// `dispute.updated`
    DisputeUpdated,
    /// `dispute.won`
    DisputeWon,
    /// `dispute.lost`
    DisputeLost,
}

impl MessageKind {
    /// The event type of the webhook.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderPaid => "order.paid",
            Self::OrderUnpaid => "order.unpaid",
            Self::SurplusReceived => "surplus.received",
            Self::RefundSucceeded => "refund.succeeded",
            Self::RefundFailed => "refund.failed",
            Self::RefundOverdue => "refund.overdue",
            Self::RefundNeedsAttention => "refund.needs_attention",
            Self::DisputeOpened => "dispute.opened",
            Self::DisputeUpdated => "dispute.updated",
            Self::DisputeWon => "dispute.won",
            Self::DisputeLost => "dispute.lost",
        }
    }
}

impl Decision {
    /// Whether there is anything to commit.
    #[must_use]
    pub fn is_no_op(&self) -> bool {
        self.events.is_empty()
    }
}
