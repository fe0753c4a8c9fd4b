//! The payment service: attempts, their gateways, and what gateways tell.

pub mod ask;
pub mod callback;
pub mod certificates;
pub mod close;
pub mod inbox;
mod report;
pub mod start;

use coursepay_core::api::MethodOffer;
use coursepay_core::currency::Currency;
use coursepay_core::method::{Channel, Method};

use crate::app::App;
use crate::app::auth::Identity;

/// How this caller can pay an amount of `currency`.
pub(super) fn offers<W>(app: &App<'_, W>, identity: &Identity, currency: Currency) -> Vec<MethodOffer> {
    let mut offers: Vec<MethodOffer> = app
        .config
        .gateways
        .iter()
        .filter_map(|(id, part)| {
            let channels = part.as_ref().ok()?.channels(currency);
            (!channels.is_empty()).then_some(MethodOffer { method: Method::External(*id), channels })
        })
        .collect();
    if matches!(identity, Identity::Learner(learner) if learner.wallet) {
        offers.push(MethodOffer { method: Method::Wallet, channels: vec![Channel::Balance] });
    }
    offers
}
