//! How is a dispute decided whose event was lost? The gateway is asked, by schedule, and what it says is taken in
//! as its event would have been.

use coursepay_core::dispute::{DisputeReport, DisputeState};
use coursepay_core::gateway::fit_dispute;
use coursepay_core::id::{AttemptId, DisputeId};
use coursepay_core::method::Method;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::gateways;
use crate::app::gateways::disputes::{DisputeSaid, ask_about_dispute};
use crate::app::ports::World;
use crate::app::services::notifications;
use crate::app::services::payments::report::quarantine;
use crate::app::store::{self, CommitError, Loaded};

/// Asks the gateway about an open dispute and commits what it says. What does not fit is kept apart and changes
/// nothing: the dispute stays open, and is asked about again.
///
/// # Errors
/// 503 when the gateway is off, the database does not answer or the race is lost too often. A gateway that does
/// not answer is no error.
pub(in crate::app) async fn ask<W: World>(app: &App<'_, W>, dispute: DisputeId) -> Result<(), ApiError> {
    let Some(loaded) = store::load_order_of_dispute(app, dispute).await? else { return Ok(()) };
    let known = loaded.order.dispute(dispute)?;
    let disputed = loaded.order.attempt(known.attempt)?;
    let (DisputeState::Open, Method::External(gateway)) = (&known.state, disputed.method) else {
        return Ok(());
    };
    let party = gateways::party(app, gateway)?;
    let DisputeSaid::Report { payment_no, report } = ask_about_dispute(app, party, &known.gateway_no).await
    else {
        return Ok(());
    };
    match fit_dispute(gateway, &payment_no, &report, &loaded.order) {
        Ok(attempt) => take_in(app, loaded, attempt, report).await,
        Err(misfit) => quarantine(app, gateway, disputed.id, &known.gateway_no, &misfit.to_string()).await,
    }
}

/// Decides and commits `report`, first on the order as it was read, and after every lost race on how it is then.
async fn take_in<W: World>(
    app: &App<'_, W>,
    mut loaded: Loaded,
    attempt: AttemptId,
    report: DisputeReport,
) -> Result<(), ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        if tries > 0 {
            loaded = store::reload(app, &loaded).await?;
        }
        let decision = loaded.order.report_dispute(attempt, report.clone(), &mut store::ids(app))?;
        match store::commit(app, &decision, Vec::new()).await {
            Ok(()) => {
                notifications::announce(app, &decision).await;
                return Ok(());
            }
            Err(CommitError::LostRace) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}
