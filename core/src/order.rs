//! What may happen to an order, in which state, and what follows?
//!
//! ```text
//! AwaitingPayment → Paid | Expired | Cancelled        Expired → Paid when late money still fits
//! ```
//!
//! An order, its attempts, refunds and disputes are one aggregate: each method reads the whole, and gives a [`Decision`] that
//! storage commits whole or refuses whole, led by an event under its next sequence number. Two who decide at
//! once therefore cannot both win; the loser reads again and decides again.
//!
#![doc = include_str!("../docs/order.md")]

mod disputes;
mod draft;
pub mod event;
mod policy;
mod refunds;
mod refusal;
mod reminder;
mod settle;
mod surplus;
mod view;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::api::{Action, FailureReason, OrderStatus, ProductKind, RefundPolicy};
use crate::attempt::{Attempt, AttemptState, Step, Terms};
use crate::decision::Decision;
use crate::dispute::Dispute;
use crate::gateway::failure;
use crate::id::{AttemptId, BuyerId, CreatorId, IdSource, OrderId, ProductId, UserId};
use crate::method::{Channel, GatewayId, Method};
use crate::money::Money;
use crate::planted::{self, Bug};
use crate::refund::Refund;
use crate::time::Timestamp;
use draft::Draft;
use event::{Event, Head};

pub use refunds::{MAX_REFUNDS, RefundWish};
pub use refusal::Refusal;

/// How long an order stays open: half an hour, long enough to find a phone, short enough for a price.
pub const ORDER_LIFETIME_MS: i64 = 30 * 60 * 1_000;

/// No attempt starts with less time than this left: gateways take deadlines from one minute ahead
/// (Alipay `time_expire`), and five seconds cover the way there.
pub const SHORTEST_PAYMENT_MS: i64 = 65 * 1_000;

/// How long past its deadline an order waits for a gateway that does not answer.
pub const UNKNOWN_PATIENCE_MS: i64 = 24 * 60 * 60 * 1_000;

/// How many lines an order may have.
pub const MAX_LINES: usize = 20;

/// A creator's part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Who earns it.
    pub creator: CreatorId,
    /// How much of the net amount, in basis points.
    pub bps: u32,
}

/// One thing bought, frozen when it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub product: ProductId,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: ProductKind,
    /// Its price.
    pub price: Money,
    /// Taken off the price.
    pub discount: Money,
    /// What is paid for it.
    pub net: Money,
    /// Who earns from it.
    pub shares: Vec<Share>,
    /// When it is refunded; without one, always.
    pub refund_policy: Option<RefundPolicy>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Open.
    AwaitingPayment,
    /// Settled.
    Paid {
        /// By which attempt.
        attempt: AttemptId,
        /// When.
        at: Timestamp,
    },
    /// Its deadline passed unpaid.
    Expired,
    /// Given up by the buyer.
    Cancelled,
}

impl OrderState {
    /// The code of this state in the API and in storage.
    #[must_use]
    pub const fn status(self) -> OrderStatus {
        match self {
            Self::AwaitingPayment => OrderStatus::AwaitingPayment,
            Self::Paid { .. } => OrderStatus::Paid,
            Self::Expired => OrderStatus::Expired,
            Self::Cancelled => OrderStatus::Cancelled,
        }
    }
}

/// An order with its attempts and refunds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Ours.
    pub id: OrderId,
    /// Whose.
    pub buyer: BuyerId,
    /// What is bought.
    pub lines: Vec<Line>,
    /// What is to be paid.
    pub total: Money,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: OrderState,
    /// Whether the platform was told that it is left unpaid.
    pub is_reminded: bool,
    /// The end of its chain of events.
    pub head: Head,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// Its disputes, oldest first.
    pub disputes: Vec<Dispute>,
}

/// What a gateway was heard to say about an attempt: by its answer, a callback or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It can be paid now, like this.
    Accepted {
        /// What the page does next.
        action: Action,
        /// What the gateway calls it, where it must be asked by that name.
        gateway_ref: Option<String>,
    },
    /// It was refused for good, with the gateway's code.
    Refused(String),
    /// No answer to this call, or one that says nothing.
    Unanswered(Step),
    /// The gateway waits for the learner.
    Waiting,
    /// A try to pay it was turned down, with the gateway's code; another may follow.
    Declined(String),
    /// The gateway is moving the money.
    Processing,
    /// It can no longer be paid.
    Closed,
    /// The money is there.
    Paid {
        /// The gateway's own number.
        gateway_no: String,
        /// When, by the gateway's clock.
        at: Timestamp,
    },
}

/// What starting a payment comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A new attempt, to be committed before its gateway is called.
    New(Box<Decision>, AttemptId),
    /// The same was started before and can still be paid: go on with it.
    Live(AttemptId),
}

