//! What does the same request get when it is sent again?

use coursepay_core::api::{AttemptView, OrderStatus, OrderView};
use coursepay_core::method::{Channel, Method};
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, cart, payment, qr_content};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::faults::{Fault, Port, let_others_go_first};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use futures::future::join_all;

async fn shop(app: &NativeApp) -> (Platform<'_, NativeApp>, Shopper<'_, NativeApp>) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.sells("ink-painting", 10_000, "mei", 10_000).await;
    (platform, Shopper::learner(app, "alice"))
}

#[test]
fn the_same_key_and_body_get_the_same_answer() {
    block_on(async {
        let app = NativeApp::start();
        let (platform, alice) = shop(&app).await;
        platform.credits("alice", 50_000).await;
        let ask = Ask::post("/v1/orders").json(&cart(&["rust-101"])).key("k");
        let (first, again) = (alice.ask(ask.clone()).await, alice.ask(ask).await);
        first.expect(201);
        assert_eq!((first.status(), first.text()), (again.status(), again.text()));
        let order: OrderView = first.read(201);
        let ask = payment(&order, Method::Wallet, Channel::Balance).key("k");
        let (first, again) = (alice.ask(ask.clone()).await, alice.ask(ask).await);
        first.expect(201);
        assert_eq!((first.status(), first.text()), (again.status(), again.text()));
        assert_eq!(alice.balance_of("alice").await, 40_100);
    });
}

#[test]
fn the_same_key_with_another_body_is_refused() {
    block_on(async {
        let app = NativeApp::start();
        let (platform, alice) = shop(&app).await;
        alice.ask(Ask::post("/v1/orders").json(&cart(&["rust-101"])).key("k")).await.expect(201);
        let other = Ask::post("/v1/orders").json(&cart(&["ink-painting"])).key("k");
        alice.ask(other.clone()).await.refused(422, "idempotency_key_reused");
        // Another learner's keys are their own.
        Shopper::learner(&app, "bo").ask(other).await.expect(201);
        let credit = |amount: i64| {
            let body = serde_json::json!({"amount_minor": amount, "currency": "CNY", "reason": "r"});
            Ask::post("/v1/wallets/alice/credits").json(&body).key("k")
        };
        platform.ask(credit(100)).await.expect(201);
        platform.ask(credit(100)).await.expect(201);
        platform.ask(credit(101)).await.refused(422, "idempotency_key_reused");
        assert_eq!(platform.balance("wallet:alice").await, 100);
    });
}

#[test]
fn guests_do_not_meet_in_a_key_that_anyone_could_use() {
    block_on(async {
        let app = NativeApp::start();
        shop(&app).await;
        let guest = Shopper::guest(&app);
        let ask = |key: &str| Ask::post("/v1/orders").json(&cart(&["rust-101"])).key(key);
        let one: OrderView = guest.ask(ask("fifteen-letters")).await.read(201);
        let other: OrderView = guest.ask(ask("fifteen-letters")).await.read(201);
        assert_ne!(one.id, other.id, "the answer holds the order's token: it is not for whoever comes next");
        let first: OrderView = guest.ask(ask("sixteen--letters")).await.read(201);
        let again: OrderView = guest.ask(ask("sixteen--letters")).await.read(201);
        assert_eq!(first, again, "a repeat gets the token again: a guest has nothing else");
    });
}

#[test]
fn while_the_first_is_running_a_repeat_is_told_so_and_afterwards_it_resumes() {
    block_on(async {
        let app = NativeApp::start();
        let (_, alice) = shop(&app).await;
        let order = alice.orders(&["rust-101"]).await;
        let ask = payment(&order, ALIPAY, Channel::Qr).key("k");
        // The first ends while it waits for the gateway.
        app.world.faults.plan(Fault::Crash { nth: 12 });
        assert!(app.world.faults.unless_crashed(alice.ask(ask.clone())).await.is_none());
        app.world.faults.lift();
        alice.ask(ask.clone()).await.refused(409, "idempotency_in_progress");
        app.world.clock.advance_ms(61_000);
        let attempt: AttemptView = alice.ask(ask.clone()).await.read(201);
        let again: AttemptView = alice.ask(ask).await.read(201);
        assert_eq!(attempt, again);
        assert_eq!(app.world.db.rows("SELECT id FROM attempts", &[]).len(), 1);
    });
}

#[test]
fn a_refusal_that_can_be_mended_binds_no_key() {
    block_on(async {
        let app = NativeApp::start();
        let (platform, alice) = shop(&app).await;
        let order = alice.orders(&["rust-101"]).await;
        let by_wallet = payment(&order, Method::Wallet, Channel::Balance).key("k");
        alice.ask(by_wallet.clone()).await.refused(409, "insufficient_funds");
        platform.credits("alice", 9_900).await;
        alice.ask(by_wallet).await.expect(201);

        let order = alice.orders(&["ink-painting"]).await;
        let by_qr = payment(&order, ALIPAY, Channel::Qr).key("q");
        app.world.faults.plan(Fault::CallLost { port: Port::Http, nth: 1 });
        alice.ask(by_qr.clone()).await.refused(503, "gateway_unavailable");
        app.world.faults.lift();
        // No waiting for a lease: the first has let go.
        let attempt: AttemptView = alice.ask(by_qr).await.read(201);
        qr_content(&attempt);
        assert_eq!(app.world.db.rows("SELECT id FROM attempts WHERE method = 'alipay'", &[]).len(), 1);
    });
}

