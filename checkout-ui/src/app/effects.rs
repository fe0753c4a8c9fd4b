//! How is each effect carried out, and with whose token?
//!
//! The order token opens its own order and nothing else; creating an order and spending the wallet take the
//! learner's. A learner's token that the server refuses is fetched anew once.

use std::pin::Pin;
use std::rc::Rc;

use coursepay_core::api::{AttemptView, OrderView, WechatLoginView};
use coursepay_core::method::Method;
use gloo_timers::callback::Timeout;
use yew::Context;

use super::{App, Outside, Signal};
use crate::bridge;
use crate::browser::{self, fresh_key, local_ms, page_address};
use crate::client::Ask;
use crate::intent::{Intent, is_answer};
use crate::json::{self, Read};
use crate::state::{Choice, Effect, Failure, Learner, Msg, OrderKey};
use crate::storage::Wish;

impl App {
    /// Carries out what the reducer wants.
    pub(super) fn run(&mut self, ctx: &Context<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::RetryAfter { delay_ms } => {
                    let link = ctx.link().clone();
                    let due = move || link.send_message(Signal::Act(Msg::RetryDue));
                    self.retry = Some(Timeout::new(delay_ms, due));
                }
                Effect::GoTo { url } => browser::go_to(&url),
                Effect::Save(order) => self.outside.memory.set_order(Some(&order)),
                Effect::Forget => self.outside.memory.set_order(None),
                Effect::Tell(event) => browser::tell(&ctx.props().host, &event),
                effect => self.ask(ctx, effect),
            }
        }
    }

    /// Lets `effect` be answered by a message of this generation.
    fn ask(&self, ctx: &Context<Self>, effect: Effect) {
        let (outside, generation) = (self.outside.clone(), self.generation);
        // Boxed: one state machine for all questions instead of one for each.
        let answer: Pin<Box<dyn Future<Output = Option<Msg>>>> = Box::pin(outside.answer(effect));
        ctx.link().send_future_batch(async move { answer.await.map(|msg| Signal::Answer(generation, msg)) });
    }
}

impl Outside {
    /// The message that answers `effect`, if it is a question.
    async fn answer(self: Rc<Self>, effect: Effect) -> Option<Msg> {
        Some(match effect {
            Effect::LoadProduct => {
                Msg::ProductLoaded(read(self.client.send(&Ask::product(&self.product), None).await))
            }
            Effect::AskLearner => Msg::LearnerKnown(
                self.tokens.get().await.map(|token| token.map_or(Learner::Visitor, |token| token.learner())),
            ),
            Effect::ReadWallet { user } => Msg::WalletRead(read(self.send(&Ask::wallet(&user), None).await)),
            Effect::CreateOrder { expected_total_minor } => {
                Msg::OrderCreated(self.create_order(expected_total_minor).await)
            }
            Effect::StartPayment { order, choice } => {
                Msg::PaymentStarted(self.start_payment(&order, choice).await)
            }
            Effect::StartLogin(order) => Msg::LoginStarted(self.start_login(&order).await),
            Effect::OpenWechat { params } => Msg::BridgeAnswered(bridge::pay(&params).await),
            Effect::ReadOrder(order) => Msg::OrderRead(self.order(&order, false).await),
            Effect::CheckOrder(order) => Msg::OrderRead(self.order(&order, true).await),
            Effect::ReadHistory(order) => {
                Msg::HistoryRead(read(self.send(&Ask::history(&order.id), order.token.as_deref()).await))
            }
            _ => return None,
        })
    }

    /// Asks with the order's token where there is one; else with the learner's, and once more with a new
    /// one if the server refuses it.
    async fn send(&self, ask: &Ask, order_token: Option<&str>) -> Result<String, Failure> {
        if order_token.is_some() {
            return self.client.send(ask, order_token).await;
        }
        let mut token = self.tokens.get().await?;
        let mut renewed = false;
        loop {
            let answer = self.client.send(ask, token.as_ref().map(|token| token.text.as_str())).await;
            match answer {
                Err(failure) if token.is_some() && !renewed && failure.has_status(401) => {
                    token = self.tokens.renew().await?;
                    renewed = true;
                }
                answer => return answer,
            }
        }
    }

    async fn create_order(&self, expected_total_minor: i64) -> Result<OrderView, Failure> {
        let user = self.tokens.get().await?.map_or_else(String::new, |token| token.user);
        let mut ask = Ask::create_order(&self.product, expected_total_minor);
        self.intend(Wish::Order, &user, &mut ask);
        let answer = read(self.send(&ask, None).await);
        self.close(Wish::Order, &answer);
        answer
    }

    async fn start_payment(&self, order: &OrderKey, choice: Choice) -> Result<AttemptView, Failure> {
        let mut ask = Ask::start_payment(&order.id, choice, page_address().as_deref());
        self.intend(Wish::Payment, &order.id, &mut ask);
        let order_token = order.token.as_deref().filter(|_| choice.method != Method::Wallet);
        let answer = read::<AttemptView>(self.send(&ask, order_token).await);
        if let Ok(attempt) = &answer {
            self.clock.made(&attempt.id, local_ms());
        }
        self.close(Wish::Payment, &answer);
        answer
    }

    async fn start_login(&self, order: &OrderKey) -> Result<WechatLoginView, Failure> {
        let ask = Ask::wechat_login(&order.id, &page_address().unwrap_or_default());
        read(self.send(&ask, order.token.as_deref()).await)
    }

    async fn order(&self, order: &OrderKey, check: bool) -> Result<OrderView, Failure> {
        let token = order.token.as_deref();
        if check {
            match self.send(&Ask::check(&order.id), token).await {
                // The gateway cannot be asked now; what the server knows still counts.
                Err(Failure::Refused { status: 429 | 500.., .. }) => {}
                answer => return read(answer),
            }
        }
        read(self.send(&Ask::order(&order.id), token).await)
    }

    /// Gives the request the key of its wish, remembered until it is answered. The wish is whatever the
    /// request's body says, for `whom`.
    fn intend(&self, slot: Wish, whom: &str, ask: &mut Ask) {
        let wish = [whom, " ", ask.body().unwrap_or_default()].concat();
        let intent = Intent::resume(self.memory.intent(slot), wish, fresh_key);
        self.memory.set_intent(slot, Some(&intent));
        ask.idempotency_key = Some(intent.key);
    }

    fn close<T>(&self, slot: Wish, answer: &Result<T, Failure>) {
        if is_answer(answer) {
            self.memory.set_intent(slot, None);
        }
    }
}

fn read<T: Read>(answer: Result<String, Failure>) -> Result<T, Failure> {
    json::decode(&answer?).ok_or(Failure::Unreadable)
}
