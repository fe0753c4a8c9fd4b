//! How is an attempt closed before something replaces it?

use coursepay_core::attempt::AttemptState;
use coursepay_core::gateway::Operation;
use coursepay_core::id::AttemptId;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::ports::World;
use crate::app::services::payments::{nothing_more, report};
use crate::app::store::Loaded;

/// Closes `attempt` at its gateway. When it turns out to be paid, it settles instead.
///
/// An attempt the gateway has never heard of counts as closed, although its code could still be scanned until
/// its deadline: it is asked about once more after that (`store/attempts.rs`), and money that came is surplus.
///
/// # Errors
/// 409 while its money is on its way, 503 when the gateway's answer is unclear, so that the attempt could still
/// be paid.
pub(in crate::app) async fn close_attempt<W: World>(
    app: &App<'_, W>,
    loaded: Loaded,
    attempt: AttemptId,
) -> Result<(), ApiError> {
    let heard = report::ask_gateway(app, loaded, attempt, Operation::Close, nothing_more).await?;
    match &heard.loaded.order.attempt(attempt)?.state {
        AttemptState::Processing => Err(ApiError::plain(Code::PaymentProcessing)),
        live if live.is_live() => Err(ApiError::plain(Code::GatewayUnavailable)),
        _ => Ok(()),
    }
}
