//! How does a request travel to a gateway, and what do we make of its answer?
//!
//! Nothing here fails: no answer, one that cannot be read, and one whose signature does not hold all come
//! out as "unclear", which is what they are.

pub(super) mod learned;
pub(super) mod refunds;
mod ring;

use bytes::Bytes;
use coursepay_core::attempt::{Attempt, Step};
use coursepay_core::gateway::{
    Answer, Claim, GatewayRequest, Message, Misfit, Moment, Operation, Outgoing, Payer, Payment, Prepared,
    Unsigned, Verb, VerifyError, fit,
};
use coursepay_core::method::GatewayId;
use coursepay_core::order::Report;
use http::{HeaderMap, HeaderValue, Method, Request, header};

use crate::app::App;
use crate::app::config::{Credential, GatewayParty};
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Crypto, Http, Key, World};
use crate::app::telemetry;

pub(super) use ring::{holds, made_by};

/// How long a gateway may take. Alipay's own SDKs wait 5 s; twice that, because a late answer still beats
/// an unknown one.
const TIMEOUT_MS: u32 = 10_000;

/// How long after an attempt's deadline the gateway's own clock may still take the money.
pub(super) const LATE_MS: i64 = 5 * 60 * 1_000;

/// The gateway, when it is on.
///
/// # Errors
/// 503 naming the variable that keeps it off.
pub(super) fn party<'a, W>(app: &App<'a, W>, gateway: GatewayId) -> Result<&'a GatewayParty, ApiError> {
    match app.config.gateways.get(&gateway) {
        Some(Ok(party)) => Ok(party),
        Some(Err(flaw)) => {
            let detail = format!("{} is off: {} is {}.", gateway.name(), flaw.variable, flaw.problem);
            Err(ApiError::new(Code::GatewayOff, detail))
        }
        None => Err(ApiError::plain(Code::GatewayOff)),
    }
}

/// What came of asking a gateway.
pub(super) enum Said {
    /// Something to be taken in.
    News(Report),
    /// Nothing that is not known, and that for certain.
    NothingNew,
    /// A payment that does not fit the attempt.
    Misfit(Payment, Misfit),
    /// No answer, or one that says nothing.
    Unclear,
}

/// Asks the gateway for `operation` on `attempt`; a creation says who pays.
pub(super) async fn ask<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: Operation,
    attempt: &Attempt,
    payer: &Payer,
) -> Said {
    let mut answer = perform(app, party, operation, attempt, payer).await;
    // The answer that names an attempt was lost when it was created; repeated, it says how the attempt began,
    // not where it stands. So the gateway is asked again, under the name.
    let mut named = None;
    if operation != Operation::Create
        && let Answer::Payable { action, gateway_ref: Some(name) } = answer
    {
        let attempt = &*named.insert(Attempt { gateway_ref: Some(name.clone()), ..attempt.clone() });
        answer = match perform(app, party, operation, attempt, payer).await {
            Answer::Waiting => Answer::Payable { action, gateway_ref: Some(name) },
            other => other,
        };
    }
    let attempt = named.as_ref().unwrap_or(attempt);
    if answer == Answer::AlreadyOver {
        answer = match perform(app, party, Operation::Query, attempt, payer).await {
            over @ (Answer::Paid(_) | Answer::Closed | Answer::Processing) => over,
            other => Answer::Unclear { code: format!("said to be over, then {other:?}") },
        };
    }
    let unanswered = match operation {
        Operation::Create => Said::News(Report::Unanswered(Step::Create)),
        Operation::Close => Said::News(Report::Unanswered(Step::Close)),
        Operation::Query => Said::Unclear,
    };
    let past_deadline = app.world.now().ms_since(attempt.expires_at) > LATE_MS;
    match (answer, operation) {
        (Answer::Payable { action, gateway_ref }, _) => Said::News(Report::Accepted { action, gateway_ref }),
        (Answer::Refused { code }, Operation::Create) => Said::News(Report::Refused(code)),
        (Answer::Waiting, Operation::Query) => Said::News(Report::Waiting),
        (Answer::Processing, _) => Said::News(Report::Processing),
        (Answer::Closed, _) | (Answer::Absent, Operation::Close) => Said::News(Report::Closed),
        // The deadline went with the creation: what does not exist by now cannot be paid any more.
        (Answer::Absent, Operation::Query) if past_deadline => Said::News(Report::Closed),
        (Answer::Absent, Operation::Query) => Said::NothingNew,
        (Answer::Paid(payment), _) => match fit(&payment, attempt) {
            Ok(()) => Said::News(Report::Paid {
                gateway_no: payment.gateway_no,
                at: payment.at.unwrap_or_else(|| app.world.now()),
            }),
            Err(misfit) => Said::Misfit(payment, misfit),
        },
        (Answer::Unclear { code } | Answer::Refused { code }, _) => {
            telemetry::note(app, "gateway_answer_unclear", &attempt.id.to_string(), &code);
            unanswered
        }
        (Answer::AlreadyOver | Answer::Absent | Answer::Waiting | Answer::Ticket(_), _) => unanswered,
    }
}

