//! How is a lost callback found? The gateway is asked: on demand, and by schedule.

use coursepay_core::attempt::AttemptState;
use coursepay_core::gateway::Operation;
use coursepay_core::id::AttemptId;
use coursepay_core::order::{OrderState, UNKNOWN_PATIENCE_MS};
#[cfg(feature = "planted")]
use coursepay_core::planted::{self, Bug};
use coursepay_core::time::Timestamp;

use crate::app::App;
use crate::app::error::ApiError;
use crate::app::exchange::{Call, Reply};
use crate::app::gateways::LATE_MS;
use crate::app::ports::{Db, World, statement};
use crate::app::services::orders::{load_for_caller, view};
use crate::app::services::payments::{nothing_more, report};
use crate::app::store;

/// A gateway that has not answered for a day is asked once a day, for as long as it takes: money is never
/// given up unasked.
const ONE_DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A learner may have the gateway asked this often.
const SHORTEST_PAUSE_MS: i64 = 3_000;

/// `POST /v1/orders/{id}/check`: asks the gateway now, unless it was asked a moment ago, and answers with
/// the order as it is then.
pub(in crate::app::services) async fn check_order<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let mut loaded = load_for_caller(app, call).await?;
    let live = loaded.order.live_attempt().map(|attempt| attempt.id);
    #[cfg(feature = "planted")]
    if let Some(attempt) = live
        && planted::has(Bug::ReturnTrusted)
    {
        loaded = report::believe(app, loaded, attempt).await?;
    }
    if let Some(attempt) = live
        && may_ask(app, attempt).await?
    {
        ask(app, attempt).await?;
        loaded = load_for_caller(app, call).await?;
    }
    Reply::json(200, &view(app, call, &loaded))
}

/// Takes the right to ask about `attempt` now; whoever comes within the pause does not get it.
async fn may_ask<W: World>(app: &App<'_, W>, attempt: AttemptId) -> Result<bool, ApiError> {
    let sql = "UPDATE attempts SET asked_at_ms = CAST(?2 AS INTEGER) \
               WHERE id = ?1 AND asked_at_ms <= CAST(?3 AS INTEGER) RETURNING id";
    let now = app.world.now();
    let take = statement!(sql, attempt.to_string(), now, now.plus_ms(-SHORTEST_PAUSE_MS));
    Ok(!app.world.db().query(take).await?.is_empty())
}

/// Asks the gateway about `attempt` and commits what it says. An attempt of an order that can no longer use
/// its money is closed instead; one that is closed already is asked about once more after its deadline,
/// because its gateway may have closed nothing (`close.rs`). Gives whether the gateway has answered.
///
/// # Errors
/// 503 when the gateway is off or the database does not answer. A gateway that does not answer is no error:
/// it is asked again.
pub(in crate::app) async fn ask<W: World>(app: &App<'_, W>, attempt: AttemptId) -> Result<bool, ApiError> {
    let Some(loaded) = store::load_order_of_attempt(app, attempt).await? else { return Ok(true) };
    let found = loaded.order.attempt(attempt)?;
    let operation = match (&found.state, loaded.order.state) {
        (AttemptState::Paid(_) | AttemptState::Failed { .. }, _) => {
            ask_next(app, attempt, None).await?;
            return Ok(true);
        }
        (AttemptState::Closed, _) | (_, OrderState::AwaitingPayment) => Operation::Query,
        (_, OrderState::Paid { .. } | OrderState::Expired | OrderState::Cancelled) => Operation::Close,
    };
    let expires_at = found.expires_at;
    let heard = report::ask_gateway(app, loaded, attempt, operation, nothing_more).await?;
    let now = app.world.now();
    let is_live = heard.loaded.order.attempt(attempt)?.state.is_live();
    if heard.is_certain && !is_live && now.ms_since(expires_at) > LATE_MS {
        ask_next(app, attempt, None).await?;
    } else if now.ms_since(expires_at) > UNKNOWN_PATIENCE_MS {
        ask_next(app, attempt, Some(now.plus_ms(ONE_DAY_MS))).await?;
    }
    Ok(heard.is_answered)
}

async fn ask_next<W: World>(
    app: &App<'_, W>,
    attempt: AttemptId,
    next_at: Option<Timestamp>,
) -> Result<(), ApiError> {
    let sql = "UPDATE attempts SET next_at_ms = CAST(?2 AS INTEGER) WHERE id = ?1";
    app.world.db().query(statement!(sql, attempt.to_string(), next_at)).await?;
    Ok(())
}
