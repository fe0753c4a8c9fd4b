//! How do we talk to the Worker?
//!
//! An [`Ask`] is a request as a value, one function per endpoint; [`Client::send`] sends any of them. An
//! answer that is not 2xx becomes a [`Failure::Refused`] with the stable `code` of its problem document; no
//! answer within the time limit becomes [`Failure::Unreachable`].

use std::rc::Rc;

use coursepay_core::method::Channel;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Date, JSON};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestMode, RequestRedirect,
    Response,
};

use crate::browser::{local_ms, window};
use crate::clock::ServerClock;
use crate::json;
use crate::state::{Choice, Failure};

/// Longer than any answer of the Worker, which itself waits some 10 s for a gateway.
const TIME_LIMIT_MS: u32 = 20_000;

/// A request to the Worker.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    path: String,
    /// With a body or a key it is a POST.
    post: bool,
    body: Option<String>,
    /// Names the wish that this request is for; see `intent.rs`.
    pub idempotency_key: Option<String>,
}

impl Ask {
    /// `GET /v1/products/{id}` → `ProductView`
    #[must_use]
    pub fn product(id: &str) -> Self {
        Self { path: ["/v1/products/", &segment(id)].concat(), ..Self::default() }
    }

    /// `GET /v1/wallets/{user}` → `WalletView`
    #[must_use]
    pub fn wallet(user: &str) -> Self {
        Self { path: ["/v1/wallets/", &segment(user)].concat(), ..Self::default() }
    }

    /// `POST /v1/orders` with core's `CreateOrder`: one product, at the price the learner was shown
    /// → `OrderView`
    #[must_use]
    pub fn create_order(product: &str, expected_total_minor: i64) -> Self {
        let line = json::object(&[("product", product.into())]);
        let body = json::encode(&[
            ("lines", Array::of1(&line).into()),
            ("expected_total_minor", json::number(expected_total_minor)),
        ]);
        Self { path: "/v1/orders".to_owned(), post: true, body, idempotency_key: None }
    }

    /// `POST /v1/orders/{id}/payments` with core's `StartPayment` → `AttemptView`. `return_url` is where the
    /// gateway sends the learner back to, and only given where it takes them away.
    #[must_use]
    pub fn start_payment(order: &str, choice: Choice, return_url: Option<&str>) -> Self {
        let leaves = matches!(choice.channel, Channel::Redirect | Channel::Mobile);
        let body = json::encode(&[
            ("method", choice.method.name().into()),
            ("channel", choice.channel.name().into()),
            ("return_url", return_url.filter(|_| leaves).into()),
        ]);
        let path = ["/v1/orders/", &segment(order), "/payments"].concat();
        Self { path, post: true, body, idempotency_key: None }
    }

    /// `POST /v1/orders/{id}/wechat_login` with core's `StartWechatLogin` → `WechatLoginView`
    #[must_use]
    pub fn wechat_login(order: &str, return_url: &str) -> Self {
        let path = ["/v1/orders/", &segment(order), "/wechat_login"].concat();
        let body = json::encode(&[("return_url", return_url.into())]);
        Self { path, post: true, body, idempotency_key: None }
    }

    /// `GET /v1/orders/{id}` → `OrderView`
    #[must_use]
    pub fn order(id: &str) -> Self {
        Self { path: ["/v1/orders/", &segment(id)].concat(), ..Self::default() }
    }

    /// `GET /v1/orders/{id}/events` → its events
    #[must_use]
    pub fn history(id: &str) -> Self {
        Self { path: ["/v1/orders/", &segment(id), "/events"].concat(), ..Self::default() }
    }

    /// `POST /v1/orders/{id}/check` → `OrderView`
    #[must_use]
    pub fn check(id: &str) -> Self {
        Self { path: ["/v1/orders/", &segment(id), "/check"].concat(), post: true, ..Self::default() }
    }

    /// The request's JSON body.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

/// The Worker at one address.
#[derive(Debug)]
pub(crate) struct Client {
    api: String,
    clock: Rc<ServerClock>,
}

impl Client {
    /// A client for the Worker at `api`, which tells `clock` the server's time.
    pub(crate) fn new(api: &str, clock: Rc<ServerClock>) -> Self {
        Self { api: api.trim_end_matches('/').to_owned(), clock }
    }

    /// Sends a request and gives the body of its answer.
    pub(crate) async fn send(&self, ask: &Ask, bearer: Option<&str>) -> Result<String, Failure> {
        let mut headers = Vec::new();
        if let Some(bearer) = bearer {
            headers.push(("Authorization", ["Bearer ", bearer].concat()));
        }
        if let Some(key) = &ask.idempotency_key {
            headers.push(("Idempotency-Key", key.clone()));
        }
        let init = RequestInit::new();
        if ask.post {
            init.set_method("POST");
        }
        if let Some(body) = &ask.body {
            headers.push(("Content-Type", "application/json".to_owned()));
            init.set_body(&body.as_str().into());
        }
        init.set_mode(RequestMode::Cors);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        let url = [&self.api, ask.path.as_str()].concat();
        let answer = fetch(&url, &init, &headers).await.ok_or(Failure::Unreachable)?;
        if let Some(server_ms) = answer.server_ms {
            self.clock.heard(server_ms, local_ms());
        }
        match answer.status {
            200..300 => Ok(answer.text),
            status => Err(Failure::Refused { status, code: problem_code(&answer.text, status) }),
        }
    }
}

/// What came back.
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The `Date` header, in milliseconds, where the browser lets us see it.
    pub(crate) server_ms: Option<i64>,
    /// The body.
    pub(crate) text: String,
}

/// Sends a request and reads the answer whole; nothing if there is none within the time limit.
pub(crate) async fn fetch(url: &str, init: &RequestInit, headers: &[(&str, String)]) -> Option<Answer> {
    let list = Headers::new().ok()?;
    for (name, value) in headers {
        list.set(name, value).ok()?;
    }
    init.set_headers(&list);
    let controller = AbortController::new().ok()?;
    init.set_signal(Some(&controller.signal()));
    // Dropped with this future, so an answer in time is never aborted.
    let _limit = Timeout::new(TIME_LIMIT_MS, move || controller.abort());
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, init)).await.ok()?;
    let response: Response = answer.unchecked_into();
    let date = response.headers().get("Date").ok()?.map(|text| Date::parse(&text));
    #[expect(clippy::cast_possible_truncation, reason = "a date in milliseconds is far below 2^53")]
    let server_ms = date.filter(|ms| ms.is_finite()).map(|ms| ms as i64);
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Some(Answer { status: response.status(), server_ms, text })
}

/// The `code` of a problem document; one of our own for an answer that is none.
fn problem_code(text: &str, status: u16) -> String {
    let problem = JSON::parse(text).unwrap_or(JsValue::UNDEFINED);
    json::field(&problem, "code").as_string().unwrap_or_else(|| format!("http_{status}"))
}

fn segment(id: &str) -> String {
    String::from(js_sys::encode_uri_component(id))
}
