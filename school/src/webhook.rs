//! Did Coursepay send this, just now, and unchanged?
//!
//! Standard Webhooks 1.0 (<https://github.com/standard-webhooks/standard-webhooks>): the signature is an
//! HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}` under a secret both sides hold. Any one
//! signature that fits any one of our secrets is enough, which is what lets either side replace a secret
//! without losing a delivery.

use std::fmt;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A delivery older or newer than this is refused, so that a recorded one cannot be played back later.
pub const TOLERANCE_S: i64 = 5 * 60;

/// The largest body that is read at all.
pub const MAX_WEBHOOK_BYTES: usize = 64 * 1024;

/// A sender in the middle of replacing a secret sends two signatures. The rest is somebody burning our time.
const MAX_SIGNATURES: usize = 8;

const MAX_ID_BYTES: usize = 128;

/// The bytes behind a `whsec_…` text. Prints only its type.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// Takes `whsec_` followed by the base64 of 24 to 64 bytes (the bounds of the specification).
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }
}

/// What a verified delivery says about itself. Only [`verify_webhook`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<'a> {
    /// The sender's id of the message: the same on every try to deliver it.
    pub id: &'a str,
    /// The body as received.
    pub body: &'a [u8],
}

/// Why a delivery is refused, in the order in which it is checked. All of them are the sender's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header that the specification demands is absent, repeated or not text.
    #[error("exactly one readable {0} header is needed")]
    Header(&'static str),
    /// `webhook-id` is empty, too long or holds something else than `A-Z a-z 0-9 _ -`.
    #[error("webhook-id must be 1 to 128 of A-Z, a-z, 0-9, '_' and '-'")]
    Id,
    /// `webhook-timestamp` is not a whole number of seconds.
    #[error("webhook-timestamp must be seconds since 1970 in decimal digits")]
    Timestamp,
    /// Signed too long ago.
    #[error("webhook-timestamp is {age_s} seconds old, at most 300 are accepted")]
    Stale {
        /// How long ago, in seconds.
        age_s: i64,
    },
    /// Signed in our future.
    #[error("webhook-timestamp is {ahead_s} seconds ahead of our clock, at most 300 are accepted")]
    Future {
        /// How far ahead, in seconds.
        ahead_s: i64,
    },
    /// No `v1` signature fits any secret.
    #[error("no v1 signature in webhook-signature fits this id, timestamp and body")]
    Signature,
}

impl WebhookError {
    /// The stable name that the answer carries.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Header(_) => "webhook_header",
            Self::Id => "webhook_id",
            Self::Timestamp => "webhook_timestamp",
            Self::Stale { .. } => "webhook_stale",
            Self::Future { .. } => "webhook_future",
            Self::Signature => "webhook_signature",
        }
    }
}

/// Checks a delivery against every secret at the time `now_ms`, on the body's raw bytes.
///
/// # Errors
/// The first reason to refuse it.
pub fn verify_webhook<'a>(
    secrets: &[WebhookSecret],
    headers: &'a HeaderMap,
    body: &'a [u8],
    now_ms: i64,
) -> Result<Verified<'a>, WebhookError> {
    let id = only_header(headers, "webhook-id")?;
    let timestamp = only_header(headers, "webhook-timestamp")?;
    let signatures = only_header(headers, "webhook-signature")?;

    // No '.' among them: the id could otherwise swallow part of what is signed after it.
    if id.is_empty()
        || id.len() > MAX_ID_BYTES
        || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    {
        return Err(WebhookError::Id);
    }

    if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(WebhookError::Timestamp);
    }
    let signed_at_s: i64 = timestamp.parse().map_err(|_| WebhookError::Timestamp)?;
    let age_s = now_ms.div_euclid(1000).saturating_sub(signed_at_s);
    if age_s > TOLERANCE_S {
        return Err(WebhookError::Stale { age_s });
    }
    if age_s < -TOLERANCE_S {
        return Err(WebhookError::Future { ahead_s: age_s.saturating_neg() });
    }

    let fits = signatures
        .split(' ')
        .take(MAX_SIGNATURES)
        .filter_map(|versioned| versioned.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .any(|given| {
            secrets.iter().any(|secret| {
                signature(secret, id, timestamp, body)
                    .is_some_and(|expected| bool::from(expected.ct_eq(given.as_slice())))
            })
        });
    if fits { Ok(Verified { id, body }) } else { Err(WebhookError::Signature) }
}

/// `None` cannot happen, as HMAC takes a key of any length; it would be read as "does not fit".
fn signature(secret: &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}

/// Two headers of one name could be read differently by a proxy before us, so one is all we take.
fn only_header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| WebhookError::Header(name)),
        _ => Err(WebhookError::Header(name)),
    }
}
