//! Which lines does a statement of trades have? (业务明细: payments and refunds of a day or month)

use super::amount::{fee_fen, yuan_text};
use super::period::Period;
use super::refund::Refund;
use super::sheet::{Sheet, banner};
use super::trade::Trade;
use crate::clock::shanghai_text;

const TITLES: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,\
                      对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,\
                      商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,\
                      退款批次号/请求号,服务费（元）,分润（元）,备注";
const SUMMARY_TITLES: &str = "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,\
                              支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,\
                              实收净额（元）";

/// A payment or a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    at_ms: i64,
    trade_no: String,
    out_trade_no: String,
    subject: String,
    created_at_ms: i64,
    buyer: String,
    /// Negative for a refund.
    fen: i64,
    /// Set for a refund.
    refund_number: Option<String>,
    /// Negative or nothing.
    fee_fen: i64,
    note: String,
}

/// The lines of `trades` that fall into `period`, in the order they happened.
pub(crate) fn lines<'a>(trades: impl Iterator<Item = &'a Trade>, period: &Period) -> Vec<Line> {
    let mut lines: Vec<Line> = trades
        .flat_map(|trade| {
            std::iter::once(payment(trade)).chain(trade.refunds.iter().map(|r| refund(trade, r)))
        })
        .flatten()
        .filter(|line| period.contains(line.at_ms))
        .collect();
    lines.sort_by(|a, b| (a.at_ms, &a.out_trade_no).cmp(&(b.at_ms, &b.out_trade_no)));
    lines
}

fn payment(trade: &Trade) -> Option<Line> {
    let (opened, paid_at_ms) = (trade.life.opened()?, trade.life.paid_at_ms()?);
    let fen = trade.contents.total_fen;
    Some(Line {
        at_ms: paid_at_ms,
        trade_no: opened.trade_no.clone(),
        out_trade_no: trade.out_trade_no.clone(),
        subject: trade.contents.subject.clone(),
        created_at_ms: opened.opened_at_ms,
        buyer: format!("*买家({})", opened.buyer_logon_id),
        fen,
        refund_number: None,
        fee_fen: fee_fen(fen).saturating_neg(),
        note: trade.contents.body.clone().unwrap_or_default(),
    })
}

/// A refund's line is its payment's with the signs turned round; the fee stays with the gateway.
fn refund(trade: &Trade, refund: &Refund) -> Option<Line> {
    Some(Line {
        at_ms: refund.progress.done_at_ms()?,
        fen: refund.fen.saturating_neg(),
        refund_number: Some(refund.number.clone()),
        fee_fen: 0,
        ..payment(trade)?
    })
}

impl Line {
    /// The fault of an altered line: one fen more than was paid.
    pub(crate) fn alter(&mut self) {
        self.fen = self.fen.saturating_add(1);
    }

    /// The fault of an extra line: a payment nobody made.
    pub(crate) fn stray(&self) -> Self {
        Self {
            trade_no: format!("{}{}", self.trade_no.get(..13).unwrap_or_default(), "9".repeat(15)),
            out_trade_no: format!("STRAY{}", self.out_trade_no),
            ..self.clone()
        }
    }

    /// The cells; a TAB ends those that spreadsheets are not to take for numbers.
    fn cells(&self) -> [String; 25] {
        let plain = |text: &str| text.to_owned();
        let marked = |text: &str| format!("{text}\t");
        let nothing = || "0.00".to_owned();
        let kind = if self.refund_number.is_some() { "退款" } else { "交易" };
        [
            marked(&self.trade_no),
            marked(&self.out_trade_no),
            marked(kind),
            plain(&self.subject),
            shanghai_text(self.created_at_ms),
            shanghai_text(self.at_ms),
            marked(""),
            marked(""),
            marked(""),
            marked(""),
            marked(&self.buyer),
            yuan_text(self.fen),
            yuan_text(self.fen),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            plain(""),
            marked("0.00"),
            nothing(),
            marked(self.refund_number.as_deref().unwrap_or_default()),
            yuan_text(self.fee_fen),
            nothing(),
            plain(&self.note),
        ]
    }
}

fn sum(lines: &[&Line], of: impl Fn(&Line) -> i64) -> i64 {
    lines.iter().fold(0, |sum, line| sum.saturating_add(of(line)))
}

/// The file with the lines.
pub(crate) fn detail(lines: &[Line], seller_id: &str, period: &Period, now_ms: i64) -> String {
    let (refunds, payments): (Vec<&Line>, Vec<&Line>) =
        lines.iter().partition(|line| line.refund_number.is_some());
    let mut sheet = Sheet::new("支付宝业务明细查询", seller_id, period);
    sheet.note(&banner("业务明细列表", 41, 40));
    sheet.text(TITLES);
    for line in lines {
        sheet.row(&line.cells());
    }
    sheet.note(&banner("业务明细列表结束", 41, 36));
    sheet.note(&format!(
        "交易合计：{}笔，商家实收共{}元，商家优惠共0.00元",
        payments.len(),
        yuan_text(sum(&payments, |line| line.fen))
    ));
    sheet.note(&format!(
        "退款合计：{}笔，商家实收退款共{}元，商家优惠退款共0.00元",
        refunds.len(),
        yuan_text(sum(&refunds, |line| line.fen))
    ));
    sheet.finish(now_ms)
}

/// The file with the sums (汇总).
pub(crate) fn summary(lines: &[Line], seller_id: &str, period: &Period, now_ms: i64) -> String {
    let refunds = lines.iter().filter(|line| line.refund_number.is_some()).count();
    let all: Vec<&Line> = lines.iter().collect();
    let (fen, fees_fen) = (sum(&all, |line| line.fen), sum(&all, |line| line.fee_fen));
    let mut sheet = Sheet::new("支付宝业务汇总查询", seller_id, period);
    sheet.note(&banner("业务汇总列表", 41, 40));
    sheet.text(SUMMARY_TITLES);
    sheet.row(&[
        "合计\t".to_owned(),
        "\t".to_owned(),
        lines.len().saturating_sub(refunds).to_string(),
        refunds.to_string(),
        yuan_text(fen),
        yuan_text(fen),
        "0.00".to_owned(),
        "0.00".to_owned(),
        "0.00".to_owned(),
        yuan_text(fees_fen),
        "0.00".to_owned(),
        yuan_text(fen.saturating_add(fees_fen)),
    ]);
    sheet.note(&banner("业务汇总列表结束", 40, 37));
    sheet.finish(now_ms)
}
