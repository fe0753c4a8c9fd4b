//! Which transfers are there, by every name they have?

use std::collections::{BTreeMap, BTreeSet};

use super::transfer::Transfer;
use crate::records::Records;
use crate::world::Record;

/// All transfers.
pub(crate) struct Transfers {
    /// By token.
    records: Records<Transfer>,
    /// (mchid, out_bill_no) to token.
    by_number: BTreeMap<(String, String), String>,
    by_bill_no: BTreeMap<String, String>,
    by_package: BTreeMap<String, String>,
    due: BTreeSet<(i64, String)>,
    /// What transfers have taken from each merchant's account, fen by mchid.
    taken: BTreeMap<String, i64>,
}

impl Transfers {
    pub(crate) fn new() -> Self {
        Self {
            records: Records::new("wechat_pay/transfers"),
            by_number: BTreeMap::new(),
            by_bill_no: BTreeMap::new(),
            by_package: BTreeMap::new(),
            due: BTreeSet::new(),
            taken: BTreeMap::new(),
        }
    }

    /// Keeps a transfer, replacing what was kept under its token.
    pub(crate) fn put(&mut self, transfer: Transfer) {
        if let Some(before) = self.records.get(&transfer.token) {
            if let Some(due_ms) = before.next_change_ms() {
                self.due.remove(&(due_ms, transfer.token.clone()));
            }
            let taken_fen = before.taken_fen();
            self.book(&transfer.mchid, taken_fen.saturating_neg());
        }
        self.index(&transfer);
        let token = transfer.token.clone();
        self.records.put(&token, transfer);
    }

    fn index(&mut self, transfer: &Transfer) {
        let token = transfer.token.clone();
        self.by_number.insert((transfer.mchid.clone(), transfer.out_bill_no.clone()), token.clone());
        self.by_bill_no.insert(transfer.transfer_bill_no.clone(), token.clone());
        self.by_package.insert(transfer.package_info.clone(), token.clone());
        self.due.extend(transfer.next_change_ms().map(|due_ms| (due_ms, token)));
        self.book(&transfer.mchid, transfer.taken_fen());
    }

    fn book(&mut self, mchid: &str, fen: i64) {
        let taken = self.taken.entry(mchid.to_owned()).or_default();
        *taken = taken.saturating_add(fen);
    }

    /// What transfers have taken from the merchant's account.
    pub(crate) fn taken_fen(&self, mchid: &str) -> i64 {
        self.taken.get(mchid).copied().unwrap_or_default()
    }

    pub(crate) fn get(&self, token: &str) -> Option<&Transfer> {
        self.records.get(token)
    }

    pub(crate) fn by_number(&self, mchid: &str, number: &str) -> Option<&Transfer> {
        self.get(self.by_number.get(&(mchid.to_owned(), number.to_owned()))?)
    }

    pub(crate) fn by_bill_no(&self, mchid: &str, bill_no: &str) -> Option<&Transfer> {
        self.get(self.by_bill_no.get(bill_no)?).filter(|transfer| transfer.mchid == mchid)
    }

    /// By what the receiver's page was given.
    pub(crate) fn by_package(&self, package: &str) -> Option<&Transfer> {
        self.get(self.by_package.get(package)?)
    }

    /// All transfers, in the order of their tokens.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Transfer> {
        self.records.iter().map(|(_, transfer)| transfer)
    }

    /// Transfers that time has changed by now.
    pub(crate) fn due(&self, now_ms: i64) -> Vec<Transfer> {
        let due = self.due.iter().take_while(|(due_ms, _)| *due_ms <= now_ms);
        due.filter_map(|(_, token)| self.get(token).cloned()).collect()
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.records.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        if let Some(transfer) = self.records.restore(record)?.cloned() {
            self.index(&transfer);
        }
        Ok(())
    }
}
