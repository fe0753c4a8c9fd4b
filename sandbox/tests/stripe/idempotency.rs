//! Does an idempotency key do what Stripe says it does?

use coursepay_sandbox::Reply;
use serde_json::json;

use crate::shop::{DAY_MS, Got, Shop, id, intent};

fn create(shop: &mut Shop, key: &str, body: &str) -> Got {
    shop.post_with("/v1/checkout/sessions", body, &[("idempotency-key", key)])
}

#[test]
fn the_first_answer_comes_again() {
    let mut shop = Shop::new();
    let first = create(&mut shop, "k1", &Shop::order("N1"));
    let again = create(&mut shop, "k1", &Shop::order("N1"));
    assert_eq!(first.text, again.text);
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        (None, Some("true"))
    );
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_eq!(shop.get("/v1/checkout/sessions").ok()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn other_parameters_or_another_address_are_an_idempotency_error() {
    let mut shop = Shop::new();
    create(&mut shop, "k1", &Shop::order("N1")).ok();
    let other = create(&mut shop, "k1", &Shop::order("N2"));
    assert_eq!((other.status, &other.json["error"]["type"]), (400, &json!("idempotency_error")));
    let elsewhere = shop.post_with("/v1/refunds", "charge=ch_1", &[("idempotency-key", "k1")]);
    assert_eq!(elsewhere.json["error"]["type"], "idempotency_error");
    let reordered: Vec<String> = Shop::order("N1").split('&').rev().map(str::to_owned).collect();
    assert_eq!(create(&mut shop, "k1", &reordered.join("&")).status, 200, "order is no difference");
}

#[test]
fn what_does_not_validate_leaves_the_key_free() {
    let mut shop = Shop::new();
    assert_eq!(create(&mut shop, "k1", "mode=payment").status, 400);
    assert_eq!(create(&mut shop, "k1", &Shop::order("N1")).status, 200);
}

#[test]
fn a_refusal_after_the_start_is_kept() {
    let mut shop = Shop::new();
    let paid = shop.paid("N1");
    let body = format!("payment_intent={}&amount=5001", intent(&paid));
    let key = [("idempotency-key", "k1")];
    let first = shop.post_with("/v1/refunds", &body, &key);
    let again = shop.post_with("/v1/refunds", &body, &key);
    assert_eq!((first.status, again.header("idempotent-replayed")), (400, Some("true")));
    assert_eq!(first.text, again.text);
}

#[test]
fn a_system_error_is_kept_and_nothing_was_done() {
    let mut shop = Shop::new();
    shop.fault(&json!({ "fault": "system_error", "gateway": "stripe", "times": 1 }));
    let first = create(&mut shop, "k1", &Shop::order("N1"));
    assert_eq!((first.status, &first.json["error"]["type"]), (500, &json!("api_error")));
    assert_eq!(create(&mut shop, "k1", &Shop::order("N1")).status, 500);
    assert!(shop.get("/v1/checkout/sessions").ok()["data"].as_array().unwrap().is_empty());
    assert_eq!(create(&mut shop, "k2", &Shop::order("N1")).status, 200);
}

#[test]
fn an_answer_that_got_lost_is_there_for_who_asks_again() {
    let mut shop = Shop::new();
    shop.fault(
        &json!({ "fault": "timeout_after_effect", "gateway": "stripe", "operation": "create", "times": 1 }),
    );
    let request =
        shop.request("POST", "/v1/checkout/sessions", &Shop::order("N1"), &[("idempotency-key", "k1")]);
    assert!(matches!(shop.try_send(request), Reply::Silence { .. }));
    let again = create(&mut shop, "k1", &Shop::order("N1"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let list = shop.get("/v1/checkout/sessions").ok();
    assert_eq!(id(&list["data"][0]), id(&again.ok()));
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[test]
fn a_key_is_free_again_after_a_day_of_business_time() {
    let mut shop = Shop::new();
    let first = create(&mut shop, "k1", &Shop::order("N1")).ok();
    shop.advance(DAY_MS - 1);
    assert_eq!(create(&mut shop, "k1", &Shop::order("N1")).ok()["id"], first["id"]);
    shop.advance(1);
    assert_ne!(create(&mut shop, "k1", &Shop::order("N1")).ok()["id"], first["id"]);
}

#[test]
fn keys_are_for_posts_of_one_account_and_of_a_length() {
    let mut shop = Shop::new();
    assert_eq!(create(&mut shop, &"k".repeat(256), &Shop::order("N1")).status, 400);
    create(&mut shop, &"k".repeat(255), &Shop::order("N1")).ok();
    let key = [("idempotency-key", "g1")];
    shop.get_with("/v1/balance", &key).ok();
    shop.get_with("/v1/refunds", &key).ok();
    let connected = shop.account().connected_accounts[0].clone();
    let session = create(&mut shop, "k1", &Shop::order("N1")).ok();
    let headers = [("idempotency-key", "k1"), ("stripe-account", connected.as_str())];
    let other = shop.post_with("/v1/checkout/sessions", &Shop::order("N1"), &headers).ok();
    assert_ne!(session["id"], other["id"]);
}
