//! The payment service: attempts and refunds, their gateways, and what gateways tell.

pub mod ask;
pub mod callback;
pub mod certificates;
pub mod close;
pub mod disputes;
pub mod inbox;
mod payer;
pub mod refunds;
mod report;
pub mod start;
pub mod surplus;
pub mod wechat_login;

use coursepay_core::api::MethodOffer;
use coursepay_core::currency::Currency;
use coursepay_core::device::Device;
use coursepay_core::method::{Channel, Method};
use coursepay_core::order::Order;

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::ports::Statement;

/// How this caller can pay an amount of `currency`: in every way there is, or in those that fit `device`.
pub(super) fn offers<W>(
    app: &App<'_, W>,
    identity: &Identity,
    currency: Currency,
    device: Option<Device>,
) -> Vec<MethodOffer> {
    let on_offer = |method: Method, mut channels: Vec<Channel>| {
        channels.retain(|channel| device.is_none_or(|device| device.suits(method, *channel)));
        (!channels.is_empty()).then_some(MethodOffer { method, channels })
    };
    let gateways = app.config.gateways.iter().filter_map(|(id, part)| {
        let channels = app.config.channels(part.as_ref().ok()?, currency);
        on_offer(Method::External(*id), channels)
    });
    let may_spend = matches!(identity, Identity::Learner(learner) if learner.wallet);
    let wallet = may_spend.then(|| on_offer(Method::Wallet, vec![Channel::Balance])).flatten();
    gateways.chain(wallet).collect()
}

/// The address that a browser is sent back to, as it was checked.
///
/// # Errors
/// 422 for one that is not on the allow-list.
fn return_address<W>(app: &App<'_, W>, url: &str) -> Result<String, ApiError> {
    app.config.return_address(url).ok_or_else(|| {
        let detail = "The origin of return_url is not on the allow-list.";
        ApiError::field(Code::ReturnUrlNotAllowed, "return_url", detail)
    })
}

/// What a step adds to a batch: nothing besides.
pub(in crate::app) fn nothing_more(_: &Order) -> Result<Vec<Statement>, ApiError> {
    Ok(Vec::new())
}
