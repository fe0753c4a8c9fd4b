//! Does each fault strike as it is named?

use coursepay_sandbox::Reply;
use serde_json::{Value, json};

use crate::shop::{HOUR_MS, MINUTE_MS, Received, Shop};

const COMPLETED: &str = "checkout.session.completed";

fn rule(fault: &str) -> Value {
    json!({ "fault": fault, "gateway": "stripe" })
}

/// What arrives about one payment, and the secret it should be signed with.
fn told(fault: &str) -> (Shop, Vec<Received>, String) {
    let mut shop = Shop::new();
    let secret = shop.endpoint(&[COMPLETED])["secret"].as_str().unwrap().to_owned();
    shop.fault(&rule(fault));
    shop.paid("N1");
    let received = shop.deliver(200);
    (shop, received, secret)
}

#[test]
fn callback_duplicated_is_the_same_event_twice() {
    let (_, received, secret) = told("callback_duplicated");
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, received[1].body);
    assert!(received.iter().all(|event| event.is_signed_with(&secret)));
}

#[test]
fn callback_delayed_and_reordered_come_later() {
    for fault in ["callback_delayed", "callback_reordered"] {
        let (mut shop, received, _) = told(fault);
        assert!(received.is_empty(), "{fault}");
        shop.now_ms += 30 * MINUTE_MS;
        assert_eq!(shop.deliver(200).len(), 1, "{fault}");
    }
}

#[test]
fn callback_lost_is_found_in_the_list_of_events() {
    let (mut shop, received, _) = told("callback_lost");
    assert!(received.is_empty());
    shop.now_ms += 72 * HOUR_MS;
    assert!(shop.deliver(200).is_empty());
    let missed = shop.get("/v1/events?delivery_success=false").ok();
    assert_eq!(missed["data"][0]["type"], COMPLETED);
}

#[test]
fn callback_forged_comes_beside_the_true_one_signed_with_nobodys_secret() {
    let (_, received, secret) = told("callback_forged");
    let signed: Vec<bool> = received.iter().map(|event| event.is_signed_with(&secret)).collect();
    assert_eq!(signed, [false, true]);
}

#[test]
fn callback_wrong_amount_verifies_and_does_not_fit() {
    let (_, received, secret) = told("callback_wrong_amount");
    assert!(received[0].is_signed_with(&secret));
    assert_eq!(received[0].object()["amount_total"], 5_001);
}

#[test]
fn callback_for_another_merchant_verifies_and_names_another_account() {
    let (mut shop, received, secret) = told("callback_for_another_merchant");
    let other = shop.world.keys().merchants[1].stripe.id.clone();
    assert!(received[0].is_signed_with(&secret));
    assert_eq!(received[0].event["account"], json!(other));
    let object = received[0].object();
    assert_eq!(object["client_reference_id"], "N1");
    let id = object["id"].as_str().unwrap();
    assert!(id.starts_with("cs_test_"));
    assert_eq!(shop.get(&format!("/v1/checkout/sessions/{id}")).status, 404);
}

#[test]
fn callback_stale_verifies_and_is_too_old() {
    let (shop, received, secret) = told("callback_stale");
    assert!(received[0].is_signed_with(&secret));
    assert_eq!(shop.now_ms / 1_000 - received[0].signed_at_s(), 600);
}

#[test]
fn clock_skew_moves_the_timestamps_of_signatures() {
    let mut shop = Shop::new();
    shop.endpoint(&[COMPLETED]);
    shop.fault(&json!({ "fault": "clock_skew", "gateway": "stripe", "by_ms": -HOUR_MS }));
    shop.paid("N1");
    assert_eq!(shop.now_ms / 1_000 - shop.deliver(200)[0].signed_at_s(), 3_600);
}

#[test]
fn timeout_before_effect_does_nothing() {
    let mut shop = Shop::new();
    shop.fault(&json!({ "fault": "timeout_before_effect", "gateway": "stripe", "by_ms": 700, "times": 1 }));
    let request =
        shop.request("POST", "/v1/checkout/sessions", &Shop::order("N1"), &[("idempotency-key", "k")]);
    assert!(matches!(shop.try_send(request), Reply::Silence { hold_ms: 700 }));
    assert!(shop.get("/v1/checkout/sessions").ok()["data"].as_array().unwrap().is_empty());
}

#[test]
fn timeout_after_effect_has_done_it() {
    let mut shop = Shop::new();
    shop.fault(&json!({ "fault": "timeout_after_effect", "gateway": "stripe", "times": 1 }));
    let request = shop.request("POST", "/v1/checkout/sessions", &Shop::order("N1"), &[]);
    assert!(matches!(shop.try_send(request), Reply::Silence { .. }));
    assert_eq!(shop.get("/v1/checkout/sessions").ok()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn server_error_system_error_and_rate_limited_answer_as_named() {
    for (fault, status, kind) in [
        ("server_error", 502, json!(null)),
        ("system_error", 500, json!("api_error")),
        ("rate_limited", 429, json!("invalid_request_error")),
    ] {
        let mut shop = Shop::new();
        shop.fault(&json!({ "fault": fault, "gateway": "stripe", "number": "N1", "operation": "create" }));
        let refused = shop.post("/v1/checkout/sessions", &Shop::order("N1"));
        assert_eq!((refused.status, &refused.json["error"]["type"]), (status, &kind), "{fault}");
        shop.post("/v1/checkout/sessions", &Shop::order("N2")).ok();
        let list = shop.get("/v1/checkout/sessions").ok();
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{fault}: only N2 was made");
    }
}

#[test]
fn paid_by_two_channels_pays_a_second_session_too() {
    let mut shop = Shop::new();
    let (one, two) = (shop.session("N1"), shop.session("N2"));
    shop.fault(&rule("paid_by_two_channels"));
    shop.press(&one, "approve").ok();
    assert_eq!(shop.reread(&two)["payment_status"], "paid");
}
