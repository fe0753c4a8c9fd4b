//! Is every piece of money that could settle nothing in one list, with its fate, and is everybody told?

use coursepay_core::api::{AttemptView, OrderStatus, OrderView, SurplusFate};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_tests::actors::alipay::notify_paid;
use coursepay_tests::actors::gateway::{befalls, decides, disputes};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use serde_json::{Value, json};

/// Alice pays an order that she has cancelled.
struct InVain<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    alice: Shopper<'a, NativeApp>,
    order: OrderView,
    attempt: AttemptView,
}

impl<'a> InVain<'a> {
    async fn at(app: &'a NativeApp, gateway: GatewayId, faults: &[Value]) -> Self {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let channel = if gateway == GatewayId::Stripe { Channel::Redirect } else { Channel::Qr };
        let attempt = pays(app, &alice, &order.id, gateway, channel).await;
        befalls(app, gateway, json!({ "fault": "pay_after_close" })).await;
        for fault in faults {
            befalls(app, gateway, fault.clone()).await;
        }
        alice.cancels(&order).await.expect(200);
        phone::approve(app, &page_of(app, &attempt).await).await;
        Self { app, platform, alice, order, attempt }
    }

    async fn list(&self, query: &str) -> Vec<Value> {
        list(&self.platform, query).await
    }

    /// What the learner is told of it.
    async fn shown(&self) -> Vec<(i64, SurplusFate)> {
        let surplus = self.alice.looks_at(&self.order).await.surplus;
        surplus.iter().map(|piece| (piece.amount_minor, piece.fate)).collect()
    }

    fn told(&self, kind: &str) -> Vec<Value> {
        let all = self.platform.webhooks().into_iter().map(|webhook| webhook.body);
        all.filter(|body| body["type"] == kind).collect()
    }
}

async fn list(platform: &Platform<'_, NativeApp>, query: &str) -> Vec<Value> {
    let answer: Value = platform.ask(Ask::get(format!("/v1/surplus{query}"))).await.read(200);
    assert_eq!(answer.get("next_after"), None);
    answer["surplus"].as_array().unwrap().clone()
}

#[test]
fn money_for_a_cancelled_order_is_listed_told_and_seen_to_be_back() {
    natively(async |app| {
        let slow = json!({ "fault": "refund_pending", "by_ms": 3_600_000 });
        let paid = InVain::at(app, GatewayId::WechatPay, &[slow]).await;
        app.let_work_go_on().await;
        let listed = paid.list("?fate=returning").await;
        assert_eq!(
            listed,
            [json!({
                "sequence": 1, "order": paid.order.id, "attempt": paid.attempt.id, "gateway": "wechat_pay",
                "currency": "CNY", "amount_minor": 9_900, "reason": "cancelled", "fate": "returning",
                "received_at_ms": listed[0]["received_at_ms"],
            })]
        );
        assert!(paid.list("?fate=returned").await.is_empty());
        assert_eq!(paid.shown().await, [(9_900, SurplusFate::Returning)]);
        let told = paid.told("surplus.received");
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0]["data"]["surplus"],
            json!({ "attempt": paid.attempt.id, "method": "wechat_pay", "currency": "CNY",
                    "amount_minor": 9_900, "reason": "cancelled" })
        );
        assert_eq!(told[0]["data"]["order"]["user"], "alice");
        assert!(paid.told("refund.succeeded").is_empty());
        app.let_minutes_pass(200).await;
        assert_eq!(paid.list("").await[0]["fate"], "returned");
        assert_eq!(paid.shown().await, [(9_900, SurplusFate::Returned)]);
        assert_eq!(paid.told("refund.succeeded")[0]["data"]["refund"]["purpose"], "surplus");
        assert_eq!(paid.told("surplus.received").len(), 1, "once");
    });
}