/// How an open order ends unpaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its deadline passed.
    Expire,
    /// Its buyer gave it up.
    Cancel,
}

/// Which cart this is: the same products give the same key, in whatever order they come.
#[must_use]
pub fn cart_key(products: &[ProductId]) -> String {
    let mut names: Vec<&str> = products.iter().map(ProductId::as_str).collect();
    names.sort_unstable();
    hex::encode(Sha256::digest(names.join(",").as_bytes()))
}

impl Order {
    /// Makes an order of `lines`, all of one currency.
    ///
    /// # Errors
    /// [`Refusal`] for a malformed cart, one with something in `owned`, or a total other than the learner
    /// was shown.
    pub fn create(
        buyer: BuyerId,
        lines: Vec<Line>,
        owned: &[ProductId],
        expected_total_minor: Option<i64>,
        ids: &mut IdSource,
    ) -> Result<Decision, Refusal> {
        let currency = lines.first().ok_or(Refusal::CartMalformed)?.net.currency();
        let names: std::collections::BTreeSet<&ProductId> = lines.iter().map(|line| &line.product).collect();
        if names.len() != lines.len() || lines.len() > MAX_LINES {
            return Err(Refusal::CartMalformed);
        }
        let mut total = Money::zero(currency);
        for line in &lines {
            if line.net.currency() != currency {
                return Err(Refusal::CurrencyMixed { expected: currency, got: line.net.currency() });
            }
            total = total.plus(line.net).map_err(|_| Refusal::TotalOutOfRange)?;
        }
        if let Some(expected_minor) = expected_total_minor.filter(|expected| *expected != total.minor()) {
            return Err(Refusal::PriceChanged { expected_minor, got_minor: total.minor() });
        }
        if let Some(line) = lines.iter().find(|line| owned.contains(&line.product)) {
            return Err(Refusal::AlreadyOwned { product: line.product.clone() });
        }
        let created_at = ids.at();
        let order = Self {
            id: ids.fresh_for(buyer),
            buyer,
            lines: lines.clone(),
            total,
            created_at,
            expires_at: created_at.plus_ms(ORDER_LIFETIME_MS),
            state: OrderState::AwaitingPayment,
            is_reminded: false,
            head: Head::START,
            attempts: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
        };
        let expires_at_ms = order.expires_at;
        let mut draft = Draft::of(order, ids);
        draft.decision.is_new_order = true;
        draft.record(Event::OrderCreated {
            buyer,
            lines,
            currency,
            total_minor: total.minor(),
            expires_at_ms,
        })?;
        Ok(draft.decision)
    }

    /// Starts an attempt through a gateway, or finds the live one that is the same.
    ///
    /// # Errors
    /// [`Refusal`] when the order is not open, too little time is left, something in it is owned by now, or
    /// another attempt must be closed first.
    pub fn start_payment(
        &self,
        gateway: GatewayId,
        channel: Channel,
        terms: Terms,
        owned: &[ProductId],
        ids: &mut IdSource,
    ) -> Result<Start, Refusal> {
        self.require_payable(owned, ids.at())?;
        let method = Method::External(gateway);
        let same = |live: &&Attempt| {
            live.method == method
                && live.channel == channel
                && live.terms.return_url == terms.return_url
                && !matches!(live.state, AttemptState::Unknown(Step::Close))
        };
        if let Some(live) = self.live_attempt().filter(same) {
            return Ok(Start::Live(live.id));
        }
        self.require_time(ids.at(), SHORTEST_PAYMENT_MS)?;
        self.require_no_live_attempt()?;
        let attempt = self.new_attempt(method, channel, terms, ids);
        let id = attempt.id;
        let mut draft = Draft::of(self.clone(), ids);
        draft.start(attempt)?;
        Ok(Start::New(Box::new(draft.decision), id))
    }

    /// Pays from the wallet of `user`: attempt, sale and access in one decision. The balance is a guard of
    /// the batch that commits it.
    ///
    /// # Errors
    /// As [`Order::start_payment`].
    pub fn pay_by_wallet(
        &self,
        user: &UserId,
        owned: &[ProductId],
        ids: &mut IdSource,
    ) -> Result<Decision, Refusal> {
        self.require_payable(owned, ids.at())?;
        self.require_no_live_attempt()?;
        let terms = Terms { subject: self.subject(), ..Terms::default() };
        let attempt = self.new_attempt(Method::Wallet, Channel::Balance, terms, ids);
        let id = attempt.id;
        let mut draft = Draft::of(self.clone(), ids);
        draft.start(attempt)?;
        draft.settle_from_wallet(id, user, ids)?;
        Ok(draft.decision)
    }

