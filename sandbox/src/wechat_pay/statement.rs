//! How does a bill look? (one table of what happened on a day, as a file)
//!
//! UTF-8 with a byte order mark, lines ending in CR LF, a backtick before every value, yuan with two
//! decimals and fees with five; then a header and a line of sums. There is no quoting: receivers split at
//! comma and backtick together.

/// The header of the sums.
const SUMS: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// The merchant's rate in thousandths, and as bills print it.
const FEE_PER_MILLE: i64 = 6;
const FEE_RATE: &str = "0.60%";

/// Which lines a bill has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BillType {
    All,
    Success,
    Refund,
}

/// A payment or a refund as a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Business time, by which the lines are sorted.
    pub(crate) at_ms: i64,
    /// `yyyy-MM-dd HH:mm:ss` in Shanghai.
    pub(crate) at: String,
    pub(crate) appid: String,
    pub(crate) mchid: String,
    pub(crate) device_id: String,
    pub(crate) transaction_id: String,
    pub(crate) out_trade_no: String,
    pub(crate) openid: String,
    pub(crate) trade_type: &'static str,
    pub(crate) description: String,
    pub(crate) attach: String,
    /// What was paid; nothing on the line of a refund.
    pub(crate) paid_fen: i64,
    pub(crate) fee_fen: i64,
    pub(crate) refund: Option<RefundLine>,
}

/// What the line of a refund has more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefundLine {
    pub(crate) refund_id: String,
    pub(crate) out_refund_no: String,
    pub(crate) fen: i64,
    pub(crate) status: &'static str,
    /// `yyyy-MM-dd HH:mm:ss` in Shanghai; empty while it is not done.
    pub(crate) done_at: String,
}

impl Line {
    fn belongs_to(&self, bill_type: BillType) -> bool {
        match bill_type {
            BillType::All => true,
            BillType::Success => self.refund.is_none(),
            BillType::Refund => self.refund.is_some(),
        }
    }

    fn refunded_fen(&self) -> i64 {
        self.refund.as_ref().map_or(0, |refund| refund.fen)
    }

    /// What a bill of this type says in each of its columns: 27 in all, 20 about payments alone, 29 about
    /// refunds alone.
    fn cells(&self, bill_type: BillType) -> Vec<(&'static str, String)> {
        let text = |text: &str| text.to_owned();
        let mut cells = vec![
            ("交易时间", self.at.clone()),
            ("公众账号ID", self.appid.clone()),
            ("商户号", self.mchid.clone()),
            ("特约商户号", text("0")),
            ("设备号", self.device_id.clone()),
            ("微信订单号", self.transaction_id.clone()),
            ("商户订单号", self.out_trade_no.clone()),
            ("用户标识", self.openid.clone()),
            ("交易类型", text(self.trade_type)),
            ("交易状态", text(if self.refund.is_some() { "REFUND" } else { "SUCCESS" })),
            ("付款银行", text("OTHERS")),
            ("货币种类", text("CNY")),
            ("应结订单金额", yuan(self.paid_fen)),
            ("代金券金额", yuan(0)),
        ];
        if bill_type != BillType::Success {
            cells.extend(self.refund_cells(bill_type));
        }
        cells.extend([
            ("商品名称", one_line(&self.description)),
            ("商户数据包", one_line(&self.attach)),
            ("手续费", fee(self.fee_fen)),
            ("费率", text(FEE_RATE)),
            ("订单金额", yuan(self.paid_fen)),
        ]);
        if bill_type != BillType::Success {
            cells.push(("申请退款金额", yuan(self.refunded_fen())));
        }
        cells.push(("费率备注", String::new()));
        cells
    }

    fn refund_cells(&self, bill_type: BillType) -> Vec<(&'static str, String)> {
        let refund = self.refund.as_ref();
        let of_refund = |value: fn(&RefundLine) -> String, without: &str| {
            refund.map_or_else(|| without.to_owned(), value)
        };
        let mut cells = Vec::new();
        if bill_type == BillType::Refund {
            cells.push(("退款申请时间", self.at.clone()));
            cells.push(("退款成功时间", of_refund(|refund| refund.done_at.clone(), "")));
        }
        cells.extend([
            ("微信退款单号", of_refund(|refund| refund.refund_id.clone(), "0")),
            ("商户退款单号", of_refund(|refund| refund.out_refund_no.clone(), "0")),
            ("退款金额", yuan(self.refunded_fen())),
            ("充值券退款金额", yuan(0)),
            ("退款类型", of_refund(|_| "ORIGINAL".to_owned(), "")),
            ("退款状态", of_refund(|refund| refund.status.to_owned(), "")),
        ]);
        cells
    }
}

/// The fee on an amount, to the nearest fen, half a fen up.
pub(crate) fn fee_fen(fen: i64) -> i64 {
    fen.saturating_mul(FEE_PER_MILLE).saturating_add(500).div_euclid(1000)
}

