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
        })
    }
}

/// The whole file for the time from `first_ms` to `last_ms`; `None` when nothing moved in it. `entries` are
/// all there ever were, in their order; before the first one the balance was `opening_fen`.
pub(crate) fn fund_flow_text(
    entries: Vec<Entry>,
    opening_fen: i64,
    first_ms: i64,
    last_ms: i64,
) -> Option<String> {
    let mut balance_fen = opening_fen;
    let mut rows = Vec::new();
    let (mut incoming, mut outgoing) = ((0_usize, 0_i64), (0_usize, 0_i64));
    for entry in entries {
        balance_fen = balance_fen.saturating_add(entry.fen);
        if !(first_ms..=last_ms).contains(&entry.at_ms) {
            continue;
        }
        let sum = if entry.fen > 0 { &mut incoming } else { &mut outgoing };
        *sum = (sum.0.saturating_add(1), sum.1.saturating_add(entry.fen.saturating_abs()));
        rows.push(row(&[
            shanghai_text(entry.at_ms),
            entry.gateway_number.clone(),
            format!("{}{:04}", entry.gateway_number, rows.len()),
            entry.name.to_owned(),
            entry.kind.to_owned(),
            if entry.fen > 0 { "收入" } else { "支出" }.to_owned(),
            yuan(entry.fen.saturating_abs()),
            yuan(balance_fen),
            "system".to_owned(),
            String::new(),
            entry.voucher,
        ]));
    }
    if rows.is_empty() {
        return None;
    }
    let sums = row(&[
        format!("{}.0", rows.len()),
        format!("{}.0", incoming.0),
        yuan(incoming.1),
        format!("{}.0", outgoing.0),
        yuan(outgoing.1),
    ]);
    Some(file_text(COLUMNS, rows, SUMS, &sums))
}
