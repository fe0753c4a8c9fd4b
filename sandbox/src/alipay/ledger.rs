//! What went in and out of a merchant's balance? (账务明细: every movement with the balance after it)

use super::amount::{fee_fen, yuan_text};
use super::period::Period;
use super::refund::Progress;
use super::sheet::{Sheet, banner};
use super::trade::Trade;
use super::transfer::Transfer;
use crate::clock::shanghai_text;

const TITLES: &str = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,\
                      账户余额（元）,交易渠道,业务类型,备注";
const SUMMARY_TITLES: &str = "业务类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,净额（元）";

const PAYMENT: &str = "交易付款";
const FEE: &str = "收费";
const REFUND: &str = "交易退款";
const TRANSFER: &str = "转账";

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    at_ms: i64,
    /// The same in every statement: time and place among all movements.
    serial: String,
    /// The gateway's number of the trade or transfer behind it.
    behind: String,
    number: String,
    subject: String,
    other: String,
    /// Positive for money that came in.
    fen: i64,
    kind: &'static str,
    note: String,
    balance_fen: i64,
}

/// All movements up to the end of `period`, oldest first, with the balance after each; of them those that
/// fall into it.
pub(crate) fn movements<'a>(
    trades: impl Iterator<Item = &'a Trade>,
    transfers: impl Iterator<Item = &'a Transfer>,
    opening_fen: i64,
    period: &Period,
) -> Vec<Movement> {
    let mut movements: Vec<Movement> = trades.flat_map(of_trade).chain(transfers.map(of_transfer)).collect();
    movements.sort_by_key(|movement| movement.at_ms);
    let mut balance_fen = opening_fen;
    for (movement, place) in movements.iter_mut().zip(1..) {
        balance_fen = balance_fen.saturating_add(movement.fen);
        movement.balance_fen = balance_fen;
        movement.serial = format!("{}{place:06}", movement.at_ms);
    }
    movements.retain(|movement| period.contains(movement.at_ms));
    movements
}

/// The payment, its fee, and its refunds. (What is on its way back leaves the balance once it is there.)
fn of_trade(trade: &Trade) -> Vec<Movement> {
    let (Some(opened), Some(paid_at_ms)) = (trade.life.opened(), trade.life.paid_at_ms()) else {
        return Vec::new();
    };
    let fen = trade.contents.total_fen;
    let payment = Movement {
        at_ms: paid_at_ms,
        behind: opened.trade_no.clone(),
        number: trade.out_trade_no.clone(),
        subject: trade.contents.subject.clone(),
        other: format!("*买家 ({})", opened.buyer_logon_id),
        fen,
        kind: PAYMENT,
        note: String::new(),
        balance_fen: 0,
        serial: String::new(),
    };
    let fee = Movement {
        fen: fee_fen(fen).saturating_neg(),
        kind: FEE,
        other: "支付宝".to_owned(),
        note: format!("服务费[{}]", opened.trade_no),
        ..payment.clone()
    };
    let mut movements = vec![payment.clone()];
    movements.extend(Some(fee).filter(|fee| fee.fen != 0));
    for refund in &trade.refunds {
        if let Progress::Success { at_ms } = refund.progress {
            movements.push(Movement {
                at_ms,
                fen: refund.fen.saturating_neg(),
                kind: REFUND,
                note: refund.number.clone(),
                ..payment.clone()
            });
        }
    }
    movements
}

fn of_transfer(transfer: &Transfer) -> Movement {
    Movement {
        at_ms: transfer.made_at_ms,
        behind: transfer.order_id.clone(),
        number: transfer.order.out_biz_no.clone(),
        subject: transfer.order.title.clone(),
        other: format!("{} ({})", transfer.order.payee_name, transfer.order.payee_user_id),
        fen: transfer.order.fen.saturating_neg(),
        kind: TRANSFER,
        note: transfer.order.remark.clone().unwrap_or_default(),
        balance_fen: 0,
        serial: String::new(),
    }
}

impl Movement {
    /// The fault of an altered line: one fen more than was moved.
    pub(crate) fn alter(&mut self) {
        self.fen = self.fen.saturating_add(1);
    }

    /// The fault of an extra line: a movement nobody made.
    pub(crate) fn stray(&self) -> Self {
        Self { serial: format!("{}9", self.serial), number: format!("STRAY{}", self.number), ..self.clone() }
    }

    /// The cells; a TAB ends those that spreadsheets are not to take for numbers.
    fn cells(&self) -> [String; 12] {
        let (income_fen, outgo_fen) = if self.fen < 0 { (0, self.fen) } else { (self.fen, 0) };
        [
            format!("{}\t", self.serial),
            format!("{}\t", self.behind),
            format!("{}\t", self.number),
            format!("{}\t", self.subject),
            shanghai_text(self.at_ms),
            format!("{}\t", self.other),
            yuan_text(income_fen),
            yuan_text(outgo_fen),
            yuan_text(self.balance_fen),
            "支付宝".to_owned(),
            self.kind.to_owned(),
            self.note.clone(),
        ]
    }
}

/// How many came in and went out, and how much each.
#[derive(Debug, Default)]
struct Sums {
    income: (usize, i64),
    outgo: (usize, i64),
}

fn sums<'a>(movements: impl Iterator<Item = &'a Movement>) -> Sums {
    let mut sums = Sums::default();
    for movement in movements {
        let side = if movement.fen < 0 { &mut sums.outgo } else { &mut sums.income };
        *side = (side.0.saturating_add(1), side.1.saturating_add(movement.fen));
    }
    sums
}

/// The file with the movements.
pub(crate) fn detail(movements: &[Movement], seller_id: &str, period: &Period, now_ms: i64) -> String {
    let sums = sums(movements.iter());
    let mut sheet = Sheet::new("支付宝账务明细查询", seller_id, period);
    sheet.note(&banner("账务明细列表", 41, 40));
    sheet.text(TITLES);
    for movement in movements {
        sheet.row(&movement.cells());
    }
    sheet.note(&banner("账务明细列表结束", 40, 37));
    sheet.note(&format!("支出合计：{}笔，共{}元", sums.outgo.0, yuan_text(sums.outgo.1)));
    sheet.note(&format!("收入合计：{}笔，共{}元", sums.income.0, yuan_text(sums.income.1)));
    sheet.finish(now_ms)
}

/// The file with the sums (汇总) of each kind.
pub(crate) fn summary(movements: &[Movement], seller_id: &str, period: &Period, now_ms: i64) -> String {
    let mut sheet = Sheet::new("支付宝账务汇总查询", seller_id, period);
    sheet.note(&banner("账务汇总列表", 41, 40));
    sheet.text(SUMMARY_TITLES);
    for kind in [PAYMENT, FEE, REFUND, TRANSFER] {
        let of_kind = sums(movements.iter().filter(|movement| movement.kind == kind));
        if of_kind.income.0 > 0 || of_kind.outgo.0 > 0 {
            sheet.row(&sum_cells(kind, &of_kind));
        }
    }
    sheet.row(&sum_cells("合计", &sums(movements.iter())));
    sheet.note(&banner("账务汇总列表结束", 40, 37));
    sheet.finish(now_ms)
}

fn sum_cells(name: &str, sums: &Sums) -> [String; 6] {
    [
        format!("{name}\t"),
        sums.income.0.to_string(),
        yuan_text(sums.income.1),
        sums.outgo.0.to_string(),
        yuan_text(sums.outgo.1),
        yuan_text(sums.income.1.saturating_add(sums.outgo.1)),
    ]
}
