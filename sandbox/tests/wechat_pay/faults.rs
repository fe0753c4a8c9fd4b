//! Each fault, seen by a merchant.

use coursepay_sandbox::Reply;
use serde_json::{Value, json};

use crate::shop::{HOUR_MS, MINUTE_MS, Shop, path_of};

const NATIVE: &str = "/v3/pay/transactions/native";

#[test]
fn a_timeout_before_the_effect_leaves_nothing_behind() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "timeout_before_effect", "operation": "create", "times": 1, "by_ms": 9000 }));
    let request = shop.signed("POST", NATIVE, &shop.order("ORDER-1").to_string());
    assert!(matches!(shop.try_send(request), Reply::Silence { hold_ms: 9000 }));
    assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
}

#[test]
fn a_timeout_after_the_effect_hides_what_was_done() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.fault(json!({ "fault": "timeout_after_effect", "operation": "refund", "times": 1 }));
    let body = shop.refund_body("ORDER-1", "REFUND-1", 100);
    let request = shop.signed("POST", crate::shop::REFUNDS, &body.to_string());
    assert!(matches!(shop.try_send(request), Reply::Silence { .. }));
    assert_eq!(shop.refund_query("REFUND-1")["status"], "SUCCESS");
    shop.refund("ORDER-1", "REFUND-1", 100);
    assert_eq!(shop.query("ORDER-1")["trade_state"], "REFUND");
}

#[test]
fn server_errors_system_errors_and_rate_limits_do_nothing() {
    for (fault, status, code) in
        [("system_error", 500, "SYSTEM_ERROR"), ("rate_limited", 429, "FREQUENCY_LIMITED")]
    {
        let mut shop = Shop::new();
        shop.fault(json!({ "fault": fault, "gateway": "wechat_pay", "operation": "create", "times": 1 }));
        let order = shop.order("ORDER-1");
        assert_eq!(shop.refused("POST", NATIVE, &order), (status, code.to_owned()));
        assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
    }
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "server_error", "times": 1 }));
    let request = shop.signed("POST", NATIVE, &shop.order("ORDER-1").to_string());
    let response = shop.send(request);
    assert_eq!(response.status(), 502);
    assert!(!response.headers().contains_key("wechatpay-signature"));
    assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
}

#[test]
fn every_operation_can_be_struck() {
    let transfers = crate::shop::TRANSFERS;
    for (operation, method, target) in [
        ("query", "GET", "/v3/pay/transactions/out-trade-no/ORDER-1?mchid=x".to_owned()),
        ("close", "POST", "/v3/pay/transactions/out-trade-no/ORDER-1/close".to_owned()),
        ("refund", "POST", crate::shop::REFUNDS.to_owned()),
        ("refund_query", "GET", format!("{}/REFUND-1", crate::shop::REFUNDS)),
        ("transfer", "POST", transfers.to_owned()),
        ("transfer_query", "GET", format!("{transfers}/out-bill-no/T1")),
        ("cancel", "POST", format!("{transfers}/out-bill-no/T1/cancel")),
        ("bill", "GET", "/v3/bill/tradebill".to_owned()),
        ("other", "GET", "/v3/certificates".to_owned()),
    ] {
        let mut shop = Shop::new();
        shop.fault(json!({ "fault": "system_error", "operation": operation }));
        let body = if method == "POST" { json!({}) } else { Value::Null };
        assert_eq!(shop.refused(method, &target, &body).0, 500, "{operation}");
    }
}

#[test]
fn whoever_is_not_believed_is_not_struck() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "system_error" }));
    let request = shop.request("GET", "/v3/certificates").body("").unwrap();
    assert_eq!(shop.send(request).status(), 401);
}

#[test]
fn a_payment_after_the_close_arrives_all_the_same() {
    let mut shop = Shop::new();
    let cashier = shop.native("ORDER-1");
    shop.close("ORDER-1");
    shop.fault(json!({ "fault": "pay_after_close", "number": "ORDER-1", "times": 1 }));
    assert_eq!(shop.press(&cashier, "decline").1["error"]["code"], "closed", "a decline uses nothing up");
    assert_eq!(shop.press(&cashier, "approve").0, 200);
    assert_eq!(shop.state("ORDER-1"), "SUCCESS");
    assert_eq!(shop.deliver(200).len(), 1);
}

