//! How does Alipay write money? (yuan with two decimals; fen inside)

/// The most one payment may cost: 100 000 000.00 yuan.
pub(crate) const LARGEST_FEN: i64 = 100_000_000 * 100;

/// Fen of a text such as `99`, `99.9` or `99.00`. No sign, no exponent, no third decimal, no blank.
pub(crate) fn parse_yuan(text: &str) -> Option<i64> {
    let (yuan, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(yuan) || !all_digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let decimals: i64 = format!("{decimals:0<2}").parse().ok()?;
    yuan.parse::<i64>().ok()?.checked_mul(100)?.checked_add(decimals)
}

/// `9900` as `99.00`.
pub(crate) fn yuan_text(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_texts_become_fen() {
        for (text, fen) in
            [("0.01", 1), ("99", 9_900), ("99.9", 9_990), ("100000000.00", LARGEST_FEN), ("0", 0)]
        {
            assert_eq!(parse_yuan(text), Some(fen), "{text}");
        }
        assert_eq!(yuan_text(9_990), "99.90");
    }

    #[test]
    fn anything_else_is_no_amount() {
        for text in
            ["", ".", "1.", ".5", "1.234", "-1", "+1", "1e3", " 1", "1,00", "99999999999999999999", "１"]
        {
            assert_eq!(parse_yuan(text), None, "{text}");
        }
    }
}
