//! Who calls, in which version, and how is the answer written?
//!
//! The order of the checks is Stripe's: the address, the key, the account, the version, the parameters, the
//! idempotency key; then the call itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;

use super::Stripe;
use super::errors::Refusal;
use super::event::Cause;
use super::form::Params;
use super::idempotency::Kept;
use super::objects::pretty;
use super::routes::{Route, operation};
use super::version::Version;
use crate::Gateway;
use crate::desk::Desk;
use crate::faults::{CallFault, Scope};
use crate::log::{Direction, Entry};
use crate::merchant::Merchant;
use crate::reply::{self, Reply};

/// A caller who is known.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: String,
    /// The account the key belongs to.
    pub(crate) platform: String,
    /// The account for which it acts: its own, or the one that `Stripe-Account` names.
    pub(crate) account: String,
    pub(crate) version: Version,
    pub(crate) cause: Cause,
}

/// What is answered, before its headers.
struct Answer {
    status: StatusCode,
    body: String,
    /// The call whose answer this is again.
    original: Option<String>,
    /// For the log.
    summary: String,
}

impl Stripe {
    /// Answers one call of the API.
    pub(crate) fn api(&mut self, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Reply {
        let request_id = format!("req_{}", desk.random.alphanumeric(14));
        let mut number = String::new();
        let outcome = self.try_call(request, &request_id, &mut number, desk);
        let (reply, summary, fine) = match outcome {
            Ok(Done::Answer(answer)) => {
                let summary = answer.summary.clone();
                let fine = answer.status.is_success();
                (response(request.headers(), answer, &request_id).into(), summary, fine)
            }
            Ok(Done::Silence { hold_ms }) => (Reply::Silence { hold_ms }, "no answer".to_owned(), false),
            Ok(Done::Unreachable) => (reply::bad_gateway().into(), "502".to_owned(), false),
            Err(refusal) => {
                let answer = Answer::refused(&refusal, desk.base_url);
                let summary = answer.summary.clone();
                (response(request.headers(), answer, &request_id).into(), summary, false)
            }
        };
        desk.log.add(Entry {
            at_ms: desk.now.business_ms,
            gateway: Some(Gateway::Stripe),
            direction: Direction::Call,
            what: format!("{} {}", request.method(), request.uri().path()).chars().take(120).collect(),
            number: Some(number).filter(|number| !number.is_empty()),
            outcome: summary,
            fine,
            diagnosis: None,
        });
        reply
    }

    /// Refusals that come out as an error are kept by no idempotency key.
    fn try_call(
        &mut self,
        request: &Request<Bytes>,
        request_id: &str,
        number: &mut String,
        desk: &mut Desk<'_>,
    ) -> Result<Done, Refusal> {
        let path = request.uri().path();
        let segments: Vec<&str> = path.strip_prefix("/v1/").unwrap_or_default().split('/').collect();
        let route = Route { method: request.method().as_str(), path, segments: &segments };
        let mut call = self.caller(request.headers(), request_id)?;
        let params = params_of(request)?;
        *number = self.number_of(&route, &params);
        let scope = Scope {
            gateway: Gateway::Stripe,
            merchant: &call.merchant,
            number,
            operation: operation(&route),
        };
        let fault = desk.faults.call(scope, desk.random);
        match fault {
            Some(CallFault::TimeoutBeforeEffect { hold_ms }) => return Ok(Done::Silence { hold_ms }),
            Some(CallFault::ServerError) => return Ok(Done::Unreachable),
            Some(CallFault::RateLimited) => return Err(Refusal::rate_limited()),
            Some(CallFault::TimeoutAfterEffect { .. } | CallFault::SystemError) | None => {}
        }
        call.cause.idempotency_key = idempotency_key(request)?;
        let breaks = fault == Some(CallFault::SystemError);
        let answer = self.answer_once(&route, params, &call, breaks, desk);
        match fault {
            Some(CallFault::TimeoutAfterEffect { hold_ms }) => Ok(Done::Silence { hold_ms }),
            _ => answer.map(Done::Answer),
        }
    }

    /// Carries a call out, unless its idempotency key has an answer already. `breaks`: Stripe's own mistake comes
    /// in between.
    fn answer_once(
        &mut self,
        route: &Route<'_>,
        params: Params,
        call: &Call,
        breaks: bool,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let path = route.path;
        let key = call.cause.idempotency_key.as_deref();
        let kept = key.map(|key| (Kept::place(&call.account, key), Kept::fingerprint(path, &params)));
        if let Some((place, fingerprint)) = &kept
            && let Some(before) = self.kept(place, desk.now.business_ms)
        {
            return before.again(fingerprint, path).map(Answer::again);
        }
        let outcome = if breaks { Err(Refusal::api()) } else { self.carry_out(route, params, call, desk) };
        let answer = match outcome {
            Ok(object) => Answer::done(&object),
            Err(refusal) if refusal.executed => Answer::refused(&refusal, desk.base_url),
            Err(refusal) => return Err(refusal),
        };
        if let Some((place, fingerprint)) = kept {
            let kept = Kept {
                path: path.to_owned(),
                fingerprint,
                status: answer.status.as_u16(),
                body: answer.body.clone(),
                request_id: call.cause.request_id.clone().unwrap_or_default(),
                at_ms: desk.now.business_ms,
            };
            self.answers.put(&place, kept);
        }
        Ok(answer)
    }

    /// Who calls, by `Authorization` and `Stripe-Account`, in which version.
    fn caller(&self, headers: &HeaderMap, request_id: &str) -> Result<Call, Refusal> {
        let key = secret_key(headers)?;
        let merchant = self
            .keys
            .merchants
            .iter()
            .find(|merchant| merchant.stripe.secret_key == key)
            .ok_or_else(|| unknown_key(&self.keys.merchants, &key))?;
        let platform = merchant.stripe.id.clone();
        let account = match text_header(headers, "stripe-account")? {
            None => platform.clone(),
            Some(account) if account == platform || self.is_connected(&platform, account) => {
                account.to_owned()
            }
            Some(account) => return Err(Refusal::account(account)),
        };
        let version = match text_header(headers, "stripe-version")? {
            None => Version::newest(),
            Some(text) => Version::parse(text).ok_or_else(|| {
                Refusal::invalid(format!(
                    "Stripe-Version: {text:?} is no version of the API; the newest here is {}",
                    Version::newest().text()
                ))
            })?,
        };
        let cause = Cause { request_id: Some(request_id.to_owned()), idempotency_key: None };
        Ok(Call { merchant: merchant.id.clone(), platform, account, version, cause })
    }
}

/// What comes of a call.
enum Done {
    Answer(Answer),
    Silence { hold_ms: u64 },
    Unreachable,
}

impl Answer {
    fn done(object: &Value) -> Self {
        Self { status: StatusCode::OK, body: pretty(object), original: None, summary: "200".to_owned() }
    }

