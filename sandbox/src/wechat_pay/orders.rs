//! Which payments are there, by every name they have?

use std::collections::{BTreeMap, BTreeSet};

use super::order::Order;
use crate::records::Records;
use crate::world::Record;

/// All payments. What is put is found by its number, its codes, its prepay_ids, WeChat Pay's number and
/// the numbers of its refunds.
pub(crate) struct Orders {
    /// By the token of the first code.
    records: Records<Order>,
    /// (mchid, out_trade_no) to token.
    by_number: BTreeMap<(String, String), String>,
    by_code: BTreeMap<String, String>,
    by_prepay_id: BTreeMap<String, String>,
    by_transaction: BTreeMap<String, String>,
    /// (mchid, out_refund_no) to token.
    by_refund: BTreeMap<(String, String), String>,
    by_refund_id: BTreeMap<String, String>,
    /// When time alone changes something, and for whom.
    due: BTreeSet<(i64, String)>,
    /// What payments and refunds have left on each merchant's account, fen by mchid.
    balances: BTreeMap<String, i64>,
}

impl Orders {
    pub(crate) fn new() -> Self {
        Self {
            records: Records::new("wechat_pay/orders"),
            by_number: BTreeMap::new(),
            by_code: BTreeMap::new(),
            by_prepay_id: BTreeMap::new(),
            by_transaction: BTreeMap::new(),
            by_refund: BTreeMap::new(),
            by_refund_id: BTreeMap::new(),
            due: BTreeSet::new(),
            balances: BTreeMap::new(),
        }
    }

    /// Keeps a payment, replacing what was kept under its token.
    pub(crate) fn put(&mut self, order: Order) {
        let token = order.token().to_owned();
        if let Some(before) = self.records.get(&token) {
            if let Some(due_ms) = before.next_change_ms() {
                self.due.remove(&(due_ms, token.clone()));
            }
            let net_fen = before.net_fen();
            self.book(&order.mchid, net_fen.saturating_neg());
        }
        self.index(&order);
        self.records.put(&token, order);
    }

    fn index(&mut self, order: &Order) {
        let token = order.token().to_owned();
        self.by_number.insert((order.mchid.clone(), order.out_trade_no.clone()), token.clone());
        for code in &order.codes {
            self.by_code.insert(code.token.clone(), token.clone());
            self.by_prepay_id.insert(code.prepay_id.clone(), token.clone());
        }
        if let Some(paid) = order.paid() {
            self.by_transaction.insert(paid.transaction_id.clone(), token.clone());
        }
        for refund in &order.refunds {
            self.by_refund.insert((order.mchid.clone(), refund.out_refund_no.clone()), token.clone());
            self.by_refund_id.insert(refund.refund_id.clone(), token.clone());
        }
        self.due.extend(order.next_change_ms().map(|due_ms| (due_ms, token)));
        self.book(&order.mchid, order.net_fen());
    }

    fn book(&mut self, mchid: &str, fen: i64) {
        let balance = self.balances.entry(mchid.to_owned()).or_default();
        *balance = balance.saturating_add(fen);
    }

    /// What payments and refunds have left on the merchant's account.
    pub(crate) fn balance_fen(&self, mchid: &str) -> i64 {
        self.balances.get(mchid).copied().unwrap_or_default()
    }

    pub(crate) fn get(&self, token: &str) -> Option<&Order> {
        self.records.get(token)
    }

    pub(crate) fn by_number(&self, mchid: &str, number: &str) -> Option<&Order> {
        self.get(self.by_number.get(&(mchid.to_owned(), number.to_owned()))?)
    }

    /// By WeChat Pay's number, among the merchant's own.
    pub(crate) fn by_transaction(&self, mchid: &str, id: &str) -> Option<&Order> {
        self.get(self.by_transaction.get(id)?).filter(|order| order.mchid == mchid)
    }

    pub(crate) fn by_code(&self, code: &str) -> Option<&Order> {
        self.get(self.by_code.get(code)?)
    }

    pub(crate) fn by_prepay_id(&self, prepay_id: &str) -> Option<&Order> {
        self.get(self.by_prepay_id.get(prepay_id)?)
    }

    /// The payment with this refund.
    pub(crate) fn by_refund(&self, mchid: &str, out_refund_no: &str) -> Option<&Order> {
        self.get(self.by_refund.get(&(mchid.to_owned(), out_refund_no.to_owned()))?)
    }

    pub(crate) fn by_refund_id(&self, mchid: &str, refund_id: &str) -> Option<&Order> {
        self.get(self.by_refund_id.get(refund_id)?).filter(|order| order.mchid == mchid)
    }

    /// All payments, in the order of their tokens.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Order> {
        self.records.iter().map(|(_, order)| order)
    }

    /// Payments that time has changed by now.
    pub(crate) fn due(&self, now_ms: i64) -> Vec<Order> {
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
        if let Some(order) = self.records.restore(record)?.cloned() {
            self.index(&order);
        }
        Ok(())
    }
}
