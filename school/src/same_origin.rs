//! Did one of our own pages send this request?
//!
//! `SameSite=Lax` already keeps our cookie off other sites' POSTs; this also refuses a neighbour on the same
//! site, and tells apart what the browser itself says about a request. And it refuses names that are not
//! ours, so that a stranger's domain pointed at this machine gets no answer.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Refuses a request that a page of another origin made. A client that is no browser says nothing about
/// where it comes from; it is let in, since it carries no other person's cookie.
///
/// # Errors
/// 403 `cross_origin`.
pub(crate) fn require_same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let fetch_site_agrees =
        headers.get("sec-fetch-site").is_none_or(|site| site.as_bytes() == b"same-origin");
    let origin_agrees = match (headers.get(ORIGIN), headers.get(HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.as_bytes().strip_prefix(b"http://").is_some_and(|origin| origin == host.as_bytes())
        }
        (Some(_), None) => false,
    };
    if fetch_site_agrees && origin_agrees {
        Ok(())
    } else {
        Err(Problem::forbidden("cross_origin", "only a page of this school may ask for this"))
    }
}

/// Lets only requests through that call this server by a name of this machine.
pub(crate) async fn require_loopback_host(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(is_loopback) {
        next.run(request).await
    } else {
        Problem::misdirected("this school answers to localhost, school.localhost and 127.0.0.1 only")
            .into_response()
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "127.0.0.1" | "[::1]" | "localhost") || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_our_own_origin_is_let_in() {
        let host = ("host", "school.localhost:8791");
        let own = ("origin", "http://school.localhost:8791");
        for good in [
            vec![host],
            vec![host, own],
            vec![host, own, ("sec-fetch-site", "same-origin")],
            vec![host, ("sec-fetch-site", "same-origin")],
        ] {
            assert!(require_same_origin(&headers(&good)).is_ok(), "{good:?}");
        }
        for bad in [
            vec![host, ("origin", "http://pay.localhost:8787")],
            vec![host, ("origin", "http://school.localhost")],
            vec![host, ("origin", "null")],
            vec![host, own, ("sec-fetch-site", "same-site")],
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "none")],
            vec![own],
        ] {
            assert!(require_same_origin(&headers(&bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_ours() {
        for ours in ["127.0.0.1:8791", "localhost", "School.localhost:1", "[::1]:8791", "[::1]"] {
            assert!(is_loopback(ours), "{ours}");
        }
        for other in ["school.example", "localhost.evil.example:8791", "127.0.0.1.evil.example", "", "::1"] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
