//! What a merchant hears, how often, and by which key.

use serde_json::json;

use crate::shop::{HOUR_MS, MINUTE_MS, SECOND_MS, START_MS, Shop};

#[test]
fn a_payment_is_told_at_once_sealed_and_signed() {
    let mut shop = Shop::new();
    let mut order = shop.order("ORDER-1");
    order["attach"] = json!("class=7");
    let answer = shop.done("POST", "/v3/pay/transactions/native", &order);
    let cashier = crate::shop::path_of(&answer["code_url"]);
    shop.press(&cashier, "approve");
    let heard = shop.deliver(200).remove(0);
    assert!(heard.genuine);
    assert_eq!(heard.headers["content-type"], "application/json");
    assert_eq!(heard.headers["wechatpay-signature-type"], "WECHATPAY2-SHA256-RSA2048");
    assert_eq!(heard.headers["wechatpay-timestamp"], (START_MS / 1000).to_string());
    let body = &heard.body;
    assert_eq!(
        (&body["event_type"], &body["resource_type"]),
        (&json!("TRANSACTION.SUCCESS"), &json!("encrypt-resource"))
    );
    assert_eq!(body["resource"]["original_type"], "transaction");
    assert_eq!(body["create_time"], "2026-01-01T08:00:00+08:00");
    assert_eq!(body["id"].as_str().unwrap().len(), 36);
    assert_eq!(heard.resource, shop.query("ORDER-1"), "what a query says");
    assert_eq!(heard.resource["attach"], "class=7");
    assert!(shop.deliver(200).is_empty());
}

#[test]
fn a_refund_is_told_in_its_own_words() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.deliver(200);
    let refund_id = shop.refund("ORDER-1", "REFUND-1", 100)["refund_id"].clone();
    let heard = shop.deliver(200).remove(0);
    assert!(heard.genuine);
    assert_eq!(
        (&heard.body["event_type"], &heard.body["summary"]),
        (&json!("REFUND.SUCCESS"), &json!("退款成功"))
    );
    assert_eq!(heard.body["resource"]["associated_data"], "refund");
    let resource = &heard.resource;
    assert_eq!((&resource["refund_status"], &resource["refund_id"]), (&json!("SUCCESS"), &refund_id));
    assert_eq!(resource.get("status"), None);
    assert_eq!(
        resource["amount"],
        json!({ "total": 9900, "refund": 100, "payer_total": 9900, "payer_refund": 100 })
    );
}

#[test]
fn without_an_address_nobody_is_told_of_a_refund() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.deliver(200);
    let mut body = shop.refund_body("ORDER-1", "REFUND-1", 100);
    body.as_object_mut().unwrap().remove("notify_url");
    shop.done("POST", crate::shop::REFUNDS, &body);
    assert!(shop.deliver(200).is_empty());
}

#[test]
fn only_200_and_204_end_it() {
    for (status, ends) in [(200, true), (204, true), (201, false), (302, false), (401, false), (500, false)] {
        let mut shop = Shop::new();
        shop.paid("ORDER-1");
        shop.deliver(status);
        shop.advance(15 * SECOND_MS);
        assert_eq!(shop.deliver(200).is_empty(), ends, "{status}");
    }
}

#[test]
fn an_unanswered_callback_comes_sixteen_times_on_the_documented_schedule() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    let first = shop.deliver(500).remove(0);
    let (s, m, h) = (SECOND_MS, MINUTE_MS, HOUR_MS);
    let delays_ms = [
        15 * s,
        15 * s,
        30 * s,
        3 * m,
        10 * m,
        20 * m,
        30 * m,
        30 * m,
        30 * m,
        60 * m,
        3 * h,
        3 * h,
        3 * h,
        6 * h,
        6 * h,
    ];
    assert_eq!(delays_ms.iter().sum::<i64>(), 24 * h + 4 * m);
    for delay_ms in delays_ms {
        shop.now_ms += delay_ms - 1;
        assert!(shop.deliver(500).is_empty());
        shop.now_ms += 1;
        let again = shop.deliver(500).remove(0);
        assert!(again.genuine);
        assert_eq!((&again.body["id"], &again.resource), (&first.body["id"], &first.resource));
        assert_eq!(again.headers["wechatpay-timestamp"], (shop.now_ms / 1000).to_string(), "a fresh one");
        assert_ne!(again.headers["wechatpay-nonce"], first.headers["wechatpay-nonce"]);
    }
    shop.now_ms += 48 * h;
    assert!(shop.deliver(500).is_empty());
}

#[test]
fn a_callback_is_dated_by_the_real_clock_whatever_business_time_says() {
    let mut shop = Shop::new();
    shop.advance(30 * 24 * HOUR_MS);
    shop.paid("ORDER-1");
    let heard = shop.deliver(200).remove(0);
    assert_eq!(heard.headers["wechatpay-timestamp"], (START_MS / 1000).to_string());
    assert_eq!(heard.resource["success_time"], "2026-01-31T08:00:00+08:00");
}
