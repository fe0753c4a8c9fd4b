//! What follows from the order: creating it, taking it up again, and reading how it stands? (Paying it:
//! `payment.rs`.)
//!
//! Answers may arrive late and out of order. Three guards keep an old one from undoing a newer fact: an
//! answer about another order is dropped, a settled order stays settled, and an attempt older than the one
//! at hand (ids are ULIDs, they sort by time) says nothing about it.

use coursepay_core::api::{Action, AttemptStatus, OrderStatus, OrderView, RefundStatus};

use super::{Effect, Event, Failure, HeldOrder, Notice, Phase, Reason, Record, SavedOrder, State};
use crate::pace::{MAX_TRIES, retry_delay_ms};

impl State {
    /// Pays with the chosen method: the open order if there is one, else a new one.
    pub(super) fn pay(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(choice) = self.chosen() else {
            self.phase = Phase::Choosing { notice: Some(Notice::MethodUnavailable) };
            return;
        };
        if self.open_order().is_some_and(|held| now_ms < held.view.expires_at_ms) {
            self.begin(choice, now_ms, effects);
            return;
        }
        self.release(effects);
        if let Some(price) = self.price() {
            let expected_total_minor = price.minor();
            self.phase = Phase::Creating { choice, expected_total_minor, tries: 0 };
            effects.push(Effect::CreateOrder { expected_total_minor });
        } else {
            self.phase = Phase::Loading { tries: 0 };
            effects.push(Effect::LoadProduct);
        }
    }

    /// Pays again after a failure or an expiry; asks first where that would cost another price than shown.
    pub(super) fn pay_anew(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let shown = self.price();
        if self.open_order().is_none_or(|held| held.view.expires_at_ms <= now_ms) {
            self.release(effects);
        }
        match (shown, self.price()) {
            (Some(was), Some(now)) if was != now => {
                self.phase =
                    Phase::Choosing { notice: Some(Notice::PriceChanged { was_minor: was.minor() }) };
            }
            _ => self.pay(now_ms, effects),
        }
    }

    pub(super) fn order_created(
        &mut self,
        answer: Result<OrderView, Failure>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Creating { choice, expected_total_minor, tries } = self.phase else { return };
        match answer {
            Ok(view) => {
                self.hold(view, effects);
                let was_minor = expected_total_minor;
                if self.open_order().is_none() {
                    self.phase = Phase::Confirming { claimed: false };
                    self.follow(now_ms, effects);
                } else if self.price().is_none_or(|price| price.minor() != was_minor) {
                    // An order found open may still carry an older price: never charge what was not shown.
                    self.phase = Phase::Choosing { notice: Some(Notice::PriceChanged { was_minor }) };
                } else if self.offers().iter().any(|o| o.choice == choice && o.blocked.is_none()) {
                    self.begin(choice, now_ms, effects);
                } else {
                    self.phase = Phase::Choosing { notice: Some(Notice::MethodUnavailable) };
                }
            }
            Err(failure) if failure.is_transient() && tries < MAX_TRIES => {
                let tries = tries.saturating_add(1);
                self.phase = Phase::Creating { choice, expected_total_minor, tries };
                effects.push(Effect::RetryAfter { delay_ms: retry_delay_ms(tries) });
            }
            Err(failure) if failure.is("price_changed") => {
                self.phase = Phase::Repricing { was_minor: expected_total_minor, tries: 0 };
                effects.push(Effect::LoadProduct);
            }
            Err(failure) => self.refused(failure, effects),
        }
    }

    pub(super) fn refused(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        if failure.is("already_owned") {
            effects.push(Effect::Tell(Event::Error { code: failure.code().to_owned() }));
            self.phase = Phase::AlreadyOwned;
        } else {
            self.fail(Reason::Server(failure), effects);
        }
    }

    pub(super) fn order_read(
        &mut self,
        answer: Result<OrderView, Failure>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let waiting = matches!(self.phase, Phase::Loading { .. } | Phase::Unavailable { .. });
        match (answer, self.saved.take()) {
            (Ok(view), Some(saved)) if waiting => self.restore(view, saved, now_ms, effects),
            (Err(failure), Some(saved)) if waiting && failure.is_transient() => {
                self.saved = Some(saved);
                self.unavailable(failure, effects);
            }
            (Err(_), Some(_)) if waiting => {
                effects.push(Effect::Forget);
                self.choose_if_ready();
            }
            (Ok(view), _) => self.learn(view, now_ms, effects),
            // Asked too often is an answer, too.
            (Err(failure), _) => self.offline = failure.is_transient() && !failure.has_status(429),
        }
    }

