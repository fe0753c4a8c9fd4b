//! Does money reach connected accounts, and come back?

use serde_json::{Value, json};

use crate::shop::{DAY_MS, Shop, charge, id, intent};

fn creator(shop: &Shop) -> String {
    shop.account().connected_accounts[0].clone()
}

fn pending(shop: &mut Shop, account: &str) -> Value {
    let balance = shop.get_with("/v1/balance", &[("stripe-account", account)]).ok();
    balance["pending"][0]["amount"].clone()
}

fn pending_and_available(shop: &mut Shop, account: &str) -> i64 {
    let balance = shop.get_with("/v1/balance", &[("stripe-account", account)]).ok();
    ["pending", "available"].iter().map(|part| balance[part][0]["amount"].as_i64().unwrap()).sum()
}

#[test]
fn a_transfer_draws_on_a_charge_up_to_its_amount() {
    let mut shop = Shop::new();
    shop.endpoint(&["transfer.created", "transfer.reversed"]);
    let paid = shop.paid_with("N1", "&payment_intent_data[transfer_group]=G1");
    let creator = creator(&shop);
    let body = format!("amount=4000&currency=usd&destination={creator}&source_transaction={}", charge(&paid));
    let transfer = shop.post("/v1/transfers", &body).ok();
    assert_eq!((&transfer["transfer_group"], &transfer["destination"]), (&json!("G1"), &json!(creator)));
    assert_eq!(pending(&mut shop, &creator), 4_000);
    let over = shop.post("/v1/transfers", &body.replace("4000", "1001"));
    assert_eq!((over.status, &over.json["error"]["param"]), (400, &json!("amount")));

    let path = format!("/v1/transfers/{}/reversals", id(&transfer));
    let reversal = shop.post(&path, "amount=1500&metadata[refund]=R1").ok();
    assert_eq!((&reversal["amount"], &reversal["metadata"]["refund"]), (&json!(1_500), &json!("R1")));
    assert_eq!(shop.post(&path, "amount=2501").status, 400);
    shop.post(&path, "").ok();
    let whole = shop.get(&format!("/v1/transfers/{}", id(&transfer))).ok();
    assert_eq!((&whole["amount_reversed"], &whole["reversed"]), (&json!(4_000), &json!(true)));
    assert_eq!(whole["reversals"]["data"].as_array().unwrap().len(), 2);
    assert_eq!(shop.delivered(), ["transfer.created", "transfer.reversed", "transfer.reversed"]);
    assert_eq!(shop.get("/v1/transfers?transfer_group=G1").ok()["data"][0]["id"], transfer["id"]);
}

#[test]
fn without_a_charge_the_money_has_to_be_there() {
    let mut shop = Shop::new();
    shop.paid("N1");
    let body = format!("amount=4000&currency=usd&destination={}", creator(&shop));
    assert_eq!(shop.post("/v1/transfers", &body).code(), (400, "balance_insufficient"));
    shop.advance(2 * DAY_MS);
    shop.post("/v1/transfers", &body).ok();
    assert_eq!(shop.post("/v1/transfers", &body).code(), (400, "balance_insufficient"));
    let balance = shop.get("/v1/balance").ok();
    assert_eq!(balance["available"][0]["amount"], 5_000 - 175 - 4_000);
}

#[test]
fn money_goes_to_connected_accounts_only() {
    let mut shop = Shop::new();
    let stranger = shop.world.keys().merchants[1].stripe.connected_accounts[0].clone();
    let body = format!("amount=100&currency=usd&destination={stranger}");
    assert_eq!(shop.post("/v1/transfers", &body).code(), (400, "resource_missing"));
    let session = format!("{}&payment_intent_data[transfer_data][destination]={stranger}", Shop::order("N1"));
    assert_eq!(shop.post("/v1/checkout/sessions", &session).code(), (400, "resource_missing"));
    let fee = format!("{}&payment_intent_data[application_fee_amount]=500", Shop::order("N1"));
    assert_eq!(shop.post("/v1/checkout/sessions", &fee).status, 400);
}

#[test]
fn a_destination_charge_sends_the_money_on_and_keeps_the_fee() {
    let mut shop = Shop::new();
    let creator = creator(&shop);
    let more = format!(
        "&payment_intent_data[transfer_data][destination]={creator}&payment_intent_data[application_fee_amount]=1000"
    );
    let paid = shop.paid_with("N1", &more);
    assert_eq!(pending(&mut shop, &creator), 4_000);
    let kinds = |list: &Value| -> Vec<(String, i64)> {
        let lines = list["data"].as_array().unwrap().iter();
        lines.map(|line| (line["type"].as_str().unwrap().to_owned(), line["net"].as_i64().unwrap())).collect()
    };
    let own = shop.get("/v1/balance_transactions").ok();
    let expected = [("transfer", -5_000), ("application_fee", 1_000), ("charge", 4_825)]
        .map(|(kind, net)| (kind.to_owned(), net));
    assert_eq!(kinds(&own), expected);

    let back = format!(
        "payment_intent={}&amount=2500&reverse_transfer=true&refund_application_fee=true",
        intent(&paid)
    );
    let refund = shop.post("/v1/refunds", &back).ok();
    assert!(refund["transfer_reversal"].as_str().unwrap().starts_with("trr_"));
    let transfer = |shop: &mut Shop| {
        shop.get(&format!("/v1/charges/{}?expand[]=transfer", charge(&paid))).ok()["transfer"].clone()
    };
    let half = transfer(&mut shop);
    assert_eq!((&half["reversed"], &half["amount_reversed"]), (&json!(false), &json!(2_500)));
    assert_eq!(pending_and_available(&mut shop, &creator), 4_000 - 2_500 + 500);
    shop.post("/v1/refunds", &back).ok();
    let whole = transfer(&mut shop);
    assert_eq!((&whole["reversed"], &whole["amount_reversed"]), (&json!(true), &json!(5_000)));
    let theirs = shop.get_with("/v1/balance_transactions", &[("stripe-account", &creator)]).ok();
    assert_eq!(kinds(&theirs).iter().map(|(_, net)| net).sum::<i64>(), 0);
}

#[test]
fn a_direct_charge_is_the_connected_accounts_own() {
    let mut shop = Shop::new();
    let creator = creator(&shop);
    let as_creator = [("stripe-account", creator.as_str())];
    let body = format!("{}&payment_intent_data[application_fee_amount]=500", Shop::order("N1"));
    let session = shop.post_with("/v1/checkout/sessions", &body, &as_creator).ok();
    shop.press(&session, "approve").ok();
    assert_eq!(shop.get(&format!("/v1/checkout/sessions/{}", id(&session))).status, 404);
    let theirs = shop.get_with("/v1/balance_transactions", &as_creator).ok();
    assert_eq!((&theirs["data"][0]["fee"], &theirs["data"][0]["net"]), (&json!(675), &json!(4_325)));
    let own = shop.get("/v1/balance_transactions").ok();
    assert_eq!((&own["data"][0]["type"], &own["data"][0]["net"]), (&json!("application_fee"), &json!(500)));
}
