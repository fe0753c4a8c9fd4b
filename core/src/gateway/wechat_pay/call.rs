//! How is a call put together, and how is its answer taken apart?
//!
//! WeChat signs its answer to every request whose own signature holds, and says of a 2xx without a signature
//! that it must be taken for forged (wechatpay-api.gitbook.io, 签名验证). The official libraries do not verify
//! an answer that is an error. What follows for us:
//!
//! - 2xx unsigned is no answer.
//! - A signed error is believed as any answer is.
//! - An unsigned error means nothing but "no answer", with its code for the log: "no such order", "closed"
//!   and "failed" end a wait for money, and whoever can make up an error could end it with them. One
//!   exception stands in `request`: our own signature was refused when we asked for a new payment.

use serde::{Deserialize, Serialize};

use crate::gateway::wechat_pay::{WechatPay, sign};
use crate::gateway::{Claim, Fault, GatewayRequest, Message, Moment, Outgoing, Unsigned, Unverified, Verb};
use crate::time::Timestamp;

/// No answer or callback of some dozen short fields is longer.
const LARGEST_BYTES: usize = 64 * 1024;

const JSON: &str = "application/json";

/// One call.
pub(super) struct Call {
    verb: Verb,
    /// Path and query.
    target: String,
    /// The order of its fields is part of what is signed.
    body: String,
}

impl Call {
    pub(super) const fn get(target: String) -> Self {
        Self { verb: Verb::Get, target, body: String::new() }
    }

    /// A call with `contents` as JSON. Fields without a value must be left out: the real gateway fails over
    /// `null` and refuses fields it does not know.
    pub(super) fn post(target: String, contents: &impl Serialize) -> Result<Self, Fault> {
        let body = serde_json::to_string(contents)
            .map_err(|_| Fault::Unsupported("the contents cannot be written as JSON"))?;
        Ok(Self { verb: Verb::Post, target, body })
    }

    /// The call, before it is signed.
    pub(super) fn prepare(self, ours: &WechatPay, moment: &Moment) -> Result<Unsigned, Fault> {
        let Self { verb, target, body } = self;
        let nonce = checked_nonce(moment)?.to_owned();
        let timestamp = moment.now.seconds().to_string();
        let name = match verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
        };
        let message = sign::request_text(name, &target, &timestamp, &nonce, &body).into_bytes();
        let url = format!("{}{target}", ours.base_url.trim_end_matches('/'));
        let WechatPay { mchid, merchant_serial_no, answer_key_id, .. } = ours.clone();
        Ok(Unsigned::new(message, move |signature| {
            let signature = sign::to_base64(signature);
            let authorization = format!(
                "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",\
                 signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{merchant_serial_no}\""
            );
            let mut headers = vec![
                ("accept", JSON.to_owned()),
                // Without one, WeChat refuses the request.
                ("user-agent", concat!("coursepay/", env!("CARGO_PKG_VERSION")).to_owned()),
                ("authorization", authorization),
            ];
            if verb == Verb::Post {
                headers.push(("content-type", JSON.to_owned()));
            }
            headers.extend(answer_key_id.map(|id| ("wechatpay-serial", id)));
            Outgoing::Send(GatewayRequest { verb, url, headers, body })
        }))
    }
}

/// The nonce of `moment`, if WeChat takes it: up to 32 letters and digits.
pub(super) fn checked_nonce(moment: &Moment) -> Result<&str, Fault> {
    let nonce = moment.nonce.as_str();
    let fits = (1..=32).contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(nonce).ok_or(Fault::Unsupported("the nonce is not 1 to 32 letters and digits"))
}

/// What an answer is before its meaning is read.
pub(super) struct Reply<'a> {
    pub(super) outcome: Outcome<'a>,
    /// What is said to prove it; none is there for an error at most.
    claim: Option<Claim>,
}

/// See [`Reply`].
pub(super) enum Outcome<'a> {
    /// 200, with this body.
    Done(&'a [u8]),
    /// 204.
    Empty,
    /// Anything else that states a code.
    Error(Error),
}

/// An answer that is not the one we asked for.
#[derive(Clone)]
pub(super) struct Error {
    status: u16,
    /// WeChat's word for it.
    pub(super) code: String,
    /// The number that says it more exactly: the end of the header `Request-ID`. It is not signed, so it may
    /// only ever make us conclude less.
    number: Option<String>,
}

impl Error {
    /// Whether the number is one of these.
    pub(super) fn is_numbered(&self, numbers: &[&str]) -> bool {
        self.number.as_deref().is_some_and(|number| numbers.contains(&number))
    }

    /// Whether our own signature was refused.
    pub(super) fn is_about_our_signature(&self) -> bool {
        self.status == 401 && self.code == "SIGN_ERROR"
    }

    /// As a failure of the call.
    pub(super) const fn fault(&self) -> Fault {
        Fault::Status(self.status)
    }

    /// Whether it says nothing about what we asked: overload, or a failure on their side.
    pub(super) fn says_nothing(&self) -> bool {
        self.status == 429 || self.status >= 500
    }
}

/// The body of an error.
#[derive(Deserialize)]
struct ErrorBody {
    code: String,
}

/// Takes an answer apart.
pub(super) fn read(answer: Message<'_>, now: Timestamp) -> Result<Reply<'_>, Fault> {
    check_size(answer)?;
    let claim = sign::claim(answer, now)?;
    if claim.is_none() && (200..300).contains(&answer.status) {
        return Err(Fault::Malformed("the answer is not signed"));
    }
    let outcome = match answer.status {
        200 => Outcome::Done(answer.body),
        204 => Outcome::Empty,
        status @ (202 | 400..=599) => {
            let ErrorBody { code } =
                serde_json::from_slice(answer.body).map_err(|_| Fault::Status(status))?;
            let number = answer.header("request-id").and_then(|id| id.rsplit_once('-'));
            Outcome::Error(Error { status, code, number: number.map(|(_, number)| number.to_owned()) })
        }
        status => return Err(Fault::Status(status)),
    };
    Ok(Reply { outcome, claim })
}

pub(super) fn check_size(message: Message<'_>) -> Result<(), Fault> {
    if message.body.len() > LARGEST_BYTES {
        return Err(Fault::Malformed("larger than any of wechat pay's"));
    }
    Ok(())
}

impl Reply<'_> {
    /// Whether there is anything to verify.
    pub(super) const fn is_signed(&self) -> bool {
        self.claim.is_some()
    }

    /// `value`, proved by the signature; where there is none, by the connection, which must not be asked to
    /// prove more than "no answer".
    pub(super) fn proves<T>(self, value: T) -> Unverified<T> {
        match self.claim {
            Some(claim) => Unverified::new(vec![claim], value),
            None => Unverified::by_connection(value),
        }
    }

    /// What is said to prove the answer, alone.
    pub(super) fn into_proof(self) -> Unverified<()> {
        Unverified::new(self.claim.into_iter().collect(), ())
    }
}
