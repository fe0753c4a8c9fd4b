//! What is left after a crash, a lost call or a lost answer, at every place where one can happen?
//!
//! Each story is told again and again, with the fault one place further on each time, until the fault no
//! longer meets it. Afterwards the parties do what they would do: the learner's page sends its request again
//! under the same key, Alipay repeats its notify, the cron comes by. There must be one effect.

use coursepay_core::api::{AttemptView, OrderStatus, OrderView};
use coursepay_core::method::{Channel, Method};
use coursepay_edge::app::ports::Row;
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, cart, payment, qr_content};
use coursepay_tests::message::{Ask, fresh_key};
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;

/// Longer than an idempotency key is leased to a request that may still be running.
const LEASE_OVER_MS: i64 = 61_000;

/// One kind of fault, to be placed at the first occasion, the second, and so on.
type Kind = fn(u32) -> Fault;

const CRASH: Kind = |nth| Fault::Crash { nth };

const LOSSES: [(&str, Kind); 8] = [
    ("call to the database", |nth| Fault::CallLost { port: Port::Db, nth }),
    ("answer of the database", |nth| Fault::AnswerLost { port: Port::Db, nth }),
    ("call to the gateway", |nth| Fault::CallLost { port: Port::Http, nth }),
    ("answer of the gateway", |nth| Fault::AnswerLost { port: Port::Http, nth }),
    ("call to the queue", |nth| Fault::CallLost { port: Port::Queue, nth }),
    ("answer of the queue", |nth| Fault::AnswerLost { port: Port::Queue, nth }),
    ("call to a key", |nth| Fault::CallLost { port: Port::Crypto, nth }),
    ("answer of a key", |nth| Fault::AnswerLost { port: Port::Crypto, nth }),
];

/// Tells `story` with the fault at every place, and once without. The story says whether it struck. Gives
/// how often it did.
fn everywhere(kind: Kind, story: impl AsyncFn(&NativeApp, Fault) -> bool) -> u32 {
    for nth in 1.. {
        let app = NativeApp::start_with(u64::from(nth), |_| {});
        let struck = block_on(story(&app, kind(nth)));
        assert_invariants(&app.world.db);
        if !struck {
            return nth - 1;
        }
        assert!(nth < 500, "the story does not end");
    }
    unreachable!("the loop returns")
}

/// Does `work` under `fault`, and says whether it struck.
async fn under<T>(app: &NativeApp, fault: Fault, work: impl Future<Output = T>) -> bool {
    app.world.faults.plan(fault);
    app.world.faults.unless_crashed(work).await;
    app.world.faults.lift()
}

async fn open_order(app: &NativeApp) -> (Platform<'_, NativeApp>, Shopper<'_, NativeApp>, OrderView) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.credits("alice", 50_000).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&["rust-101"]).await;
    (platform, alice, order)
}

/// Whatever went wrong on the way: one order, one attempt, one sale, one access, one message.
async fn assert_one_effect(app: &NativeApp, platform: &Platform<'_, NativeApp>, order: &OrderView) {
    let count = |sql: &str| -> i64 {
        let rows: Vec<Row> = app.world.db.rows(sql, &[]);
        rows[0].0["n"].as_i64().unwrap()
    };
    assert_eq!(count("SELECT count(*) AS n FROM orders"), 1);
    assert_eq!(count("SELECT count(*) AS n FROM attempts"), 1);
    assert_eq!(count("SELECT count(*) AS n FROM entitlements"), 1);
    assert_eq!(count("SELECT count(*) AS n FROM outbox_messages"), 1);
    assert_eq!(platform.entries(&format!("order={}", order.id)).await.len(), 1);
    assert_eq!(platform.balance("creator:lin:pending").await, 6_930);
    assert_eq!(platform.balance("platform:fees").await, 2_970);
    assert_eq!(platform.balance("suspense").await, 0);
    let told: std::collections::BTreeSet<String> =
        platform.webhooks().into_iter().map(|webhook| webhook.id).collect();
    assert_eq!(told.len(), 1, "told at least once, and of one thing");
    assert_eq!(count("SELECT count(*) AS n FROM outbox_deliveries WHERE delivered_at_ms IS NULL"), 0);
}

