//! What do we ask of a gateway about an attempt, and what do we make of its answer?
//!
//! Nothing here fails: no answer, one that cannot be read, and one whose signature does not hold all come
//! out as "unclear", which is what they are.

pub(super) mod disputes;
pub(super) mod learned;
pub(super) mod refunds;
mod ring;
mod transport;

use coursepay_core::attempt::{Attempt, Step};
use coursepay_core::gateway::{Answer, Message, Misfit, Operation, Outgoing, Payer, Payment, fit};
use coursepay_core::method::GatewayId;
use coursepay_core::order::Report;

use crate::app::App;
use crate::app::config::GatewayParty;
use crate::app::error::{ApiError, Code};
use crate::app::ports::World;
use crate::app::telemetry;
use transport::{exchange, proved};

pub(super) use ring::{holds, made_by};
pub(super) use transport::{header_list, moment, send, sign};

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
    let request = match proved(app, party, prepared).await? {
        Outgoing::Browse(action) => return Ok(Answer::Payable { action, gateway_ref: None }),
        Outgoing::Send(request) => request,
    };
    let read =
        |message: Message<'_>| party.protocol.read_answer(operation, attempt, message, app.world.now());
    let answer = exchange(app, party, request, read).await?;
    let Answer::Ticket(ticket) = answer else { return Ok(answer) };
    let handed = party.protocol.hand_over(&ticket, &moment).map_err(|fault| fault.to_string())?;
    match sign(app, party, handed).await? {
        Outgoing::Browse(action) => Ok(Answer::Payable { action, gateway_ref: None }),
        Outgoing::Send(_) => Err("a ticket is handed to the page, not sent".to_owned()),
    }
}