#[test]
fn surplus_whose_return_failed_needs_attention_until_it_was_sent_once_more() {
    natively(async |app| {
        let fails = json!({ "fault": "refund_failed_late", "by_ms": 60_000, "times": 1 });
        let paid = InVain::at(app, GatewayId::WechatPay, &[fails]).await;
        app.let_minutes_pass(10).await;
        assert_eq!(paid.list("?fate=needs_attention").await.len(), 1);
        assert_eq!(paid.shown().await, [(9_900, SurplusFate::NeedsAttention)]);
        let again = json!({ "attempt": paid.attempt.id, "reason": "退款" });
        paid.platform.refunds(&paid.order.id, &again).await;
        app.let_work_go_on().await;
        assert!(paid.list("?fate=needs_attention").await.is_empty());
        assert_eq!(paid.list("?fate=returned").await.len(), 1);
    });
}

#[test]
fn surplus_that_a_bank_takes_is_disputed_and_then_lost() {
    natively(async |app| {
        let lost = json!({ "fault": "timeout_before_effect", "operation": "refund" });
        let paid = InVain::at(app, GatewayId::Stripe, &[lost]).await;
        app.let_work_go_on().await;
        assert_eq!(paid.list("").await.len(), 1);
        let body = json!({ "payment": paid.attempt.merchant_no, "reason": "fraudulent", "amount": 9_900 });
        let dispute = disputes(app, &body).await;
        app.let_work_go_on().await;
        assert_eq!(paid.list("?fate=disputed").await.len(), 1);
        assert_eq!(paid.shown().await, [(9_900, SurplusFate::Disputed)]);
        decides(app, &dispute, "lost").await;
        app.let_work_go_on().await;
        assert_eq!(paid.list("?fate=lost").await.len(), 1);
    });
}

#[test]
fn money_that_came_twice_or_for_what_is_owned_says_why() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        platform.sells("ink-painting", 100, "mei", 0).await;
        platform.credits("alice", 20_000).await;
        let alice = Shopper::learner(app, "alice");
        // Paid from the wallet, and by the code that was closed for it.
        let twice = alice.orders(&["rust-101"]).await;
        let attempt = alice.pays(&twice, ALIPAY, Channel::Qr).await;
        alice.pays_by_wallet(&twice).await;
        notify_paid(app, &attempt.merchant_no, 9_900).await;
        // Expired, bought again, and paid late.
        let late = alice.orders(&["ink-painting"]).await;
        let attempt = alice.pays(&late, ALIPAY, Channel::Qr).await;
        app.let_minutes_pass(32).await;
        alice.pays_by_wallet(&alice.orders(&["ink-painting"]).await).await;
        notify_paid(app, &attempt.merchant_no, 100).await;
        let listed = list(&platform, "").await;
        let why: Vec<(&Value, &Value)> =
            listed.iter().map(|piece| (&piece["reason"], &piece["order"])).collect();
        assert_eq!(
            why,
            [(&json!("already_paid"), &json!(twice.id)), (&json!("already_owned"), &json!(late.id))]
        );
        let order = alice.looks_at(&twice).await;
        assert_eq!((order.status, order.surplus.len()), (OrderStatus::Paid, 1));
        assert_invariants(&app.world.db);
    });
}

