//! Which bytes does Stripe sign?
//!
//! A callback is signed as `t`, a dot and the raw body, with HMAC-SHA256 under the UTF-8 bytes of the whole
//! `whsec_…` text (docs.stripe.com/webhooks, "verify manually"). `Stripe-Signature: t=…,v1=…[,v1=…][,v0=…]`
//! holds one `v1` per secret that is valid: two while one is rolled, so every one is tried. `v0` is the
//! scheme of test events and proves nothing; schemes nobody knows are passed over.

use crate::gateway::{Claim, Fault, KeyChoice, Scheme};
use crate::time::Timestamp;

/// How far a callback's time may lie from ours, either way. Stripe's own libraries refuse what is older than
/// this and take any future; a time further ahead than clocks differ would stay fresh for as long as it
/// likes, so we refuse that too. Every delivery, repeats included, is signed anew with its own time.
pub const TOLERANCE_S: i64 = 300;

/// Each secret in use adds one signature, and more than two are rare. The bound keeps a forger from having us
/// compute without end.
const MOST_SIGNATURES: usize = 8;

/// HMAC-SHA256 gives so many.
const SIGNATURE_BYTES: usize = 32;

/// The header, taken apart but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeader {
    /// `t`, in epoch seconds.
    pub at_s: i64,
    /// `t` as it stands there: those digits are signed.
    pub at_text: String,
    /// Every `v1` that could be one, raw.
    pub signatures: Vec<Vec<u8>>,
}

/// Takes `Stripe-Signature` apart.
///
/// # Errors
/// [`Fault::Malformed`] without one time in digits, or without any `v1` of 32 bytes in hex.
pub fn parse_header(text: &str) -> Result<SignatureHeader, Fault> {
    let mut at = None;
    let mut signatures = Vec::new();
    for part in text.split(',') {
        let Some((scheme, value)) = part.split_once('=') else { continue };
        match scheme.trim() {
            // Two readers could check two different times.
            "t" if at.is_some() => return Err(Fault::Malformed("stripe-signature has two times")),
            "t" => at = Some(value.trim()),
            "v1" => signatures.extend(raw_signature(value.trim())),
            _ => {}
        }
    }
    let at_text = at.ok_or(Fault::Malformed("stripe-signature has no time"))?;
    let digits = !at_text.is_empty() && at_text.bytes().all(|byte| byte.is_ascii_digit());
    let at_s = at_text.parse().ok().filter(|_| digits);
    let at_s = at_s.ok_or(Fault::Malformed("the time in stripe-signature is no number"))?;
    if signatures.is_empty() {
        return Err(Fault::Malformed("stripe-signature has no v1"));
    }
    if signatures.len() > MOST_SIGNATURES {
        return Err(Fault::Malformed("stripe-signature has more signatures than there are secrets"));
    }
    Ok(SignatureHeader { at_s, at_text: at_text.to_owned(), signatures })
}

/// What is signed.
#[must_use]
pub fn signed_bytes(at_text: &str, body: &[u8]) -> Vec<u8> {
    [at_text.as_bytes(), b".", body].concat()
}

/// What proves `body`, if the header is of about `now`.
///
/// # Errors
/// [`Fault::Untimely`] for a time more than [`TOLERANCE_S`] away, or as [`parse_header`].
pub(super) fn claims(header: &str, body: &[u8], now: Timestamp) -> Result<Vec<Claim>, Fault> {
    let header = parse_header(header)?;
    let expected_s = now.seconds();
    if expected_s.abs_diff(header.at_s) > TOLERANCE_S.unsigned_abs() {
        return Err(Fault::Untimely { expected_s, got_s: header.at_s });
    }
    let message = signed_bytes(&header.at_text, body);
    let claim =
        |signature| Claim { scheme: Scheme::Hmac, key: KeyChoice::Any, message: message.clone(), signature };
    Ok(header.signatures.into_iter().map(claim).collect())
}

/// In hex, in lower case alone: what Stripe writes has one spelling.
fn raw_signature(text: &str) -> Option<Vec<u8>> {
    let raw = hex::decode(text).ok()?;
    let is_canonical = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(raw).filter(|raw| is_canonical && raw.len() == SIGNATURE_BYTES)
}
