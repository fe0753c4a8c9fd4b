//! How do the runtime's requests and responses become ours, and back?
//!
//! Bodies are read up to a limit and written whole, so what we send says its length. Headers are the only
//! thing that can be lost: one that is no valid HTTP header is left out.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use wasm_bindgen::{JsCast, JsValue};
use worker::js_sys::{Array, Uint8Array};
use worker::{Body, web_sys};

/// A request that could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("the request is not readable: {0}")]
pub(super) struct Unreadable(String);

impl Unreadable {
    /// What its sender gets. It has mostly stopped listening by then, so a status and a sentence suffice.
    pub(super) fn answer(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.to_string()));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }
}

/// Reads a request with the first `max_body_bytes` of its body. What a longer body claims about itself plays no
/// part: bytes are counted as they come, and the rest is never fetched.
///
/// # Errors
/// [`Unreadable`] for a method or URL outside RFC 9110, or when the sender stops sending.
pub(super) async fn read_request(
    request: &web_sys::Request,
    max_body_bytes: usize,
) -> Result<Request<Bytes>, Unreadable> {
    let method = Method::from_bytes(request.method().as_bytes()).map_err(|e| Unreadable(e.to_string()))?;
    let uri = Uri::try_from(request.url()).map_err(|e| Unreadable(e.to_string()))?;
    let body = read_body(request.body(), max_body_bytes).await.map_err(Unreadable)?;
    let mut ours = Request::new(body);
    *ours.method_mut() = method;
    *ours.uri_mut() = uri;
    *ours.headers_mut() = read_headers(&request.headers());
    Ok(ours)
}

/// Makes the runtime's response.
///
/// # Errors
/// When the runtime refuses the status or a header.
pub(super) fn write_response(response: &Response<Bytes>) -> worker::Result<web_sys::Response> {
    let headers = write_headers(response.headers())?;
    let init = web_sys::ResponseInit::new();
    init.set_status(response.status().as_u16());
    init.set_headers(&headers);
    // A body, be it empty, is refused with the statuses that have none (204, 304).
    let body = (!response.body().is_empty()).then(|| Uint8Array::new_from_slice(response.body()));
    Ok(web_sys::Response::new_with_opt_js_u8_array_and_init(body.as_ref(), &init)?)
}

/// The first `max_bytes` of a body; dropping the stream tells the sender to stop.
///
/// # Errors
/// The runtime's words when the sender stops before the end.
pub(super) async fn read_body(
    stream: Option<web_sys::ReadableStream>,
    max_bytes: usize,
) -> Result<Bytes, String> {
    let Some(stream) = stream else {
        return Ok(Bytes::new());
    };
    let mut chunks = Body::new(stream);
    let mut body = BytesMut::new();
    while body.len() < max_bytes {
        let Some(chunk) = chunks.next().await else { break };
        body.extend_from_slice(&chunk.map_err(|error| error.to_string())?);
    }
    body.truncate(max_bytes);
    Ok(body.freeze())
}

/// Headers as the runtime gives them: names in lower case, repeated ones joined by it (`set-cookie` apart).
pub(super) fn read_headers(headers: &web_sys::Headers) -> HeaderMap {
    headers.entries().into_iter().filter_map(|entry| header(&entry.ok()?)).collect()
}

fn header(entry: &JsValue) -> Option<(HeaderName, HeaderValue)> {
    let pair = entry.dyn_ref::<Array>()?;
    let name = HeaderName::try_from(pair.get(0).as_string()?).ok()?;
    let value = HeaderValue::try_from(pair.get(1).as_string()?).ok()?;
    Some((name, value))
}

/// Headers for the runtime.
///
/// # Errors
/// When it refuses one.
pub(super) fn write_headers(headers: &HeaderMap) -> Result<web_sys::Headers, JsValue> {
    let output = web_sys::Headers::new()?;
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            output.append(name.as_str(), value)?;
        }
    }
    Ok(output)
}