async fn perform<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: Operation,
    attempt: &Attempt,
    payer: &Payer,
) -> Answer {
    match try_perform(app, party, operation, attempt, payer).await {
        Ok(answer) => answer,
        Err(code) => Answer::Unclear { code },
    }
}

async fn try_perform<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: Operation,
    attempt: &Attempt,
    payer: &Payer,
) -> Result<Answer, String> {
    let moment = moment(app);
    let prepared =
        party.protocol.prepare(operation, attempt, payer, &moment).map_err(|fault| fault.to_string())?;
    let request = match prepared {
        Prepared::ToSign(unsigned) => match sign(app, party, unsigned).await? {
            Outgoing::Browse(action) => return Ok(Answer::Payable { action, gateway_ref: None }),
            Outgoing::Send(request) => request,
        },
        Prepared::WithSecret(request) => request,
    };
    let (status, headers, body) = send(app, party.bearer(), request).await?;
    let message = Message { status, headers: &headers, body: &body };
    let unverified = party
        .protocol
        .read_answer(operation, attempt, message, app.world.now())
        .map_err(|fault| fault.to_string())?;
    let answer = match unverified.verify(async |claim: &Claim| holds(app, party, claim).await).await {
        Ok(answer) => answer.into_inner(),
        Err(VerifyError::BadSignature) => return Err("the answer's signature does not hold".to_owned()),
        Err(VerifyError::Check(error)) => return Err(error.cause.unwrap_or(error.detail)),
    };
    let Answer::Ticket(ticket) = answer else { return Ok(answer) };
    let handed = party.protocol.hand_over(&ticket, &moment).map_err(|fault| fault.to_string())?;
    match sign(app, party, handed).await? {
        Outgoing::Browse(action) => Ok(Answer::Payable { action, gateway_ref: None }),
        Outgoing::Send(_) => Err("a ticket is handed to the page, not sent".to_owned()),
    }
}

/// Now, and something nobody can foresee.
pub(super) fn moment<W: World>(app: &App<'_, W>) -> Moment {
    let mut bytes = [0; 16];
    app.world.random(&mut bytes);
    Moment { now: app.world.now(), nonce: hex::encode(bytes) }
}

pub(super) async fn sign<W: World>(
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
pub(super) type RawAnswer = (u16, Vec<(String, String)>, Bytes);

/// Too often, or nobody at home behind the door: most likely the gateway has not looked at the request, and if it
/// has, the same number does nothing twice. After any other answer, and after none at all, whoever asked decides
/// when to ask again.
const NOT_NOW: [u16; 4] = [429, 502, 503, 504];

/// Sends a request, with a secret where one goes with it; once more, the very same, where the gateway says
/// "not now".
pub(super) async fn send<W: World>(
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
pub(super) fn header_list(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(pair).collect()
}
