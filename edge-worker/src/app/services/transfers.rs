//! The fund transfer service: wallets and the ledger.

pub mod ledger;
pub mod wallets;
