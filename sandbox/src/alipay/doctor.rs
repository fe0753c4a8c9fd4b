//! Why does this signature not fit? (the diagnosis a refused caller never gets elsewhere)
//!
//! Opened with the application's public key, a signature shows the digest of the text that was signed.
//! So the usual mistakes can be tried one after the other: whichever gives that digest is what happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rsa::sha2::{Digest, Sha256};

use super::sign::{canonical_text, joined, request_text};
use crate::keys::{Opened, PublicKey};
use crate::log::{Cause, Diagnosis};

/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What RFC 3986 leaves as it is (`rawurlencode`, `quote` and their like).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The usual mistakes, each with the text it leads to.
fn usual_mistakes(pairs: &[(String, String)]) -> Vec<(Cause, String)> {
    let sent: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let with_values = |change: &dyn Fn(&str) -> String| {
        let changed: Vec<(&str, String)> = sent.iter().map(|(name, value)| (*name, change(value))).collect();
        request_text(changed.iter().map(|(name, value)| (*name, value.as_str())))
    };
    let mut by_name: Vec<(&str, &str)> = sent.iter().copied().filter(|(name, _)| *name != "sign").collect();
    let unsorted = joined(by_name.iter().copied().filter(|(_, value)| !value.is_empty()));
    by_name.sort_unstable();
    let biz_content = sent.iter().find(|(name, _)| *name == "biz_content").map(|(_, value)| *value);
    vec![
        (Cause::SignTypeLeftOut, canonical_text(sent.iter().copied(), &["sign", "sign_type"])),
        (Cause::EmptyValuesSigned, joined(by_name)),
        (Cause::NotSorted, unsorted),
        (
            Cause::EncodedBeforeSigning,
            with_values(&|value| utf8_percent_encode(value, COMPONENT).to_string()),
        ),
        (
            Cause::EncodedBeforeSigning,
            with_values(&|value| utf8_percent_encode(value, UNRESERVED).to_string()),
        ),
        (
            Cause::EncodedBeforeSigning,
            with_values(&|value| form_urlencoded::byte_serialize(value.as_bytes()).collect()),
        ),
        (Cause::PlusInValue, with_values(&|value| value.replace(' ', "+"))),
        (Cause::BizContentLeftOut, canonical_text(sent.iter().copied(), &["sign", "biz_content"])),
        (Cause::OnlyBizContent, biz_content.unwrap_or_default().to_owned()),
    ]
}

/// Explains why `signature` does not fit the parameters `pairs`, given in the order they arrived.
pub(crate) fn explain(pairs: &[(String, String)], signature: &str, key: &PublicKey) -> Diagnosis {
    let expected = request_text(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let unexplained = |cause| Diagnosis { expected: expected.clone(), signed: None, differs_at: None, cause };
    let Ok(bytes) = BASE64.decode(signature) else {
        return unexplained(if signature.contains(' ') { Cause::PlusInSign } else { Cause::NotBase64 });
    };
    let digest = match key.open(&bytes) {
        Opened::Sha256(digest) => digest,
        Opened::Sha1 => return unexplained(Cause::Sha1),
        Opened::Nonsense => return unexplained(Cause::OtherKey),
    };
    let signed = usual_mistakes(pairs)
        .into_iter()
        .find(|(_, text)| <[u8; 32]>::from(Sha256::digest(text.as_bytes())) == digest);
    match signed {
        Some((cause, text)) => {
            Diagnosis { differs_at: first_difference(&expected, &text), expected, signed: Some(text), cause }
        }
        None => unexplained(Cause::OtherText),
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
