//! What must every gateway be able to do?
//!
//! A gateway here is a protocol and nothing else: it turns an attempt into bytes to sign and a request to
//! send, and turns raw bytes back into what they say. It has no key, no clock and no connection. Whoever
//! holds those signs an [`Unsigned`], sends the [`Outgoing`], and asks an [`Unverified`] to be verified; a
//! [`Verified`] value comes out of that check alone.
//!
//! Each gateway has the same files: `sign` (what is signed, how), `request` (what we ask and how its answer
//! reads), `notice` (what its callbacks say), `statement` (how its bill reads).

pub mod alipay;
mod answer;
pub mod failure;
mod message;
mod proof;
pub mod statement;
pub mod stripe;
pub mod wechat_pay;
mod x509;

pub use answer::{Answer, Misfit, News, Notice, Payment, RefundAnswer, RefundStanding, fit};
pub use message::{GatewayRequest, Message, Moment, Outgoing, Payer, Prepared, Unsigned, Verb};
pub use proof::{Claim, KeyChoice, Scheme, Unverified, Verified, VerifyError};

use crate::attempt::{Attempt, Terms};
use crate::currency::Currency;
use crate::id::RefundId;
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

/// What we ask of a gateway about one refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOperation {
    /// Pay it back.
    Request,
    /// Where does it stand?
    Query,
}

/// What a gateway is told about a refund, frozen before it is called: a repeat sends the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundTerms {
    /// Our number of it.
    pub number: RefundId,
    /// How much goes back.
    pub amount: Money,
    /// What the buyer reads, where the gateway shows it.
    pub reason: String,
    /// Where the gateway reports to.
    pub notify_url: String,
    /// What the gateway calls it, once it has said so.
    pub gateway_no: Option<String>,
}

/// The content of a callback: readable, or sealed for us.
pub enum Content {
    /// Readable.
    Open(Notice),
    /// Encrypted with AES-256-GCM under the key we share with the gateway.
    Sealed(Sealed),
}

/// What an opened callback is read with.
type ReadOpened = Box<dyn FnOnce(&[u8]) -> Result<Notice, Fault>>;

/// The sealed content of a callback.
pub struct Sealed {
    /// Twelve bytes.
    pub nonce: [u8; 12],
    /// Covered by the tag.
    pub aad: Vec<u8>,
    /// With its tag of 16 bytes at the end.
    pub ciphertext: Vec<u8>,
    /// Reads the plain bytes.
    pub read: ReadOpened,
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

    /// The request for `operation` on `attempt`, before it is signed. The same attempt and payer give the
    /// same request but for `moment`.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for an attempt this gateway cannot express.
    fn prepare(
        &self,
        operation: Operation,
        attempt: &Attempt,
        payer: &Payer,
        moment: &Moment,
    ) -> Result<Prepared, Fault>;

    /// Reads a gateway's answer to `operation` on `attempt`.
    ///
    /// # Errors
    /// [`Fault`] when it is not an answer at all.
    fn read_answer(
        &self,
        operation: Operation,
        attempt: &Attempt,
        answer: Message<'_>,
        now: Timestamp,
    ) -> Result<Unverified<Answer>, Fault>;

    /// What the page hands to the gateway's app for the ticket of [`Answer::Ticket`], before it is signed.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] at gateways that give no tickets.
    fn hand_over(&self, _ticket: &str, _moment: &Moment) -> Result<Unsigned, Fault> {
        Err(Fault::Unsupported("this gateway gives no tickets"))
    }

    /// The request for `operation` on a refund of `attempt`, before it is signed. Whoever repeats a
    /// [`RefundOperation::Request`] asks first, and repeats it only if it is [`RefundAnswer::Absent`]:
    /// gateways remember a number for a day at least, not for ever.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for a refund this gateway cannot express.
    fn prepare_refund(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        moment: &Moment,
    ) -> Result<Prepared, Fault>;

    /// Reads a gateway's answer to `operation` on a refund of `attempt`.
    ///
    /// # Errors
    /// [`Fault`] when it is not an answer at all.
    fn read_refund_answer(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        answer: Message<'_>,
        now: Timestamp,
    ) -> Result<Unverified<RefundAnswer>, Fault>;

    /// Reads a raw callback.
    ///
    /// # Errors
    /// [`Fault`] when it is not a callback at all, or too old to be believed.
    fn read_callback(&self, callback: Message<'_>, now: Timestamp) -> Result<Unverified<Content>, Fault>;

    /// The body that tells the gateway a callback was taken in; answered with status 200.
    fn acknowledgement(&self) -> &'static str;
}

/// The gateway erred, or what came is not from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A status that says nothing, most likely of something that stands before the gateway.
    #[error("HTTP status {0}")]
    Status(u16),
    /// Dated too long ago, or too far ahead, to be believed.
    #[error("expected a time near {expected_s}, got {got_s}")]
    Untimely {
        /// Ours, in epoch seconds.
        expected_s: i64,
        /// Theirs.
        got_s: i64,
    },
    /// Not the format of this gateway.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// We asked for something this gateway cannot do.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
}
