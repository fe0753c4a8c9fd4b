//! How does the platform know that it is us?
//!
//! Standard Webhooks: HMAC-SHA256 over `{id}.{timestamp}.{body}`, base64, prefixed `v1,`. The id stays the
//! same on every retry, the timestamp is that of the try.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::app::error::ApiError;

/// The value of the header `webhook-signature`.
///
/// # Errors
/// 500, which no key can cause: HMAC takes any length.
pub(super) fn sign(secret: &[u8], id: &str, timestamp_s: i64, body: &str) -> Result<String, ApiError> {
    let mac = Hmac::<Sha256>::new_from_slice(secret)
        .map_err(|error| ApiError::internal(error.to_string()))?
        .chain_update(format!("{id}.{timestamp_s}.{body}").as_bytes());
    Ok(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks libraries' own tests (standard-webhooks, `libraries/`).
    #[test]
    fn the_published_example_signs_alike() {
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
