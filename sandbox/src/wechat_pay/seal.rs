//! How are contents hidden from everybody but their receiver?
//!
//! Towards the merchant: AES-256-GCM under the APIv3 key (callbacks, platform certificates). Towards the
//! gateway: RSA-OAEP with SHA-1 under the platform's key (names of people).

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::keys::KeyPair;

/// The name WeChat Pay gives to AES-256-GCM.
pub(crate) const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Characters of a nonce: the bytes of these very characters are what the cipher takes.
pub(crate) const NONCE_LENGTH: usize = 12;

/// Encrypts; the answer is base64 of ciphertext and tag. `None` when key or nonce have another length than
/// 32 and 12 bytes.
#[must_use]
pub fn seal(api_v3_key: &str, nonce: &str, associated_data: &str, plain: &[u8]) -> Option<String> {
    let cipher = Aes256Gcm::new_from_slice(api_v3_key.as_bytes()).ok()?;
    let nonce = Nonce::try_from(nonce.as_bytes()).ok()?;
    let payload = Payload { msg: plain, aad: associated_data.as_bytes() };
    Some(BASE64.encode(cipher.encrypt(&nonce, payload).ok()?))
}

/// Opens what a merchant encrypted for `key`; `None` when it is not for this key or no text.
pub(crate) fn open_oaep(key: &KeyPair, ciphertext: &str) -> Option<String> {
    String::from_utf8(key.decrypt_oaep_sha1(&BASE64.decode(ciphertext).ok()?)?).ok()
}
