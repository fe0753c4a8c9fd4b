//! How does a bill of Alipay's read? (业务明细, `bill_type=trade`; unzipped, and decoded from GBK)
//!
//! Lines that begin with `#` are no rows: whose and when, a banner before the titles and one after the rows, and the
//! sums. Cells are CSV; a TAB ends those that spreadsheets are not to take for numbers. Sums are checked against the
//! rows.

use crate::gateway::alipay::parse_shanghai;
use crate::gateway::statement::{LineKind, Row, StatementFault, StatementLine};
use crate::money::Money;

/// The banner after the rows.
const END: &str = "业务明细列表结束";

/// The lines of a bill.
///
/// # Errors
/// [`StatementFault`] for what is not a whole bill.
pub fn read(text: &str) -> Result<Vec<StatementLine>, StatementFault> {
    let mut titles: Option<Vec<String>> = None;
    let mut lines = Vec::new();
    let mut notes = (1..).zip(text.lines());
    let ended = loop {
        let Some((number, line)) = notes.next() else { break false };
        if line.starts_with('#') {
            if line.contains(END) {
                break true;
            }
        } else if !line.trim().is_empty() {
            let cells = cells(number, line)?;
            match &titles {
                None => titles = Some(cells),
                Some(titles) => lines.push(read_line(&row(number, titles, &cells)?)?),
            }
        }
    };
    if !ended {
        return Err(StatementFault::at(0, format!("the bill was cut off: there is no {END}")));
    }
    for (name, is_refund) in [("交易合计", false), ("退款合计", true)] {
        let (number, note) = notes
            .next()
            .filter(|(_, note)| note.contains(name))
            .ok_or_else(|| StatementFault::at(0, format!("the bill was cut off: there is no {name}")))?;
        let count =
            lines.iter().filter(|line| matches!(line.kind, LineKind::Refund { .. }) == is_refund).count();
        if !note.contains(&format!("{name}：{count}笔")) {
            return Err(StatementFault::at(number, format!("the rows have {count}, the sums say {note}")));
        }
    }
    Ok(lines)
}

fn cells(number: usize, line: &str) -> Result<Vec<String>, StatementFault> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok);
    let record = record.ok_or_else(|| StatementFault::at(number, "the row is no CSV"))?;
    Ok(record.iter().map(|cell| cell.trim().to_owned()).collect())
}

fn row<'a>(number: usize, titles: &'a [String], cells: &'a [String]) -> Result<Row<'a>, StatementFault> {
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    Row::new(number, &titles, &cells.iter().map(String::as_str).collect::<Vec<_>>())
}

fn read_line(row: &Row<'_>) -> Result<StatementLine, StatementFault> {
    let (amount, is_negative): (Money, bool) = row.yuan("订单金额（元）")?;
    let kind = match (row.cell("业务类型")?, is_negative) {
        ("交易", false) => LineKind::Payment,
        ("退款", true) => LineKind::Refund { refund_no: Some(row.text("退款批次号/请求号")?) },
        (kind, _) => return Err(row.fault(format!("业务类型 {kind} of {}", row.cell("订单金额（元）")?))),
    };
    let at = parse_shanghai(row.cell("完成时间")?).ok_or_else(|| row.fault("完成时间 is no time"))?;
    Ok(StatementLine {
        kind,
        merchant_no: Some(row.text("商户订单号")?),
        gateway_no: row.text("支付宝交易号")?,
        amount,
        // Below zero where Alipay keeps it.
        fee_minor: row.fen("服务费（元）")?.saturating_neg(),
        at,
    })
}
