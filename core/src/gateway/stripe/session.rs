//! What do Stripe's objects say about an attempt, in answers and in events alike?
//!
//! Members that are not read are not declared: Stripe adds some with every version. One that is declared and
//! stands twice, or has another type, makes the object unreadable.

use serde::Deserialize;

use crate::gateway::stripe::currency;
use crate::money::Money;
use crate::time::Timestamp;

/// What we wrote on an object, to know it again.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Metadata {
    /// The attempt's number.
    pub(super) attempt: Option<String>,
    /// The refund's number.
    pub(super) refund: Option<String>,
}

/// An object, or only its id.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    /// As it comes.
    Id(String),
    /// As it comes where we asked for more.
    Whole(T),
}

/// A try to pay.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) amount_received: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) livemode: Option<bool>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    latest_charge: Option<Expandable<Charge>>,
}

/// The charge that took the money.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Charge {
    created: i64,
}

impl PaymentIntent {
    /// When its charge was made, where we asked for it.
    pub(super) fn charged_at(&self) -> Option<Timestamp> {
        match &self.latest_charge {
            Some(Expandable::Whole(charge)) => Some(at(charge.created)),
            Some(Expandable::Id(_)) | None => None,
        }
    }
}

/// A Checkout Session.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) client_reference_id: Option<String>,
    pub(super) metadata: Option<Metadata>,
    pub(super) url: Option<String>,
    pub(super) status: Option<String>,
    pub(super) payment_status: Option<String>,
    amount_total: Option<i64>,
    currency: Option<String>,
    pub(super) payment_intent: Option<Expandable<PaymentIntent>>,
}

/// Whom a session names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    /// The attempt with this number, in both places where we write it.
    Attempt(&'a str),
    /// Somebody else, who may use the same account.
    Other(&'a str),
    /// Nobody: not made by us.
    Nobody,
}

impl Session {
    pub(super) fn owner(&self) -> Owner<'_> {
        let reference = filled(self.client_reference_id.as_deref());
        let noted = filled(self.metadata.as_ref().and_then(|metadata| metadata.attempt.as_deref()));
        match (reference, noted) {
            (Some(reference), Some(noted)) if reference == noted => Owner::Attempt(reference),
            (None, None) => Owner::Nobody,
            (Some(other), _) | (None, Some(other)) => Owner::Other(other),
        }
    }

    /// What it asks for.
    pub(super) fn total(&self) -> Option<Money> {
        currency::money(self.amount_total?, self.currency.as_deref()?)
    }

    /// Stripe's number of its payment, once there is one.
    pub(super) fn payment_id(&self) -> Option<&str> {
        let id = match self.payment_intent.as_ref()? {
            Expandable::Id(id) => id,
            Expandable::Whole(intent) => &intent.id,
        };
        filled(Some(id))
    }

    /// Its payment, where we asked for it.
    pub(super) fn payment(&self) -> Option<&PaymentIntent> {
        match self.payment_intent.as_ref()? {
            Expandable::Id(_) => None,
            Expandable::Whole(intent) => Some(intent),
        }
    }
}

/// A text that says something.
pub(super) fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Stripe's times are epoch seconds.
pub(super) const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds.saturating_mul(1_000))
}
