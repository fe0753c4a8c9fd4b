//! What is answered when an idempotency key comes again?
//!
//! docs.stripe.com/api/idempotent_requests: the first result is kept, refusals and 500s included, once the call
//! had begun to execute. The same key with other parameters is refused. After 24 hours of business time a key
//! is as new, and a later answer takes its place, here and on disk: there are never more than in the busiest
//! day.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::errors::Refusal;
use super::form::Params;
use crate::records::Records;
use crate::world::Record;

const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The first answer under a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) account: String,
    pub(crate) key: String,
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

    fn is_over(&self, now_ms: i64) -> bool {
        is_over(self.at_ms, now_ms)
    }

    /// Each account has keys of its own.
    fn name(&self) -> (String, String) {
        (self.account.clone(), self.key.clone())
    }
}

fn is_over(at_ms: i64, now_ms: i64) -> bool {
    at_ms.saturating_add(KEPT_MS) <= now_ms
}

/// Where an answer is kept: its file's name.
type Place = String;

/// All first answers that are kept.
pub(crate) struct Answers {
    kept: Records<Kept>,
    /// By account and key.
    places: BTreeMap<(String, String), Place>,
    /// The oldest first.
    by_age: BTreeSet<(i64, Place)>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self { kept: Records::new("stripe/answers"), places: BTreeMap::new(), by_age: BTreeSet::new() }
    }

    /// What is kept under an account's key, unless its time is over.
    pub(crate) fn get(&self, account: &str, key: &str, now_ms: i64) -> Option<&Kept> {
        let place = self.places.get(&(account.to_owned(), key.to_owned()))?;
        self.kept.get(place).filter(|kept| !kept.is_over(now_ms))
    }

    /// Keeps an answer in the place of its key's last one, of one whose time is over, or in a new place.
    pub(crate) fn put(&mut self, kept: Kept) {
        let own = self.places.get(&kept.name()).cloned();
        let place = own.or_else(|| self.oldest_over(kept.at_ms));
        let place = place.unwrap_or_else(|| format!("{:08}", self.places.len()));
        if let Some(before) = self.kept.get(&place) {
            self.places.remove(&before.name());
            self.by_age.remove(&(before.at_ms, place.clone()));
        }
        self.note(&kept, &place);
        self.kept.put(&place, kept);
    }

    fn oldest_over(&self, now_ms: i64) -> Option<Place> {
        let (at_ms, place) = self.by_age.first()?;
        is_over(*at_ms, now_ms).then(|| place.clone())
    }

    fn note(&mut self, kept: &Kept, place: &str) {
        self.places.insert(kept.name(), place.to_owned());
        self.by_age.insert((kept.at_ms, place.to_owned()));
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.kept.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        let Some(kept) = self.kept.restore(record)?.cloned() else { return Ok(()) };
        let file = record.path.rsplit('/').next().unwrap_or_default();
        self.note(&kept, file.trim_end_matches(".json"));
        Ok(())
    }
}
