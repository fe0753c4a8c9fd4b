//! What do gateways say, in words that are the same for all of them?

use crate::api::Action;
use crate::attempt::{Attempt, AttemptState, Capture};
use crate::currency::Currency;
use crate::dispute::DisputeReport;
use crate::id::AttemptId;
use crate::method::{GatewayId, Method};
use crate::money::Money;
use crate::order::Order;
use crate::time::Timestamp;

/// What a gateway answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It can be paid now, like this. To a query or a close of an attempt without a `gateway_ref`: it could
    /// when it was made, and this is its name; what it is now is answered to the same question under that
    /// name.
    Payable {
        /// What the page does next.
        action: Action,
        /// What the gateway calls it, where it must be asked by that name.
        gateway_ref: Option<String>,
    },
    /// Refused for good.
    Refused {
        /// The gateway's code.
        code: String,
    },
    /// It can be paid inside the gateway's own app: by this ticket, once we have signed it for the page
    /// ([`Gateway::hand_over`](super::Gateway::hand_over)).
    Ticket(String),
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

/// Where a refund stands at a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStanding {
    /// The money is with the buyer.
    Done {
        /// When, where the gateway says so.
        at: Option<Timestamp>,
    },
    /// On its way.
    Pending,
    /// Refused for good: no money moved.
    Failed {
        /// The gateway's code.
        code: String,
    },
    /// The buyer cannot be paid like this; somebody must look.
    NeedsAttention {
        /// The gateway's code.
        code: String,
    },
}

/// What a gateway answered about a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundAnswer {
    /// It knows the refund.
    Known {
        /// Its own number, where it gives one.
        gateway_no: Option<String>,
        /// Where it stands.
        standing: RefundStanding,
    },
    /// It knows no such number (yet), or says nothing of it.
    Absent,
    /// Neither yes nor no: ask, or repeat under the same number.
    Unclear {
        /// The gateway's code.
        code: String,
    },
}

/// What a gateway answered about a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputeAnswer {
    /// It knows the dispute.
    Known {
        /// Its number of the payment that is disputed.
        payment_no: String,
        /// What it says of it.
        report: DisputeReport,
    },
    /// Nothing of what the bank has decided: ask again.
    Unclear {
        /// The gateway's code.
        code: String,
    },
}

/// What a callback says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names this notice among all of its gateway; a repeat has the same.
    pub key: String,
    /// Our number, as they wrote it; empty where they name the payment by their own ([`News::Dispute`]).
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
    /// The money is on its way.
    Processing,
    /// The buyer's try failed; the attempt may still be paid, or not, as the gateway says when asked.
    Declined {
        /// The gateway's code.
        code: String,
    },
    /// A refund has moved.
    Refund {
        /// Our number of it; what the gateway calls it where it does not repeat ours.
        refund_no: String,
        /// How much went back with it, where the notice says so.
        amount: Option<Money>,
        /// Where it stands.
        standing: RefundStanding,
    },
    /// A buyer's bank has taken money back, or decided whose it is.
    Dispute {
        /// The gateway's number of the payment it is about.
        payment_no: String,
        /// What the notice says of it.
        report: DisputeReport,
    },
    /// What other notices say as well: acknowledged, and not kept.
    Redundant,
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
    /// From the gateway's test mode while we are live, or the other way round.
    #[error("expected live mode {expected}, got {got}")]
    OtherMode {
        /// Ours.
        expected: bool,
        /// Theirs.
        got: bool,
    },
    /// About a refund, which we did not ask for.
    #[error("a refund we did not ask for")]
    UnexpectedRefund,
    /// Of a kind we have no use for.
    #[error("no use for {kind}")]
    NoUse {
        /// Theirs.
        kind: String,
    },
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

/// The attempt of `order` over whose money there is a dispute, as `gateway` reports of its payment `payment_no`. A
/// dispute that is known has the payment and the amount that it was opened with.
///
/// # Errors
/// The [`Misfit`]: no such payment of this order, another currency, more than was paid, or not what was disputed.
pub fn fit_dispute(
    gateway: GatewayId,
    payment_no: &str,
    report: &DisputeReport,
    order: &Order,
) -> Result<AttemptId, Misfit> {
    let known = order.disputes.iter().find(|known| known.gateway_no == report.gateway_no);
    let is_it = |attempt: &&Attempt| {
        attempt.method == Method::External(gateway)
            && matches!(&attempt.state, AttemptState::Paid(paid) if paid.gateway_no.as_deref() == Some(payment_no))
            && known.is_none_or(|known| known.attempt == attempt.id)
    };
    let unknown = || Misfit::UnknownNumber { got: payment_no.to_owned() };
    let attempt = order.attempts.iter().find(is_it).ok_or_else(unknown)?;
    let (expected, got) = (known.map_or(attempt.amount, |known| known.amount), report.amount);
    if expected.currency() != got.currency() {
        return Err(Misfit::CurrencyDiffers { expected: expected.currency(), got: got.currency() });
    }
    let least_minor = known.map_or(1, |known| known.amount.minor());
    if !(least_minor..=expected.minor()).contains(&got.minor()) {
        return Err(Misfit::AmountDiffers { expected_minor: expected.minor(), got_minor: got.minor() });
    }
    Ok(attempt.id)
}
