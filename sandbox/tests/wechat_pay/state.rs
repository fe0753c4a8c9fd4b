//! What survives a restart.

use coursepay_sandbox::World;
use serde_json::{Value, json};

use crate::shop::{BASE_URL, HOUR_MS, Shop, keys};

/// A new world with what the old one saved.
fn restarted(mut shop: Shop) -> Shop {
    let mut world = World::new(BASE_URL, keys(), [3; 32]);
    for record in shop.world.take_changes().unwrap() {
        world.restore(&record).unwrap();
    }
    shop.world = world;
    shop
}

#[test]
fn payments_refunds_and_settings_survive_under_every_name() {
    let mut shop = Shop::new();
    shop.settings(json!({ "public_key_percent": 30 }));
    let id = shop.paid("ORDER-1");
    shop.fault(json!({ "fault": "refund_pending", "times": 1, "by_ms": HOUR_MS }));
    let refund = shop.refund("ORDER-1", "REFUND-1", 100);
    let waiting = shop.native("ORDER-2");
    let before = shop.query("ORDER-1");

    let mut shop = restarted(shop);
    assert_eq!(shop.query("ORDER-1"), before);
    let target = format!("/v3/pay/transactions/id/{id}?mchid={}", shop.account().mchid);
    assert_eq!(shop.done("GET", &target, &Value::Null), before);
    assert_eq!(shop.refund_query("REFUND-1"), refund);
    shop.now_ms += HOUR_MS;
    assert_eq!(shop.refund_query("REFUND-1")["status"], "SUCCESS", "what was due stays due");
    assert_eq!(shop.press(&waiting, "approve").0, 200);
    let settings = shop.get_json("/sandbox/wechat_pay");
    assert_eq!(settings["merchants"][shop.account().mchid]["public_key_percent"], 30);
}

#[test]
fn a_callback_that_was_not_answered_comes_again() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    assert_eq!(shop.world.due_callbacks(shop.now_ms).len(), 1);
    let mut shop = restarted(shop);
    let heard = shop.deliver(200);
    assert_eq!((heard.len(), heard[0].genuine), (1, true));
}

#[test]
fn the_balance_survives() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.advance(26 * HOUR_MS);
    let mut shop = restarted(shop);
    let told = shop.done("GET", "/v3/bill/fundflowbill?bill_date=2026-01-01", &Value::Null);
    assert_eq!(told["hash_type"], "SHA1");
    let refund = shop.refund("ORDER-1", "REFUND-1", 9900);
    assert_eq!(refund["status"], "PROCESSING");
}
