//! Is this the same wish again, or a new one?
//!
//! One wish of the learner (this order, this payment) has one Idempotency-Key, kept in the tab until the
//! server has answered it. So a repeat after a lost answer or a reload finds what the first one made instead
//! of making a second.

use crate::state::Failure;

/// A wish that has not been answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What is wished, in full: everything the request's body depends on.
    pub wish: String,
    /// The Idempotency-Key it is sent under.
    pub key: String,
}

impl Intent {
    /// The unanswered intent for this very wish, or a new one under a `fresh` key.
    pub fn resume(unanswered: Option<Self>, wish: String, fresh: impl FnOnce() -> String) -> Self {
        match unanswered {
            Some(intent) if intent.wish == wish => intent,
            _ => Self { wish, key: fresh() },
        }
    }
}

/// Whether this answer ends the wish, so that the next one is a new wish under a new key.
pub fn is_answer<T>(answer: &Result<T, Failure>) -> bool {
    match answer {
        Ok(_) => true,
        // Somebody between us and the server may have answered.
        Err(Failure::Unreadable) => false,
        Err(failure) => !failure.is_transient(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> Result<(), Failure> {
        Err(Failure::Refused { status, code: code.to_owned() })
    }

    #[test]
    fn the_same_wish_keeps_its_key_and_another_gets_its_own() {
        let first = Intent::resume(None, "order rust-101".to_owned(), || "k1".to_owned());
        let again = Intent::resume(Some(first.clone()), "order rust-101".to_owned(), || "k2".to_owned());
        assert_eq!(again, first);
        let other = Intent::resume(Some(first), "order ink".to_owned(), || "k3".to_owned());
        assert_eq!(other.key, "k3");
    }

    #[test]
    fn a_lost_answer_keeps_the_wish_open_and_a_refusal_ends_it() {
        assert!(!is_answer::<()>(&Err(Failure::Unreachable)));
        assert!(!is_answer::<()>(&Err(Failure::Unreadable)));
        assert!(!is_answer(&refused(503, "busy")));
        assert!(!is_answer(&refused(429, "too_many_requests")));
        assert!(!is_answer(&refused(409, "idempotency_in_progress")));
        assert!(is_answer(&refused(409, "price_changed")));
        assert!(is_answer(&Ok::<_, Failure>(())));
    }
}
