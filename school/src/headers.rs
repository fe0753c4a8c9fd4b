//! What may a page of ours do in the browser?
//!
//! The policy starts from nothing and adds what the checkout widget documents: its scripts and its
//! WebAssembly come from Coursepay, and it talks to Coursepay. Its styles need no permission, as it adopts
//! them by script. No page has a script or style of its own inside the HTML.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::school::School;

fn content_security_policy(coursepay_origin: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' {coursepay_origin} 'wasm-unsafe-eval'; \
         connect-src 'self' {coursepay_origin}; style-src 'self'; img-src 'self'; font-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Puts the security headers on every answer.
pub(crate) async fn add_security_headers(
    State(school): State<Arc<School>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // The origin has been through a URL parser (settings.rs), so it always fits into a header.
    if let Ok(policy) =
        HeaderValue::from_str(&content_security_policy(&school.settings.coursepay_public_origin))
    {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: under that, browsers send our own forms with `Origin: null`.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin-allow-popups"),
    );
    response
}
