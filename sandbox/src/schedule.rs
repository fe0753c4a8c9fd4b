//! When is a callback sent, and when sent again?
//!
//! A callback is due, then in flight, then either acknowledged or due again after the next delay of its
//! gateway's list. In flight is known to memory only: after a crash the callback is simply due again,
//! so that it reaches its receiver at least once.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Gateway;

/// Names one callback in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallbackId {
    pub(crate) gateway: Gateway,
    pub(crate) number: u64,
}

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

/// One try to deliver a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// Business time of the answer.
    pub(crate) at_ms: i64,
    pub(crate) answer: String,
    pub(crate) acknowledged: bool,
}

/// Which callbacks are due or in flight, for one gateway. `Key` says where the callback is kept.
#[derive(Debug)]
pub(crate) struct Schedule<Key> {
    due: BTreeMap<(i64, u64), Key>,
    in_flight: BTreeMap<u64, Key>,
    last_number: u64,
}

impl<Key> Default for Schedule<Key> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), in_flight: BTreeMap::new(), last_number: 0 }
    }
}

impl<Key: Clone> Schedule<Key> {
    /// Plans a callback for `due_ms` of business time.
    pub(crate) fn plan(&mut self, due_ms: i64, key: Key) {
        self.last_number = self.last_number.saturating_add(1);
        self.due.insert((due_ms, self.last_number), key);
    }

    /// Takes all that is due at `now_ms` of business time, in the order it became due.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Vec<(u64, Key)> {
        let mut taken = Vec::new();
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now_ms) {
            let ((_, number), key) = first.remove_entry();
            self.in_flight.insert(number, key.clone());
            taken.push((number, key));
        }
        taken
    }

    /// Ends the flight of a callback; `None` when it was not in flight.
    pub(crate) fn land(&mut self, number: u64) -> Option<Key> {
        self.in_flight.remove(&number)
    }

    /// Business time at which the next callback is due.
    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.due.keys().next().map(|(due_ms, _)| *due_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_are_taken_in_order_and_only_once() {
        let mut schedule = Schedule::default();
        schedule.plan(20, "later");
        schedule.plan(10, "first");
        schedule.plan(10, "second");
        assert_eq!(schedule.next_due_ms(), Some(10));
        assert_eq!(schedule.take_due(10), [(2, "first"), (3, "second")]);
        assert!(schedule.take_due(10).is_empty());
        assert_eq!(schedule.land(2), Some("first"));
        assert_eq!(schedule.land(2), None);
        assert_eq!(schedule.next_due_ms(), Some(20));
    }
}
