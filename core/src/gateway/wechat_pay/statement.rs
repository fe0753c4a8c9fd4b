//! How does a bill of WeChat Pay's read? (交易账单, all types; UTF-8, unpacked)
//!
//! A header, a row for each payment and each refund with a backtick before every cell, a header of sums and the sums.
//! There is no quoting: a row falls apart at comma and backtick together. Sums are checked against the rows.

use crate::gateway::alipay::parse_shanghai;
use crate::gateway::statement::{LineKind, Row, StatementFault, StatementLine};

/// With what the header of the sums begins.
const SUMS: &str = "总交易单数";

/// The lines of a bill.
///
/// # Errors
/// [`StatementFault`] for what is not a whole bill of this merchant's.
pub fn read(text: &str, mchid: &str) -> Result<Vec<StatementLine>, StatementFault> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = (1..).zip(text.lines().map(str::trim_end)).filter(|(_, line)| !line.is_empty());
    let (_, header) = rows.next().ok_or_else(|| StatementFault::at(0, "the bill is empty"))?;
    let titles: Vec<&str> = header.split(',').collect();
    let mut lines = Vec::new();
    while let Some((number, line)) = rows.next() {
        if line.starts_with(SUMS) {
            let (number, sums) =
                rows.next().ok_or_else(|| StatementFault::at(number, "the sums are missing"))?;
            let sums = Row::new(number, &line.split(',').collect::<Vec<_>>(), &cells(number, sums)?)?;
            check(&sums, &lines)?;
            return Ok(lines);
        }
        lines.push(read_line(&Row::new(number, &titles, &cells(number, line)?)?, mchid)?);
    }
    Err(StatementFault::at(0, "the bill was cut off: its sums are missing"))
}

fn cells(number: usize, line: &str) -> Result<Vec<&str>, StatementFault> {
    let first =
        line.strip_prefix('`').ok_or_else(|| StatementFault::at(number, "no backtick before the row"))?;
    Ok(first.split(",`").collect())
}

fn read_line(row: &Row<'_>, mchid: &str) -> Result<StatementLine, StatementFault> {
    if row.cell("商户号")? != mchid {
        return Err(row.fault(format!("expected merchant {mchid}, got {}", row.cell("商户号")?)));
    }
    if row.cell("货币种类")? != "CNY" {
        return Err(row.fault(format!("expected CNY, got {}", row.cell("货币种类")?)));
    }
    let (kind, amount) = match row.cell("交易状态")? {
        "SUCCESS" => (LineKind::Payment, row.yuan("订单金额")?),
        "REFUND" | "REVOKED" => {
            let refund_no = Some(row.text("商户退款单号")?).filter(|number| number != "0");
            (LineKind::Refund { refund_no }, row.yuan("申请退款金额")?)
        }
        other => return Err(row.fault(format!("交易状态 is {other}"))),
    };
    let (amount, false) = amount else { return Err(row.fault("an amount is below zero")) };
    let at = parse_shanghai(row.cell("交易时间")?).ok_or_else(|| row.fault("交易时间 is no time"))?;
    Ok(StatementLine {
        kind,
        merchant_no: Some(row.text("商户订单号")?),
        gateway_no: row.text("微信订单号")?,
        amount,
        fee_minor: row.fen("手续费")?,
        at,
    })
}

fn check(sums: &Row<'_>, lines: &[StatementLine]) -> Result<(), StatementFault> {
    // A count with a decimal: `12.0`.
    let count = sums.cell("总交易单数")?;
    if count.split('.').next().and_then(|whole| whole.parse().ok()) != Some(lines.len()) {
        return Err(sums.fault(format!("expected {count} lines, got {}", lines.len())));
    }
    let sum = |is_refund: bool| {
        lines
            .iter()
            .filter(|line| matches!(line.kind, LineKind::Refund { .. }) == is_refund)
            .fold(0_i64, |sum, line| sum.saturating_add(line.amount.minor()))
    };
    for (title, got) in [("订单总金额", sum(false)), ("申请退款总金额", sum(true))] {
        let expected = sums.fen(title)?;
        if expected != got {
            return Err(sums.fault(format!("{title}: expected {expected} fen, the lines have {got}")));
        }
    }
    Ok(())
}
