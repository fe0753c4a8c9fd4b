//! What time is it, and how do the gateways write it?
//!
//! Two clocks. The *real* one comes with every call and judges timestamps in requests. *Business* time
//! (expiry, retries, every date in an answer) is the real one moved by an offset, so that a test need
//! not wait two hours for a payment to expire.

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// Business time may be anywhere up to the end of the year 9999: later dates no longer fit the format.
const LATEST_MS: i64 = 253_402_214_400_000;

/// China Standard Time, which knows no daylight saving.
const SHANGHAI_SECONDS_EAST: i32 = 8 * 60 * 60;

/// How far business time is from real time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BusinessClock {
    offset_ms: i64,
}

impl BusinessClock {
    pub(crate) fn offset_ms(self) -> i64 {
        self.offset_ms
    }

    /// Business time when the real clock says `real_ms`.
    pub(crate) fn business_ms(self, real_ms: i64) -> i64 {
        real_ms.saturating_add(self.offset_ms)
    }

    /// When the real clock will say so, given that business time runs along with it.
    pub(crate) fn real_ms(self, business_ms: i64) -> i64 {
        business_ms.saturating_sub(self.offset_ms)
    }

    /// A clock moved by `by_ms`, or `None` when that leaves the calendar.
    pub(crate) fn advanced(self, by_ms: i64, real_ms: i64) -> Option<Self> {
        Self::showing(self.business_ms(real_ms).checked_add(by_ms)?, real_ms)
    }

    /// A clock that now shows `business_ms`, or `None` when that is outside the calendar.
    pub(crate) fn showing(business_ms: i64, real_ms: i64) -> Option<Self> {
        if !(0..=LATEST_MS).contains(&business_ms) {
            return None;
        }
        Some(Self { offset_ms: business_ms.checked_sub(real_ms)? })
    }
}

/// `yyyy-MM-dd HH:mm:ss` in China Standard Time, as every Alipay date is written.
#[must_use]
pub fn shanghai_text(ms: i64) -> String {
    shanghai_format(ms, "%Y-%m-%d %H:%M:%S")
}

/// A moment in China Standard Time in any `chrono` format; empty outside the calendar.
pub(crate) fn shanghai_format(ms: i64, format: &str) -> String {
    FixedOffset::east_opt(SHANGHAI_SECONDS_EAST)
        .and_then(|zone| Some(DateTime::from_timestamp_millis(ms)?.with_timezone(&zone)))
        .map(|moment| moment.format(format).to_string())
        .unwrap_or_default()
}

/// Reads exactly `yyyy-MM-dd HH:mm:ss` in China Standard Time.
pub(crate) fn parse_shanghai(text: &str) -> Option<i64> {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    let ms = moment
        .and_utc()
        .timestamp_millis()
        .checked_sub(i64::from(SHANGHAI_SECONDS_EAST) * 1000)
        .filter(|ms| *ms <= LATEST_MS)?;
    // chrono reads `2026-1-1` and `+2026-…` too; only what would be written like this is meant.
    (shanghai_text(ms) == text).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_read_in_shanghai() {
        assert_eq!(shanghai_text(1_767_225_600_000), "2026-01-01 08:00:00");
        assert_eq!(parse_shanghai("2026-01-01 08:00:00"), Some(1_767_225_600_000));
    }

    #[test]
    fn only_the_documented_format_is_read() {
        for wrong in ["", "2026-1-1 08:00:00", "2026-01-01T08:00:00", "2026-02-30 08:00:00", "1767225600000"]
        {
            assert_eq!(parse_shanghai(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn business_time_stays_within_the_calendar() {
        let clock = BusinessClock::default();
        assert_eq!(clock.advanced(i64::MAX, 1), None);
        assert_eq!(BusinessClock::showing(-1, 1), None);
        let moved = clock.advanced(60_000, 1_000).unwrap();
        assert_eq!((moved.business_ms(1_000), moved.real_ms(61_000)), (61_000, 1_000));
    }
}
