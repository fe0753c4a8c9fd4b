//! How does a request travel to a gateway, and its answer back?

use bytes::Bytes;
use coursepay_core::gateway::{
    Claim, Fault, GatewayRequest, Message, Moment, Outgoing, Prepared, Unsigned, Unverified, Verb,
    VerifyError,
};
use http::{HeaderMap, HeaderValue, Method, Request, header};

use crate::app::App;
use crate::app::config::{Credential, GatewayParty};
use crate::app::gateways::holds;
use crate::app::ports::{Crypto, Http, Key, World};

/// How long a gateway may take. Alipay's own SDKs wait 5 s; twice that, because a late answer still beats
/// an unknown one.
const TIMEOUT_MS: u32 = 10_000;

/// Now, and something nobody can foresee.
pub(in crate::app) fn moment<W: World>(app: &App<'_, W>) -> Moment {
    let mut bytes = [0; 16];
    app.world.random(&mut bytes);
    Moment { now: app.world.now(), nonce: hex::encode(bytes) }
}

/// A request with what proves that it is ours.
pub(super) async fn proved<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    prepared: Prepared,
) -> Result<Outgoing, String> {
    match prepared {
        Prepared::ToSign(unsigned) => sign(app, party, unsigned).await,
        Prepared::WithSecret(request) => Ok(Outgoing::Send(request)),
    }
}

/// Sends a request and has its answer read; gives what is proved to be the gateway's.
pub(super) async fn exchange<W: World, T>(
    app: &App<'_, W>,
    party: &GatewayParty,
    request: GatewayRequest,
    read: impl FnOnce(Message<'_>) -> Result<Unverified<T>, Fault>,
) -> Result<T, String> {
    let (status, headers, body) = send(app, party.bearer(), request).await?;
    let message = Message { status, headers: &headers, body: &body };
    let unverified = read(message).map_err(|fault| fault.to_string())?;
    match unverified.verify(async |claim: &Claim| holds(app, party, claim).await).await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(VerifyError::BadSignature) => Err("the answer's signature does not hold".to_owned()),
        Err(VerifyError::Check(error)) => Err(error.cause.unwrap_or(error.detail)),
    }
}

/// What is signed, with its signature by our key.
pub(in crate::app) async fn sign<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    unsigned: Unsigned,
) -> Result<Outgoing, String> {
    let Credential::Rsa(key) = &party.credential else {
        return Err("this gateway takes a secret, not a signature".to_owned());
    };
    let signature = app.world.crypto().sign_rsa(key, unsigned.message()).await;
    Ok(unsigned.signed(&signature.map_err(|error| error.to_string())?))
}

/// Status, headers, body.
type RawAnswer = (u16, Vec<(String, String)>, Bytes);

/// Too often, or nobody at home behind the door: most likely the gateway has not looked at the request, and if it
/// has, the same number does nothing twice. After any other answer, and after none at all, whoever asked decides
/// when to ask again.
const NOT_NOW: [u16; 4] = [429, 502, 503, 504];

/// Sends a request, with a secret where one goes with it; once more, the very same, where the gateway says
/// "not now".
pub(in crate::app) async fn send<W: World>(
    app: &App<'_, W>,
    bearer: Option<&Key>,
    request: GatewayRequest,
) -> Result<RawAnswer, String> {
    let request = outgoing(bearer, request)?;
    let first = send_once(app, request.clone()).await?;
    if !NOT_NOW.contains(&first.0) {
        return Ok(first);
    }
    // A quarter to half a second, so that all who were turned away at once do not come again at once.
    let mut jitter = [0_u8; 1];
    app.world.random(&mut jitter);
    let [jitter] = jitter;
    app.world.pause_ms(250_u32.saturating_add(u32::from(jitter))).await;
    send_once(app, request).await
}

async fn send_once<W: World>(app: &App<'_, W>, request: Request<Bytes>) -> Result<RawAnswer, String> {
    let response = app.world.http().send(request, TIMEOUT_MS).await.map_err(|error| error.to_string())?;
    let (parts, body) = response.into_parts();
    Ok((parts.status.as_u16(), header_list(&parts.headers), body))
}

/// The request as it leaves, with the secret where one goes with it.
fn outgoing(bearer: Option<&Key>, request: GatewayRequest) -> Result<Request<Bytes>, String> {
    let verb = match request.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
    };
    let mut builder = Request::builder().method(verb).uri(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    if let Some(secret) = bearer {
        let text = String::from_utf8_lossy(&secret.bytes);
        let mut value =
            HeaderValue::from_str(&format!("Bearer {text}")).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        builder = builder.header(header::AUTHORIZATION, value);
    }
    builder.body(Bytes::from(request.body)).map_err(|error| error.to_string())
}

/// Headers as plain values; those that are not text are left out.
pub(in crate::app) fn header_list(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(pair).collect()
}
