//! What does paying from the wallet do?

use coursepay_core::api::{AttemptStatus, OrderStatus};
use coursepay_core::method::{Channel, Method};
use futures::future::join_all;

use crate::actors::platform::Platform;
use crate::actors::shopper::Shopper;
use crate::target::Target;

/// A learner with 500.00 pays 100.00 to a creator who has 200.00; afterwards they have 400.00 and 300.00.
pub async fn the_worked_example_holds_to_the_cent<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("earlier-course", 20_000, "mei", 10_000).await;
    platform.sells("ink-painting", 10_000, "mei", 10_000).await;
    platform.credits("bo", 20_000).await;
    let bo = Shopper::learner(target, "bo");
    bo.pays_by_wallet(&bo.orders(&["earlier-course"]).await).await;
    platform.credits("alice", 50_000).await;
    assert_eq!(platform.balance("creator:mei:pending").await, 20_000);
    assert_eq!(platform.balance("wallet:alice").await, 50_000);

    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["ink-painting"]).await;
    let attempt = alice.pays_by_wallet(&order).await;

    assert_eq!(attempt.status, AttemptStatus::Paid);
    assert_eq!(alice.balance_of("alice").await, 40_000);
    assert_eq!(platform.balance("creator:mei:pending").await, 30_000);
    assert_eq!(platform.balance("platform:fees").await, 0);
    let entries = platform.entries(&format!("order={}", order.id)).await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    let signed: Vec<(&str, i64)> = entries[0]["postings"]
        .as_array()
        .expect("postings")
        .iter()
        .map(|posting| {
            let amount = posting["amount_minor"].as_i64().expect("an amount");
            (
                posting["account"].as_str().expect("a name"),
                if posting["side"] == "debit" { amount } else { -amount },
            )
        })
        .collect();
    assert_eq!(signed, [("wallet:alice", 10_000), ("creator:mei:pending", -10_000)]);
    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    assert!(platform.opens("alice", "ink-painting").await);
}

/// One learner, fifty different courses, fifty purchases at once on a balance that covers twenty.
pub async fn of_fifty_purchases_at_once_exactly_the_covered_twenty_settle<T: Target>(target: &T) {
    const PRICE: i64 = 9_999;
    let platform = Platform::of(target).await;
    platform.credits("alice", 20 * PRICE + PRICE - 1).await;
    let alice = Shopper::learner(target, "alice");
    let mut orders = Vec::new();
    for n in 0..50 {
        let product = format!("course-{n}");
        platform.sells(&product, PRICE, "lin", 7_000).await;
        orders.push(alice.orders(&[&product]).await);
    }

    let payments = orders.iter().map(|order| alice.asks_to_pay(order, Method::Wallet, Channel::Balance));
    let answers = join_all(payments).await;

    let (mut settled, mut open) = (0, 0);
    for (order, answer) in orders.iter().zip(&answers) {
        let now = alice.looks_at(order).await;
        if answer.status().is_success() {
            settled += 1;
            assert_eq!(now.status, OrderStatus::Paid);
        } else {
            open += 1;
            answer.refused(409, "insufficient_funds");
            assert_eq!(now.status, OrderStatus::AwaitingPayment);
            assert!(now.attempt.is_none(), "a refused purchase leaves nothing behind");
        }
    }
    assert_eq!((settled, open), (20, 30));
    let creator = platform.balance("creator:lin:pending").await;
    let fees = platform.balance("platform:fees").await;
    assert_eq!(alice.balance_of("alice").await, PRICE - 1);
    assert_eq!((creator, fees), (20 * 6_999, 20 * 3_000));
    let credits = platform.balance("platform:wallet_grants").await;
    assert_eq!(
        alice.balance_of("alice").await + creator + fees,
        credits,
        "nothing is lost and nothing is made"
    );
}
