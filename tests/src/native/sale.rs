//! How does a test hold a payment's news in its own hands?
//!
//! The gateway has taken the money; its callback was handed out and reached nobody. The test delivers it, as it
//! is or changed, and sees that it alone settles the order: nobody asks the gateway.

use bytes::Bytes;
use coursepay_core::api::{Action, AttemptView, OrderStatus, OrderView, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_sandbox::Callback;
use http::Request;

use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::Shopper;
use crate::message::{Answer, Ask};
use crate::native::app::NativeApp;
use crate::setup::SCHOOL_ORIGIN;
use crate::target::Target as _;

/// A payment that the gateway has taken, and its callback, which nobody has received yet.
pub struct Sale {
    /// The order.
    pub order: OrderView,
    /// The attempt that was paid.
    pub attempt: AttemptView,
    /// What the gateway wants delivered.
    pub callback: Callback,
}

impl Sale {
    /// Sells the product of this name through a gateway.
    ///
    /// # Panics
    /// When it is not so.
    pub async fn of(app: &NativeApp, product: &str, gateway: GatewayId) -> Self {
        let (order, answer) = asks_to_pay(app, product, gateway).await;
        let attempt: AttemptView = answer.read(201);
        let page = match &attempt.action {
            Action::QrCode { content, .. } => content.clone(),
            Action::Redirect { url } => url.clone(),
            other => panic!("{other:?}"),
        };
        phone::approve(app, &page).await;
        // The latest: a gateway whose keys were changed tells of earlier payments again.
        let due = app.world.network.due_callbacks();
        let callback = due.into_iter().max_by_key(|callback| callback.id).expect("the gateway tells of it");
        Self { order, attempt, callback }
    }

    /// The callback as the gateway sent it is taken.
    ///
    /// # Panics
    /// When it is not so.
    pub async fn settles(&self, app: &NativeApp) {
        self.settles_by(app, self.callback.request.clone()).await;
    }

    /// This callback of it is taken, and settles the order.
    ///
    /// # Panics
    /// When it is not so.
    pub async fn settles_by(&self, app: &NativeApp, callback: Request<Bytes>) {
        let answer = app.call(callback).await;
        assert!(answer.status().is_success(), "{answer:?}");
        assert_eq!(self.status(app).await, OrderStatus::Paid);
        app.world.network.callback_answered(self.callback.id, &answer);
    }

    /// This callback of it is refused, and leaves nothing.
    ///
    /// # Panics
    /// When it is not so.
    pub async fn is_refused_by(&self, app: &NativeApp, callback: Request<Bytes>) {
        let before = app.world.db.contents();
        Answer(app.call(callback).await).refused(400, "callback_not_verified");
        assert_eq!(app.world.db.contents(), before);
        assert_eq!(self.status(app).await, OrderStatus::AwaitingPayment);
    }

    /// Where the order stands.
    pub async fn status(&self, app: &NativeApp) -> OrderStatus {
        Shopper::learner(app, "alice").looks_at(&self.order).await.status
    }
}

/// Asks to pay for the product of this name.
pub async fn asks_to_pay(app: &NativeApp, product: &str, gateway: GatewayId) -> (OrderView, Answer) {
    Platform::of(app).await.sells(product, 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&[product]).await;
    let (channel, return_url) = match gateway {
        GatewayId::Stripe => (Channel::Redirect, Some(format!("{SCHOOL_ORIGIN}/paid"))),
        GatewayId::Alipay | GatewayId::WechatPay => (Channel::Qr, None),
    };
    let body = StartPayment { method: Method::External(gateway), channel, return_url };
    let path = format!("/v1/orders/{}/payments", order.id);
    let answer = alice.ask(Ask::post(path).json(&body).fresh_key()).await;
    (order, answer)
}