#[test]
fn the_list_is_read_page_by_page() {
    let app = NativeApp::start();
    block_on(async {
        let paid = InVain::at(&app, GatewayId::WechatPay, &[]).await;
        app.let_work_go_on().await;
        // As if it had happened often.
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 204)";
        let attempts = "INSERT INTO attempts (id, order_id, method, channel, currency, amount_minor, terms, status,
                        created_at_ms, expires_at_ms, asked_at_ms) SELECT a.id || '-' || i, a.order_id, a.method,
                        a.channel, 'CNY', 1, '{}', 'closed', 0, 0, 0 FROM n, attempts a";
        let surplus =
            "INSERT INTO surplus (attempt_id, order_id, gateway, currency, amount_minor, reason, fate,
                       received_at_ms) SELECT a.id, a.order_id, a.method, 'CNY', 1, 'cancelled',
                       iif(a.id LIKE '%-1%', 'returned', 'lost'), 0 FROM attempts a WHERE a.id LIKE '%-%'";
        app.sql(&format!("{numbers} {attempts}"), &[]).await.unwrap();
        app.sql(surplus, &[]).await.unwrap();
        let page = async |query: &str| -> (Vec<i64>, Option<i64>) {
            let answer: Value = paid.platform.ask(Ask::get(format!("/v1/surplus{query}"))).await.read(200);
            let sequences = answer["surplus"].as_array().unwrap().iter();
            (sequences.map(|row| row["sequence"].as_i64().unwrap()).collect(), answer["next_after"].as_i64())
        };
        let (first, next) = page("").await;
        assert_eq!((first.len(), first[0], next), (100, 1, Some(100)));
        let (second, next) = page("?after=100").await;
        assert_eq!((second[0], second[99], next), (101, 200, Some(200)));
        let (rest, next) = page("?after=200").await;
        assert_eq!((rest, next), (vec![201, 202, 203, 204, 205], None));
        // -1, -10 to -19, and -100 to -199.
        let (returned, next) = page("?fate=returned").await;
        let (more, none) = page(&format!("?fate=returned&after={}", next.unwrap())).await;
        assert_eq!((returned.len() + more.len(), none), (111 + 1, None));
    });
}

#[test]
fn what_came_before_there_was_a_list_is_listed_as_it_would_have_been() {
    natively(async |app| {
        let fails = json!({ "fault": "refund_failed_late", "by_ms": 60_000, "times": 1 });
        InVain::at(app, GatewayId::WechatPay, &[fails]).await;
        app.let_minutes_pass(10).await;
        let platform = Platform::of(app).await;
        let bo = Shopper::learner(app, "bo");
        let order = bo.orders(&["rust-101"]).await;
        let attempt = bo.pays(&order, ALIPAY, Channel::Qr).await;
        bo.cancels(&order).await.expect(200);
        notify_paid(app, &attempt.merchant_no, 9_900).await;
        let listed = async || {
            let mut rows = list(&platform, "").await;
            rows.iter_mut().for_each(|row| row["sequence"] = Value::Null);
            rows
        };
        let before = listed().await;
        assert_eq!(before.len(), 2);
        let migrations = coursepay_tests::native::sqlite::migrations();
        let (_, script) = migrations.iter().find(|(name, _)| name.contains("surplus")).unwrap();
        let backfill = script.split("\n\n").find(|part| part.contains("INSERT INTO surplus")).unwrap();
        app.sql("DROP TRIGGER surplus_no_delete", &[]).await.unwrap();
        app.sql("DELETE FROM surplus", &[]).await.unwrap();
        app.sql(backfill, &[]).await.unwrap();
        assert_eq!(listed().await, before);
    });
}

#[test]
fn what_is_no_question_about_surplus_is_refused() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        for query in ["?fate=gone", "?fate=", "?after=x", "?after=-1"] {
            platform.ask(Ask::get(format!("/v1/surplus{query}"))).await.refused(400, "invalid_field");
        }
        let narrow = Platform::with_scopes(app, "cpk_narrow", "orders refunds").await;
        narrow.ask(Ask::get("/v1/surplus")).await.refused(403, "scope_missing");
    });
}

#[test]
fn the_list_cannot_be_rewritten_by_hand() {
    natively(async |app| {
        let paid = InVain::at(app, GatewayId::WechatPay, &[]).await;
        app.let_work_go_on().await;
        assert_eq!(paid.app.world.db.rows("SELECT * FROM surplus", &[]).len(), 1);
        for forged in [
            "UPDATE surplus SET amount_minor = 1",
            "UPDATE surplus SET reason = 'already_paid'",
            "DELETE FROM surplus",
            "INSERT OR REPLACE INTO surplus SELECT * FROM surplus",
        ] {
            assert!(app.sql(forged, &[]).await.unwrap_err().contains("surplus_frozen"), "{forged}");
        }
    });
}
