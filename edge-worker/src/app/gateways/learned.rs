//! Which keys of WeChat Pay's have we learned, and when do we ask again?
//!
//! A row is found by merchant and serial number, and trusted while it is valid by our own clock. What a key is
//! cached by is its fingerprint: a certificate that came with other bytes could not pass for what was imported
//! under its number before.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::gateway::wechat_pay::PlatformCertificate;
use coursepay_core::method::GatewayId;
use serde::Deserialize;

use crate::app::App;
use crate::app::config::VerifyingKey;
use crate::app::ports::{Db, DbError, Statement, World, statement};

const GATEWAY: &str = GatewayId::WechatPay.name();

/// New certificates are listed a day before they are used, and WeChat wants to be asked more often than every
/// twelve hours (pay.weixin.qq.com, 下载平台证书).
const PAUSE_MS: i64 = 11 * 60 * 60 * 1_000;

/// When a list that could not be had is asked for again.
const RETRY_MS: i64 = 10 * 60 * 1_000;

/// The key that signatures to merchant `mchid` call `serial_no`, if it is valid now.
///
/// # Errors
/// [`DbError`].
pub(super) async fn find<W: World>(
    app: &App<'_, W>,
    mchid: &str,
    serial_no: &str,
) -> Result<Option<VerifyingKey>, DbError> {
    #[derive(Deserialize)]
    struct KeyRow {
        public_key: String,
    }
    let sql = "SELECT public_key FROM gateway_keys WHERE gateway = ?1 AND account = ?2 AND name = ?3 \
               AND valid_from_ms <= CAST(?4 AS INTEGER) AND valid_until_ms > CAST(?4 AS INTEGER)";
    let rows = app.world.db().query(statement!(sql, GATEWAY, mchid, serial_no, app.world.now())).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let KeyRow { public_key } = row.read()?;
    let bytes = BASE64_STANDARD.decode(public_key).map_err(|error| DbError::Nonsense(error.to_string()))?;
    Ok(Some(VerifyingKey::new(Some(serial_no), bytes)))
}

/// How many keys that signatures to merchant `mchid` may name are valid now.
///
/// # Errors
/// [`DbError`].
pub(in crate::app) async fn count<W: World>(app: &App<'_, W>, mchid: &str) -> Result<i64, DbError> {
    #[derive(Deserialize)]
    struct CountRow {
        valid: i64,
    }
    let sql = "SELECT count(*) AS valid FROM gateway_keys WHERE gateway = ?1 AND account = ?2 \
               AND valid_from_ms <= CAST(?3 AS INTEGER) AND valid_until_ms > CAST(?3 AS INTEGER)";
    let rows = app.world.db().query(statement!(sql, GATEWAY, mchid, app.world.now())).await?;
    match rows.into_iter().next() {
        Some(row) => row.read::<CountRow>().map(|row| row.valid),
        None => Ok(0),
    }
}

/// Keeps what a list of WeChat's says, all of it or nothing: `listed` are its serial numbers, `certificates` those
/// of them that could be read. What it no longer lists, and what has ended, goes; a list of nothing leaves what
/// is there. The next one is due after a pause.
///
/// # Errors
/// [`DbError`].
pub(in crate::app) async fn keep<W: World>(
    app: &App<'_, W>,
    mchid: &str,
    listed: &[&str],
    certificates: &[PlatformCertificate],
) -> Result<(), DbError> {
    let now = app.world.now();
    let insert = "INSERT INTO gateway_keys (gateway, account, name, public_key, valid_from_ms, valid_until_ms) \
                  VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), CAST(?6 AS INTEGER)) \
                  ON CONFLICT (gateway, account, name) DO UPDATE SET public_key = excluded.public_key, \
                  valid_from_ms = excluded.valid_from_ms, valid_until_ms = excluded.valid_until_ms";
    let mut batch: Vec<Statement> = certificates
        .iter()
        .map(|one| {
            let key = BASE64_STANDARD.encode(&one.public_key);
            statement!(insert, GATEWAY, mchid, one.serial_no.as_str(), key, one.valid_from, one.valid_until)
        })
        .collect();
    let sweep = "DELETE FROM gateway_keys WHERE gateway = ?1 AND account = ?2 \
                 AND valid_until_ms <= CAST(?3 AS INTEGER)";
    batch.push(statement!(sweep, GATEWAY, mchid, now));
    if !listed.is_empty() {
        let drop = "DELETE FROM gateway_keys WHERE gateway = ?1 AND account = ?2 \
                    AND name NOT IN (SELECT value FROM json_each(?3))";
        let names = serde_json::to_string(listed).map_err(|error| DbError::Nonsense(error.to_string()))?;
        batch.push(statement!(drop, GATEWAY, mchid, names));
    }
    let next = "UPDATE gateway_key_fetches SET next_at_ms = CAST(?3 AS INTEGER) \
                WHERE gateway = ?1 AND account = ?2";
    batch.push(statement!(next, GATEWAY, mchid, now.plus_ms(PAUSE_MS)));
    app.world.db().batch(batch).await.map(|_| ())
}

/// Claims the list of merchant `mchid` when it is due, at once where it was never had. The claim runs out sooner
/// than a list that was had.
pub(in crate::app) fn claim<W: World>(app: &App<'_, W>, mchid: &str) -> Statement {
    let sql = "INSERT INTO gateway_key_fetches (gateway, account, next_at_ms) \
               VALUES (?1, ?2, CAST(?3 AS INTEGER) + CAST(?4 AS INTEGER)) \
               ON CONFLICT (gateway, account) DO UPDATE SET next_at_ms = excluded.next_at_ms \
               WHERE next_at_ms <= CAST(?3 AS INTEGER) \
               RETURNING json_object('job', 'fetch_certificates') AS job";
    statement!(sql, GATEWAY, mchid, app.world.now(), RETRY_MS)
}