/// Starts a payment under `fault`, sends the same request again as the page would, and pays.
async fn start_payment_under(app: &NativeApp, fault: Fault, key_again: bool) -> bool {
    let (platform, alice, order) = open_order(app).await;
    let key = fresh_key();
    let struck = under(app, fault, alice.ask(payment(&order, ALIPAY, Channel::Qr).key(&key))).await;
    app.world.clock.advance_ms(LEASE_OVER_MS);
    let key = if key_again { key } else { fresh_key() };
    let attempt: AttemptView = alice.ask(payment(&order, ALIPAY, Channel::Qr).key(&key)).await.read(201);
    phone::approve(app, &qr_content(&attempt)).await;
    app.let_work_go_on().await;
    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    assert_one_effect(app, &platform, &order).await;
    struck
}

async fn wallet_payment_under(app: &NativeApp, fault: Fault) -> bool {
    let (platform, alice, order) = open_order(app).await;
    let ask = payment(&order, Method::Wallet, Channel::Balance).fresh_key();
    let struck = under(app, fault, alice.ask(ask.clone())).await;
    app.world.clock.advance_ms(LEASE_OVER_MS);
    let _: AttemptView = alice.ask(ask).await.read(201);
    app.let_minutes_pass(2).await;
    assert_eq!(alice.balance_of("alice").await, 40_100);
    assert_one_effect(app, &platform, &order).await;
    struck
}

/// Takes the sandbox's notify in under `fault`; Alipay repeats after four minutes what was not acknowledged.
async fn callback_under(app: &NativeApp, fault: Fault) -> bool {
    let (platform, alice, order) = open_order(app).await;
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    phone::approve(app, &qr_content(&attempt)).await;
    let due = app.world.network.due_callbacks();
    let [callback] = <[_; 1]>::try_from(due).expect("one notify");
    app.world.faults.plan(fault);
    let answer = app.world.faults.unless_crashed(app.call(callback.request)).await;
    let struck = app.world.faults.lift();
    let answer = answer.unwrap_or_else(|| {
        http::Response::builder().status(502).body(bytes::Bytes::new()).expect("a response")
    });
    if answer.body().as_ref() == b"success" {
        // Acknowledged only after the commit: nobody will say it again.
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    }
    app.world.network.callback_answered(callback.id, &answer);
    app.let_minutes_pass(5).await;
    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    assert_one_effect(app, &platform, &order).await;
    struck
}

async fn create_order_under(app: &NativeApp, fault: Fault) -> bool {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(app, "alice");
    let ask = Ask::post("/v1/orders").json(&cart(&["rust-101"])).fresh_key();
    let struck = under(app, fault, alice.ask(ask.clone())).await;
    app.world.clock.advance_ms(LEASE_OVER_MS);
    let order: OrderView = alice.ask(ask).await.read(201);
    assert!(order.order_token.is_some(), "the token is in the answer however often it is given");
    let buyers = app.world.db.rows("SELECT id FROM buyers", &[]);
    let orders = app.world.db.rows("SELECT id FROM orders", &[]);
    assert_eq!((buyers.len(), orders.len()), (1, 1));
    struck
}

async fn credit_under(app: &NativeApp, fault: Fault) -> bool {
    let platform = Platform::of(app).await;
    let body = serde_json::json!({"amount_minor": 50_000, "currency": "CNY", "reason": "a gift"});
    let ask = Ask::post("/v1/wallets/alice/credits").json(&body).fresh_key();
    let struck = under(app, fault, platform.ask(ask.clone())).await;
    app.world.clock.advance_ms(LEASE_OVER_MS);
    platform.ask(ask).await.expect(201);
    assert_eq!(platform.balance("wallet:alice").await, 50_000);
    struck
}

/// Everything that happens by itself after a payment: the webhook's job, and the cron.
async fn background_under(app: &NativeApp, fault: Fault) -> bool {
    let (platform, alice, order) = open_order(app).await;
    app.hold_callbacks(true);
    let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
    phone::approve(app, &qr_content(&attempt)).await;
    // No notify ever arrives: the poller must find the money, and the platform must be told of it.
    app.world.clock.advance_ms(60_000);
    let work = async {
        app.fire_cron().await;
        app.let_work_go_on().await;
        app.world.clock.advance_ms(60_000);
        app.fire_cron().await;
        app.let_work_go_on().await;
    };
    let struck = under(app, fault, work).await;
    app.let_minutes_pass(10).await;
    assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
    assert_one_effect(app, &platform, &order).await;
    struck
}

