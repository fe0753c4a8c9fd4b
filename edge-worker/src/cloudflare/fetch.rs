//! How do requests leave the Worker?

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, Response, StatusCode};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::js_sys::{self, Uint8Array};
use worker::{AbortController, AbortSignal, Delay, web_sys};

use super::wire;
use crate::app::ports::{Http, HttpError};

/// No answer that we ask for comes near this: a gateway's is a few KB. 1 MiB of a 128 MB isolate.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// The runtime's `fetch`.
pub(super) struct Fetch;

impl Http for Fetch {
    async fn send(&self, request: Request<Bytes>, timeout_ms: u32) -> Result<Response<Bytes>, HttpError> {
        let abort = AbortController::default();
        let exchange = pin!(exchange(request, abort.signal()));
        // The deadline covers the body too: an answer that trickles is no answer.
        let deadline = Delay::from(Duration::from_millis(timeout_ms.into()));
        match select(exchange, deadline).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                abort.abort();
                Err(HttpError(format!("expected within {timeout_ms} ms, got nothing")))
            }
        }
    }
}

async fn exchange(request: Request<Bytes>, signal: AbortSignal) -> Result<Response<Bytes>, HttpError> {
    let request = outgoing(&request, &signal).map_err(failure)?;
    let global: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(global.fetch_with_request(&request)).await.map_err(failure)?;
    let response: web_sys::Response = response.dyn_into().map_err(failure)?;

    let status = StatusCode::from_u16(response.status()).map_err(|e| HttpError(e.to_string()))?;
    let headers = wire::read_headers(&response.headers());
    let body =
        wire::read_body(response.body(), MAX_RESPONSE_BYTES.saturating_add(1)).await.map_err(HttpError)?;
    if body.len() > MAX_RESPONSE_BYTES {
        return Err(HttpError(format!("expected at most {MAX_RESPONSE_BYTES} bytes, got more")));
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

fn outgoing(request: &Request<Bytes>, signal: &AbortSignal) -> Result<web_sys::Request, JsValue> {
    let headers = wire::write_headers(request.headers())?;
    let init = web_sys::RequestInit::new();
    init.set_method(request.method().as_str());
    init.set_headers(&headers);
    // A redirect is an answer: following it would carry signed parameters to whoever it names.
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_signal(Some(signal));
    if !request.body().is_empty() {
        init.set_body(&Uint8Array::new_from_slice(request.body()));
    }
    web_sys::Request::new_with_str_and_init(&request.uri().to_string(), &init)
}

fn failure(error: JsValue) -> HttpError {
    HttpError(worker::Error::from(error).to_string())
}
