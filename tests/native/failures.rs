//! Is the learner told why a payment was not made, and can they pay in another way?

use coursepay_core::api::{AttemptStatus, AttemptView, FailureReason, OrderStatus, OrderView};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use serde_json::Value;

async fn ordered(app: &NativeApp) -> (Platform<'_, NativeApp>, Shopper<'_, NativeApp>, OrderView) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&["rust-101"]).await;
    (platform, alice, order)
}

async fn shown(alice: &Shopper<'_, NativeApp>, order: &OrderView) -> (AttemptStatus, Option<FailureReason>) {
    let attempt: AttemptView = alice.looks_at(order).await.attempt.unwrap();
    (attempt.status, attempt.failure)
}

#[test]
fn a_card_that_is_declined_is_told_of_and_another_try_or_another_method_still_pays() {
    for pays_by_another in [false, true] {
        natively(async |app| {
            let (platform, alice, order) = ordered(app).await;
            let attempt = pays(app, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
            let page = page_of(app, &attempt).await;
            phone::press(app, &page, "decline").await.expect(200);
            app.let_work_go_on().await;
            assert_eq!(shown(&alice, &order).await, (AttemptStatus::Pending, Some(FailureReason::Declined)));
            let path = format!("/v1/orders/{}/events", order.id);
            let events: Value = platform.ask(Ask::get(path)).await.read(200);
            let told = events["events"].as_array().unwrap().iter();
            let declines = told.filter(|event| event["body"].as_str().unwrap().contains("attempt_declined"));
            assert_eq!(declines.count(), 1);
            if pays_by_another {
                platform.credits("alice", 9_900).await;
                alice.asks_to_pay(&order, Method::Wallet, Channel::Balance).await.expect(201);
            } else {
                phone::approve(app, &page).await;
                app.let_work_go_on().await;
            }
            assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
            assert_eq!(shown(&alice, &order).await, (AttemptStatus::Paid, None));
        });
    }
}

#[test]
fn a_debit_that_fails_days_later_was_declined() {
    natively(async |app| {
        let (_, alice, order) = ordered(app).await;
        let attempt = pays(app, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
        let page = page_of(app, &attempt).await;
        phone::press(app, &page, "approve_later").await.expect(200);
        app.let_work_go_on().await;
        phone::press(app, &page, "fail").await.expect(200);
        app.let_work_go_on().await;
        let (status, failure) = shown(&alice, &order).await;
        assert_eq!(status, AttemptStatus::Closed);
        assert!(
            matches!(failure, Some(FailureReason::Declined | FailureReason::InsufficientBalance)),
            "{failure:?}"
        );
    });
}

#[test]
fn a_payment_that_nobody_made_timed_out_and_one_that_was_given_up_was_cancelled() {
    natively(async |app| {
        let (_, alice, order) = ordered(app).await;
        alice.pays(&order, ALIPAY, Channel::Qr).await;
        alice.cancels(&order).await.expect(200);
        assert_eq!(shown(&alice, &order).await, (AttemptStatus::Closed, Some(FailureReason::Cancelled)));
        let order = alice.orders(&["rust-101"]).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        phone::scan(app, &coursepay_tests::actors::shopper::qr_content(&attempt)).await.expect(200);
        app.let_minutes_pass(35).await;
        assert_eq!(shown(&alice, &order).await, (AttemptStatus::Closed, Some(FailureReason::TimedOut)));
    });
}

#[test]
fn what_a_gateway_does_not_take_was_refused_and_another_method_pays() {
    let app = NativeApp::start_with(1, |variables| {
        variables.insert("ALIPAY_PRECREATE_PRODUCT_CODE".to_owned(), "NOT_OURS".to_owned());
    });
    futures::executor::block_on(async {
        let (platform, alice, order) = ordered(&app).await;
        alice.asks_to_pay(&order, ALIPAY, Channel::Qr).await.refused(502, "gateway_refused");
        assert_eq!(shown(&alice, &order).await, (AttemptStatus::Failed, Some(FailureReason::Refused)));
        platform.credits("alice", 9_900).await;
        alice.pays_by_wallet(&order).await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    });
}

#[test]
fn a_decline_that_comes_late_leaves_a_closed_payment_to_be_asked_about() {
    natively(async |app| {
        let (_, alice, order) = ordered(app).await;
        let attempt = pays(app, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
        app.hold_callbacks(true);
        phone::press(app, &page_of(app, &attempt).await, "decline").await.expect(200);
        alice.cancels(&order).await.expect(200);
        // Its gateway does not answer when it is asked once more, long after its time.
        app.world.clock.advance_ms(50 * 60_000);
        let schedule = "SELECT next_at_ms FROM attempts WHERE next_at_ms IS NOT NULL";
        assert_eq!(app.world.db.rows(schedule, &[]).len(), 1);
        app.hold_callbacks(false);
        app.deliver_callbacks().await;
        assert_eq!(shown(&alice, &order).await, (AttemptStatus::Closed, Some(FailureReason::Declined)));
        assert_eq!(app.world.db.rows(schedule, &[]).len(), 1, "it is still asked about");
    });
}
