//! Can anybody check what has happened to an order?

use coursepay_core::method::Channel;
use coursepay_core::order::event::{StoredEvent, verify};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, qr_content};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::target::Target as _;
use serde_json::Value;

async fn history(shopper: &Shopper<'_, NativeApp>, order: &str) -> (Vec<StoredEvent>, bool) {
    let answer: Value = shopper.ask(Ask::get(format!("/v1/orders/{order}/events"))).await.read(200);
    (serde_json::from_value(answer["events"].clone()).unwrap(), answer["holds"].as_bool().unwrap())
}

#[test]
fn the_history_of_an_order_holds_and_has_the_head_that_the_webhook_told() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        phone::approve(app, &qr_content(&attempt)).await;
        app.let_work_go_on().await;
        platform.refunds(&order.id, &serde_json::json!({ "reason": "x" })).await;
        let (events, holds) = history(&alice, &order.id).await;
        assert!(holds);
        verify(&events).unwrap();
        let kinds: Vec<Value> = events
            .iter()
            .map(|event| serde_json::from_str::<Value>(&event.body).unwrap()["event"].clone())
            .collect();
        assert_eq!(
            kinds,
            [
                "order_created",
                "attempt_started",
                "attempt_pending",
                "attempt_paid",
                "order_paid",
                "refund_requested",
                "refund_succeeded"
            ]
        );
        let told = platform.webhooks()[0].body["data"]["order"].clone();
        let place = usize::try_from(told["sequence"].as_i64().unwrap()).unwrap();
        assert_eq!(told["head_hash"], events[place - 1].hash.as_str());
    });
}

#[test]
fn a_history_that_was_rewritten_past_us_is_seen() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        app.sql("DROP TRIGGER order_events_no_update", &[]).await.unwrap();
        let body = "SELECT body FROM order_events";
        let before = app.sql(body, &[]).await.unwrap()[0].0["body"].clone();
        let cheaper = "UPDATE order_events SET body = replace(body, '9900', '1')";
        app.sql(cheaper, &[]).await.unwrap();
        let (events, holds) = history(&alice, &order.id).await;
        assert!(!holds);
        assert_eq!(verify(&events).unwrap_err().at, 1);
        let back = "UPDATE order_events SET body = ?1";
        app.sql(back, &[before.as_str().unwrap().into()]).await.unwrap();
    });
}

#[test]
fn somebody_elses_history_is_not_there() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let order = Shopper::learner(app, "alice").orders(&["rust-101"]).await;
        let ask = Ask::get(format!("/v1/orders/{}/events", order.id));
        Shopper::learner(app, "bo").ask(ask.clone()).await.refused(404, "order_not_found");
        Shopper::guest(app).ask(ask.clone()).await.refused(401, "token_missing");
        Shopper::holder(app, &order).ask(ask.clone()).await.expect(200);
        platform.ask(ask).await.expect(200);
    });
}
