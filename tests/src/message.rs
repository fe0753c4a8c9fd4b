//! How does a test ask over HTTP, and read what comes back?

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use coursepay_core::api::Problem;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A request being put together.
#[derive(Clone, Debug)]
pub struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Ask {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A POST without a body.
    pub fn post(path: impl Into<String>) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    /// A PUT without a body.
    pub fn put(path: impl Into<String>) -> Self {
        Self { method: Method::PUT, ..Self::get(path) }
    }

    /// Another method.
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// With a JSON body.
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("a body can be written");
        self.body(body).header(CONTENT_TYPE.as_str(), "application/json")
    }

    /// With these bytes as its body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With a header, in place of an earlier one of this name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: http::HeaderName = name.parse().expect("a header name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// With this bearer, if there is one.
    pub fn bearer(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}")),
            None => self,
        }
    }

    /// With this idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With an idempotency key nobody used before.
    pub fn fresh_key(self) -> Self {
        self.key(&fresh_key())
    }

    /// The request, to a server at `base_url`.
    pub fn to(self, base_url: &str) -> Request<Bytes> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = format!("{base_url}{}", self.path).parse().expect("an address");
        *request.headers_mut() = self.headers;
        request
    }
}

/// An idempotency key nobody used before.
pub fn fresh_key() -> String {
    static USED: AtomicU64 = AtomicU64::new(0);
    format!("a-key-of-its-own-{}", USED.fetch_add(1, Ordering::Relaxed))
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer(pub Response<Bytes>);

impl Answer {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.0.body()).into_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The body, which must be JSON of this shape, under this status.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self, status: u16) -> T {
        self.expect(status);
        serde_json::from_slice(self.0.body()).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// Demands this status.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn expect(&self, status: u16) {
        assert_eq!(self.status().as_u16(), status, "{}", self.text());
    }

    /// Demands a refusal with this status and code, in the form that every refusal has.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Problem {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem: Problem = self.read(status);
        assert_eq!((problem.code.as_str(), problem.status), (code, status), "{}", self.text());
        assert!(!problem.title.is_empty() && !problem.detail.is_empty() && !problem.kind.is_empty());
        problem
    }
}
