//! What does a gateway say of a refund?

use coursepay_core::attempt::Attempt;
use coursepay_core::gateway::{
    Message, Outgoing, RefundAnswer, RefundOperation, RefundStanding, RefundTerms,
};
use coursepay_core::planted::{self, Bug};
use coursepay_core::refund::{Refund, RefundNews, RefundReport};
use coursepay_core::time::Timestamp;

use crate::app::App;
use crate::app::config::GatewayParty;
use crate::app::gateways::transport::{exchange, moment, proved};
use crate::app::ports::World;
use crate::app::store;
use crate::app::telemetry;

/// What stands for a gateway's code where there was no answer, or none that could be believed.
const UNANSWERED: &str = "unanswered";

/// What came of asking a gateway about a refund.
pub(in crate::app) enum RefundSaid {
    /// Something to be taken in.
    News(RefundReport),
    /// It does not know the refund.
    Absent,
    /// No answer, or one that settles nothing: its code.
    Unclear(String),
}

/// Asks the gateway for `operation` on `refund`, which gives back money of `attempt`.
pub(in crate::app) async fn ask_about_refund<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: RefundOperation,
    refund: &Refund,
    attempt: &Attempt,
) -> RefundSaid {
    let is_new_number = refund.created_at < app.world.now() && planted::has(Bug::RefundNumberRegenerated);
    let terms = RefundTerms {
        number: if is_new_number { store::ids(app).fresh() } else { refund.id },
        amount: refund.amount,
        reason: refund.reason.clone(),
        // Refunds are told where the payment was.
        notify_url: attempt.terms.notify_url.clone(),
        gateway_no: refund.gateway_no.clone(),
    };
    let (unclear, code) = match try_ask(app, party, operation, &terms, attempt).await {
        Ok(RefundAnswer::Known { gateway_no, standing }) => {
            let news = news(standing, app.world.now());
            return RefundSaid::News(RefundReport { gateway_no, news });
        }
        Ok(RefundAnswer::Absent) => return RefundSaid::Absent,
        Ok(RefundAnswer::Unclear { code }) => (code.clone(), code),
        Err(_) if planted::has(Bug::TimeoutTakenAsFailure) => {
            let news = RefundNews::Failed { code: UNANSWERED.to_owned() };
            return RefundSaid::News(RefundReport { gateway_no: None, news });
        }
        Err(why) => (why, UNANSWERED.to_owned()),
    };
    telemetry::note(app, "gateway_answer_unclear", &refund.id.to_string(), &unclear);
    RefundSaid::Unclear(code)
}

/// What a standing is news of; `now` where the gateway does not say when.
pub(in crate::app) fn news(standing: RefundStanding, now: Timestamp) -> RefundNews {
    match standing {
        RefundStanding::Done { at } => RefundNews::Done { at: at.unwrap_or(now) },
        RefundStanding::Pending => RefundNews::Pending,
        RefundStanding::Failed { code } => RefundNews::Failed { code },
        RefundStanding::NeedsAttention { code } => RefundNews::Stuck { code },
    }
}

async fn try_ask<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    operation: RefundOperation,
    terms: &RefundTerms,
    attempt: &Attempt,
) -> Result<RefundAnswer, String> {
    let prepared = party
        .protocol
        .prepare_refund(operation, terms, attempt, &moment(app))
        .map_err(|fault| fault.to_string())?;
    let Outgoing::Send(request) = proved(app, party, prepared).await? else {
        return Err("a refund is asked for, not browsed to".to_owned());
    };
    let read = |message: Message<'_>| {
        party.protocol.read_refund_answer(operation, terms, attempt, message, app.world.now())
    };
    exchange(app, party, request, read).await
}