#[test]
fn one_buyer_pays_by_two_channels() {
    let mut shop = Shop::new();
    let first = shop.native("ORDER-1");
    shop.native("ORDER-2");
    shop.fault(json!({ "fault": "paid_by_two_channels" }));
    shop.press(&first, "approve");
    assert_eq!((shop.state("ORDER-1"), shop.state("ORDER-2")), ("SUCCESS".to_owned(), "SUCCESS".to_owned()));
}

#[test]
fn a_forged_callback_fits_no_key_and_the_true_one_follows() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "callback_forged" }));
    shop.paid("ORDER-1");
    let genuine: Vec<bool> = shop.deliver(200).iter().map(|heard| heard.genuine).collect();
    assert_eq!(genuine, [false, true]);
}

#[test]
fn a_callback_with_a_wrong_amount_is_signed_all_the_same() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "callback_wrong_amount" }));
    shop.paid("ORDER-1");
    let heard = shop.deliver(200).remove(0);
    assert!(heard.genuine);
    assert_eq!(heard.resource["amount"]["total"], 9901);
    assert_eq!(shop.query("ORDER-1")["amount"]["total"], 9900);
}

#[test]
fn a_callback_for_another_merchant_is_signed_and_sealed_for_the_receiver() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "callback_for_another_merchant" }));
    shop.paid("ORDER-1");
    let heard = shop.deliver(200).remove(0);
    let other = shop.world.keys().merchants[1].wechat_pay.clone();
    assert!(heard.genuine);
    assert_eq!(
        (&heard.resource["mchid"], &heard.resource["appid"]),
        (&json!(other.mchid), &json!(other.appid))
    );
}

#[test]
fn a_stale_callback_is_ten_minutes_old_and_signed() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "callback_stale" }));
    shop.paid("ORDER-1");
    let heard = shop.deliver(200).remove(0);
    assert!(heard.genuine);
    let dated = (shop.now_ms - 10 * MINUTE_MS) / 1000;
    assert_eq!(heard.headers["wechatpay-timestamp"], dated.to_string());
}

#[test]
fn callbacks_come_twice_late_or_never() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "callback_duplicated", "times": 1 }));
    shop.paid("ORDER-1");
    let heard = shop.deliver(200);
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].body["id"], heard[1].body["id"]);

    shop.fault(json!({ "fault": "callback_delayed", "times": 1, "by_ms": HOUR_MS }));
    shop.paid("ORDER-2");
    assert!(shop.deliver(200).is_empty());
    shop.advance(HOUR_MS);
    assert_eq!(shop.deliver(200)[0].resource["out_trade_no"], "ORDER-2");

    shop.fault(json!({ "fault": "callback_lost", "times": 1 }));
    shop.paid("ORDER-3");
    shop.advance(48 * HOUR_MS);
    assert!(shop.deliver(200).is_empty());
}

#[test]
fn a_callback_is_overtaken_by_the_next_one() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "callback_reordered", "times": 1 }));
    shop.paid("ORDER-1");
    assert!(shop.deliver(200).is_empty());
    shop.paid("ORDER-2");
    let mut numbers = Vec::new();
    for _ in 0..2 {
        numbers.extend(shop.deliver(200).iter().map(|heard| heard.resource["out_trade_no"].clone()));
    }
    assert_eq!(numbers, [json!("ORDER-2"), json!("ORDER-1")]);
}

#[test]
fn a_skewed_clock_dates_answers_and_judges_requests() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "clock_skew", "by_ms": 4 * MINUTE_MS }));
    let request = shop.signed("POST", NATIVE, &shop.order("ORDER-1").to_string());
    let response = shop.send(request);
    assert_eq!(response.status(), 200);
    let dated = (shop.now_ms + 4 * MINUTE_MS) / 1000;
    assert_eq!(response.headers()["wechatpay-timestamp"], dated.to_string());
    shop.now_ms -= 2 * MINUTE_MS;
    let early = shop.signed("POST", NATIVE, &shop.order("ORDER-1").to_string());
    shop.now_ms += 4 * MINUTE_MS;
    assert_eq!(shop.send(early).status(), 401, "six minutes behind and more");
}

#[test]
fn a_fault_of_one_payment_leaves_the_others_alone() {
    let mut shop = Shop::new();
    shop.fault(json!({ "fault": "system_error", "number": "ORDER-1" }));
    shop.native("ORDER-2");
    let order = shop.order("ORDER-1");
    assert_eq!(shop.refused("POST", NATIVE, &order).0, 500);
    assert!(!path_of(&shop.get_json("/sandbox/payments.json")["payments"][0]["cashier_url"]).is_empty());
}
