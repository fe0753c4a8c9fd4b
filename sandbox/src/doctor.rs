//! Why does this signature not fit? (the diagnosis a refused caller never gets elsewhere)
//!
//! Opened with the caller's public key, a signature shows the digest of the text that was signed. So the
//! usual mistakes can be tried one after the other: whichever gives that digest is what happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rsa::sha2::{Digest, Sha256};

use crate::keys::{Opened, PublicKey};
use crate::log::{Cause, Diagnosis};

/// Explains why `signature` (base64) does not fit `expected`; `mistakes` are the usual ones, each with the
/// text it leads to.
pub(crate) fn explain(
    expected: String,
    signature: &str,
    key: &PublicKey,
    mistakes: impl IntoIterator<Item = (Cause, String)>,
) -> Diagnosis {
    let unexplained = |expected, cause| Diagnosis { expected, signed: None, differs_at: None, cause };
    let Ok(bytes) = BASE64.decode(signature) else {
        let cause = if signature.contains(' ') { Cause::PlusInSign } else { Cause::NotBase64 };
        return unexplained(expected, cause);
    };
    let digest = match key.open(&bytes) {
        Opened::Sha256(digest) => digest,
        Opened::Sha1 => return unexplained(expected, Cause::Sha1),
        Opened::Nonsense => return unexplained(expected, Cause::OtherKey),
    };
    let signed =
        mistakes.into_iter().find(|(_, text)| <[u8; 32]>::from(Sha256::digest(text.as_bytes())) == digest);
    match signed {
        Some((cause, text)) => {
            Diagnosis { differs_at: first_difference(&expected, &text), expected, signed: Some(text), cause }
        }
        None => unexplained(expected, Cause::OtherText),
    }
}

/// The first byte at which two texts differ; `None` when they do not.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    (one != other).then_some(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_differs_is_found() {
        assert_eq!(first_difference("a=1&b=2", "a=1&c=2"), Some(4));
        assert_eq!(first_difference("a=1", "a=1&b=2"), Some(3));
        assert_eq!(first_difference("a=1", "a=1"), None);
    }
}
