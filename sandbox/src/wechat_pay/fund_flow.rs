//! How does the statement of a merchant's account look? (every movement with the balance after it)

use super::statement::{Line, file_text, row, yuan};
use super::transfer::{Transfer, TransferLife};
use crate::clock::shanghai_text;

const COLUMNS: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const SUMS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at_ms: i64,
    /// WeChat Pay's number of what caused it.
    pub(crate) gateway_number: String,
    name: &'static str,
    kind: &'static str,
    /// Positive when it comes in.
    fen: i64,
    /// The merchant's number.
    voucher: String,
    /// The number of the movement itself.
    serial: String,
    /// On the account after it.
    balance_fen: i64,
}

impl Entry {
    /// What a payment or refund moves: the amount, and the fee.
    pub(crate) fn of_line(line: &Line) -> Vec<Self> {
        let (kind, gateway_number, voucher, fen) = match &line.refund {
            None => ("交易", &line.transaction_id, &line.out_trade_no, line.paid_fen),
            Some(refund) => ("退款", &refund.refund_id, &refund.out_refund_no, refund.fen.saturating_neg()),
        };
        let entry = |kind, fen| Self {
            at_ms: line.at_ms,
            gateway_number: gateway_number.clone(),
            name: "交易",
            kind,
            fen,
            voucher: voucher.clone(),
            serial: String::new(),
            balance_fen: 0,
        };
        let fee_fen = line.fee_fen.saturating_neg();
        [entry(kind, fen), entry("扣除交易手续费", fee_fen)]
            .into_iter()
            .filter(|entry| entry.fen != 0)
            .collect()
    }

    /// What a transfer moves, once it has arrived.
    pub(crate) fn of_transfer(transfer: &Transfer) -> Option<Self> {
        (transfer.life == TransferLife::Success).then(|| Self {
            at_ms: transfer.updated_at_ms,
            gateway_number: transfer.transfer_bill_no.clone(),
            name: "商家转账",
            kind: "商家转账",
            fen: transfer.contents.fen.saturating_neg(),
            voucher: transfer.out_bill_no.clone(),
            serial: String::new(),
            balance_fen: 0,
        })
    }

    /// The fault of an altered line: one fen more than was moved.
    pub(crate) fn alter(&mut self) {
        self.fen = self.fen.saturating_add(1);
    }

    /// The fault of an extra line: a movement of nothing that is known.
    pub(crate) fn stray(&self, id: &str) -> Self {
        let number = format!("42000{id}");
        Self {
            serial: format!("{number}9999"),
            voucher: format!("STRAY{id}"),
            gateway_number: number,
            ..self.clone()
        }
    }

    fn row(&self) -> String {
        row(&[
            shanghai_text(self.at_ms),
            self.gateway_number.clone(),
            self.serial.clone(),
            self.name.to_owned(),
            self.kind.to_owned(),
            if self.fen > 0 { "收入" } else { "支出" }.to_owned(),
            yuan(self.fen.saturating_abs()),
            yuan(self.balance_fen),
            "system".to_owned(),
            String::new(),
            self.voucher.clone(),
        ])
    }
}

/// The entries from `first_ms` to `last_ms` with number and balance. `entries` are all there ever were, in
/// their order; before the first one the balance was `opening_fen`.
pub(crate) fn with_balances(
    mut entries: Vec<Entry>,
    opening_fen: i64,
    first_ms: i64,
    last_ms: i64,
) -> Vec<Entry> {
    let mut balance_fen = opening_fen;
    for entry in &mut entries {
        balance_fen = balance_fen.saturating_add(entry.fen);
        entry.balance_fen = balance_fen;
    }
    entries.retain(|entry| (first_ms..=last_ms).contains(&entry.at_ms));
    for (place, entry) in entries.iter_mut().enumerate() {
        entry.serial = format!("{}{place:04}", entry.gateway_number);
    }
    entries
}

/// The whole file; `None` when nothing moved.
pub(crate) fn fund_flow_text(entries: &[Entry]) -> Option<String> {
    if entries.is_empty() {
        return None;
    }
    let (mut incoming, mut outgoing) = ((0_usize, 0_i64), (0_usize, 0_i64));
    for entry in entries {
        let sum = if entry.fen > 0 { &mut incoming } else { &mut outgoing };
        *sum = (sum.0.saturating_add(1), sum.1.saturating_add(entry.fen.saturating_abs()));
    }
    let sums = row(&[
        format!("{}.0", entries.len()),
        format!("{}.0", incoming.0),
        yuan(incoming.1),
        format!("{}.0", outgoing.0),
        yuan(outgoing.1),
    ]);
    Some(file_text(COLUMNS, entries.iter().map(Entry::row), SUMS, &sums))
}
