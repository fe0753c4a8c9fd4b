//! How is a call to Stripe put together, and what does a refusal say?

use form_urlencoded::Serializer;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::gateway::stripe::{API_VERSION, Stripe};
use crate::gateway::{Fault, GatewayRequest, Message, Verb};

/// `GET path?query`. A GET takes no idempotency key: it has no effect there.
pub(super) fn get(stripe: &Stripe, path: &str, query: &[(&str, &str)]) -> GatewayRequest {
    let separator = if query.is_empty() { "" } else { "?" };
    GatewayRequest {
        verb: Verb::Get,
        url: format!("{}{path}{separator}{}", stripe.base_url, form(query)),
        headers: vec![version()],
        body: String::new(),
    }
}

/// `POST path` with a form. Under one `key`, Stripe carries it out once.
pub(super) fn post(stripe: &Stripe, path: &str, key: String, fields: &[(&str, &str)]) -> GatewayRequest {
    GatewayRequest {
        verb: Verb::Post,
        url: format!("{}{path}", stripe.base_url),
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            version(),
            ("idempotency-key", key),
        ],
        body: form(fields),
    }
}

fn version() -> (&'static str, String) {
    ("stripe-version", API_VERSION.to_owned())
}

/// In the order given: the same fields are the same bytes.
fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// An id that may stand in an address: Stripe's are letters, digits and `_`.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=255).contains(&text.len()) && text.bytes().all(fits)
}

/// What came back: the object asked for, or a refusal.
pub(super) enum Reply<T> {
    /// 2xx.
    Done(T),
    /// Anything else that Stripe itself said.
    Refused(Refusal),
}

/// A refusal in Stripe's own words.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// `error.code`, or `error.type` where there is none.
    pub(super) code: String,
    kind: String,
}

/// What a refusal says about this very call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was not carried out and would not be.
    No,
    /// The key was not accepted, which says nothing about what an earlier call with another key has done.
    NotAllowed,
    /// No object has this id.
    Missing,
    /// It may have been carried out, or may be later.
    Unclear,
}

impl Refusal {
    pub(super) fn verdict(&self) -> Verdict {
        match self.status {
            // The key came before with other fields: what it did then, nobody knows here. A mistake of ours.
            _ if self.kind == "idempotency_error" => Verdict::Unclear,
            400 | 402 => Verdict::No,
            401 | 403 => Verdict::NotAllowed,
            404 => Verdict::Missing,
            // 409: the same key is at work just now. 429: not now. 5xx: anything may have happened.
            _ => Verdict::Unclear,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(answer: Message<'_>) -> Result<Reply<T>, Fault> {
    if (200..300).contains(&answer.status) {
        let object = serde_json::from_slice(answer.body);
        return object
            .map(Reply::Done)
            .map_err(|_| Fault::Malformed("the answer is not the object asked for"));
    }
    // Without Stripe's own words it comes from something that stands before Stripe.
    let Ok(Envelope { error }) = serde_json::from_slice(answer.body) else {
        return Err(Fault::Status(answer.status));
    };
    let code = error.code.filter(|code| !code.is_empty()).unwrap_or_else(|| error.kind.clone());
    Ok(Reply::Refused(Refusal { status: answer.status, code, kind: error.kind }))
}
