//! When is a callback sent, when sent again, and what befalls it on the way?
//!
//! A callback is due, then in flight, then either acknowledged or due again after the next delay of its
//! gateway's list. In flight is known to memory only: after a crash the callback is simply due again,
//! so that it reaches its receiver at least once.
//!
//! What a callback says is frozen when the gateway posts it; it is signed when it is sent. Faults work on
//! both sides: the courier loses, delays, repeats and reorders; a [`Twist`] tells the gateway to write it
//! wrong.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Gateway;
use crate::records::Records;
use crate::world::Record;

/// Names one callback in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallbackId(pub(crate) u64);

/// A request the gateway wants sent now. Every one handed out wants one
/// [`World::callback_answered`](crate::World::callback_answered) in return.
#[derive(Debug)]
pub struct Callback {
    /// To give back with the answer.
    pub id: CallbackId,
    /// What to send: method, absolute URL, headers, body. Follow no redirect.
    pub request: http::Request<Bytes>,
}

/// What came of sending a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered. The first kilobyte of the body is enough.
    Http {
        /// The status code.
        status: u16,
        /// The body as received.
        body: Vec<u8>,
    },
    /// No answer: not reachable, timed out, broken off.
    Failed {
        /// In words, for the log.
        reason: String,
    },
}

impl Answer {
    /// A short line for people.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Http { status, body } => {
                let text: String = String::from_utf8_lossy(body).chars().take(80).collect();
                format!("{status} {text:?}")
            }
            Self::Failed { reason } => reason.chars().take(200).collect(),
        }
    }
}

/// How a callback is to be written wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Twist {
    /// Signed with a key that is nobody's.
    Forged,
    /// One minor unit more than was paid; the signature fits.
    WrongAmount,
    /// The ids of another merchant; the signature fits the receiver's keys.
    OtherMerchant,
    /// Dated too long ago; the signature fits.
    Stale,
}

/// What a gateway has to tell.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) gateway: Gateway,
    /// The receiver's [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: String,
    /// The gateway's id of the notice, the same on every retry.
    pub(crate) id: String,
    /// The payment it is about, by the token of its cashier page; empty when it is about none.
    pub(crate) token: String,
    /// The merchant's number.
    pub(crate) number: String,
    /// The gateway's word for what happened.
    pub(crate) kind: String,
    /// Where it goes; checked when it was given.
    pub(crate) url: String,
    /// What the gateway needs to write it.
    pub(crate) content: Value,
}

/// One callback with what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) gateway: Gateway,
    pub(crate) merchant: String,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) number: String,
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) content: Value,
    pub(crate) twist: Option<Twist>,
    /// Not sent again, whatever is answered.
    once: bool,
    /// Never arrives.
    pub(crate) lost: bool,
    /// Waits for another callback to the same merchant to go first.
    held: bool,
    pub(crate) posted_at_ms: i64,
    pub(crate) deliveries: Vec<Delivery>,
    /// Business time of the next delivery; `None` when it was acknowledged or given up.
    pub(crate) next_at_ms: Option<i64>,
}

/// One try to deliver a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// Business time of the answer.
    pub(crate) at_ms: i64,
    pub(crate) answer: String,
    pub(crate) acknowledged: bool,
}

/// How long a callback waits for another one to overtake it.
const LONGEST_HOLD_MS: i64 = 30 * 60 * 1000;

