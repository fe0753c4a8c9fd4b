//! How is an order's history kept from being rewritten?
//!
//! Every event is stored as the bytes that were hashed. Its hash covers a domain tag, a version, the hash before it
//! and those bytes; the head of the chain goes into every webhook and every answer about the order, so somebody
//! outside holds it. Whoever does can compute the chain: the platform, and the buyer's own browser.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"coursepay/order-event";
const VERSION: u8 = 1;

/// The end of an order's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many events there are.
    pub sequence: i64,
    /// The hash of the last one; all zero before the first.
    pub hash: [u8; 32],
}

impl Head {
    /// Before the first event.
    pub const START: Self = Self { sequence: 0, hash: [0; 32] };

    /// The hash in lower-case hex.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        hex::encode(self.hash)
    }
}

/// The hash of the event with these stored bytes after the event with hash `previous`.
#[must_use]
pub fn chain_hash(previous: &[u8; 32], body: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(DOMAIN)
        .chain_update([VERSION])
        .chain_update(previous)
        .chain_update(body)
        .finalize()
        .into()
}

/// An event as it is stored, and as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its place, 1 for the first.
    pub sequence: i64,
    /// The stored text: exactly these bytes were hashed.
    pub body: String,
    /// The chain's hash up to and including it, in lower-case hex.
    pub hash: String,
}

/// Where a history is not what its hashes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history breaks at event {at}")]
pub struct Broken {
    /// The first place that does not follow from what is before it.
    pub at: i64,
}

/// Computes the chain of `events`, the oldest first, from their stored bytes, and gives its head. Whoever holds a
/// head that was told earlier finds it among the hashes, or the history was rewritten.
///
/// # Errors
/// [`Broken`] at the first event that is not in its place, or whose hash does not follow.
pub fn verify(events: &[StoredEvent]) -> Result<Head, Broken> {
    let mut head = Head::START;
    for event in events {
        let sequence = head.sequence.saturating_add(1);
        let hash = chain_hash(&head.hash, event.body.as_bytes());
        if event.sequence != sequence || event.hash != hex::encode(hash) {
            return Err(Broken { at: sequence });
        }
        head = Head { sequence, hash };
    }
    Ok(head)
}

/// As [`verify`], and finds a head among the hashes that was told earlier: after so many events, with this hash in
/// lower-case hex. What has happened since may follow it.
///
/// # Errors
/// [`Broken`] as [`verify`]; at the event that is missing where the history ends before that head; at the head where
/// it is another one.
pub fn verify_head(events: &[StoredEvent], sequence: i64, hash: &str) -> Result<Head, Broken> {
    let head = verify(events)?;
    if head.sequence < sequence {
        return Err(Broken { at: head.sequence.saturating_add(1) });
    }
    match events.iter().find(|event| event.sequence == sequence) {
        Some(told) if told.hash == hash => Ok(head),
        Some(_) | None => Err(Broken { at: sequence }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> Vec<StoredEvent> {
        let mut hash = [0; 32];
        let bodies =
            [r#"{"event":"order_created"}"#, r#"{"event":"order_expired"}"#, r#"{"event":"order_paid"}"#];
        (1..)
            .zip(bodies)
            .map(|(sequence, body)| {
                hash = chain_hash(&hash, body.as_bytes());
                StoredEvent { sequence, body: body.to_owned(), hash: hex::encode(hash) }
            })
            .collect()
    }

    #[test]
    fn a_history_as_it_was_written_gives_its_head() {
        let history = history();
        let head = verify(&history).unwrap();
        assert_eq!((head.sequence, head.hash_hex()), (3, history[2].hash.clone()));
        assert_eq!(verify(&[]), Ok(Head::START));
    }

    #[test]
    fn a_history_that_was_rewritten_breaks_where_it_was() {
        let rewritten = |change: &dyn Fn(&mut Vec<StoredEvent>)| {
            let mut history = history();
            change(&mut history);
            verify(&history)
        };
        assert_eq!(rewritten(&|all| all[1].body.push(' ')), Err(Broken { at: 2 }));
        assert_eq!(rewritten(&|all| all.swap(0, 1)), Err(Broken { at: 1 }));
        assert_eq!(rewritten(&|all| drop(all.remove(0))), Err(Broken { at: 1 }));
        assert_eq!(rewritten(&|all| drop(all.remove(1))), Err(Broken { at: 2 }));
        assert_eq!(rewritten(&|all| all[2].hash = all[1].hash.clone()), Err(Broken { at: 3 }));
        assert_eq!(rewritten(&|all| all[0].sequence = 0), Err(Broken { at: 1 }));
        // With its hashes made anew it holds, but ends in another head than the one somebody else holds.
        let forged = rewritten(&|all| {
            all.truncate(1);
            all[0].body = r#"{"event":"order_paid"}"#.to_owned();
            all[0].hash = hex::encode(chain_hash(&[0; 32], all[0].body.as_bytes()));
        });
        assert_ne!(forged.unwrap().hash_hex(), history()[0].hash);
    }
    #[test]
    fn a_head_that_was_told_is_found_in_the_history_that_it_is_of_and_in_no_other() {
        let history = history();
        let told = |place: usize| (history[place].sequence, history[place].hash.as_str());
        let found = |events: &[StoredEvent], (sequence, hash): (i64, &str)| {
            verify_head(events, sequence, hash).map(|head| head.sequence)
        };
        assert_eq!(found(&history, told(2)), Ok(3));
        assert_eq!(found(&history, told(0)), Ok(3), "what happened since follows it");
        assert_eq!(found(&history[..2], told(2)), Err(Broken { at: 3 }), "the end was cut off");
        assert_eq!(found(&[], told(2)), Err(Broken { at: 1 }));
        assert_eq!(found(&history, (0, "")), Err(Broken { at: 0 }), "no head at all");
        // Forged from the first event on, with its hashes made anew.
        let mut forged = history.clone();
        let mut hash = [0; 32];
        for event in &mut forged {
            event.body = event.body.replace("paid", "cancelled");
            hash = chain_hash(&hash, event.body.as_bytes());
            event.hash = hex::encode(hash);
        }
        verify(&forged).unwrap();
        assert_eq!(found(&forged, told(2)), Err(Broken { at: 3 }));
        assert_eq!(found(&forged, told(0)), Ok(3), "the first event is as it was");
        let mut swapped = history.clone();
        swapped[0].body.push(' ');
        assert_eq!(found(&swapped, told(2)), Err(Broken { at: 1 }));
    }
}
