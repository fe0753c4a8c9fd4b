//! Which payment does a row lie about?

use coursepay_core::api::{AttemptView, OrderStatus, OrderView, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_sandbox::Merchant;
use coursepay_tests::actors::alipay::{self, Notify};
use coursepay_tests::actors::callback::RawCallback;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::actors::stripe::{self, Event};
use coursepay_tests::actors::wechat_pay::{self, Callback};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::setup::{SCHOOL_ORIGIN, Setup, keys};
use coursepay_tests::target::Target as _;

/// What Alice's course costs.
pub(super) const PRICE_MINOR: i64 = 9_900;

/// Well formed, and never given out.
pub(super) const NOBODYS_NUMBER: &str = "01JGFJJZ00000000000000000A";

/// A shop in which Alice's payment waits at a gateway, and so do two others.
pub(super) struct Scene {
    pub(super) app: NativeApp,
    gateway: GatewayId,
    pub(super) order: OrderView,
    /// Our number of her payment.
    pub(super) number: String,
    /// The number of Bo's payment at the same gateway, of another amount.
    pub(super) bos_number: String,
    /// The number of Carol's payment, which waits at another gateway.
    pub(super) number_elsewhere: String,
}

impl Scene {
    pub(super) async fn set(gateway: GatewayId) -> Self {
        let app = NativeApp::start();
        let platform = Platform::of(&app).await;
        platform.sells("rust-101", PRICE_MINOR, "lin", 7_000).await;
        platform.sells("ink-painting", 12_300, "mei", 7_000).await;
        let elsewhere = match gateway {
            GatewayId::Alipay => GatewayId::WechatPay,
            GatewayId::WechatPay | GatewayId::Stripe => GatewayId::Alipay,
        };
        let (order, attempt) = buys(&app, "alice", "rust-101", gateway).await;
        let (_, bos) = buys(&app, "bo", "ink-painting", gateway).await;
        let (_, carols) = buys(&app, "carol", "rust-101", elsewhere).await;
        Self {
            app,
            gateway,
            order,
            number: attempt.merchant_no,
            bos_number: bos.merchant_no,
            number_elsewhere: carols.merchant_no,
        }
    }

    pub(super) fn setup(&self) -> &Setup {
        self.app.setup()
    }

    /// The other merchant of the same gateways.
    pub(super) fn stranger(&self) -> &Merchant {
        &keys().merchants[1]
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.app.now_ms()
    }

    /// The true callback of Alice's payment.
    pub(super) fn truth(&self) -> RawCallback {
        self.truth_of(self.gateway)
    }

    /// What another gateway would truly say.
    pub(super) fn truth_of(&self, gateway: GatewayId) -> RawCallback {
        match gateway {
            GatewayId::Alipay => alipay::callback(self.notify().signed_by(&self.setup().alipay.gateway_key)),
            GatewayId::WechatPay => wechat_pay::true_callback(self.setup(), &self.callback(), self.now_ms()),
            GatewayId::Stripe => stripe::true_callback(self.setup(), &self.event(), self.now_ms()),
        }
    }

    /// What Alipay says of Alice's payment, to be changed and signed.
    pub(super) fn notify(&self) -> Notify {
        Notify::paid(self.setup(), &self.number, PRICE_MINOR, self.now_ms())
    }

    /// What WeChat says of it.
    pub(super) fn callback(&self) -> Callback {
        Callback::paid(self.setup(), &self.number, PRICE_MINOR)
    }

    /// What Stripe says of it.
    pub(super) fn event(&self) -> Event {
        Event::paid(&self.number, PRICE_MINOR, self.now_ms())
    }

    pub(super) async fn status(&self) -> OrderStatus {
        Shopper::learner(&self.app, "alice").looks_at(&self.order).await.status
    }

    /// Alice gives her order up.
    pub(super) async fn cancels(&self) {
        Shopper::learner(&self.app, "alice").cancels(&self.order).await.expect(200);
        assert_eq!(self.status().await, OrderStatus::Cancelled);
    }
}

/// A payment that waits at `gateway`.
async fn buys(app: &NativeApp, user: &str, product: &str, gateway: GatewayId) -> (OrderView, AttemptView) {
    let shopper = Shopper::learner(app, user);
    let order = shopper.orders(&[product]).await;
    let (channel, return_url) = match gateway {
        GatewayId::Alipay | GatewayId::WechatPay => (Channel::Qr, None),
        GatewayId::Stripe => (Channel::Redirect, Some(format!("{SCHOOL_ORIGIN}/paid"))),
    };
    let body = StartPayment { method: Method::External(gateway), channel, return_url };
    let ask = Ask::post(format!("/v1/orders/{}/payments", order.id)).json(&body).fresh_key();
    let attempt = shopper.ask(ask).await.read(201);
    (order, attempt)
}