impl Notice {
    /// A callback due at once.
    pub(crate) fn new(draft: Draft, now_ms: i64) -> Self {
        let Draft { gateway, merchant, id, token, number, kind, url, content } = draft;
        Self {
            gateway,
            merchant,
            id,
            token,
            number,
            kind,
            url,
            content,
            twist: None,
            once: false,
            lost: false,
            held: false,
            posted_at_ms: now_ms,
            deliveries: Vec::new(),
            next_at_ms: Some(now_ms),
        }
    }

    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }
    }

    pub(crate) fn twisted(self, twist: Twist) -> Self {
        Self { twist: Some(twist), ..self }
    }

    pub(crate) fn lost(self) -> Self {
        Self { lost: true, ..self }
    }

    pub(crate) fn delayed(self, by_ms: i64) -> Self {
        Self { next_at_ms: self.next_at_ms.map(|at_ms| at_ms.saturating_add(by_ms)), ..self }
    }

    pub(crate) fn held(self) -> Self {
        Self { held: true, ..self }.delayed(LONGEST_HOLD_MS)
    }

    pub(crate) fn is_acknowledged(&self) -> bool {
        self.deliveries.last().is_some_and(|delivery| delivery.acknowledged)
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({
            "gateway": self.gateway.name(),
            "merchant": self.merchant,
            "id": self.id,
            "kind": self.kind,
            "number": self.number,
            "url": self.url,
            "twist": self.twist,
            "lost": self.lost,
            "posted_at_ms": self.posted_at_ms,
            "deliveries": self.deliveries,
            "acknowledged": self.is_acknowledged(),
            "next_at_ms": self.next_at_ms,
        })
    }

    /// Notes an answer and plans the next delivery, if there is one.
    fn answered(&mut self, answer: String, acknowledged: bool, retry_delays_ms: &[i64], now_ms: i64) {
        let over = acknowledged || self.once || self.lost;
        let delay_ms = retry_delays_ms.get(self.deliveries.len()).filter(|_| !over);
        self.deliveries.push(Delivery { at_ms: now_ms, answer, acknowledged });
        self.next_at_ms = delay_ms.map(|delay_ms| now_ms.saturating_add(*delay_ms));
    }
}

/// All callbacks, and which are due or in flight.
#[derive(Debug)]
pub(crate) struct Courier {
    notices: Records<Notice>,
    due: BTreeSet<(i64, u64)>,
    in_flight: BTreeSet<u64>,
    /// Serials of callbacks by the token of their payment.
    by_token: BTreeMap<String, Vec<u64>>,
    /// Serials of callbacks that wait to be overtaken.
    held: BTreeSet<u64>,
    last_serial: u64,
}

impl Default for Courier {
    fn default() -> Self {
        Self {
            notices: Records::new("callbacks"),
            due: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            by_token: BTreeMap::new(),
            held: BTreeSet::new(),
            last_serial: 0,
        }
    }
}

/// The file name of a callback: in the order they were posted.
fn key_of(serial: u64) -> String {
    format!("{serial:012}")
}

impl Courier {
    /// Takes a callback to be sent when it is due.
    pub(crate) fn post(&mut self, notice: Notice) {
        let serial = self.last_serial.saturating_add(1);
        self.index(serial, &notice);
        self.notices.put(&key_of(serial), notice);
    }

    fn index(&mut self, serial: u64, notice: &Notice) {
        self.last_serial = self.last_serial.max(serial);
        self.due.extend(notice.next_at_ms.map(|due_ms| (due_ms, serial)));
        if notice.held && notice.next_at_ms.is_some() {
            self.held.insert(serial);
        }
        self.by_token.entry(notice.token.clone()).or_default().push(serial);
    }

