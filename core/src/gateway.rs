//! What must every gateway be able to do?
//!
//! A gateway here is a protocol and nothing else: it turns an attempt into bytes to sign and a request to
//! send, and turns raw bytes back into what they say. It has no key, no clock and no connection. Whoever
//! holds those signs an [`Unsigned`], sends the [`Outgoing`], and asks an [`Unverified`] to be verified; a
//! [`Verified`] value comes out of that check alone.
//!
//! Each gateway has the same files: `sign` (what is signed, how), `request` (what we ask and how its answer
//! reads), `notice` (what its callbacks say).

pub mod alipay;

use crate::api::Action;
use crate::attempt::{Attempt, AttemptState, Capture, Terms};
use crate::currency::Currency;
use crate::method::{Channel, GatewayId};
use crate::money::Money;
use crate::time::Timestamp;

/// What we ask of a gateway about one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Make it payable.
    Create,
    /// Where does it stand?
    Query,
    /// Make it unpayable.
    Close,
}

/// A payment gateway's protocol.
pub trait Gateway {
    /// Which gateway.
    fn id(&self) -> GatewayId;

    /// In which ways an amount of `currency` can be paid here; empty when it cannot.
    fn channels(&self, currency: Currency) -> &'static [Channel];

    /// What the gateway will be told about a new attempt besides number, amount and deadline.
    fn terms(&self, channel: Channel, subject: &str, notify_url: String, return_url: Option<String>)
    -> Terms;

    /// The request for `operation` on `attempt`, before it is signed. The same attempt gives the same
    /// request but for the time of sending.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for an attempt this gateway cannot express.
    fn prepare(&self, operation: Operation, attempt: &Attempt, now: Timestamp) -> Result<Unsigned, Fault>;

    /// Reads the body of a gateway's answer to `operation` on `attempt`.
    ///
    /// # Errors
    /// [`Fault`] when it is not an answer at all.
    fn read_answer(
        &self,
        operation: Operation,
        attempt: &Attempt,
        body: &[u8],
    ) -> Result<Unverified<Answer>, Fault>;

    /// Reads the raw body of a callback.
    ///
    /// # Errors
    /// [`Fault`] when it is not a callback at all.
    fn read_callback(&self, body: &[u8]) -> Result<Unverified<Notice>, Fault>;

    /// The body that tells the gateway a callback was taken in.
    fn acknowledgement(&self) -> &'static str;
}

/// Puts the raw signature in its place.
type Assemble = Box<dyn FnOnce(&[u8]) -> Outgoing>;

/// Bytes to be signed, and what becomes of the signature.
pub struct Unsigned {
    message: Vec<u8>,
    assemble: Assemble,
}

impl Unsigned {
    /// A request whose `message` must be signed; `assemble` puts the raw signature in its place.
    pub fn new(message: Vec<u8>, assemble: impl FnOnce(&[u8]) -> Outgoing + 'static) -> Self {
        Self { message, assemble: Box::new(assemble) }
    }

    /// What to sign.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The finished request.
    #[must_use]
    pub fn signed(self, signature: &[u8]) -> Outgoing {
        (self.assemble)(signature)
    }
}

/// A signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Nothing to send: the learner's browser carries it.
    Browse(Action),
    /// For our own HTTP client.
    Send(GatewayRequest),
}

/// A POST to a gateway, as plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRequest {
    /// The whole address.
    pub url: String,
    /// Of the body.
    pub content_type: &'static str,
    /// As signed.
    pub body: String,
}

/// Which of the gateway's keys must have made a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChoice {
    /// Any that we trust.
    Any,
    /// The one with this id.
    Named(String),
}

/// A signature and what it is said to cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// By which key.
    pub key: KeyChoice,
    /// The signed bytes.
    pub message: Vec<u8>,
    /// The raw signature.
    pub signature: Vec<u8>,
}

/// A value nobody may act on yet: it stands for what its claims prove.
#[derive(Clone, Debug)]
pub struct Unverified<T> {
    claims: Vec<Claim>,
    value: T,
}

/// A value whose signature was checked. Only [`Unverified::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

/// Why a value did not become [`Verified`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyError<E> {
    /// No claim holds.
    BadSignature,
    /// The check itself failed.
    Check(E),
}

impl<T> Unverified<T> {
    /// `value`, proved by any one of `claims`; by none if there are none.
    pub const fn new(claims: Vec<Claim>, value: T) -> Self {
        Self { claims, value }
    }

