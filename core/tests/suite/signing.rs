//! Who signs and verifies in the tests? RSA in Rust, with keys made for this run alone.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use coursepay_core::gateway::{Claim, Unverified, Verified, VerifyError};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{Keypair, SignatureEncoding, Signer, Verifier};
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::fixture::run;

/// The gateway's key.
fn gateway_key() -> &'static SigningKey<Sha256> {
    static KEY: OnceLock<SigningKey<Sha256>> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::new(RsaPrivateKey::new(&mut OsRng, 2048).unwrap()))
}

/// The gateway's raw signature of `text`.
pub(crate) fn signed(text: &str) -> Vec<u8> {
    gateway_key().sign(text.as_bytes()).to_vec()
}

/// `value`, if the gateway signed it.
pub(crate) fn believed<T>(value: Unverified<T>) -> Option<T> {
    let key = gateway_key().verifying_key();
    verified(value, &key).map(Verified::into_inner).ok()
}

/// The raw signature of `text` by a published key (PKCS#8, base64).
pub(crate) fn signed_with(key: &str, text: &str) -> Vec<u8> {
    let key = RsaPrivateKey::from_pkcs8_der(&STANDARD.decode(key).unwrap()).unwrap();
    SigningKey::<Sha256>::new(key).sign(text.as_bytes()).to_vec()
}

/// Whether the gateway made `claim`.
pub(crate) fn made_by_the_gateway(claim: &Claim) -> bool {
    fits(claim, &gateway_key().verifying_key())
}

/// Whether the holder of the public key in `pem` made `claim`.
pub(crate) fn holds(claim: &Claim, pem: &str) -> bool {
    // Published keys break their lines anywhere, which a strict reader of PEM refuses.
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = RsaPublicKey::from_public_key_der(&STANDARD.decode(text).unwrap()).unwrap();
    fits(claim, &VerifyingKey::new(key))
}

/// A signature as it travels.
pub(crate) fn base64(signature: &[u8]) -> String {
    STANDARD.encode(signature)
}

/// What travels as `text`.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn verified<T>(value: Unverified<T>, key: &VerifyingKey<Sha256>) -> Result<Verified<T>, VerifyError<()>> {
    run(value.verify(async |claim: &Claim| Ok(fits(claim, key))))
}

fn fits(claim: &Claim, key: &VerifyingKey<Sha256>) -> bool {
    Signature::try_from(claim.signature.as_slice())
        .is_ok_and(|signature| key.verify(&claim.message, &signature).is_ok())
}
