//! Which message leads where?
//!
//! One arm per message; what follows from an order's answer is in `order.rs`. A message that does not fit
//! the phase changes nothing: that is what makes a second click, a late answer and a stale timer harmless.

use coursepay_core::api::{FailureReason, ProductView, WalletView};

use super::{Choice, Effect, Event, Failure, Learner, Msg, Notice, Phase, Reason, State, Wallet, Watch};
use crate::pace::{MAX_TRIES, retry_delay_ms};

/// The state after `msg`, and what the app shall do. `now_ms` is the server's clock as far as it is known.
#[must_use]
pub fn reduce(mut state: State, msg: Msg, now_ms: i64) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    state.apply(msg, now_ms, &mut effects);
    (state, effects)
}

impl State {
    fn apply(&mut self, msg: Msg, now_ms: i64, effects: &mut Vec<Effect>) {
        match msg {
            Msg::ProductLoaded(Ok(product)) => self.product_loaded(product),
            Msg::ProductLoaded(Err(failure)) => self.product_missing(failure, effects),
            Msg::LearnerKnown(Ok(learner)) => self.learner_known(learner, effects),
            Msg::LearnerKnown(Err(failure)) => {
                if matches!(self.phase, Phase::Choosing { .. }) {
                    self.phase = Phase::Loading { tries: 0 };
                }
                self.unavailable(failure, effects);
            }
            Msg::LearnerChanged => {
                self.learner = Learner::Asking;
                effects.push(Effect::AskLearner);
            }
            Msg::WalletRead(answer) => self.wallet_read(answer),
            Msg::Pick(choice) => self.pick(choice),
            Msg::Pay => {
                if self.can_pay() {
                    self.pay(now_ms, effects);
                }
            }
            Msg::OrderCreated(answer) => self.order_created(answer, now_ms, effects),
            Msg::PaymentStarted(answer) => self.payment_started(answer, now_ms, effects),
            Msg::LoginStarted(answer) => self.login_started(answer, effects),
            Msg::BridgeAnswered(answer) => self.bridge_answered(answer, effects),
            Msg::OrderRead(answer) => self.order_read(answer, now_ms, effects),
            Msg::PollDue => self.poll(effects),
            Msg::SaidPaid => self.claim(effects),
            Msg::PageShown => self.page_shown(effects),
            Msg::ShowCode => self.show_again(now_ms, effects),
            Msg::ChangeMethod => self.change_method(effects),
            Msg::TryAgain => self.try_again(now_ms, effects),
            Msg::DeadlinePassed => self.deadline_passed(now_ms, effects),
            Msg::VerifyRecord => self.verify_record(effects),
            Msg::HistoryRead(answer) => self.history_read(answer),
            Msg::RetryDue => self.retry(effects),
        }
    }

    fn product_loaded(&mut self, product: ProductView) {
        self.product = Some(product);
        if let Phase::Repricing { was_minor, .. } = self.phase {
            self.phase = Phase::Choosing { notice: Some(Notice::PriceChanged { was_minor }) };
        }
        self.choose_if_ready();
    }

    fn product_missing(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        if let Phase::Repricing { was_minor, tries } = self.phase
            && failure.is_transient()
            && tries < MAX_TRIES
        {
            let tries = tries.saturating_add(1);
            self.phase = Phase::Repricing { was_minor, tries };
            effects.push(Effect::RetryAfter { delay_ms: retry_delay_ms(tries) });
            return;
        }
        self.unavailable(failure, effects);
    }

    fn learner_known(&mut self, learner: Learner, effects: &mut Vec<Effect>) {
        self.learner = learner;
        if let Learner::SignedIn { user, wallet: Wallet::Unread } = &self.learner {
            effects.push(Effect::ReadWallet { user: user.clone() });
        }
        let same = |owner: &Option<String>, learner: &Learner| owner.as_deref() == learner.user();
        if let Some(saved) = &self.saved {
            // Another learner in the same tab must neither see nor pay the last one's order.
            if same(&saved.owner, &self.learner) {
                effects.push(Effect::ReadOrder(saved.key()));
            } else {
                self.saved = None;
                effects.push(Effect::Forget);
            }
        } else if self.order.as_ref().is_some_and(|held| !same(&held.memory.owner, &self.learner)) {
            self.release(effects);
            self.phase = Phase::Choosing { notice: None };
        } else if self.phase == Phase::AlreadyOwned {
            self.phase = Phase::Choosing { notice: None };
        }
        self.choose_if_ready();
    }

