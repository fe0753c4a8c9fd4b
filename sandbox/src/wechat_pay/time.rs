//! How does WeChat Pay write a moment? (RFC 3339 with the offset of Shanghai)

use chrono::{DateTime, NaiveDate};

use crate::clock::shanghai_format;

/// `yyyy-MM-ddTHH:mm:ss+08:00`.
pub(crate) fn rfc3339(ms: i64) -> String {
    shanghai_format(ms, "%Y-%m-%dT%H:%M:%S+08:00")
}

/// Reads RFC 3339 with any offset.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    // chrono also takes a blank for the T, which the real gateway does not.
    let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.contains('T'))?;
    Some(moment.timestamp_millis())
}

/// The first and the last millisecond of a day of Shanghai, written `yyyy-MM-dd`.
pub(crate) fn shanghai_day(text: &str) -> Option<(i64, i64)> {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    const EAST_MS: i64 = 8 * 60 * 60 * 1000;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let first_ms = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis().checked_sub(EAST_MS)?;
    let last_ms = first_ms.checked_add(DAY_MS)?.checked_sub(1)?;
    // chrono reads `2026-1-1` too.
    (shanghai_format(first_ms, "%Y-%m-%d") == text).then_some((first_ms, last_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 08:00:00 in Shanghai.
    const START_MS: i64 = 1_767_225_600_000;

    #[test]
    fn moments_are_written_with_the_offset_and_read_with_any() {
        assert_eq!(rfc3339(START_MS), "2026-01-01T08:00:00+08:00");
        for text in ["2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"] {
            assert_eq!(parse_rfc3339(text), Some(START_MS));
        }
        for text in ["2026-01-01 08:00:00+08:00", "2026-01-01T08:00:00", "tomorrow", ""] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_begins_and_ends_in_shanghai() {
        assert_eq!(
            shanghai_day("2026-01-01"),
            Some((START_MS - 8 * 3_600_000, START_MS + 16 * 3_600_000 - 1))
        );
        for text in ["2026-1-1", "20260101", "2026-02-30", "2026-01-01 ", ""] {
            assert_eq!(shanghai_day(text), None, "{text}");
        }
    }
}
