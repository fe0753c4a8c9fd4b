//! What does buying a course by Alipay do?

use coursepay_core::api::{AttemptStatus, OrderStatus, OrderView};
use coursepay_core::method::Channel;

use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::{ALIPAY, Shopper, cart, qr_content};
use crate::target::Target;

/// Ordered, shown as a QR code, approved at the cashier: booked to the cent, opened, and the platform told.
pub async fn a_course_bought_by_alipay_qr_is_booked_opened_and_told<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_999, "lin", 7_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    assert!(order.order_token.is_some());
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    assert_eq!(attempt.status, AttemptStatus::Pending);

    phone::approve(target, &qr_content(&attempt)).await;
    target
        .until("the order is paid", async || alice.looks_at(&order).await.status == OrderStatus::Paid)
        .await;

    assert_eq!(platform.balance("gateway:alipay:clearing").await, 9_999);
    assert_eq!(platform.balance("creator:lin:pending").await, 6_999);
    assert_eq!(platform.balance("platform:fees").await, 3_000);
    assert!(platform.opens("alice", "rust-101").await);
    target.until("the platform is told", async || !platform.webhooks().is_empty()).await;
    let told = platform.webhooks();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body["type"], "order.paid");
    let data = &told[0].body["data"]["order"];
    assert_eq!(data["id"], order.id);
    assert_eq!(data["user"], "alice");
    assert_eq!(data["total_minor"], 9_999);
    assert_eq!(data["currency"], "CNY");
    assert_eq!(data["lines"][0]["product"], "rust-101");
    assert_eq!(data["payment"]["attempt"], attempt.id);
    assert_eq!(data["payment"]["method"], "alipay");
    assert_eq!(data["payment"]["channel"], "qr");
    assert_eq!(data["head_hash"].as_str().map(str::len), Some(64));
    let rows = target
        .sql("SELECT sequence, head_hash FROM orders WHERE id = ?1", &[order.id.as_str().into()])
        .await
        .expect("the order's row");
    assert_eq!((&data["sequence"], &data["head_hash"]), (&rows[0].0["sequence"], &rows[0].0["head_hash"]));
}

/// Somebody without an account buys with nothing but the order's token; the e-mail address is not kept in
/// the clear.
pub async fn a_guest_buys_with_the_orders_token_alone<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let cart =
        serde_json::json!({"lines": [{"product": "rust-101"}], "buyer": {"email": "guest@example.org"}});
    let order: OrderView = Shopper::guest(target).asks_to_order(&cart).await.read(201);
    let guest = Shopper::holder(target, &order);
    let attempt = guest.pays(&order, ALIPAY, Channel::Qr).await;
    phone::approve(target, &qr_content(&attempt)).await;
    target
        .until("the order is paid", async || guest.looks_at(&order).await.status == OrderStatus::Paid)
        .await;
    assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    target.until("the platform is told", async || !platform.webhooks().is_empty()).await;
    assert_eq!(platform.webhooks()[0].body["data"]["order"]["user"], serde_json::Value::Null);
    let buyers = target.sql("SELECT email_sealed FROM buyers", &[]).await.expect("the buyers");
    let sealed = buyers[0].0["email_sealed"].as_str().expect("a sealed address");
    assert!(!sealed.contains("guest"), "{sealed}");
}

/// The page is reloaded while the code is on the screen: the same order, the same code.
pub async fn a_reload_finds_the_same_order_and_the_same_code<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    let reloaded: OrderView = alice.asks_to_order(&cart(&["rust-101"])).await.read(200);
    assert_eq!(reloaded.id, order.id);
    assert_eq!(reloaded.attempt, Some(attempt.clone()));
    assert_eq!(alice.pays(&order, ALIPAY, Channel::Qr).await, attempt);
}

/// A scanned code and a declined payment are no payment.
pub async fn an_order_that_nobody_approves_stays_open<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    phone::scan(target, &qr_content(&attempt)).await.expect(200);
    phone::decline(target, &qr_content(&attempt)).await;
    target.let_work_go_on().await;
    alice.checks(&order).await.expect(200);
    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::AwaitingPayment);
    assert_eq!(platform.entries(&format!("order={}", order.id)).await.len(), 0);
    assert!(!platform.opens("alice", "rust-101").await);
}
