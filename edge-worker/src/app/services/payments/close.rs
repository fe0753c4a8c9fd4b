//! How is an attempt closed before something replaces it?

use coursepay_core::gateway::Operation;
use coursepay_core::id::AttemptId;
use coursepay_core::method::Method;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::gateways;
use crate::app::ports::World;
use crate::app::services::payments::report;
use crate::app::store;

/// Closes `attempt` at its gateway. When it turns out to be paid, it settles instead.
///
/// # Errors
/// 503 when the gateway's answer is unclear, so that the attempt could still be paid.
pub(in crate::app) async fn close_attempt<W: World>(
    app: &App<'_, W>,
    attempt: AttemptId,
) -> Result<(), ApiError> {
    let not_found = || ApiError::plain(Code::OrderNotFound);
    let loaded = store::load_order_of_attempt(app, attempt).await?.ok_or_else(not_found)?;
    let found = loaded.order.attempt(attempt)?;
    let Method::External(gateway) = found.method else { return Ok(()) };
    if !found.state.is_live() {
        return Ok(());
    }
    let party = gateways::party(app, gateway)?;
    let Some(said) = gateways::report(app, party, Operation::Close, found).await else {
        return Err(ApiError::plain(Code::GatewayUnavailable));
    };
    let loaded = report::apply(app, attempt, said).await?;
    if loaded.order.attempt(attempt)?.state.is_live() {
        return Err(ApiError::plain(Code::GatewayUnavailable));
    }
    Ok(())
}
