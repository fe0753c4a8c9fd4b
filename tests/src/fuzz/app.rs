//! Does the whole app answer any request as it says it does?
//!
//! Each input meets the same shop: whatever it has changed is undone.

use bytes::Bytes;
use coursepay_core::api::{OrderView, Problem, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_edge::app::error::Code;
use coursepay_edge::app::ports::Row;
use coursepay_edge::app::router::{self, Match};
use futures::executor::block_on;
use http::Request;

use super::raw::Raw;
use super::{Play, shape};
use crate::actors::platform::{Platform, course};
use crate::actors::shopper::{ALIPAY, Shopper, cart};
use crate::actors::token::{CheckoutToken, signed_text};
use crate::actors::{alipay, stripe, wechat_pay};
use crate::message::{Answer, Ask};
use crate::native::app::NativeApp;
use crate::native::invariants::assert_invariants;
use crate::native::sqlite::Sqlite;
use crate::setup::{SCHOOL_ORIGIN, Setup};
use crate::target::Target as _;

/// How many inputs may change the shop before even what lies outside its database is made anew: the sandbox
/// remembers every payment, the platform's endpoint every webhook.
const CHANGES_UNTIL_NEW: u32 = 1_000;

/// A shop with one order that nobody pays yet, and one whose payment waits, at each gateway.
pub(super) struct Shop {
    app: NativeApp,
    /// Its database, as it was when it opened.
    opened: Sqlite,
    changed: u32,
    order: OrderView,
    /// Our numbers of the payments at Alipay, WeChat Pay and Stripe.
    pub(super) numbers: [String; 3],
}

impl Shop {
    pub(super) fn open() -> Self {
        block_on(async {
            let app = NativeApp::start();
            let platform = Platform::of(&app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            platform.credits("alice", 50_000).await;
            let order = Shopper::learner(&app, "alice").orders(&["rust-101"]).await;
            let mut numbers = Vec::new();
            for (user, gateway) in ["bo", "carol", "dan"].into_iter().zip(GatewayId::ALL) {
                let buyer = Shopper::learner(&app, user);
                let order = buyer.orders(&["rust-101"]).await;
                let attempt: coursepay_core::api::AttemptView =
                    buyer.ask(payment(&order.id, Method::External(gateway))).await.read(201);
                numbers.push(attempt.merchant_no);
            }
            let numbers = <[String; 3]>::try_from(numbers).expect("three gateways");
            Self { opened: app.world.db.copy(), app, changed: 0, order, numbers }
        })
    }

    pub(super) fn setup(&self) -> &Setup {
        self.app.setup()
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.app.now_ms()
    }

    /// Answers a request, which must be answered as every request is; says what came of it.
    pub(super) fn answer(&mut self, request: Request<Bytes>) -> String {
        let before = self.changes();
        let answer = Answer(block_on(self.app.call(request)));
        check(&answer);
        let outcome = outcome(&answer);
        if self.changes() == before {
            return outcome;
        }
        block_on(self.app.let_work_go_on());
        assert_invariants(&self.app.world.db);
        let written = self.written();
        self.undo();
        format!("{outcome}, {written}")
    }

    fn undo(&mut self) {
        self.changed += 1;
        if self.changed == CHANGES_UNTIL_NEW {
            *self = Self::open();
        } else {
            self.app.world.db = self.opened.copy();
        }
    }

    /// What stands in the database now, as far as it does not name this one input.
    fn written(&self) -> String {
        // "no use for …", "expected app …, got …": what differs comes after two words.
        let words = |row: &Row| {
            let text = row.0["text"].as_str().unwrap_or_default();
            text.split(' ').take(3).collect::<Vec<_>>().join(" ")
        };
        let rows = |sql| self.app.world.db.rows(sql, &[]).iter().map(words).collect::<Vec<_>>().join(", ");
        [
            "SELECT outcome || ' ' || coalesce(detail, '') AS text FROM callbacks",
            "SELECT status AS text FROM orders ORDER BY id",
            "SELECT status AS text FROM attempts ORDER BY id",
            "SELECT kind AS text FROM ledger_entries ORDER BY sequence",
        ]
        .map(rows)
        .join("; ")
    }

    /// How many rows were ever written.
    fn changes(&self) -> serde_json::Value {
        self.app.world.db.rows("SELECT total_changes() AS n", &[])[0].0["n"].clone()
    }
}

/// A refusal is a problem with a code of the table; and nothing a caller sends is our mistake.
fn check(answer: &Answer) {
    let status = answer.status().as_u16();
    if status < 400 {
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text());
    let problem: Problem = answer.read(status);
    let known = Code::ALL.iter().find(|code| code.text() == problem.code);
    assert_eq!(known.map(|code| code.status()), Some(status), "{}", answer.text());
    assert_ne!(problem.code, Code::Internal.text(), "{}", answer.text());
}

/// What an answer was, without what it says of this one request.
fn outcome(answer: &Answer) -> String {
    let problem = serde_json::from_slice::<Problem>(answer.0.body()).ok();
    let code =
        problem.map(|problem| format!("{} {}", problem.code, shape(&problem.detail.split('`').next())));
    format!("{} {}", answer.status(), code.unwrap_or_default())
}

fn payment(order: &str, method: Method) -> Ask {
    let (channel, return_url) = match method {
        Method::Wallet => (Channel::Balance, None),
        Method::External(GatewayId::Stripe) => (Channel::Redirect, Some(format!("{SCHOOL_ORIGIN}/paid"))),
        Method::External(_) => (Channel::Qr, None),
    };
    let body = StartPayment { method, channel, return_url };
    Ask::post(format!("/v1/orders/{order}/payments")).json(&body).fresh_key()
}

/// Any request: method, path, headers and body.
pub(super) fn request() -> Play {
    let mut shop = Shop::open();
    let seeds = requests(&shop).into_iter().map(|ask| Raw::of_request(&ask).write()).collect();
    let read = move |input: &[u8]| {
        let Some(request) = Raw::read(input).request(&shop.setup().public_url) else {
            return "no request".to_owned();
        };
        let route = match router::find(request.method(), request.uri().path()) {
            Match::Route(route, _) => route.path,
            Match::OtherMethod => "another method",
            Match::Nothing => "nothing",
        };
        format!("{route} {}", shop.answer(request))
    };
    Play { seeds, read: Box::new(read) }
}

/// One true request to every route, and for every way to pay.
fn requests(shop: &Shop) -> Vec<Request<Bytes>> {
    let (setup, order) = (shop.setup(), &shop.order.id);
    let learner = CheckoutToken::for_learner(setup, "alice", shop.now_ms()).signed();
    let (platform, holder) = (setup.platform_key.as_str(), shop.order.order_token.as_deref());
    let guest = serde_json::json!({
        "lines": [{"product": "rust-101"}], "buyer": {"email": "guest@example.org"}, "expected_total_minor": 9_900,
    });
    let credit = serde_json::json!({"amount_minor": 100, "currency": "CNY", "reason": "a gift"});
    let of = |ask: Ask, bearer| ask.bearer(bearer).to(&setup.public_url);
    let (learner, platform) = (Some(learner.as_str()), Some(platform));
    let mut requests = vec![
        of(Ask::get("/v1/health"), None),
        of(Ask::put("/v1/products/ink-painting").json(&course(100, "mei", 5_000)), platform),
        of(Ask::get("/v1/products/rust-101"), None),
        of(Ask::post("/v1/orders").json(&cart(&["rust-101"])).fresh_key(), learner),
        of(Ask::post("/v1/orders").json(&guest).fresh_key(), None),
        of(Ask::get(format!("/v1/orders/{order}")).header("origin", SCHOOL_ORIGIN), learner),
        of(Ask::get(format!("/v1/orders/{order}")), holder),
        of(Ask::get(format!("/v1/orders/{order}")), platform),
        of(Ask::post(format!("/v1/orders/{order}/check")), holder),
        of(Ask::post(format!("/v1/orders/{order}/cancel")).fresh_key(), learner),
        of(payment(order, ALIPAY), learner),
        of(payment(order, Method::External(GatewayId::WechatPay)), learner),
        of(payment(order, Method::External(GatewayId::Stripe)), holder),
        of(payment(order, Method::Wallet), learner),
        of(Ask::get("/v1/callbacks?outcome=quarantined"), platform),
        of(Ask::post("/v1/wallets/alice/credits").json(&credit).fresh_key(), platform),
        of(Ask::get("/v1/wallets/alice?currency=CNY"), learner),
        of(Ask::get("/v1/ledger/accounts/wallet:alice?currency=CNY"), platform),
        of(Ask::get(format!("/v1/ledger/entries?order={order}&after=0&limit=10")), platform),
        of(Ask::get("/v1/entitlements?user=alice&product=rust-101"), platform),
        of(Ask::get("/v1/orders").method(http::Method::OPTIONS).header("origin", SCHOOL_ORIGIN), None),
    ];
    let [at_alipay, at_wechat_pay, at_stripe] = &shop.numbers;
    let notify = alipay::Notify::paid(setup, at_alipay, 9_900, shop.now_ms());
    let callback = wechat_pay::Callback::paid(setup, at_wechat_pay, 9_900);
    let event = stripe::Event::paid(at_stripe, 9_900, shop.now_ms());
    requests.extend(
        [
            alipay::callback(notify.signed_by(&setup.alipay.gateway_key)),
            wechat_pay::true_callback(setup, &callback, shop.now_ms()),
            stripe::true_callback(setup, &event, shop.now_ms()),
        ]
        .map(|callback| callback.request(&setup.public_url)),
    );
    requests
}

/// The value of `Authorization`, where every kind of token is taken.
pub(super) fn bearer() -> Play {
    let mut shop = Shop::open();
    let learner = CheckoutToken::for_learner(shop.setup(), "alice", shop.now_ms());
    let holder = shop.order.order_token.clone().expect("an order as it was created");
    let seeds = [learner.signed(), learner.unsigned(), holder, shop.setup().platform_key.clone()];
    let seeds = seeds.map(|token| format!("Bearer {token}").into_bytes()).into();
    let read = move |input: &[u8]| {
        let Ok(value) = http::HeaderValue::from_bytes(input) else { return "no header".to_owned() };
        let mut request = Ask::get(format!("/v1/orders/{}", shop.order.id)).to(&shop.setup().public_url);
        request.headers_mut().insert(http::header::AUTHORIZATION, value);
        shop.answer(request)
    };
    Play { seeds, read: Box::new(read) }
}

/// A token's header and claims, a line each, signed with the key that the platform has.
pub(super) fn checkout_token() -> Play {
    let mut shop = Shop::open();
    let plain = CheckoutToken::for_learner(shop.setup(), "alice", shop.now_ms());
    let full = plain.clone().claim("email", "alice@example.org").claim("products", vec!["rust-101"]);
    let seeds = [plain, full].map(|token| token.parts().join("\n").into_bytes()).into();
    let read = move |input: &[u8]| {
        let mut parts = input.splitn(2, |byte| *byte == b'\n');
        let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let token = signed_text(header, claims, shop.setup().token_secret.as_bytes());
        let wallet = Ask::get("/v1/wallets/alice").bearer(Some(&token)).to(&shop.setup().public_url);
        let order = Ask::post("/v1/orders").json(&cart(&["rust-101"])).fresh_key();
        let order = order.bearer(Some(&token)).to(&shop.setup().public_url);
        [wallet, order].map(|request| shop.answer(request)).join("; ")
    };
    Play { seeds, read: Box::new(read) }
}
