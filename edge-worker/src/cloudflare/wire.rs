//! How do the runtime's requests and responses become ours, and back?
//!
//! Bodies are read up to a limit and written whole, so what we send says its length. Headers are the only
//! thing that can be lost: one that is no valid HTTP header is left out.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
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

/// Reads a request with the first `max_body_bytes` of its body. A body that says it is no longer than that is taken
/// whole, in one step: HTTP holds it to its `Content-Length` (RFC 9112, section 6.3), and walking its stream costs as
/// much as the rest of a request. Of any other, bytes are counted as they come, and the rest is never fetched.
///
/// # Errors
/// [`Unreadable`] for a method or URL outside RFC 9110, or when the sender stops sending.
pub(super) async fn read_request(
    request: &web_sys::Request,
    max_body_bytes: usize,
) -> Result<Request<Bytes>, Unreadable> {
    let method = Method::from_bytes(request.method().as_bytes()).map_err(|e| Unreadable(e.to_string()))?;
    let uri = Uri::try_from(request.url()).map_err(|e| Unreadable(e.to_string()))?;
    let headers = read_headers(&request.headers());
    let body = match said_length(&headers) {
        Some(0) => Ok(Bytes::new()),
        Some(length) if length <= max_body_bytes => whole_body(request, max_body_bytes).await,
        Some(_) | None => read_body(request.body(), max_body_bytes).await,
    };
    let mut ours = Request::new(body.map_err(Unreadable)?);
    *ours.method_mut() = method;
    *ours.uri_mut() = uri;
    *ours.headers_mut() = headers;
    Ok(ours)
}

/// What a body says about its length; nothing where it says so twice, or comes in chunks.
fn said_length(headers: &HeaderMap) -> Option<usize> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body in one step, all the same cut off.
///
/// # Errors
/// The runtime's words when the sender stops before the end.
async fn whole_body(request: &web_sys::Request, max_bytes: usize) -> Result<Bytes, String> {
    let failed = |error: JsValue| worker::Error::from(error).to_string();
    let buffer = JsFuture::from(request.array_buffer().map_err(failed)?).await.map_err(failed)?;
    let mut body = Uint8Array::new(&buffer).to_vec();
    body.truncate(max_bytes);
    Ok(body.into())
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
    headers.entries().into_iter().filter_map(|entry| pair(&entry.ok()?)).collect()
}

fn pair(entry: &JsValue) -> Option<(HeaderName, HeaderValue)> {
    let entry = entry.dyn_ref::<Array>()?;
    let name = HeaderName::try_from(entry.get(0).as_string()?).ok()?;
    let value = HeaderValue::try_from(entry.get(1).as_string()?).ok()?;
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
