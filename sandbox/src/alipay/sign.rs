//! Which string is signed, and how does a signed answer look?
//!
//! Three strings: a request signs every parameter but `sign`; a notify and a return signs every one but
//! `sign` and `sign_type`; a synchronous answer signs the raw text of its response object.

use std::collections::BTreeMap;

use crate::keys::KeyPair;

/// `k=v&k=v` in the byte order of the keys, values raw; empty values are not part of it.
pub fn canonical_text<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, left_out: &[&str]) -> String {
    let sorted: BTreeMap<&str, &str> =
        pairs.into_iter().filter(|(name, value)| !value.is_empty() && !left_out.contains(name)).collect();
    joined(sorted)
}

/// `k=v&k=v` in the order given.
pub(crate) fn joined<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// The string a request's `sign` covers (`sign_type` stays in).
#[must_use]
pub fn request_text<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    canonical_text(pairs, &["sign"])
}

/// The string the `sign` of a notify or of a return covers.
#[must_use]
pub fn notify_text<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    canonical_text(pairs, &["sign", "sign_type"])
}

/// Signs the parameters of a notify or a return and appends `sign`.
pub(crate) fn sign_notify(mut params: BTreeMap<String, String>, key: &KeyPair) -> BTreeMap<String, String> {
    let text = notify_text(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    params.insert("sign".to_owned(), key.sign_sha256(&text));
    params
}

/// The whole body of a synchronous answer: `{"<node>":<object>,"sign":"…"}`, in certificate mode with the
/// number of the certificate whose key signed. Without a key (the caller is not known) it goes unsigned.
pub(crate) fn sign_response(
    node: &str,
    object: &str,
    certificate_sn: Option<&str>,
    key: Option<&KeyPair>,
) -> String {
    let mut body = format!("{{\"{node}\":{object}");
    if let Some(number) = certificate_sn {
        body.push_str(&format!(",\"alipay_cert_sn\":\"{number}\""));
    }
    if let Some(key) = key {
        body.push_str(&format!(",\"sign\":\"{}\"", key.sign_sha256(object)));
    }
    body.push('}');
    body
}
