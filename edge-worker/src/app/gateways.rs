//! How does a request travel to a gateway, and what do we make of its answer?
//!
//! Nothing here fails: no answer, one that cannot be read, and one whose signature does not hold all come
//! out as "unclear", which is what they are.

use bytes::Bytes;
use coursepay_core::attempt::{Attempt, Step};
use coursepay_core::gateway::{Answer, Claim, KeyChoice, Operation, Outgoing, VerifyError, fit};
use coursepay_core::method::GatewayId;
use coursepay_core::order::Report;
use http::{Request, header};

use crate::app::App;
use crate::app::config::GatewayParty;
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Crypto, CryptoError, Http, World};
use crate::app::telemetry;

/// How long a gateway may take. Alipay's own SDKs wait 5 s; twice that, because a late answer still beats
/// an unknown one.
const TIMEOUT_MS: u32 = 10_000;

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

/// Whether one of the keys we trust made the claimed signature.
///
/// # Errors
/// [`CryptoError`] for a key of ours that is none.
pub(super) async fn holds<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    claim: &Claim,
) -> Result<bool, CryptoError> {
    for key in &party.verifying {
        let chosen = match &claim.key {
            KeyChoice::Any => true,
            KeyChoice::Named(id) => *id == key.id,
        };
        if chosen && app.world.crypto().verify_rsa(key, &claim.message, &claim.signature).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks the gateway for `operation` on `attempt` and says what follows for the attempt; `None` when the
/// answer changes nothing.
pub(super) async fn report<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: Operation,
    attempt: &Attempt,
) -> Option<Report> {
    let mut answer = perform(app, party, operation, attempt).await;
    if answer == Answer::AlreadyOver {
        answer = match perform(app, party, Operation::Query, attempt).await {
            over @ (Answer::Paid(_) | Answer::Closed) => over,
            other => Answer::Unclear { code: format!("said to be over, then {other:?}") },
        };
    }
    let unanswered = match operation {
        Operation::Create => Some(Report::Unanswered(Step::Create)),
        Operation::Close => Some(Report::Unanswered(Step::Close)),
        Operation::Query => None,
    };
    match (answer, operation) {
        (Answer::Payable(action), _) => Some(Report::Accepted(action)),
        (Answer::Refused { code }, Operation::Create) => Some(Report::Refused(code)),
        (Answer::Waiting, Operation::Query) => Some(Report::Waiting),
        (Answer::Processing, _) => Some(Report::Processing),
        (Answer::Closed, _) | (Answer::Absent, Operation::Close) => Some(Report::Closed),
        (Answer::Paid(payment), _) => match fit(&payment, attempt) {
            Ok(()) => Some(Report::Paid {
                gateway_no: payment.gateway_no,
                at: payment.at.unwrap_or_else(|| app.world.now()),
            }),
            Err(misfit) => {
                telemetry::note(app, "gateway_answer_misfit", &attempt.id.to_string(), &misfit.to_string());
                unanswered
            }
        },
        (Answer::Unclear { code } | Answer::Refused { code }, _) => {
            telemetry::note(app, "gateway_answer_unclear", &attempt.id.to_string(), &code);
            unanswered
        }
        (Answer::AlreadyOver | Answer::Absent | Answer::Waiting, _) => unanswered,
    }
}

async fn perform<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: Operation,
    attempt: &Attempt,
) -> Answer {
    match try_perform(app, party, operation, attempt).await {
        Ok(answer) => answer,
        Err(code) => Answer::Unclear { code },
    }
}

async fn try_perform<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: Operation,
    attempt: &Attempt,
) -> Result<Answer, String> {
    let unsigned =
        party.protocol.prepare(operation, attempt, app.world.now()).map_err(|fault| fault.to_string())?;
    let crypto = app.world.crypto();
    let signature =
        crypto.sign_rsa(&party.signing, unsigned.message()).await.map_err(|error| error.to_string())?;
    let outgoing = match unsigned.signed(&signature) {
        Outgoing::Browse(action) => return Ok(Answer::Payable(action)),
        Outgoing::Send(outgoing) => outgoing,
    };
    let request = Request::post(&outgoing.url)
        .header(header::CONTENT_TYPE, outgoing.content_type)
        .body(Bytes::from(outgoing.body))
        .map_err(|error| error.to_string())?;
    let response = app.world.http().send(request, TIMEOUT_MS).await.map_err(|error| error.to_string())?;
    if response.status() != http::StatusCode::OK {
        return Err(format!("HTTP status {}", response.status().as_u16()));
    }
    let unverified =
        party.protocol.read_answer(operation, attempt, response.body()).map_err(|fault| fault.to_string())?;
    match unverified.verify(async |claim: &Claim| holds(app, party, claim).await).await {
        Ok(answer) => Ok(answer.into_inner()),
        Err(VerifyError::BadSignature) => Err("the answer's signature does not hold".to_owned()),
        Err(VerifyError::Check(error)) => Err(error.to_string()),
    }
}
