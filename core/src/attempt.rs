//! What may happen to one try to pay?
//!
//! ```text
//! Created → Pending → (Processing) → Paid | Closed | Failed
//!    └──────────┴── Unknown { Create | Close }
//! ```
//!
//! Paid can be reached from every state and is left by none: money received is never ignored. Unknown is
//! a state of its own: the gateway's answer was lost, and it is asked or told again under the same number.
//!
#![doc = include_str!("../docs/attempt.md")]

use serde::{Deserialize, Serialize};

use crate::api::{Action, AttemptStatus, AttemptView, FailureReason};
use crate::id::AttemptId;
use crate::method::{Channel, Method};
use crate::money::Money;
use crate::time::Timestamp;

/// One try to pay an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Also its merchant number.
    pub id: AttemptId,
    /// With what.
    pub method: Method,
    /// In which way.
    pub channel: Channel,
    /// How much.
    pub amount: Money,
    /// Everything else the gateway is told, frozen before it is called.
    pub terms: Terms,
    /// When it began.
    pub created_at: Timestamp,
    /// Until when the gateway may take the money; never after its order's deadline.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: AttemptState,
    /// What the page does next, once the gateway has said it.
    pub action: Option<Action>,
    /// What the gateway calls it before it is paid, where it must be asked by that name.
    pub gateway_ref: Option<String>,
    /// Why it was not paid: what a try was declined for, or what ended it.
    pub failure: Option<FailureReason>,
}

/// What the gateway is told besides number, amount and deadline. A repeat sends the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the learner reads at the gateway.
    pub subject: String,
    /// Where it reports to.
    pub notify_url: String,
    /// Where it sends the browser afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// The gateway's name for the contracted product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_code: Option<String>,
}

/// The call whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Making it payable.
    Create,
    /// Closing it.
    Close,
}

/// Where an attempt stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// Committed; the gateway has not answered yet.
    Created,
    /// The gateway waits for the learner.
    Pending,
    /// The gateway is moving the money.
    Processing,
    /// The answer to this call was lost.
    Unknown(Step),
    /// Money received.
    Paid(Capture),
    /// Can no longer be paid, as far as the gateway says.
    Closed,
    /// Refused by the gateway, with its own code.
    Failed {
        /// The gateway's code.
        reason: String,
    },
}

/// Money received for an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The gateway's own number; none for the wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_no: Option<String>,
    /// When, by the gateway's clock where it says so.
    pub at: Timestamp,
    /// Whether it settled the order; otherwise it is surplus.
    pub settled: bool,
}

impl AttemptState {
    /// The code of this state in the API and in storage.
    #[must_use]
    pub const fn status(&self) -> AttemptStatus {
        match self {
            Self::Created => AttemptStatus::Created,
            Self::Pending => AttemptStatus::Pending,
            Self::Processing => AttemptStatus::Processing,
            Self::Unknown(_) => AttemptStatus::Unknown,
            Self::Paid(_) => AttemptStatus::Paid,
            Self::Closed => AttemptStatus::Closed,
            Self::Failed { .. } => AttemptStatus::Failed,
        }
    }

    /// Whether the learner could still pay it, so that it must be closed before anything replaces it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        match self {
            Self::Created | Self::Pending | Self::Processing | Self::Unknown(_) => true,
            Self::Paid(_) | Self::Closed | Self::Failed { .. } => false,
        }
    }
}

impl Attempt {
    /// As its buyer sees it. The action is shown only while it can still be followed.
    #[must_use]
    pub fn view(&self) -> AttemptView {
        let action = match (&self.action, self.state.is_live()) {
            (Some(action), true) => action.clone(),
            (_, false) | (None, true) => Action::None,
        };
        AttemptView {
            id: self.id.to_string(),
            status: self.state.status(),
            method: self.method,
            channel: self.channel,
            merchant_no: self.id.to_string(),
            action,
            failure: self.failure.filter(|_| !matches!(self.state, AttemptState::Paid(_))),
        }
    }
}
