//! Does every new entry balance, and do the accounts run on from where they were?

use std::collections::BTreeMap;

use crate::native::sqlite::Sqlite;
use crate::sim::watch::{Touched, number, optional, text};

/// The books as far as they were read.
#[derive(Default)]
pub(super) struct Books {
    sequence: i64,
    /// Debits less credits, by account and currency.
    balances: BTreeMap<(String, String), i64>,
}

impl Books {
    /// Reads on; gives the orders that were booked on.
    pub(super) fn post(&mut self, db: &Sqlite) -> Touched {
        let sql =
            "SELECT e.sequence, e.order_id, json_array_length(e.legs) AS legs, p.leg, p.account, p.currency,
                   p.side, p.amount_minor, p.debit_balance_minor
                   FROM ledger_entries e JOIN ledger_postings p ON p.entry_sequence = e.sequence
                   WHERE e.sequence > CAST(?1 AS INTEGER) ORDER BY e.sequence, p.leg";
        let mut touched = Touched::new();
        let mut entries: BTreeMap<i64, (i64, i64, i64)> = BTreeMap::new();
        for posting in db.rows(sql, &[self.sequence.into()]) {
            let minor = number(&posting, "amount_minor");
            let minor = if text(&posting, "side") == "debit" { minor } else { -minor };
            let (account, currency) = (text(&posting, "account"), text(&posting, "currency"));
            let is_wallet = account.starts_with("wallet:");
            let balance = self.balances.entry((account.clone(), currency)).or_default();
            *balance += minor;
            let noted = number(&posting, "debit_balance_minor");
            assert_eq!(*balance, noted, "{account} runs on from its last posting");
            assert!(!is_wallet || *balance <= 0, "{account} is overdrawn");
            let entry = entries.entry(number(&posting, "sequence")).or_default();
            *entry = (entry.0 + minor, entry.1 + 1, number(&posting, "legs"));
            touched.extend(optional(&posting, "order_id"));
        }
        for (sequence, (sum, postings, legs)) in entries {
            assert_eq!(sum, 0, "entry {sequence} does not balance");
            assert_eq!(postings, legs, "every leg of entry {sequence} is posted once");
            assert_eq!(sequence, self.sequence + 1, "entries have no gap");
            self.sequence = sequence;
        }
        touched
    }
}
