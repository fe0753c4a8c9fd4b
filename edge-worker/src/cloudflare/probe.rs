//! Does the Worker's cryptography agree with the world's, and how quick is what is built on it?
//!
//! Only in a build with the feature `probe`, which is never deployed: a route that puts bytes through the
//! [`WebCrypto`](super::webcrypto::WebCrypto) port, so that the end-to-end tests can check published vectors
//! and other implementations against it on the real runtime; and one for `cargo xtask bench`.
//!
//! `POST /__probe/{sign|verify|seal|open}` with bytes as base64:
//! `{key_id?, key, message, signature?, nonce?, aad?}` (`message` is the plain or the sealed text for `seal` and
//! `open`) answers `{signature}`, `{valid}`, `{message}` or `{error}`. Keys are kept by `key_id`; without one
//! the key's own bytes are its name, so that every key is imported anew.
//!
//! `POST /__probe/bench/{page|notify}?N` does what [`app::probe`] describes N times over, 0 included, and answers
//! what came of the last one: the address, or the number in the notify that is the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::ports::{Crypto, Key, World};
use crate::app::{self, App};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    key_id: Option<String>,
    key: String,
    message: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    aad: String,
}

/// The answer, when the request is for the probe.
pub(super) async fn handle<W: World>(app: &App<'_, W>, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let operation = request.uri().path().strip_prefix("/__probe/")?;
    if let Some(work) = operation.strip_prefix("bench/") {
        let answer = bench(app, work, request).await.unwrap_or_else(|error| format!("error: {error}"));
        return Some(Response::new(Bytes::from(answer)));
    }
    let answer = run(app.world.crypto(), operation, request.body()).await;
    let answer = answer.unwrap_or_else(|error| json!({ "error": error }));
    Some(Response::new(Bytes::from(answer.to_string())))
}

async fn bench<W: World>(app: &App<'_, W>, work: &str, request: &Request<Bytes>) -> Result<String, String> {
    let times: u32 = request.uri().query().and_then(|text| text.parse().ok()).ok_or("how many times?")?;
    let mut last = String::new();
    for _ in 0..times {
        last = match work {
            "page" => app::probe::alipay_page(app).await?,
            "notify" => app::probe::alipay_notify(app, request.headers(), request.body()).await?,
            other => return Err(format!("expected page or notify, got {other}")),
        };
    }
    Ok(last)
}

async fn run(crypto: &impl Crypto, operation: &str, body: &[u8]) -> Result<Value, String> {
    let question: Question = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let key = Key {
        id: question.key_id.unwrap_or_else(|| question.key.clone()),
        bytes: decoded("key", &question.key)?,
    };
    let message = decoded("message", &question.message)?;
    let aad = decoded("aad", &question.aad)?;
    let nonce = || -> Result<[u8; 12], String> {
        decoded("nonce", &question.nonce)?.try_into().map_err(|_| "nonce: expected 12 bytes".to_owned())
    };
    match operation {
        "sign" => {
            let signature = crypto.sign_rsa(&key, &message).await.map_err(|e| e.to_string())?;
            Ok(json!({ "signature": STANDARD.encode(signature) }))
        }
        "verify" => {
            let signature = decoded("signature", &question.signature)?;
            let valid = crypto.verify_rsa(&key, &message, &signature).await.map_err(|e| e.to_string())?;
            Ok(json!({ "valid": valid }))
        }
        "seal" => {
            let sealed = crypto.seal(&key, &nonce()?, &aad, &message).await.map_err(|e| e.to_string())?;
            Ok(json!({ "message": STANDARD.encode(sealed) }))
        }
        "open" => {
            let plain = crypto.open(&key, &nonce()?, &aad, &message).await.map_err(|e| e.to_string())?;
            Ok(json!({ "message": STANDARD.encode(plain) }))
        }
        other => Err(format!("expected sign, verify, seal or open, got {other}")),
    }
}

fn decoded(field: &str, text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|e| format!("{field}: {e}"))
}
