//! How do gateways sign? (apart from the code that checks it, and apart from the sandbox)

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_sandbox::{KeyPair, PublicKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use sha2::Sha256;

/// RSASSA-PKCS1-v1_5 with SHA-256, in base64; the stand-in's own signature where the key is one.
///
/// # Panics
/// When the key is none.
pub fn rsa_sha256(key: &KeyPair, message: &[u8]) -> String {
    if matches!(key.public(), PublicKey::StandIn(_)) {
        return key.sign_sha256(std::str::from_utf8(message).expect("stand-ins sign text"));
    }
    let signer = SigningKey::<rsa::sha2::Sha256>::new(private(key));
    BASE64_STANDARD.encode(signer.sign(message).to_bytes())
}

/// RSASSA-PKCS1-v1_5 with SHA-1, in base64: broken for years, and sent by nobody any more.
///
/// # Panics
/// When the key is none.
pub fn rsa_sha1(key: &KeyPair, message: &[u8]) -> String {
    let signer = SigningKey::<sha1::Sha1>::new(private(key));
    BASE64_STANDARD.encode(signer.sign(message).to_bytes())
}

/// HMAC-SHA256 under the UTF-8 bytes of `secret`, in lower-case hex.
///
/// # Panics
/// Never: HMAC takes any key.
pub fn hmac_sha256(secret: &str, message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes any key");
    hex::encode(mac.chain_update(message).finalize().into_bytes())
}

fn private(key: &KeyPair) -> RsaPrivateKey {
    let der = BASE64_STANDARD.decode(key.private_key_base64()).expect("base64");
    RsaPrivateKey::from_pkcs8_der(&der).expect("a private key")
}
