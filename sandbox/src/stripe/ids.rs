//! How are ids made? (`pi_…`, `cs_test_…`, in the order of their creation)
//!
//! Like Stripe's own, an id starts with a part that grows with time: here a counter in base 62, whose digits
//! are in the order of ASCII. So the order of the keys is the order of creation, which is what lists and
//! their cursors need.

use crate::random::Random;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62⁷ ids: enough.
const COUNTER_LENGTH: usize = 7;

/// Counts what was made.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last: u64,
}

impl Ids {
    /// A new id such as `pi_1` + counter + 16 random characters.
    pub(crate) fn next(&mut self, prefix: &str, random: &mut Random) -> String {
        self.made(&format!("{prefix}_1"), 16, random)
    }

    /// A Checkout Session's id is longer and says that it is a test's.
    pub(crate) fn next_session(&mut self, random: &mut Random) -> String {
        self.made("cs_test_a1", 51, random)
    }

    fn made(&mut self, start: &str, tail: usize, random: &mut Random) -> String {
        self.last = self.last.saturating_add(1);
        format!("{start}{}{}", base62(self.last), random.alphanumeric(tail))
    }

    /// Never makes again what was made before `id`.
    pub(crate) fn seen(&mut self, id: &str) {
        let Some((prefix, _)) = id.split_once('_') else { return };
        let start = if prefix == "cs" { "cs_test_a1".len() } else { prefix.len().saturating_add(2) };
        let counter = id.get(start..start.saturating_add(COUNTER_LENGTH)).and_then(from_base62);
        self.last = self.last.max(counter.unwrap_or_default());
    }
}

fn digit(number: u64) -> char {
    let place = usize::try_from(number % 62).unwrap_or_default();
    char::from(DIGITS.get(place).copied().unwrap_or(b'0'))
}

fn base62(mut number: u64) -> String {
    let mut digits: Vec<char> = Vec::with_capacity(COUNTER_LENGTH);
    for _ in 0..COUNTER_LENGTH {
        digits.push(digit(number));
        number /= 62;
    }
    digits.into_iter().rev().collect()
}

fn from_base62(text: &str) -> Option<u64> {
    text.bytes().try_fold(0_u64, |number, byte| {
        let value = DIGITS.iter().position(|digit| *digit == byte)?;
        number.checked_mul(62)?.checked_add(u64::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_they_were_made() {
        let (mut ids, mut random) = (Ids::default(), Random::from_seed([1; 32]));
        let made: Vec<String> = (0..5_000).map(|_| ids.next("pi", &mut random)).collect();
        assert!(made.is_sorted());
        assert_eq!(made[0].len(), "pi_".len() + 24);
        assert_eq!(ids.next_session(&mut random).len(), 68);
    }

    #[test]
    fn what_was_made_before_is_not_made_again() {
        let (mut ids, mut random) = (Ids::default(), Random::from_seed([1; 32]));
        let session = (0..100).map(|_| ids.next_session(&mut random)).last().unwrap();
        let mut restarted = Ids::default();
        restarted.seen("pi_");
        restarted.seen("nonsense");
        restarted.seen(&session);
        assert_eq!(restarted.last, 100);
        let refund = restarted.next("re", &mut random);
        let mut again = Ids::default();
        again.seen(&refund);
        assert_eq!(again.last, 101);
    }
}
