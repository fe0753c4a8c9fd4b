//! How is personal data kept, and which keys come from a data key?
//!
//! A data key never does two things: each purpose has a key of its own, derived by HKDF-SHA-256.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::id::BuyerId;
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
    /// Sealing personal data.
    Sealing,
    /// Finding sealed data again.
    Lookup,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::OrderToken => b"coursepay/order-token/v1",
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

/// An e-mail address as it is stored.
pub struct SealedEmail {
    /// `{kid}.{base64 of nonce and ciphertext}`
    pub sealed: String,
    /// Hex HMAC of the lower-cased address: finds it again without opening any.
    pub hmac: String,
}

/// Seals an address for `buyer`: the ciphertext opens for no other row.
///
/// # Errors
/// 503 without data keys.
pub async fn seal_email<W: World>(
    app: &App<'_, W>,
    buyer: BuyerId,
    email: &str,
) -> Result<SealedEmail, ApiError> {
    let data_key = current(app.config)?;
    let sealing = Key {
        id: format!("sealing:{}", data_key.id),
        bytes: derive(&data_key.bytes, Purpose::Sealing)?.to_vec(),
    };
    let mut nonce = [0_u8; 12];
    app.world.random(&mut nonce);
    let aad = format!("buyers.email:{buyer}:{}", data_key.id);
    let ciphertext = app.world.crypto().seal(&sealing, &nonce, aad.as_bytes(), email.as_bytes()).await?;
    let mut stored = nonce.to_vec();
    stored.extend_from_slice(&ciphertext);
    let lookup = derive(&data_key.bytes, Purpose::Lookup)?;
    let mac = Hmac::<Sha256>::new_from_slice(&lookup)
        .map_err(|error| ApiError::internal(error.to_string()))?
        .chain_update(email.to_lowercase().as_bytes());
    Ok(SealedEmail {
        sealed: format!("{}.{}", data_key.id, BASE64_STANDARD.encode(stored)),
        hmac: hex::encode(mac.finalize().into_bytes()),
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
    let broken = || ApiError::internal(format!("sealed e-mail of buyer {buyer} does not open"));
    let (kid, stored) = sealed.split_once('.').ok_or_else(broken)?;
    let data_key = named(app.config, kid)?.ok_or_else(broken)?;
    let stored = BASE64_STANDARD.decode(stored).map_err(|_| broken())?;
    let (nonce, ciphertext) = stored.split_first_chunk::<12>().ok_or_else(broken)?;
    let sealing =
        Key { id: format!("sealing:{kid}"), bytes: derive(&data_key.bytes, Purpose::Sealing)?.to_vec() };
    let aad = format!("buyers.email:{buyer}:{kid}");
    let plain =
        app.world.crypto().open(&sealing, nonce, aad.as_bytes(), ciphertext).await.map_err(|_| broken())?;
    String::from_utf8(plain).map_err(|_| broken())
}