    /// Takes all that is due at `now_ms` of business time, in the order it became due. They are in flight
    /// from now on.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Vec<(u64, Notice)> {
        let mut taken = Vec::new();
        while let Some((due_ms, serial)) = self.due.first().copied().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.due.remove(&(due_ms, serial));
            self.held.remove(&serial);
            if let Some(notice) = self.notices.get(&key_of(serial)) {
                self.in_flight.insert(serial);
                taken.push((serial, notice.clone()));
            }
        }
        taken
    }

    /// Ends the flight of a callback and lets those go that waited to be overtaken. The callback as it is
    /// now; `None` when it was not in flight.
    pub(crate) fn land(
        &mut self,
        serial: u64,
        answer: String,
        acknowledged: bool,
        retry_delays_ms: &[i64],
        now_ms: i64,
    ) -> Option<&Notice> {
        if !self.in_flight.remove(&serial) {
            return None;
        }
        let notice = self.notices.get_mut(&key_of(serial))?;
        notice.answered(answer, acknowledged, retry_delays_ms, now_ms);
        self.due.extend(notice.next_at_ms.map(|due_ms| (due_ms, serial)));
        let merchant = notice.merchant.clone();
        self.release(&merchant, now_ms);
        self.notices.get(&key_of(serial))
    }

    /// Whether a callback to `merchant` waits to be overtaken.
    pub(crate) fn holds_one_for(&self, merchant: &str) -> bool {
        let is_theirs =
            |serial: &u64| self.notices.get(&key_of(*serial)).is_some_and(|held| held.merchant == merchant);
        self.held.iter().any(is_theirs)
    }

    /// Something went ahead: what was held back for `merchant` is due.
    fn release(&mut self, merchant: &str, now_ms: i64) {
        let overtaken: Vec<u64> = self
            .held
            .iter()
            .copied()
            .filter(|serial| self.notices.get(&key_of(*serial)).is_some_and(|held| held.merchant == merchant))
            .collect();
        for serial in overtaken {
            self.held.remove(&serial);
            if let Some(notice) = self.notices.get_mut(&key_of(serial)) {
                if let Some(due_ms) = notice.next_at_ms.replace(now_ms) {
                    self.due.remove(&(due_ms, serial));
                }
                self.due.insert((now_ms, serial));
            }
        }
    }

    /// Whose callback is in flight; `None` when none such is.
    pub(crate) fn gateway_of(&self, serial: u64) -> Option<Gateway> {
        let flying = self.in_flight.contains(&serial).then(|| key_of(serial))?;
        self.notices.get(&flying).map(|notice| notice.gateway)
    }

    /// Business time at which the next callback is due.
    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }

    /// The callbacks about one payment, oldest first.
    pub(crate) fn about(&self, token: &str) -> impl Iterator<Item = &Notice> {
        let serials = self.by_token.get(token).map(Vec::as_slice).unwrap_or_default();
        serials.iter().filter_map(|serial| self.notices.get(&key_of(*serial)))
    }

    /// All callbacks, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter().rev().map(|(_, notice)| notice)
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.notices.take_changes(records)
    }

    /// Puts a callback back, due again if it was in flight. Paths of others are left alone.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        let serial = record.path.strip_prefix("callbacks/").and_then(|rest| rest.strip_suffix(".json"));
        let restored = self.notices.restore(record)?.cloned();
        if let (Some(serial), Some(notice)) = (serial.and_then(|text| text.parse().ok()), restored) {
            self.index(serial, &notice);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str) -> Draft {
        Draft {
            gateway: Gateway::Alipay,
            merchant: "m1".to_owned(),
            id: id.to_owned(),
            token: "t".to_owned(),
            number: "N1".to_owned(),
            kind: "TRADE_SUCCESS".to_owned(),
            url: "http://127.0.0.1:9/".to_owned(),
            content: Value::Null,
        }
    }

    fn ids(taken: &[(u64, Notice)]) -> Vec<&str> {
        taken.iter().map(|(_, notice)| notice.id.as_str()).collect()
    }

    #[test]
    fn callbacks_are_taken_in_order_and_only_once() {
        let mut courier = Courier::default();
        courier.post(Notice::new(draft("later"), 20));
        courier.post(Notice::new(draft("first"), 10));
        courier.post(Notice::new(draft("second"), 10));
        assert_eq!(courier.next_due_ms(), Some(10));
        assert_eq!(ids(&courier.take_due(10)), ["first", "second"]);
        assert!(courier.take_due(10).is_empty());
        assert!(courier.land(2, "no".to_owned(), false, &[5], 11).is_some());
        assert!(courier.land(2, "no".to_owned(), false, &[5], 11).is_none());
        assert_eq!(courier.next_due_ms(), Some(16), "the retry comes before the later one");
    }

    #[test]
    fn a_held_callback_goes_after_the_next_one() {
        let mut courier = Courier::default();
        courier.post(Notice::new(draft("held"), 10).held());
        assert!(courier.take_due(10).is_empty());
        courier.post(Notice::new(draft("next"), 20));
        let taken = courier.take_due(20);
        assert_eq!(ids(&taken), ["next"]);
        courier.land(taken[0].0, "ok".to_owned(), true, &[], 21);
        assert_eq!(ids(&courier.take_due(21)), ["held"]);
    }

    #[test]
    fn a_held_callback_goes_at_last_even_alone() {
        let mut courier = Courier::default();
        courier.post(Notice::new(draft("held"), 10).held());
        assert_eq!(ids(&courier.take_due(10 + LONGEST_HOLD_MS)), ["held"]);
    }
}
