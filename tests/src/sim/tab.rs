//! What does a tab of the checkout do? (the widget's own pure reducer, its effects carried out on the app)

use std::collections::VecDeque;

use coursepay_checkout::intent::{Intent, is_answer};
use coursepay_checkout::state::{
    Effect, Event, Failure, Learner, Msg, Phase, SavedOrder, State, Wallet, reduce,
};
use coursepay_core::api::{CreateLine, CreateOrder, StartPayment};
use coursepay_core::device::Device;
use coursepay_core::method::Channel;
use serde::de::DeserializeOwned;

use crate::actors::shopper::Shopper;
use crate::message::{Ask, fresh_key};
use crate::native::app::NativeApp;
use crate::native::faults::Fault;
use crate::setup::SCHOOL_ORIGIN;
use crate::sim::cast::{code, place, unless_struck};
use crate::sim::plan::Act;
use crate::target::Target as _;

/// One tab, with what it keeps across a reload.
pub(super) struct Tab {
    learner: &'static str,
    course: &'static str,
    state: Option<State>,
    saved: Option<SavedOrder>,
    /// What was asked for and not answered yet: the order, and the payment.
    intents: [Option<Intent>; 2],
    waits_to_retry: bool,
    told_paid: Vec<String>,
}

impl Tab {
    /// A tab that was not opened yet, of a learner at the page of a course.
    pub(super) fn closed(learner: &'static str, course: &'static str) -> Self {
        Self {
            learner,
            course,
            state: None,
            saved: None,
            intents: [None, None],
            waits_to_retry: false,
            told_paid: Vec::new(),
        }
    }

    /// Somebody does something in it; gives what it shows then.
    pub(super) async fn acts(&mut self, app: &NativeApp, act: Act, strike: Option<Fault>) -> String {
        let mut effects = VecDeque::new();
        for msg in self.messages_of(act, &mut effects) {
            self.hears(app, msg, &mut effects);
        }
        let mut strike = strike;
        while let Some(effect) = effects.pop_front() {
            if let Some(msg) = self.carries_out(app, effect, strike.take()).await {
                self.hears(app, msg, &mut effects);
            }
        }
        self.shows_only_what_is(app);
        self.state.as_ref().map_or_else(|| "not open".to_owned(), |state| word(&state.phase))
    }

    fn messages_of(&mut self, act: Act, effects: &mut VecDeque<Effect>) -> Vec<Msg> {
        if matches!(act, Act::Open) {
            let (state, first) = State::start(Device::Desktop, self.saved.clone(), None);
            (self.state, self.waits_to_retry) = (Some(state), false);
            effects.extend(first);
        }
        let Some(state) = &self.state else { return Vec::new() };
        match act {
            Act::Open => Vec::new(),
            Act::Pick(number) => {
                let offers = state.offers();
                let picked = place(number, offers.len()).map(|at| Msg::Pick(offers[at].choice));
                picked.into_iter().collect()
            }
            Act::Pay => vec![Msg::Pay],
            Act::PayTwice => vec![Msg::Pay, Msg::Pay],
            Act::SayPaid => vec![Msg::SaidPaid],
            Act::ShowCode => vec![Msg::ShowCode],
            Act::ChangeMethod => vec![Msg::ChangeMethod],
            Act::TryAgain => vec![Msg::TryAgain],
            Act::Look => vec![Msg::PageShown],
            Act::Tick => {
                let retry = std::mem::take(&mut self.waits_to_retry).then_some(Msg::RetryDue);
                let poll = state.watch().map(|_| Msg::PollDue);
                retry.into_iter().chain(poll).chain([Msg::DeadlinePassed]).collect()
            }
        }
    }

    fn hears(&mut self, app: &NativeApp, msg: Msg, effects: &mut VecDeque<Effect>) {
        if let Some(state) = self.state.take() {
            let (state, more) = reduce(state, msg, app.now_ms());
            self.state = Some(state);
            effects.extend(more);
        }
    }

