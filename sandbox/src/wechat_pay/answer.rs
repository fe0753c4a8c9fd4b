//! What goes back to the merchant, and who signs it?

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::account::Account;
use super::authorization::SCHEME;
use super::caller::header;
use super::errors::Refusal;
use super::settings::Settings;
use super::sign::answer_text;
use crate::keys::KeyPair;
use crate::random::Random;
use crate::reply;

/// A call that was carried out.
#[derive(Debug)]
pub(crate) enum Answer {
    Json(Value),
    /// 204.
    Empty,
    /// A bill. It goes unsigned; its hash was signed before.
    File {
        content_type: &'static str,
        bytes: Vec<u8>,
    },
}

/// Which of the platform's two keys signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SigningKey {
    Public,
    Certificate,
}

impl SigningKey {
    /// The key that a request names with `Wechatpay-Serial`; `None` when it names none.
    pub(crate) fn named(request: &Request<Bytes>, account: &Account) -> Result<Option<Self>, Refusal> {
        match header(request, HeaderName::from_static("wechatpay-serial")) {
            None => Ok(None),
            Some(id) if id == account.public_key_id => Ok(Some(Self::Public)),
            Some(id) if id == account.platform_certificate.serial_no => Ok(Some(Self::Certificate)),
            Some(other) => Err(Refusal::UnknownPlatformKey(other.to_owned())),
        }
    }

    /// One of the two, as far as the merchant's migration is.
    pub(crate) fn drawn(settings: Settings, random: &mut Random) -> Self {
        if strikes(settings.public_key_percent, random) { Self::Public } else { Self::Certificate }
    }

    pub(crate) fn pair(self, account: &Account) -> (&str, &KeyPair) {
        match self {
            Self::Public => (&account.public_key_id, &account.public_key),
            Self::Certificate => (&account.platform_certificate.serial_no, &account.platform_key),
        }
    }
}

/// Whether something that happens so many times of a hundred happens now. What is certain costs no
/// randomness, so that settings nobody touches change nothing.
fn strikes(percent: u8, random: &mut Random) -> bool {
    match percent {
        0 => false,
        100.. => true,
        percent => random.below(100) < percent,
    }
}

/// What the five headers say.
pub(crate) struct Signed {
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
    pub(crate) serial: String,
    pub(crate) signature: String,
}

impl Signed {
    /// Signs `body` at `real_ms`; at a rate, the signature is a probe that must fail.
    pub(crate) fn over(
        body: &str,
        (serial, key): (&str, &KeyPair),
        settings: Settings,
        real_ms: i64,
        random: &mut Random,
    ) -> Self {
        let timestamp = real_ms.div_euclid(1000).to_string();
        let nonce = random.alphanumeric(32);
        let signature = if strikes(settings.signtest_percent, random) {
            format!("WECHATPAY/SIGNTEST/{}", random.alphanumeric(325))
        } else {
            key.sign_sha256(&answer_text(&timestamp, &nonce, body))
        };
        Self { timestamp, nonce, serial: serial.to_owned(), signature }
    }

    /// The headers, as the real gateway names them.
    pub(crate) fn headers(&self) -> [(HeaderName, &str); 5] {
        [
            (HeaderName::from_static("wechatpay-timestamp"), &self.timestamp),
            (HeaderName::from_static("wechatpay-nonce"), &self.nonce),
            (HeaderName::from_static("wechatpay-serial"), &self.serial),
            (HeaderName::from_static("wechatpay-signature"), &self.signature),
            (HeaderName::from_static("wechatpay-signature-type"), SCHEME),
        ]
    }
}

/// The response, not yet signed, with `Request-ID`.
pub(crate) fn response(outcome: Result<Answer, &Refusal>, random: &mut Random) -> Response<Bytes> {
    let number = outcome.as_ref().err().map_or(0, |refusal| refusal.code().2);
    let mut response = match outcome {
        Ok(Answer::Json(value)) => reply::json(StatusCode::OK, &value),
        Ok(Answer::Empty) => no_content(),
        Ok(Answer::File { content_type, bytes }) => reply::reply(StatusCode::OK, content_type, bytes),
        Err(refusal) => {
            let (status, code, _) = refusal.code();
            let mut body = json!({ "code": code, "message": refusal.message() });
            if let (Some(detail), Some(members)) = (refusal.detail(), body.as_object_mut()) {
                members.insert("detail".to_owned(), detail);
            }
            reply::json(status, &body)
        }
    };
    let id = format!("{}-{number}", random.upper_hex(21));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("request-id"), value);
    }
    response
}

fn no_content() -> Response<Bytes> {
    let mut response = reply::reply(StatusCode::NO_CONTENT, "application/json", Bytes::new());
    response.headers_mut().remove(CONTENT_TYPE);
    response
}
