//! Who buys? A learner with a checkout token, a guest without any, or whoever holds an order's token.

use coursepay_core::api::{AttemptView, CreateLine, CreateOrder, OrderView, StartPayment, WalletView};
use coursepay_core::method::{Channel, GatewayId, Method};
use serde::Serialize;

use crate::actors::token::CheckoutToken;
use crate::message::{Answer, Ask};
use crate::target::Target;

/// Pay with Alipay.
pub const ALIPAY: Method = Method::External(GatewayId::Alipay);

/// A buyer with what they prove themselves by.
pub struct Shopper<'a, T> {
    target: &'a T,
    proof: Proof,
}

enum Proof {
    Nothing,
    Bearer(String),
    /// A fresh checkout token for each request: what a page fetches once the last one has expired.
    Learner(String),
}

impl<'a, T: Target> Shopper<'a, T> {
    /// The platform's learner `user`, who may use their wallet.
    pub fn learner(target: &'a T, user: &str) -> Self {
        Self { target, proof: Proof::Learner(user.to_owned()) }
    }

    /// Somebody without any token.
    pub const fn guest(target: &'a T) -> Self {
        Self { target, proof: Proof::Nothing }
    }

    /// Whoever has this bearer token.
    pub fn with(target: &'a T, bearer: &str) -> Self {
        Self { target, proof: Proof::Bearer(bearer.to_owned()) }
    }

    /// Whoever holds the token of this order.
    ///
    /// # Panics
    /// When the order came without one.
    pub fn holder(target: &'a T, order: &OrderView) -> Self {
        Self::with(target, order.order_token.as_deref().expect("an order as it was created"))
    }

    /// Asks with this buyer's bearer.
    pub async fn ask(&self, ask: Ask) -> Answer {
        let target = self.target;
        let bearer = match &self.proof {
            Proof::Nothing => None,
            Proof::Bearer(bearer) => Some(bearer.clone()),
            Proof::Learner(user) => {
                Some(CheckoutToken::for_learner(target.setup(), user, target.now_ms()).signed())
            }
        };
        target.ask(ask.bearer(bearer.as_deref())).await
    }

    /// Orders `products` and must get an order.
    pub async fn orders(&self, products: &[&str]) -> OrderView {
        let answer = self.asks_to_order(&cart(products)).await;
        assert!(answer.status().is_success(), "{}", answer.text());
        answer.read(answer.status().as_u16())
    }

    /// Asks for an order, under a fresh key.
    pub async fn asks_to_order(&self, order: &impl Serialize) -> Answer {
        self.ask(Ask::post("/v1/orders").json(order).fresh_key()).await
    }

    /// Starts a payment and must get an attempt.
    pub async fn pays(&self, order: &OrderView, method: Method, channel: Channel) -> AttemptView {
        self.asks_to_pay(order, method, channel).await.read(201)
    }

    /// Asks to start a payment, under a fresh key.
    pub async fn asks_to_pay(&self, order: &OrderView, method: Method, channel: Channel) -> Answer {
        self.ask(payment(order, method, channel).fresh_key()).await
    }

    /// Pays from the wallet and must succeed.
    pub async fn pays_by_wallet(&self, order: &OrderView) -> AttemptView {
        self.pays(order, Method::Wallet, Channel::Balance).await
    }

    /// The order as it stands.
    pub async fn looks_at(&self, order: &OrderView) -> OrderView {
        self.ask(Ask::get(format!("/v1/orders/{}", order.id))).await.read(200)
    }

    /// Has the gateway asked now.
    pub async fn checks(&self, order: &OrderView) -> Answer {
        self.ask(Ask::post(format!("/v1/orders/{}/check", order.id))).await
    }

    /// Gives the order up.
    pub async fn cancels(&self, order: &OrderView) -> Answer {
        self.ask(Ask::post(format!("/v1/orders/{}/cancel", order.id)).fresh_key()).await
    }

    /// What the wallet of `user` holds, in minor units.
    pub async fn balance_of(&self, user: &str) -> i64 {
        let wallet: WalletView = self.ask(Ask::get(format!("/v1/wallets/{user}"))).await.read(200);
        wallet.balance_minor
    }
}

/// A cart of these products.
pub fn cart(products: &[&str]) -> CreateOrder {
    CreateOrder {
        lines: products.iter().map(|product| CreateLine { product: (*product).to_owned() }).collect(),
        buyer: None,
        expected_total_minor: None,
    }
}

/// The request that starts a payment, without a key.
pub fn payment(order: &OrderView, method: Method, channel: Channel) -> Ask {
    let body = StartPayment { method, channel, return_url: None };
    Ask::post(format!("/v1/orders/{}/payments", order.id)).json(&body)
}

/// What the QR code of this attempt says.
///
/// # Panics
/// When the attempt has no QR code.
#[track_caller]
pub fn qr_content(attempt: &AttemptView) -> String {
    match &attempt.action {
        coursepay_core::api::Action::QrCode { content, .. } => content.clone(),
        other => panic!("expected a QR code, got {other:?}"),
    }
}
