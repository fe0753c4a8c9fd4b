//! What travels when a gateway calls back? Headers and bytes, each of which can be changed on the way.

use bytes::Bytes;
use coursepay_core::method::GatewayId;
use http::{HeaderName, HeaderValue, Method, Request};

use crate::message::{Answer, Ask};
use crate::target::Target;

/// A callback on its way.
#[derive(Clone, Debug)]
pub struct RawCallback {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl RawCallback {
    /// A callback to where this gateway reports to, without any header.
    pub fn new(gateway: GatewayId, body: impl Into<Vec<u8>>) -> Self {
        let path = format!("/v1/callbacks/{}", gateway.name());
        Self { method: Method::POST, path, headers: Vec::new(), body: body.into() }
    }

    /// With a header, in place of an earlier one of this name.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.without(name).and_header(name, value)
    }

    /// With one more header, beside one of this name.
    pub fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the headers of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The value of the header of this name.
    ///
    /// # Panics
    /// When there is none.
    pub fn value(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// With other bytes under the same headers.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The body as text.
    ///
    /// # Panics
    /// When it is none.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The headers.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// With `from` replaced by `to` in the body.
    ///
    /// # Panics
    /// When `from` is not there exactly once.
    pub fn replaced(self, from: &str, to: &str) -> Self {
        assert_eq!(self.text().matches(from).count(), 1, "{from} in {}", self.text());
        let body = self.text().replace(from, to);
        self.body(body)
    }

    /// To where another gateway reports to.
    pub fn at(self, gateway: GatewayId) -> Self {
        Self { path: format!("/v1/callbacks/{}", gateway.name()), ..self }
    }

    /// With its body for a query, and no body.
    pub fn in_the_query(self) -> Self {
        let path = format!("{}?{}", self.path, self.text());
        Self { path, ..self }.body("")
    }

    /// By another HTTP method.
    pub fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// As a request to a server at `base_url`.
    ///
    /// # Panics
    /// When a header cannot be sent.
    pub fn request(self, base_url: &str) -> Request<Bytes> {
        let mut request = Ask::post(self.path).method(self.method).body(self.body).to(base_url);
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().expect("a header name");
            request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header value"));
        }
        request
    }

    /// Sends it.
    ///
    /// # Panics
    /// When a header cannot be sent.
    pub async fn sent_to<T: Target>(self, target: &T) -> Answer {
        Answer(target.call(self.request(&target.setup().public_url)).await)
    }
}