    /// Takes in what a gateway said about an attempt. What is known already, or would go backwards, is a
    /// decision without events.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`] for an attempt of another order.
    pub fn report(
        &self,
        attempt: AttemptId,
        report: Report,
        owned: &[ProductId],
        ids: &mut IdSource,
    ) -> Result<Decision, Refusal> {
        let state = &self.attempt(attempt)?.state;
        let mut draft = Draft::of(self.clone(), ids);
        match (report, state) {
            (Report::Waiting | Report::Processing | Report::Closed, AttemptState::Paid(_))
                if planted::has(Bug::OlderOverwritesNewer) =>
            {
                draft.change(attempt, AttemptState::Processing)?;
                draft.record(Event::AttemptProcessing { attempt })?;
            }
            // Left by nothing.
            (_, AttemptState::Paid(_)) => {}
            (Report::Paid { .. }, AttemptState::Closed) if planted::has(Bug::LateSuccessDropped) => {}
            (Report::Paid { gateway_no, at }, _) => {
                draft.receive(attempt, gateway_no, at, owned, ids)?;
            }
            (
                Report::Accepted { action, gateway_ref },
                AttemptState::Created | AttemptState::Unknown(Step::Create),
            ) => {
                let changed = draft.change(attempt, AttemptState::Pending)?;
                changed.action = Some(action.clone());
                changed.gateway_ref.clone_from(&gateway_ref);
                draft.record(Event::AttemptPending { attempt, action: Some(action), gateway_ref })?;
            }
            (Report::Refused(reason), AttemptState::Created | AttemptState::Unknown(Step::Create)) => {
                let changed = draft.change(attempt, AttemptState::Failed { reason: reason.clone() })?;
                changed.failure = Some(failure::of_refusal(&reason));
                draft.record(Event::AttemptFailed { attempt, reason })?;
            }
            (Report::Unanswered(Step::Create), AttemptState::Created) => {
                draft.change(attempt, AttemptState::Unknown(Step::Create))?;
                draft.record(Event::AttemptUnknown { attempt, step: Step::Create })?;
            }
            (
                Report::Unanswered(Step::Close),
                AttemptState::Created | AttemptState::Pending | AttemptState::Unknown(Step::Create),
            ) => {
                draft.change(attempt, AttemptState::Unknown(Step::Close))?;
                draft.record(Event::AttemptUnknown { attempt, step: Step::Close })?;
            }
            (Report::Waiting, AttemptState::Unknown(Step::Close)) => {
                draft.change(attempt, AttemptState::Pending)?;
                draft.record(Event::AttemptPending { attempt, action: None, gateway_ref: None })?;
            }
            (
                Report::Processing,
                AttemptState::Created | AttemptState::Pending | AttemptState::Unknown(_),
            ) => {
                draft.change(attempt, AttemptState::Processing)?;
                draft.record(Event::AttemptProcessing { attempt })?;
            }
            (
                Report::Closed,
                AttemptState::Created
                | AttemptState::Pending
                | AttemptState::Processing
                | AttemptState::Unknown(_),
            ) => {
                let at = draft.decision.at;
                let changed = draft.change(attempt, AttemptState::Closed)?;
                let in_time = at < changed.expires_at;
                let ended = if in_time { FailureReason::Cancelled } else { FailureReason::TimedOut };
                changed.failure = changed.failure.or(Some(ended));
                draft.record(Event::AttemptClosed { attempt })?;
            }
            (
                Report::Declined(code),
                AttemptState::Created
                | AttemptState::Pending
                | AttemptState::Processing
                | AttemptState::Unknown(_)
                | AttemptState::Closed,
            ) => {
                draft.decline(attempt, code)?;
                // It can be tried again, so it was not closed.
                if *state == AttemptState::Unknown(Step::Close) {
                    draft.change(attempt, AttemptState::Pending)?;
                    draft.record(Event::AttemptPending { attempt, action: None, gateway_ref: None })?;
                }
            }
            // Known already, or would go backwards.
            (
                Report::Accepted { .. },
                AttemptState::Pending
                | AttemptState::Processing
                | AttemptState::Unknown(Step::Close)
                | AttemptState::Closed
                | AttemptState::Failed { .. },
            )
            | (
                Report::Refused(_) | Report::Unanswered(Step::Create),
                AttemptState::Pending
                | AttemptState::Processing
                | AttemptState::Unknown(_)
                | AttemptState::Closed
                | AttemptState::Failed { .. },
            )
            | (
                Report::Unanswered(Step::Close),
                AttemptState::Processing
                | AttemptState::Unknown(Step::Close)
                | AttemptState::Closed
                | AttemptState::Failed { .. },
            )
            | (
                Report::Waiting,
                AttemptState::Created
                | AttemptState::Pending
                | AttemptState::Processing
                | AttemptState::Unknown(Step::Create)
                | AttemptState::Closed
                | AttemptState::Failed { .. },
            )
            | (
                Report::Processing,
                AttemptState::Processing | AttemptState::Closed | AttemptState::Failed { .. },
            )
            | (Report::Closed, AttemptState::Closed | AttemptState::Failed { .. })
            | (Report::Declined(_), AttemptState::Failed { .. }) => {}
        }
        Ok(draft.decision)
    }

