//! Is the platform told once, and in time, of an order that is left unpaid?

use std::collections::BTreeSet;

use coursepay_core::api::{OrderStatus, OrderView};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, qr_content};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use serde_json::{Value, json};

fn reminding(seed: u64, minutes: &str) -> NativeApp {
    NativeApp::start_with(seed, |variables| {
        variables.insert("UNPAID_REMINDER_MINUTES".to_owned(), minutes.to_owned());
    })
}

/// In a deployment that reminds ten minutes before the deadline.
fn reminded(story: impl AsyncFn(&NativeApp, &Platform<'_, NativeApp>, &Shopper<'_, NativeApp>, &OrderView)) {
    let app = reminding(1, "10");
    block_on(async {
        let (platform, alice, order) = ordered(&app).await;
        story(&app, &platform, &alice, &order).await;
    });
    assert_invariants(&app.world.db);
}

async fn ordered(app: &NativeApp) -> (Platform<'_, NativeApp>, Shopper<'_, NativeApp>, OrderView) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.credits("alice", 9_900).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&["rust-101"]).await;
    (platform, alice, order)
}

fn told(platform: &Platform<'_, NativeApp>) -> Vec<Value> {
    let bodies = platform.webhooks().into_iter().map(|webhook| webhook.body);
    bodies.filter(|body| body["type"] == "order.unpaid").collect()
}

#[test]
fn an_unpaid_order_is_told_of_once_ten_minutes_before_its_deadline() {
    reminded(async |app, platform, alice, order| {
        alice.pays(order, ALIPAY, Channel::Qr).await;
        app.let_minutes_pass(19).await;
        assert!(told(platform).is_empty());
        app.let_minutes_pass(2).await;
        let order = alice.looks_at(order).await;
        assert_eq!(
            told(platform)[0]["data"]["order"],
            json!({
                "id": order.id, "user": "alice", "currency": "CNY", "total_minor": 9_900,
                "expires_at_ms": order.expires_at_ms,
                "lines": [{ "product": "rust-101", "title": order.lines[0].title, "kind": "course",
                            "net_minor": 9_900 }],
                "sequence": told(platform)[0]["data"]["order"]["sequence"],
                "head_hash": told(platform)[0]["data"]["order"]["head_hash"],
            })
        );
        assert_eq!(order.status, OrderStatus::AwaitingPayment);
        app.let_minutes_pass(60).await;
        assert_eq!(told(platform).len(), 1);
        let path = format!("/v1/orders/{}/events", order.id);
        let history: Value = platform.ask(Ask::get(path)).await.read(200);
        assert_eq!(history["holds"], true);
    });
}

#[test]
fn nobody_is_reminded_of_an_order_that_is_paid_cancelled_or_on_its_way() {
    reminded(async |app, platform, alice, order| {
        alice.pays_by_wallet(order).await;
        platform.sells("two", 100, "lin", 0).await;
        platform.sells("three", 9_900, "lin", 0).await;
        let given_up = alice.orders(&["two"]).await;
        alice.cancels(&given_up).await.expect(200);
        let on_its_way = alice.orders(&["three"]).await;
        let attempt = pays(app, alice, &on_its_way.id, GatewayId::Stripe, Channel::Redirect).await;
        phone::press(app, &page_of(app, &attempt).await, "approve_later").await.expect(200);
        app.let_minutes_pass(60).await;
        assert!(told(platform).is_empty());
        // And nothing is looked at any more, though the bank has not said how the third ends.
        assert!(app.world.db.rows("SELECT id FROM orders WHERE remind_at_ms IS NOT NULL", &[]).is_empty());
    });
}

#[test]
fn a_payment_whose_callback_was_lost_is_found_instead_of_reminded_of() {
    reminded(async |app, platform, alice, order| {
        app.hold_callbacks(true);
        let attempt = alice.pays(order, ALIPAY, Channel::Qr).await;
        phone::approve(app, &qr_content(&attempt)).await;
        // Nobody else asks.
        app.sql("UPDATE attempts SET next_at_ms = NULL", &[]).await.unwrap();
        app.let_minutes_pass(22).await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid);
        assert!(told(platform).is_empty());
    });
}

#[test]
fn nobody_is_reminded_where_it_is_not_asked_for() {
    for minutes in ["0", ""] {
        let app = reminding(1, minutes);
        block_on(async {
            let (platform, ..) = ordered(&app).await;
            app.let_minutes_pass(60).await;
            assert!(told(&platform).is_empty(), "{minutes:?}");
        });
    }
}

