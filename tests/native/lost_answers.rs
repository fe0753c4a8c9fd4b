//! What if a gateway acts and its answer is lost? One effect in the end, under one number.

use coursepay_core::api::{Action, AttemptView, OrderStatus, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::setup::SCHOOL_ORIGIN;
use coursepay_tests::target::Target as _;
use serde_json::{Value, json};

/// Ways to pay in which we call the gateway to begin.
const WAYS: [(GatewayId, Channel); 3] = [
    (GatewayId::Alipay, Channel::Qr),
    (GatewayId::WechatPay, Channel::Qr),
    (GatewayId::Stripe, Channel::Redirect),
];

/// The next `operation` at the gateway befalls `fault`.
async fn befalls(app: &NativeApp, gateway: GatewayId, operation: &str, fault: &str) {
    let rule = json!({ "fault": fault, "gateway": gateway.name(), "operation": operation, "times": 1 });
    let request = Ask::post("/sandbox/faults").json(&rule).to(&app.setup().sandbox_url);
    assert_eq!(app.call_sandbox(request).await.status(), 201);
}

/// All payments that the gateways know.
async fn payments(app: &NativeApp) -> Vec<Value> {
    let request = Ask::get("/sandbox/payments.json").to(&app.setup().sandbox_url);
    let listing: Value = serde_json::from_slice(app.call_sandbox(request).await.body()).unwrap();
    listing["payments"].as_array().unwrap().clone()
}

fn payment(order: &str, gateway: GatewayId, channel: Channel) -> Ask {
    let return_url = (channel == Channel::Redirect).then(|| format!("{SCHOOL_ORIGIN}/paid"));
    let body = StartPayment { method: Method::External(gateway), channel, return_url };
    Ask::post(format!("/v1/orders/{order}/payments")).json(&body)
}

fn page_of(attempt: &AttemptView) -> &str {
    match &attempt.action {
        Action::QrCode { content, .. } => content,
        Action::Redirect { url } => url,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_creation_that_took_effect_unheard_is_found_under_its_number() {
    for (gateway, channel) in WAYS {
        natively(async |app| {
            let platform = Platform::of(app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            befalls(app, gateway, "create", "timeout_after_effect").await;
            let ask = payment(&order.id, gateway, channel).fresh_key();
            alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
            let attempt: AttemptView = alice.ask(ask).await.read(201);
            phone::approve(app, page_of(&attempt)).await;
            app.let_work_go_on().await;
            assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid, "{gateway:?}");
            let known = payments(app).await;
            assert_eq!(known.len(), 1, "one payment at the gateway: {known:?}");
            assert_eq!(known[0]["number"], attempt.merchant_no);
            assert_eq!(platform.balance(&format!("gateway:{}:clearing", gateway.name())).await, 9_900);
        });
    }
}

#[test]
fn a_creation_that_never_arrived_is_sent_again_under_its_number() {
    for (gateway, channel) in WAYS {
        natively(async |app| {
            let platform = Platform::of(app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            befalls(app, gateway, "create", "timeout_before_effect").await;
            let ask = payment(&order.id, gateway, channel).fresh_key();
            alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
            let attempt: AttemptView = alice.ask(ask).await.read(201);
            let known = payments(app).await;
            assert_eq!(known.len(), 1);
            assert_eq!(known[0]["number"], attempt.merchant_no);
        });
    }
}

#[test]
fn a_close_that_took_effect_unheard_ends_in_one_closed_attempt() {
    for (gateway, channel) in WAYS {
        natively(async |app| {
            let platform = Platform::of(app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            let ask = payment(&order.id, gateway, channel).fresh_key();
            let attempt: AttemptView = alice.ask(ask).await.read(201);
            phone::scan(app, page_of(&attempt)).await;
            befalls(app, gateway, "close", "timeout_after_effect").await;
            alice.cancels(&order).await.refused(503, "gateway_unavailable");
            assert!(alice.cancels(&order).await.status().is_success(), "{gateway:?}");
            assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Cancelled);
            phone::press(app, page_of(&attempt), "approve").await.expect(409);
        });
    }
}

#[test]
fn a_payment_whose_callback_is_lost_is_found_by_asking() {
    for (gateway, channel) in WAYS {
        natively(async |app| {
            let platform = Platform::of(app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            let ask = payment(&order.id, gateway, channel).fresh_key();
            let attempt: AttemptView = alice.ask(ask).await.read(201);
            let rule = json!({ "fault": "callback_lost", "gateway": gateway.name() });
            let request = Ask::post("/sandbox/faults").json(&rule).to(&app.setup().sandbox_url);
            assert_eq!(app.call_sandbox(request).await.status(), 201);
            phone::approve(app, page_of(&attempt)).await;
            app.let_work_go_on().await;
            assert_eq!(alice.looks_at(&order).await.status, OrderStatus::AwaitingPayment);
            alice.checks(&order).await.expect(200);
            assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid, "{gateway:?}");
        });
    }
}

#[test]
fn a_callback_with_another_amount_or_for_another_merchant_settles_nothing() {
    for fault in ["callback_wrong_amount", "callback_for_another_merchant"] {
        for (gateway, channel) in WAYS {
            natively(async |app| {
                let platform = Platform::of(app).await;
                platform.sells("rust-101", 9_900, "lin", 7_000).await;
                let alice = Shopper::learner(app, "alice");
                let order = alice.orders(&["rust-101"]).await;
                let ask = payment(&order.id, gateway, channel).fresh_key();
                let attempt: AttemptView = alice.ask(ask).await.read(201);
                let rule = json!({ "fault": fault, "gateway": gateway.name() });
                let request = Ask::post("/sandbox/faults").json(&rule).to(&app.setup().sandbox_url);
                assert_eq!(app.call_sandbox(request).await.status(), 201);
                phone::approve(app, page_of(&attempt)).await;
                app.let_work_go_on().await;
                assert_eq!(
                    alice.looks_at(&order).await.status,
                    OrderStatus::AwaitingPayment,
                    "{fault} {gateway:?}"
                );
                assert_eq!(platform.balance("suspense").await, 0);
                // Asked, the gateway says what was really paid.
                alice.checks(&order).await.expect(200);
                assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid, "{fault} {gateway:?}");
            });
        }
    }
}
