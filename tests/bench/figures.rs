//! What do many durations come to?

#![expect(clippy::float_arithmetic, reason = "durations and ratios, not money")]

use std::fmt;
use std::time::Duration;

/// The median, in microseconds; nothing of nothing.
pub(crate) fn median(durations: &mut [Duration]) -> f64 {
    durations.sort_unstable();
    durations.get(durations.len() / 2).map_or(0.0, |middle| middle.as_secs_f64() * 1e6)
}

/// What each of the `further` repetitions adds to `once` where they take `often` together.
pub(crate) fn each(once: f64, often: f64, further: u32) -> f64 {
    (often - once) / f64::from(further)
}

/// A ratio, over several rounds.
#[derive(Default)]
pub(crate) struct Ratio {
    rounds: Vec<Round>,
}

struct Round {
    ours_us: f64,
    theirs_us: f64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.ours_us / self.theirs_us
    }
}

impl Ratio {
    pub(crate) fn add(&mut self, ours_us: f64, theirs_us: f64) {
        self.rounds.push(Round { ours_us, theirs_us });
    }

    /// The last round's.
    pub(crate) fn last(&self) -> String {
        self.rounds.last().map_or_else(String::new, |round| format!("{:.2}", round.ratio()))
    }

    /// Of all rounds, the median of `value`; least and most at the ends.
    fn sorted(&self, value: impl Fn(&Round) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.rounds.iter().map(value).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let middle = |values: &[f64]| values.get(values.len() / 2).copied().unwrap_or_default();
        let ratios = self.sorted(Round::ratio);
        let (least, most) = (ratios.first().copied(), ratios.last().copied());
        let (ours, theirs) = (self.sorted(|round| round.ours_us), self.sorted(|round| round.theirs_us));
        write!(
            f,
            "{:.2}  ({:.2} to {:.2} in {} rounds; here {:.0} µs against {:.0} µs)",
            middle(&ratios),
            least.unwrap_or_default(),
            most.unwrap_or_default(),
            ratios.len(),
            middle(&ours),
            middle(&theirs),
        )
    }
}
