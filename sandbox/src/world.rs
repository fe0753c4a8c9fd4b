//! Which merchants, keys and payments exist, and who answers a request?
//!
//! Pure: every method takes the real time in milliseconds; business time is that plus the offset set by
//! `POST /sandbox/clock`. The same seed and the same calls give the same bytes.
//!
//! Order of calls: [`World::handle`] for each request; then [`World::due_callbacks`], each answered by one
//! [`World::callback_answered`]; [`World::next_callback_at_ms`] says when to ask again. Whoever keeps the
//! world across restarts saves [`World::take_changes`] before letting an answer out.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::Gateway;
use crate::alipay::{Alipay, Merchant};
use crate::clock::BusinessClock;
use crate::keys::KeyError;
use crate::log::RequestLog;
use crate::pages::{self, Lang};
use crate::random::Random;
use crate::reply;
use crate::schedule::{Answer, Callback, CallbackId};

/// Everything secret and lasting: made once, kept apart from the payments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    /// The merchants of the Alipay gateway; the first is the one `/sandbox/config.json` shows.
    pub alipay: Vec<Merchant>,
}

impl Keys {
    /// Makes one merchant with fresh keys for each gateway.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn generate(random: &mut Random) -> Result<Self, KeyError> {
        Ok(Self { alipay: vec![Merchant::generate("知行课堂 · Zhixing Academy", random)?] })
    }
}

/// The time of a call on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) real_ms: i64,
    pub(crate) business_ms: i64,
}

/// A piece of state to keep: a relative path and what belongs there, replacing what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Such as `alipay/trades/<token>.json`.
    pub path: String,
    /// JSON.
    pub contents: Vec<u8>,
}

/// A record that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("{path} is not what this version of the sandbox wrote: {source}")]
pub struct RestoreError {
    path: String,
    source: serde_json::Error,
}

const CLOCK_PATH: &str = "clock.json";
const ALIPAY_TRADES: &str = "alipay/trades/";

/// The gateways with all they know.
pub struct World {
    pub(crate) base_url: String,
    pub(crate) keys: Keys,
    pub(crate) clock: BusinessClock,
    clock_changed: bool,
    pub(crate) random: Random,
    pub(crate) alipay: Alipay,
    pub(crate) log: RequestLog,
}

impl World {
    /// A world without payments. `base_url` (no slash at its end) is how others reach it; `seed` decides
    /// every token and number and must not be guessable where links must not be.
    #[must_use]
    pub fn new(base_url: &str, keys: Keys, seed: [u8; 32]) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self {
            alipay: Alipay::new(&base_url, keys.alipay.iter().cloned().map(Arc::new).collect()),
            base_url,
            keys,
            clock: BusinessClock::default(),
            clock_changed: false,
            random: Random::from_seed(seed),
            log: RequestLog::default(),
        }
    }

    /// Puts back one record that [`Self::take_changes`] gave in an earlier life. Paths it does not know are
    /// left alone.
    ///
    /// # Errors
    /// When the contents are not such a record.
    pub fn restore(&mut self, record: &Record) -> Result<(), RestoreError> {
        let restored = if record.path == CLOCK_PATH {
            serde_json::from_slice(&record.contents).map(|clock| self.clock = clock)
        } else if record.path.starts_with(ALIPAY_TRADES) {
            self.alipay.restore(&record.contents)
        } else {
            Ok(())
        };
        restored.map_err(|source| RestoreError { path: record.path.clone(), source })
    }

    /// What changed since the last call, to be kept before any answer goes out.
    ///
    /// # Errors
    /// When a record cannot be written as JSON.
    pub fn take_changes(&mut self) -> Result<Vec<Record>, serde_json::Error> {
        let mut records = Vec::new();
        for (token, contents) in self.alipay.take_changes()? {
            records.push(Record { path: format!("{ALIPAY_TRADES}{token}.json"), contents });
        }
        if std::mem::take(&mut self.clock_changed) {
            let contents = serde_json::to_vec(&self.clock)?;
            records.push(Record { path: CLOCK_PATH.to_owned(), contents });
        }
        Ok(records)
    }

    /// The address this world's pages and QR codes start with.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchants and their keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Answers one request. Never panics, whatever it contains; `now_ms` is the real time.
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: i64) -> Response<Bytes> {
        let now = Moment { real_ms: now_ms, business_ms: self.clock.business_ms(now_ms) };
        let path = request.uri().path();
        if let Some(rest) = path.strip_prefix("/cashier/") {
            return self.cashier(request, rest, now);
        }
        // Whoever only wants to know whether the sandbox is there may ask with HEAD.
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        match path {
            "/gateway.do" if method == Method::GET || method == Method::POST => {
                let lang = Lang::of(request);
                let (response, entry) = self.alipay.gateway(request, now, lang, &mut self.random);
                self.log.add(entry);
                response
            }
            "/" if method == Method::GET => self.front_page(request, now),
            pages::STYLE_PATH if method == Method::GET => pages::style(),
            "/sandbox/config.json" if method == Method::GET => self.config_json(),
            "/sandbox/trades.json" if method == Method::GET => self.trades_json(now),
            "/sandbox/clock" if method == Method::GET => self.clock_json(now),
            "/sandbox/clock" if method == Method::POST => self.move_clock(request, now),
            "/gateway.do"
            | "/"
            | pages::STYLE_PATH
            | "/sandbox/config.json"
            | "/sandbox/trades.json"
            | "/sandbox/clock" => reply::json_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "another method is expected here",
            ),
            _ => {
                reply::json_error(StatusCode::NOT_FOUND, "not_found", "the sandbox has nothing at this path")
            }
        }
    }

    /// Callbacks to send now. Each is handed out once and wants its answer back.
    pub fn due_callbacks(&mut self, now_ms: i64) -> Vec<Callback> {
        let business_ms = self.clock.business_ms(now_ms);
        self.alipay
            .due_notifies(business_ms)
            .into_iter()
            .map(|(number, request)| Callback {
                id: CallbackId { gateway: Gateway::Alipay, number },
                request,
            })
            .collect()
    }

    /// Real time at which the next callback is due, if business time is not moved before.
    #[must_use]
    pub fn next_callback_at_ms(&self) -> Option<i64> {
        self.alipay.next_due_ms().map(|due_ms| self.clock.real_ms(due_ms))
    }

    /// Notes what came of a callback and plans the next try if it was not acknowledged.
    pub fn callback_answered(&mut self, id: CallbackId, answer: &Answer, now_ms: i64) {
        let business_ms = self.clock.business_ms(now_ms);
        let entry = match id.gateway {
            Gateway::Alipay => self.alipay.notify_answered(id.number, answer, business_ms),
        };
        if let Some(entry) = entry {
            self.log.add(entry);
        }
    }

    pub(crate) fn set_clock(&mut self, clock: BusinessClock) {
        self.clock = clock;
        self.clock_changed = true;
    }
}
