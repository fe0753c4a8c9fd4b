//! What if a gateway refunds slowly, unheard, not at all, or takes it back? One refund in the end, under one
//! number, and books that say where the money is.

use coursepay_core::api::{AttemptView, OrderStatus, OrderView, RefundStage, RefundView};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_core::refund::Stranded;
use coursepay_tests::actors::gateway::{befalls, refunds_of};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::{Answer, Ask, fresh_key};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

const GATEWAYS: [(GatewayId, Channel); 3] = [
    (GatewayId::Alipay, Channel::Qr),
    (GatewayId::WechatPay, Channel::Qr),
    (GatewayId::Stripe, Channel::Redirect),
];

/// Alice has paid a course of 99.00.
struct Bought<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    alice: Shopper<'a, NativeApp>,
    order: OrderView,
    attempt: AttemptView,
    gateway: GatewayId,
}

impl<'a> Bought<'a> {
    async fn at(app: &'a NativeApp, (gateway, channel): (GatewayId, Channel)) -> Self {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = pays(app, &alice, &order.id, gateway, channel).await;
        phone::approve(app, &page_of(app, &attempt).await).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Paid);
        Self { app, platform, alice, order, attempt, gateway }
    }

    async fn befalls(&self, rule: Value) {
        befalls(self.app, self.gateway, rule).await;
    }

    async fn ends_its_faults(&self) {
        let request = Ask::get("/sandbox/faults").method(Method::DELETE).to(&self.app.setup().sandbox_url);
        assert!(self.app.call_sandbox(request).await.status().is_success());
    }

    async fn refunds(&self) -> RefundView {
        self.platform.refunds(&self.order.id, &json!({ "amount_minor": 3_333, "reason": "退课" })).await
    }

    async fn stage(&self, refund: &RefundView) -> RefundStage {
        self.platform.refund(&refund.id).await.status
    }

    /// What clearing, reserve and the creator hold.
    async fn books(&self) -> [i64; 3] {
        let clearing = format!("gateway:{}:clearing", self.gateway.name());
        let balance = async |account: &str| self.platform.balance(account).await;
        [balance(&clearing).await, balance("refunds:reserved").await, balance("creator:lin:pending").await]
    }

    /// That the gateway has refunded 33.33 once.
    async fn is_refunded_once(&self) {
        let known = refunds_of(self.app, &self.attempt.merchant_no).await;
        assert_eq!(
            known.iter().map(|(_, minor, _)| *minor).collect::<Vec<_>>(),
            [3_333],
            "{:?}",
            self.gateway
        );
        assert_eq!(self.books().await, [6_567, 0, 4_597], "{:?}", self.gateway);
    }
}

const UNTOUCHED: [i64; 3] = [9_900, 0, 6_930];
const SET_ASIDE: [i64; 3] = [9_900, 3_333, 4_597];

