//! How are keys put to work natively? (RSA2 and AES-GCM in Rust, where the Worker uses WebCrypto)

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use coursepay_edge::app::ports::{Crypto, CryptoError, Key};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::sha2::Sha256;
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

fn cipher(key: &Key) -> Result<Aes256Gcm, CryptoError> {
    Aes256Gcm::new_from_slice(&key.bytes).map_err(|error| unusable(key, error))
}

impl Crypto for NativeCrypto {
    async fn sign_rsa(&self, private: &Key, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.pass(private, || {
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
