//! How does the platform hear of an order that is left unpaid?
//!
//! Its gateway is asked first: a payment whose callback was lost settles, and is not reminded of. The event leads
//! the batch, so however often this runs, the platform is told once.

use coursepay_core::id::OrderId;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::ports::World;
use crate::app::services::{notifications, payments};
use crate::app::store::{self, CommitError};

/// Tells of the order, where that should be told now.
///
/// # Errors
/// 503 when its gateway is off or the database does not answer.
pub(in crate::app) async fn remind<W: World>(app: &App<'_, W>, id: OrderId) -> Result<(), ApiError> {
    let mut has_asked = false;
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let Some(loaded) = store::load_order(app, id).await? else { return Ok(()) };
        let decision = loaded.order.remind(&mut store::ids(app))?;
        if decision.is_no_op() {
            return Ok(());
        }
        if let Some(live) = loaded.order.live_attempt().filter(|_| !has_asked) {
            has_asked = true;
            if payments::ask::ask(app, live.id).await? {
                continue;
            }
            // It may have been paid: the claim brings this again in a minute.
            return Ok(());
        }
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