    /// Whether there is a signature to check at all.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        !self.claims.is_empty()
    }

    /// Asks `check` about each claim until one holds.
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`] when none holds, or the error of `check`.
    pub async fn verify<E>(
        self,
        check: impl AsyncFn(&Claim) -> Result<bool, E>,
    ) -> Result<Verified<T>, VerifyError<E>> {
        for claim in &self.claims {
            if check(claim).await.map_err(VerifyError::Check)? {
                return Ok(Verified(self.value));
            }
        }
        Err(VerifyError::BadSignature)
    }
}

impl<T> Verified<T> {
    /// The value.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// The value, by itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// What a gateway answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It can be paid now, like this.
    Payable(Action),
    /// Refused for good.
    Refused {
        /// The gateway's code.
        code: String,
    },
    /// It waits for the learner.
    Waiting,
    /// The money is moving.
    Processing,
    /// The money is there.
    Paid(Payment),
    /// Over, paid most likely, but without the particulars: ask.
    AlreadyOver,
    /// It can no longer be paid.
    Closed,
    /// The gateway knows no such number (yet).
    Absent,
    /// Neither yes nor no: ask, or repeat under the same number.
    Unclear {
        /// The gateway's code.
        code: String,
    },
}

/// Money at a gateway, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Our number.
    pub merchant_no: String,
    /// Its number.
    pub gateway_no: String,
    /// How much was asked for and paid.
    pub amount: Money,
    /// When, where it says so.
    pub at: Option<Timestamp>,
}

/// What a callback says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names this notice among all of its gateway; a repeat has the same.
    pub key: String,
    /// Our number, as they wrote it.
    pub merchant_no: String,
    /// What they tell.
    pub news: News,
}

/// The content of a [`Notice`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The money is there.
    Paid(Payment),
    /// It can no longer be paid.
    Closed,
    /// It waits for the learner.
    Waiting,
    /// It verifies but is not for us to act on.
    Misfit(Misfit),
}

/// Why something verified does not fit. It is acknowledged, kept apart and listed, and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// For another application of the same gateway.
    #[error("expected app {expected}, got {got}")]
    OtherApp {
        /// Ours.
        expected: String,
        /// Theirs.
        got: String,
    },
    /// For another merchant.
    #[error("expected seller {expected}, got {got}")]
    OtherSeller {
        /// Ours.
        expected: String,
        /// Theirs.
        got: String,
    },
    /// For a number we never gave out.
    #[error("unknown merchant number {got}")]
    UnknownNumber {
        /// Theirs.
        got: String,
    },
    /// For another amount.
    #[error("expected {expected_minor}, got {got_minor}")]
    AmountDiffers {
        /// Ours, in minor units.
        expected_minor: i64,
        /// Theirs, in minor units.
        got_minor: i64,
    },
    /// Paid once more under the same number: the gateway's own number is another one.
    #[error("paid before as {expected}, got {got}")]
    PaidAgain {
        /// Of the payment we know.
        expected: String,
        /// Of this one.
        got: String,
    },
    /// Paid in another currency.
    #[error("expected {expected}, got {got}")]
    CurrencyDiffers {
        /// Ours.
        expected: Currency,
        /// Theirs.
        got: Currency,
    },
    /// About a refund, which we did not ask for.
    #[error("a refund we did not ask for")]
    UnexpectedRefund,
    /// A field we need is missing or unreadable.
    #[error("field {field} is missing or unreadable")]
    Unreadable {
        /// Which.
        field: &'static str,
    },
    /// A status this gateway's documents do not have.
    #[error("unknown status {got}")]
    UnknownStatus {
        /// Theirs.
        got: String,
    },
}

/// The gateway erred, or what came is not from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not the format of this gateway.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// We asked for something this gateway cannot do.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
}

/// Whether `payment` is the one that `attempt` is waiting for.
///
/// # Errors
/// The [`Misfit`]: number, currency or amount differ, or it was paid before by another payment.
pub fn fit(payment: &Payment, attempt: &Attempt) -> Result<(), Misfit> {
    if payment.merchant_no != attempt.id.to_string() {
        return Err(Misfit::UnknownNumber { got: payment.merchant_no.clone() });
    }
    let (expected, got) = (attempt.amount, payment.amount);
    if expected.currency() != got.currency() {
        return Err(Misfit::CurrencyDiffers { expected: expected.currency(), got: got.currency() });
    }
    if expected != got {
        return Err(Misfit::AmountDiffers { expected_minor: expected.minor(), got_minor: got.minor() });
    }
    if let AttemptState::Paid(Capture { gateway_no: Some(known), .. }) = &attempt.state
        && *known != payment.gateway_no
    {
        return Err(Misfit::PaidAgain { expected: known.clone(), got: payment.gateway_no.clone() });
    }
    Ok(())
}
