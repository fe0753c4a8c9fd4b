//! Which codes are there? Each one of the table, met once.

use std::collections::BTreeMap;

use coursepay_core::api::{AttemptView, OrderView, PutProduct, RefundPolicy};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::order::MAX_REFUNDS;
use coursepay_edge::app::error::Code;
use coursepay_tests::actors::alipay::{Notify, notify};
use coursepay_tests::actors::gateway::disputes;
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::{Platform, course};
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, cart, payment, qr_content};
use coursepay_tests::message::{Answer, Ask, fresh_key};
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use serde_json::json;

use crate::refusals::{order_ask, shop, token};

#[test]
fn the_table_in_the_docs_is_the_table_in_the_code() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md")).unwrap();
    let rows: Vec<&str> = docs.lines().filter(|line| line.starts_with("| `")).collect();
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("| `{}` | {} | {} |", code.text(), code.status(), code.title()))
        .collect();
    assert_eq!(rows, codes);
}

/// The id of an order of which everything was refunded.
async fn alice_buys_and_gets_back(app: &NativeApp, platform: &Platform<'_, NativeApp>) -> String {
    platform.sells("ink-painting", 100, "mei", 0).await;
    platform.credits("alice", 100).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&["ink-painting"]).await;
    alice.pays_by_wallet(&order).await;
    platform.refunds(&order.id, &json!({ "reason": "x" })).await;
    order.id
}

/// What another method gets while a card's money is on its way.
async fn card_on_its_way(app: &NativeApp, platform: &Platform<'_, NativeApp>) -> Answer {
    platform.sells("go-101", 9_900, "lin", 7_000).await;
    let bo = Shopper::learner(app, "bo");
    let order = bo.orders(&["go-101"]).await;
    let attempt = pays(app, &bo, &order.id, GatewayId::Stripe, Channel::Redirect).await;
    phone::press(app, &page_of(app, &attempt).await, "approve_later").await.expect(200);
    bo.asks_to_pay(&order, ALIPAY, Channel::Qr).await
}

/// What a refund gets while the buyer's bank has the money.
async fn disputed(app: &NativeApp, platform: &Platform<'_, NativeApp>) -> Answer {
    let mei = Shopper::learner(app, "mei");
    let order = mei.orders(&["rust-101"]).await;
    let attempt = pays(app, &mei, &order.id, GatewayId::Stripe, Channel::Redirect).await;
    phone::approve(app, &page_of(app, &attempt).await).await;
    disputes(app, &json!({ "payment": attempt.merchant_no })).await;
    app.let_work_go_on().await;
    platform.asks_to_refund(&order.id, &json!({ "reason": "x" })).await
}

/// What refunds get that the policy of what was sold does not allow.
async fn against_the_policy(
    platform: &Platform<'_, NativeApp>,
    alice: &Shopper<'_, NativeApp>,
) -> [Answer; 3] {
    let sold = async |product: &str, refund_policy: RefundPolicy| {
        let body = PutProduct { refund_policy: Some(refund_policy), ..course(100, "mei", 0) };
        platform.asks_to_sell(product, &body).await.expect(200);
        platform.credits("alice", 100).await;
        let order = alice.orders(&[product]).await;
        alice.pays_by_wallet(&order).await;
        order.id
    };
    let never = sold("never", RefundPolicy { window_days: Some(0), max_used_bps: None }).await;
    let unused = sold("unused", RefundPolicy { window_days: None, max_used_bps: Some(0) }).await;
    let used = json!({ "reason": "x", "usage": [{ "product": "unused", "used_bps": 1 }] });
    [
        platform.asks_to_refund(&never, &json!({ "reason": "x" })).await,
        platform.asks_to_refund(&unused, &json!({ "reason": "x" })).await,
        platform.asks_to_refund(&unused, &used).await,
    ]
}

