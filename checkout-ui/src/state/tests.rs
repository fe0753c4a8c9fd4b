//! Does the checkout do what a learner would expect, in every order of events?

mod card;
mod flow;
mod memory;
mod record;
mod surplus;
mod tabs;
mod trouble;
mod wechat;

use coursepay_core::api::{
    Action, AttemptStatus, AttemptView, FailureReason, LineView, MethodOffer, OrderStatus, OrderView, Price,
    ProductKind, ProductView, RefundStatus, SurplusFate, SurplusView, WalletView,
};
use coursepay_core::currency::Currency;
use coursepay_core::method::{Channel, GatewayId, Method};

use super::*;

const NOW_MS: i64 = 1_767_225_600_000;
const EXPIRES_MS: i64 = NOW_MS + 900_000;
const ORDER: &str = "01KDVEXAMP0000000000000001";
const ALIPAY: Method = Method::External(GatewayId::Alipay);
const WECHAT_PAY: Method = Method::External(GatewayId::WechatPay);
const CARD: Method = Method::External(GatewayId::Stripe);
const QR: Choice = Choice { method: ALIPAY, channel: Channel::Qr };
const REDIRECT: Choice = Choice { method: ALIPAY, channel: Channel::Redirect };
const MOBILE: Choice = Choice { method: ALIPAY, channel: Channel::Mobile };
const WECHAT_QR: Choice = Choice { method: WECHAT_PAY, channel: Channel::Qr };
const WECHAT_MOBILE: Choice = Choice { method: WECHAT_PAY, channel: Channel::Mobile };
const IN_WECHAT: Choice = Choice { method: WECHAT_PAY, channel: Channel::InApp };
const BY_CARD: Choice = Choice { method: CARD, channel: Channel::Redirect };
const BALANCE: Choice = Choice { method: Method::Wallet, channel: Channel::Balance };

/// A checkout under test: keeps the state, and what the last message made it do.
struct Checkout {
    state: State,
    effects: Vec<Effect>,
    now_ms: i64,
}

impl Checkout {
    fn open(device: Device, saved: Option<SavedOrder>) -> Self {
        let (state, effects) = State::start(device, saved, None);
        Self { state, effects, now_ms: NOW_MS }
    }

    /// Alice on this device, with an order that offers every gateway, whose payment by `choice` is asked for.
    fn starting(device: Device, choice: Choice) -> Self {
        let mut checkout = Self::open(device, None);
        checkout.hears(Msg::ProductLoaded(Ok(product_of_all())));
        checkout.hears(Msg::LearnerKnown(Ok(alice())));
        checkout.hears(Msg::Pick(choice)).hears(Msg::Pay);
        checkout.hears(Msg::OrderCreated(Ok(order_of_all()))).does(&start_payment(choice));
        checkout
    }

    /// A desktop where nobody is signed in, ready to choose.
    fn for_visitor() -> Self {
        let mut checkout = Self::open(Device::Desktop, None);
        checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
        checkout.hears(Msg::LearnerKnown(Ok(Learner::Visitor)));
        checkout
    }

    /// A desktop where alice is signed in with this balance, ready to choose.
    fn for_alice(balance_minor: i64) -> Self {
        let mut checkout = Self::open(Device::Desktop, None);
        checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
        checkout.hears(Msg::LearnerKnown(Ok(alice())));
        checkout.hears(Msg::WalletRead(Ok(wallet(balance_minor))));
        checkout
    }

    /// The same, with a code to scan on screen.
    fn scanning() -> Self {
        let mut checkout = Self::for_alice(50_000);
        checkout.hears(Msg::Pay);
        checkout.hears(Msg::OrderCreated(Ok(order())));
        checkout.hears(Msg::PaymentStarted(Ok(code("1"))));
        assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
        checkout
    }

    fn hears(&mut self, msg: Msg) -> &mut Self {
        let (state, effects) = reduce(self.state.clone(), msg, self.now_ms);
        self.state = state;
        self.effects = effects;
        self
    }

    fn reads(&mut self, status: OrderStatus, attempt: Option<AttemptView>) -> &mut Self {
        self.hears(Msg::OrderRead(Ok(OrderView { status, attempt, order_token: None, ..order() })))
    }