/// The whole file of a type; `None` when no line belongs to it.
pub(crate) fn bill_text(bill_type: BillType, lines: &[Line]) -> Option<String> {
    let lines: Vec<&Line> = lines.iter().filter(|line| line.belongs_to(bill_type)).collect();
    let header: Vec<&str> = lines.first()?.cells(bill_type).iter().map(|(name, _)| *name).collect();
    let sum = |value: fn(&Line) -> i64| lines.iter().fold(0_i64, |sum, line| sum.saturating_add(value(line)));
    let (paid, refunded) = (sum(|line| line.paid_fen), sum(Line::refunded_fen));
    let sums = [
        format!("{}.0", lines.len()),
        yuan(paid),
        yuan(refunded),
        yuan(0),
        fee(sum(|line| line.fee_fen)),
        yuan(paid),
        yuan(refunded),
    ];
    let rows = lines.iter().map(|line| {
        let values: Vec<String> = line.cells(bill_type).into_iter().map(|(_, value)| value).collect();
        row(&values)
    });
    Some(file_text(&header.join(","), rows, SUMS, &row(&sums)))
}

/// A bill's file out of its parts.
pub(crate) fn file_text(
    header: &str,
    rows: impl IntoIterator<Item = String>,
    sums_header: &str,
    sums: &str,
) -> String {
    let mut text = format!("\u{feff}{header}\r\n");
    for row in rows {
        text.push_str(&row);
        text.push_str("\r\n");
    }
    text.push_str(&format!("{sums_header}\r\n{sums}\r\n"));
    text
}

/// Values with a backtick before each.
pub(crate) fn row(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("`{value}")).collect();
    values.join(",")
}

/// Yuan with two decimals.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Yuan with five decimals.
fn fee(fen: i64) -> String {
    format!("{}000", yuan(fen))
}

/// A text of the merchant's without line ends, which would break the table.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment() -> Line {
        Line {
            at_ms: 0,
            at: "2026-01-01 08:00:00".to_owned(),
            appid: "wx1".to_owned(),
            mchid: "190".to_owned(),
            device_id: String::new(),
            transaction_id: "4200".to_owned(),
            out_trade_no: "N-1".to_owned(),
            openid: "o1".to_owned(),
            trade_type: "NATIVE",
            description: "Rust,\n入门".to_owned(),
            attach: String::new(),
            paid_fen: 9_900,
            fee_fen: 59,
            refund: None,
        }
    }

    fn refund() -> Line {
        let refund = RefundLine {
            refund_id: "503".to_owned(),
            out_refund_no: "R-1".to_owned(),
            fen: 100,
            status: "SUCCESS",
            done_at: "2026-01-01 08:00:01".to_owned(),
        };
        Line { paid_fen: 0, fee_fen: -1, refund: Some(refund), ..payment() }
    }

    #[test]
    fn a_bill_of_a_payment_and_a_refund_has_this_text() {
        let text = bill_text(BillType::All, &[payment(), refund()]).unwrap();
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
        assert_eq!(lines.len(), 6, "header, two lines, header, sums, and the end of the last one");
        assert_eq!(lines[0].split(',').count(), 27);
        assert_eq!(
            lines[1],
            "`2026-01-01 08:00:00,`wx1,`190,`0,`,`4200,`N-1,`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,`99.00,`0.00,`0,`0,`0.00,`0.00,`,`,`Rust, 入门,`,`0.59000,`0.60%,`99.00,`0.00,`"
        );
        assert_eq!(
            lines[2],
            "`2026-01-01 08:00:00,`wx1,`190,`0,`,`4200,`N-1,`o1,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`503,`R-1,`1.00,`0.00,`ORIGINAL,`SUCCESS,`Rust, 入门,`,`-0.01000,`0.60%,`0.00,`1.00,`"
        );
        assert_eq!(lines[4], "`2.0,`99.00,`1.00,`0.00,`0.58000,`99.00,`1.00");
    }

    #[test]
    fn bills_of_one_kind_have_columns_of_their_own() {
        for (bill_type, count, has_refund_times) in
            [(BillType::Success, 20, false), (BillType::Refund, 29, true)]
        {
            let text = bill_text(bill_type, &[payment(), refund()]).unwrap();
            let lines: Vec<&str> = text.split("\r\n").collect();
            assert_eq!((lines[0].split(',').count(), lines[1].split(",`").count()), (count, count));
            assert_eq!(lines[1].contains("`2026-01-01 08:00:01,`503,`R-1,"), has_refund_times);
        }
    }

    #[test]
    fn a_type_without_lines_has_no_bill() {
        assert!(bill_text(BillType::Refund, &[payment()]).is_none());
        assert!(bill_text(BillType::Success, &[payment()]).is_some());
        assert!(bill_text(BillType::All, &[]).is_none());
    }

    #[test]
    fn fees_are_rounded_to_the_fen() {
        assert_eq!([1, 83, 84, 9_900, 10_000].map(fee_fen), [0, 0, 1, 59, 60]);
        assert_eq!((yuan(-7), fee(-100)), ("-0.07".to_owned(), "-1.00000".to_owned()));
    }
}
