//! Does the checkout do what a learner would expect, in every order of events?

mod flow;
mod memory;
mod trouble;

use coursepay_core::api::{
    Action, AttemptStatus, AttemptView, LineView, MethodOffer, OrderStatus, OrderView, Price, ProductKind,
    ProductView, RefundStatus, WalletView,
};
use coursepay_core::currency::Currency;
use coursepay_core::method::{Channel, GatewayId, Method};

use super::*;

const NOW_MS: i64 = 1_767_225_600_000;
const EXPIRES_MS: i64 = NOW_MS + 900_000;
const ORDER: &str = "01KDVEXAMP0000000000000001";
const ALIPAY: Method = Method::External(GatewayId::Alipay);
const QR: Choice = Choice { method: ALIPAY, channel: Channel::Qr };
const REDIRECT: Choice = Choice { method: ALIPAY, channel: Channel::Redirect };
const MOBILE: Choice = Choice { method: ALIPAY, channel: Channel::Mobile };
const BALANCE: Choice = Choice { method: Method::Wallet, channel: Channel::Balance };

/// A checkout under test: keeps the state, and what the last message made it do.
struct Checkout {
    state: State,
    effects: Vec<Effect>,
    now_ms: i64,
}

impl Checkout {
    fn open(device: Device, saved: Option<SavedOrder>) -> Self {
        let (state, effects) = State::start(device, saved);
        Self { state, effects, now_ms: NOW_MS }
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
    }
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
        order_token: Some("cpo_1".to_owned()),
    }
}

fn attempt(id: &str, status: AttemptStatus, choice: Choice, action: Action) -> AttemptView {
    let (method, channel) = (choice.method, choice.channel);
    AttemptView { id: id.to_owned(), status, method, channel, merchant_no: id.to_owned(), action }
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
