//! What holds of the app in this process, on SQLite under D1's rules, with the sandbox in memory?

mod ledger;
mod promises;
