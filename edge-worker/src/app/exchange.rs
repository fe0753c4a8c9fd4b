//! How does a request read, and how does an answer go out?

use bytes::Bytes;
use coursepay_core::api::AMOUNT_OUT_OF_RANGE;
use coursepay_core::currency::UNKNOWN_CURRENCY;
use coursepay_core::time::Timestamp;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};

/// A request on its way into a handler.
pub(super) struct Call {
    /// When it arrived.
    pub now: Timestamp,
    /// `GET`, `POST`, …
    pub method: http::Method,
    /// The route's path, with its `{…}` parts.
    pub route: &'static str,
    /// The query, as sent.
    pub query: String,
    /// As sent.
    pub headers: HeaderMap,
    /// As sent.
    pub body: Bytes,
    /// The `{…}` parts of the path, decoded.
    pub params: Vec<(String, String)>,
    /// Who is asking.
    pub identity: Identity,
}

impl Call {
    /// A part of the path. The route table guarantees that it is there.
    #[must_use]
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A value of the query, decoded.
    #[must_use]
    pub(super) fn query_value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// After which sequence a list goes on: `?after=`, from the beginning without it.
    ///
    /// # Errors
    /// 400 when it is no sequence.
    pub(super) fn after(&self) -> Result<i64, ApiError> {
        let Some(text) = self.query_value("after") else { return Ok(0) };
        let malformed = |_| ApiError::field(Code::InvalidField, "after", "not a sequence");
        text.parse::<u32>().map(i64::from).map_err(malformed)
    }

    /// A header's value, when it is text.
    #[must_use]
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// 415 for another content type, 400 for what is not JSON, has an unknown field or a wrong value.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let content_type = self.header("content-type").unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::plain(Code::UnsupportedMediaType));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = error.to_string();
            match error.classify() {
                serde_json::error::Category::Data if text.starts_with("unknown field") => {
                    ApiError::new(Code::UnknownField, text)
                }
                serde_json::error::Category::Data if text.starts_with(UNKNOWN_CURRENCY) => {
                    ApiError::field(Code::CurrencyNotSupported, "currency", text)
                }
                serde_json::error::Category::Data if text.starts_with(AMOUNT_OUT_OF_RANGE) => {
                    ApiError::field(Code::AmountOutOfRange, "amount_minor", text)
                }
                serde_json::error::Category::Data => ApiError::new(Code::InvalidField, text),
                serde_json::error::Category::Io
                | serde_json::error::Category::Syntax
                | serde_json::error::Category::Eof => ApiError::new(Code::InvalidJson, text),
            }
        })
    }
}

/// An answer on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// Where a browser goes next.
    pub location: Option<String>,
}

impl Reply {
    /// A JSON answer.
    ///
    /// # Errors
    /// 500 when the value cannot be written, which no answer of ours can cause.
    pub(super) fn json(status: u16, value: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(value).map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(Self { status, content_type: "application/json", body, location: None })
    }

    /// Sends a browser on to `location`.
    #[must_use]
    pub(super) fn redirect(location: String) -> Self {
        Self { status: 302, location: Some(location), ..Self::text("") }
    }

    /// A plain-text answer with status 200.
    #[must_use]
    pub(super) fn text(body: &str) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: body.to_owned(), location: None }
    }

    /// The answer as it leaves.
    #[must_use]
    pub(super) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(location) = self.location.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

impl From<&ApiError> for Reply {
    fn from(error: &ApiError) -> Self {
        let problem = error.problem();
        Self {
            status: problem.status,
            content_type: "application/problem+json",
            body: serde_json::to_string(&problem).unwrap_or_default(),
            location: None,
        }
    }
}
