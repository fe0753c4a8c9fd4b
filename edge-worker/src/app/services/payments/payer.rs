//! What is WeChat told about who pays, and is it the same each time?
//!
//! In a phone's browser WeChat must be told the address that the learner comes from, inside WeChat their openid,
//! and it refuses a repeat under the same number with another one. So both are taken from the request that
//! begins an attempt, sealed into its row in the batch that commits it, and from then on read from there alone.

use std::net::IpAddr;

use coursepay_core::attempt::{Attempt, AttemptState};
use coursepay_core::gateway::Payer;
use coursepay_core::id::AttemptId;
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::order::{Order, OrderState};
use serde::Deserialize;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::Call;
use crate::app::ports::{Db, Row, Statement, World, statement};
use crate::app::secrets;
use crate::app::services::orders::buyers;
use crate::app::services::payments::wechat_login;
use crate::app::telemetry;

/// Where Cloudflare says from which address a request came. It overwrites what a client sends under this name,
/// so nobody speaks for another address; `X-Forwarded-For` begins with whatever the client made up. On one's own
/// machine Miniflare fills it in where a client did not.
const CLIENT_ADDRESS: &str = "cf-connecting-ip";

/// The address of WeChat's page works for five minutes, unless it was opened by then (H5 下单, `h5_url`). One
/// that is nearly over is not given out again.
const MOBILE_LINK_MS: i64 = 5 * 60 * 1_000 - 30_000;

/// Whether the gateway must be told who pays.
fn is_told(gateway: GatewayId, channel: Channel) -> bool {
    gateway == GatewayId::WechatPay && matches!(channel, Channel::Mobile | Channel::InApp)
}

/// Who pays `order` by this call, where the gateway must be told.
///
/// # Errors
/// 422 when the address is not known, 409 when the buyer has not logged in with WeChat.
pub(super) async fn of_call<W: World>(
    app: &App<'_, W>,
    call: &Call,
    order: &Order,
    gateway: GatewayId,
    channel: Channel,
) -> Result<Option<Payer>, ApiError> {
    // An order that is over is refused for that, whoever would pay it.
    if !is_told(gateway, channel) || order.state != OrderState::AwaitingPayment {
        return Ok(None);
    }
    if channel == Channel::InApp {
        let login = wechat_login::configured(app)?;
        let openid = buyers::openid(app, order.buyer, &login.protocol.appid).await?;
        let openid = openid.ok_or_else(|| ApiError::plain(Code::WechatLoginRequired))?;
        return Ok(Some(Payer { openid: Some(openid), client_ip: None }));
    }
    let address = call.header(CLIENT_ADDRESS).and_then(|text| text.trim().parse::<IpAddr>().ok());
    let address = address.ok_or_else(|| ApiError::plain(Code::ClientAddressUnknown))?;
    Ok(Some(Payer { openid: None, client_ip: Some(address.to_string()) }))
}

/// The statement that freezes `payer` with its new attempt, for the end of the batch that inserts it.
///
/// # Errors
/// 503 without data keys.
pub(super) async fn freeze<W: World>(
    app: &App<'_, W>,
    attempt: AttemptId,
    payer: Option<&Payer>,
) -> Result<Vec<Statement>, ApiError> {
    let Some(payer) = payer else { return Ok(Vec::new()) };
    let sealed = secrets::seal_payer(app, attempt, payer).await?;
    Ok(vec![statement!("UPDATE attempts SET payer_sealed = ?2 WHERE id = ?1", attempt.to_string(), sealed)])
}

/// Who was frozen with `attempt`; nobody in particular where the gateway need not be told.
///
/// # Errors
/// 503 without database or data keys, 500 when what is stored does not open.
pub(super) async fn frozen<W: World>(app: &App<'_, W>, attempt: &Attempt) -> Result<Payer, ApiError> {
    #[derive(Deserialize)]
    struct SealedRow {
        payer_sealed: Option<String>,
    }
    let Method::External(gateway) = attempt.method else { return Ok(Payer::default()) };
    if !is_told(gateway, attempt.channel) {
        return Ok(Payer::default());
    }
    let sql = "SELECT payer_sealed FROM attempts WHERE id = ?1";
    let rows = app.world.db().query(statement!(sql, attempt.id.to_string())).await?;
    let row = rows.into_iter().next().map(Row::read::<SealedRow>).transpose()?;
    match row.and_then(|row| row.payer_sealed) {
        Some(sealed) => secrets::open_payer(app, attempt.id, &sealed).await,
        None => Ok(Payer::default()),
    }
}

/// Whether a live attempt is of no use to `payer`, so that another one must take its place: WeChat lets nobody
/// pay who comes from another address or has another openid than it was told, and an address of its page that
/// nobody has opened is soon over. (The ticket for inside WeChat works for two hours, longer than any order, and
/// as often as it is shown: it is not made anew.)
///
/// # Errors
/// 503 when the database does not answer.
pub(super) async fn is_outdated<W: World>(
    app: &App<'_, W>,
    order: &Order,
    attempt: AttemptId,
    payer: Option<&Payer>,
) -> Result<bool, ApiError> {
    let Some(payer) = payer else { return Ok(false) };
    let found = order.attempt(attempt)?;
    let is_stale = found.channel == Channel::Mobile
        && found.state == AttemptState::Pending
        && app.world.now().ms_since(found.created_at) >= MOBILE_LINK_MS;
    if is_stale {
        return Ok(true);
    }
    match frozen(app, found).await {
        Ok(told) => Ok(told != *payer),
        // Sealed with a key we no longer have: it cannot be repeated as it was.
        Err(error) if error.code == Code::Internal => {
            let cause = error.cause.unwrap_or_default();
            telemetry::note(app, "payer_unreadable", &attempt.to_string(), &cause);
            Ok(true)
        }
        Err(error) => Err(error),
    }
}