#[test]
fn a_number_of_minutes_that_cannot_be_is_told_of_and_reminds_nobody() {
    for minutes in ["1", "30", "-5", "ten", "10.5"] {
        let app = reminding(1, minutes);
        block_on(async {
            let (platform, ..) = ordered(&app).await;
            app.let_minutes_pass(60).await;
            assert!(told(&platform).is_empty(), "{minutes}");
            let health: Value = app.ask(Ask::get("/v1/health")).await.read(200);
            assert_eq!(health["problems"][0]["variable"], "UNPAID_REMINDER_MINUTES");
        });
    }
}

#[test]
fn jobs_that_come_twice_at_once_tell_once() {
    for seed in 1..=20 {
        let app = reminding(seed, "10");
        block_on(async {
            let (platform, ..) = ordered(&app).await;
            app.world.clock.advance_ms(21 * 60_000);
            app.fire_cron().await;
            app.world.queue.repeat_all();
            futures::join!(app.work_one_message(), app.work_one_message());
            app.let_minutes_pass(3).await;
            assert_eq!(told(&platform).len(), 1, "seed {seed}");
        });
    }
}

#[test]
fn whatever_is_lost_on_the_way_it_is_told_once() {
    let kinds: [fn(u32) -> Fault; 5] = [
        |nth| Fault::Crash { nth },
        |nth| Fault::CallLost { port: Port::Db, nth },
        |nth| Fault::AnswerLost { port: Port::Db, nth },
        |nth| Fault::CallLost { port: Port::Queue, nth },
        |nth| Fault::AnswerLost { port: Port::Http, nth },
    ];
    for kind in kinds {
        for nth in 1..60 {
            let app = reminding(u64::from(nth), "10");
            let struck = block_on(async {
                let (platform, alice, order) = ordered(&app).await;
                alice.pays(&order, ALIPAY, Channel::Qr).await;
                app.world.clock.advance_ms(20 * 60_000);
                app.world.faults.plan(kind(nth));
                app.world
                    .faults
                    .unless_crashed(async {
                        app.fire_cron().await;
                        app.let_work_go_on().await;
                    })
                    .await;
                let struck = app.world.faults.lift();
                app.let_minutes_pass(8).await;
                // A webhook whose answer was lost is sent again, under the same name.
                let all = platform.webhooks().into_iter();
                let unpaid = all.filter(|webhook| webhook.body["type"] == "order.unpaid");
                let names: BTreeSet<String> = unpaid.map(|webhook| webhook.id).collect();
                assert_eq!(names.len(), 1, "{:?}", kind(nth));
                struck
            });
            assert_invariants(&app.world.db);
            if !struck {
                break;
            }
        }
    }
}

#[test]
fn nobody_is_reminded_while_the_gateway_does_not_say_whether_it_was_paid() {
    reminded(async |app, platform, alice, order| {
        app.hold_callbacks(true);
        let attempt = alice.pays(order, ALIPAY, Channel::Qr).await;
        phone::approve(app, &qr_content(&attempt)).await;
        // Nobody else asks.
        app.sql("UPDATE attempts SET next_at_ms = NULL", &[]).await.unwrap();
        app.world.clock.advance_ms(20 * 60_000);
        app.fire_cron().await;
        app.world.faults.plan(Fault::AnswerLost { port: Port::Http, nth: 1 });
        app.let_work_go_on().await;
        assert!(app.world.faults.lift(), "the gateway was asked");
        assert!(told(platform).is_empty());
        app.let_minutes_pass(2).await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid);
        assert!(told(platform).is_empty());
    });
}

#[test]
fn a_reminder_that_could_not_be_delivered_is_taken_back_once_the_order_is_paid() {
    reminded(async |app, platform, alice, order| {
        app.world.network.endpoint_answers(&[http::StatusCode::SERVICE_UNAVAILABLE]);
        app.let_minutes_pass(20).await;
        let tries = told(platform).len();
        assert_eq!(tries, 1);
        alice.pays_by_wallet(order).await;
        app.let_minutes_pass(60).await;
        assert_eq!(told(platform).len(), tries);
        let waiting = "SELECT message_id FROM outbox_deliveries WHERE next_at_ms IS NOT NULL";
        assert!(app.world.db.rows(waiting, &[]).is_empty());
    });
}
