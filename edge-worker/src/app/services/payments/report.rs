//! How does what a gateway says become a fact?

use coursepay_core::id::AttemptId;
use coursepay_core::order::Report;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::ports::World;
use crate::app::services::notifications;
use crate::app::store::{self, CommitError, Loaded};

/// Decides and commits `report` on `attempt`, again after every lost race, and gives the order as it is then.
///
/// # Errors
/// 503 when the database does not answer or the race is lost too often; 404 for no such attempt.
pub(super) async fn apply<W: World>(
    app: &App<'_, W>,
    attempt: AttemptId,
    report: Report,
) -> Result<Loaded, ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let mut loaded = store::load_order_of_attempt(app, attempt)
            .await?
            .ok_or_else(|| ApiError::plain(Code::OrderNotFound))?;
        let decision = loaded.order.report(attempt, report.clone(), &loaded.owned, &mut store::ids(app))?;
        match store::commit(app, &decision, Vec::new()).await {
            Ok(()) => {
                notifications::announce(app, &decision).await;
                loaded.order = decision.order;
                return Ok(loaded);
            }
            Err(CommitError::LostRace) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}
