//! What if a gateway acts and its answer is lost? One effect in the end, under one number.

use coursepay_core::api::{Action, AttemptView, OrderStatus, OrderView, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_tests::actors::gateway::{befalls, payments};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::setup::SCHOOL_ORIGIN;
use coursepay_tests::target::Target as _;
use serde_json::json;

/// Ways to pay in which we call the gateway to begin.
const WAYS: [(GatewayId, Channel); 4] = [
    (GatewayId::Alipay, Channel::Qr),
    (GatewayId::WechatPay, Channel::Qr),
    (GatewayId::WechatPay, Channel::Mobile),
    (GatewayId::Stripe, Channel::Redirect),
];

/// Alice has ordered a course of 99.00; told once for each way to pay, each in a world of its own.
fn ordered(
    ways: &[(GatewayId, Channel)],
    story: impl AsyncFn(
        &NativeApp,
        &Platform<'_, NativeApp>,
        &Shopper<'_, NativeApp>,
        &OrderView,
        GatewayId,
        Channel,
    ),
) {
    for &(gateway, channel) in ways {
        natively(async |app| {
            let platform = Platform::of(app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            story(app, &platform, &alice, &order, gateway, channel).await;
        });
    }
}

fn payment(order: &str, gateway: GatewayId, channel: Channel) -> Ask {
    let return_url = (channel == Channel::Redirect).then(|| format!("{SCHOOL_ORIGIN}/paid"));
    let body = StartPayment { method: Method::External(gateway), channel, return_url };
    Ask::post(format!("/v1/orders/{order}/payments")).json(&body)
}

fn page_of(attempt: &AttemptView) -> &str {
    match &attempt.action {
        Action::QrCode { content, .. } => content,
        // What follows is for the browser alone.
        Action::Redirect { url } => url.split('?').next().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_creation_that_took_effect_unheard_is_found_under_its_number() {
    ordered(&WAYS, async |app, platform, alice, order, gateway, channel| {
        befalls(app, gateway, json!({ "fault": "timeout_after_effect", "operation": "create", "times": 1 }))
            .await;
        let ask = payment(&order.id, gateway, channel).fresh_key();
        alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
        let attempt: AttemptView = alice.ask(ask).await.read(201);
        phone::approve(app, page_of(&attempt)).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{gateway:?}");
        let known = payments(app).await;
        assert_eq!(known.len(), 1, "one payment at the gateway: {known:?}");
        assert_eq!(known[0]["number"], attempt.merchant_no);
        assert_eq!(platform.balance(&format!("gateway:{}:clearing", gateway.name())).await, 9_900);
    });
}

#[test]
fn a_creation_that_never_arrived_is_sent_again_under_its_number() {
    ordered(&WAYS, async |app, _, alice, order, gateway, channel| {
        befalls(app, gateway, json!({ "fault": "timeout_before_effect", "operation": "create", "times": 1 }))
            .await;
        let ask = payment(&order.id, gateway, channel).fresh_key();
        alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
        let attempt: AttemptView = alice.ask(ask).await.read(201);
        let known = payments(app).await;
        assert_eq!(known.len(), 1);
        assert_eq!(known[0]["number"], attempt.merchant_no);
    });
}

#[test]
fn a_gateway_that_says_not_now_is_asked_once_more_with_the_same_request() {
    for fault in ["server_error", "rate_limited"] {
        ordered(&WAYS[1..], async |app, _, alice, order, gateway, channel| {
            befalls(app, gateway, json!({ "fault": fault, "operation": "create", "times": 1 })).await;
            let attempt: AttemptView =
                alice.ask(payment(&order.id, gateway, channel).fresh_key()).await.read(201);
            let known = payments(app).await;
            assert_eq!(known.len(), 1, "{fault} {gateway:?}");
            assert_eq!(known[0]["number"], attempt.merchant_no);
            befalls(app, gateway, json!({ "fault": fault, "operation": "close", "times": 2 })).await;
            // But only once: a gateway that is down is not hammered.
            alice.cancels(order).await.refused(503, "gateway_unavailable");
        });
    }
}

#[test]
fn a_close_that_took_effect_unheard_ends_in_one_closed_attempt() {
    ordered(&WAYS, async |app, _, alice, order, gateway, channel| {
        let attempt: AttemptView =
            alice.ask(payment(&order.id, gateway, channel).fresh_key()).await.read(201);
        phone::scan(app, page_of(&attempt)).await;
        befalls(app, gateway, json!({ "fault": "timeout_after_effect", "operation": "close", "times": 1 }))
            .await;
        alice.cancels(order).await.refused(503, "gateway_unavailable");
        assert!(alice.cancels(order).await.status().is_success(), "{gateway:?}");
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Cancelled);
        phone::press(app, page_of(&attempt), "approve").await.expect(409);
    });
}

/// Alice pays, and all that we ever hear of it is that our call was not answered.
async fn pays_unheard(
    app: &NativeApp,
    alice: &Shopper<'_, NativeApp>,
    order: &OrderView,
    gateway: GatewayId,
    channel: Channel,
) {
    befalls(app, gateway, json!({ "fault": "timeout_after_effect", "operation": "create", "times": 1 }))
        .await;
    befalls(app, gateway, json!({ "fault": "callback_lost" })).await;
    alice.ask(payment(&order.id, gateway, channel).fresh_key()).await.refused(503, "gateway_unavailable");
    let page = payments(app).await[0]["cashier_url"].as_str().unwrap().to_owned();
    phone::approve(app, &page).await;
}

#[test]
fn a_payment_under_a_number_never_heard_of_again_is_found_when_it_is_to_be_closed() {
    ordered(&WAYS, async |app, platform, alice, order, gateway, channel| {
        pays_unheard(app, alice, order, gateway, channel).await;
        app.let_work_go_on().await;
        alice.cancels(order).await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{gateway:?}");
        assert_eq!(platform.balance(&format!("gateway:{}:clearing", gateway.name())).await, 9_900);
    });
}

#[test]
fn a_payment_under_a_number_never_heard_of_again_is_found_a_day_later() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    ordered(&WAYS, async |app, platform, alice, order, gateway, channel| {
        pays_unheard(app, alice, order, gateway, channel).await;
        // Nothing of ours ran meanwhile, and Stripe has forgotten the key under which it would say the name again.
        app.world.clock.advance_ms(DAY_MS);
        app.let_minutes_pass(10).await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{gateway:?}");
        assert_eq!(platform.balance(&format!("gateway:{}:clearing", gateway.name())).await, 9_900);
    });
}

#[test]
fn a_payment_whose_callback_is_lost_is_found_by_asking() {
    ordered(&WAYS, async |app, _, alice, order, gateway, channel| {
        let attempt: AttemptView =
            alice.ask(payment(&order.id, gateway, channel).fresh_key()).await.read(201);
        befalls(app, gateway, json!({ "fault": "callback_lost" })).await;
        phone::approve(app, page_of(&attempt)).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::AwaitingPayment);
        alice.checks(order).await.expect(200);
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{gateway:?}");
    });
}

#[test]
fn a_callback_with_another_amount_or_for_another_merchant_settles_nothing() {
    for fault in ["callback_wrong_amount", "callback_for_another_merchant"] {
        ordered(&WAYS, async |app, platform, alice, order, gateway, channel| {
            let ask = payment(&order.id, gateway, channel).fresh_key();
            let attempt: AttemptView = alice.ask(ask).await.read(201);
            befalls(app, gateway, json!({ "fault": fault })).await;
            phone::approve(app, page_of(&attempt)).await;
            app.let_work_go_on().await;
            assert_eq!(
                alice.looks_at(order).await.status,
                OrderStatus::AwaitingPayment,
                "{fault} {gateway:?}"
            );
            assert_eq!(platform.balance("suspense").await, 0);
            // Asked, the gateway says what was really paid.
            alice.checks(order).await.expect(200);
            assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{fault} {gateway:?}");
        });
    }
}

#[test]
fn a_callback_that_comes_twice_or_after_a_forged_one_is_one_sale() {
    for fault in ["callback_duplicated", "callback_forged"] {
        ordered(&WAYS, async |app, platform, alice, order, gateway, channel| {
            let ask = payment(&order.id, gateway, channel).fresh_key();
            let attempt: AttemptView = alice.ask(ask).await.read(201);
            befalls(app, gateway, json!({ "fault": fault })).await;
            phone::approve(app, page_of(&attempt)).await;
            app.let_work_go_on().await;
            assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{fault} {gateway:?}");
            assert_eq!(
                platform.entries(&format!("order={}", order.id)).await.len(),
                1,
                "{fault} {gateway:?}"
            );
            let sql =
                "SELECT count(*) AS n FROM callbacks WHERE outcome = 'quarantined' AND merchant_no = ?1";
            let odd = app.sql(sql, &[attempt.merchant_no.as_str().into()]).await.unwrap();
            assert_eq!(odd[0].0["n"], 0, "what does not verify touches no inbox: {fault} {gateway:?}");
        });
    }
}

#[test]
fn a_callback_dated_too_long_ago_is_refused_where_its_date_is_signed() {
    let dated = [(GatewayId::WechatPay, Channel::Qr), (GatewayId::Stripe, Channel::Redirect)];
    ordered(&dated, async |app, _, alice, order, gateway, channel| {
        let attempt: AttemptView =
            alice.ask(payment(&order.id, gateway, channel).fresh_key()).await.read(201);
        befalls(app, gateway, json!({ "fault": "callback_stale" })).await;
        phone::approve(app, page_of(&attempt)).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::AwaitingPayment, "{gateway:?}");
        alice.checks(order).await.expect(200);
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{gateway:?}");
    });
}