/// Told once at each gateway, each in a world of its own.
fn bought(ways: &[(GatewayId, Channel)], story: impl AsyncFn(&Bought<'_>)) {
    for way in ways {
        natively(async |app| story(&Bought::at(app, *way).await).await);
    }
}

#[test]
fn a_refund_that_took_effect_unheard_is_found_under_its_number() {
    bought(&GATEWAYS, async |bought| {
        bought.befalls(json!({ "fault": "callback_lost" })).await;
        bought.befalls(json!({ "fault": "timeout_after_effect", "operation": "refund", "times": 1 })).await;
        let refund = bought.refunds().await;
        assert_eq!(refund.status, RefundStage::Requested);
        assert_eq!(bought.books().await, SET_ASIDE);
        bought.app.let_minutes_pass(2).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

#[test]
fn a_refund_that_never_arrived_is_asked_for_again_under_its_number() {
    for fault in ["timeout_before_effect", "server_error", "system_error", "rate_limited"] {
        bought(&GATEWAYS, async |bought| {
            // What says "not now" is sent the same request once more, at once.
            bought.befalls(json!({ "fault": fault, "operation": "refund", "times": 2 })).await;
            let refund = bought.refunds().await;
            assert_eq!(refund.status, RefundStage::Requested, "{fault} {:?}", bought.gateway);
            // Stripe repeats a 500 under the same key for a day, and another key could be another refund.
            let is_kept = fault == "system_error" && bought.gateway == GatewayId::Stripe;
            bought.app.let_minutes_pass(if is_kept { 1_800 } else { 5 }).await;
            assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{fault} {:?}", bought.gateway);
            bought.is_refunded_once().await;
        });
    }
}

#[test]
fn a_refund_that_does_not_end_is_told_of_once_and_asked_for_on() {
    bought(&GATEWAYS, async |bought| {
        for operation in ["refund", "refund_query"] {
            bought.befalls(json!({ "fault": "timeout_before_effect", "operation": operation })).await;
        }
        let refund = bought.refunds().await;
        bought.app.let_minutes_pass(60 * 60).await;
        let overdue =
            || bought.platform.webhooks().into_iter().filter(|told| told.body["type"] == "refund.overdue");
        assert_eq!(overdue().count(), 1, "{:?}", bought.gateway);
        assert_eq!(overdue().next().unwrap().body["data"]["refund"]["id"], refund.id);
        let refund = bought.platform.refund(&refund.id).await;
        assert_eq!(
            (refund.status, refund.gateway_code.as_deref()),
            (RefundStage::Requested, Some("unanswered"))
        );
        bought.ends_its_faults().await;
        bought.app.let_minutes_pass(9 * 60).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

#[test]
fn surplus_whose_return_failed_is_sent_back_by_hand() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = pays(app, &alice, &order.id, GatewayId::WechatPay, Channel::Qr).await;
        befalls(app, GatewayId::WechatPay, json!({ "fault": "pay_after_close" })).await;
        befalls(
            app,
            GatewayId::WechatPay,
            json!({ "fault": "refund_failed_late", "by_ms": 60_000, "times": 1 }),
        )
        .await;
        alice.cancels(&order).await.expect(200);
        phone::approve(app, &page_of(app, &attempt).await).await;
        app.let_minutes_pass(10).await;
        assert_eq!(platform.refunds_of(&order.id).await[0].status, RefundStage::Failed);
        assert_eq!(platform.balance("suspense").await, 9_900);
        let again = platform.refunds(&order.id, &json!({ "attempt": attempt.id, "reason": "退款" })).await;
        app.let_work_go_on().await;
        assert_eq!(platform.refund(&again.id).await.status, RefundStage::Succeeded);
        assert_eq!(platform.balance("suspense").await, 0);
        assert_eq!(platform.balance("gateway:wechat_pay:clearing").await, 0);
    });
}

#[test]
fn a_refund_that_is_not_done_says_what_its_gateway_said_last() {
    bought(&GATEWAYS[..2], async |bought| {
        bought.befalls(json!({ "fault": "system_error", "operation": "refund", "times": 1 })).await;
        let refund = bought.refunds().await;
        let code = if bought.gateway == GatewayId::Alipay { "ACQ.SYSTEM_ERROR" } else { "SYSTEM_ERROR" };
        assert_eq!(refund.gateway_code.as_deref(), Some(code));
        bought.app.let_minutes_pass(5).await;
        assert_eq!(bought.platform.refund(&refund.id).await.gateway_code, None);
    });
}

#[test]
fn a_refund_whose_gateway_is_silent_for_a_day_ends_in_one_refund() {
    bought(&GATEWAYS, async |bought| {
        for operation in ["refund", "refund_query"] {
            bought
                .befalls(json!({ "fault": "timeout_after_effect", "operation": operation, "times": 5 }))
                .await;
        }
        let refund = bought.refunds().await;
        bought.app.let_minutes_pass(600).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

#[test]
fn a_refund_that_takes_its_time_is_pending_and_then_done() {
    bought(&GATEWAYS, async |bought| {
        bought.befalls(json!({ "fault": "refund_pending", "by_ms": 3_600_000 })).await;
        let refund = bought.refunds().await;
        bought.app.let_work_go_on().await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Pending, "{:?}", bought.gateway);
        assert_eq!(bought.books().await, SET_ASIDE);
        bought.app.let_minutes_pass(200).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

#[test]
fn a_refund_whose_callback_is_lost_is_found_by_asking() {
    bought(&GATEWAYS, async |bought| {
        bought.befalls(json!({ "fault": "callback_lost" })).await;
        bought.befalls(json!({ "fault": "refund_pending", "by_ms": 60_000 })).await;
        let refund = bought.refunds().await;
        bought.app.let_minutes_pass(10).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

#[test]
fn a_callback_of_another_amount_or_for_another_merchant_moves_no_refund() {
    for fault in
        ["callback_wrong_amount", "callback_for_another_merchant", "callback_forged", "callback_duplicated"]
    {
        bought(&GATEWAYS, async |bought| {
            bought.befalls(json!({ "fault": fault })).await;
            let refund = bought.refunds().await;
            bought.app.let_minutes_pass(3).await;
            assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{fault} {:?}", bought.gateway);
            bought.is_refunded_once().await;
        });
    }
}

#[test]
fn a_buyer_whose_account_takes_no_money_is_a_matter_for_a_person() {
    bought(&[(GatewayId::WechatPay, Channel::Qr)], async |bought| {
        bought.befalls(json!({ "fault": "refund_abnormal" })).await;
        let refund = bought.refunds().await;
        bought.app.let_minutes_pass(3).await;
        let refund = bought.platform.refund(&refund.id).await;
        assert_eq!(
            (refund.status, refund.gateway_code.as_deref()),
            (RefundStage::NeedsAttention, Some("ABNORMAL"))
        );
        assert_eq!(bought.books().await, SET_ASIDE, "it stays set aside");
        let told = bought.platform.webhooks();
        let told = &told.last().unwrap().body;
        assert_eq!(told["type"], "refund.needs_attention");
        // Whoever pays the buyer in another way must know that this refund has not.
        assert_eq!((refund.money, &told["data"]["refund"]["money"]), (Some(Stranded::Kept), &json!("kept")));
    });
}

#[test]
fn a_refund_that_is_closed_is_given_back_to_whom_it_was_taken_from_and_can_be_asked_for_again() {
    bought(&[(GatewayId::WechatPay, Channel::Qr)], async |bought| {
        bought.befalls(json!({ "fault": "refund_failed_late", "by_ms": 60_000, "times": 1 })).await;
        let refund = bought.refunds().await;
        assert_eq!(refund.status, RefundStage::Pending);
        bought.app.let_minutes_pass(10).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Failed);
        assert_eq!(bought.books().await, UNTOUCHED);
        let again = bought.refunds().await;
        assert_ne!(again.id, refund.id, "it failed for good: this is another refund");
        bought.app.let_minutes_pass(3).await;
        assert_eq!(bought.stage(&again).await, RefundStage::Succeeded);
    });
}

#[test]
fn a_refund_taken_back_after_its_success_is_with_us_again_and_needs_a_person() {
    bought(&[(GatewayId::Stripe, Channel::Redirect)], async |bought| {
        bought.befalls(json!({ "fault": "refund_failed_late", "by_ms": 3_600_000, "times": 1 })).await;
        let refund = bought.platform.refunds(&bought.order.id, &json!({ "reason": "退课" })).await;
        bought.app.let_work_go_on().await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded);
        assert_eq!(bought.books().await, [0, 0, 0]);
        assert!(!bought.platform.opens("alice", "rust-101").await);
        bought.app.let_minutes_pass(70).await;
        let refund = bought.platform.refund(&refund.id).await;
        assert_eq!((refund.status, refund.money), (RefundStage::NeedsAttention, Some(Stranded::TakenBack)));
        assert_eq!(bought.books().await, [9_900, 9_900, 0], "with us, and owed to the buyer");
        let order = bought.alice.looks_at(&bought.order).await;
        assert_eq!(order.refund_status, coursepay_core::api::RefundStatus::None);
        bought
            .platform
            .asks_to_refund(&order.id, &json!({ "reason": "again" }))
            .await
            .refused(409, "nothing_to_refund");
    });
}

#[test]
fn a_refund_taken_back_weeks_after_its_success_is_found_by_asking_when_nobody_tells_of_it() {
    const WEEKS: u32 = 20 * 24 * 60;
    bought(&[(GatewayId::Stripe, Channel::Redirect)], async |bought| {
        bought.befalls(json!({ "fault": "callback_lost" })).await;
        let late = i64::from(WEEKS) * 60_000;
        bought.befalls(json!({ "fault": "refund_failed_late", "by_ms": late, "times": 1 })).await;
        let refund = bought.platform.refunds(&bought.order.id, &json!({ "reason": "退课" })).await;
        let days_pass = async |days: u32| {
            for _ in 0..days {
                bought.app.world.clock.advance_ms(24 * 60 * 60_000 - 60_000);
                bought.app.let_minutes_pass(1).await;
            }
        };
        days_pass(19).await;
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded);
        days_pass(13).await;
        let refund = bought.platform.refund(&refund.id).await;
        assert_eq!((refund.status, refund.money), (RefundStage::NeedsAttention, Some(Stranded::TakenBack)));
        assert_eq!(bought.books().await, [9_900, 9_900, 0], "with us, and owed to the buyer");
    });
}

#[test]
fn a_refund_that_stands_is_asked_about_a_few_times_and_only_where_it_can_be_taken_back() {
    bought(&GATEWAYS, async |bought| {
        bought.refunds().await;
        bought.app.let_work_go_on().await;
        let mut asked = Vec::new();
        for day in 1..=90 {
            let before = bought.app.world.network.asked().len();
            bought.app.world.clock.advance_ms(24 * 60 * 60_000);
            bought.app.fire_cron().await;
            bought.app.let_work_go_on().await;
            if bought.app.world.network.asked().len() > before {
                asked.push(day);
            }
        }
        let expected: &[i32] = if bought.gateway == GatewayId::Stripe { &[1, 3, 7, 15, 31] } else { &[] };
        assert_eq!(asked, expected, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

fn ask(order: &OrderView, key: &str) -> Ask {
    let body = json!({ "amount_minor": 3_333, "reason": "退课" });
    Ask::post(format!("/v1/orders/{}/refunds", order.id)).json(&body).key(key)
}

#[test]
fn the_same_request_twice_is_one_refund_and_one_answer() {
    bought(&GATEWAYS[..1], async |bought| {
        let key = fresh_key();
        let send = async || bought.platform.ask(ask(&bought.order, &key)).await;
        let (one, two) = futures::join!(send(), send());
        let settled = |answer: &Answer| answer.status() == 201;
        assert!(settled(&one) || settled(&two));
        let first: RefundView = send().await.read(201);
        let again: RefundView = send().await.read(201);
        assert_eq!(first, again);
        bought.is_refunded_once().await;
        let other = json!({ "amount_minor": 1, "reason": "退课" });
        let reused = Ask::post(format!("/v1/orders/{}/refunds", bought.order.id)).json(&other).key(&key);
        bought.platform.ask(reused).await.refused(422, "idempotency_key_reused");
    });
}

#[test]
fn a_refund_to_a_wallet_asked_for_twice_by_one_key_is_one_and_pays_once() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        platform.credits("alice", 9_900).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        alice.pays_by_wallet(&order).await;
        let key = fresh_key();
        let send = async || platform.ask(ask(&order, &key)).await;
        let (one, two) = futures::join!(send(), send());
        assert!(one.status() == 201 || two.status() == 201);
        let (first, again): (RefundView, RefundView) = (send().await.read(201), send().await.read(201));
        assert_eq!((&first, first.status), (&again, RefundStage::Succeeded));
        assert_eq!(platform.refunds_of(&order.id).await.len(), 1);
        assert_eq!(alice.balance_of("alice").await, 3_333);
    });
}

#[test]
fn refunds_at_once_never_give_back_more_than_came() {
    bought(&GATEWAYS[..1], async |bought| {
        let body = json!({ "amount_minor": 2_000, "reason": "退课" });
        let asked = (0..8).map(|_| bought.platform.asks_to_refund(&bought.order.id, &body));
        let answers = futures::future::join_all(asked).await;
        let granted = answers.iter().filter(|answer| answer.status() == 201).count();
        assert_eq!(granted, 4);
        for answer in answers.iter().filter(|answer| answer.status() != 201) {
            answer.refused(409, "refund_too_large");
        }
        assert_eq!(bought.books().await[0], 1_900);
    });
}

#[test]
fn not_even_by_hand_is_more_given_back_than_came_or_a_refund_changed_that_its_gateway_was_told_of() {
    bought(&GATEWAYS[..1], async |bought| {
        let refund = bought.refunds().await;
        let columns = "order_id, attempt_id, currency, amount_minor, purpose, reason, status, created_at_ms";
        let copy = |clause: &str, id: &str, amount_minor: i64| {
            let others =
                columns.replace("amount_minor", &amount_minor.to_string()).replace("status", "'requested'");
            format!("INSERT {clause} INTO refunds (id, {columns}) SELECT '{id}', {others} FROM refunds")
        };
        let rows = [
            (copy("", "another", 6_568), "refunds_beyond_payment"),
            (copy("OR IGNORE", "another", 6_568), "refunds_beyond_payment"),
            (copy("OR REPLACE", &refund.id, 1), "refunds_frozen"),
            ("UPDATE refunds SET amount_minor = 1".to_owned(), "refunds_frozen"),
            ("UPDATE refunds SET reason = 'another'".to_owned(), "refunds_frozen"),
            ("UPDATE refunds SET order_id = 'another'".to_owned(), "refunds_frozen"),
            ("UPDATE refunds SET status = 'requested', succeeded_at_ms = NULL".to_owned(), "refunds_frozen"),
            ("DELETE FROM refunds".to_owned(), "refunds_frozen"),
        ];
        for (sql, guard) in rows {
            let refused = bought.app.sql(&sql, &[]).await.unwrap_err();
            assert!(refused.contains(guard), "{sql}: {refused}");
        }
        assert_eq!(bought.platform.refunds_of(&bought.order.id).await.len(), 1);
        bought.is_refunded_once().await;
    });
}

#[test]
fn a_crash_anywhere_in_refunding_is_made_up_for_by_the_same_request_or_by_the_schedule() {
    for is_repeated in [true, false] {
        for nth in 1.. {
            let app = NativeApp::start();
            let has_crashed = block_on(async {
                let bought = Bought::at(&app, GATEWAYS[0]).await;
                let key = fresh_key();
                app.world.faults.plan(Fault::Crash { nth });
                let first =
                    app.world.faults.unless_crashed(bought.platform.ask(ask(&bought.order, &key))).await;
                app.world.faults.lift();
                if first.is_none() && is_repeated {
                    app.world.clock.advance_ms(61_000);
                    bought.platform.ask(ask(&bought.order, &key)).await.expect(201);
                    bought.is_refunded_once().await;
                } else {
                    app.let_minutes_pass(2).await;
                    let refunds = bought.platform.refunds_of(&bought.order.id).await;
                    assert!(
                        refunds.iter().all(|refund| refund.status == RefundStage::Succeeded),
                        "{nth}: {refunds:?}"
                    );
                    assert!(refunds.len() <= 1, "{nth}");
                }
                first.is_none()
            });
            assert_invariants(&app.world.db);
            if !has_crashed {
                assert!(nth > 8, "only {nth} awaits");
                break;
            }
        }
    }
}

/// The callbacks that wait to be delivered, taken off the wire.
fn caught(app: &NativeApp) -> Vec<http::Request<bytes::Bytes>> {
    app.world.network.due_callbacks().into_iter().map(|callback| callback.request).collect()
}

impl Bought<'_> {
    /// Refunded without an answer: its notices, which alone can tell.
    async fn refunded_unheard(&self) -> (RefundView, Vec<http::Request<bytes::Bytes>>) {
        self.befalls(json!({ "fault": "timeout_after_effect", "operation": "refund", "times": 1 })).await;
        let refund = self.refunds().await;
        assert_eq!(refund.status, RefundStage::Requested);
        let notices = caught(self.app);
        assert!(!notices.is_empty(), "{:?}", self.gateway);
        (refund, notices)
    }
}

#[test]
fn a_crash_anywhere_in_a_notice_of_a_refund_is_made_up_for_by_its_next_delivery() {
    for way in GATEWAYS {
        for nth in 1.. {
            let app = NativeApp::start();
            let has_crashed = block_on(async {
                let bought = Bought::at(&app, way).await;
                let (refund, notices) = bought.refunded_unheard().await;
                let mut has_crashed = false;
                for notice in notices {
                    app.world.faults.plan(Fault::Crash { nth });
                    let answer = app.world.faults.unless_crashed(app.call(notice.clone())).await;
                    app.world.faults.lift();
                    has_crashed |= answer.is_none();
                    assert!(app.call(notice).await.status().is_success(), "{way:?} {nth}");
                }
                assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{way:?} {nth}");
                bought.is_refunded_once().await;
                has_crashed
            });
            assert_invariants(&app.world.db);
            if !has_crashed {
                assert!(nth > 4, "{way:?}: only {nth} awaits");
                break;
            }
        }
    }
}

#[test]
fn notices_of_a_refund_that_come_many_times_at_once_have_one_effect() {
    bought(&GATEWAYS, async |bought| {
        let (refund, notices) = bought.refunded_unheard().await;
        let calls = notices.iter().flat_map(|notice| std::iter::repeat_n(notice, 5));
        let answers = futures::future::join_all(calls.map(|notice| bought.app.call(notice.clone()))).await;
        assert!(answers.iter().all(|answer| answer.status().is_success()), "{:?}", bought.gateway);
        assert_eq!(bought.stage(&refund).await, RefundStage::Succeeded, "{:?}", bought.gateway);
        bought.is_refunded_once().await;
    });
}

#[test]
fn whatever_is_lost_in_refunding_there_is_one_refund() {
    for port in [Port::Db, Port::Http, Port::Crypto, Port::Queue] {
        for is_call in [true, false] {
            for nth in 1..20 {
                let app = NativeApp::start();
                block_on(async {
                    let bought = Bought::at(&app, GATEWAYS[1]).await;
                    let key = fresh_key();
                    let fault =
                        if is_call { Fault::CallLost { port, nth } } else { Fault::AnswerLost { port, nth } };
                    app.world.faults.plan(fault);
                    bought.platform.ask(ask(&bought.order, &key)).await;
                    app.world.faults.lift();
                    app.world.clock.advance_ms(61_000);
                    bought.platform.ask(ask(&bought.order, &key)).await.expect(201);
                    app.let_minutes_pass(3).await;
                    bought.is_refunded_once().await;
                });
                assert_invariants(&app.world.db);
            }
        }
    }
}

#[test]
fn a_malformed_refund_writes_nothing() {
    bought(&GATEWAYS[..1], async |bought| {
        let rows = [
            (json!({}), 400, "invalid_field"),
            (json!({ "reason": " " }), 400, "invalid_field"),
            (json!({ "reason": "x".repeat(81) }), 400, "invalid_field"),
            (json!({ "reason": "two\nlines" }), 400, "invalid_field"),
            (json!({ "reason": "x", "attempt": "nothing" }), 400, "invalid_field"),
            (json!({ "reason": "x", "attempt": bought.order.id }), 400, "invalid_field"),
            (json!({ "reason": "x", "attempt": bought.attempt.id }), 409, "nothing_to_refund"),
            (json!({ "reason": "x", "attempt": bought.attempt.id, "amount_minor": 1 }), 400, "invalid_field"),
            (json!({ "reason": "x", "amount": 1 }), 400, "unknown_field"),
            (json!({ "reason": "x", "amount_minor": 0 }), 422, "amount_out_of_range"),
            (json!({ "reason": "x", "amount_minor": -1 }), 422, "amount_out_of_range"),
            (json!({ "reason": "x", "amount_minor": 1.5 }), 400, "invalid_field"),
            (json!({ "reason": "x", "amount_minor": 1e300 }), 422, "amount_out_of_range"),
            (json!({ "reason": "x", "amount_minor": 9_901 }), 409, "refund_too_large"),
            (json!({ "reason": "x", "lines": [] }), 400, "invalid_field"),
            (json!({ "reason": "x", "lines": [{ "product": "a b" }] }), 422, "unknown_line"),
            (json!({ "reason": "x", "lines": [{ "product": "go-101" }] }), 422, "unknown_line"),
            (json!({ "reason": "x", "amount_minor": 1, "currency": "USD" }), 422, "currency_differs"),
            (json!({ "reason": "x", "currency": "JPY" }), 422, "currency_differs"),
            (
                json!({ "reason": "x", "lines": [{ "product": "rust-101" }], "amount_minor": 1 }),
                400,
                "invalid_field",
            ),
        ];
        for (body, status, code) in rows {
            bought.platform.asks_to_refund(&bought.order.id, &body).await.refused(status, code);
        }
        let good = json!({ "reason": "x" });
        bought.platform.asks_to_refund("nothing", &good).await.refused(404, "order_not_found");
        bought.alice.ask(ask(&bought.order, &fresh_key())).await.refused(401, "api_key_invalid");
        let narrow = Platform::with_scopes(bought.app, "cpk_narrow", "orders ledger").await;
        narrow.ask(ask(&bought.order, &fresh_key())).await.refused(403, "scope_missing");
        assert_eq!(bought.books().await, UNTOUCHED);
        assert!(bought.platform.refunds_of(&bought.order.id).await.is_empty());
    });
}
