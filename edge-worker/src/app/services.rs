//! Which service answers which route?
//!
//! Four services, kept apart: each owns its tables, and another reaches it through its public functions or a
//! queue message alone.

pub mod notifications;
pub mod orders;
pub mod payments;
pub mod transfers;

mod health;

use crate::app::App;
use crate::app::error::ApiError;
use crate::app::exchange::{Call, Reply};
use crate::app::ports::World;
use crate::app::router::Endpoint;

/// Hands a call to its handler.
pub(super) async fn dispatch<W: World>(
    app: &App<'_, W>,
    endpoint: Endpoint,
    call: &Call,
) -> Result<Reply, ApiError> {
    match endpoint {
        Endpoint::GetHealth => health::get_health(app).await,
        Endpoint::PutProduct => orders::products::put_product(app, call).await,
        Endpoint::GetProduct => orders::products::get_product(app, call).await,
        Endpoint::CreateOrder => orders::create::create_order(app, call).await,
        Endpoint::GetOrder => orders::get_order(app, call).await,
        Endpoint::ListEvents => orders::history::list_events(app, call).await,
        Endpoint::CancelOrder => orders::end::cancel_order(app, call).await,
        Endpoint::ListEntitlements => orders::entitlements::list_entitlements(app, call).await,
        Endpoint::CheckOrder => payments::ask::check_order(app, call).await,
        Endpoint::StartPayment => payments::start::start_payment(app, call).await,
        Endpoint::RequestRefund => payments::refunds::request_refund(app, call).await,
        Endpoint::ListRefunds => payments::refunds::list_refunds(app, call).await,
        Endpoint::ListDisputesOfOrder => payments::disputes::list_of_order(app, call).await,
        Endpoint::ListDisputes => payments::disputes::list_disputes(app, call).await,
        Endpoint::GetRefund => payments::refunds::get_refund(app, call).await,
        Endpoint::StartWechatLogin => payments::wechat_login::start_login(app, call).await,
        Endpoint::EndWechatLogin => payments::wechat_login::end_login(app, call).await,
        Endpoint::TakeCallback(gateway) => payments::callback::take_callback(app, gateway, call).await,
        Endpoint::ListSurplus => payments::surplus::list_surplus(app, call).await,
        Endpoint::ListCallbacks => payments::inbox::list_callbacks(app, call).await,
        Endpoint::CreditWallet => transfers::wallets::credit_wallet(app, call).await,
        Endpoint::GetWallet => transfers::wallets::get_wallet(app, call).await,
        Endpoint::GetAccount => transfers::ledger::get_account(app, call).await,
        Endpoint::ListEntries => transfers::ledger::list_entries(app, call).await,
    }
}
