//! Which day or month is a statement of, and is it there yet?

use super::errors::Fault;
use crate::clock::{parse_shanghai, shanghai_format};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A day or a month in Shanghai.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) first_ms: i64,
    /// The first millisecond after it.
    pub(crate) end_ms: i64,
    /// `20260131` or `202601`, as in file names.
    pub(crate) label: String,
    /// When its statements are there: at ten the next morning; for a month on the fourth of the next.
    ready_ms: i64,
}

impl Period {
    /// Reads `yyyy-MM-dd` or `yyyy-MM`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let label = text.replace('-', "");
        if text.len() == 7 {
            let first_ms = parse_shanghai(&format!("{text}-01 00:00:00"))?;
            // No month has more than 31 days, and no two following ones fewer than 59.
            let in_next_ms = first_ms.saturating_add(31 * DAY_MS).saturating_add(12 * HOUR_MS);
            let end_ms = parse_shanghai(&shanghai_format(in_next_ms, "%Y-%m-01 00:00:00"))?;
            let ready_ms = end_ms.saturating_add(3 * DAY_MS).saturating_add(10 * HOUR_MS);
            return Some(Self { first_ms, end_ms, label, ready_ms });
        }
        let first_ms = parse_shanghai(&format!("{text} 00:00:00"))?;
        let end_ms = first_ms.saturating_add(DAY_MS);
        Some(Self { first_ms, end_ms, label, ready_ms: end_ms.saturating_add(10 * HOUR_MS) })
    }

    /// Refuses what is not over yet as a mistake, and what is over but not ready as not there.
    pub(crate) fn check(&self, now_ms: i64) -> Result<(), Fault> {
        if now_ms < self.end_ms {
            Err(Fault::Parameter("bill_date: a day or month that is over".to_owned()))
        } else if now_ms < self.ready_ms {
            Err(Fault::NoBill(
                "not yet there: days are at 10:00 the next morning, months on the 4th of the next".to_owned(),
            ))
        } else {
            Ok(())
        }
    }

    pub(crate) fn contains(&self, at_ms: i64) -> bool {
        (self.first_ms..self.end_ms).contains(&at_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_are_read_and_nothing_else() {
        let texts = |period: Period| {
            [period.first_ms, period.end_ms, period.ready_ms].map(|ms| shanghai_format(ms, "%m-%d %H:%M"))
        };
        for (text, expected) in [
            ("2026-01-31", ["01-31 00:00", "02-01 00:00", "02-01 10:00"]),
            ("2024-02", ["02-01 00:00", "03-01 00:00", "03-04 10:00"]),
            ("2026-02", ["02-01 00:00", "03-01 00:00", "03-04 10:00"]),
            ("2025-12", ["12-01 00:00", "01-01 00:00", "01-04 10:00"]),
        ] {
            assert_eq!(texts(Period::parse(text).unwrap()), expected, "{text}");
        }
        for wrong in ["", "2026", "2026-13", "2026-02-30", "2026-1-1", "20260101", "2026-01-01 ", "二〇二六"]
        {
            assert_eq!(Period::parse(wrong), None, "{wrong}");
        }
    }
}
