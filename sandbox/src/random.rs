//! Where do tokens, numbers and keys come from, so that one seed gives the same bytes again?

use rsa::rand_core::{CryptoRng, Error, RngCore, impls};
use rsa::sha2::{Digest, Sha256};

/// A generator whose whole output follows from its seed: block *n* is SHA-256(seed ‖ n).
///
/// With a seed from the operating system its output cannot be guessed (cashier links rely on that);
/// with a fixed one, two runs of the engine are the same to the byte.
pub struct Random {
    seed: [u8; 32],
    blocks: u64,
    block: std::array::IntoIter<u8, 32>,
}

impl Random {
    /// Starts the stream that belongs to `seed`.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, blocks: 0, block: next_block(&seed, 0) }
    }

    /// How many bytes of the stream are used up.
    pub(crate) fn position(&self) -> u64 {
        let left = u64::try_from(self.block.len()).unwrap_or_default();
        self.blocks.saturating_add(1).saturating_mul(32).saturating_sub(left)
    }

    /// Goes on where a stream of the same seed stood.
    pub(crate) fn go_to(&mut self, position: u64) {
        self.blocks = position / 32;
        self.block = next_block(&self.seed, self.blocks);
        for _ in 0..position % 32 {
            self.block.next();
        }
    }

    fn next_byte(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.block.next() {
                return byte;
            }
            self.blocks = self.blocks.wrapping_add(1);
            self.block = next_block(&self.seed, self.blocks);
        }
    }

    /// 128 bits as 32 lower-case hex digits: a link nobody can guess.
    pub(crate) fn token(&mut self) -> String {
        let mut bytes = [0; 16];
        self.fill_bytes(&mut bytes);
        format!("{:032x}", u128::from_be_bytes(bytes))
    }

    /// A number below `bound`, each equally likely; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u8) -> u8 {
        let Some(largest_fair) = u8::MAX.checked_rem(bound).map(|rest| u8::MAX - rest) else { return 0 };
        loop {
            let byte = self.next_byte();
            if byte < largest_fair || largest_fair == 0 {
                return byte.checked_rem(bound).unwrap_or_default();
            }
        }
    }

    /// `count` of the characters `0-9A-Za-z`, each equally likely.
    pub(crate) fn alphanumeric(&mut self, count: usize) -> String {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let letters = std::iter::repeat_with(|| ALPHABET.get(usize::from(self.below(62))).copied());
        letters.flatten().map(char::from).take(count).collect()
    }

    /// `count` bytes as upper-case hex digits.
    pub(crate) fn upper_hex(&mut self, count: usize) -> String {
        let mut bytes = vec![0; count];
        self.fill_bytes(&mut bytes);
        hex::encode_upper(bytes)
    }

    /// `count` decimal digits, each equally likely.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        std::iter::repeat_with(|| char::from(b'0'.saturating_add(self.below(10)))).take(count).collect()
    }
}

fn next_block(seed: &[u8; 32], number: u64) -> std::array::IntoIter<u8, 32> {
    let block: [u8; 32] =
        Sha256::new().chain_update(seed).chain_update(number.to_be_bytes()).finalize().into();
    block.into_iter()
}

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill_with(|| self.next_byte());
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let (mut one, mut two) = (Random::from_seed([7; 32]), Random::from_seed([7; 32]));
        assert_eq!((one.token(), one.digits(40)), (two.token(), two.digits(40)));
        assert_ne!(Random::from_seed([8; 32]).token(), Random::from_seed([7; 32]).token());
    }

    #[test]
    fn a_stream_goes_on_where_it_stood() {
        for used in [0, 1, 31, 32, 33, 100] {
            let mut one = Random::from_seed([7; 32]);
            one.fill_bytes(&mut vec![0; used]);
            let mut other = Random::from_seed([7; 32]);
            other.go_to(one.position());
            assert_eq!(other.token(), one.token(), "{used}");
        }
    }

    #[test]
    fn tokens_and_digits_do_not_repeat_within_a_stream() {
        let mut random = Random::from_seed([1; 32]);
        assert_ne!(random.token(), random.token());
        assert_ne!(random.digits(30), random.digits(30));
        assert_eq!(random.digits(15).len(), 15);
        assert_eq!(random.alphanumeric(32).len(), 32);
    }

    #[test]
    fn numbers_below_a_bound_reach_all_of_it_and_no_more() {
        let mut random = Random::from_seed([1; 32]);
        for bound in [1, 2, 10, 62, 100, 255] {
            let seen: std::collections::BTreeSet<u8> = (0..5_000).map(|_| random.below(bound)).collect();
            assert_eq!(seen.into_iter().collect::<Vec<_>>(), (0..bound).collect::<Vec<_>>());
        }
        assert_eq!(random.below(0), 0);
    }
}
