//! Who gives how much, when money of a sale goes back to its buyer?

use std::collections::BTreeMap;

use crate::ledger::chart::Account;
use crate::ledger::{LedgerError, Leg};
use crate::money::{Money, MoneyError};
use crate::order::Line;
use crate::refund::{Purpose, RefundedLine};

/// How much each account gives of `amount`, in minor units.
pub(super) type Parts = BTreeMap<Account, i64>;

/// Adds `minor` to what `account` gives.
pub(super) fn add(parts: &mut Parts, account: Account, minor: i64) -> Result<(), LedgerError> {
    let part = parts.entry(account).or_default();
    *part = part.checked_add(minor).ok_or(MoneyError::OutOfRange { got: minor })?;
    Ok(())
}

/// Who gives what `purpose` takes back of an order of `lines`; `suspense` where it is surplus of `amount`.
pub(super) fn parts(purpose: &Purpose, amount: Money, lines: &[Line]) -> Result<Parts, LedgerError> {
    let Purpose::Sale(taken) = purpose else { return Ok([(Account::Suspense, amount.minor())].into()) };
    let mut parts = Parts::new();
    for line in taken {
        let rest = add_shares(&mut parts, line, lines)?;
        add(&mut parts, Account::PlatformFees, rest)?;
    }
    Ok(parts)
}

/// Adds what the creators give for a line, and gives the rest.
fn add_shares(parts: &mut Parts, taken: &RefundedLine, lines: &[Line]) -> Result<i64, LedgerError> {
    let mut rest = taken.amount_minor;
    let shares = lines.iter().filter(|sold| sold.product == taken.product).flat_map(|sold| &sold.shares);
    for (share, minor) in shares.zip(&taken.shares_minor) {
        rest = rest.checked_sub(*minor).ok_or(MoneyError::OutOfRange { got: *minor })?;
        add(parts, Account::CreatorPending(share.creator.clone()), *minor)?;
    }
    Ok(rest)
}

/// Legs for what each account gives, on the side that `giving` makes. An account that gives less than nothing, by
/// a rounding, is on the other side.
pub(super) fn legs(
    parts: Parts,
    like: Money,
    giving: fn(Account, Money) -> Leg,
    taking: fn(Account, Money) -> Leg,
) -> Result<Vec<Leg>, LedgerError> {
    let mut legs = Vec::new();
    for (account, minor) in parts {
        let amount = Money::new(minor.abs(), like.currency())?;
        legs.push(if minor < 0 { taking(account, amount) } else { giving(account, amount) });
    }
    Ok(legs)
}
