//! Does money go back the way it came, and everything with it?

use coursepay_core::api::{AttemptStatus, OrderStatus, OrderView, RefundStage, RefundStatus, RefundView};
use coursepay_core::method::{Channel, GatewayId};
use serde_json::json;

use crate::actors::gateway::refunds_of;
use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::Shopper;
use crate::promises::methods::{WAYS, page_of, pays};
use crate::target::Target;

/// What the books hold: clearing (or wallet), creator, platform, reserved.
type Books = [i64; 4];

async fn books<T: Target>(platform: &Platform<'_, T>, source: &str) -> Books {
    let mut books = [0; 4];
    let accounts = [source, "creator:lin:pending", "platform:fees", "refunds:reserved"];
    for (held, account) in books.iter_mut().zip(accounts) {
        *held = platform.balance(account).await;
    }
    books
}

fn change(before: Books, after: Books) -> Books {
    let mut change = after;
    change.iter_mut().zip(before).for_each(|(after, before)| *after -= before);
    change
}

/// Bought for 99.99 on each method and channel, 33.33 of it refunded, then the rest: order, attempt, refunds,
/// access and ledger after each step.
pub async fn a_course_is_refunded_in_part_and_in_full_through_every_method<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    let alice = Shopper::learner(target, "alice");
    for (number, (gateway, channel, account)) in WAYS.into_iter().enumerate() {
        let product = format!("course-{number}");
        platform.sells(&product, 9_999, "lin", 7_000).await;
        let source = format!("gateway:{account}:clearing");
        let start = books(&platform, &source).await;
        let order = alice.orders(&[&product]).await;
        let merchant_no = bought(target, &alice, &order, gateway, channel).await;
        let bought = alice.looks_at(&order).await;
        assert_eq!(bought.status, OrderStatus::Paid);
        assert_eq!(bought.attempt.map(|attempt| attempt.status), Some(AttemptStatus::Paid));
        assert_eq!(
            change(start, books(&platform, &source).await),
            [9_999, 6_999, 3_000, 0],
            "{gateway:?} {channel:?}"
        );

        let part = platform
            .refunds(&order.id, &json!({ "amount_minor": 3_333, "reason": "退 +5% & \"more\"" }))
            .await;
        is_done(target, &platform, &part).await;
        // 70 % of 33.33, rounded down.
        assert_eq!(
            change(start, books(&platform, &source).await),
            [6_666, 4_666, 2_000, 0],
            "{gateway:?} {channel:?}"
        );
        assert_eq!(alice.looks_at(&order).await.refund_status, RefundStatus::Partial);
        assert!(platform.opens("alice", &product).await, "a part closes nothing");

        let rest = platform
            .refunds(&order.id, &json!({ "lines": [{ "product": product }], "reason": "退课" }))
            .await;
        assert_eq!(rest.amount_minor, 6_666);
        is_done(target, &platform, &rest).await;
        assert_eq!(change(start, books(&platform, &source).await), [0; 4], "{gateway:?} {channel:?}");
        let order = alice.looks_at(&order).await;
        assert_eq!((order.status, order.refund_status), (OrderStatus::Paid, RefundStatus::Full));
        assert!(!platform.opens("alice", &product).await, "all of it closes the course");
        let known = refunds_of(target, &merchant_no).await;
        let amounts: Vec<i64> = known.iter().map(|(_, minor, _)| *minor).collect();
        assert_eq!(amounts, [3_333, 6_666], "two refunds at the gateway");
        // Stripe has numbers of its own.
        if gateway != GatewayId::Stripe {
            let numbers: Vec<&str> = known.iter().map(|(number, ..)| number.as_str()).collect();
            assert_eq!(numbers, [&part.id, &rest.id]);
        }
        platform
            .asks_to_refund(&order.id, &json!({ "reason": "again" }))
            .await
            .refused(409, "nothing_to_refund");
    }
    a_wallet_gets_back_what_it_paid(&platform, &alice).await;
    target.until("the platform is told", async || told(&platform) == 2 * WAYS.len() + 1).await;
}

/// How many refunds the platform was told of.
fn told<T: Target>(platform: &Platform<'_, T>) -> usize {
    platform.webhooks().iter().filter(|webhook| webhook.body["type"] == "refund.succeeded").count()
}

async fn bought<T: Target>(
    target: &T,
    alice: &Shopper<'_, T>,
    order: &OrderView,
    gateway: GatewayId,
    channel: Channel,
) -> String {
    let attempt = pays(target, alice, &order.id, gateway, channel).await;
    phone::approve(target, &page_of(target, &attempt).await).await;
    target.until("the order is paid", async || alice.looks_at(order).await.status == OrderStatus::Paid).await;
    attempt.merchant_no
}

async fn is_done<T: Target>(target: &T, platform: &Platform<'_, T>, refund: &RefundView) {
    let succeeded = async || platform.refund(&refund.id).await.status == RefundStage::Succeeded;
    target.until("the refund has succeeded", succeeded).await;
}

async fn a_wallet_gets_back_what_it_paid<T: Target>(platform: &Platform<'_, T>, alice: &Shopper<'_, T>) {
    platform.credits("alice", 20_000).await;
    platform.sells("by-wallet", 9_999, "lin", 7_000).await;
    let order = alice.orders(&["by-wallet"]).await;
    alice.pays_by_wallet(&order).await;
    let refund = platform.refunds(&order.id, &json!({ "reason": "退课" })).await;
    assert_eq!((refund.status, refund.amount_minor), (RefundStage::Succeeded, 9_999));
    assert_eq!(alice.balance_of("alice").await, 20_000);
    assert!(!platform.opens("alice", "by-wallet").await);
}
