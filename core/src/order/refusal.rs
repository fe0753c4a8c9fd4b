//! Why is a command not carried out now?

use crate::api::OrderStatus;
use crate::currency::Currency;
use crate::id::{AttemptId, ProductId};
use crate::ledger::LedgerError;
use crate::money::MoneyError;
use crate::order::MAX_LINES;

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
