//! What does every request get?
//!
//! The app is the Worker without Cloudflare: it takes `http` values and gives them back, and reaches the
//! world through [`ports`] alone. Read on in [`router`], then one of the [`services`], then [`store`].

pub mod auth;
pub mod config;
mod cors;
pub mod error;
mod exchange;
mod gateways;
mod idempotency;
mod jobs;
pub mod pkcs8;
pub mod ports;
#[cfg(feature = "probe")]
pub mod probe;
pub mod router;
pub mod secrets;
pub mod services;
pub mod store;
mod telemetry;

use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::percent_decode_str;

use config::Config;
use error::{ApiError, Code};
use exchange::{Call, Reply};
use ports::World;
use router::{Match, Route};

pub use jobs::{RetryLater, run_message, run_scheduled};

/// The largest body taken.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// What every part of the app works with.
pub struct App<'a, W> {
    /// Everything outside.
    pub world: &'a W,
    /// What is set.
    pub config: &'a Config,
}

/// Answers one request. Never fails: a refusal is an answer.
pub async fn handle<W: World>(world: &W, config: &Config, request: Request<Bytes>) -> Response<Bytes> {
    let app = App { world, config };
    let (parts, body) = request.into_parts();
    if parts.method == http::Method::OPTIONS {
        return cors::preflight(config, &parts.headers);
    }
    let (route, params) = match router::find(&parts.method, parts.uri.path()) {
        Match::Route(route, params) => (route, params),
        Match::OtherMethod => return refuse(&app, None, &parts, &ApiError::plain(Code::MethodNotAllowed)),
        Match::Nothing => return refuse(&app, None, &parts, &ApiError::plain(Code::RouteNotFound)),
    };
    match answer(&app, route, params, &parts, body).await {
        Ok(reply) => cors::allow(config, route.caller, &parts.headers, reply.into_response()),
        Err(error) => refuse(&app, Some(route), &parts, &error),
    }
}

async fn answer<W: World>(
    app: &App<'_, W>,
    route: &Route,
    params: Vec<(String, String)>,
    parts: &http::request::Parts,
    body: Bytes,
) -> Result<Reply, ApiError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(ApiError::plain(Code::BodyTooLarge));
    }
    cors::check(app.config, route.caller, &parts.headers)?;
    let identity = auth::identify(app, route.caller, &parts.headers).await?;
    let params = params
        .into_iter()
        .map(|(name, value)| (name, percent_decode_str(&value).decode_utf8_lossy().into_owned()))
        .collect();
    let call = Call {
        now: app.world.now(),
        method: parts.method.clone(),
        route: route.path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body,
        params,
        identity,
    };
    if route.needs_key {
        idempotency::Key::of(app, &call)?;
    }
    services::dispatch(app, route.endpoint, &call).await
}

fn refuse<W: World>(
    app: &App<'_, W>,
    route: Option<&Route>,
    parts: &http::request::Parts,
    error: &ApiError,
) -> Response<Bytes> {
    telemetry::refused(app, route, error);
    let response = Reply::from(error).into_response();
    match route {
        Some(route) => cors::allow(app.config, route.caller, &parts.headers, response),
        None => response,
    }
}
