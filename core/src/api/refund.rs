//! Which wire types speak of giving money back?

use serde::{Deserialize, Deserializer, Serialize};

use super::{CreateLine, amount_minor};
use crate::currency::Currency;

/// Until when a product is refunded, and up to which use. A limit that is not there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundPolicy {
    /// For so many days after its payment, of 24 hours each; 0 is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_days: Option<u32>,
    /// While no more of it than this was used, in basis points (10000 = all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_used_bps: Option<u32>,
}

/// `POST /v1/orders/{id}/refunds`: one of `lines`, `amount_minor` and `attempt`, or all that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRefund {
    /// What is left of these lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<CreateLine>>,
    /// This much, from every line in proportion to what is left of it. In minor units, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_amount_minor")]
    pub amount_minor: Option<i64>,
    /// Of the amount: the order's own, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The surplus of this attempt, whose return has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// Why. The buyer may read it at the gateway.
    pub reason: String,
    /// How much was used of what it touches, for policies that limit that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<Usage>,
    /// Refunds whatever the policies say.
    #[serde(rename = "override", default, skip_serializing_if = "Option::is_none")]
    pub policy_override: Option<PolicyOverride>,
}

/// How much of a product its buyer has used, as the platform knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// The platform's product id.
    pub product: String,
    /// In basis points (10000 = all).
    pub used_bps: u32,
}

/// Who set the refund policies aside, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyOverride {
    /// The platform's id of the operator.
    pub by: String,
    /// Why. It stays in the history of the order.
    pub reason: String,
}

fn some_amount_minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    amount_minor(deserializer).map(Some)
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStage {
    /// Committed here; the gateway has not said that it knows it.
    Requested,
    /// The gateway is moving the money.
    Pending,
    /// The buyer has the money.
    Succeeded,
    /// The gateway refused it; no money moved.
    Failed,
    /// The gateway cannot go on by itself: somebody must look.
    NeedsAttention,
}

/// Where the money of a refund is that needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stranded {
    /// Still with us: it was never paid out.
    Kept,
    /// With us again: it was paid out and came back.
    TakenBack,
    /// With the buyer, after the gateway had said that it would not pay.
    PaidAfterFailure,
}

/// What a refund takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundPurpose {
    /// A part of the sale, or all of it.
    Sale,
    /// Money that could not settle anything.
    Surplus,
}

/// What a refund takes back of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLineView {
    /// The platform's product id.
    pub product: String,
    /// How much of it, in minor units.
    pub amount_minor: i64,
}

/// A refund as the platform sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundView {
    /// Ours; also its number at the gateway.
    pub id: String,
    /// Of which order.
    pub order: String,
    /// Whose money it gives back.
    pub attempt: String,
    /// Where it stands.
    pub status: RefundStage,
    /// What it takes back.
    pub purpose: RefundPurpose,
    /// Of all amounts in it.
    pub currency: Currency,
    /// How much.
    pub amount_minor: i64,
    /// How much of which line; none where it gives back surplus.
    pub lines: Vec<RefundLineView>,
    /// Why.
    pub reason: String,
    /// Who set the refund policies aside for it, and why.
    #[serde(rename = "override", default, skip_serializing_if = "Option::is_none")]
    pub policy_override: Option<PolicyOverride>,
    /// The gateway's code, where it failed or needs attention, or where it is not done yet for a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_code: Option<String>,
    /// Where its money is, where it needs attention: what is to be done hangs on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Stranded>,
    /// When it was asked for.
    pub created_at_ms: i64,
    /// When the buyer had the money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at_ms: Option<i64>,
}
