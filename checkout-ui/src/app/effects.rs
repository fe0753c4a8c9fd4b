//! How is each effect carried out, and with whose token?
//!
//! The order token opens its own order and nothing else; creating an order and spending the wallet take the
//! learner's. A learner's token that the server refuses is fetched anew once.

use std::future::Future;
use std::rc::Rc;

use coursepay_core::api::{AttemptView, OrderView, WalletView};
use coursepay_core::method::Method;
use gloo_timers::callback::Timeout;
use yew::Context;

use super::{App, Outside, Signal};
use crate::browser::{self, fresh_key};
use crate::intent::{Intent, is_answer};
use crate::state::{Choice, Effect, Failure, Learner, Msg, OrderKey};
use crate::storage::Wish;

impl App {
    /// Carries out what the reducer wants.
    pub(super) fn run(&mut self, ctx: &Context<Self>, effects: Vec<Effect>) {
        for effect in effects {
            self.run_one(ctx, effect);
        }
    }

    fn run_one(&mut self, ctx: &Context<Self>, effect: Effect) {
        let outside = self.outside.clone();
        match effect {
            Effect::LoadProduct => self.ask(ctx, async move {
                Msg::ProductLoaded(outside.client.product(&outside.product).await)
            }),
            Effect::AskLearner => self.ask(ctx, async move { Msg::LearnerKnown(outside.learner().await) }),
            Effect::ReadWallet { user } => {
                self.ask(ctx, async move { Msg::WalletRead(outside.wallet(&user).await) });
            }
            Effect::CreateOrder { expected_total_minor } => self.ask(ctx, async move {
                Msg::OrderCreated(outside.create_order(expected_total_minor).await)
            }),
            Effect::StartPayment { order, choice } => self.ask(ctx, async move {
                Msg::PaymentStarted(outside.start_payment(&order, choice).await)
            }),
            Effect::ReadOrder(order) => {
                self.ask(ctx, async move { Msg::OrderRead(outside.order(&order, false).await) });
            }
            Effect::CheckOrder(order) => {
                self.ask(ctx, async move { Msg::OrderRead(outside.order(&order, true).await) });
            }
            Effect::RetryAfter { delay_ms } => {
                let link = ctx.link().clone();
                let due = move || link.send_message(Signal::Act(Msg::RetryDue));
                self.retry = Some(Timeout::new(delay_ms, due));
            }
            Effect::GoTo { url } => browser::go_to(&url),
            Effect::Save(order) => outside.memory.set_order(Some(&order)),
            Effect::Forget => outside.memory.set_order(None),
            Effect::Tell(event) => browser::tell(&ctx.props().host, &event),
        }
    }

    fn ask(&self, ctx: &Context<Self>, answer: impl Future<Output = Msg> + 'static) {
        let generation = self.generation;
        ctx.link().send_future(async move { Signal::Answer(generation, answer.await) });
    }
}

impl Outside {
    async fn learner(&self) -> Result<Learner, Failure> {
        Ok(self.tokens.get().await?.map_or(Learner::Visitor, |token| token.learner()))
    }

    /// Asks with the learner's token, and once more with a new one if the server refuses it.
    async fn as_learner<T, F: Future<Output = Result<T, Failure>>>(
        self: &Rc<Self>,
        ask: impl Fn(Rc<Self>, Option<String>) -> F,
    ) -> Result<T, Failure> {
        let token = self.tokens.get().await?.map(|token| token.text);
        let signed_in = token.is_some();
        match ask(self.clone(), token).await {
            Err(failure) if signed_in && failure.has_status(401) => {
                let token = self.tokens.renew().await?.map(|token| token.text);
                ask(self.clone(), token).await
            }
            answer => answer,
        }
    }

    async fn wallet(self: &Rc<Self>, user: &str) -> Result<WalletView, Failure> {
        let user = Rc::<str>::from(user);
        self.as_learner(move |outside, token| {
            let user = user.clone();
            async move { outside.client.wallet(&user, token.as_deref()).await }
        })
        .await
    }

    async fn create_order(self: &Rc<Self>, expected_total_minor: i64) -> Result<OrderView, Failure> {
        let user = self.tokens.get().await?.map_or_else(String::new, |token| token.user);
        let wish = format!("{user} {} {expected_total_minor}", self.product);
        let key = self.intend(Wish::Order, wish);
        let answer = self
            .as_learner(move |outside, token| {
                let key = key.clone();
                async move {
                    let bearer = token.as_deref();
                    outside.client.create_order(&outside.product, expected_total_minor, bearer, &key).await
                }
            })
            .await;
        self.close(Wish::Order, &answer);
        answer
    }

    async fn start_payment(
        self: &Rc<Self>,
        order: &OrderKey,
        choice: Choice,
    ) -> Result<AttemptView, Failure> {
        let (method, channel) = (choice.method.name(), choice.channel.name());
        let wish = format!("{} {method} {channel} {:?}", order.id, browser::page_address());
        let key = self.intend(Wish::Payment, wish);
        let answer = match &order.token {
            Some(token) if choice.method != Method::Wallet => {
                self.client.start_payment(&order.id, choice, Some(token), &key).await
            }
            _ => {
                let order = Rc::<str>::from(order.id.as_str());
                self.as_learner(move |outside, token| {
                    let (order, key) = (order.clone(), key.clone());
                    async move { outside.client.start_payment(&order, choice, token.as_deref(), &key).await }
                })
                .await
            }
        };
        self.close(Wish::Payment, &answer);
        answer
    }

    async fn order(self: &Rc<Self>, order: &OrderKey, check: bool) -> Result<OrderView, Failure> {
        let id = Rc::<str>::from(order.id.as_str());
        let ask = move |outside: Rc<Self>, token: Option<String>| {
            let id = id.clone();
            async move {
                if check {
                    outside.client.check_order(&id, token.as_deref()).await
                } else {
                    outside.client.order(&id, token.as_deref()).await
                }
            }
        };
        match &order.token {
            Some(token) => ask(self.clone(), Some(token.clone())).await,
            None => self.as_learner(ask).await,
        }
    }

    /// The key for this wish, remembered until it is answered.
    fn intend(&self, slot: Wish, wish: String) -> String {
        let intent = Intent::resume(self.memory.intent(slot), wish, fresh_key);
        self.memory.set_intent(slot, Some(&intent));
        intent.key
    }

    fn close<T>(&self, slot: Wish, answer: &Result<T, Failure>) {
        if is_answer(answer) {
            self.memory.set_intent(slot, None);
        }
    }
}
