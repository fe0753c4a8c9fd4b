//! Which bytes does WeChat Pay sign?
//!
//! Lines, each ended by a newline, the last one too: a request signs method, target, time, nonce and body;
//! an answer and a callback sign time, nonce and body; what a page hands to WeChat's bridge signs
//! application, time, nonce and package. All with RSASSA-PKCS1-v1_5 and SHA-256, written in base64.
//!
//! A signature of an answer does not cover the status, nor which request it answers: that an answer is to
//! our request is what the connection proves, that WeChat wrote it within these five minutes is what the
//! signature proves. So a reader looks for our number wherever an answer has one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::gateway::{Claim, Fault, KeyChoice, Message, Scheme};
use crate::time::Timestamp;

/// How far a signature's time may be from ours, exclusively: as the official libraries have it.
const WINDOW_S: u64 = 300;

/// WeChat sends wrong signatures now and then to see whether anybody looks
/// (签名探测; wechatpay-java#319). They begin like this.
const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// What the header `Wechatpay-Signature-Type` says where it is there.
const SIGNATURE_TYPE: &str = "WECHATPAY2-SHA256-RSA2048";

/// The signed text of a request; `target` is path and query exactly as sent, `body` is empty for GET.
#[must_use]
pub fn request_text(verb: &str, target: &str, timestamp: &str, nonce: &str, body: &str) -> String {
    format!("{verb}\n{target}\n{timestamp}\n{nonce}\n{body}\n")
}

/// The signed bytes of an answer or a callback.
#[must_use]
pub fn message_text(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    [timestamp.as_bytes(), nonce.as_bytes(), body, b""].join(&b'\n')
}

/// The signed text of what a page hands to WeChat's bridge; `package` is `prepay_id=…`.
#[must_use]
pub fn page_text(appid: &str, timestamp: &str, nonce: &str, package: &str) -> String {
    format!("{appid}\n{timestamp}\n{nonce}\n{package}\n")
}

/// What is said to prove `message`; `None` when it carries no signature at all.
///
/// # Errors
/// [`Fault::Malformed`] for a signature that can be none or lacks what belongs to it, [`Fault::Untimely`]
/// for one that was made too long ago, or lies too far ahead.
pub(super) fn claim(message: Message<'_>, now: Timestamp) -> Result<Option<Claim>, Fault> {
    if !message.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("wechatpay-signature")) {
        return Ok(None);
    }
    let required =
        |name| message.header(name).ok_or(Fault::Malformed("a header of the signature is missing"));
    let signature = required("wechatpay-signature")?;
    let timestamp = required("wechatpay-timestamp")?;
    let nonce = required("wechatpay-nonce")?;
    let serial = required("wechatpay-serial")?;
    if message.header("wechatpay-signature-type").is_some_and(|kind| kind != SIGNATURE_TYPE) {
        return Err(Fault::Malformed("the signature is of another type"));
    }
    if signature.starts_with(PROBE) {
        return Err(Fault::Malformed("the signature is a probe"));
    }
    // A line within a line would let one text be read as another.
    if nonce.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Fault::Malformed("the nonce holds a control character"));
    }
    let got_s = seconds(timestamp).ok_or(Fault::Malformed("the time is not in seconds"))?;
    let expected_s = now.seconds();
    if expected_s.abs_diff(got_s) >= WINDOW_S {
        return Err(Fault::Untimely { expected_s, got_s });
    }
    Ok(Some(Claim {
        scheme: Scheme::Rsa,
        key: KeyChoice::Named(serial.to_owned()),
        message: message_text(timestamp, nonce, message.body),
        signature: from_base64(signature).ok_or(Fault::Malformed("the signature is not base64"))?,
    }))
}

/// Epoch seconds in plain digits.
fn seconds(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Bytes as they travel.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes in `text`; `None` for an empty text or one that is not base64.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
