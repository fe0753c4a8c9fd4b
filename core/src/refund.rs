//! What may happen to money on its way back?
//!
//! ```text
//! Requested → Pending → Succeeded | Failed | NeedsAttention
//!                       Succeeded → NeedsAttention, when a gateway takes back what it had paid
//! ```
//!
//! A refund gives back money of one attempt: of the sale it settled, or all of it where it was surplus. Its
//! number is made once and is the gateway's name for it. One whose request went unanswered stays Requested:
//! it is asked about, and repeated under the same number. Failed is the gateway's own no and nothing else.
//!
#![doc = include_str!("../docs/refund.md")]

use serde::{Deserialize, Serialize};

pub use crate::api::Stranded;
use crate::api::{PolicyOverride, RefundLineView, RefundPurpose, RefundStage, RefundView};
use crate::id::{AttemptId, OperatorId, OrderId, ProductId, RefundId};
use crate::money::Money;
use crate::time::Timestamp;

/// How long a refund may be on its way before the platform is told that it takes long.
pub const REFUND_PATIENCE_MS: i64 = 48 * 60 * 60 * 1_000;

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Also its number at the gateway.
    pub id: RefundId,
    /// Whose money it gives back.
    pub attempt: AttemptId,
    /// How much.
    pub amount: Money,
    /// What it takes back.
    pub purpose: Purpose,
    /// Why, as the buyer may read it at the gateway.
    pub reason: String,
    /// Who set the refund policies aside for it.
    pub policy_override: Option<Override>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: RefundState,
    /// What the gateway calls it, where it has said so.
    pub gateway_no: Option<String>,
    /// What the gateway last said that settled nothing, while it is open: why it is not done yet.
    pub last_code: Option<String>,
    /// Whether the platform was told that it takes long.
    pub is_overdue: bool,
}

/// What a refund takes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", content = "lines", rename_all = "snake_case")]
pub enum Purpose {
    /// A part of the sale, or all of it.
    Sale(Vec<RefundedLine>),
    /// Money that could not settle anything.
    Surplus,
}

/// What a refund is judged by, where its lines have a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    /// How much was used, as far as the platform says.
    pub usage: Vec<Usage>,
    /// Whoever sets the policies aside.
    pub policy_override: Option<Override>,
}

/// How much of a product its buyer has used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Of which line.
    pub product: ProductId,
    /// In basis points (10000 = all).
    pub used_bps: u32,
}

/// An operator's word that a refund is made whatever the policies say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Whose.
    pub by: OperatorId,
    /// Why. It stays in the history of the order.
    pub reason: String,
}

/// What a refund takes back of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    /// Which line.
    pub product: ProductId,
    /// How much of it.
    pub amount_minor: i64,
    /// How much of that each of the line's shares gives back, in their order; the platform gives the rest.
    /// Below zero by a few units, at most, where an earlier refund failed that had rounded the other way.
    pub shares_minor: Vec<i64>,
}

/// Where a refund stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Committed; the gateway has not said that it knows it.
    Requested,
    /// The gateway is moving the money.
    Pending,
    /// The buyer has the money.
    Succeeded {
        /// When, by the gateway's clock where it says so.
        at: Timestamp,
    },
    /// The gateway refused it; no money moved.
    Failed {
        /// The gateway's code.
        code: String,
    },
    /// The gateway cannot go on by itself: somebody must look.
    NeedsAttention {
        /// The gateway's code.
        code: String,
        /// What has become of the money.
        money: Stranded,
    },
}

/// What a gateway was heard to say about a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundReport {
    /// What it calls the refund, where it says so.
    pub gateway_no: Option<String>,
    /// Where it stands there.
    pub news: RefundNews,
}

/// Where a refund stands at its gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundNews {
    /// On its way.
    Pending,
    /// With the buyer.
    Done {
        /// When, by the gateway's clock where it says so.
        at: Timestamp,
    },
    /// Refused: no money moved, or what had moved came back.
    Failed {
        /// The gateway's code.
        code: String,
    },
    /// Stuck.
    Stuck {
        /// The gateway's code.
        code: String,
    },
}