    async fn carries_out(&mut self, app: &NativeApp, effect: Effect, strike: Option<Fault>) -> Option<Msg> {
        let learner = Shopper::learner(app, self.learner);
        let read = async |ask: Ask| read(unless_struck(app, strike, learner.ask(ask)).await);
        Some(match effect {
            Effect::LoadProduct => {
                Msg::ProductLoaded(parsed(read(Ask::get(format!("/v1/products/{}", self.course))).await))
            }
            Effect::AskLearner => {
                let user = self.learner.to_owned();
                Msg::LearnerKnown(Ok(Learner::SignedIn { user, wallet: Wallet::Unread }))
            }
            Effect::ReadWallet { user } => {
                Msg::WalletRead(parsed(read(Ask::get(format!("/v1/wallets/{user}"))).await))
            }
            Effect::CreateOrder { expected_total_minor } => {
                let lines = vec![CreateLine { product: self.course.to_owned() }];
                let order =
                    CreateOrder { lines, buyer: None, expected_total_minor: Some(expected_total_minor) };
                let ask = self.intends(0, Ask::post("/v1/orders").json(&order), &format!("{order:?}"));
                let answer = read(ask).await;
                self.closes(0, &answer);
                Msg::OrderCreated(parsed(answer))
            }
            Effect::StartPayment { order, choice } => {
                let leaves = matches!(choice.channel, Channel::Redirect | Channel::Mobile);
                let return_url = leaves.then(|| format!("{SCHOOL_ORIGIN}/course"));
                let body = StartPayment { method: choice.method, channel: choice.channel, return_url };
                let ask = Ask::post(format!("/v1/orders/{}/payments", order.id)).json(&body);
                let ask = self.intends(1, ask, &format!("{} {body:?}", order.id));
                let answer = read(ask).await;
                self.closes(1, &answer);
                Msg::PaymentStarted(parsed(answer))
            }
            Effect::ReadOrder(order) => {
                Msg::OrderRead(parsed(read(Ask::get(format!("/v1/orders/{}", order.id))).await))
            }
            Effect::CheckOrder(order) => {
                Msg::OrderRead(parsed(read(Ask::post(format!("/v1/orders/{}/check", order.id))).await))
            }
            Effect::RetryAfter { .. } => {
                self.waits_to_retry = true;
                return None;
            }
            Effect::Save(order) => {
                self.saved = Some(order);
                return None;
            }
            Effect::Forget => {
                self.saved = None;
                return None;
            }
            Effect::Tell(Event::Paid { order_id }) => {
                assert!(!self.told_paid.contains(&order_id), "a page is told once that {order_id} is paid");
                self.told_paid.push(order_id);
                return None;
            }
            // Off to the gateway, whose page somebody else presses the buttons of; no login is offered at a desk.
            Effect::GoTo { .. } | Effect::Tell(_) | Effect::StartLogin(_) | Effect::OpenWechat { .. } => {
                return None;
            }
        })
    }

    fn intends(&mut self, slot: usize, ask: Ask, wish: &str) -> Ask {
        let intent = Intent::resume(self.intents[slot].take(), wish.to_owned(), fresh_key);
        let ask = ask.key(&intent.key);
        self.intents[slot] = Some(intent);
        ask
    }

    fn closes<T>(&mut self, slot: usize, answer: &Result<T, Failure>) {
        if is_answer(answer) {
            self.intents[slot] = None;
        }
    }

    /// No tab says paid of an order that is not.
    fn shows_only_what_is(&self, app: &NativeApp) {
        let Some(state) = self.state.as_ref().filter(|state| state.phase == Phase::Paid) else { return };
        let held = state.order.as_ref().expect("an order that is paid");
        assert_eq!(status_of(app, &held.view.id), "paid", "a tab shows {} paid", held.view.id);
    }

    /// Once everything is over, a tab that is opened anew shows what came of its order.
    pub(super) async fn shows_how_it_ended(&mut self, app: &NativeApp) {
        let saved = self.saved.clone();
        for act in [Act::Open, Act::Tick, Act::Tick, Act::Look] {
            self.acts(app, act, None).await;
        }
        let state = self.state.as_ref().expect("an open tab");
        let over = matches!(
            state.phase,
            Phase::Paid
                | Phase::Choosing { .. }
                | Phase::Expired
                | Phase::AlreadyOwned
                | Phase::Failed { .. }
        );
        assert!(over, "a tab of {} hangs: {:?}", self.learner, state.phase);
        if let Some(saved) = saved.filter(|saved| status_of(app, &saved.id) == "paid") {
            let sql = "SELECT coalesce(sum(r.amount_minor), 0) = o.total_minor AS is_back FROM orders o
                       LEFT JOIN refunds r ON r.order_id = o.id AND r.status = 'succeeded'
                       AND r.purpose ->> '$.purpose' = 'sale' WHERE o.id = ?1 GROUP BY o.id";
            let is_back = &app.world.db.rows(sql, &[saved.id.as_str().into()])[0].0["is_back"];
            let is_paid = state.phase == Phase::Paid;
            assert_eq!(is_paid, is_back == 0, "a tab of {} shows {:?}", saved.id, state.phase);
        }
    }
}

fn status_of(app: &NativeApp, order: &str) -> String {
    let rows = app.world.db.rows("SELECT status FROM orders WHERE id = ?1", &[order.into()]);
    rows[0].0["status"].as_str().expect("a status").to_owned()
}

fn read(answer: Option<crate::message::Answer>) -> Result<String, Failure> {
    let answer = answer.ok_or(Failure::Unreachable)?;
    match answer.status().as_u16() {
        200..300 => Ok(answer.text().to_owned()),
        status => {
            let code = code(&answer);
            assert!(code != "internal", "we are wrong: {}", answer.text());
            Err(Failure::Refused { status, code })
        }
    }
}

fn parsed<T: DeserializeOwned>(answer: Result<String, Failure>) -> Result<T, Failure> {
    serde_json::from_str(&answer?).map_err(|_| Failure::Unreadable)
}

/// A phase in a word.
fn word(phase: &Phase) -> String {
    let text = format!("{phase:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}
