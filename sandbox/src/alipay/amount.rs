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

/// `9900` as `99.00`, `-5` as `-0.05`.
pub(crate) fn yuan_text(fen: i64) -> String {
    let (sign, amount) = if fen < 0 { ("-", fen.unsigned_abs()) } else { ("", fen.unsigned_abs()) };
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

/// What the gateway keeps of a payment: 0.6 %, rounded half up. A refund does not give it back.
pub(crate) fn fee_fen(fen: i64) -> i64 {
    fen.saturating_mul(6).saturating_add(500) / 1000
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
        assert_eq!([9_990, -5, -100, 0].map(yuan_text), ["99.90", "-0.05", "-1.00", "0.00"]);
    }

    #[test]
    fn the_fee_is_six_in_a_thousand_rounded_half_up() {
        for (fen, fee) in [(9_900, 59), (1, 0), (83, 0), (84, 1), (10_000, 60), (LARGEST_FEN, 60_000_000)] {
            assert_eq!(fee_fen(fen), fee, "{fen}");
        }
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
