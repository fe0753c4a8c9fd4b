//! Which mistakes do callers of `gateway.do` make when they sign?

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::sign::{canonical_text, joined, request_text};
use crate::doctor;
use crate::keys::PublicKey;
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
    doctor::explain(expected, signature, key, usual_mistakes(pairs))
}
