//! How is a lost callback found? The gateway is asked: on demand, and by schedule.

use coursepay_core::gateway::Operation;
use coursepay_core::id::AttemptId;
use coursepay_core::method::Method;
use coursepay_core::order::{OrderState, UNKNOWN_PATIENCE_MS};

use crate::app::App;
use crate::app::error::ApiError;
use crate::app::exchange::{Call, Reply};
use crate::app::gateways;
use crate::app::ports::{Db, World, statement};
use crate::app::services::orders::{load_for_caller, view};
use crate::app::services::payments::report;
use crate::app::store;

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
/// its money is closed instead.
///
/// # Errors
/// 503 when the gateway is off or the database does not answer. A gateway that does not answer is no error:
/// it is asked again.
pub(in crate::app) async fn ask<W: World>(app: &App<'_, W>, attempt: AttemptId) -> Result<(), ApiError> {
    let Some(loaded) = store::load_order_of_attempt(app, attempt).await? else { return Ok(()) };
    let found = loaded.order.attempt(attempt)?;
    let Method::External(gateway) = found.method else { return Ok(()) };
    if !found.state.is_live() {
        return Ok(());
    }
    if app.world.now().ms_since(found.expires_at) > UNKNOWN_PATIENCE_MS {
        let sql = "UPDATE attempts SET next_at_ms = NULL WHERE id = ?1";
        app.world.db().query(statement!(sql, attempt.to_string())).await?;
        return Ok(());
    }
    let operation = match loaded.order.state {
        OrderState::AwaitingPayment => Operation::Query,
        OrderState::Paid { .. } | OrderState::Expired | OrderState::Cancelled => Operation::Close,
    };
    let party = gateways::party(app, gateway)?;
    if let Some(said) = gateways::report(app, party, operation, found).await {
        report::apply(app, attempt, said).await?;
    }
    Ok(())
}
