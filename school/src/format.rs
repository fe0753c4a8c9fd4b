//! How do we write an amount and a moment?

use chrono::{DateTime, FixedOffset};

/// Currencies whose smallest unit is the currency itself (ISO 4217), as far as Coursepay sells in them.
const WITHOUT_MINOR_UNIT: [&str; 3] = ["JPY", "KRW", "VND"];

/// `¥99.00`, or `USD 12.50` for what is not yuan.
pub(crate) fn money(amount_minor: i64, currency: &str) -> String {
    let sign = if amount_minor < 0 { "-" } else { "" };
    let amount = amount_minor.unsigned_abs();
    let number = if WITHOUT_MINOR_UNIT.contains(&currency) {
        amount.to_string()
    } else {
        format!("{}.{:02}", amount / 100, amount % 100)
    };
    if currency == "CNY" { format!("{sign}¥{number}") } else { format!("{currency} {sign}{number}") }
}

/// `2026-01-01 08:00` in Beijing, where the school is; empty for what is no point in time.
pub(crate) fn moment(at_ms: i64) -> String {
    const BEIJING_OFFSET_S: i32 = 8 * 60 * 60;
    DateTime::from_timestamp_millis(at_ms)
        .zip(FixedOffset::east_opt(BEIJING_OFFSET_S))
        .map(|(at, beijing)| at.with_timezone(&beijing).format("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_to_the_cent() {
        for (amount_minor, currency, written) in [
            (9900, "CNY", "¥99.00"),
            (5, "CNY", "¥0.05"),
            (-105, "CNY", "-¥1.05"),
            (i64::MIN, "CNY", "-¥92233720368547758.08"),
            (1250, "USD", "USD 12.50"),
            (1250, "JPY", "JPY 1250"),
        ] {
            assert_eq!(money(amount_minor, currency), written);
        }
    }

    #[test]
    fn moments_are_written_in_beijing_time() {
        assert_eq!(moment(1_767_225_600_000), "2026-01-01 08:00");
        assert_eq!(moment(i64::MAX), "");
    }
}
