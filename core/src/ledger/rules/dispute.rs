//! What does money that a bank takes back post?

use crate::dispute::Dispute;
use crate::id::{EntryId, OrderId};
use crate::ledger::chart::Account;
use crate::ledger::rules::{credit, debit, taking};
use crate::ledger::{Entry, EntryKind, LedgerError, Leg};
use crate::method::GatewayId;
use crate::money::MoneyError;
use crate::order::Line;
use crate::refund::Purpose;
use crate::time::Timestamp;

/// The dispute that is booked, and where.
pub struct DisputeBooking<'a> {
    /// The entry's own id.
    pub id: EntryId,
    /// Of which order.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// At which gateway.
    pub gateway: GatewayId,
    /// Which.
    pub dispute: &'a Dispute,
}

impl DisputeBooking<'_> {
    /// The gateway has withdrawn it.
    ///
    /// # Errors
    /// [`LedgerError`] for an amount of zero.
    pub fn opened(self) -> Result<Entry, LedgerError> {
        let amount = self.dispute.amount;
        let legs = vec![
            debit(Account::GatewayDisputed(self.gateway), amount),
            credit(Account::GatewayClearing(self.gateway), amount),
        ];
        self.entry(EntryKind::DisputeOpened, "opened", legs)
    }

    /// The gateway has returned it.
    ///
    /// # Errors
    /// [`LedgerError`] for an amount of zero.
    pub fn won(self) -> Result<Entry, LedgerError> {
        let amount = self.dispute.amount;
        let legs = vec![
            debit(Account::GatewayClearing(self.gateway), amount),
            credit(Account::GatewayDisputed(self.gateway), amount),
        ];
        self.entry(EntryKind::DisputeWon, "won", legs)
    }

    /// It is the buyer's: those who had earned it give it, and the platform what nobody has any more.
    ///
    /// # Errors
    /// [`LedgerError`] when more is taken than is disputed, which would be our own mistake.
    pub fn lost(self, takes: &Purpose, lines: &[Line]) -> Result<Entry, LedgerError> {
        let amount = self.dispute.amount;
        let mut parts = taking::parts(takes, amount, lines)?;
        let mut rest = amount.minor();
        for minor in parts.values() {
            rest = rest.checked_sub(*minor).ok_or(MoneyError::OutOfRange { got: *minor })?;
        }
        taking::add(&mut parts, Account::PlatformFees, rest)?;
        let mut legs = taking::legs(parts, amount, debit, credit)?;
        legs.push(credit(Account::GatewayDisputed(self.gateway), amount));
        self.entry(EntryKind::DisputeLost, "lost", legs)
    }

    fn entry(self, kind: EntryKind, step: &str, legs: Vec<Leg>) -> Result<Entry, LedgerError> {
        let cause = format!("dispute:{}:{step}", self.dispute.id);
        Entry::balanced(self.id, kind, cause, Some(self.order), self.at, legs)
    }
}
