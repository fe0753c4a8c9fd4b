//! How does the Worker sign, verify, seal and open?
//!
//! With the runtime's WebCrypto: RSA in constant time and native code, a hundred times quicker than in wasm. Keys
//! are imported as not extractable, each for the one thing it is used for, once per isolate.

use std::cell::RefCell;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto, WorkerGlobalScope};
use worker::js_sys::{self, Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};

use crate::app::pkcs8;
use crate::app::ports::{Crypto, CryptoError, Key};

const RSA: &str = "RSASSA-PKCS1-v1_5";
const AES: &str = "AES-GCM";
const AES_256_BYTES: usize = 32;

thread_local! {
    /// Imported keys. The keys, never the promises of them: a promise belongs to the event that made it.
    /// A handful (a gateway's, a key ring's), so a search from the front finds one soonest.
    static IMPORTED: RefCell<Vec<Imported>> = const { RefCell::new(Vec::new()) };
}

struct Imported {
    usage: Usage,
    id: String,
    key: CryptoKey,
}

/// What a key may do. Ids are unique within one usage only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Usage {
    Sign,
    Verify,
    Seal,
}

/// The runtime's cryptography.
pub(super) struct WebCrypto;

impl Crypto for WebCrypto {
    async fn sign_rsa(&self, private: &Key, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let key = imported(Usage::Sign, private).await?;
        let signing = |subtle: &SubtleCrypto| subtle.sign_with_str_and_js_u8_array(RSA, &key, &copy(message));
        bytes_of(done(private, signing).await?, private)
    }

    async fn verify_rsa(&self, public: &Key, message: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        let key = imported(Usage::Verify, public).await?;
        let verifying = |subtle: &SubtleCrypto| {
            subtle.verify_with_str_and_js_u8_array_and_js_u8_array(
                RSA,
                &key,
                &copy(signature),
                &copy(message),
            )
        };
        // Only `true` is a yes.
        Ok(done(public, verifying).await?.as_bool() == Some(true))
    }

    async fn seal(
        &self,
        key: &Key,
        nonce: &[u8; 12],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let imported = imported(Usage::Seal, key).await?;
        let sealing = |subtle: &SubtleCrypto| {
            subtle.encrypt_with_object_and_js_u8_array(&aes_gcm(nonce, aad), &imported, &copy(plain))
        };
        bytes_of(done(key, sealing).await?, key)
    }

    async fn open(
        &self,
        key: &Key,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let imported = imported(Usage::Seal, key).await?;
        let opening = |subtle: &SubtleCrypto| {
            subtle.decrypt_with_object_and_js_u8_array(&aes_gcm(nonce, aad), &imported, &copy(sealed))
        };
        bytes_of(done(key, opening).await?, key)
    }
}

/// The imported key, from this isolate's store or into it.
async fn imported(usage: Usage, key: &Key) -> Result<CryptoKey, CryptoError> {
    let known = IMPORTED.with_borrow(|keys| {
        let found = keys.iter().find(|known| known.usage == usage && known.id == key.id);
        found.map(|known| known.key.clone())
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let importing = |subtle: &SubtleCrypto| import(subtle, usage, &key.bytes);
    let fresh: CryptoKey =
        done(key, importing).await?.dyn_into().map_err(|_| refused(key, "expected a CryptoKey"))?;
    // Two requests can import the same key at the same time; one copy stays.
    IMPORTED.with_borrow_mut(|keys| {
        if !keys.iter().any(|known| known.usage == usage && known.id == key.id) {
            keys.push(Imported { usage, id: key.id.clone(), key: fresh.clone() });
        }
    });
    Ok(fresh)
}

fn import(subtle: &SubtleCrypto, usage: Usage, bytes: &[u8]) -> Result<Promise, JsValue> {
    const EXTRACTABLE: bool = false;
    match usage {
        Usage::Sign => {
            // What Alipay's tools write may be PKCS#1, which WebCrypto does not read.
            let key = copy(&pkcs8::private_key(bytes));
            subtle.import_key_with_object("pkcs8", &key, &rsa_sha256()?, EXTRACTABLE, &usages(&["sign"]))
        }
        Usage::Verify => subtle.import_key_with_object(
            "spki",
            &copy(bytes),
            &rsa_sha256()?,
            EXTRACTABLE,
            &usages(&["verify"]),
        ),
        // Shorter ones would make it AES-128 or AES-192.
        Usage::Seal if bytes.len() != AES_256_BYTES => {
            Err(format!("expected {AES_256_BYTES} bytes, got {}", bytes.len()).into())
        }
        Usage::Seal => subtle.import_key_with_str(
            "raw",
            &copy(bytes),
            AES,
            EXTRACTABLE,
            &usages(&["encrypt", "decrypt"]),
        ),
    }
}

/// Starts an operation and waits for it; whatever goes wrong is `key`'s.
async fn done(
    key: &Key,
    start: impl FnOnce(&SubtleCrypto) -> Result<Promise, JsValue>,
) -> Result<JsValue, CryptoError> {
    let thrown = |error: JsValue| refused(key, &worker::Error::from(error).to_string());
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    let subtle = global.crypto().map_err(thrown)?.subtle();
    JsFuture::from(start(&subtle).map_err(thrown)?).await.map_err(thrown)
}

fn bytes_of(result: JsValue, key: &Key) -> Result<Vec<u8>, CryptoError> {
    let buffer: ArrayBuffer = result.dyn_into().map_err(|_| refused(key, "expected an ArrayBuffer"))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn refused(key: &Key, what: &str) -> CryptoError {
    CryptoError { key: key.id.clone(), what: what.to_owned() }
}

/// A copy outside of wasm's memory: that memory may grow, and so move, while an operation runs.
fn copy(bytes: &[u8]) -> Uint8Array {
    Uint8Array::new_from_slice(bytes)
}

fn usages(names: &[&str]) -> JsValue {
    names.iter().copied().map(JsValue::from_str).collect::<Array>().into()
}

fn rsa_sha256() -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &RSA.into())?;
    Reflect::set(&algorithm, &"hash".into(), &"SHA-256".into())?;
    Ok(algorithm)
}

/// AES-GCM with the default tag of 16 bytes at the end.
fn aes_gcm(nonce: &[u8; 12], aad: &[u8]) -> AesGcmParams {
    let params = AesGcmParams::new(AES, &copy(nonce));
    params.set_additional_data(&copy(aad));
    params
}