    /// Ends the order unpaid.
    ///
    /// # Errors
    /// [`Refusal`] when it is not open, not due yet, or an attempt could still be paid. Past its deadline by
    /// [`UNKNOWN_PATIENCE_MS`] it expires even so: money that still comes is surplus or settles late.
    pub fn end(&self, ending: Ending, ids: &mut IdSource) -> Result<Decision, Refusal> {
        let is_overlooked = planted::has(Bug::ExpiredWhilePaid)
            && matches!((self.state, ending), (OrderState::Paid { .. }, Ending::Expire));
        if !is_overlooked {
            self.require_awaiting()?;
        }
        let now = ids.at();
        if ending == Ending::Expire && now < self.expires_at {
            return Err(Refusal::TooEarly { expires_at_ms: self.expires_at.ms() });
        }
        let out_of_patience =
            ending == Ending::Expire && now.ms_since(self.expires_at) >= UNKNOWN_PATIENCE_MS;
        if let Some(live) = self.live_attempt().filter(|_| !out_of_patience) {
            return Err(Refusal::AttemptLive(live.id));
        }
        let mut draft = Draft::of(self.clone(), ids);
        let (state, event) = match ending {
            Ending::Expire => (OrderState::Expired, Event::OrderExpired),
            Ending::Cancel => (OrderState::Cancelled, Event::OrderCancelled),
        };
        draft.decision.order.state = state;
        draft.record(event)?;
        Ok(draft.decision)
    }

    /// The attempt with this id.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`] when it is not one of this order.
    pub fn attempt(&self, id: AttemptId) -> Result<&Attempt, Refusal> {
        self.attempts.iter().find(|attempt| attempt.id == id).ok_or(Refusal::AttemptUnknown(id))
    }

    /// The attempt that could still be paid, if any; the newest where there are several.
    #[must_use]
    pub fn live_attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.state.is_live())
    }

    /// What the learner reads at the gateway: the first title, and that there is more.
    #[must_use]
    pub fn subject(&self) -> String {
        let first = self.lines.first().map_or("", |line| line.title.as_str());
        match self.lines.len() {
            0 | 1 => first.to_owned(),
            n => format!("{first} +{}", n.saturating_sub(1)),
        }
    }

    /// The products in it.
    #[must_use]
    pub fn products(&self) -> Vec<ProductId> {
        self.lines.iter().map(|line| line.product.clone()).collect()
    }

    fn new_attempt(&self, method: Method, channel: Channel, terms: Terms, ids: &mut IdSource) -> Attempt {
        Attempt {
            id: ids.fresh_for(self.buyer),
            method,
            channel,
            amount: self.total,
            terms,
            created_at: ids.at(),
            expires_at: self.expires_at,
            state: AttemptState::Created,
            action: None,
            gateway_ref: None,
            failure: None,
        }
    }

    /// Whether it waits for money, its deadline is ahead, and nothing of it is in `owned`.
    ///
    /// # Errors
    /// [`Refusal::NotAwaiting`], [`Refusal::TooLate`], [`Refusal::AlreadyOwned`].
    pub fn require_payable(&self, owned: &[ProductId], now: Timestamp) -> Result<(), Refusal> {
        self.require_awaiting()?;
        self.require_time(now, 0)?;
        self.require_unowned(owned)
    }

    fn require_awaiting(&self) -> Result<(), Refusal> {
        match self.state {
            OrderState::AwaitingPayment => Ok(()),
            OrderState::Paid { .. } | OrderState::Expired | OrderState::Cancelled => {
                Err(Refusal::NotAwaiting(self.state.status()))
            }
        }
    }

    /// The deadline must be ahead, by `at_least_ms` or more.
    fn require_time(&self, now: Timestamp, at_least_ms: i64) -> Result<(), Refusal> {
        let left_ms = self.expires_at.ms_since(now);
        if left_ms <= 0 || left_ms < at_least_ms {
            return Err(Refusal::TooLate { expires_at_ms: self.expires_at.ms() });
        }
        Ok(())
    }

    /// Comes last: closing an attempt for a payment that is then refused would take away a way to pay.
    fn require_no_live_attempt(&self) -> Result<(), Refusal> {
        match self.live_attempt() {
            Some(live) => Err(Refusal::AttemptLive(live.id)),
            None => Ok(()),
        }
    }

    fn require_unowned(&self, owned: &[ProductId]) -> Result<(), Refusal> {
        match self.lines.iter().find(|line| owned.contains(&line.product)) {
            Some(line) => Err(Refusal::AlreadyOwned { product: line.product.clone() }),
            None => Ok(()),
        }
    }
}