    fn wallet_read(&mut self, answer: Result<WalletView, Failure>) {
        let Learner::SignedIn { wallet, .. } = &mut self.learner else { return };
        match answer {
            Ok(view) => *wallet = Wallet::Holds(view),
            Err(failure) if failure.has_status(404) => *wallet = Wallet::Absent,
            // The server decides anyway whether it covers the order.
            Err(_) => {}
        }
    }

    fn pick(&mut self, choice: Choice) {
        let open = self.offers().iter().any(|offer| offer.choice == choice && offer.blocked.is_none());
        if open && matches!(self.phase, Phase::Choosing { .. }) {
            self.picked = Some(choice);
        }
    }

    fn poll(&self, effects: &mut Vec<Effect>) {
        let (Some(watch), Some(held)) = (self.watch(), &self.order) else { return };
        let key = held.memory.key();
        effects.push(match watch {
            Watch::Read | Watch::Return => Effect::ReadOrder(key),
            Watch::Check => Effect::CheckOrder(key),
        });
    }

    fn page_shown(&mut self, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Redirecting { .. } => self.claim(effects),
            // By the back button: the page itself was never left.
            Phase::LoggingIn => self.phase = Phase::Choosing { notice: None },
            // It may have been refunded since.
            Phase::Paid => self.read(effects),
            _ => {}
        }
    }

    fn try_again(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Unavailable { .. } => effects.append(&mut self.missing()),
            Phase::Failed { .. } | Phase::Expired => self.pay_anew(now_ms, effects),
            _ => {}
        }
    }

    fn retry(&self, effects: &mut Vec<Effect>) {
        match &self.phase {
            Phase::Unavailable { .. } => effects.append(&mut self.missing()),
            Phase::Repricing { tries: 1.., .. } => effects.push(Effect::LoadProduct),
            Phase::Creating { tries: 1.., expected_total_minor, .. } => {
                effects.push(Effect::CreateOrder { expected_total_minor: *expected_total_minor });
            }
            Phase::Starting { tries: 1.., choice } => {
                if let Some(held) = &self.order {
                    effects.push(Effect::StartPayment { order: held.memory.key(), choice: *choice });
                }
            }
            _ => {}
        }
    }

    /// What still has to be loaded before the learner can choose.
    fn missing(&self) -> Vec<Effect> {
        let product = self.product.is_none().then_some(Effect::LoadProduct);
        let learner = match (&self.learner, &self.saved) {
            (Learner::Asking, _) => Some(Effect::AskLearner),
            (_, Some(saved)) => Some(Effect::ReadOrder(saved.key())),
            (_, None) => None,
        };
        product.into_iter().chain(learner).collect()
    }

    pub(super) fn choose_if_ready(&mut self) {
        let waiting = matches!(self.phase, Phase::Loading { .. } | Phase::Unavailable { .. });
        let ready = self.product.is_some() && self.learner != Learner::Asking && self.saved.is_none();
        if waiting && ready {
            self.login = None;
            self.phase = Phase::Choosing { notice: None };
        }
    }

    pub(super) fn unavailable(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        let tries = match self.phase {
            Phase::Loading { tries } | Phase::Unavailable { tries, .. } => tries.saturating_add(1),
            Phase::Repricing { .. } => 1,
            _ => return,
        };
        if failure.is_transient() {
            effects.push(Effect::RetryAfter { delay_ms: retry_delay_ms(tries) });
        }
        if tries == 1 {
            effects.push(Effect::Tell(Event::Error { code: failure.code().to_owned() }));
        }
        self.phase = Phase::Unavailable { tries, failure };
    }

    pub(super) fn fail(&mut self, reason: Reason, effects: &mut Vec<Effect>) {
        let code = match &reason {
            Reason::Declined
            | Reason::Payment(
                FailureReason::InsufficientBalance | FailureReason::Declined | FailureReason::Refused,
            ) => "payment_declined",
            Reason::Closed | Reason::Payment(FailureReason::Cancelled | FailureReason::TimedOut) => {
                "payment_closed"
            }
            Reason::Server(failure) => failure.code(),
        };
        effects.push(Effect::Tell(Event::Error { code: code.to_owned() }));
        self.phase = Phase::Failed { reason };
    }
}
