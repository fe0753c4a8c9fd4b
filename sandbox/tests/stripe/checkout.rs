//! Does a session live as it should?

use serde_json::json;

use crate::shop::{DAY_MS, HOUR_MS, MINUTE_MS, START_MS, Shop, charge, id};

#[test]
fn a_session_is_open_until_the_buyer_pays() {
    let mut shop = Shop::new();
    let session = shop.session("N1");
    assert_eq!(session["status"], "open");
    assert_eq!(session["payment_status"], "unpaid");
    assert_eq!(session["payment_intent"], json!(null));
    assert_eq!(session["amount_total"], 5_000);
    assert_eq!(session["livemode"], false);
    assert_eq!(session["url"], format!("http://sandbox.example/c/pay/{}", id(&session)));
    assert_eq!(session["expires_at"], (START_MS + DAY_MS) / 1_000);

    let pressed = shop.press(&session, "approve").ok();
    assert_eq!(pressed["return_url"], format!("https://shop.example/ok?s={}", id(&session)));
    let paid = shop.reread(&session);
    assert_eq!((&paid["status"], &paid["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(paid["url"], json!(null));
    let intent = &paid["payment_intent"];
    assert_eq!((&intent["status"], &intent["amount_received"]), (&json!("succeeded"), &json!(5_000)));
    assert_eq!(intent["latest_charge"]["paid"], true);
    assert_eq!(intent["latest_charge"]["payment_method_details"]["card"]["last4"], "4242");
}

#[test]
fn the_merchants_notes_are_on_session_and_payment_alike() {
    let mut shop = Shop::new();
    let notes = "&metadata[attempt]=A1&payment_intent_data[metadata][attempt]=A1\
                 &payment_intent_data[transfer_group]=G1&payment_intent_data[description]=Rust&locale=zh";
    let paid = shop.paid_with("N1", notes);
    assert_eq!(paid["metadata"]["attempt"], "A1");
    assert_eq!(paid["locale"], "zh");
    let intent = &paid["payment_intent"];
    assert_eq!((&intent["metadata"]["attempt"], &intent["transfer_group"]), (&json!("A1"), &json!("G1")));
    assert_eq!(intent["latest_charge"]["description"], "Rust");
}

#[test]
fn a_declined_card_leaves_the_session_open() {
    let mut shop = Shop::new();
    shop.endpoint(&["*"]);
    let session = shop.session("N1");
    let pressed = shop.press(&session, "decline").ok();
    assert_eq!(pressed["outcome"], "waiting");
    let events = shop.deliver(200);
    let failed = events.iter().find(|event| event.kind() == "payment_intent.payment_failed").unwrap();
    assert_eq!(failed.object()["last_payment_error"]["decline_code"], "generic_decline");
    assert_eq!(failed.object()["status"], "requires_payment_method");
    assert_eq!(shop.reread(&session)["status"], "open");
    shop.press(&session, "approve").ok();
    let paid = shop.reread(&session);
    assert_eq!(paid["payment_intent"]["id"], failed.object()["id"], "one payment, two tries");
    assert_ne!(charge(&paid), failed.object()["latest_charge"]);
}

#[test]
fn test_cards_do_what_they_are_known_for() {
    let mut shop = Shop::new();
    let session = shop.session("N1");
    let path = format!("/sandbox/stripe/sessions/{}/pay", id(&session));
    shop.steer(&path, &json!({ "card": "4000 0000 0000 9995" })).ok();
    let intent = shop.get("/v1/payment_intents?limit=1").ok()["data"][0].clone();
    assert_eq!(intent["last_payment_error"]["decline_code"], "insufficient_funds");
    assert_eq!(shop.steer(&path, &json!({ "card": "1" })).status, 400);
    shop.steer(&path, &json!({ "card": "4000000000000259" })).ok();
    assert_eq!(shop.get("/v1/disputes").ok()["data"][0]["reason"], "fraudulent");
    assert_eq!(shop.steer(&path, &json!({ "card": "4242424242424242" })).status, 409);
}

#[test]
fn money_that_comes_later_completes_the_session_unpaid() {
    let mut shop = Shop::new();
    shop.endpoint(&["*"]);
    let session = shop.session("N1");
    assert_eq!(shop.press(&session, "approve_later").ok()["outcome"], "processing");
    let waiting = shop.reread(&session);
    assert_eq!((&waiting["status"], &waiting["payment_status"]), (&json!("complete"), &json!("unpaid")));
    assert_eq!(waiting["payment_intent"]["status"], "processing");
    let told = shop.delivered();
    assert!(told.contains(&"checkout.session.completed".to_owned()), "{told:?}");

    assert_eq!(shop.press(&session, "settle").ok()["outcome"], "paid");
    assert_eq!(shop.reread(&session)["payment_status"], "paid");
    let told = shop.delivered();
    assert!(told.contains(&"checkout.session.async_payment_succeeded".to_owned()), "{told:?}");
    assert!(!told.contains(&"checkout.session.completed".to_owned()), "{told:?}");
    assert_eq!(shop.press(&session, "fail").status, 409);
}

#[test]
fn money_that_never_comes_fails_the_payment() {
    let mut shop = Shop::new();
    shop.endpoint(&["checkout.session.async_payment_failed"]);
    let session = shop.session("N1");
    shop.press(&session, "approve_later").ok();
    assert_eq!(shop.press(&session, "fail").ok()["outcome"], "failed");
    assert_eq!(shop.delivered(), ["checkout.session.async_payment_failed"]);
    let failed = shop.reread(&session);
    assert_eq!((&failed["status"], &failed["payment_status"]), (&json!("complete"), &json!("unpaid")));
    assert_eq!(failed["payment_intent"]["status"], "requires_payment_method");
    assert_eq!(shop.press(&session, "settle").status, 409);
}

#[test]
fn nobody_pays_twice() {
    let mut shop = Shop::new();
    let session = shop.paid("N1");
    let again = shop.press(&session, "approve");
    assert_eq!(again.code(), (409, "already_paid"));
    assert_eq!(shop.get("/v1/charges").ok()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn the_merchant_expires_an_open_session_once() {
    let mut shop = Shop::new();
    shop.endpoint(&["checkout.session.expired"]);
    let session = shop.session("N1");
    let path = format!("/v1/checkout/sessions/{}/expire", id(&session));
    assert_eq!(shop.post(&path, "").ok()["status"], "expired");
    assert_eq!(shop.post(&path, "").status, 400);
    assert_eq!(shop.delivered(), ["checkout.session.expired"]);
    assert_eq!(shop.press(&session, "approve").code(), (409, "closed"));
    let paid = shop.paid("N2");
    let refused = shop.post(&format!("/v1/checkout/sessions/{}/expire", id(&paid)), "");
    assert!(refused.text.contains("complete"), "{}", refused.text);
}

#[test]
fn time_expires_a_session_to_the_second() {
    let mut shop = Shop::new();
    shop.endpoint(&["checkout.session.expired", "payment_intent.canceled"]);
    let expires_s = (START_MS + 30 * MINUTE_MS) / 1_000;
    let session = shop.session_with("N1", &format!("&expires_at={expires_s}"));
    shop.press(&session, "decline").ok();
    shop.advance(30 * MINUTE_MS - 1);
    assert_eq!(shop.reread(&session)["status"], "open");
    assert!(shop.delivered().is_empty());
    shop.advance(1);
    assert_eq!(shop.delivered(), ["payment_intent.canceled", "checkout.session.expired"]);
    assert_eq!(shop.reread(&session)["status"], "expired");
    assert_eq!(shop.press(&session, "approve").code(), (409, "expired"));
}

#[test]
fn pay_after_close_is_money_on_an_expired_session() {
    let mut shop = Shop::new();
    shop.endpoint(&["checkout.session.completed"]);
    let session = shop.session("N1");
    shop.post(&format!("/v1/checkout/sessions/{}/expire", id(&session)), "").ok();
    shop.fault(&json!({ "fault": "pay_after_close", "gateway": "stripe", "number": "N1" }));
    shop.press(&session, "approve").ok();
    assert_eq!(shop.reread(&session)["payment_status"], "paid");
    assert_eq!(shop.delivered(), ["checkout.session.completed"]);
}

#[test]
fn lines_are_told_page_by_page() {
    let mut shop = Shop::new();
    let more = "&line_items[1][quantity]=1&line_items[1][price_data][currency]=usd\
                &line_items[1][price_data][unit_amount]=0&line_items[1][price_data][product_data][name]=Gift";
    let session = shop.session_with("N1", more);
    let path = format!("/v1/checkout/sessions/{}/line_items", id(&session));
    let first = shop.get(&format!("{path}?limit=1")).ok();
    assert_eq!((&first["data"][0]["description"], &first["has_more"]), (&json!("Rust 101"), &json!(true)));
    assert_eq!(first["data"][0]["price"]["unit_amount"], 2_500);
    let rest = shop.get(&format!("{path}?starting_after={}", id(&first["data"][0]))).ok();
    assert_eq!((&rest["data"][0]["description"], &rest["has_more"]), (&json!("Gift"), &json!(false)));
}

#[test]
fn sessions_are_found_by_their_payment_and_belong_to_their_account() {
    let mut shop = Shop::new();
    shop.session("N0");
    shop.now_ms += HOUR_MS;
    let paid = shop.paid("N1");
    let found =
        shop.get(&format!("/v1/checkout/sessions?payment_intent={}", id(&paid["payment_intent"]))).ok();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"][0]["client_reference_id"], "N1");
    let connected = shop.account().connected_accounts[0].clone();
    let path = format!("/v1/checkout/sessions/{}", id(&paid));
    assert_eq!(shop.get_with(&path, &[("stripe-account", &connected)]).code(), (404, "resource_missing"));
}

#[test]
fn a_payment_is_found_by_its_metadata() {
    let mut shop = Shop::new();
    for number in ["N1", "N2"] {
        let session = shop.session_with(number, &format!("&payment_intent_data[metadata][attempt]={number}"));
        shop.press(&session, "approve").ok();
    }
    let search = |shop: &mut Shop, query: &str| {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        shop.get(&format!("/v1/payment_intents/search?query={query}&expand[]=data.latest_charge"))
    };
    let found = search(&mut shop, "metadata['attempt']:'N2' AND status:'succeeded'").ok();
    assert_eq!((&found["object"], found["data"].as_array().unwrap().len()), (&json!("search_result"), 1));
    assert_eq!(found["data"][0]["metadata"]["attempt"], "N2");
    assert_eq!(found["data"][0]["latest_charge"]["object"], "charge");
    assert_eq!(search(&mut shop, "metadata['attempt']:'N3'").ok()["data"], json!([]));
    assert_eq!(search(&mut shop, "amount>100").status, 400, "what is not understood is refused");
}

#[test]
fn prices_in_other_currencies_may_be_switched_off_and_not_on() {
    let mut shop = Shop::new();
    shop.session_with("N1", "&adaptive_pricing[enabled]=false");
    let on = format!("{}&adaptive_pricing[enabled]=true", Shop::order("N2"));
    assert_eq!(shop.post("/v1/checkout/sessions", &on).status, 400);
}
