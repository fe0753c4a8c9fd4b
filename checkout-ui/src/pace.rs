//! When do we ask again?
//!
//! Polling starts at 2 s, because most learners pay within a minute, and slows to 10 s, because those who
//! do not may leave the page open for an hour. Asking the gateway costs the Worker a signature and is
//! limited by it to once in 3 s, so that runs at 5 s. Money that goes back is there in seconds from most, in
//! days from a bank, so it is asked about ever more seldom.

use crate::state::Watch;

/// A failed question is repeated this often before the learner is told.
pub const MAX_TRIES: u32 = 4;

/// The pause before poll number `count` (from 0), in milliseconds.
#[must_use]
pub fn poll_delay_ms(watch: Watch, count: u32) -> u32 {
    match watch {
        Watch::Read => (0..count.min(16)).fold(2_000_u32, |delay, _| (delay / 4 * 5).min(10_000)),
        Watch::Check if count < 24 => 5_000,
        Watch::Check => 10_000,
        // 5, 10, 20 s … and then every ten minutes.
        Watch::Return => (5_000 << count.min(7)).min(600_000),
    }
}

/// The pause before repeating something that failed `tries` times, in milliseconds: 1, 2, 4 … 30 s.
#[must_use]
pub fn retry_delay_ms(tries: u32) -> u32 {
    1_000_u32.saturating_mul(1 << tries.saturating_sub(1).min(5)).min(30_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_starts_at_two_seconds_and_slows_to_ten() {
        let delays: Vec<_> = (0..12).map(|count| poll_delay_ms(Watch::Read, count)).collect();
        assert_eq!(delays.first(), Some(&2_000));
        assert!(delays.is_sorted());
        assert_eq!(delays.last(), Some(&10_000));
        assert_eq!(poll_delay_ms(Watch::Read, u32::MAX), 10_000);
    }

    #[test]
    fn money_on_its_way_back_is_asked_about_ever_more_seldom() {
        let delays: Vec<_> = (0..9).map(|count| poll_delay_ms(Watch::Return, count) / 1_000).collect();
        assert_eq!(delays, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(poll_delay_ms(Watch::Return, u32::MAX), 600_000);
    }

    #[test]
    fn the_gateway_is_never_asked_more_often_than_the_worker_allows() {
        assert!((0..100).all(|count| poll_delay_ms(Watch::Check, count) > 3_000));
    }

    #[test]
    fn repeats_back_off_to_half_a_minute() {
        let delays: Vec<_> = (1..8).map(retry_delay_ms).collect();
        assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(retry_delay_ms(0), 1_000);
    }
}