    fn again(kept: &Kept) -> Self {
        Self {
            status: kept.status(),
            body: kept.body.clone(),
            original: Some(kept.request_id.clone()),
            summary: format!("{} again", kept.status),
        }
    }

    fn refused(refusal: &Refusal, base_url: &str) -> Self {
        Self {
            status: refusal.status,
            body: pretty(&refusal.json(&format!("{base_url}/sandbox/log.json"))),
            original: None,
            summary: refusal.summary(),
        }
    }
}

fn response(asked: &HeaderMap, answer: Answer, request_id: &str) -> Response<Bytes> {
    let mut response = reply::reply(answer.status, "application/json", answer.body);
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("request-id", request_id);
    for name in ["stripe-version", "stripe-account", "idempotency-key"] {
        if let Some(value) = asked.get(name).and_then(|value| value.to_str().ok()) {
            set(name, value);
        }
    }
    if let Some(original) = answer.original {
        set("original-request", &original);
        set("idempotent-replayed", "true");
    }
    response
}

/// A header's text, if it is there.
fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| Refusal::invalid(format!("{name}: expected plain text")))
}

/// The key of `Authorization: Bearer sk_…`, or of Basic with the key as user and no password.
fn secret_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let absent = || Refusal::key("no API key: expected Authorization: Bearer sk_test_…");
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(absent)?;
    let (scheme, rest) = value.split_once(' ').ok_or_else(absent)?;
    let key = if scheme.eq_ignore_ascii_case("bearer") {
        rest.trim().to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let text = BASE64.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or_else(absent)?.split(':').next().unwrap_or_default().to_owned()
    } else {
        return Err(absent());
    };
    if key.is_empty() { Err(absent()) } else { Ok(key) }
}

fn unknown_key(merchants: &[Merchant], key: &str) -> Refusal {
    if merchants.iter().any(|merchant| merchant.stripe.publishable_key == key) {
        return Refusal::publishable_key();
    }
    if key.starts_with("sk_live_") || key.starts_with("rk_live_") {
        return Refusal::key("a live key: this sandbox knows test keys only");
    }
    // Enough to recognise one's own key by, too little to use it.
    let start: String = key.chars().take(8).collect();
    Refusal::key(format!("invalid API key: {start}…"))
}

/// POST only; at most 255 characters.
fn idempotency_key(request: &Request<Bytes>) -> Result<Option<String>, Refusal> {
    if request.method() != Method::POST {
        return Ok(None);
    }
    let key = text_header(request.headers(), "idempotency-key")?;
    match key {
        Some(key) if key.is_empty() || key.chars().count() > 255 => {
            Err(Refusal::idempotency("Idempotency-Key: expected 1 to 255 characters"))
        }
        key => Ok(key.map(str::to_owned)),
    }
}

/// The parameters: those of the query, and with POST those of the body.
fn params_of(request: &Request<Bytes>) -> Result<Params, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    if request.method() != Method::POST || request.body().is_empty() {
        return Params::parse(query);
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form =
        content_type.is_some_and(|text| text.trim_start().starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(Refusal::invalid(
            "the body of a POST is expected as application/x-www-form-urlencoded; /v1 reads no JSON",
        ));
    }
    let body = std::str::from_utf8(request.body()).map_err(|_| Refusal::invalid("the body is not UTF-8"))?;
    Params::parse(&format!("{query}&{body}"))
}
