//! What is kept, and what repeats.

use coursepay_sandbox::{KeyPair, PublicKey, Record, World};
use serde_json::json;

use crate::shop::{DAY_MS, MINUTE_MS, START_MS, Shop, keys};

#[test]
fn a_payment_survives_a_restart_with_its_open_notify() {
    let mut shop = Shop::new();
    let waiting = shop.precreate("WAITING");
    shop.get(&waiting);
    let paid = shop.precreate("PAID");
    shop.press(&paid, "approve");
    shop.deliver(500, "");
    shop.move_clock(&format!("{{\"advance_ms\":{MINUTE_MS}}}"));
    let before = shop.get_json("/sandbox/payments.json");
    let records = shop.world.take_changes().unwrap();
    assert_eq!(shop.world.take_changes().unwrap(), [], "taken once");

    let mut restarted =
        Shop { world: World::new("http://sandbox.example", keys(), [3; 32]), now_ms: START_MS };
    for record in &records {
        restarted.world.restore(record).unwrap();
    }
    assert_eq!(restarted.get_json("/sandbox/payments.json"), before);
    assert_eq!(restarted.status("WAITING"), "WAIT_BUYER_PAY");
    assert_eq!(restarted.press(&paid, "approve").0, 409);
    assert_eq!(restarted.world.next_callback_at_ms(), Some(START_MS + 3 * MINUTE_MS));
    restarted.now_ms += 3 * MINUTE_MS;
    assert_eq!(restarted.deliver(200, "success").len(), 1);
}

#[test]
fn refunds_on_their_way_and_transfers_survive_a_restart() {
    let mut shop = Shop::new();
    shop.paid("DONE");
    shop.refund("DONE", "R1", "1.00");
    shop.deliver(200, "success");
    shop.paid("LATER");
    shop.fault(&json!({ "fault": "refund_pending", "by_ms": 60_000 }));
    shop.refund("LATER", "R2", "99.00");
    let transfer = crate::transfer::order("T1", "5.00");
    let made = shop.certified_call("alipay.fund.trans.uni.transfer", &transfer);
    let before = shop.get_json("/sandbox/payments.json");
    let records = shop.world.take_changes().unwrap();

    let mut restarted =
        Shop { world: World::new("http://sandbox.example", keys(), [3; 32]), now_ms: START_MS };
    for record in &records {
        restarted.world.restore(record).unwrap();
    }
    assert_eq!(restarted.get_json("/sandbox/payments.json"), before);
    assert_eq!(restarted.certified_call("alipay.fund.trans.uni.transfer", &transfer), made);
    assert_eq!(restarted.status("LATER"), "TRADE_SUCCESS");
    assert_eq!(restarted.world.next_callback_at_ms(), Some(START_MS + MINUTE_MS));
    restarted.now_ms += MINUTE_MS;
    let told = restarted.deliver(200, "success").remove(0);
    assert_eq!((told["out_biz_no"].as_str(), told["trade_status"].as_str()), ("R2", "TRADE_CLOSED"));
    assert_eq!(restarted.status("LATER"), "TRADE_CLOSED");
    // 1 000 000 + 2 × 98.41 − 1.00 − 99.00 − 5.00: the balance was not forgotten either.
    let all = crate::transfer::order("T2", "1000091.82");
    assert_eq!(restarted.certified_call("alipay.fund.trans.uni.transfer", &all)["status"], "SUCCESS");
    let cent = crate::transfer::order("T3", "0.10");
    let refused = restarted.certified_call("alipay.fund.trans.uni.transfer", &cent);
    assert_eq!(refused["sub_code"], "BALANCE_IS_NOT_ENOUGH");
}

#[test]
fn a_notify_in_flight_at_a_crash_is_due_again() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.press(&cashier, "approve");
    let records = shop.world.take_changes().unwrap();
    assert_eq!(shop.world.due_callbacks(START_MS).len(), 1);

    let mut restarted = World::new("http://sandbox.example", keys(), [3; 32]);
    for record in &records {
        restarted.restore(record).unwrap();
    }
    assert_eq!(restarted.due_callbacks(START_MS).len(), 1);
}

#[test]
fn only_what_changed_is_to_be_saved() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.precreate("N2");
    assert_eq!(shop.world.take_changes().unwrap().len(), 2);
    shop.query("N1");
    shop.get("/");
    assert_eq!(shop.world.take_changes().unwrap().len(), 0);
    shop.press(&cashier, "approve");
    let changed = shop.world.take_changes().unwrap();
    assert_eq!(changed.len(), 2);
    assert!(changed[0].path.starts_with("alipay/trades/"));
    assert_eq!(changed[1].path, "callbacks/000000000001.json");
}

#[test]
fn a_damaged_record_is_named() {
    let mut world = World::new("http://sandbox.example", keys(), [3; 32]);
    let record = Record { path: "alipay/trades/x.json".to_owned(), contents: b"{".to_vec() };
    let error = world.restore(&record).unwrap_err();
    assert!(error.to_string().contains("alipay/trades/x.json"), "{error}");
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes() {
    let run = || {
        let mut shop = Shop::new();
        let cashier = shop.precreate("N1");
        let page = shop.get(&cashier);
        let pressed = shop.press(&cashier, "approve");
        let refunded = shop.refund("N1", "R1", "1.00");
        let transfer = crate::transfer::order("T1", "5.00");
        let made = shop.certified_call("alipay.fund.trans.uni.transfer", &transfer);
        let notifies = shop.deliver(200, "fail");
        shop.now_ms += 2 * DAY_MS;
        let order = json!({ "bill_type": "signcustomer", "bill_date": "2026-01-01" });
        let bill = shop.call("alipay.data.dataservice.bill.downloadurl.query", &order);
        let address = bill["bill_download_url"].as_str().unwrap().to_owned();
        let statement = shop.get(address.strip_prefix("http://sandbox.example").unwrap()).into_body();
        let records = shop.world.take_changes().unwrap();
        let front = shop.get("/").into_body();
        (cashier, page.into_body(), pressed, refunded, made, notifies, statement, front, records)
    };
    assert_eq!(run(), run());
}

#[test]
fn the_configuration_names_everything_an_integration_needs() {
    let mut shop = Shop::new();
    let config = shop.get_json("/sandbox/config.json");
    let merchant = shop.merchant();
    assert_eq!(config["base_url"], "http://sandbox.example");
    let alipay = &config["alipay"];
    assert_eq!(alipay["gateway_url"], "http://sandbox.example/gateway.do");
    assert_eq!(alipay["app_id"], json!(merchant.app_id));
    assert_eq!(alipay["seller_id"], json!(merchant.seller_id));
    assert!(merchant.seller_id.starts_with("2088") && merchant.seller_id.len() == 16);
    for side in ["app", "gateway"] {
        let text = |half: &str| alipay[format!("{side}_{half}_key")].as_str().unwrap().to_owned();
        let pair = KeyPair::from_pkcs8_base64(&text("private")).unwrap();
        let public = PublicKey::from_spki_base64(&text("public")).unwrap();
        assert!(public.verifies_sha256("message", &pair.sign_sha256("message")));
    }
    assert_ne!(alipay["app_public_key"], alipay["gateway_public_key"]);
}