    fn choices(&self) -> Vec<Choice> {
        self.state.offers().into_iter().map(|offer| offer.choice).collect()
    }

    #[track_caller]
    fn does(&self, effect: &Effect) {
        assert!(self.effects.contains(effect), "wanted {effect:?}, got {:?}", self.effects);
    }

    #[track_caller]
    fn does_nothing(&self) {
        assert_eq!(self.effects, []);
    }

    #[track_caller]
    fn is(&self, phase: &Phase) {
        assert_eq!(&self.state.phase, phase);
    }
}

fn product(amount_minor: i64) -> ProductView {
    ProductView {
        id: "rust-101".to_owned(),
        title: "Rust".to_owned(),
        kind: ProductKind::Course,
        prices: vec![Price { amount_minor, currency: Currency::Cny }],
        refund_policy: None,
        methods: None,
    }
}

/// What a server offers that has every gateway, to whoever is no browser.
fn every_gateway() -> Vec<MethodOffer> {
    use Channel::{InApp, Mobile, Qr, Redirect};
    let offer = |method, channels: &[Channel]| MethodOffer { method, channels: channels.to_vec() };
    vec![
        offer(ALIPAY, &[Qr, Redirect, Mobile]),
        offer(WECHAT_PAY, &[Qr, Mobile, InApp]),
        offer(CARD, &[Redirect]),
    ]
}

fn product_of_all() -> ProductView {
    ProductView { methods: Some(every_gateway()), ..product(9_900) }
}

fn order_of_all() -> OrderView {
    OrderView { methods: every_gateway(), ..order() }
}

fn alice() -> Learner {
    Learner::SignedIn { user: "alice".to_owned(), wallet: Wallet::Unread }
}

fn wallet(balance_minor: i64) -> WalletView {
    WalletView { balance_minor, currency: Currency::Cny }
}

fn order() -> OrderView {
    let line = LineView {
        product: "rust-101".to_owned(),
        title: "Rust".to_owned(),
        kind: ProductKind::Course,
        price_minor: 9_900,
        discount_minor: 0,
        net_minor: 9_900,
        refund_policy: None,
    };
    let alipay = vec![Channel::Qr, Channel::Redirect, Channel::Mobile];
    OrderView {
        id: ORDER.to_owned(),
        status: OrderStatus::AwaitingPayment,
        refund_status: RefundStatus::None,
        currency: Currency::Cny,
        total_minor: 9_900,
        lines: vec![line],
        methods: vec![
            MethodOffer { method: ALIPAY, channels: alipay },
            MethodOffer { method: Method::Wallet, channels: vec![Channel::Balance] },
        ],
        expires_at_ms: EXPIRES_MS,
        attempt: None,
        surplus: Vec::new(),
        sequence: 1,
        head_hash: "00".repeat(32),
        order_token: Some("cpo_1".to_owned()),
    }
}

fn attempt(id: &str, status: AttemptStatus, choice: Choice, action: Action) -> AttemptView {
    let (method, channel) = (choice.method, choice.channel);
    AttemptView {
        id: id.to_owned(),
        status,
        method,
        channel,
        merchant_no: id.to_owned(),
        action,
        failure: None,
    }
}

fn code(id: &str) -> AttemptView {
    let action = Action::QrCode { content: format!("https://qr.example/{id}"), expires_at_ms: EXPIRES_MS };
    attempt(id, AttemptStatus::Pending, QR, action)
}

fn page(id: &str, choice: Choice) -> AttemptView {
    let url = format!("https://gateway.example/{id}");
    attempt(id, AttemptStatus::Pending, choice, Action::Redirect { url })
}

fn saved() -> SavedOrder {
    SavedOrder {
        id: ORDER.to_owned(),
        token: Some("cpo_1".to_owned()),
        owner: Some("alice".to_owned()),
        at_gateway: false,
        logging_in: false,
        told_paid: false,
    }
}

fn refused(status: u16, code: &str) -> Failure {
    Failure::Refused { status, code: code.to_owned() }
}

fn create_order() -> Effect {
    Effect::CreateOrder { expected_total_minor: 9_900 }
}

fn start_payment(choice: Choice) -> Effect {
    Effect::StartPayment { order: saved().key(), choice }
}

fn tell_paid() -> Effect {
    Effect::Tell(Event::Paid { order_id: ORDER.to_owned() })
}
