//! How is a statement's file written? (lines, cells, and the GBK of both)

use encoding_rs::GBK;

use super::period::Period;
use crate::clock::shanghai_format;

/// A date and time as the `#` lines write it.
const LONG_DATE: &str = "%Y年%m月%d日 %H:%M:%S";

/// A file being written.
#[derive(Debug)]
pub(crate) struct Sheet {
    text: String,
}

impl Sheet {
    /// Starts with whose and when.
    pub(crate) fn new(title: &str, seller_id: &str, period: &Period) -> Self {
        let mut sheet = Self { text: String::new() };
        sheet.note(title);
        sheet.note(&format!("账号：[{}]", account_no(seller_id)));
        sheet.note(&format!(
            "起始日期：[{}]   终止日期：[{}]",
            shanghai_format(period.first_ms, LONG_DATE),
            shanghai_format(period.end_ms, LONG_DATE)
        ));
        sheet
    }

    /// A line that is no data.
    pub(crate) fn note(&mut self, text: &str) {
        self.text(&format!("#{text}"));
    }

    /// A line as it stands.
    pub(crate) fn text(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str("\r\n");
    }

    /// A line of cells.
    pub(crate) fn row(&mut self, cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        self.text(&cells.join(","));
    }

    /// Ends with when it was written.
    pub(crate) fn finish(mut self, now_ms: i64) -> String {
        self.note(&format!("导出时间：[{}]", shanghai_format(now_ms, LONG_DATE)));
        self.text
    }
}

/// An account's number in statements: the account's id with four digits more.
pub(crate) fn account_no(seller_id: &str) -> String {
    format!("{seller_id}0156")
}

/// A name between rules of so many dashes.
pub(crate) fn banner(name: &str, before: usize, after: usize) -> String {
    format!("{}{name}{}", "-".repeat(before), "-".repeat(after))
}

/// A cell, quoted where it would fall apart. No cell has a line break: it would be two lines then.
fn cell(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ");
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A text in GBK; `?` for what GBK does not have.
pub(crate) fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, has_unknown) = GBK.encode(text);
    if !has_unknown {
        return bytes.into_owned();
    }
    let mut all = Vec::with_capacity(text.len());
    for character in text.chars() {
        let mut buffer = [0; 4];
        match GBK.encode(character.encode_utf8(&mut buffer)) {
            (_, _, true) => all.push(b'?'),
            (bytes, _, false) => all.extend_from_slice(&bytes),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_to_their_place() {
        for (text, written) in
            [("a", "a"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\r\nb", "a  b"), ("x\t", "x\t")]
        {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn what_gbk_does_not_have_is_a_question_mark() {
        assert_eq!(gbk("明细"), [0xc3, 0xf7, 0xcf, 0xb8]);
        assert_eq!(gbk("明😀a"), [0xc3, 0xf7, b'?', b'a']);
    }
}
