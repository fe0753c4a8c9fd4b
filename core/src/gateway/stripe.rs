//! How does Stripe take part? Checkout Sessions on Stripe's own page, paid by card and by whatever else the
//! account's dashboard switches on.
//!
//! | operation | call |
//! |---|---|
//! | create | `POST /v1/checkout/sessions` |
//! | query | `GET /v1/checkout/sessions/{id}` |
//! | close | `POST /v1/checkout/sessions/{id}/expire` |
//! | refund | `POST /v1/refunds` |
//! | refund query | `GET /v1/refunds/{id}`, or a list where the id was lost |
//! | dispute query | `GET /v1/disputes/{id}` |
//!
//! **Who proves what.** We prove ourselves with a bearer token, which whoever sends adds. Stripe signs no
//! answers: TLS to its own host is the proof. It signs callbacks with HMAC-SHA256.
//!
//! **The session's name.** Stripe is asked about a session by an id only its creation answers: it is kept as
//! the attempt's `gateway_ref`. Where that answer was lost, the creation is repeated under its
//! Idempotency-Key, which gives the first answer again (docs.stripe.com/api/idempotent_requests) and so the
//! name; that answer says how the session *began*, so whoever asked asks again under the name. Keys live for
//! 24 hours at least; after that the payments are searched by the attempt's number, and no creation is ever
//! repeated.
//!
//! **Deadlines.** `expires_at` must lie 30 minutes to 24 hours ahead *when the request arrives*
//! (docs.stripe.com/payments/checkout/managing-limited-inventory), and a repeat must send the same value, or
//! Stripe answers `idempotency_error`. An attempt never has more than 30 minutes, so Stripe cannot keep its
//! deadline for us: we send 31 minutes past the deadline, which every call made in time satisfies, and close
//! the session ourselves when the deadline comes. A creation that arrives later than a minute past the
//! deadline is refused: nothing new comes to life then. Where even the close fails, the session dies half an
//! hour later, and money that comes in between is late money like any other.

mod call;
mod currency;
mod dispute;
mod notice;
mod refund;
mod request;
mod session;
pub mod sign;
pub mod statement;

use crate::attempt::{Attempt, Terms};
use crate::currency::Currency;
use crate::gateway::{
    Answer, Content, DisputeAnswer, Fault, Gateway, Message, Moment, Operation, Payer, Prepared,
    RefundAnswer, RefundOperation, RefundTerms, Unverified,
};
use crate::method::{Channel, GatewayId};
use crate::time::Timestamp;

/// The version this code was written against, sent with every call. What an event is written in is set at the
/// webhook's endpoint, so what is read of one are members that have kept their names for years.
pub const API_VERSION: &str = "2026-10-28.endive";

/// Where live calls go.
pub const BASE_URL: &str = "https://api.stripe.com";

/// The longest name of a product that we send; pages cut longer ones anyway.
const LONGEST_SUBJECT_CHARS: usize = 250;

/// One account at Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripe {
    /// The account (`acct_…`), where it is known. Events name an account only when it is another one than the
    /// endpoint's own (Connect), or in an organisation's endpoint; those of any other than this are not ours.
    pub account: Option<String>,
    /// Whether money is real. Answers and events of the other mode are not ours.
    pub livemode: bool,
    /// Where calls go, without a path: [`BASE_URL`].
    pub base_url: String,
}

impl Gateway for Stripe {
    fn id(&self) -> GatewayId {
        GatewayId::Stripe
    }

    // One page for every device, and every currency we have can be charged.
    fn channels(&self, _currency: Currency) -> &'static [Channel] {
        &[Channel::Redirect]
    }

    fn terms(
        &self,
        _channel: Channel,
        subject: &str,
        notify_url: String,
        return_url: Option<String>,
    ) -> Terms {
        Terms { subject: allowed_subject(subject), notify_url, return_url, product_code: None }
    }

    fn prepare(
        &self,
        operation: Operation,
        attempt: &Attempt,
        _payer: &Payer,
        moment: &Moment,
    ) -> Result<Prepared, Fault> {
        request::prepare(self, operation, attempt, moment).map(Prepared::WithSecret)
    }

    fn read_answer(
        &self,
        operation: Operation,
        attempt: &Attempt,
        answer: Message<'_>,
        now: Timestamp,
    ) -> Result<Unverified<Answer>, Fault> {
        request::read_answer(self, operation, attempt, answer, now).map(Unverified::by_connection)
    }

    fn prepare_refund(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        _moment: &Moment,
    ) -> Result<Prepared, Fault> {
        refund::prepare(self, operation, refund, attempt).map(Prepared::WithSecret)
    }

    fn read_refund_answer(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        answer: Message<'_>,
        _now: Timestamp,
    ) -> Result<Unverified<RefundAnswer>, Fault> {
        refund::read_answer(operation, refund, attempt, answer).map(Unverified::by_connection)
    }

    fn prepare_dispute_query(&self, gateway_no: &str) -> Result<Prepared, Fault> {
        dispute::prepare(self, gateway_no).map(Prepared::WithSecret)
    }

    fn read_dispute_answer(
        &self,
        gateway_no: &str,
        answer: Message<'_>,
    ) -> Result<Unverified<DisputeAnswer>, Fault> {
        dispute::read_answer(self, gateway_no, answer).map(Unverified::by_connection)
    }

    fn read_callback(&self, callback: Message<'_>, now: Timestamp) -> Result<Unverified<Content>, Fault> {
        notice::read(self, callback, now)
    }

    // Stripe reads the status alone.
    fn acknowledgement(&self) -> &'static str {
        "{}"
    }
}

/// A title as Stripe shows it: control characters become spaces, and what is too long is cut.
fn allowed_subject(title: &str) -> String {
    let allowed = |character: char| if character.is_control() { ' ' } else { character };
    title.trim().chars().map(allowed).take(LONGEST_SUBJECT_CHARS).collect()
}
