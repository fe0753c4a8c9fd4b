//! What happens when time passes: expiry, lost callbacks, and messages that do not arrive at once?

use coursepay_core::api::{AttemptStatus, OrderStatus, OrderView, RefundPurpose};
use coursepay_core::method::Channel;
use coursepay_tests::actors::alipay::{notify, notify_paid};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, qr_content};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use http::StatusCode;
use serde_json::Value;

async fn open_order(app: &NativeApp) -> (Platform<'_, NativeApp>, Shopper<'_, NativeApp>, OrderView) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&["rust-101"]).await;
    (platform, alice, order)
}

/// What the sandbox knows of the one trade there is.
async fn trade(app: &NativeApp) -> Value {
    let request = http::Request::get("https://sandbox.example/sandbox/payments.json")
        .body(bytes::Bytes::new())
        .unwrap();
    let trades: Value = serde_json::from_slice(app.call_sandbox(request).await.body()).unwrap();
    let trades = trades["payments"].as_array().unwrap();
    assert_eq!(trades.len(), 1);
    trades[0].clone()
}

#[test]
fn an_unpaid_order_expires_at_its_deadline_and_not_before() {
    natively(async |app| {
        let (_, alice, order) = open_order(app).await;
        assert_eq!(order.expires_at_ms, app.now_ms() + 30 * 60_000);
        app.let_minutes_pass(29).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::AwaitingPayment);
        app.let_minutes_pass(2).await;
        let expired = alice.looks_at(&order).await;
        assert_eq!(expired.status, OrderStatus::Expired);
        assert!(expired.methods.is_empty());
        // The cart is free again.
        assert_ne!(alice.orders(&["rust-101"]).await.id, order.id);
    });
}

#[test]
fn an_expiring_order_closes_its_trade_at_the_gateway_first() {
    natively(async |app| {
        let (_, alice, order) = open_order(app).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        phone::scan(app, &qr_content(&attempt)).await.expect(200);
        assert_eq!(trade(app).await["status"], "WAIT_BUYER_PAY");
        // Every creation says when it ends: with its order, or before it.
        assert!(trade(app).await["expires_at_ms"].as_i64().unwrap() <= order.expires_at_ms);
        app.let_minutes_pass(32).await;
        assert_eq!(trade(app).await["status"], "TRADE_CLOSED");
        let expired = alice.looks_at(&order).await;
        assert_eq!(expired.status, OrderStatus::Expired);
        assert_eq!(expired.attempt.unwrap().status, AttemptStatus::Closed);
        assert_eq!(phone::press(app, &qr_content(&attempt), "approve").await.status().as_u16(), 409);
    });
}

#[test]
fn a_payment_found_while_expiring_settles_instead() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        app.hold_callbacks(true);
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        // Nobody asks and nobody reports until the deadline has passed; the money came before it.
        phone::approve(app, &qr_content(&attempt)).await;
        app.world.clock.advance_ms(31 * 60_000);
        app.fire_cron().await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
        assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    });
}

#[test]
fn late_money_on_an_expired_order_settles_it_while_everything_is_still_to_be_had() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        app.let_minutes_pass(32).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Expired);
        notify_paid(app, &attempt.merchant_no, 9_900).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
        assert!(platform.opens("alice", "rust-101").await);
        assert_eq!(platform.balance("suspense").await, 0);
    });
}

#[test]
fn late_money_for_what_is_owned_meanwhile_is_surplus() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        app.let_minutes_pass(32).await;
        platform.credits("alice", 9_900).await;
        alice.pays_by_wallet(&alice.orders(&["rust-101"]).await).await;
        notify_paid(app, &attempt.merchant_no, 9_900).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Expired);
        assert_eq!(platform.balance("refunds:reserved").await, 9_900, "on its way back");
        assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    });
}

#[test]
fn money_on_a_cancelled_order_is_always_surplus() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        alice.cancels(&order).await.expect(200);
        notify_paid(app, &attempt.merchant_no, 9_900).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Cancelled);
        assert!(!platform.opens("alice", "rust-101").await);
        assert_eq!(platform.entries("account=suspense").await[0]["order"], order.id);
        assert_eq!(platform.balance("refunds:reserved").await, 9_900, "on its way back");
        let returned = &platform.refunds_of(&order.id).await[0];
        assert_eq!((returned.purpose, returned.amount_minor), (RefundPurpose::Surplus, 9_900));
    });
}

#[test]
fn a_lost_callback_is_made_up_for_by_the_poller() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        app.hold_callbacks(true);
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        phone::approve(app, &qr_content(&attempt)).await;
        app.let_minutes_pass(2).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
        assert_eq!(platform.webhooks().len(), 1);
        // The callback that comes after all changes nothing and is acknowledged.
        app.hold_callbacks(false);
        app.let_work_go_on().await;
        assert_eq!(trade(app).await["callbacks"][0]["acknowledged"], true);
        assert_eq!(platform.entries(&format!("order={}", order.id)).await.len(), 1);
    });
}

#[test]
fn a_check_by_the_page_asks_the_gateway_at_most_every_three_seconds() {
    natively(async |app| {
        let (_, alice, order) = open_order(app).await;
        app.hold_callbacks(true);
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        app.world.clock.advance_ms(3_000);
        let checked: OrderView = alice.checks(&order).await.read(200);
        assert_eq!(checked.status, OrderStatus::AwaitingPayment);
        phone::approve(app, &qr_content(&attempt)).await;
        app.world.clock.advance_ms(2_999);
        let too_soon: OrderView = alice.checks(&order).await.read(200);
        assert_eq!(too_soon.status, OrderStatus::AwaitingPayment);
        app.world.clock.advance_ms(1);
        let found: OrderView = alice.checks(&order).await.read(200);
        assert_eq!(found.status, OrderStatus::Paid);
    });
}