/// One row for each code of the table, so that none is promised that cannot be met.
#[test]
fn every_code_of_the_table_can_be_met() {
    block_on(async {
        let mut met: BTreeMap<&str, u16> = BTreeMap::new();
        let mut meet = |answer: Answer| {
            let problem: coursepay_core::api::Problem = answer.read(answer.status().as_u16());
            let code =
                Code::ALL.iter().find(|code| code.text() == problem.code).expect("a code of the table");
            assert_eq!(problem.status, code.status(), "{}", problem.code);
            assert_eq!(problem.kind, format!("urn:coursepay:problem:{}", problem.code));
            met.insert(code.text(), code.status());
        };
        let app = NativeApp::start();
        let (platform, alice) = shop(&app).await;
        let bare = |body: &str| {
            Ask::post("/v1/orders").body(body.to_owned()).header("content-type", "application/json")
        };
        let good = token(&app);
        meet(alice.ask(bare("{").fresh_key()).await);
        meet(alice.ask(bare("{\"lines\":[],\"x\":1}").fresh_key()).await);
        meet(alice.ask(bare("{\"lines\":[]}").fresh_key()).await);
        meet(alice.ask(bare(&"x".repeat(70_000)).fresh_key()).await);
        meet(alice.ask(bare("{}").header("content-type", "text/plain").fresh_key()).await);
        meet(alice.ask(Ask::post("/v1/orders").json(&cart(&["rust-101"]))).await);
        meet(alice.ask(order_ask().key("two words")).await);
        meet(notify(&app, "not=a&notify=of_ours").await);
        let forged = Notify::paid(app.setup(), "x", 1, app.now_ms()).signed_by(&app.setup().alipay.app_key);
        meet(notify(&app, &forged).await);
        meet(app.ask(Ask::get("/v1/orders/x")).await);
        meet(Shopper::with(&app, "x").ask(order_ask()).await);
        meet(Shopper::with(&app, &good.clone().header("alg", "none").unsigned()).ask(order_ask()).await);
        meet(Shopper::with(&app, &good.clone().claim("aud", "x").signed()).ask(order_ask()).await);
        meet(Shopper::with(&app, &good.clone().claim("exp", 1).signed()).ask(order_ask()).await);
        meet(app.ask(Ask::get("/v1/entitlements?user=a&product=b").bearer(Some("cpk_x"))).await);
        let narrow = Platform::with_scopes(&app, "cpk_narrow", "orders").await;
        meet(narrow.ask(Ask::get("/v1/entitlements?user=a&product=b")).await);
        meet(alice.ask(order_ask().header("origin", "https://evil.example")).await);
        meet(Shopper::with(&app, &good.clone().claim("products", json!([])).signed()).ask(order_ask()).await);
        meet(app.ask(Ask::get("/v1/nothing")).await);
        meet(app.ask(Ask::get("/v1/products/nothing")).await);
        meet(alice.ask(Ask::get("/v1/orders/nothing")).await);
        meet(alice.ask(Ask::get("/v1/wallets/bo")).await);
        meet(platform.ask(Ask::get("/v1/ledger/accounts/nothing")).await);
        meet(app.ask(Ask::get("/v1/orders")).await);
        meet(
            alice
                .ask(bare("{\"lines\":[{\"product\":\"rust-101\"}],\"expected_total_minor\":1}").fresh_key())
                .await,
        );
        meet(platform.asks_to_sell("x", &course(0, "lin", 1)).await);
        meet(platform.ask(Ask::get("/v1/ledger/accounts/suspense?currency=XXX")).await);

        let key = fresh_key();
        let order: OrderView = alice.ask(order_ask().key(&key)).await.read(201);
        meet(alice.ask(bare("{\"lines\":[{\"product\":\"other\"}]}").key(&key)).await);
        let without_wallet = Shopper::with(&app, &good.claim("wallet", false).signed());
        meet(without_wallet.asks_to_pay(&order, Method::Wallet, Channel::Balance).await);
        meet(Shopper::learner(&app, "alice").asks_to_pay(&order, ALIPAY, Channel::Balance).await);
        let body = json!({"method": "alipay", "channel": "qr", "return_url": "https://evil.example/"});
        meet(alice.ask(Ask::post(format!("/v1/orders/{}/payments", order.id)).json(&body).fresh_key()).await);
        let wechat_pay = Method::External(GatewayId::WechatPay);
        meet(alice.asks_to_pay(&order, wechat_pay, Channel::InApp).await);
        meet(app.ask(Ask::get("/v1/wechat_login?state=x")).await);
        app.requests_come_from(None);
        meet(alice.asks_to_pay(&order, wechat_pay, Channel::Mobile).await);
        let poor = Shopper::learner(&app, "poor");
        let unpaid = poor.orders(&["rust-101"]).await;
        meet(poor.asks_to_pay(&unpaid, Method::Wallet, Channel::Balance).await);
        poor.cancels(&unpaid).await.expect(200);
        meet(poor.asks_to_pay(&unpaid, ALIPAY, Channel::Qr).await);

        app.world.faults.plan(Fault::CallLost { port: Port::Http, nth: 1 });
        meet(alice.asks_to_pay(&order, ALIPAY, Channel::Qr).await);
        app.world.faults.plan(Fault::CallLost { port: Port::Db, nth: 1 });
        meet(alice.asks_to_pay(&order, ALIPAY, Channel::Qr).await);
        let asks = payment(&order, ALIPAY, Channel::Qr).key("running");
        app.world.faults.plan(Fault::Crash { nth: 12 });
        assert!(app.world.faults.unless_crashed(alice.ask(asks.clone())).await.is_none());
        app.world.faults.lift();
        meet(alice.ask(asks).await);

        let attempt: AttemptView = alice.pays(&order, ALIPAY, Channel::Qr).await;
        phone::approve(&app, &qr_content(&attempt)).await;
        app.let_work_go_on().await;
        meet(alice.asks_to_pay(&order, ALIPAY, Channel::Qr).await);
        meet(alice.ask(order_ask()).await);
        let refund = async |body| platform.asks_to_refund(&order.id, &body).await;
        meet(platform.asks_to_refund(&unpaid.id, &json!({ "reason": "x" })).await);
        meet(platform.ask(Ask::get("/v1/refunds/nothing")).await);
        meet(refund(json!({ "reason": "x", "lines": [{ "product": "other" }] })).await);
        meet(refund(json!({ "reason": "x", "amount_minor": 9_901 })).await);
        meet(refund(json!({ "reason": "x", "amount_minor": 1, "currency": "USD" })).await);
        for _ in 0..MAX_REFUNDS {
            refund(json!({ "reason": "x", "amount_minor": 1 })).await.expect(201);
        }
        meet(refund(json!({ "reason": "x", "amount_minor": 1 })).await);
        let given_back = alice_buys_and_gets_back(&app, &platform).await;
        meet(platform.asks_to_refund(&given_back, &json!({ "reason": "x" })).await);
        against_the_policy(&platform, &alice).await.into_iter().for_each(&mut meet);
        meet(card_on_its_way(&app, &platform).await);
        meet(disputed(&app, &platform).await);
        let late = poor.orders(&["rust-101"]).await;
        app.world.clock.advance_ms(3_600_000);
        meet(poor.asks_to_pay(&late, ALIPAY, Channel::Qr).await);

        // Somebody else is always faster; and a row that is not what we write.
        let open = poor.orders(&["rust-101"]).await;
        let faster = "CREATE TRIGGER always_faster BEFORE INSERT ON order_events
                      BEGIN SELECT RAISE(ABORT, 'order_events_conflict'); END";
        app.sql(faster, &[]).await.unwrap();
        meet(poor.asks_to_pay(&open, ALIPAY, Channel::Qr).await);
        app.sql("UPDATE orders SET lines = '[1]'", &[]).await.unwrap();
        meet(poor.asks_to_pay(&open, ALIPAY, Channel::Qr).await);

        let off = NativeApp::start_with(1, |variables| {
            variables.remove("ALIPAY_APP_ID");
        });
        let (_, bo) = shop(&off).await;
        meet(bo.asks_to_pay(&bo.orders(&["rust-101"]).await, ALIPAY, Channel::Qr).await);
        let without_keys = NativeApp::start_with(1, |variables| {
            variables.remove("DATA_KEYS");
        });
        let (_, bo) = shop(&without_keys).await;
        meet(bo.ask(order_ask()).await);
        // A gateway that does not know us refuses for good.
        let stranger = NativeApp::start_with(1, |variables| {
            variables.insert("ALIPAY_PRECREATE_PRODUCT_CODE".to_owned(), "NOT_OURS".to_owned());
        });
        let (_, bo) = shop(&stranger).await;
        meet(bo.asks_to_pay(&bo.orders(&["rust-101"]).await, ALIPAY, Channel::Qr).await);

        let expected: BTreeMap<&str, u16> =
            Code::ALL.iter().map(|code| (code.text(), code.status())).collect();
        let missed: Vec<&&str> = expected.keys().filter(|code| !met.contains_key(*code)).collect();
        assert!(missed.is_empty(), "codes that nothing here meets: {missed:?}");
    });
}
