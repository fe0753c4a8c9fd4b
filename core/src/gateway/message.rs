//! What travels between us and a gateway? (values: somebody else signs and sends them)

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::Action;
use crate::time::Timestamp;

/// What a request carries that no attempt holds: when it is made, and 32 characters nobody can foresee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// Letters and digits; fresh for every request.
    pub nonce: String,
}

/// Who pays, as far as the gateway must know. Personal: kept sealed, and never part of an attempt.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// Who this is to the merchant's application (WeChat's `openid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<String>,
    /// The address their browser comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
}

/// Nothing that a log could give away.
impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payer(…)")
    }
}

/// A raw HTTP message of a gateway, answer or callback, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Of an answer; a callback has none, and 200 stands for it.
    pub status: u16,
    /// Names in any case.
    pub headers: &'a [(String, String)],
    /// The bytes that were signed.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// A message of which only the body counts.
    #[must_use]
    pub const fn of_body(body: &'a [u8]) -> Self {
        Self { status: 200, headers: &[], body }
    }

    /// The value of the one header of this name; `None` when it is absent, empty or stands twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Puts the raw signature in its place.
type Assemble = Box<dyn FnOnce(&[u8]) -> Outgoing>;

/// Bytes to be signed, and what becomes of the signature.
pub struct Unsigned {
    message: Vec<u8>,
    assemble: Assemble,
}

impl Unsigned {
    /// A request whose `message` must be signed; `assemble` puts the raw signature in its place.
    pub fn new(message: Vec<u8>, assemble: impl FnOnce(&[u8]) -> Outgoing + 'static) -> Self {
        Self { message, assemble: Box::new(assemble) }
    }

    /// What to sign.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The finished request.
    #[must_use]
    pub fn signed(self, signature: &[u8]) -> Outgoing {
        (self.assemble)(signature)
    }
}

/// A request, but for what proves that it is ours.
pub enum Prepared {
    /// To be signed with our private key.
    ToSign(Unsigned),
    /// To be sent with our secret as a bearer token.
    WithSecret(GatewayRequest),
}

/// A signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Nothing to send: the learner's browser carries it.
    Browse(Action),
    /// For our own HTTP client.
    Send(GatewayRequest),
}

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET, without a body.
    Get,
    /// POST.
    Post,
}

/// A request to a gateway, as plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRequest {
    /// How.
    pub verb: Verb,
    /// The whole address.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// As signed; empty for GET.
    pub body: String,
}