#[test]
fn the_same_request_ten_times_at_once_has_one_effect() {
    block_on(async {
        for seed in 1..=20 {
            let app = NativeApp::start_with(seed, |_| {});
            let (platform, alice) = shop(&app).await;
            platform.credits("alice", 50_000).await;
            let order = alice.orders(&["rust-101"]).await;
            for method in [(ALIPAY, Channel::Qr), (Method::Wallet, Channel::Balance)] {
                let ask = payment(&order, method.0, method.1).key(method.0.name());
                let answers = join_all((0..10).map(|_| alice.ask(ask.clone()))).await;
                let fine = answers.iter().filter(|answer| answer.status() == 201).count();
                assert!(fine >= 1, "seed {seed}: {}", answers[0].text());
                let bodies: std::collections::BTreeSet<String> = answers
                    .iter()
                    .filter(|answer| answer.status() == 201)
                    .map(|answer| answer.text())
                    .collect();
                assert_eq!(bodies.len(), 1, "seed {seed}");
                for answer in answers.iter().filter(|answer| answer.status() != 201) {
                    answer.refused(409, "idempotency_in_progress");
                }
            }
            assert_eq!(alice.balance_of("alice").await, 40_100, "seed {seed}");
            assert_eq!(app.world.db.rows("SELECT id FROM attempts", &[]).len(), 2, "seed {seed}");
            assert_eq!(platform.entries(&format!("order={}", order.id)).await.len(), 1);
        }
    });
}

#[test]
fn alipay_and_wallet_at_once_are_one_sale_and_the_rest_is_on_its_way_back() {
    use coursepay_tests::actors::alipay::{Notify, assert_acknowledged, notify};
    block_on(async {
        let mut won_by_wallet = 0;
        for seed in 1..=80 {
            let app = NativeApp::start_with(seed, |_| {});
            let (platform, alice) = shop(&app).await;
            platform.credits("alice", 50_000).await;
            let order = alice.orders(&["rust-101"]).await;
            let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
            let paid = Notify::paid(app.setup(), &attempt.merchant_no, 9_900, app.now_ms());
            let body = paid.signed_by(&app.setup().alipay.gateway_key);
            // The notify comes a little later each time, so that every meeting of the two is seen.
            let notice = async {
                for _ in 0..seed {
                    let_others_go_first().await;
                }
                notify(&app, &body).await
            };
            let (told, wallet) =
                futures::join!(notice, alice.asks_to_pay(&order, Method::Wallet, Channel::Balance));
            assert_acknowledged(&told);
            let spent = 50_000 - alice.balance_of("alice").await;
            // On its way back the moment it is booked.
            let over = platform.balance("refunds:reserved").await;
            if wallet.status() == 201 {
                won_by_wallet += 1;
                assert_eq!((spent, over), (9_900, 9_900), "seed {seed}");
            } else {
                wallet.refused(409, "order_paid");
                assert_eq!((spent, over), (0, 0), "seed {seed}");
            }
            assert_invariants(&app.world.db);
            assert_eq!(platform.balance("creator:lin:pending").await, 6_930, "seed {seed}: one sale");
            assert_eq!(platform.balance("gateway:alipay:clearing").await, 9_900, "seed {seed}");
            assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
        }
        assert!(
            (1..80).contains(&won_by_wallet),
            "both must win now and then, the wallet did {won_by_wallet} times"
        );
    });
}

#[test]
fn a_key_is_kept_for_thirty_days_and_then_forgotten() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        let credit = || {
            let body = serde_json::json!({ "amount_minor": 100, "currency": "CNY", "reason": "a gift" });
            Ask::post("/v1/wallets/alice/credits").json(&body).key("the-same-key-again")
        };
        platform.ask(credit()).await.expect(201);
        let day_ms = 24 * 60 * 60 * 1_000;
        app.world.clock.advance_ms(30 * day_ms);
        app.let_minutes_pass(1).await;
        platform.ask(credit()).await.expect(201);
        let alice = Shopper::learner(app, "alice");
        assert_eq!(alice.balance_of("alice").await, 200, "forgotten after thirty days");
        app.world.clock.advance_ms(29 * day_ms);
        app.let_minutes_pass(1).await;
        platform.ask(credit()).await.expect(201);
        assert_eq!(alice.balance_of("alice").await, 200, "known until then");
    });
}

#[test]
fn a_payment_left_unanswered_until_its_order_is_over_is_refused_and_not_begun_again() {
    block_on(async {
        let app = NativeApp::start();
        let (_, alice) = shop(&app).await;
        let order = alice.orders(&["rust-101"]).await;
        let ask = payment(&order, ALIPAY, Channel::Qr).key("k");
        app.world.faults.plan(Fault::CallLost { port: Port::Http, nth: 1 });
        alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
        app.world.faults.lift();
        app.world.clock.advance_ms(31 * 60_000);
        let asked = app.world.network.asked().len();
        for _ in 0..2 {
            alice.ask(ask.clone()).await.refused(409, "order_expired");
        }
        assert_eq!(app.world.network.asked().len(), asked, "no gateway was asked to begin");
        app.let_minutes_pass(5).await;
        alice.ask(ask).await.refused(409, "order_expired");
    });
}

#[test]
fn a_payment_left_unanswered_is_not_begun_again_for_what_is_owned_by_now() {
    block_on(async {
        let app = NativeApp::start();
        let (platform, alice) = shop(&app).await;
        platform.credits("alice", 19_900).await;
        let order = alice.orders(&["rust-101"]).await;
        let ask = payment(&order, ALIPAY, Channel::Qr).key("k");
        app.world.faults.plan(Fault::CallLost { port: Port::Http, nth: 1 });
        alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
        app.world.faults.lift();
        let both = alice.orders(&["rust-101", "ink-painting"]).await;
        alice.pays_by_wallet(&both).await;
        alice.ask(ask).await.refused(409, "already_owned");
        assert_invariants(&app.world.db);
    });
}
