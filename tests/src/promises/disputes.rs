//! What of money that a buyer's bank takes back?

use coursepay_core::api::{DisputeStatus, DisputeView, OrderStatus};
use coursepay_core::method::{Channel, GatewayId};
use serde_json::{Value, json};

use crate::actors::gateway::{decides, disputes};
use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::Shopper;
use crate::message::Ask;
use crate::promises::methods::{page_of, pays};
use crate::target::Target;

/// Taken back, the money is neither ours nor lost; lost, it is taken from all who had earned it, and the course
/// closes.
pub async fn a_lost_dispute_takes_what_the_sale_gave_and_closes_the_course<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = pays(target, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
    phone::approve(target, &page_of(target, &attempt).await).await;
    target
        .until("the order is paid", async || alice.looks_at(&order).await.status == OrderStatus::Paid)
        .await;

    let dispute = disputes(target, &json!({ "payment": attempt.merchant_no })).await;
    target.until("the dispute is listed", async || !listed(&platform, "open").await.is_empty()).await;
    assert_eq!(platform.balance("gateway:stripe:clearing").await, 0);
    assert_eq!(platform.balance("gateway:stripe:disputed").await, 9_900);
    assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    assert!(platform.opens("alice", "rust-101").await, "nothing is decided");

    decides(target, &dispute, "lost").await;
    target.until("the dispute is lost", async || !listed(&platform, "lost").await.is_empty()).await;
    for account in ["gateway:stripe:disputed", "creator:lin:pending", "platform:fees"] {
        assert_eq!(platform.balance(account).await, 0, "{account}");
    }
    assert!(!platform.opens("alice", "rust-101").await);
    let known = listed(&platform, "lost").await;
    assert_eq!((known[0].status, &known[0].gateway_no), (DisputeStatus::Lost, &dispute));
}

async fn listed<T: Target>(platform: &Platform<'_, T>, status: &str) -> Vec<DisputeView> {
    let answer: Value = platform.ask(Ask::get(format!("/v1/disputes?status={status}"))).await.read(200);
    serde_json::from_value(answer["disputes"].clone()).expect("disputes")
}
