//! Did one of the keys we trust make a signature?
//!
//! Trusted are the keys of the configuration and, where it says so, those out of the gateway's certificates that
//! a job has fetched. The database is asked only for a name that the configuration does not know and that can be
//! a certificate's: once for a signature, by primary key. So whoever makes up callbacks makes us read at most
//! one row each, after their form and their time were found good, and write none.

use coursepay_core::gateway::{Claim, KeyChoice, Scheme};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::app::App;
use crate::app::config::{GatewayParty, VerifyingKey};
use crate::app::error::ApiError;
use crate::app::gateways::learned;
use crate::app::ports::{Crypto, CryptoError, Key, World};
use crate::app::telemetry;

/// The longest serial number of a certificate in hex digits (RFC 5280, section 4.1.2.2).
const LONGEST_SERIAL_NO: usize = 40;

/// Whether one of the keys we trust made the claimed signature.
///
/// # Errors
/// 503 when the database does not answer, 500 for a key of ours that is none.
pub(in crate::app) async fn holds<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    claim: &Claim,
) -> Result<bool, ApiError> {
    if made_by(app, &party.verifying, claim).await? {
        return Ok(true);
    }
    let (Some(source), KeyChoice::Named(name)) = (&party.certificates, &claim.key) else { return Ok(false) };
    let is_configured = party.verifying.iter().any(|known| known.name.as_ref() == Some(name));
    if is_configured || !is_serial_no(name) {
        return Ok(false);
    }
    match learned::find(app, &source.mchid, name).await? {
        Some(key) => Ok(made_by(app, &[key], claim).await?),
        None => Ok(false),
    }
}

/// Whether one of `keys` made the claimed signature.
///
/// # Errors
/// [`CryptoError`] when the only one is no key.
pub(in crate::app) async fn made_by<W: World>(
    app: &App<'_, W>,
    keys: &[VerifyingKey],
    claim: &Claim,
) -> Result<bool, CryptoError> {
    let mut broken = None;
    for known in keys {
        let chosen = match &claim.key {
            KeyChoice::Any => true,
            KeyChoice::Named(name) => known.name.as_ref() == Some(name),
        };
        if !chosen {
            continue;
        }
        let fits = match claim.scheme {
            Scheme::Rsa => app.world.crypto().verify_rsa(&known.key, &claim.message, &claim.signature).await,
            Scheme::Hmac => Ok(hmac_fits(&known.key, &claim.message, &claim.signature)),
        };
        match fits {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // One unusable key must not take the others down with it.
            Err(error) => {
                telemetry::note(app, "gateway_key_unusable", &known.key.id, &error.what);
                broken = Some(error);
            }
        }
    }
    match broken {
        Some(error) if keys.len() == 1 => Err(error),
        Some(_) | None => Ok(false),
    }
}

/// Compares in constant time.
fn hmac_fits(secret: &Key, message: &[u8], signature: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(&secret.bytes)
        .is_ok_and(|mac| mac.chain_update(message).verify_slice(signature).is_ok())
}

/// Whether `name` can be a certificate's.
fn is_serial_no(name: &str) -> bool {
    (1..=LONGEST_SERIAL_NO).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_serial_number_is_looked_up() {
        assert!(is_serial_no("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"));
        assert!(is_serial_no("1"));
        for name in [
            "",
            "PUB_KEY_ID_0112345678901234567890",
            "5157F09EFDC096DE15EBE81A47057A7232F1B8E1A",
            "5 1",
            "５",
        ] {
            assert!(!is_serial_no(name), "{name}");
        }
    }
}
