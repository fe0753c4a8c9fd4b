//! What is a balanced entry?
//!
//! An entry is a set of legs whose debits equal its credits in every currency. It can only be made by
//! [`Entry::balanced`], is never changed, and is corrected only by another entry. Storage says so once more
//! with triggers, for entries written by hand.

pub mod chart;
pub mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::id::{EntryId, OrderId};
use crate::money::{Money, MoneyError};
use crate::time::Timestamp;
use chart::Account;

/// One of the two sides of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left: assets and expenses grow here.
    Debit,
    /// Right: liabilities and income grow here.
    Credit,
}

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which account.
    pub account: Account,
    /// Which side of it.
    pub side: Side,
    /// How much; never zero.
    pub amount: Money,
}

/// What kind of money event an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An order was paid.
    Sale,
    /// Money arrived that could not settle.
    Surplus,
    /// Money was set aside to go back.
    RefundRequested,
    /// Money set aside went back.
    RefundSucceeded,
    /// Money set aside went where it had been.
    RefundFailed,
    /// Money that had gone back came again.
    RefundTakenBack,
    /// Money went back that was not to.
    RefundPaidAfterFailure,
    /// A buyer's bank took money back.
    DisputeOpened,
    /// It was given to us.
    DisputeWon,
    /// It was given to the buyer.
    DisputeLost,
    /// The platform credited a wallet.
    WalletCredit,
}

impl EntryKind {
    /// Its name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Surplus => "surplus",
            Self::RefundRequested => "refund_requested",
            Self::RefundSucceeded => "refund_succeeded",
            Self::RefundFailed => "refund_failed",
            Self::RefundTakenBack => "refund_taken_back",
            Self::RefundPaidAfterFailure => "refund_paid_after_failure",
            Self::DisputeOpened => "dispute_opened",
            Self::DisputeWon => "dispute_won",
            Self::DisputeLost => "dispute_lost",
            Self::WalletCredit => "wallet_credit",
        }
    }
}

/// A balanced, immutable set of legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: EntryId,
    kind: EntryKind,
    cause: String,
    order: Option<OrderId>,
    at: Timestamp,
    legs: Vec<Leg>,
}

/// Why legs are no entry. Each is a fault of ours, never of a caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// There is nothing in it.
    #[error("an entry needs two legs, got {got}")]
    TooFewLegs {
        /// How many were left after dropping zero amounts.
        got: usize,
    },
    /// The sides differ.
    #[error("{currency} debits {debits} differ from credits {credits}")]
    Unbalanced {
        /// In which currency.
        currency: Currency,
        /// Sum of the debits, in minor units.
        debits: i64,
        /// Sum of the credits, in minor units.
        credits: i64,
    },
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Entry {
    /// Makes the entry out of `legs`: drops zero legs, adds up legs of one account and side, and refuses
    /// what does not balance. `cause` names the one thing that happened (`capture:…`, `credit:…`); storage
    /// takes each cause once, so nothing can be booked twice.
    ///
    /// # Errors
    /// [`LedgerError`], naming the currency that does not balance.
    pub fn balanced(
        id: EntryId,
        kind: EntryKind,
        cause: String,
        order: Option<OrderId>,
        at: Timestamp,
        legs: Vec<Leg>,
    ) -> Result<Self, LedgerError> {
        let mut merged: Vec<Leg> = Vec::with_capacity(legs.len());
        for leg in legs.into_iter().filter(|leg| !leg.amount.is_zero()) {
            let same = merged.iter_mut().find(|known| {
                known.account == leg.account
                    && known.side == leg.side
                    && known.amount.currency() == leg.amount.currency()
            });
            match same {
                Some(known) => known.amount = known.amount.plus(leg.amount)?,
                None => merged.push(leg),
            }
        }
        if merged.len() < 2 {
            return Err(LedgerError::TooFewLegs { got: merged.len() });
        }
        let mut sums: BTreeMap<Currency, (Money, Money)> = BTreeMap::new();
        for leg in &merged {
            let currency = leg.amount.currency();
            let zero = Money::zero(currency);
            let (debits, credits) = sums.entry(currency).or_insert((zero, zero));
            match leg.side {
                Side::Debit => *debits = debits.plus(leg.amount)?,
                Side::Credit => *credits = credits.plus(leg.amount)?,
            }
        }
        for (currency, (debits, credits)) in sums {
            if debits != credits {
                return Err(LedgerError::Unbalanced {
                    currency,
                    debits: debits.minor(),
                    credits: credits.minor(),
                });
            }
        }
        Ok(Self { id, kind, cause, order, at, legs: merged })
    }

    /// Ours.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// What kind of money event it records.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// The one thing that happened.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The order it belongs to, if any.
    #[must_use]
    pub const fn order(&self) -> Option<OrderId> {
        self.order
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Its legs, at most one per account, side and currency.
    #[must_use]
    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }
}
