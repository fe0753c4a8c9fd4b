//! What is answered when an idempotency key comes again?
//!
//! docs.stripe.com/api/idempotent_requests: the first result is kept, refusals and 500s included, once the call
//! had begun to execute. The same key with other parameters is refused. After 24 hours of business time a key
//! is as new.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Stripe;
use super::errors::Refusal;
use super::form::Params;

const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The first answer under a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) path: String,
    /// Of path and parameters.
    pub(crate) fingerprint: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) request_id: String,
    /// Business time.
    pub(crate) at_ms: i64,
}

impl Kept {
    /// Where an account's key is kept: any text becomes a file's name.
    pub(crate) fn place(account: &str, key: &str) -> String {
        hex::encode(Sha256::new().chain_update(account).chain_update("\n").chain_update(key).finalize())
    }

    /// The same for the same parameters in any order.
    pub(crate) fn fingerprint(path: &str, params: &Params) -> String {
        let text = format!("{path}\n{:?}", params.nodes);
        hex::encode(Sha256::digest(text))
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer again, if the call is the same.
    pub(crate) fn again(&self, fingerprint: &str, path: &str) -> Result<&Self, Refusal> {
        if self.path != path {
            let message = format!("this idempotency key was first used with {}, not with {path}", self.path);
            return Err(Refusal::idempotency(message));
        }
        if self.fingerprint != fingerprint {
            return Err(Refusal::idempotency("this idempotency key was first used with other parameters"));
        }
        Ok(self)
    }
}

impl Stripe {
    /// What is kept at a place, unless its time is over.
    pub(crate) fn kept(&self, place: &str, now_ms: i64) -> Option<&Kept> {
        self.answers.get(place).filter(|kept| now_ms < kept.at_ms.saturating_add(KEPT_MS))
    }
}