#[test]
fn a_crash_anywhere_in_starting_a_payment_is_made_up_for_by_the_same_request() {
    let places = everywhere(CRASH, async |app, fault| start_payment_under(app, fault, true).await);
    assert!(places >= 12, "only {places} places");
}

#[test]
fn a_crash_anywhere_in_starting_a_payment_is_made_up_for_by_a_new_request() {
    let places = everywhere(CRASH, async |app, fault| start_payment_under(app, fault, false).await);
    assert!(places >= 12, "only {places} places");
}

#[test]
fn a_crash_anywhere_in_the_callback_is_made_up_for_by_the_next_notify() {
    let places = everywhere(CRASH, callback_under);
    assert!(places >= 6, "only {places} places");
}

#[test]
fn a_crash_anywhere_in_a_wallet_payment_is_made_up_for_by_the_same_request() {
    let places = everywhere(CRASH, wallet_payment_under);
    assert!(places >= 6, "only {places} places");
}

#[test]
fn a_crash_anywhere_in_ordering_is_made_up_for_by_the_same_request() {
    let places = everywhere(CRASH, create_order_under);
    assert!(places >= 4, "only {places} places");
}

#[test]
fn a_crash_anywhere_in_crediting_is_made_up_for_by_the_same_request() {
    let places = everywhere(CRASH, credit_under);
    assert!(places >= 4, "only {places} places");
}

#[test]
fn a_crash_anywhere_in_the_background_is_made_up_for_by_the_cron() {
    let places = everywhere(CRASH, background_under);
    assert!(places >= 12, "only {places} places");
}

#[test]
fn a_commit_whose_reply_was_lost_is_found_and_answered_as_done() {
    everywhere(
        |nth| Fault::AnswerLost { port: Port::Db, nth },
        async |app, fault| {
            let (_, alice, order) = open_order(app).await;
            app.world.faults.plan(fault);
            let answer = alice.asks_to_pay(&order, Method::Wallet, Channel::Balance).await;
            let struck = app.world.faults.lift();
            if alice.looks_at(&order).await.status == OrderStatus::Paid {
                answer.expect(201);
            } else {
                answer.refused(503, "database_unavailable");
            }
            struck
        },
    );
    everywhere(
        |nth| Fault::AnswerLost { port: Port::Db, nth },
        async |app, fault| {
            let (_, alice, order) = open_order(app).await;
            let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
            phone::approve(app, &qr_content(&attempt)).await;
            let [callback] = <[_; 1]>::try_from(app.world.network.due_callbacks()).expect("one notify");
            app.world.faults.plan(fault);
            let answer = app.call(callback.request).await;
            let struck = app.world.faults.lift();
            let is_paid = alice.looks_at(&order).await.status == OrderStatus::Paid;
            assert_eq!(is_paid, answer.body().as_ref() == b"success");
            struck
        },
    );
}

/// Tells the story with every kind of loss at every place; at least one of them must be met.
fn whatever_is_lost(story: impl AsyncFn(&NativeApp, Fault) -> bool) {
    let places: u32 = LOSSES
        .iter()
        .map(|(name, kind)| {
            let places = everywhere(*kind, &story);
            println!("lost {name}: {places} places");
            places
        })
        .sum();
    assert!(places >= 4, "only {places} places");
}

#[test]
fn whatever_is_lost_in_starting_a_payment_there_is_one_effect() {
    whatever_is_lost(async |app, fault| start_payment_under(app, fault, true).await);
}

#[test]
fn whatever_is_lost_in_the_callback_there_is_one_effect() {
    whatever_is_lost(callback_under);
}

#[test]
fn whatever_is_lost_in_a_wallet_payment_there_is_one_effect() {
    whatever_is_lost(wallet_payment_under);
}

#[test]
fn whatever_is_lost_in_ordering_there_is_one_order() {
    whatever_is_lost(create_order_under);
}

#[test]
fn whatever_is_lost_in_crediting_it_is_credited_once() {
    whatever_is_lost(credit_under);
}

#[test]
fn whatever_is_lost_in_the_background_there_is_one_effect() {
    whatever_is_lost(background_under);
}
