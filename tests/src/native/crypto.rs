//! How are keys put to work natively? (RSA2 and AES-GCM in Rust, where the Worker uses WebCrypto)
//!
//! A stand-in key (`coursepay_sandbox::Keys::stand_in`) signs with a hash: where thousands of payments a second
//! matter more than what a signature is worth.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_edge::app::ports::{Crypto, CryptoError, Key};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::sha2::{Digest as _, Sha256};
use rsa::signature::{SignatureEncoding as _, Signer as _, Verifier as _};
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::native::faults::{Faults, Port, Vanished};

/// Keys at work. Like the Worker's, each is read once and kept by its id.
#[derive(Clone)]
pub struct NativeCrypto {
    signers: Rc<RefCell<BTreeMap<String, SigningKey<Sha256>>>>,
    verifiers: Rc<RefCell<BTreeMap<String, VerifyingKey<Sha256>>>>,
    faults: Faults,
}

impl NativeCrypto {
    /// No key known yet.
    pub fn new(faults: Faults) -> Self {
        Self { signers: Rc::default(), verifiers: Rc::default(), faults }
    }

    /// Does `work` between the two passages of a call.
    async fn pass<T>(
        &self,
        key: &Key,
        work: impl FnOnce() -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        let lost = |Vanished| unusable(key, "no answer");
        self.faults.before(Port::Crypto).await.map_err(lost)?;
        let outcome = work();
        self.faults.after(Port::Crypto).await.map_err(lost)?;
        outcome
    }
}

fn unusable(key: &Key, what: impl ToString) -> CryptoError {
    CryptoError { key: key.id.clone(), what: what.to_string() }
}

/// What a stand-in's key text is written behind, in the variables of a deployment ([`stand_in_variable`]).
const STAND_IN: &[u8] = b"\x30stand-in:";

/// A stand-in's key text as a variable of the deployment: in the shape of a DER key, for whoever reads it.
#[must_use]
pub fn stand_in_variable(text: &str) -> Option<String> {
    let secret = text.strip_prefix("stand-in:")?;
    let mut bytes = [STAND_IN, secret.as_bytes(), b"."].concat();
    bytes.resize(256, 0);
    Some(BASE64_STANDARD.encode(bytes))
}

/// What a stand-in signs with; `None` for a real key.
fn stand_in_secret(key: &Key) -> Option<Vec<u8>> {
    let text = key.bytes.strip_prefix(STAND_IN)?;
    let end = text.iter().position(|byte| *byte == b'.')?;
    hex::decode(&text[..end]).ok()
}

fn stand_in_signature(secret: &[u8], message: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update(secret).chain_update(message).finalize().to_vec()
}

fn cipher(key: &Key) -> Result<Aes256Gcm, CryptoError> {
    Aes256Gcm::new_from_slice(&key.bytes).map_err(|error| unusable(key, error))
}

impl Crypto for NativeCrypto {
    async fn sign_rsa(&self, private: &Key, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.pass(private, || {
            if let Some(secret) = stand_in_secret(private) {
                return Ok(stand_in_signature(&secret, message));
            }
            let mut signers = self.signers.borrow_mut();
            if !signers.contains_key(&private.id) {
                let key = RsaPrivateKey::from_pkcs8_der(&private.bytes)
                    .map_err(|error| unusable(private, error))?;
                signers.insert(private.id.clone(), SigningKey::new(key));
            }
            let signature =
                signers[&private.id].try_sign(message).map_err(|error| unusable(private, error))?;
            Ok(signature.to_vec())
        })
        .await
    }

    async fn verify_rsa(&self, public: &Key, message: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        self.pass(public, || {
            if let Some(secret) = stand_in_secret(public) {
                return Ok(stand_in_signature(&secret, message) == signature);
            }
            let mut verifiers = self.verifiers.borrow_mut();
            if !verifiers.contains_key(&public.id) {
                let key = RsaPublicKey::from_public_key_der(&public.bytes)
                    .map_err(|error| unusable(public, error))?;
                verifiers.insert(public.id.clone(), VerifyingKey::new(key));
            }
            let Ok(signature) = Signature::try_from(signature) else { return Ok(false) };
            Ok(verifiers[&public.id].verify(message, &signature).is_ok())
        })
        .await
    }

    async fn seal(
        &self,
        key: &Key,
        nonce: &[u8; 12],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.pass(key, || {
            let payload = Payload { msg: plain, aad };
            cipher(key)?.encrypt(&(*nonce).into(), payload).map_err(|error| unusable(key, error))
        })
        .await
    }

    async fn open(
        &self,
        key: &Key,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.pass(key, || {
            let payload = Payload { msg: sealed, aad };
            cipher(key)?.decrypt(&(*nonce).into(), payload).map_err(|error| unusable(key, error))
        })
        .await
    }
}
