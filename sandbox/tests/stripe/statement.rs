//! Is the list of balance transactions a statement one can reconcile by?

use serde_json::{Value, json};

use crate::shop::{DAY_MS, HOUR_MS, START_MS, Shop, id, intent};

fn lines(shop: &mut Shop, query: &str) -> Vec<Value> {
    shop.get(&format!("/v1/balance_transactions?{query}")).ok()["data"].as_array().unwrap().clone()
}

fn sales(shop: &mut Shop, count: usize) {
    for number in 0..count {
        shop.paid(&format!("N{number}"));
        shop.now_ms += HOUR_MS;
    }
}

#[test]
fn every_movement_has_its_fee_and_its_day() {
    let mut shop = Shop::new();
    let paid = shop.paid("N1");
    shop.post("/v1/refunds", &format!("payment_intent={}&amount=1000", intent(&paid))).ok();
    let [refund, charge] = lines(&mut shop, "").try_into().unwrap();
    assert_eq!(
        (&charge["amount"], &charge["fee"], &charge["net"]),
        (&json!(5_000), &json!(175), &json!(4_825))
    );
    assert_eq!(charge["fee_details"][0]["type"], "stripe_fee");
    assert_eq!((&charge["reporting_category"], &charge["status"]), (&json!("charge"), &json!("pending")));
    assert_eq!(charge["available_on"], (START_MS + 2 * DAY_MS) / 1_000);
    assert_eq!((&refund["type"], &refund["net"]), (&json!("refund"), &json!(-1_000)));
    shop.advance(2 * DAY_MS);
    assert_eq!(lines(&mut shop, "type=charge")[0]["status"], "available");
}

#[test]
fn pages_together_are_the_whole_without_a_line_twice() {
    let mut shop = Shop::new();
    sales(&mut shop, 5);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("/v1/balance_transactions?limit=2{cursor}")).ok();
        seen.extend(page["data"].as_array().unwrap().iter().map(|line| id(line).to_owned()));
        if page["has_more"] == json!(false) {
            break;
        }
        cursor = format!("&starting_after={}", seen.last().unwrap());
    }
    let all: Vec<String> = lines(&mut shop, "limit=100").iter().map(|line| id(line).to_owned()).collect();
    assert_eq!(seen, all);
    assert_eq!(seen.len(), 5);
}

#[test]
fn a_day_is_cut_out_by_its_seconds() {
    let mut shop = Shop::new();
    sales(&mut shop, 3);
    let start_s = START_MS / 1_000;
    let from = start_s + 3_600;
    assert_eq!(lines(&mut shop, &format!("created[gte]={from}")).len(), 2);
    assert_eq!(lines(&mut shop, &format!("created[gte]={start_s}&created[lt]={from}")).len(), 1);
    let source = lines(&mut shop, "limit=1")[0]["source"].as_str().unwrap().to_owned();
    assert_eq!(lines(&mut shop, &format!("source={source}")).len(), 1);
    assert!(lines(&mut shop, "type=transfer").is_empty());
    assert_eq!(shop.get("/v1/balance_transactions?payout=po_1").code(), (400, "resource_missing"));
}

#[test]
fn bill_missing_line_leaves_the_newest_out() {
    let mut shop = Shop::new();
    sales(&mut shop, 3);
    let honest = lines(&mut shop, "");
    shop.fault(&json!({ "fault": "bill_missing_line", "gateway": "stripe", "times": 1 }));
    assert_eq!(lines(&mut shop, ""), honest[1..]);
    assert_eq!(lines(&mut shop, ""), honest);
}

#[test]
fn bill_extra_line_shows_a_charge_nobody_made() {
    let mut shop = Shop::new();
    sales(&mut shop, 3);
    let honest = lines(&mut shop, "");
    shop.fault(&json!({ "fault": "bill_extra_line", "gateway": "stripe" }));
    let told = lines(&mut shop, "");
    assert_eq!(told[1..], honest);
    assert_eq!(told[0]["net"], honest[2]["net"]);
    let source = told[0]["source"].as_str().unwrap();
    assert_eq!(shop.get(&format!("/v1/charges/{source}")).status, 404);
}

#[test]
fn bill_altered_line_is_one_unit_off() {
    let mut shop = Shop::new();
    sales(&mut shop, 3);
    let honest = lines(&mut shop, "");
    shop.fault(&json!({ "fault": "bill_altered_line", "gateway": "stripe" }));
    let told = lines(&mut shop, "");
    assert_eq!(told[..2], honest[..2]);
    assert_eq!((&told[2]["amount"], &told[2]["id"]), (&json!(5_001), &honest[2]["id"]));
}
