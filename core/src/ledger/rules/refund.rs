//! What does money on its way back post?

use crate::id::{EntryId, OrderId};
use crate::ledger::chart::Account;
use crate::ledger::rules::{Source, credit, debit, taking};
use crate::ledger::{Entry, EntryKind, LedgerError, Leg};
use crate::money::Money;
use crate::order::Line;
use crate::planted::{self, Bug};
use crate::refund::Refund;
use crate::time::Timestamp;

/// The refund that is booked, and where.
pub struct Booking<'a> {
    /// The entry's own id.
    pub id: EntryId,
    /// Of which order.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// Which.
    pub refund: &'a Refund,
}

impl Booking<'_> {
    /// It was asked for: creators and platform, or the surplus, give what it takes.
    ///
    /// # Errors
    /// [`LedgerError`] when its parts do not sum to it, which would be our own mistake.
    pub fn requested(self, lines: &[Line]) -> Result<Entry, LedgerError> {
        let mut legs = self.taken(lines, debit, credit)?;
        if planted::has(Bug::ShareFreeWhileRefundPending) {
            legs = vec![debit(Account::PlatformFees, self.refund.amount)];
        }
        legs.push(credit(Account::RefundsReserved, self.refund.amount));
        self.entry(EntryKind::RefundRequested, "requested", legs)
    }

    /// It failed: what was given is given back, to the unit.
    ///
    /// # Errors
    /// As [`Booking::requested`].
    pub fn failed(self, lines: &[Line]) -> Result<Entry, LedgerError> {
        let mut legs = self.taken(lines, credit, debit)?;
        legs.push(debit(Account::RefundsReserved, self.refund.amount));
        self.entry(EntryKind::RefundFailed, "failed", legs)
    }

    /// The buyer has it, out of `source`.
    ///
    /// # Errors
    /// [`LedgerError`] for an amount of zero.
    pub fn succeeded(self, source: Source) -> Result<Entry, LedgerError> {
        let amount = self.refund.amount;
        let legs = vec![debit(Account::RefundsReserved, amount), credit(source.account(), amount)];
        self.entry(EntryKind::RefundSucceeded, "succeeded", legs)
    }

    /// `source` has it again: it waits for somebody.
    ///
    /// # Errors
    /// [`LedgerError`] for an amount of zero.
    pub fn taken_back(self, source: Source) -> Result<Entry, LedgerError> {
        let amount = self.refund.amount;
        let legs = vec![debit(source.account(), amount), credit(Account::RefundsReserved, amount)];
        self.entry(EntryKind::RefundTakenBack, "taken_back", legs)
    }

    /// The buyer has it although it had failed, and nothing was reserved any more: `suspense` says what is
    /// missing.
    ///
    /// # Errors
    /// [`LedgerError`] for an amount of zero.
    pub fn paid_after_failure(self, source: Source) -> Result<Entry, LedgerError> {
        let amount = self.refund.amount;
        let legs = vec![debit(Account::Suspense, amount), credit(source.account(), amount)];
        self.entry(EntryKind::RefundPaidAfterFailure, "paid_after_failure", legs)
    }

    /// Legs for what each account gives, on the side that `giving` makes.
    fn taken(
        &self,
        lines: &[Line],
        giving: fn(Account, Money) -> Leg,
        taking: fn(Account, Money) -> Leg,
    ) -> Result<Vec<Leg>, LedgerError> {
        let amount = self.refund.amount;
        taking::legs(taking::parts(&self.refund.purpose, amount, lines)?, amount, giving, taking)
    }

    fn entry(self, kind: EntryKind, step: &str, legs: Vec<Leg>) -> Result<Entry, LedgerError> {
        let cause = format!("refund:{}:{step}", self.refund.id);
        Entry::balanced(self.id, kind, cause, Some(self.order), self.at, legs)
    }
}
