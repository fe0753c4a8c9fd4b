//! Which entry does each money event post? One table.
//!
//! | event | debit | credit |
//! |---|---|---|
//! | order paid through a gateway | `gateway:{g}:clearing` | `creator:{id}:pending` per share, `platform:fees` the rest |
//! | order paid from the wallet | `wallet:{user}` | the same |
//! | money that cannot settle | `gateway:{g}:clearing` | `suspense` |
//! | credit to a wallet | `platform:wallet_grants` | `wallet:{user}` |
//! | refund of a sale asked for | `creator:{id}:pending` per share, `platform:fees` the rest | `refunds:reserved` |
//! | return of surplus asked for | `suspense` | `refunds:reserved` |
//! | refund failed | `refunds:reserved` | where it came from |
//! | refund succeeded | `refunds:reserved` | `gateway:{g}:clearing` or `wallet:{user}` |
//! | refund taken back after that | `gateway:{g}:clearing` | `refunds:reserved` |
//! | refund paid although it had failed | `suspense` | `gateway:{g}:clearing` |
//! | dispute opened | `gateway:{g}:disputed` | `gateway:{g}:clearing` |
//! | dispute won | `gateway:{g}:clearing` | `gateway:{g}:disputed` |
//! | dispute lost | as a refund, `platform:fees` what was refunded before | `gateway:{g}:disputed` |

mod dispute;
mod refund;
mod taking;

pub use dispute::DisputeBooking;
pub use refund::Booking;

use crate::id::{CreditId, EntryId, OrderId, UserId};
use crate::ledger::chart::Account;
use crate::ledger::{Entry, EntryKind, LedgerError, Leg, Side};
use crate::method::GatewayId;
use crate::money::Money;
use crate::order::Line;
use crate::planted::{self, Bug};
use crate::time::Timestamp;

/// Where the money of a sale comes from, and goes back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Held by a gateway.
    Gateway(GatewayId),
    /// Spent from a learner's balance.
    Wallet(UserId),
}

impl Source {
    fn account(self) -> Account {
        match self {
            Self::Gateway(gateway) => Account::GatewayClearing(gateway),
            Self::Wallet(user) => Account::Wallet(user),
        }
    }
}

fn debit(account: Account, amount: Money) -> Leg {
    Leg { account, side: Side::Debit, amount }
}

fn credit(account: Account, amount: Money) -> Leg {
    Leg { account, side: Side::Credit, amount }
}

/// An order was paid: every line's net amount goes to its creators by share, rounded down, and the rest to
/// the platform, so that the parts sum to what was paid.
///
/// # Errors
/// [`LedgerError`] when the lines do not sum to `total`, which would be our own mistake.
pub fn sale(
    id: EntryId,
    cause: String,
    order: OrderId,
    at: Timestamp,
    source: Source,
    total: Money,
    lines: &[Line],
) -> Result<Entry, LedgerError> {
    let mut legs = vec![debit(source.account(), total)];
    for line in lines {
        let mut rest = line.net.minor();
        for share in &line.shares {
            let (mut part, _) = line.net.split_by_bps(share.bps)?;
            if planted::has(Bug::ShareRoundedUp) && part != line.net {
                part = part.plus(Money::new(1, part.currency())?)?;
            }
            rest = rest.saturating_sub(part.minor());
            legs.push(credit(Account::CreatorPending(share.creator.clone()), part));
        }
        legs.push(credit(Account::PlatformFees, Money::new(rest, line.net.currency())?));
    }
    Entry::balanced(id, EntryKind::Sale, cause, Some(order), at, legs)
}

/// Money arrived at a gateway for an order that cannot be settled with it.
///
/// # Errors
/// [`LedgerError`] for an amount of zero.
pub fn surplus(
    id: EntryId,
    cause: String,
    order: OrderId,
    at: Timestamp,
    gateway: GatewayId,
    amount: Money,
) -> Result<Entry, LedgerError> {
    let legs = vec![debit(Account::GatewayClearing(gateway), amount), credit(Account::Suspense, amount)];
    Entry::balanced(id, EntryKind::Surplus, cause, Some(order), at, legs)
}

/// The platform gives a learner balance.
///
/// # Errors
/// [`LedgerError`] for an amount of zero.
pub fn wallet_credit(
    id: EntryId,
    credit_id: CreditId,
    at: Timestamp,
    user: UserId,
    amount: Money,
) -> Result<Entry, LedgerError> {
    let legs = vec![debit(Account::WalletGrants, amount), credit(Account::Wallet(user), amount)];
    Entry::balanced(id, EntryKind::WalletCredit, format!("credit:{credit_id}"), None, at, legs)
}
