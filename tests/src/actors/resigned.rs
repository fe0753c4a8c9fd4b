//! How would a gateway sign the same by another key?
//!
//! A callback of the sandbox's, signed again; and WeChat Pay's list of certificates, which the sandbox hands out
//! with one certificate only.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use coursepay_sandbox::wechat_pay::seal::seal;
use coursepay_sandbox::wechat_pay::sign::answer_text;
use coursepay_sandbox::{Certificate, KeyPair, shanghai_text};
use http::{HeaderMap, HeaderValue, Request, Response};
use serde_json::{Value, json};

use crate::actors::signature::hmac_sha256;

const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";

/// A key of WeChat's with what its signatures call it.
#[derive(Clone, Copy)]
pub struct WechatKey<'a> {
    /// `PUB_KEY_ID_…` or a serial number.
    pub name: &'a str,
    /// The key.
    pub pair: &'a KeyPair,
}

impl WechatKey<'_> {
    /// The headers that prove `body` at `now_ms`.
    ///
    /// # Panics
    /// When the name is no header's value.
    pub fn headers(&self, body: &str, now_ms: i64) -> HeaderMap {
        let timestamp = now_ms.div_euclid(1_000).to_string();
        let signature = self.pair.sign_sha256(&answer_text(&timestamp, NONCE, body));
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("wechatpay-timestamp", timestamp.as_str()),
            ("wechatpay-nonce", NONCE),
            ("wechatpay-serial", self.name),
            ("wechatpay-signature", &signature),
            ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048"),
        ] {
            headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        headers
    }

    /// A callback as it is, but signed by this key now.
    ///
    /// # Panics
    /// When its body is no text.
    pub fn signs(&self, callback: &Request<Bytes>, now_ms: i64) -> Request<Bytes> {
        let body = std::str::from_utf8(callback.body()).expect("a callback is text");
        let mut signed = callback.clone();
        signed.headers_mut().extend(self.headers(body, now_ms));
        signed
    }

    /// A list of certificates, signed by this key now.
    ///
    /// # Panics
    /// When no answer can be made of it.
    pub fn lists(&self, certificates: &[Value], now_ms: i64) -> Response<Bytes> {
        let body = json!({ "data": certificates }).to_string();
        let mut answer = Response::new(Bytes::from(body.clone()));
        answer.headers_mut().extend(self.headers(&body, now_ms));
        answer
    }
}

/// An entry of that list: a certificate that is valid from now for `lasts_ms`, sealed under the APIv3 key.
///
/// # Panics
/// When the key has not 32 bytes.
pub fn listed(certificate: &Certificate, api_v3_key: &str, now_ms: i64, lasts_ms: i64) -> Value {
    let nonce = "61f9c719728a";
    let sealed = seal(api_v3_key, nonce, "certificate", certificate.pem.as_bytes());
    json!({
        "serial_no": certificate.serial_no,
        "effective_time": rfc3339(now_ms),
        "expire_time": rfc3339(now_ms + lasts_ms),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": sealed.expect("an APIv3 key has 32 bytes"),
        },
    })
}

/// A moment as WeChat writes it.
fn rfc3339(ms: i64) -> String {
    shanghai_text(ms).replace(' ', "T") + "+08:00"
}

/// A callback of Stripe's as it is, but signed under each of these secrets.
///
/// # Panics
/// When it was not signed before.
pub fn stripe_signs(callback: &Request<Bytes>, secrets: &[&str]) -> Request<Bytes> {
    let header = callback.headers()["stripe-signature"].to_str().expect("a header is text");
    let time = header.split(',').find(|part| part.starts_with("t=")).expect("a time").to_owned();
    let signed_bytes = [&time.as_bytes()[2..], b".", callback.body()].concat();
    let signatures = secrets.iter().map(|secret| format!(",v1={}", hmac_sha256(secret, &signed_bytes)));
    let header = time + &signatures.collect::<String>();
    let mut signed = callback.clone();
    let value = HeaderValue::from_str(&header).expect("a header's value");
    signed.headers_mut().insert("stripe-signature", value);
    signed
}

/// The base64 in a PEM text.
pub fn bare(pem: &str) -> String {
    let contents: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    assert!(BASE64_STANDARD.decode(&contents).is_ok(), "{pem}");
    contents
}