    /// Takes up an order that this tab remembers.
    fn restore(&mut self, view: OrderView, memory: SavedOrder, now_ms: i64, effects: &mut Vec<Effect>) {
        let over = matches!(view.status, OrderStatus::Expired | OrderStatus::Cancelled);
        let came_to_nothing = over && !memory.at_gateway && view.surplus.is_empty();
        if view.refund_status == RefundStatus::Full || came_to_nothing {
            effects.push(Effect::Forget);
            self.choose_if_ready();
            return;
        }
        let (status, at_gateway) = (view.status, memory.at_gateway);
        let action = view
            .attempt
            .as_ref()
            .filter(|attempt| attempt.status == AttemptStatus::Pending)
            .map(|attempt| attempt.action.clone());
        effects.push(Effect::Tell(Event::Order { order_id: view.id.clone() }));
        let processing =
            view.attempt.as_ref().is_some_and(|attempt| attempt.status == AttemptStatus::Processing);
        self.order = Some(HeldOrder { view, memory });
        match (status, action) {
            (OrderStatus::AwaitingPayment, _) if self.login.is_some() => {
                self.go_on_after_login(now_ms, effects)
            }
            (OrderStatus::AwaitingPayment, Some(action @ Action::QrCode { .. })) => {
                self.act(action, now_ms, effects);
            }
            (OrderStatus::AwaitingPayment, _) if !at_gateway && !processing => {
                self.phase = Phase::Choosing { notice: None };
            }
            _ => {
                self.phase = Phase::Confirming { claimed: at_gateway };
                self.login = None;
                self.follow(now_ms, effects);
                if matches!(self.phase, Phase::Confirming { .. }) {
                    self.ask_gateway(effects);
                }
            }
        }
    }

    fn learn(&mut self, view: OrderView, now_ms: i64, effects: &mut Vec<Effect>) {
        self.offline = false;
        let Some(held) = &mut self.order else { return };
        let settled = held.view.status == OrderStatus::Paid && view.refund_status != RefundStatus::Full;
        if held.view.id != view.id || settled {
            if held.view.id == view.id && view.status == OrderStatus::Paid {
                held.view.surplus = view.surplus;
            }
            return;
        }
        let open = view.status == OrderStatus::AwaitingPayment;
        let attempt_id = |view: &OrderView| view.attempt.as_ref().map(|attempt| attempt.id.clone());
        let stale = attempt_id(&view) < attempt_id(&held.view);
        let busy = matches!(self.phase, Phase::Starting { .. } | Phase::Creating { .. });
        let over = held.view.status != OrderStatus::AwaitingPayment;
        if (open && (stale || over)) || (busy && view.status != OrderStatus::Paid) {
            return;
        }
        let other = attempt_id(&held.view).is_some_and(|shown| Some(shown) != attempt_id(&view));
        held.view = view;
        if other && self.shows_what_is_void() {
            self.phase = Phase::Choosing { notice: Some(Notice::ChosenElsewhere) };
        }
        self.follow(now_ms, effects);
        self.tell_decline(effects);
    }

    /// The gateway was asked, and a try to pay there was turned down: the learner is back and should know why.
    fn tell_decline(&mut self, effects: &mut Vec<Effect>) {
        let waits = matches!(self.phase, Phase::Confirming { claimed: true });
        let declined = self.attempt().filter(|attempt| waits && attempt.status == AttemptStatus::Pending);
        if let Some(reason) = declined.and_then(|attempt| attempt.failure) {
            self.fail(Reason::Payment(reason), effects);
        }
    }

    /// Whether the screen leads to a payment that is no longer the one of the order: another tab has begun another,
    /// and it is not one that can be shown in its place without asking.
    fn shows_what_is_void(&self) -> bool {
        let Some(attempt) = self.attempt() else { return false };
        let begun = matches!(
            attempt.status,
            AttemptStatus::Created | AttemptStatus::Unknown | AttemptStatus::Pending
        );
        match self.phase {
            Phase::Scanning { .. } => begun && !matches!(attempt.action, Action::QrCode { .. }),
            Phase::Redirecting { .. } => begun,
            _ => false,
        }
    }

