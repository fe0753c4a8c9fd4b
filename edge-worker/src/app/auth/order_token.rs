//! Does this token belong to that order?
//!
//! `cpo_{order}.{kid}.{mac}`: an HMAC of the order's id under a key derived from a data key. It reads and
//! pays that one order, outlives the checkout token, and is all that a guest has.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use coursepay_core::id::OrderId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::app::config::Config;
use crate::app::error::{ApiError, Code};
use crate::app::secrets::{self, Purpose};

/// How every order token begins.
pub(super) const PREFIX: &str = "cpo_";

pub(super) fn make(config: &Config, order: OrderId) -> Result<String, ApiError> {
    let key = secrets::current(config)?;
    let tag = mac(&key.bytes, order)?.finalize().into_bytes();
    Ok(format!("{PREFIX}{order}.{}.{}", key.id, BASE64_URL_SAFE_NO_PAD.encode(tag)))
}

pub(super) fn verify(config: &Config, token: &str) -> Result<OrderId, ApiError> {
    let invalid = || ApiError::new(Code::TokenInvalid, "The order token does not hold.");
    let mut parts = token.strip_prefix(PREFIX).unwrap_or_default().split('.');
    let (Some(order), Some(kid), Some(tag), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid());
    };
    let order = OrderId::parse(order).map_err(|_| invalid())?;
    let key = secrets::named(config, kid)?.ok_or_else(invalid)?;
    let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).map_err(|_| invalid())?;
    // Compares in constant time.
    mac(&key.bytes, order)?.verify_slice(&tag).map_err(|_| invalid())?;
    Ok(order)
}

fn mac(data_key: &[u8], order: OrderId) -> Result<Hmac<Sha256>, ApiError> {
    let key = secrets::derive(data_key, Purpose::OrderToken)?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(mac.chain_update(order.to_string().as_bytes()))
}
