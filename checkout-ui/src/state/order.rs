//! What follows from the order: creating it, starting its payment, and reading how it stands?
//!
//! Answers may arrive late and out of order. Three guards keep an old one from undoing a newer fact: an
//! answer about another order is dropped, a settled order stays settled, and an attempt older than the one
//! at hand (ids are ULIDs, they sort by time) says nothing about it.

use coursepay_core::api::{Action, AttemptStatus, AttemptView, OrderStatus, OrderView, RefundStatus};

use super::{
    Choice, Effect, Event, Failure, HeldOrder, Learner, Notice, Phase, Reason, SavedOrder, State, Wallet,
};
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

    /// Starts paying the open order, or shows again what is already under way in just this way.
    fn begin(&mut self, choice: Choice, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(held) = self.open_order() else { return };
        let order = held.memory.key();
        let under_way = held.view.attempt.as_ref().filter(|attempt| {
            attempt.status == AttemptStatus::Pending
                && (attempt.method, attempt.channel) == (choice.method, choice.channel)
                && match &attempt.action {
                    Action::QrCode { expires_at_ms, .. } => now_ms < *expires_at_ms,
                    Action::Redirect { .. } => true,
                    Action::Jsapi { .. } | Action::None => false,
                }
        });
        if let Some(action) = under_way.map(|attempt| attempt.action.clone()) {
            self.act(action, now_ms, effects);
        } else {
            self.phase = Phase::Starting { choice, tries: 0 };
            effects.push(Effect::StartPayment { order, choice });
        }
    }

    pub(super) fn payment_started(
        &mut self,
        answer: Result<AttemptView, Failure>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Starting { choice, tries } = self.phase else { return };
        match answer {
            Ok(attempt) => {
                let (status, action) = (attempt.status, attempt.action.clone());
                if let Some(held) = &mut self.order {
                    held.view.attempt = Some(attempt);
                }
                match status {
                    AttemptStatus::Failed => self.fail(Reason::Declined, effects),
                    AttemptStatus::Closed => self.fail(Reason::Closed, effects),
                    AttemptStatus::Paid | AttemptStatus::Processing => {
                        self.act(Action::None, now_ms, effects);
                    }
                    AttemptStatus::Created | AttemptStatus::Pending | AttemptStatus::Unknown => {
                        self.act(action, now_ms, effects);
                    }
                }
            }
            Err(failure) if failure.is("insufficient_funds") => {
                if let Learner::SignedIn { user, wallet } = &mut self.learner {
                    *wallet = Wallet::Short;
                    effects.push(Effect::ReadWallet { user: user.clone() });
                }
                self.phase = Phase::Choosing { notice: Some(Notice::InsufficientFunds) };
            }
            Err(failure) if is_switched_off(&failure) => {
                self.switched_off.push(choice.method);
                self.phase = Phase::Choosing { notice: Some(Notice::MethodUnavailable) };
            }
            Err(failure) if failure.is_transient() && tries < MAX_TRIES => {
                let tries = tries.saturating_add(1);
                self.phase = Phase::Starting { choice, tries };
                effects.push(Effect::RetryAfter { delay_ms: retry_delay_ms(tries) });
            }
            Err(failure) if failure.is("order_paid") => {
                self.phase = Phase::Confirming { claimed: true };
                self.read(effects);
            }
            Err(failure) if failure.is("order_expired") || failure.is("order_cancelled") => {
                if let Some(held) = &mut self.order {
                    held.view.status = OrderStatus::Expired;
                }
                self.phase = Phase::Expired;
                // Money that came in late still has the last word.
                self.read(effects);
            }
            Err(failure) => self.refused(failure, effects),
        }
    }

    fn refused(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        if failure.is("already_owned") {
            effects.push(Effect::Tell(Event::Error { code: failure.code().to_owned() }));
            self.phase = Phase::AlreadyOwned;
        } else {
            self.fail(Reason::Server(failure), effects);
        }
    }

    /// Does what the attempt asks the page to do.
    fn act(&mut self, action: Action, now_ms: i64, effects: &mut Vec<Effect>) {
        match action {
            Action::QrCode { expires_at_ms, .. } if expires_at_ms <= now_ms => self.phase = Phase::Expired,
            Action::QrCode { content, expires_at_ms } => {
                self.phase = Phase::Scanning { content, expires_at_ms };
            }
            Action::Redirect { url } if is_web_address(&url) => {
                if let Some(held) = &mut self.order {
                    held.memory.at_gateway = true;
                    effects.push(Effect::Save(held.memory.clone()));
                }
                effects.push(Effect::GoTo { url: url.clone() });
                self.phase = Phase::Redirecting { url };
            }
            // The second is for a way to pay that this page never asks for.
            Action::Redirect { .. } | Action::Jsapi { .. } => {
                self.fail(Reason::Server(Failure::Unreadable), effects);
            }
            Action::None => {
                self.phase = Phase::Confirming { claimed: false };
                self.read(effects);
            }
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
        if view.refund_status == RefundStatus::Full || (over && !memory.at_gateway) {
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
        self.order = Some(HeldOrder { view, memory });
        match (status, action) {
            (OrderStatus::AwaitingPayment, Some(action @ Action::QrCode { .. })) => {
                self.act(action, now_ms, effects);
            }
            (OrderStatus::AwaitingPayment, _) if !at_gateway => {
                self.phase = Phase::Choosing { notice: None };
            }
            _ => {
                self.phase = Phase::Confirming { claimed: at_gateway };
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
        if held.view.id != view.id || held.view.status == OrderStatus::Paid {
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
        held.view = view;
        self.follow(now_ms, effects);
    }

    /// Brings the phase in line with the order at hand.
    fn follow(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(held) = &mut self.order else { return };
        let waiting = matches!(
            self.phase,
            Phase::Scanning { .. } | Phase::Redirecting { .. } | Phase::Confirming { .. }
        );
        match (held.view.status, held.view.attempt.clone()) {
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
                AttemptStatus::Failed => self.fail(Reason::Declined, effects),
                AttemptStatus::Closed => self.fail(Reason::Closed, effects),
                AttemptStatus::Paid | AttemptStatus::Processing => {
                    self.phase = Phase::Confirming { claimed: true };
                }
                AttemptStatus::Created | AttemptStatus::Unknown => {}
                AttemptStatus::Pending => match (&self.phase, &attempt.action) {
                    (Phase::Scanning { .. }, Action::QrCode { .. })
                    | (
                        Phase::Confirming { claimed: false },
                        Action::QrCode { .. } | Action::Redirect { .. },
                    ) => {
                        self.act(attempt.action, now_ms, effects);
                    }
                    _ => {}
                },
            },
        }
    }

    pub(super) fn claim(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Scanning { .. } | Phase::Redirecting { .. }) {
            self.phase = Phase::Confirming { claimed: true };
            self.ask_gateway(effects);
        }
    }

    pub(super) fn show_again(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let attempt = self.open_order().and_then(|held| held.view.attempt.as_ref());
        if !matches!(self.phase, Phase::Confirming { .. }) {
            return;
        }
        match attempt.map(|attempt| attempt.action.clone()) {
            Some(action @ Action::QrCode { .. }) => self.act(action, now_ms, effects),
            // Shown as a link: the learner decides whether to leave the page once more.
            Some(Action::Redirect { url }) if is_web_address(&url) => self.phase = Phase::Redirecting { url },
            _ => {}
        }
    }

    pub(super) fn change_method(&mut self, effects: &mut Vec<Effect>) {
        let may = matches!(
            self.phase,
            Phase::Scanning { .. }
                | Phase::Redirecting { .. }
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

    fn read(&self, effects: &mut Vec<Effect>) {
        if let Some(held) = &self.order {
            effects.push(Effect::ReadOrder(held.memory.key()));
        }
    }

    fn ask_gateway(&self, effects: &mut Vec<Effect>) {
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
            told_paid: false,
        };
        effects.push(Effect::Save(memory.clone()));
        effects.push(Effect::Tell(Event::Order { order_id: view.id.clone() }));
        self.order = Some(HeldOrder { view, memory });
    }

    /// Lets go of the order at hand, if there is one.
    pub(super) fn release(&mut self, effects: &mut Vec<Effect>) {
        if self.order.take().is_some() {
            effects.push(Effect::Forget);
        }
    }
}

/// Only pages are gone to: a `javascript:` address from a broken answer must not run here.
fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Whether the server says that this way to pay cannot be had at all, not just now.
fn is_switched_off(failure: &Failure) -> bool {
    ["gateway_off", "method_not_available", "wallet_not_allowed"].iter().any(|code| failure.is(code))
}
