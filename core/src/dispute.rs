//! What may happen to money that a buyer's bank takes back?
//!
//! ```text
//! Open → Won | Lost
//! ```
//!
//! The gateway withdraws the amount when a dispute opens, and returns it if we win. Until then it is neither ours
//! nor lost, and nothing of that payment is refunded: the buyer would have it twice. The gateway's events tell of each
//! step, and an open dispute is asked about besides: what is heard is one [`DisputeReport`] either way.
//!
#![doc = include_str!("../docs/dispute.md")]

use serde::{Deserialize, Serialize};

use crate::api::{DisputeStatus, DisputeView};
use crate::id::{AttemptId, DisputeId, OrderId};
use crate::money::Money;
use crate::refund::{Purpose, RefundedLine};
use crate::time::Timestamp;

/// Money that a buyer's bank takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Ours.
    pub id: DisputeId,
    /// Whose money.
    pub attempt: AttemptId,
    /// What the gateway calls it.
    pub gateway_no: String,
    /// How much.
    pub amount: Money,
    /// Why, in the gateway's words.
    pub reason: String,
    /// When we heard of it.
    pub opened_at: Timestamp,
    /// Until when the gateway takes evidence, where it says so.
    pub evidence_due_at: Option<Timestamp>,
    /// Where it stands.
    pub state: DisputeState,
}

/// Where a dispute stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputeState {
    /// The money is withdrawn; the bank has not decided.
    Open,
    /// The money is with us again.
    Won {
        /// When we heard of it.
        at: Timestamp,
    },
    /// The money is the buyer's.
    Lost {
        /// When we heard of it.
        at: Timestamp,
        /// What it takes back.
        takes: Purpose,
    },
}

/// What a gateway was heard to say about a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeReport {
    /// What it calls the dispute.
    pub gateway_no: String,
    /// How much is disputed.
    pub amount: Money,
    /// Why, in its words.
    pub reason: String,
    /// Until when it takes evidence, where it says so.
    pub evidence_due_at: Option<Timestamp>,
    /// Where it stands there.
    pub news: DisputeNews,
}

/// Where a dispute stands at its gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeNews {
    /// Not decided.
    Open,
    /// For us.
    Won,
    /// For the buyer.
    Lost,
}

impl Dispute {
    /// What it has taken back of the sale, by line, once it is lost.
    #[must_use]
    pub fn lines(&self) -> &[RefundedLine] {
        match &self.state {
            DisputeState::Lost { takes: Purpose::Sale(lines), .. } => lines,
            DisputeState::Lost { takes: Purpose::Surplus, .. }
            | DisputeState::Open
            | DisputeState::Won { .. } => &[],
        }
    }

    /// As the platform sees it.
    #[must_use]
    pub fn view(&self, order: OrderId) -> DisputeView {
        let (status, closed_at_ms) = match &self.state {
            DisputeState::Open => (DisputeStatus::Open, None),
            DisputeState::Won { at } => (DisputeStatus::Won, Some(at.ms())),
            DisputeState::Lost { at, .. } => (DisputeStatus::Lost, Some(at.ms())),
        };
        DisputeView {
            id: self.id.to_string(),
            order: order.to_string(),
            attempt: self.attempt.to_string(),
            gateway_no: self.gateway_no.clone(),
            status,
            currency: self.amount.currency(),
            amount_minor: self.amount.minor(),
            reason: self.reason.clone(),
            evidence_due_at_ms: self.evidence_due_at.map(Timestamp::ms),
            opened_at_ms: self.opened_at.ms(),
            closed_at_ms,
        }
    }
}
