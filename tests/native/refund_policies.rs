//! Is a product refunded as its policy said when it was sold, and who may set that aside?

use coursepay_core::api::{OrderStatus, OrderView, ProductView, RefundPolicy, RefundStage};
use coursepay_tests::actors::platform::{ALL_SCOPES, Platform, course};
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::{Answer, Ask, fresh_key};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::target::Target as _;
use serde_json::{Value, json};

/// Within seven days, while no more than a fifth was used.
const POLICY: RefundPolicy = RefundPolicy { window_days: Some(7), max_used_bps: Some(2_000) };
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Alice has bought rust-101 under [`POLICY`] and ink-painting under none, from her wallet.
struct Bought<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    alice: Shopper<'a, NativeApp>,
    order: OrderView,
}

impl<'a> Bought<'a> {
    async fn by(app: &'a NativeApp) -> Self {
        let platform = Platform::of(app).await;
        sells_under(&platform, Some(POLICY)).await;
        platform.sells("ink-painting", 100, "mei", 0).await;
        platform.credits("alice", 10_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101", "ink-painting"]).await;
        alice.pays_by_wallet(&order).await;
        Self { app, platform, alice, order }
    }

    async fn asks(&self, body: Value) -> Answer {
        self.platform.asks_to_refund(&self.order.id, &body).await
    }

    async fn events(&self) -> Vec<Value> {
        let path = format!("/v1/orders/{}/events", self.order.id);
        let answer: Value = self.platform.ask(Ask::get(path)).await.read(200);
        assert_eq!(answer["holds"], true);
        let events = answer["events"].as_array().unwrap().iter();
        events.map(|event| serde_json::from_str(event["body"].as_str().unwrap()).unwrap()).collect()
    }
}

async fn sells_under(platform: &Platform<'_, NativeApp>, refund_policy: Option<RefundPolicy>) {
    let product = coursepay_core::api::PutProduct { refund_policy, ..course(9_900, "lin", 7_000) };
    platform.asks_to_sell("rust-101", &product).await.expect(200);
}

fn bought(story: impl AsyncFn(&Bought<'_>)) {
    natively(async |app| story(&Bought::by(app).await).await);
}

fn used(bps: i64) -> Value {
    json!([{ "product": "rust-101", "used_bps": bps }])
}

#[test]
fn a_refund_within_its_policy_is_made_and_one_outside_of_it_is_not() {
    bought(async |bought| {
        let silent = bought.asks(json!({ "reason": "退课" })).await;
        silent.refused(422, "usage_missing");
        assert_eq!(silent.read::<Value>(422)["field"], "usage");
        bought.asks(json!({ "reason": "退课", "usage": used(2_001) })).await.refused(409, "too_much_used");
        // An amount takes of both lines.
        bought
            .asks(json!({ "reason": "退课", "amount_minor": 2, "usage": used(2_001) }))
            .await
            .refused(409, "too_much_used");
        let other = json!({ "reason": "退课", "lines": [{ "product": "ink-painting" }] });
        bought.asks(other).await.expect(201);
        bought.app.world.clock.advance_ms(7 * DAY_MS - 1);
        bought.asks(json!({ "reason": "退课", "amount_minor": 1, "usage": used(2_000) })).await.expect(201);
        bought.app.world.clock.advance_ms(1);
        bought.asks(json!({ "reason": "退课", "usage": used(0) })).await.refused(409, "refund_window_over");
        assert_eq!(bought.alice.balance_of("alice").await, 101);
        assert_eq!(bought.platform.refunds_of(&bought.order.id).await.len(), 2);
    });
}

#[test]
fn a_policy_is_shown_to_whoever_buys_and_frozen_into_what_is_sold() {
    bought(async |bought| {
        let product: ProductView = bought.app.ask(Ask::get("/v1/products/rust-101")).await.read(200);
        assert_eq!(product.refund_policy, Some(POLICY));
        assert_eq!(bought.order.lines[0].refund_policy, Some(POLICY));
        assert_eq!(bought.order.lines[1].refund_policy, None);
        // What the seller promises from now on changes nothing of what was sold before.
        sells_under(&bought.platform, Some(RefundPolicy { window_days: Some(0), max_used_bps: None })).await;
        bought.asks(json!({ "reason": "退课", "usage": used(0) })).await.expect(201);
        sells_under(&bought.platform, None).await;
        let product: ProductView = bought.app.ask(Ask::get("/v1/products/rust-101")).await.read(200);
        assert_eq!(product.refund_policy, None);
        let again = bought.alice.orders(&["rust-101"]).await;
        assert_eq!(again.lines[0].refund_policy, None);
    });
}

#[test]
fn an_open_order_is_found_again_only_on_the_terms_that_the_page_shows() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        sells_under(&platform, None).await;
        let alice = Shopper::learner(app, "alice");
        let open = alice.orders(&["rust-101"]).await;
        sells_under(&platform, Some(POLICY)).await;
        let anew = alice.orders(&["rust-101"]).await;
        assert_ne!(anew.id, open.id);
        assert_eq!(anew.lines[0].refund_policy, Some(POLICY));
        assert_eq!(alice.looks_at(&open).await.status, OrderStatus::Cancelled);
        assert_eq!(alice.orders(&["rust-101"]).await.id, anew.id);
    });
}

