//! How do we talk to the Worker?
//!
//! One function sends, everything else names an endpoint. An answer that is not 2xx becomes a
//! [`Failure::Refused`] with the stable `code` of its problem document; no answer within the time limit
//! becomes [`Failure::Unreachable`].

use std::rc::Rc;

use coursepay_core::api::{
    AttemptView, CreateLine, CreateOrder, OrderView, ProductView, StartPayment, WalletView,
};
use coursepay_core::method::Channel;
use gloo_timers::callback::Timeout;
use js_sys::{Date, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestMode, RequestRedirect,
    Response,
};

use crate::browser::{local_ms, page_address, window};
use crate::clock::ServerClock;
use crate::json;
use crate::state::{Choice, Failure};

/// Longer than any answer of the Worker, which itself waits at most 10 s for a gateway.
const TIME_LIMIT_MS: u32 = 20_000;

/// The Worker at one address.
#[derive(Debug)]
pub struct Client {
    api: String,
    clock: Rc<ServerClock>,
}

struct Ask<'a> {
    method: &'static str,
    path: String,
    bearer: Option<&'a str>,
    idempotency_key: Option<&'a str>,
    body: Option<String>,
}

impl<'a> Ask<'a> {
    const fn get(path: String, bearer: Option<&'a str>) -> Self {
        Self { method: "GET", path, bearer, idempotency_key: None, body: None }
    }
}

impl Client {
    /// A client for the Worker at `api`, which tells `clock` the server's time.
    #[must_use]
    pub fn new(api: &str, clock: Rc<ServerClock>) -> Self {
        Self { api: api.trim_end_matches('/').to_owned(), clock }
    }

    /// `GET /v1/products/{id}`
    ///
    /// # Errors
    /// As the module says; the same holds for the others.
    pub async fn product(&self, id: &str) -> Result<ProductView, Failure> {
        self.read(Ask::get(format!("/v1/products/{}", path_segment(id)), None)).await
    }

    /// `GET /v1/wallets/{user}`
    ///
    /// # Errors
    /// As the module says.
    pub async fn wallet(&self, user: &str, bearer: Option<&str>) -> Result<WalletView, Failure> {
        self.read(Ask::get(format!("/v1/wallets/{}", path_segment(user)), bearer)).await
    }

    /// `POST /v1/orders` for one product at the price the learner was shown.
    ///
    /// # Errors
    /// As the module says.
    pub async fn create_order(
        &self,
        product: &str,
        expected_total_minor: i64,
        bearer: Option<&str>,
        key: &str,
    ) -> Result<OrderView, Failure> {
        let body = CreateOrder {
            lines: vec![CreateLine { product: product.to_owned() }],
            buyer: None,
            expected_total_minor: Some(expected_total_minor),
        };
        let path = "/v1/orders".to_owned();
        let body = json::encode(&body);
        self.read(Ask { method: "POST", path, bearer, idempotency_key: Some(key), body }).await
    }

    /// `POST /v1/orders/{id}/payments`
    ///
    /// # Errors
    /// As the module says.
    pub async fn start_payment(
        &self,
        order: &str,
        choice: Choice,
        bearer: Option<&str>,
        key: &str,
    ) -> Result<AttemptView, Failure> {
        let return_url = return_url(choice);
        let body = StartPayment { method: choice.method, channel: choice.channel, return_url };
        let path = format!("/v1/orders/{}/payments", path_segment(order));
        let body = json::encode(&body);
        let attempt: AttemptView =
            self.read(Ask { method: "POST", path, bearer, idempotency_key: Some(key), body }).await?;
        self.clock.made(&attempt.id, local_ms());
        Ok(attempt)
    }

    /// `GET /v1/orders/{id}`
    ///
    /// # Errors
    /// As the module says.
    pub async fn order(&self, id: &str, bearer: Option<&str>) -> Result<OrderView, Failure> {
        self.read(Ask::get(format!("/v1/orders/{}", path_segment(id)), bearer)).await
    }

    /// `POST /v1/orders/{id}/check`, then the order as it stands. Asking too often is no failure: then the
    /// order is just read.
    ///
    /// # Errors
    /// As the module says.
    pub async fn check_order(&self, id: &str, bearer: Option<&str>) -> Result<OrderView, Failure> {
        let path = format!("/v1/orders/{}/check", path_segment(id));
        let ask = Ask { method: "POST", path, bearer, idempotency_key: None, body: None };
        match self.send(ask).await {
            Ok(text) => match json::decode(&text) {
                Some(order) => Ok(order),
                None => self.order(id, bearer).await,
            },
            Err(Failure::Refused { status: 409 | 429 | 503, .. }) => self.order(id, bearer).await,
            Err(failure) => Err(failure),
        }
    }

    async fn read<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Failure> {
        json::decode(&self.send(ask).await?).ok_or(Failure::Unreadable)
    }

    async fn send(&self, ask: Ask<'_>) -> Result<String, Failure> {
        let unreachable = |_: JsValue| Failure::Unreachable;
        let headers = Headers::new().map_err(unreachable)?;
        let header = |name: &str, value: &str| headers.set(name, value).map_err(unreachable);
        if let Some(bearer) = ask.bearer {
            header("Authorization", &format!("Bearer {bearer}"))?;
        }
        if let Some(key) = ask.idempotency_key {
            header("Idempotency-Key", key)?;
        }
        let init = RequestInit::new();
        if let Some(body) = &ask.body {
            header("Content-Type", "application/json")?;
            init.set_body(&body.as_str().into());
        }
        init.set_method(ask.method);
        init.set_headers(&headers);
        init.set_mode(RequestMode::Cors);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        let (status, server_ms, text) = fetch(&format!("{}{}", self.api, ask.path), &init).await?;
        if let Some(server_ms) = server_ms {
            self.clock.heard(server_ms, local_ms());
        }
        if (200..300).contains(&status) {
            return Ok(text);
        }
        Err(Failure::Refused { status, code: problem_code(&text).unwrap_or_else(|| format!("http_{status}")) })
    }
}

/// Sends a request and reads the answer whole, or gives up after the time limit.
pub(crate) async fn fetch(url: &str, init: &RequestInit) -> Result<(u16, Option<i64>, String), Failure> {
    let unreachable = |_: JsValue| Failure::Unreachable;
    let controller = AbortController::new().map_err(unreachable)?;
    init.set_signal(Some(&controller.signal()));
    // Dropped with this future, so an answer in time is never aborted.
    let _limit = Timeout::new(TIME_LIMIT_MS, move || controller.abort());
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, init)).await.map_err(unreachable)?;
    let response: Response = answer.unchecked_into();
    let date = response.headers().get("Date").ok().flatten().map(|text| Date::parse(&text));
    #[expect(clippy::cast_possible_truncation, reason = "a date in milliseconds is far below 2^53")]
    let server_ms = date.filter(|ms| ms.is_finite()).map(|ms| ms as i64);
    let body = JsFuture::from(response.text().map_err(unreachable)?).await.map_err(unreachable)?;
    Ok((response.status(), server_ms, body.as_string().unwrap_or_default()))
}

/// The `code` of a problem document.
fn problem_code(text: &str) -> Option<String> {
    let problem = js_sys::JSON::parse(text).ok()?;
    Reflect::get(&problem, &"code".into()).ok()?.as_string()
}

/// Where the gateway shall send the learner back to, where it takes them away.
fn return_url(choice: Choice) -> Option<String> {
    matches!(choice.channel, Channel::Redirect | Channel::Mobile).then(page_address).flatten()
}

fn path_segment(id: &str) -> String {
    String::from(js_sys::encode_uri_component(id))
}
