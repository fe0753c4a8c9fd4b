//! Is the history of the order what the server said it was?
//!
//! It is computed here, from the stored bytes, and held against the head that came with the order: a server that
//! rewrote it afterwards, or leaves something out, is seen. What has happened since may follow that head.

use coursepay_core::history::{StoredEvent, verify_head};

use super::{Effect, Failure, Phase, Record, State};

impl State {
    /// Whether there is a head to hold a history against.
    #[must_use]
    pub fn can_verify(&self) -> bool {
        self.order.as_ref().is_some_and(|held| held.view.sequence > 0)
    }

    pub(super) fn verify_record(&mut self, effects: &mut Vec<Effect>) {
        let asks = self.phase == Phase::Paid && self.record != Record::Asking && self.can_verify();
        if let Some(held) = self.order.as_ref().filter(|_| asks) {
            effects.push(Effect::ReadHistory(held.memory.key()));
            self.record = Record::Asking;
        }
    }

    pub(super) fn history_read(&mut self, answer: Result<Vec<StoredEvent>, Failure>) {
        let Some(held) = self.order.as_ref().filter(|_| self.record == Record::Asking) else { return };
        self.record = match answer {
            Ok(events) => match verify_head(&events, held.view.sequence, &held.view.head_hash) {
                Ok(head) => Record::Holds { head: head.hash_hex() },
                Err(_) => Record::Broken,
            },
            // What nobody can read is no history.
            Err(Failure::Unreadable) => Record::Broken,
            Err(_) => Record::Unread,
        };
    }
}
