//! In how few steps can a failure be told?

use crate::sim::{Violation, live_some};

/// How many shorter lives are tried.
const MOST_TRIES: usize = 600;

/// The shortest life of the same world that was found to break, beginning with one that did: steps are left out, half
/// of them first, then ever fewer, as long as something still does not hold.
#[must_use]
pub fn shortest(seed: u64, mut known: Violation) -> Violation {
    let mut left = MOST_TRIES;
    let mut chunk = known.steps.len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        while start < known.steps.len() && left > 0 {
            left -= 1;
            let end = (start + chunk).min(known.steps.len());
            let kept = [&known.steps[..start], &known.steps[end..]].concat();
            match live_some(seed, |place| kept.contains(&place)) {
                Err(shorter) => known = *shorter,
                Ok(_) => start = end,
            }
        }
        chunk = if chunk == 1 || left == 0 { 0 } else { chunk.div_ceil(2) };
    }
    known
}
