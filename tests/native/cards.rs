//! What of a card or a bank debit that pays days later, or does not?

use coursepay_core::api::{AttemptStatus, OrderStatus, OrderView};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_tests::actors::gateway::befalls;
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use serde_json::json;

/// Alice has ordered a course of 99.00 and left her bank's details at Stripe: the bank will say.
struct Debit<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    alice: Shopper<'a, NativeApp>,
    order: OrderView,
    page: String,
}

impl<'a> Debit<'a> {
    async fn begun(app: &'a NativeApp) -> Self {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = pays(app, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
        let page = page_of(app, &attempt).await;
        phone::press(app, &page, "approve_later").await.expect(200);
        Self { app, platform, alice, order, page }
    }

    async fn presses(&self, button: &str) {
        phone::press(self.app, &self.page, button).await.expect(200);
        self.app.let_work_go_on().await;
    }

    async fn status(&self) -> (OrderStatus, Option<AttemptStatus>) {
        let order = self.alice.looks_at(&self.order).await;
        (order.status, order.attempt.map(|attempt| attempt.status))
    }
}

fn debit(story: impl AsyncFn(&Debit<'_>)) {
    natively(async |app| story(&Debit::begun(app).await).await);
}

#[test]
fn a_payment_that_completes_days_later_is_processing_until_then_and_opens_the_course_then() {
    debit(async |debit| {
        debit.app.let_work_go_on().await;
        assert_eq!(debit.status().await, (OrderStatus::AwaitingPayment, Some(AttemptStatus::Processing)));
        assert!(!debit.platform.opens("alice", "rust-101").await, "completed is not paid");
        debit.app.let_minutes_pass(600).await;
        assert_eq!(debit.status().await, (OrderStatus::AwaitingPayment, Some(AttemptStatus::Processing)));
        debit.presses("settle").await;
        assert_eq!(debit.status().await, (OrderStatus::Paid, Some(AttemptStatus::Paid)));
        assert!(debit.platform.opens("alice", "rust-101").await);
        assert_eq!(debit.platform.balance("gateway:stripe:clearing").await, 9_900);
    });
}

#[test]
fn a_payment_that_completes_when_the_order_has_long_expired_still_opens_the_course() {
    debit(async |debit| {
        debit.app.let_minutes_pass(26 * 60).await;
        assert_eq!(debit.status().await.0, OrderStatus::Expired);
        debit.presses("settle").await;
        assert_eq!(debit.status().await, (OrderStatus::Paid, Some(AttemptStatus::Paid)));
        assert!(debit.platform.opens("alice", "rust-101").await);
    });
}

#[test]
fn a_payment_that_fails_days_later_is_closed_and_opens_nothing() {
    debit(async |debit| {
        debit.app.let_work_go_on().await;
        debit.presses("fail").await;
        assert_eq!(debit.status().await, (OrderStatus::AwaitingPayment, Some(AttemptStatus::Closed)));
        assert!(debit.platform.entries(&format!("order={}", debit.order.id)).await.is_empty());
        // The order goes on with another method.
        debit.alice.pays(&debit.order, ALIPAY, Channel::Qr).await;
    });
}

#[test]
fn either_end_is_found_by_asking_when_its_callback_is_lost() {
    for (button, ends) in [("settle", OrderStatus::Paid), ("fail", OrderStatus::Expired)] {
        debit(async |debit| {
            befalls(debit.app, GatewayId::Stripe, json!({ "fault": "callback_lost" })).await;
            debit.presses(button).await;
            debit.app.let_minutes_pass(60).await;
            assert_eq!(debit.status().await.0, ends, "{button}");
        });
    }
}

#[test]
fn while_it_is_on_its_way_nothing_replaces_it_and_the_order_is_not_given_up() {
    debit(async |debit| {
        debit.platform.credits("alice", 9_900).await;
        let alice = &debit.alice;
        alice.asks_to_pay(&debit.order, ALIPAY, Channel::Qr).await.refused(409, "payment_processing");
        alice
            .asks_to_pay(&debit.order, Method::Wallet, Channel::Balance)
            .await
            .refused(409, "payment_processing");
        alice.cancels(&debit.order).await.refused(409, "payment_processing");
        assert_eq!(alice.balance_of("alice").await, 9_900);
        debit.presses("settle").await;
        assert_eq!(debit.status().await.0, OrderStatus::Paid);
    });
}
