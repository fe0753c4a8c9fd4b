//! What time is it at the server?
//!
//! Deadlines are the server's, and a learner's clock may be wrong by hours. The server's time is taken from
//! the `Date` header where the browser lets us see it. Otherwise from the id of something the server made
//! just now: ids are ULIDs, and their first ten characters are the milliseconds of their making.

use std::cell::Cell;

/// The server's clock, as far as its answers tell.
#[derive(Debug, Default)]
pub struct ServerClock {
    ahead_ms: Cell<i64>,
    heard: Cell<bool>,
}

impl ServerClock {
    /// The server's time when this device's clock shows `local_ms`.
    #[must_use]
    pub fn now_ms(&self, local_ms: i64) -> i64 {
        local_ms.saturating_add(self.ahead_ms.get())
    }

    /// An answer said that it was `server_ms` there when it was `local_ms` here.
    pub fn heard(&self, server_ms: i64, local_ms: i64) {
        self.ahead_ms.set(server_ms.saturating_sub(local_ms));
        self.heard.set(true);
    }

    /// The server has just made the thing with this id. Says nothing new where it tells its time itself.
    pub fn made(&self, id: &str, local_ms: i64) {
        if let (false, Some(server_ms)) = (self.heard.get(), made_at_ms(id)) {
            self.ahead_ms.set(server_ms.saturating_sub(local_ms));
        }
    }
}

/// When the thing with this ULID was made, in milliseconds.
#[must_use]
pub fn made_at_ms(ulid: &str) -> Option<i64> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if ulid.len() != 26 {
        return None;
    }
    // Ten characters of five bits fit 50 bits: no overflow.
    ulid.bytes().take(10).try_fold(0_i64, |ms, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some(ms << 5 | i64::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the ULID specification (github.com/ulid/spec).
    const EXAMPLE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    #[test]
    fn a_ulid_tells_when_it_was_made() {
        assert_eq!(made_at_ms(EXAMPLE), Some(1_469_922_850_259));
        assert_eq!(made_at_ms("01ARZ3NDEKTSV4RRFFQ69G5FA"), None);
        assert_eq!(made_at_ms("!!ARZ3NDEKTSV4RRFFQ69G5FAV"), None);
        assert_eq!(made_at_ms("01ARZ3NDEKTSV4RRFFQ69G5é"), None);
    }

    #[test]
    fn a_clock_that_is_an_hour_late_is_put_right() {
        let clock = ServerClock::default();
        let server_ms = 1_469_922_850_259;
        clock.made(EXAMPLE, server_ms - 3_600_000);
        assert_eq!(clock.now_ms(server_ms - 3_600_000 + 5), server_ms + 5);
    }

    #[test]
    fn the_servers_own_word_beats_an_id() {
        let clock = ServerClock::default();
        clock.heard(1_000, 400);
        clock.made(EXAMPLE, 400);
        assert_eq!(clock.now_ms(500), 1_100);
    }
}
