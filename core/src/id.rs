//! How can one id not pass for another?
//!
//! Ids we make are ULIDs (26 characters, sortable by time, valid as merchant numbers at every gateway), with
//! a type per kind. Ids the platform gives are its own text, checked once. Randomness is an argument: a
//! caller draws one [`IdSource`] per decision.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::time::Timestamp;

/// Text that is not an id of the kind expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {expected} id")]
pub struct IdError {
    /// The kind of id expected.
    pub expected: &'static str,
}

/// How many random bits a ULID has; the topmost ten may carry the shard hint.
const RANDOM_BITS: u32 = 80;
const SHARD_BITS: u32 = 10;

macro_rules! ulid_ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Ulid);

        impl $name {
            /// Reads the 26 characters in capitals.
            ///
            /// # Errors
            /// [`IdError`] for any other text.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let id = Ulid::from_string(text).map_err(|_| IdError { expected: $kind })?;
                // Crockford base 32 reads several spellings; only the canonical one is an id.
                if id.to_string() == text { Ok(Self(id)) } else { Err(IdError { expected: $kind }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.to_string()
            }
        }

        impl From<Ulid> for $name {
            fn from(ulid: Ulid) -> Self {
                Self(ulid)
            }
        }
    )+};
}

ulid_ids! {
    /// An order.
    OrderId = "order";
    /// One try to pay; also the merchant number the gateway knows it by.
    AttemptId = "attempt";
    /// A buyer: the only name events, postings, queues and logs have for a person.
    BuyerId = "buyer";
    /// One decision: the batch it was committed in.
    DecisionId = "decision";
    /// A ledger entry.
    EntryId = "entry";
    /// A refund; also the number the gateway knows it by.
    RefundId = "refund";
    /// A dispute.
    DisputeId = "dispute";
    /// A credit to a wallet.
    CreditId = "credit";
    /// A grant of access.
    EntitlementId = "entitlement";
    /// An outbox message.
    MessageId = "message";
}

macro_rules! platform_ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes 1 to 64 characters of `A-Z a-z 0-9 _ -`.
            ///
            /// # Errors
            /// [`IdError`] for any other text.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                if fits { Ok(Self(text.to_owned())) } else { Err(IdError { expected: $kind }) }
            }

            /// As the platform wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

platform_ids! {
    /// A learner, as the platform calls them.
    UserId = "user";
    /// Who earns from a product.
    CreatorId = "creator";
    /// What is sold.
    ProductId = "product";
    /// Who decides for the platform.
    OperatorId = "operator";
}

/// A run of fresh ids for one decision: the same time and seed give the same ids.
#[derive(Clone, Debug)]
pub struct IdSource {
    at: Timestamp,
    seed: [u8; 16],
    drawn: u32,
}

impl IdSource {
    /// Ids dated `at`, made unguessable by `seed` (fresh random bytes).
    #[must_use]
    pub const fn new(at: Timestamp, seed: [u8; 16]) -> Self {
        Self { at, seed, drawn: 0 }
    }

    /// The moment of the decision these ids are for.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The next id, of whichever kind the caller names.
    pub fn fresh<Id: From<Ulid>>(&mut self) -> Id {
        let random = self.draw();
        self.ulid(random).into()
    }

    /// The next id with the shard hint of `buyer` in characters 11 and 12: all that belongs to one buyer
    /// can be kept together on the day when one database is not enough.
    pub fn fresh_for<Id: From<Ulid>>(&mut self, buyer: BuyerId) -> Id {
        let low = RANDOM_BITS.saturating_sub(SHARD_BITS);
        let hint = u128::from(shard_hint(buyer)) << low;
        let mask = (1_u128 << low).wrapping_sub(1);
        let random = hint | (self.draw() & mask);
        self.ulid(random).into()
    }

    fn draw(&mut self) -> u128 {
        let digest = Sha256::new()
            .chain_update(b"coursepay/id/v1")
            .chain_update(self.seed)
            .chain_update(self.drawn.to_be_bytes())
            .finalize();
        self.drawn = self.drawn.wrapping_add(1);
        let mut bytes = [0_u8; 16];
        bytes.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        // A ULID takes the lower 80 bits of it.
        u128::from_be_bytes(bytes)
    }

    fn ulid(&self, random: u128) -> Ulid {
        Ulid::from_parts(u64::try_from(self.at.ms()).unwrap_or(0), random)
    }
}

/// The first ten bits of SHA-256 of the buyer id's text.
fn shard_hint(buyer: BuyerId) -> u16 {
    let digest = Sha256::digest(buyer.to_string().as_bytes());
    let mut first = [0_u8; 2];
    first.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    u16::from_be_bytes(first) >> (16_u32.saturating_sub(SHARD_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> IdSource {
        IdSource::new(Timestamp::from_ms(1_767_225_600_000), [7; 16])
    }

    #[test]
    fn ids_are_26_characters_dated_and_different() {
        let mut ids = source();
        let (one, two): (OrderId, OrderId) = (ids.fresh(), ids.fresh());
        assert_ne!(one, two);
        assert_eq!(one.to_string().len(), 26);
        assert_eq!(one.0.timestamp_ms(), 1_767_225_600_000);
        assert_eq!(OrderId::parse(&one.to_string()), Ok(one));
    }

    #[test]
    fn all_ids_of_one_buyer_share_characters_11_and_12() {
        let mut ids = source();
        let buyer: BuyerId = ids.fresh();
        let order: OrderId = ids.fresh_for(buyer);
        let attempt: AttemptId = ids.fresh_for(buyer);
        assert_ne!(order.to_string(), attempt.to_string());
        assert_eq!(order.to_string()[10..12], attempt.to_string()[10..12]);
    }

    #[test]
    fn only_the_canonical_spelling_of_an_id_is_read() {
        let id: OrderId = source().fresh();
        assert!(OrderId::parse(&id.to_string().to_lowercase()).is_err());
        assert!(OrderId::parse("").is_err());
        assert!(OrderId::parse("01ARZ3NDEKTSV4RRFFQ69G5FA!").is_err());
    }

    #[test]
    fn platform_ids_hold_no_separator_and_have_an_end() {
        assert!(UserId::parse("alice_01-x").is_ok());
        for bad in ["", "a:b", "a b", "a/b", "é", &"x".repeat(65)] {
            assert!(UserId::parse(bad).is_err(), "{bad}");
        }
    }
}