    /// Brings the phase in line with the order at hand.
    fn follow(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(held) = &mut self.order else { return };
        let waiting = matches!(
            self.phase,
            Phase::Scanning { .. } | Phase::Redirecting { .. } | Phase::InWechat | Phase::Confirming { .. }
        );
        match (held.view.status, held.view.attempt.clone()) {
            (OrderStatus::Paid, _) if held.view.refund_status == RefundStatus::Full => {
                self.release(effects);
                self.phase = Phase::Choosing { notice: Some(Notice::Refunded) };
                effects.extend(self.product.is_none().then_some(Effect::LoadProduct));
            }
            (OrderStatus::Paid, _) => {
                self.phase = Phase::Paid;
                if !held.memory.told_paid {
                    held.memory.told_paid = true;
                    effects.push(Effect::Save(held.memory.clone()));
                    effects.push(Effect::Tell(Event::Paid { order_id: held.view.id.clone() }));
                }
            }
            (OrderStatus::Expired | OrderStatus::Cancelled, _) => match self.phase {
                Phase::Choosing { .. } => self.release(effects),
                _ => self.phase = Phase::Expired,
            },
            (OrderStatus::AwaitingPayment, _) if !waiting => {}
            (OrderStatus::AwaitingPayment, None) => self.phase = Phase::Choosing { notice: None },
            (OrderStatus::AwaitingPayment, Some(attempt)) => match attempt.status {
                AttemptStatus::Failed => self.fail(Reason::of(attempt.failure, Reason::Declined), effects),
                AttemptStatus::Closed => self.fail(Reason::of(attempt.failure, Reason::Closed), effects),
                AttemptStatus::Paid | AttemptStatus::Processing => {
                    self.phase = Phase::Confirming { claimed: true };
                }
                AttemptStatus::Created | AttemptStatus::Unknown => {}
                AttemptStatus::Pending => match (&self.phase, &attempt.action) {
                    (Phase::Scanning { .. }, Action::QrCode { .. })
                    | (
                        Phase::Confirming { claimed: false },
                        Action::QrCode { .. } | Action::Redirect { .. } | Action::Jsapi { .. },
                    ) => {
                        self.act(attempt.action, now_ms, effects);
                    }
                    _ => {}
                },
            },
        }
    }

    pub(super) fn change_method(&mut self, effects: &mut Vec<Effect>) {
        let may = matches!(
            self.phase,
            Phase::Scanning { .. }
                | Phase::Redirecting { .. }
                | Phase::InWechat
                | Phase::Confirming { .. }
                | Phase::Failed { .. }
                | Phase::Expired
        );
        if !may {
            return;
        }
        if self.open_order().is_none() {
            self.release(effects);
        }
        self.phase = Phase::Choosing { notice: None };
    }

    pub(super) fn deadline_passed(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Scanning { expires_at_ms, .. } if expires_at_ms <= now_ms) {
            self.phase = Phase::Expired;
            // Money may have arrived in the last second.
            self.ask_gateway(effects);
        }
    }

    pub(super) fn read(&self, effects: &mut Vec<Effect>) {
        if let Some(held) = &self.order {
            effects.push(Effect::ReadOrder(held.memory.key()));
        }
    }

    pub(super) fn ask_gateway(&self, effects: &mut Vec<Effect>) {
        if let Some(held) = &self.order {
            effects.push(Effect::CheckOrder(held.memory.key()));
        }
    }

    fn hold(&mut self, mut view: OrderView, effects: &mut Vec<Effect>) {
        let memory = SavedOrder {
            id: view.id.clone(),
            token: view.order_token.take(),
            owner: self.learner.user().map(str::to_owned),
            at_gateway: false,
            logging_in: false,
            told_paid: false,
        };
        effects.push(Effect::Save(memory.clone()));
        effects.push(Effect::Tell(Event::Order { order_id: view.id.clone() }));
        self.order = Some(HeldOrder { view, memory });
    }

    /// Lets go of the order at hand, if there is one.
    pub(super) fn release(&mut self, effects: &mut Vec<Effect>) {
        self.record = Record::Unverified;
        if self.order.take().is_some() {
            effects.push(Effect::Forget);
        }
    }
}
