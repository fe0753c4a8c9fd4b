//! Which accounts exist, and which side of each is the normal one?
//!
//! A balance is read on the account's normal side. Assets and what we are owed are debit accounts; what we
//! owe and what we earned are credit accounts.

use std::fmt;

use crate::id::{CreatorId, UserId};
use crate::ledger::Side;
use crate::method::GatewayId;

/// A ledger account. Its text form is its name in the API and in storage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// `gateway:{g}:clearing`: what the gateway holds for us.
    GatewayClearing(GatewayId),
    /// `gateway:{g}:disputed`: what buyers' banks have taken back and may return.
    GatewayDisputed(GatewayId),
    /// `wallet:{user}`: what the platform owes a learner as spendable balance. Never negative.
    Wallet(UserId),
    /// `platform:wallet_grants`: contra of credits to wallets.
    WalletGrants,
    /// `creator:{id}:pending`: earned, not yet released.
    CreatorPending(CreatorId),
    /// `platform:fees`: the platform's part of sales.
    PlatformFees,
    /// `refunds:reserved`: on its way back to buyers.
    RefundsReserved,
    /// `suspense`: money received that could not settle.
    Suspense,
}

impl Account {
    /// The side on which the account grows.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self {
            Self::GatewayClearing(_) | Self::GatewayDisputed(_) | Self::WalletGrants => Side::Debit,
            Self::Wallet(_)
            | Self::CreatorPending(_)
            | Self::PlatformFees
            | Self::RefundsReserved
            | Self::Suspense => Side::Credit,
        }
    }

    /// Reads an account's name; `None` for a name that is not in this chart.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "platform:wallet_grants" => return Some(Self::WalletGrants),
            "platform:fees" => return Some(Self::PlatformFees),
            "refunds:reserved" => return Some(Self::RefundsReserved),
            "suspense" => return Some(Self::Suspense),
            _ => {}
        }
        if let Some(user) = name.strip_prefix("wallet:") {
            return UserId::parse(user).ok().map(Self::Wallet);
        }
        if let Some(creator) = name.strip_prefix("creator:").and_then(|rest| rest.strip_suffix(":pending")) {
            return CreatorId::parse(creator).ok().map(Self::CreatorPending);
        }
        let (gateway, holds) = name.strip_prefix("gateway:")?.split_once(':')?;
        let gateway = GatewayId::ALL.into_iter().find(|id| id.name() == gateway)?;
        match holds {
            "clearing" => Some(Self::GatewayClearing(gateway)),
            "disputed" => Some(Self::GatewayDisputed(gateway)),
            _ => None,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GatewayClearing(gateway) => write!(f, "gateway:{}:clearing", gateway.name()),
            Self::GatewayDisputed(gateway) => write!(f, "gateway:{}:disputed", gateway.name()),
            Self::Wallet(user) => write!(f, "wallet:{user}"),
            Self::WalletGrants => f.write_str("platform:wallet_grants"),
            Self::CreatorPending(creator) => write!(f, "creator:{creator}:pending"),
            Self::PlatformFees => f.write_str("platform:fees"),
            Self::RefundsReserved => f.write_str("refunds:reserved"),
            Self::Suspense => f.write_str("suspense"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_read_back_from_its_name() {
        for name in [
            "gateway:alipay:clearing",
            "gateway:stripe:disputed",
            "wallet:alice",
            "platform:wallet_grants",
            "creator:lin:pending",
            "platform:fees",
            "refunds:reserved",
            "suspense",
        ] {
            assert_eq!(Account::parse(name).map(|account| account.to_string()).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_outside_the_chart_is_no_account() {
        for name in
            ["", "wallet:", "wallet:a:b", "creator:lin", "gateway:paypal:clearing", "platform:", "Suspense"]
        {
            assert_eq!(Account::parse(name), None, "{name}");
        }
    }
}
