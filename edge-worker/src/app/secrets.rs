//! How is personal data kept, and which keys come from a data key?
//!
//! A data key never does two things: each purpose has a key of its own, derived by HKDF-SHA-256.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::gateway::Payer;
use coursepay_core::id::{AttemptId, BuyerId};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::app::App;
use crate::app::config::Config;
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Crypto, Key, World};

/// What a derived key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Tokens of orders.
    OrderToken,
    /// The state of a WeChat login.
    WechatLogin,
    /// Sealing personal data.
    Sealing,
    /// Finding sealed data again.
    Lookup,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::OrderToken => b"coursepay/order-token/v1",
            Self::WechatLogin => b"coursepay/wechat-login/v1",
            Self::Sealing => b"coursepay/sealing/v1",
            Self::Lookup => b"coursepay/lookup/v1",
        }
    }
}

/// The data key that seals now.
///
/// # Errors
/// 503 when none is configured.
pub fn current(config: &Config) -> Result<&Key, ApiError> {
    let keys = all(config)?;
    keys.first().ok_or_else(|| ApiError::plain(Code::NotConfigured))
}

/// The data key of this name, if we still have it.
///
/// # Errors
/// 503 when none is configured.
pub fn named<'a>(config: &'a Config, kid: &str) -> Result<Option<&'a Key>, ApiError> {
    Ok(all(config)?.iter().find(|key| key.id == kid))
}

fn all(config: &Config) -> Result<&Vec<Key>, ApiError> {
    config
        .data_keys
        .as_ref()
        .map_err(|flaw| ApiError::new(Code::NotConfigured, format!("{} is {}.", flaw.variable, flaw.problem)))
}

/// The key for one purpose.
///
/// # Errors
/// 500, which 32 bytes of output cannot cause.
pub fn derive(data_key: &[u8], purpose: Purpose) -> Result<[u8; 32], ApiError> {
    let mut derived = [0_u8; 32];
    Hkdf::<Sha256>::new(None, data_key)
        .expand(purpose.label(), &mut derived)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(derived)
}

/// Something about a person as it is stored.
pub struct Sealed {
    /// `{kid}.{base64 of nonce and ciphertext}`
    pub sealed: String,
    /// Hex HMAC: finds it again without opening any.
    pub hmac: String,
}

/// Seals an e-mail address for `buyer`: the ciphertext opens for no other row. It is found again in any case
/// of its letters.
///
/// # Errors
/// 503 without data keys.
pub async fn seal_email<W: World>(app: &App<'_, W>, buyer: BuyerId, email: &str) -> Result<Sealed, ApiError> {
    Ok(Sealed {
        sealed: seal(app, &email_place(buyer), email).await?,
        hmac: lookup(app.config, &email.to_lowercase())?,
    })
}

/// Opens what [`seal_email`] sealed for `buyer`.
///
/// # Errors
/// 500 when it was not sealed for them, or with a key we no longer have.
pub async fn open_email<W: World>(
    app: &App<'_, W>,
    buyer: BuyerId,
    sealed: &str,
) -> Result<String, ApiError> {
    open(app, &email_place(buyer), sealed).await
}

/// Seals for `buyer` who they are to the application `appid`.
///
/// # Errors
/// 503 without data keys.
pub async fn seal_openid<W: World>(
    app: &App<'_, W>,
    buyer: BuyerId,
    appid: &str,
    openid: &str,
) -> Result<Sealed, ApiError> {
    Ok(Sealed {
        sealed: seal(app, &openid_place(buyer, appid), openid).await?,
        hmac: lookup(app.config, &format!("openid:{appid}:{openid}"))?,
    })
}

/// Opens what [`seal_openid`] sealed for `buyer` and `appid`.
///
/// # Errors
/// As [`open_email`].
pub async fn open_openid<W: World>(
    app: &App<'_, W>,
    buyer: BuyerId,
    appid: &str,
    sealed: &str,
) -> Result<String, ApiError> {
    open(app, &openid_place(buyer, appid), sealed).await
}

/// Seals who pays `attempt`.
///
/// # Errors
/// 503 without data keys.
pub async fn seal_payer<W: World>(
    app: &App<'_, W>,
    attempt: AttemptId,
    payer: &Payer,
) -> Result<String, ApiError> {
    let plain = serde_json::to_string(payer).map_err(|error| ApiError::internal(error.to_string()))?;
    seal(app, &payer_place(attempt), &plain).await
}

/// Opens what [`seal_payer`] sealed for `attempt`.
///
/// # Errors
/// As [`open_email`].
pub async fn open_payer<W: World>(
    app: &App<'_, W>,
    attempt: AttemptId,
    sealed: &str,
) -> Result<Payer, ApiError> {
    let place = payer_place(attempt);
    let plain = open(app, &place, sealed).await?;
    // What serde says of it would quote it.
    serde_json::from_str(&plain).map_err(|_| ApiError::internal(format!("{place} holds something else")))
}

fn email_place(buyer: BuyerId) -> String {
    format!("buyers.email:{buyer}")
}

fn openid_place(buyer: BuyerId, appid: &str) -> String {
    format!("buyers.openid:{buyer}:{appid}")
}

fn payer_place(attempt: AttemptId) -> String {
    format!("attempts.payer:{attempt}")
}

/// Seals `plain` for one place, which is covered by the tag.
async fn seal<W: World>(app: &App<'_, W>, place: &str, plain: &str) -> Result<String, ApiError> {
    let data_key = current(app.config)?;
    let sealing = sealing_key(data_key)?;
    let mut nonce = [0_u8; 12];
    app.world.random(&mut nonce);
    let aad = format!("{place}:{}", data_key.id);
    let ciphertext = app.world.crypto().seal(&sealing, &nonce, aad.as_bytes(), plain.as_bytes()).await?;
    let mut stored = nonce.to_vec();
    stored.extend_from_slice(&ciphertext);
    Ok(format!("{}.{}", data_key.id, BASE64_STANDARD.encode(stored)))
}

async fn open<W: World>(app: &App<'_, W>, place: &str, sealed: &str) -> Result<String, ApiError> {
    let broken = || ApiError::internal(format!("what is sealed for {place} does not open"));
    let (kid, stored) = sealed.split_once('.').ok_or_else(broken)?;
    let data_key = named(app.config, kid)?.ok_or_else(broken)?;
    let stored = BASE64_STANDARD.decode(stored).map_err(|_| broken())?;
    let (nonce, ciphertext) = stored.split_first_chunk::<12>().ok_or_else(broken)?;
    let sealing = sealing_key(data_key)?;
    let aad = format!("{place}:{kid}");
    let plain =
        app.world.crypto().open(&sealing, nonce, aad.as_bytes(), ciphertext).await.map_err(|_| broken())?;
    String::from_utf8(plain).map_err(|_| broken())
}

fn sealing_key(data_key: &Key) -> Result<Key, ApiError> {
    let bytes = derive(&data_key.bytes, Purpose::Sealing)?.to_vec();
    Ok(Key { id: format!("sealing:{}", data_key.id), bytes })
}

fn lookup(config: &Config, text: &str) -> Result<String, ApiError> {
    let key = derive(&current(config)?.bytes, Purpose::Lookup)?;
    let mac = Hmac::<Sha256>::new_from_slice(&key)
        .map_err(|error| ApiError::internal(error.to_string()))?
        .chain_update(text.as_bytes());
    Ok(hex::encode(mac.finalize().into_bytes()))
}
