//! Who plays WeChat in the tests? It signs with the gateway's key and seals under the APIv3 key.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use coursepay_core::gateway::wechat_pay::sign;
use coursepay_core::gateway::{Claim, KeyChoice, Unverified, Verified};
use coursepay_core::time::Timestamp;

use crate::fixture::{START, run};
use crate::signing::{base64, made_by_the_gateway, signed};
use crate::wechat_pay_fixture::KEY_ID;

/// What WeChat and the merchant share.
pub(crate) const API_V3_KEY: &[u8; 32] = b"a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";

const NONCE: &str = "d824f2e086d3c1df967785d13fcd22ef";

pub(crate) type Headers = Vec<(String, String)>;

/// The headers that prove `body`, sent at `at`.
pub(crate) fn headers_at(at: Timestamp, body: &[u8]) -> Headers {
    let timestamp = at.seconds().to_string();
    let text = String::from_utf8(sign::message_text(&timestamp, NONCE, body)).unwrap();
    named([
        ("Content-Type", "application/json"),
        ("Wechatpay-Timestamp", &timestamp),
        ("Wechatpay-Nonce", NONCE),
        ("Wechatpay-Serial", KEY_ID),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"),
        ("Wechatpay-Signature", &base64(&signed(&text))),
    ])
}

/// The headers that prove `body`, sent now.
pub(crate) fn headers(body: &str) -> Headers {
    headers_at(START, body.as_bytes())
}

pub(crate) fn named<const N: usize>(headers: [(&str, &str); N]) -> Headers {
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// `headers` with one of them changed.
pub(crate) fn with(mut headers: Headers, name: &str, value: &str) -> Headers {
    headers.retain(|(known, _)| known != name);
    headers.push((name.to_owned(), value.to_owned()));
    headers
}

/// `headers` without one of them.
pub(crate) fn without(mut headers: Headers, name: &str) -> Headers {
    headers.retain(|(known, _)| known != name);
    headers
}

/// `value`, if WeChat's one known key made its proof and is named by it.
pub(crate) fn trusted<T>(value: Unverified<T>) -> Option<T> {
    let holds = async |claim: &Claim| {
        Ok::<_, ()>(claim.key == KeyChoice::Named(KEY_ID.to_owned()) && made_by_the_gateway(claim))
    };
    run(value.verify(holds)).map(Verified::into_inner).ok()
}

/// `plain` under the APIv3 key, its tag at the end.
pub(crate) fn sealed(nonce: &[u8; 12], aad: &str, plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: aad.as_bytes() };
    cipher().encrypt(&Nonce::from(*nonce), payload).unwrap()
}

/// What was sealed, if the tag holds.
pub(crate) fn opened(nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    cipher().decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad }).ok()
}

fn cipher() -> Aes256Gcm {
    Aes256Gcm::new_from_slice(API_V3_KEY).unwrap()
}