impl RefundState {
    /// The code of this state in the API and in storage.
    #[must_use]
    pub const fn stage(&self) -> RefundStage {
        match self {
            Self::Requested => RefundStage::Requested,
            Self::Pending => RefundStage::Pending,
            Self::Succeeded { .. } => RefundStage::Succeeded,
            Self::Failed { .. } => RefundStage::Failed,
            Self::NeedsAttention { .. } => RefundStage::NeedsAttention,
        }
    }

    /// Whether its money counts as given back, or about to be: what has failed can be asked for again.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }

    /// Whether creators and platform have given their parts of it. What was paid after it had failed is missing
    /// from `suspense` instead.
    #[must_use]
    pub const fn is_borne_by_the_sale(&self) -> bool {
        !matches!(self, Self::Failed { .. } | Self::NeedsAttention { money: Stranded::PaidAfterFailure, .. })
    }

    /// Whether `news` takes an end back, which an old notice seems to do as well.
    #[must_use]
    pub const fn is_contradicted_by(&self, news: &RefundNews) -> bool {
        matches!(
            (self, news),
            (Self::Failed { .. }, RefundNews::Done { .. })
                | (Self::Succeeded { .. }, RefundNews::Failed { .. } | RefundNews::Stuck { .. })
        )
    }

    /// Whether its gateway still has to say how it ends.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Requested | Self::Pending | Self::NeedsAttention { money: Stranded::Kept, .. })
    }
}

impl Purpose {
    /// The code of it in the API.
    #[must_use]
    pub const fn kind(&self) -> RefundPurpose {
        match self {
            Self::Sale(_) => RefundPurpose::Sale,
            Self::Surplus => RefundPurpose::Surplus,
        }
    }
}

impl Refund {
    /// What it takes back of the sale, by line; nothing where it gives back surplus.
    #[must_use]
    pub fn lines(&self) -> &[RefundedLine] {
        match &self.purpose {
            Purpose::Sale(lines) => lines,
            Purpose::Surplus => &[],
        }
    }

    /// How much it takes back of the line of `product`, in minor units.
    #[must_use]
    pub fn of_line(&self, product: &ProductId) -> i64 {
        let line = self.lines().iter().find(|line| line.product == *product);
        line.map_or(0, |line| line.amount_minor)
    }

    /// As the platform sees it.
    #[must_use]
    pub fn view(&self, order: OrderId) -> RefundView {
        let (code, succeeded_at_ms) = match &self.state {
            RefundState::Requested | RefundState::Pending => (self.last_code.clone(), None),
            RefundState::Succeeded { at } => (None, Some(at.ms())),
            RefundState::Failed { code } | RefundState::NeedsAttention { code, .. } => {
                (Some(code.clone()), None)
            }
        };
        let money = match &self.state {
            RefundState::NeedsAttention { money, .. } => Some(*money),
            RefundState::Requested
            | RefundState::Pending
            | RefundState::Succeeded { .. }
            | RefundState::Failed { .. } => None,
        };
        RefundView {
            id: self.id.to_string(),
            order: order.to_string(),
            attempt: self.attempt.to_string(),
            status: self.state.stage(),
            purpose: self.purpose.kind(),
            currency: self.amount.currency(),
            amount_minor: self.amount.minor(),
            lines: self
                .lines()
                .iter()
                .map(|line| RefundLineView {
                    product: line.product.to_string(),
                    amount_minor: line.amount_minor,
                })
                .collect(),
            reason: self.reason.clone(),
            policy_override: self.policy_override.as_ref().map(|set_aside| PolicyOverride {
                by: set_aside.by.to_string(),
                reason: set_aside.reason.clone(),
            }),
            gateway_code: code,
            money,
            created_at_ms: self.created_at.ms(),
            succeeded_at_ms,
        }
    }
}
