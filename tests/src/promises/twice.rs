//! What happens once, however often it is asked for or reported?

use coursepay_core::api::{OrderStatus, RefundPurpose, RefundStage, RefundStatus};
use coursepay_core::method::{Channel, GatewayId, Method};
use futures::future::join_all;
use serde_json::json;

use crate::actors::alipay::{Notify, assert_acknowledged, notify, notify_paid};
use crate::actors::gateway::{befalls, refunds_of};
use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::{ALIPAY, Shopper, cart, qr_content};
use crate::target::Target;

/// The same notify ten times at once, and once more an hour later.
pub async fn ten_notifies_at_once_have_one_effect<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    let setup = target.setup();
    let paid = Notify::paid(setup, &attempt.merchant_no, 9_900, target.now_ms());
    let body = paid.signed_by(&setup.alipay.gateway_key);

    for answer in join_all((0..10).map(|_| notify(target, &body))).await {
        assert_acknowledged(&answer);
    }
    let later = coursepay_sandbox::shanghai_text(target.now_ms() + 3_600_000);
    let again = paid.with("notify_time", &later).signed_by(&setup.alipay.gateway_key);
    assert_acknowledged(&notify(target, &again).await);

    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    assert_eq!(platform.entries(&format!("order={}", order.id)).await.len(), 1);
    assert_eq!(platform.balance("gateway:alipay:clearing").await, 9_900);
    let deliveries = target.sql("SELECT sum(deliveries) AS n FROM callbacks", &[]).await.expect("the inbox");
    assert_eq!(deliveries[0].0["n"], 11);
    target.until("the platform is told", async || !platform.webhooks().is_empty()).await;
    assert_eq!(platform.webhooks().len(), 1);
}

/// Approved at Alipay, and then the wallet is tried: the wallet is not touched.
pub async fn alipay_then_wallet_is_one_sale_and_nothing_over<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.credits("alice", 50_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    notify_paid(target, &attempt.merchant_no, 9_900).await;

    let wallet = alice.asks_to_pay(&order, Method::Wallet, Channel::Balance).await;
    wallet.refused(409, "order_paid");

    assert_eq!(alice.balance_of("alice").await, 50_000);
    assert_eq!(platform.balance("gateway:alipay:clearing").await, 9_900);
    assert_eq!(platform.balance("suspense").await, 0);
}

/// Paid from the wallet after a QR code was shown; then the code is paid all the same, closed as it is. What
/// came over goes back by itself.
pub async fn wallet_then_alipay_is_one_sale_and_the_rest_goes_back<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.credits("alice", 50_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    phone::scan(target, &qr_content(&attempt)).await.expect(200);
    befalls(target, GatewayId::Alipay, json!({ "fault": "pay_after_close" })).await;
    alice.pays_by_wallet(&order).await;
    phone::approve(target, &qr_content(&attempt)).await;
    target.until("the surplus is back", async || is_back(&platform, &order.id).await).await;

    assert_eq!(alice.balance_of("alice").await, 40_100);
    assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    for account in ["gateway:alipay:clearing", "suspense", "refunds:reserved"] {
        assert_eq!(platform.balance(account).await, 0, "{account}");
    }
    let [(number, amount_minor, _)] = &refunds_of(target, &attempt.merchant_no).await[..] else {
        panic!("one refund")
    };
    let returned = &platform.refunds_of(&order.id).await[0];
    assert_eq!((number, *amount_minor), (&returned.id, 9_900));
    assert_eq!(returned.purpose, RefundPurpose::Surplus);
    let order = alice.looks_at(&order).await;
    assert_eq!((order.status, order.refund_status), (OrderStatus::Paid, RefundStatus::None));
    assert!(platform.opens("alice", "rust-101").await);
}

async fn is_back<T: Target>(platform: &Platform<'_, T>, order: &str) -> bool {
    let refunds = platform.refunds_of(order).await;
    refunds.first().is_some_and(|refund| refund.status == RefundStage::Succeeded)
}

/// The code is paid while the wallet is being spent: whoever comes first has the sale, and the other's money
/// goes back.
pub async fn alipay_and_wallet_at_once_are_one_sale<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.credits("alice", 50_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    phone::scan(target, &qr_content(&attempt)).await.expect(200);
    befalls(target, GatewayId::Alipay, json!({ "fault": "pay_after_close" })).await;
    let content = qr_content(&attempt);
    let (_, wallet) = futures::join!(
        phone::approve(target, &content),
        alice.asks_to_pay(&order, Method::Wallet, Channel::Balance),
    );
    let has_wallet_won = wallet.status() == 201;
    if has_wallet_won {
        target.until("the surplus is back", async || is_back(&platform, &order.id).await).await;
    } else {
        wallet.refused(409, "order_paid");
    }
    let (spent, held) = if has_wallet_won { (9_900, 0) } else { (0, 9_900) };
    assert_eq!(alice.balance_of("alice").await, 50_000 - spent);
    assert_eq!(platform.balance("gateway:alipay:clearing").await, held);
    assert_eq!(platform.balance("suspense").await, 0);
    assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    assert_eq!(platform.balance("platform:fees").await, 2_970);
    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
}

/// Two requests at once, and one with another learner's clumsy order of the same products: one order.
pub async fn a_double_click_and_a_second_tab_make_one_order<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.sells("ink-painting", 10_000, "mei", 10_000).await;
    let alice = Shopper::learner(target, "alice");
    let (one, other) = (cart(&["rust-101", "ink-painting"]), cart(&["ink-painting", "rust-101"]));
    let answers = join_all([&one, &one, &other, &other].map(|cart| alice.asks_to_order(cart))).await;

    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 201]);
    let ids: std::collections::BTreeSet<String> = answers
        .iter()
        .map(|answer| answer.read::<coursepay_core::api::OrderView>(answer.status().as_u16()).id)
        .collect();
    assert_eq!(ids.len(), 1);

    let order = alice.orders(&["rust-101", "ink-painting"]).await;
    let (first, second) = futures::join!(alice.pays(&order, ALIPAY, Channel::Qr), async {
        alice.pays(&order, ALIPAY, Channel::Qr).await
    });
    assert_eq!(first, second, "both tabs show one code");
    phone::approve(target, &qr_content(&first)).await;
    target
        .until("the order is paid", async || alice.looks_at(&order).await.status == OrderStatus::Paid)
        .await;
    assert_eq!(platform.balance("gateway:alipay:clearing").await, 19_900);
}
