//! The order service: what is sold, what is ordered, what is owned.

pub mod buyers;
pub mod create;
pub mod end;
pub mod entitlements;
pub mod history;
pub mod products;
pub mod remind;

use coursepay_core::api::OrderView;
use coursepay_core::device::Device;
use coursepay_core::id::OrderId;

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::World;
use crate::app::services::payments;
use crate::app::store::{self, Loaded};

/// `GET /v1/orders/{id}`.
pub(super) async fn get_order<W: World>(app: &App<'_, W>, call: &Call) -> Result<Reply, ApiError> {
    let loaded = load_for_caller(app, call).await?;
    Reply::json(200, &view(app, call, &loaded))
}

/// The order of the path, as this caller sees it on this device.
pub(super) fn view<W: World>(app: &App<'_, W>, call: &Call, loaded: &Loaded) -> OrderView {
    let offers = payments::offers(app, &call.identity, loaded.order.total.currency(), device(call));
    loaded.order.view(&offers)
}

/// What the caller looks at the page with; `None` for what is no browser.
fn device(call: &Call) -> Option<Device> {
    call.header("user-agent").and_then(Device::of_user_agent)
}

/// Reads the order of the path for whoever may see it.
///
/// # Errors
/// 404 for somebody else's order as for none.
pub(super) async fn load_for_caller<W: World>(app: &App<'_, W>, call: &Call) -> Result<Loaded, ApiError> {
    let not_found = || ApiError::plain(Code::OrderNotFound);
    let id = OrderId::parse(call.param("id")).map_err(|_| not_found())?;
    if let Identity::Holder(held) = &call.identity
        && *held != id
    {
        return Err(not_found());
    }
    let loaded = store::load_order(app, id).await?.ok_or_else(not_found)?;
    let may_see = match &call.identity {
        Identity::Learner(learner) => loaded.user.as_ref() == Some(&learner.user),
        Identity::Holder(_) | Identity::Platform { .. } => true,
        Identity::Nobody => false,
    };
    if may_see { Ok(loaded) } else { Err(not_found()) }
}
