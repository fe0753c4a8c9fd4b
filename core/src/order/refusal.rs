//! Why is a command not carried out now?

use crate::api::OrderStatus;
use crate::currency::Currency;
use crate::id::{AttemptId, DisputeId, ProductId, RefundId};
use crate::ledger::LedgerError;
use crate::money::MoneyError;
use crate::order::{MAX_LINES, MAX_REFUNDS};

/// Why a command is not carried out now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The cart is empty, too long, or names a product twice.
    #[error("a cart has 1 to {MAX_LINES} different products")]
    CartMalformed,
    /// The total is more than an amount can be.
    #[error("the total is out of range")]
    TotalOutOfRange,
    /// The cart mixes currencies.
    #[error("expected {expected}, got {got}")]
    CurrencyMixed {
        /// Of the first line.
        expected: Currency,
        /// Of another line.
        got: Currency,
    },
    /// The total is not what the learner was shown.
    #[error("expected {expected_minor}, the price is {got_minor}")]
    PriceChanged {
        /// What was shown, in minor units.
        expected_minor: i64,
        /// What it is now, in minor units.
        got_minor: i64,
    },
    /// The buyer owns this already.
    #[error("{product} is owned already")]
    AlreadyOwned {
        /// Which.
        product: ProductId,
    },
    /// The order is no longer open.
    #[error("the order is {0:?}")]
    NotAwaiting(OrderStatus),
    /// Too little time is left to pay.
    #[error("the order expires at {expires_at_ms}")]
    TooLate {
        /// The order's deadline.
        expires_at_ms: i64,
    },
    /// The deadline is still ahead.
    #[error("the order expires only at {expires_at_ms}")]
    TooEarly {
        /// The order's deadline.
        expires_at_ms: i64,
    },
    /// Another attempt could still be paid: close it at its gateway first.
    #[error("attempt {0} is still live")]
    AttemptLive(AttemptId),
    /// The order has no such attempt.
    #[error("the order has no attempt {0}")]
    AttemptUnknown(AttemptId),
    /// There is nothing to give back: the order was never paid.
    #[error("the order is {0:?}")]
    NotPaid(OrderStatus),
    /// A line that is to be refunded is not one of the order.
    #[error("the order has no line {product}")]
    LineUnknown {
        /// Which.
        product: ProductId,
    },
    /// More is to go back than is left.
    #[error("from 1 to {left_minor} can be refunded, got {got_minor}")]
    RefundTooLarge {
        /// What is left, in minor units.
        left_minor: i64,
        /// What was asked for, in minor units.
        got_minor: i64,
    },
    /// All of it has gone back, or is on its way.
    #[error("nothing of it is left to refund")]
    NothingToRefund,
    /// A line's refund policy has ended.
    #[error("{product} was to be refunded until {ended_at_ms}")]
    RefundWindowOver {
        /// Which.
        product: ProductId,
        /// The first moment at which it is not refunded.
        ended_at_ms: i64,
    },
    /// More was used of a line than its refund policy takes back.
    #[error("{product} is refunded while at most {max_bps} basis points of it are used, got {got_bps}")]
    TooMuchUsed {
        /// Which.
        product: ProductId,
        /// The most, in basis points.
        max_bps: u32,
        /// What was used, in basis points.
        got_bps: u32,
    },
    /// A line's refund policy asks how much was used, and nobody says so.
    #[error("the refund policy of {product} asks how much of it was used")]
    UsageMissing {
        /// Which.
        product: ProductId,
    },
    /// What is said to be used is not one of the order's lines.
    #[error("the order has no line {product}")]
    UsageUnknown {
        /// Which.
        product: ProductId,
    },
    /// The order was refunded in as many parts as it can be.
    #[error("an order has at most {MAX_REFUNDS} refunds")]
    TooManyRefunds,
    /// The buyer's bank has taken the money back for now: a refund would be the second.
    #[error("dispute {0} is open")]
    DisputeOpen(DisputeId),
    /// The order has no such dispute.
    #[error("the order has no dispute {0}")]
    DisputeUnknown(DisputeId),
    /// The order has no such refund.
    #[error("the order has no refund {0}")]
    RefundUnknown(RefundId),
    /// We are wrong: what should always hold does not.
    #[error("invariant broken: {0}")]
    Invariant(String),
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        Self::Invariant(error.to_string())
    }
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        Self::Invariant(error.to_string())
    }
}
