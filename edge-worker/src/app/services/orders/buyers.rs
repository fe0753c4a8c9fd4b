//! Who is a buyer to WeChat?
//!
//! An openid is personal: it is sealed for its buyer, and nothing but the sealed row of `buyers` keeps it.

use coursepay_core::id::{BuyerId, OrderId};
use serde::Deserialize;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Db, World, statement};
use crate::app::secrets;

/// The openid that `buyer` has in the application `appid`, if they have logged in there.
///
/// # Errors
/// 503 without database or data keys, 500 when what is stored does not open.
pub(in crate::app::services) async fn openid<W: World>(
    app: &App<'_, W>,
    buyer: BuyerId,
    appid: &str,
) -> Result<Option<String>, ApiError> {
    #[derive(Deserialize)]
    struct SealedRow {
        openid_sealed: Option<String>,
    }
    let sql = "SELECT openid_sealed FROM buyers WHERE id = ?1 AND openid_appid = ?2";
    let rows = app.world.db().query(statement!(sql, buyer.to_string(), appid)).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    match row.read::<SealedRow>()?.openid_sealed {
        Some(sealed) => secrets::open_openid(app, buyer, appid, &sealed).await.map(Some),
        None => Ok(None),
    }
}

/// Notes that the buyer of `order` is `openid` in the application `appid`, in place of whoever they were before.
///
/// # Errors
/// 404 without such an order, 503 without database or data keys.
pub(in crate::app::services) async fn bind_openid<W: World>(
    app: &App<'_, W>,
    order: OrderId,
    appid: &str,
    openid: &str,
) -> Result<(), ApiError> {
    #[derive(Deserialize)]
    struct BuyerRow {
        buyer_id: BuyerId,
    }
    let sql = "SELECT buyer_id FROM orders WHERE id = ?1";
    let rows = app.world.db().query(statement!(sql, order.to_string())).await?;
    let row = rows.into_iter().next().ok_or_else(|| ApiError::plain(Code::OrderNotFound))?;
    let BuyerRow { buyer_id } = row.read()?;
    let openid = secrets::seal_openid(app, buyer_id, appid, openid).await?;
    let sql = "UPDATE buyers SET openid_sealed = ?2, openid_hmac = ?3, openid_appid = ?4 WHERE id = ?1";
    let bind = statement!(sql, buyer_id.to_string(), openid.sealed, openid.hmac, appid);
    app.world.db().query(bind).await?;
    Ok(())
}
