//! How does a true message become one that nobody has thought of?
//!
//! By changes that know a little of texts: words are put in the place of words, values in the place of
//! values, parts are dropped, doubled, swapped and taken from other messages. Single bytes are left to
//! `mutatis`.

use mutatis::Session;

use crate::native::random::Seeded;

/// Longer ones are refused by their length, which is soon tried.
const LONGEST_BYTES: usize = 70 * 1024;

/// The longest piece that is doubled or taken over.
const LONGEST_PIECE: usize = 200;

/// What readers stumble over.
const STUMBLING_BLOCKS: [&[u8]; 38] = [
    b"",
    b"0",
    b"-0",
    b"-1",
    b"0.1",
    b"1e309",
    b"9007199254740993",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"253402300800",
    b"99999999999999999999.00",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"\"\"",
    b"\"\\ud800\"",
    b"\\u0000",
    b"%00",
    b"%FF",
    b"%",
    b"+",
    b"&",
    b"=",
    b",",
    b":",
    b".",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    "课".as_bytes(),
    "\u{2028}".as_bytes(),
    b"2026-02-30T25:61:61+99:99",
    b"-262143-01-01T00:00:00Z",
    b"9999-12-31 23:59:60.999999999999",
];

/// Changes messages.
pub(super) struct Mutator {
    random: Seeded,
    bytes: Session,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    /// One that draws its words from `seeds`; what it does follows from `seed`.
    pub(super) fn new(seed: u64, seeds: &[Vec<u8>]) -> Self {
        let words = seeds.iter().flat_map(|seed| seed.split(|byte| !is_word(*byte)));
        let mut words: Vec<Vec<u8>> =
            words.filter(|word| (1..=64).contains(&word.len())).map(<[u8]>::to_vec).collect();
        words.sort();
        words.dedup();
        words.extend(STUMBLING_BLOCKS.map(<[u8]>::to_vec));
        words.extend([b"[".repeat(300), b"{\"a\":".repeat(200), b"A".repeat(300)]);
        Self { random: Seeded::new(seed), bytes: Session::new().seed(!seed), words }
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        // A remainder of a 64-bit number fits what it is a remainder of.
        usize::try_from(self.random.below(end.max(1) as u64)).unwrap_or_default()
    }

    /// Changes `input` in one to six ways; `other` is another message.
    pub(super) fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(6) {
            match self.below(10) {
                0 | 1 => {
                    // Fails for a type without values, which bytes are not.
                    let _ = self.bytes.mutate(input);
                }
                2 => self.put(input, |at, _| at..at),
                3 | 4 => self.put(input, word),
                5 => self.put(input, value),
                6 => self.drop_piece(input),
                7 => self.double_piece(input),
                8 => self.take_over(input, other),
                _ => self.swap_parts(input),
            }
            input.truncate(LONGEST_BYTES);
        }
    }

    /// Puts a word in a place that `place` finds around a position.
    fn put(&mut self, input: &mut Vec<u8>, place: fn(usize, &[u8]) -> std::ops::Range<usize>) {
        let at = self.below(input.len() + 1);
        let chosen = self.below(self.words.len());
        let range = place(at, input);
        input.splice(range, self.words[chosen].iter().copied());
    }

    fn piece(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        start..start + self.below(LONGEST_PIECE.min(length - start) + 1)
    }

    fn drop_piece(&mut self, input: &mut Vec<u8>) {
        let piece = self.piece(input.len());
        input.drain(piece);
    }

    fn double_piece(&mut self, input: &mut Vec<u8>) {
        let piece = self.piece(input.len());
        let copies = input[piece.clone()].repeat(1 + self.below(8));
        input.splice(piece.end..piece.end, copies);
    }

    fn take_over(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let (theirs, ours) = (self.piece(other.len()), self.piece(input.len()));
        input.splice(ours, other[theirs].iter().copied());
    }

    /// Swaps two of the parts between one kind of separator, or puts one in the place of the other.
    fn swap_parts(&mut self, input: &mut Vec<u8>) {
        let separator = b",&\n{"[self.below(4)];
        let mut parts: Vec<&[u8]> = input.split(|byte| *byte == separator).collect();
        let (one, other) = (self.below(parts.len()), self.below(parts.len()));
        match self.below(3) {
            0 => parts.swap(one, other),
            1 => parts[one] = parts[other],
            _ => parts.insert(one, parts[other]),
        }
        *input = parts.join(&separator);
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// The word around `at`.
fn word(at: usize, input: &[u8]) -> std::ops::Range<usize> {
    around(at, input, |byte| !is_word(byte))
}

/// What stands between two separators around `at`.
fn value(at: usize, input: &[u8]) -> std::ops::Range<usize> {
    around(at, input, |byte| matches!(byte, b':' | b',' | b'{' | b'}' | b'&' | b'=' | b'\n'))
}

fn around(at: usize, input: &[u8], ends: fn(u8) -> bool) -> std::ops::Range<usize> {
    let (before, after) = input.split_at(at);
    let start = before.iter().rposition(|byte| ends(*byte)).map_or(0, |end| end + 1);
    let length = after.iter().position(|byte| ends(*byte)).unwrap_or(after.len());
    start..at + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_changes() {
        let seeds = [br#"{"code":"10000","amount":{"total":9900}}"#.to_vec(), b"a=b&c=d".to_vec()];
        let changed = |seed| {
            let mut mutator = Mutator::new(seed, &seeds);
            (0..200)
                .map(|_| {
                    let mut input = seeds[0].clone();
                    mutator.change(&mut input, &seeds[1]);
                    input
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
    }

    #[test]
    fn nothing_and_a_single_byte_can_be_changed_too() {
        let mut mutator = Mutator::new(1, &[]);
        for start in [&b""[..], b"x", b","] {
            for _ in 0..500 {
                mutator.change(&mut start.to_vec(), b"");
            }
        }
    }

    #[test]
    fn a_value_ends_at_its_separators() {
        let text = br#"{"a":"b c","d":1}"#;
        assert_eq!(&text[value(7, text)], br#""b c""#);
        assert_eq!(&text[word(2, text)], b"a");
    }
}
