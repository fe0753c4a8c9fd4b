//! How does what a gateway says become a fact?

use coursepay_core::attempt::{AttemptState, Capture};
use coursepay_core::gateway::{Operation, Payer};
use coursepay_core::id::AttemptId;
use coursepay_core::method::{GatewayId, Method};
use coursepay_core::order::{Order, Report};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::gateways::{self, Said};
use crate::app::ports::{Statement, World};
use crate::app::services::notifications;
use crate::app::services::payments::inbox::{self, Received};
use crate::app::services::payments::payer;
use crate::app::services::payments::refunds::pursue;
use crate::app::store::{self, CommitError, Loaded};
use crate::app::telemetry;

/// What an order is after its gateway was asked.
pub(super) struct Heard {
    /// The order as it is now.
    pub(super) loaded: Loaded,
    /// Whether there is nothing more to ask about: it is over, or not there, or on somebody's desk.
    pub(super) is_certain: bool,
    /// Whether the gateway has answered, whatever it said.
    pub(super) is_answered: bool,
}

/// Asks the gateway for `operation` on `attempt` of `loaded` and commits what it says, together with what
/// `more` adds for the order as it is then.
///
/// # Errors
/// 503 when the gateway is off, the database does not answer or the race is lost too often. A gateway that
/// does not answer is no error.
pub(super) async fn ask_gateway<W: World>(
    app: &App<'_, W>,
    loaded: Loaded,
    attempt: AttemptId,
    operation: Operation,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Heard, ApiError> {
    let found = loaded.order.attempt(attempt)?;
    let Method::External(gateway) = found.method else {
        return Ok(Heard { loaded, is_certain: true, is_answered: true });
    };
    let party = gateways::party(app, gateway)?;
    let payer = match operation {
        Operation::Create => payer::frozen(app, found).await?,
        Operation::Query | Operation::Close => Payer::default(),
    };
    match gateways::ask(app, party, operation, found, &payer).await {
        Said::News(report) => {
            let is_certain = match report {
                Report::Refused(_) | Report::Closed | Report::Paid { .. } => true,
                // It may still be paid, or be on its way.
                Report::Accepted { .. }
                | Report::Unanswered(_)
                | Report::Waiting
                | Report::Declined(_)
                | Report::Processing => false,
            };
            let is_answered = !matches!(report, Report::Unanswered(_));
            let loaded = apply(app, loaded, gateway, attempt, report, more).await?;
            Ok(Heard { loaded, is_certain, is_answered })
        }
        Said::NothingNew => Ok(Heard { loaded, is_certain: true, is_answered: true }),
        Said::Unclear => Ok(Heard { loaded, is_certain: false, is_answered: false }),
        Said::Misfit(payment, misfit) => {
            quarantine(app, gateway, attempt, &payment.gateway_no, &misfit.to_string()).await?;
            Ok(Heard { loaded, is_certain: true, is_answered: true })
        }
    }
}

/// What whoever trusts the browser does: takes the attempt for paid.
#[cfg(feature = "planted")]
pub(super) async fn believe<W: World>(
    app: &App<'_, W>,
    loaded: Loaded,
    attempt: AttemptId,
) -> Result<Loaded, ApiError> {
    let Method::External(gateway) = loaded.order.attempt(attempt)?.method else { return Ok(loaded) };
    let report = Report::Paid { gateway_no: "as the browser says".to_owned(), at: app.world.now() };
    apply(app, loaded, gateway, attempt, report, |_| Ok(Vec::new())).await
}

/// Keeps apart a payment, or a dispute over one, that an answer told of and that does not fit: somebody should
/// look at it. Told again, it counts up.
pub(super) async fn quarantine<W: World>(
    app: &App<'_, W>,
    gateway: GatewayId,
    attempt: AttemptId,
    gateway_no: &str,
    reason: &str,
) -> Result<(), ApiError> {
    let merchant_no = attempt.to_string();
    let key = format!("answer|{merchant_no}|{gateway_no}");
    let received =
        Received { gateway, key: &key, merchant_no: &merchant_no, body: None, misfit: Some(reason) };
    store::commit_plain(app, vec![inbox::write(app, &received)]).await?;
    telemetry::note(app, "answer_quarantined", &merchant_no, reason);
    Ok(())
}

/// Decides and commits `report`, first on the order as it was read, and after every lost race on how it is
/// then.
async fn apply<W: World>(
    app: &App<'_, W>,
    mut loaded: Loaded,
    gateway: GatewayId,
    attempt: AttemptId,
    report: Report,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Loaded, ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        if tries > 0 {
            loaded = store::reload(app, &loaded).await?;
            if let Some(again) = paid_again(&loaded.order, attempt, &report) {
                let reason = "paid before by another payment";
                quarantine(app, gateway, attempt, again, reason).await?;
                return Ok(loaded);
            }
        }
        let decision = loaded.order.report(attempt, report.clone(), &loaded.owned, &mut store::ids(app))?;
        match store::commit(app, &decision, more(&decision.order)?).await {
            Ok(()) => {
                notifications::announce(app, &decision).await;
                pursue::pursue_new(app, &decision).await;
                loaded.order = decision.order;
                return Ok(loaded);
            }
            Err(CommitError::LostRace) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// The gateway's number of the reported payment, when another one was taken in for this attempt meanwhile.
fn paid_again<'a>(order: &Order, attempt: AttemptId, report: &'a Report) -> Option<&'a str> {
    let Report::Paid { gateway_no, .. } = report else { return None };
    match &order.attempt(attempt).ok()?.state {
        AttemptState::Paid(Capture { gateway_no: Some(known), .. }) if known != gateway_no => {
            Some(gateway_no)
        }
        _ => None,
    }
}
