//! Do events reach who wants them, signed, once acknowledged no more?

use serde_json::json;

use crate::shop::{DAY_MS, MINUTE_MS, SECOND_MS, START_MS, Shop, id};

const COMPLETED: &str = "checkout.session.completed";

#[test]
fn an_event_is_signed_over_its_exact_bytes() {
    let mut shop = Shop::new();
    let endpoint = shop.endpoint(&[COMPLETED]);
    let secret = endpoint["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    let paid = shop.paid("N1");
    let [event] = shop.deliver(200).try_into().unwrap();
    assert!(event.is_signed_with(&secret));
    assert!(!event.is_signed_with(secret.trim_start_matches("whsec_")), "the whole text is the key");
    assert_eq!((event.signatures(), event.signed_at_s()), (1, START_MS / 1_000));
    assert_eq!((&event.event["object"], &event.event["livemode"]), (&json!("event"), &json!(false)));
    assert_eq!(event.event["api_version"], "2026-10-28.endive");
    assert_eq!(event.event["request"], json!({ "id": null, "idempotency_key": null }));
    assert_eq!(
        (event.object()["id"].clone(), event.object()["payment_status"].clone()),
        (paid["id"].clone(), json!("paid"))
    );
    let known = shop.get(&format!("/v1/events/{}", id(&event.event))).ok();
    assert_eq!(known["data"], event.event["data"]);
    assert!(shop.get(&format!("/v1/webhook_endpoints/{}", id(&endpoint))).ok().get("secret").is_none());
}

#[test]
fn a_payment_is_told_in_order() {
    let mut shop = Shop::new();
    shop.endpoint(&["*"]);
    shop.paid("N1");
    let told = shop.delivered();
    assert_eq!(told, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", COMPLETED]);
}

#[test]
fn an_event_names_the_call_that_made_it() {
    let mut shop = Shop::new();
    shop.endpoint(&["refund.created"]);
    let paid = shop.paid("N1");
    let body = format!("payment_intent={}", id(&paid["payment_intent"]));
    let call = shop.post_with("/v1/refunds", &body, &[("idempotency-key", "k1")]);
    let [event] = shop.deliver(200).try_into().unwrap();
    let expected = json!({ "id": call.header("request-id").unwrap(), "idempotency_key": "k1" });
    assert_eq!(event.event["request"], expected);
}

#[test]
fn retries_carry_the_same_event_under_a_fresh_timestamp() {
    let mut shop = Shop::new();
    let secret = shop.endpoint(&[COMPLETED])["secret"].as_str().unwrap().to_owned();
    shop.paid("N1");
    let [first] = shop.deliver(500).try_into().unwrap();
    assert!(shop.deliver(200).is_empty());
    shop.now_ms += 5 * MINUTE_MS;
    let [second] = shop.deliver(302).try_into().unwrap();
    assert_eq!(first.body, second.body);
    assert_eq!(second.signed_at_s() - first.signed_at_s(), 300);
    assert!(second.is_signed_with(&secret));
    assert_eq!(shop.get("/v1/events?delivery_success=false").ok()["data"][0]["pending_webhooks"], 1);
    shop.now_ms += 10 * MINUTE_MS;
    assert_eq!(shop.deliver(204).len(), 1);
    shop.advance(4 * DAY_MS);
    assert!(shop.deliver(200).is_empty());
    assert!(
        shop.get(&format!("/v1/events?delivery_success=false&type={COMPLETED}")).ok()["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_endpoint_that_never_answers_is_given_up_within_three_days() {
    let mut shop = Shop::new();
    shop.endpoint(&[COMPLETED]);
    shop.paid("N1");
    let mut last_ms = shop.now_ms;
    let mut tries = 0;
    for _ in 0..40 {
        let sent = shop.deliver(500).len();
        tries += sent;
        if sent > 0 {
            last_ms = shop.now_ms;
        }
        shop.now_ms = shop.world.next_callback_at_ms().unwrap_or(shop.now_ms);
    }
    assert_eq!(tries, 13);
    assert!(last_ms - START_MS <= 3 * DAY_MS);
    assert_eq!(shop.get("/v1/events?delivery_success=false").ok()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn while_a_secret_is_rolled_both_sign() {
    let mut shop = Shop::new();
    let endpoint = shop.endpoint(&[COMPLETED]);
    let old = endpoint["secret"].as_str().unwrap().to_owned();
    let path = format!("/sandbox/stripe/webhook_endpoints/{}/roll", id(&endpoint));
    assert_eq!(shop.steer(&path, &json!({ "expires_in_ms": DAY_MS + 1 })).status, 400);
    let rolled = shop.steer(&path, &json!({ "expires_in_ms": MINUTE_MS })).ok();
    let new = rolled["secret"].as_str().unwrap().to_owned();
    shop.paid("N1");
    let [both] = shop.deliver(200).try_into().unwrap();
    assert_eq!(both.signatures(), 2);
    assert!(both.is_signed_with(&old) && both.is_signed_with(&new));
    shop.now_ms += MINUTE_MS;
    shop.paid("N2");
    let [one] = shop.deliver(200).try_into().unwrap();
    assert_eq!(one.signatures(), 1);
    assert!(one.is_signed_with(&new) && !one.is_signed_with(&old));
}

#[test]
fn endpoints_are_changed_disabled_and_deleted() {
    let mut shop = Shop::new();
    let endpoint = shop.endpoint(&[COMPLETED]);
    let path = format!("/v1/webhook_endpoints/{}", id(&endpoint));
    assert_eq!(shop.post(&path, "disabled=true").ok()["status"], "disabled");
    shop.paid("N1");
    assert!(shop.deliver(200).is_empty());
    let changed = shop.post(&path, "disabled=false&enabled_events[]=charge.succeeded&description=x").ok();
    assert_eq!(
        (&changed["status"], &changed["enabled_events"]),
        (&json!("enabled"), &json!(["charge.succeeded"]))
    );
    shop.paid("N2");
    assert_eq!(shop.delivered(), ["charge.succeeded"]);
    shop.paid("N3");
    let request = shop.request("DELETE", &path, "", &[]);
    assert_eq!(shop.send(request).ok()["deleted"], true);
    assert!(shop.deliver(200).is_empty(), "what was under way goes nowhere");
    assert_eq!(shop.get(&path).status, 404);
    for wrong in
        ["url=http://a.example/", "url=x&enabled_events[]=*", "url=http://a.example/&enabled_events[]=some"]
    {
        assert_eq!(shop.post("/v1/webhook_endpoints", wrong).status, 400, "{wrong}");
    }
}

#[test]
fn a_connect_endpoint_hears_of_connected_accounts() {
    let mut shop = Shop::new();
    let body = format!(
        "url=http://127.0.0.1:9/c&connect=true&api_version=2025-09-30.clover&enabled_events[]={COMPLETED}"
    );
    shop.post("/v1/webhook_endpoints", &body).ok();
    shop.paid("N1");
    assert!(shop.deliver(200).is_empty());
    let creator = shop.account().connected_accounts[0].clone();
    let session =
        shop.post_with("/v1/checkout/sessions", &Shop::order("N2"), &[("stripe-account", &creator)]).ok();
    shop.press(&session, "approve").ok();
    let [event] = shop.deliver(200).try_into().unwrap();
    assert_eq!(event.event["account"], json!(creator));
    assert_eq!(event.event["api_version"], "2025-09-30.clover");
}

#[test]
fn events_are_listed_by_type() {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.now_ms += SECOND_MS;
    shop.paid("N2");
    let list = shop.get("/v1/events?type=payment_intent.*&limit=3").ok();
    let kinds: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["payment_intent.succeeded", "payment_intent.created", "payment_intent.succeeded"]);
    assert_eq!(list["has_more"], true);
    shop.advance(31 * DAY_MS);
    assert!(shop.get("/v1/events").ok()["data"].as_array().unwrap().is_empty(), "kept for 30 days");
}
