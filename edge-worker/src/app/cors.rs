//! Which pages may call us from a browser?
//!
//! No cookies and no credentials: a page shows who it speaks for by a token. Even so, only pages on the
//! allow-list may embed the checkout, so that nobody else's page can spend a learner's patience.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::app::config::Config;
use crate::app::error::{ApiError, Code};
use crate::app::router::Caller;

/// How long a browser may remember a preflight: an hour.
const MAX_AGE_S: &str = "3600";

/// Refuses a page on an origin that is not allowed. What anybody may read, any page may read; gateways and
/// servers send no Origin.
///
/// # Errors
/// 403.
pub(super) fn check(config: &Config, caller: Caller, headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(caller, Caller::Public | Caller::Gateway) {
        return Ok(());
    }
    match headers.get(header::ORIGIN) {
        None => Ok(()),
        Some(origin) if origin.to_str().is_ok_and(|origin| config.allows_origin(origin)) => Ok(()),
        Some(_) => Err(ApiError::plain(Code::OriginNotAllowed)),
    }
}

/// Lets the calling page read the answer, when it may.
pub(super) fn allow(
    config: &Config,
    caller: Caller,
    request: &HeaderMap,
    mut response: Response<Bytes>,
) -> Response<Bytes> {
    let headers = response.headers_mut();
    // The page counts down by the server's clock.
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("date"));
    if caller == Caller::Public {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    } else {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = allowed_origin(config, request) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }
    response
}

/// Answers a preflight.
pub(super) fn preflight(config: &Config, request: &HeaderMap) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed_origin(config, request) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, idempotency-key"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_S));
    }
    response
}

fn allowed_origin(config: &Config, request: &HeaderMap) -> Option<HeaderValue> {
    let origin = request.get(header::ORIGIN)?;
    origin.to_str().is_ok_and(|text| config.allows_origin(text)).then(|| origin.clone())
}