#[test]
fn a_gateway_that_stays_silent_does_not_lock_an_order_for_ever() {
    natively(async |app| {
        let (_, alice, order) = open_order(app).await;
        // The creation arrives, its answer does not, and from then on nothing does.
        app.world.faults.plan(Fault::AnswerLost { port: Port::Http, nth: 1 });
        alice.asks_to_pay(&order, ALIPAY, Channel::Qr).await.refused(503, "gateway_unavailable");
        for hour in 0..26 {
            if hour < 24 {
                let status = alice.looks_at(&order).await.status;
                assert_eq!(status, OrderStatus::AwaitingPayment, "it could still be paid after {hour} h");
            }
            for _ in 0..12 {
                app.world.clock.advance_ms(5 * 60_000);
                fire_cron_in_silence(app).await;
            }
        }
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Expired);
    });
}

/// One run of the cron and of what it claims, while no call to the gateway arrives.
async fn fire_cron_in_silence(app: &NativeApp) {
    app.fire_cron().await;
    while !app.world.queue.is_empty() {
        app.world.faults.plan(Fault::CallLost { port: Port::Http, nth: 1 });
        app.work_one_message().await;
    }
    app.world.faults.lift();
}

#[test]
fn a_webhook_is_sent_again_on_schedule_until_it_is_taken() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        platform.credits("alice", 9_900).await;
        let down =
            [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND, StatusCode::GONE, StatusCode::BAD_REQUEST];
        app.world.network.endpoint_answers(&down);
        alice.pays_by_wallet(&order).await;
        app.let_work_go_on().await;
        assert_eq!(platform.webhooks().len(), 1);
        let due_after_s = |s: i64| s.div_euclid(60) + 2;
        for (n, wait_s) in [5, 5 * 60, 30 * 60, 2 * 3_600].into_iter().enumerate() {
            app.let_minutes_pass(u32::try_from(due_after_s(wait_s)).unwrap()).await;
            assert_eq!(platform.webhooks().len(), n + 2, "after {wait_s} s");
        }
        let all = platform.webhooks();
        assert!(all.iter().all(|webhook| webhook.id == all[0].id && webhook.body == all[0].body));
        assert!(all.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp));
        // The fifth was taken: that is the end of it.
        app.let_minutes_pass(6 * 60).await;
        assert_eq!(platform.webhooks().len(), 5);
    });
}

#[test]
fn a_webhook_that_is_never_taken_is_given_up_after_ten_tries() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        platform.credits("alice", 9_900).await;
        app.world.network.endpoint_answers(&[StatusCode::SERVICE_UNAVAILABLE; 50]);
        alice.pays_by_wallet(&order).await;
        app.let_work_go_on().await;
        for _ in 0..100 {
            app.world.clock.advance_ms(3_600_000);
            app.fire_cron().await;
            app.let_work_go_on().await;
        }
        assert_eq!(platform.webhooks().len(), 10);
        assert!(app.world.log_lines().iter().any(|line| line.contains("webhook_given_up")));
    });
}

#[test]
fn a_message_that_the_queue_forgot_is_found_by_the_cron() {
    natively(async |app| {
        let (platform, alice, order) = open_order(app).await;
        platform.credits("alice", 9_900).await;
        alice.pays_by_wallet(&order).await;
        assert_eq!(app.world.queue.len(), 1);
        app.world.queue.lose_all();
        app.let_work_go_on().await;
        assert!(platform.webhooks().is_empty());
        app.let_minutes_pass(3).await;
        assert_eq!(platform.webhooks().len(), 1);
    });
}

#[test]
fn a_message_that_the_queue_brings_twice_at_once_is_delivered_once() {
    for seed in 1..=20 {
        let app = NativeApp::start_with(seed, |_| {});
        block_on(async {
            let (platform, alice, order) = open_order(&app).await;
            platform.credits("alice", 9_900).await;
            alice.pays_by_wallet(&order).await;
            app.world.queue.repeat_all();
            futures::join!(app.work_one_message(), app.work_one_message());
            assert_eq!(platform.webhooks().len(), 1, "seed {seed}");
            app.let_minutes_pass(10).await;
            assert_eq!(platform.webhooks().len(), 1, "seed {seed}");
        });
    }
}

#[test]
fn the_log_knows_no_person_and_no_secret() {
    natively(async |app| {
        let (_, alice, order) = open_order(app).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        phone::approve(app, &qr_content(&attempt)).await;
        app.let_minutes_pass(2).await;
        notify(app, "a=b").await;
        let guest = Shopper::guest(app);
        let body =
            serde_json::json!({"lines": [{"product": "rust-101"}], "buyer": {"email": "guest@example.org"}});
        guest.asks_to_order(&body).await.expect(201);
        let setup = app.setup();
        let everything = app.world.log_lines().join("\n");
        let stored = format!("{:?}", app.world.db.contents());
        for secret in ["guest@example.org", &setup.token_secret, setup.alipay.app_key.private_key_base64()] {
            assert!(!everything.contains(secret) && !stored.contains(secret), "{secret} shows");
        }
        for line in app.world.log_lines() {
            serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
    });
}
