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
use http::Request;

use crate::cashier;
use crate::clock::{BusinessClock, shanghai_text};
use crate::control;
use crate::courier::{Answer, Callback, CallbackId, Courier};
use crate::desk::{Desk, Moment};
use crate::faults::Faults;
use crate::gateways::Gateways;
use crate::log::{Direction, Entry, RequestLog};
use crate::mailbox::Mailbox;
use crate::merchant::Keys;
use crate::pages::Lang;
use crate::random::Random;
use crate::reply::Reply;

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
/// How far the stream of randomness is used up: a world that goes on under the same seed must not give out
/// the same numbers again.
const RANDOM_PATH: &str = "random.json";

/// The gateways with all they know.
pub struct World {
    pub(crate) base_url: String,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: BusinessClock,
    clock_changed: bool,
    pub(crate) random: Random,
    /// As last taken by [`Self::take_changes`].
    kept_position: u64,
    pub(crate) gateways: Gateways,
    pub(crate) faults: Faults,
    pub(crate) courier: Courier,
    pub(crate) mailbox: Mailbox,
    pub(crate) log: RequestLog,
}

impl World {
    /// A world without payments. `base_url` (no slash at its end) is how others reach it; `seed` decides
    /// every token and number and must not be guessable where links must not be.
    #[must_use]
    pub fn new(base_url: &str, keys: Keys, seed: [u8; 32]) -> Self {
        let keys = Arc::new(keys);
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            gateways: Gateways::new(&keys),
            keys,
            clock: BusinessClock::default(),
            clock_changed: false,
            random: Random::from_seed(seed),
            kept_position: 0,
            faults: Faults::default(),
            courier: Courier::default(),
            mailbox: Mailbox::default(),
            log: RequestLog::default(),
        }
    }

    /// Puts back one record that [`Self::take_changes`] gave in an earlier life. Paths it does not know are
    /// left alone.
    ///
    /// # Errors
    /// When the contents are not such a record.
    pub fn restore(&mut self, record: &Record) -> Result<(), RestoreError> {
        let mut restore = || {
            if record.path == CLOCK_PATH {
                self.clock = serde_json::from_slice(&record.contents)?;
            }
            if record.path == RANDOM_PATH {
                self.kept_position = serde_json::from_slice(&record.contents)?;
                self.random.go_to(self.kept_position);
            }
            self.gateways.restore(record)?;
            self.courier.restore(record)?;
            self.mailbox.restore(record)?;
            self.faults.restore(record)
        };
        restore().map_err(|source| RestoreError { path: record.path.clone(), source })
    }

    /// What changed since the last call, to be kept before any answer goes out.
    ///
    /// # Errors
    /// When a record cannot be written as JSON.
    pub fn take_changes(&mut self) -> Result<Vec<Record>, serde_json::Error> {
        let mut records = Vec::new();
        self.gateways.take_changes(&mut records)?;
        self.courier.take_changes(&mut records)?;
        self.mailbox.take_changes(&mut records)?;
        self.faults.take_changes(&mut records)?;
        if std::mem::take(&mut self.clock_changed) {
            let contents = serde_json::to_vec(&self.clock)?;
            records.push(Record { path: CLOCK_PATH.to_owned(), contents });
        }
        let position = self.random.position();
        if position != std::mem::replace(&mut self.kept_position, position) {
            let contents = serde_json::to_vec(&position)?;
            records.push(Record { path: RANDOM_PATH.to_owned(), contents });
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
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: i64) -> Reply {
        let now = self.moment(now_ms);
        self.wake(now);
        let path = request.uri().path();
        let on_cashier =
            [cashier::PATH, cashier::STRIPE_PATH].into_iter().find_map(|start| path.strip_prefix(start));
        if let Some(rest) = on_cashier {
            return self.cashier(request, rest, now).into();
        }
        if control::is_meddling(request) {
            return control::refuse_meddling().into();
        }
        let lang = Lang::of(request);
        let (gateways, mut desk) = self.parts(now);
        match gateways.handle(request, lang, &mut desk) {
            Some(reply) => reply,
            None => self.control(request, now).into(),
        }
    }

    /// Callbacks to send now. Each is handed out once and wants its answer back.
    pub fn due_callbacks(&mut self, now_ms: i64) -> Vec<Callback> {
        let now = self.moment(now_ms);
        self.wake(now);
        let mut callbacks = Vec::new();
        for (serial, notice) in self.courier.take_due(now.business_ms) {
            let (gateways, mut desk) = self.parts(now);
            let written = match notice.lost {
                true => Err("lost on the way"),
                false => gateways.write_callback(&notice, &mut desk).ok_or("could not be written"),
            };
            match written {
                Ok(request) => callbacks.push(Callback { id: CallbackId(serial), request }),
                Err(reason) => self.landed(serial, &Answer::Failed { reason: reason.to_owned() }, now),
            }
        }
        callbacks
    }

    /// Real time at which there is something to do again, if business time is not moved before.
    #[must_use]
    pub fn next_callback_at_ms(&self) -> Option<i64> {
        let next = [self.courier.next_due_ms(), self.gateways.next_wake_ms()].into_iter().flatten().min();
        next.map(|due_ms| self.clock.real_ms(due_ms))
    }

    /// Notes what came of a callback and plans the next try if it was not acknowledged.
    pub fn callback_answered(&mut self, id: CallbackId, answer: &Answer, now_ms: i64) {
        self.landed(id.0, answer, self.moment(now_ms));
    }

    fn landed(&mut self, serial: u64, answer: &Answer, now: Moment) {
        let Some(gateway) = self.courier.gateway_of(serial) else { return };
        let (acknowledged, delays_ms) = (gateway.acknowledges(answer), gateway.retry_delays_ms());
        let landed = self.courier.land(serial, answer.summary(), acknowledged, delays_ms, now.business_ms);
        let Some(notice) = landed else { return };
        let what_next = match notice.next_at_ms {
            Some(next_ms) => format!(", again at {}", shanghai_text(next_ms)),
            None if acknowledged => String::new(),
            None => ", given up".to_owned(),
        };
        self.log.add(Entry {
            at_ms: now.business_ms,
            gateway: Some(gateway),
            direction: Direction::Callback,
            what: format!("{} → {}", notice.kind, notice.url),
            number: Some(notice.number.clone()),
            outcome: format!("{}{what_next}", answer.summary()),
            fine: acknowledged,
            diagnosis: None,
        });
    }

    /// A payment as it stands, without the buyer doing anything.
    pub(crate) fn view(&self, token: &str, now: Moment) -> Option<cashier::PaymentView> {
        self.gateways.view(token, now)
    }

    /// The gateways, and what they have at hand.
    pub(crate) fn parts(&mut self, now: Moment) -> (&mut Gateways, Desk<'_>) {
        let desk = Desk {
            now,
            base_url: &self.base_url,
            random: &mut self.random,
            faults: &mut self.faults,
            courier: &mut self.courier,
            log: &mut self.log,
        };
        (&mut self.gateways, desk)
    }

    /// Carries out what business time has made due since the last call.
    pub(crate) fn wake(&mut self, now: Moment) {
        if self.gateways.next_wake_ms().is_some_and(|due_ms| due_ms <= now.business_ms) {
            let (gateways, mut desk) = self.parts(now);
            gateways.wake(&mut desk);
        }
    }

    pub(crate) fn moment(&self, real_ms: i64) -> Moment {
        Moment { real_ms, business_ms: self.clock.business_ms(real_ms) }
    }

    pub(crate) fn set_clock(&mut self, clock: BusinessClock) {
        self.clock = clock;
        self.clock_changed = true;
    }
}
