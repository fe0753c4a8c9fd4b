//! How is an answer put together? (status, headers, body; the same for every page and call)

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use maud::Markup;
use serde_json::{Value, json};

/// Pages bring their own style sheet and icon and frame only the sandbox's own. They may be framed
/// themselves: a page pay in QR mode is.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                           img-src 'self'; frame-src 'self'";

/// What others wrote runs nothing, loads nothing, and is of no site; its own styles are let pass.
const FOREIGN_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                              form-action 'none'; base-uri 'none'";

/// What comes of a request.
#[derive(Debug)]
pub enum Reply {
    /// A response.
    Answer(Response<Bytes>),
    /// Nothing: the connection is to be kept open for so long and then broken off.
    Silence {
        /// In real time.
        hold_ms: u64,
    },
}

impl Reply {
    /// The response, if there is one.
    pub fn answer(self) -> Option<Response<Bytes>> {
        match self {
            Self::Answer(response) => Some(response),
            Self::Silence { .. } => None,
        }
    }
}

impl From<Response<Bytes>> for Reply {
    fn from(response: Response<Bytes>) -> Self {
        Self::Answer(response)
    }
}

/// What stands before a gateway and says so when it cannot reach it.
pub(crate) fn bad_gateway() -> Response<Bytes> {
    reply(StatusCode::BAD_GATEWAY, "text/html; charset=utf-8", "<h1>502 Bad Gateway</h1>")
}

/// Any answer.
pub(crate) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    response
}

/// A page for people.
pub(crate) fn page(status: StatusCode, markup: Markup) -> Response<Bytes> {
    html(status, markup.into_string(), PAGE_POLICY)
}

/// A document somebody else wrote, to be looked at in a frame.
pub(crate) fn foreign_document(html_text: &str) -> Response<Bytes> {
    html(StatusCode::OK, html_text.to_owned(), FOREIGN_POLICY)
}

fn html(status: StatusCode, text: String, policy: &'static str) -> Response<Bytes> {
    let mut response = reply(status, "text/html; charset=utf-8", text);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// An answer for programs.
pub(crate) fn json(status: StatusCode, value: &Value) -> Response<Bytes> {
    reply(status, "application/json", value.to_string())
}

/// A refusal for programs, in the sandbox's own form.
pub(crate) fn json_error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    json(status, &json!({ "error": { "code": code, "message": message } }))
}

/// A style sheet.
pub(crate) fn style(body: &'static str) -> Response<Bytes> {
    reply(StatusCode::OK, "text/css; charset=utf-8", body)
}

/// A drawing.
pub(crate) fn icon(body: &'static str) -> Response<Bytes> {
    reply(StatusCode::OK, "image/svg+xml", body)
}

/// Sends the browser on with a GET.
pub(crate) fn see_other(location: &str) -> Response<Bytes> {
    redirect(StatusCode::SEE_OTHER, location)
}

/// Sends the browser on, in the way of those who came before 303.
pub(crate) fn found(location: &str) -> Response<Bytes> {
    redirect(StatusCode::FOUND, location)
}

fn redirect(status: StatusCode, location: &str) -> Response<Bytes> {
    let mut response = reply(status, "text/plain; charset=utf-8", Bytes::new());
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