#[test]
fn an_operator_sets_a_policy_aside_and_everybody_can_see_who_and_why() {
    bought(async |bought| {
        bought.app.world.clock.advance_ms(30 * DAY_MS);
        let set_aside = json!({ "by": "op_7", "reason": "the video was broken" });
        let body = json!({ "reason": "退课", "usage": used(9_000), "override": set_aside });
        let refund: Value = bought.asks(body).await.read(201);
        assert_eq!((&refund["status"], &refund["override"]), (&json!("succeeded"), &set_aside));
        let path = format!("/v1/refunds/{}", refund["id"].as_str().unwrap());
        let looked_at: Value = bought.platform.ask(Ask::get(path)).await.read(200);
        assert_eq!(looked_at["override"], set_aside);
        let events = bought.events().await;
        let requested = events.iter().find(|event| event["event"] == "refund_requested").unwrap();
        assert_eq!((&requested["override"], &requested["usage"]), (&set_aside, &used(9_000)));
    });
}

#[test]
fn a_policy_is_set_aside_only_with_a_key_that_may() {
    bought(async |bought| {
        let narrow = Platform::with_scopes(bought.app, "cpk_desk", "orders refunds").await;
        let body = json!({ "reason": "退课", "override": { "by": "op_7", "reason": "x" } });
        let path = format!("/v1/orders/{}/refunds", bought.order.id);
        let key = fresh_key();
        let ask = || Ask::post(&path).json(&body).key(&key);
        narrow.ask(ask()).await.refused(403, "scope_missing");
        assert!(bought.platform.refunds_of(&bought.order.id).await.is_empty());
        // It refunds all the same, where the policy allows it.
        let body = json!({ "reason": "退课", "usage": used(0) });
        narrow.asks_to_refund(&bought.order.id, &body).await.expect(201);
    });
}

#[test]
fn an_override_told_twice_is_one_refund() {
    bought(async |bought| {
        bought.app.world.clock.advance_ms(30 * DAY_MS);
        let body = json!({ "reason": "退课", "override": { "by": "op_7", "reason": "x" } });
        let path = format!("/v1/orders/{}/refunds", bought.order.id);
        let key = fresh_key();
        let send = async || bought.platform.ask(Ask::post(&path).json(&body).key(&key)).await;
        assert_eq!(send().await.read::<Value>(201), send().await.read::<Value>(201));
        assert_eq!(bought.platform.refunds_of(&bought.order.id).await.len(), 1);
    });
}

#[test]
fn who_set_a_policy_aside_cannot_be_rewritten() {
    bought(async |bought| {
        let body = json!({ "reason": "退课", "override": { "by": "op_7", "reason": "x" } });
        bought.asks(body).await.expect(201);
        for other in ["NULL", "'{\"by\":\"op_8\",\"reason\":\"x\"}'"] {
            let forged = format!("UPDATE refunds SET policy_override = {other}");
            assert!(bought.app.sql(&forged, &[]).await.unwrap_err().contains("refunds_frozen"));
        }
        let stage = bought.platform.refunds_of(&bought.order.id).await[0].status;
        assert_eq!(stage, RefundStage::Succeeded);
    });
}

#[test]
fn malformed_grounds_refund_nothing() {
    bought(async |bought| {
        let by = |by: &str, reason: &str| json!({ "by": by, "reason": reason });
        let rows = [
            (json!({ "reason": "x", "usage": used(10_001) }), 400, "invalid_field"),
            (json!({ "reason": "x", "usage": used(-1) }), 400, "invalid_field"),
            (json!({ "reason": "x", "usage": [{ "product": "rust-101" }] }), 400, "invalid_field"),
            (json!({ "reason": "x", "usage": [{ "product": "a b", "used_bps": 0 }] }), 422, "unknown_line"),
            (
                json!({ "reason": "x", "usage": [{ "product": "go-101", "used_bps": 0 }] }),
                422,
                "unknown_line",
            ),
            (
                json!({ "reason": "x", "usage": [used(0)[0].clone(), used(1)[0].clone()] }),
                400,
                "invalid_field",
            ),
            (json!({ "reason": "x", "override": {} }), 400, "invalid_field"),
            (json!({ "reason": "x", "override": by("", "x") }), 400, "invalid_field"),
            (json!({ "reason": "x", "override": by("bo@school.example", "x") }), 400, "invalid_field"),
            (json!({ "reason": "x", "override": by("op_7", " ") }), 400, "invalid_field"),
            (json!({ "reason": "x", "override": by("op_7", &"x".repeat(81)) }), 400, "invalid_field"),
            (
                json!({ "reason": "x", "attempt": "nothing", "override": by("op_7", "x") }),
                400,
                "invalid_field",
            ),
            (json!({ "reason": "x", "attempt": "nothing", "usage": used(0) }), 400, "invalid_field"),
        ];
        for (body, status, code) in rows {
            println!("{body}");
            bought.asks(body).await.refused(status, code);
        }
        assert!(bought.platform.refunds_of(&bought.order.id).await.is_empty());
        assert_eq!(bought.alice.balance_of("alice").await, 0);
    });
}

#[test]
fn the_scopes_that_a_key_can_have_name_the_one_for_overrides() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/commands.md")).unwrap();
    assert!(docs.contains(&format!("`{ALL_SCOPES}`")), "docs/commands.md");
}
