//! How does an open order end unpaid?
//!
//! The gateway is asked first: an attempt that can still be paid is closed there, and if it turns out to be
//! paid already, it settles instead.

use coursepay_core::id::OrderId;
use coursepay_core::order::{Ending, OrderState, Refusal};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::idempotency::{Key, Prior};
use crate::app::ports::World;
use crate::app::services::orders::{load_for_caller, view};
use crate::app::services::payments;
use crate::app::store::{self, CommitError, Loaded};

/// `POST /v1/orders/{id}/cancel`.
pub(in crate::app::services) async fn cancel_order<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let key = Key::of(app, call)?;
    let loaded = load_for_caller(app, call).await?;
    if let Prior::Answered(reply) = key.look_up(app).await? {
        return Ok(reply);
    }
    let id = loaded.order.id;
    let ended = match loaded.order.state {
        // Cancelling twice is cancelling once.
        OrderState::Cancelled => loaded,
        OrderState::AwaitingPayment | OrderState::Paid { .. } | OrderState::Expired => {
            end_order(app, id, Ending::Cancel).await?
        }
    };
    let reply = Reply::json(200, &view(app, call, &ended))?;
    match store::commit_plain(app, vec![key.bind(id.to_string(), Some(&reply))]).await {
        Ok(()) => Ok(reply),
        Err(CommitError::KeyTaken) => match key.look_up(app).await? {
            Prior::Answered(reply) => Ok(reply),
            Prior::New | Prior::Resume(_) => Err(ApiError::plain(Code::IdempotencyInProgress)),
        },
        Err(error) => Err(error.into()),
    }
}

/// Ends an order, and gives it as it is afterwards.
///
/// # Errors
/// 409 when it is not open (paid meanwhile, perhaps), 503 when its gateway does not answer.
pub(in crate::app) async fn end_order<W: World>(
    app: &App<'_, W>,
    id: OrderId,
    ending: Ending,
) -> Result<Loaded, ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let mut loaded =
            store::load_order(app, id).await?.ok_or_else(|| ApiError::plain(Code::OrderNotFound))?;
        match loaded.order.end(ending, &mut store::ids(app)) {
            Ok(decision) => match store::commit(app, &decision, Vec::new()).await {
                Ok(()) => {
                    loaded.order = decision.order;
                    return Ok(loaded);
                }
                Err(CommitError::LostRace) => {}
                Err(error) => return Err(error.into()),
            },
            Err(Refusal::AttemptLive(attempt)) => {
                payments::close::close_attempt(app, loaded, attempt).await?
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}
