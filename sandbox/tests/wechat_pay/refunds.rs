//! Money that goes back.

use serde_json::{Value, json};

use crate::shop::{DAY_MS, HOUR_MS, NOTIFY_URL, REFUNDS, Shop, TRANSFERS};

#[test]
fn an_accepted_refund_is_processing_and_then_a_success() {
    let mut shop = Shop::new();
    let transaction_id = shop.paid("ORDER-1");
    let accepted = shop.refund("ORDER-1", "REFUND-1", 100);
    assert_eq!(accepted["status"], "PROCESSING");
    assert_eq!((&accepted["amount"]["refund"], &accepted["amount"]["total"]), (&json!(100), &json!(9900)));
    assert_eq!(accepted["transaction_id"], json!(transaction_id));

    let refund = shop.refund_query("REFUND-1");
    assert_eq!((&refund["status"], &refund["refund_id"]), (&json!("SUCCESS"), &accepted["refund_id"]));
    assert_eq!(refund["success_time"], "2026-01-01T08:00:00+08:00");
    assert_eq!(shop.state("ORDER-1"), "REFUND", "a part of it is enough");
}

#[test]
fn a_refund_may_name_the_payment_by_either_number() {
    let mut shop = Shop::new();
    let id = shop.paid("ORDER-1");
    let mut body = shop.refund_body("ORDER-1", "REFUND-1", 100);
    body.as_object_mut().unwrap().remove("out_trade_no");
    body["transaction_id"] = json!(id);
    assert_eq!(shop.done("POST", REFUNDS, &body)["out_trade_no"], "ORDER-1");
    body["out_trade_no"] = json!("ORDER-2");
    body["out_refund_no"] = json!("REFUND-2");
    assert_eq!(shop.refused("POST", REFUNDS, &body), (404, "RESOURCE_NOT_EXISTS".to_owned()));
}

#[test]
fn the_same_refund_number_is_the_same_refund_or_refused() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.paid("ORDER-2");
    let first = shop.refund("ORDER-1", "REFUND-1", 100);
    let again = shop.refund("ORDER-1", "REFUND-1", 100);
    assert_eq!((&again["refund_id"], &again["status"]), (&first["refund_id"], &json!("SUCCESS")));
    for other in [shop.refund_body("ORDER-1", "REFUND-1", 101), shop.refund_body("ORDER-2", "REFUND-1", 100)]
    {
        assert_eq!(shop.refused("POST", REFUNDS, &other), (400, "INVALID_REQUEST".to_owned()));
    }
}

#[test]
fn no_more_is_refunded_than_was_paid() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.refund("ORDER-1", "REFUND-1", 9899);
    let more = shop.refund_body("ORDER-1", "REFUND-2", 2);
    assert_eq!(shop.refused("POST", REFUNDS, &more), (400, "INVALID_REQUEST".to_owned()));
    shop.refund("ORDER-1", "REFUND-2", 1);
    let more = shop.refund_body("ORDER-1", "REFUND-3", 1);
    assert_eq!(shop.refused("POST", REFUNDS, &more).0, 400);
}

#[test]
fn only_paid_orders_are_refunded() {
    let mut shop = Shop::new();
    shop.native("ORDER-1");
    for number in ["ORDER-1", "ORDER-2"] {
        let body = shop.refund_body(number, "REFUND-1", 100);
        assert_eq!(shop.refused("POST", REFUNDS, &body), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    }
    let unknown = shop.refused("GET", &format!("{REFUNDS}/REFUND-1"), &Value::Null);
    assert_eq!(unknown, (404, "RESOURCE_NOT_EXISTS".to_owned()));
}

#[test]
fn a_payment_has_at_most_fifty_refunds() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    for number in 0..50 {
        shop.refund("ORDER-1", &format!("REFUND-{number}"), 1);
    }
    let more = shop.refund_body("ORDER-1", "REFUND-50", 1);
    assert_eq!(shop.refused("POST", REFUNDS, &more), (400, "INVALID_REQUEST".to_owned()));
}

#[test]
fn a_payment_can_be_refunded_for_a_year() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.advance(365 * DAY_MS);
    shop.refund("ORDER-1", "REFUND-1", 1);
    shop.advance(1);
    let late = shop.refund_body("ORDER-1", "REFUND-2", 1);
    assert_eq!(shop.refused("POST", REFUNDS, &late), (400, "INVALID_REQUEST".to_owned()));
}

#[test]
fn without_money_nothing_is_refunded() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    // A million yuan to begin with, and the payment without its fee.
    let everything = 100_000_000 + 9900 - 59;
    let openid = shop.openid();
    let account = shop.account();
    shop.platform_key = Some(account.public_key_id.clone());
    let transfer = json!({
        "appid": account.appid,
        "out_bill_no": "TRANSFER1",
        "transfer_scene_id": "1005",
        "openid": openid,
        "user_name": shop.sealed_name("林晓晨", account.public_key.public()),
        "transfer_amount": everything,
        "transfer_remark": "三月佣金",
        "transfer_scene_report_infos": [
            { "info_type": "岗位类型", "info_content": "讲师" },
            { "info_type": "报酬说明", "info_content": "课程分成" },
        ],
    });
    shop.done("POST", TRANSFERS, &transfer);
    let body = shop.refund_body("ORDER-1", "REFUND-1", 9900);
    assert_eq!(shop.refused("POST", REFUNDS, &body), (403, "NOT_ENOUGH".to_owned()));
    shop.done("POST", &format!("{TRANSFERS}/out-bill-no/TRANSFER1/cancel"), &Value::Null);
    assert_eq!(shop.refund("ORDER-1", "REFUND-1", 9900)["status"], "PROCESSING", "the same number later");
}

#[test]
fn what_a_refund_says_is_checked() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    for (field, value) in [
        ("reason", json!("x".repeat(81))),
        ("out_refund_no", json!("x".repeat(65))),
        ("out_refund_no", json!("R 1")),
        ("notify_url", json!(format!("{NOTIFY_URL}?a=1"))),
        ("funds_account", json!("SOMEWHERE")),
        ("amount", json!({ "refund": 100, "total": 9900 })),
        ("amount", json!({ "refund": 0, "total": 9900, "currency": "CNY" })),
        ("amount", json!({ "refund": 100, "total": 9901, "currency": "CNY" })),
        ("extra", json!(1)),
    ] {
        let mut body = shop.refund_body("ORDER-1", "REFUND-1", 100);
        body[field] = value.clone();
        assert_eq!(shop.refused("POST", REFUNDS, &body).0, 400, "{field} {value}");
    }
    assert_eq!(shop.state("ORDER-1"), "SUCCESS");
}

#[test]
fn a_pending_refund_takes_its_time() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.deliver(200);
    shop.fault(json!({ "fault": "refund_pending", "by_ms": HOUR_MS }));
    shop.refund("ORDER-1", "REFUND-1", 100);
    shop.advance(HOUR_MS - 1);
    assert_eq!(shop.refund_query("REFUND-1")["status"], "PROCESSING");
    assert!(shop.deliver(200).is_empty());
    shop.advance(1);
    assert_eq!(shop.deliver(200)[0].body["event_type"], "REFUND.SUCCESS");
    assert_eq!(shop.refund_query("REFUND-1")["status"], "SUCCESS");
}

#[test]
fn a_refund_that_fails_late_is_closed_and_its_money_can_be_refunded_again() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.deliver(200);
    shop.fault(json!({ "fault": "refund_failed_late", "times": 1, "by_ms": HOUR_MS }));
    shop.refund("ORDER-1", "REFUND-1", 9900);
    shop.advance(HOUR_MS);
    assert_eq!(shop.refund_query("REFUND-1")["status"], "CLOSED");
    assert_eq!(shop.deliver(200)[0].body["event_type"], "REFUND.CLOSED");
    assert_eq!(shop.refund("ORDER-1", "REFUND-2", 9900)["status"], "PROCESSING");
}

#[test]
fn an_abnormal_refund_waits_for_another_way() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.deliver(200);
    shop.fault(json!({ "fault": "refund_abnormal", "times": 1 }));
    let id = shop.refund("ORDER-1", "REFUND-1", 9900)["refund_id"].as_str().unwrap().to_owned();
    assert_eq!(shop.refund_query("REFUND-1")["status"], "ABNORMAL");
    let heard = shop.deliver(200);
    assert_eq!(heard[0].body["event_type"], "REFUND.ABNORMAL");
    assert_eq!(heard[0].resource["refund_status"], "ABNORMAL");

    let target = format!("{REFUNDS}/{id}/apply-abnormal-refund");
    let mut card = json!({ "out_refund_no": "REFUND-1", "type": "USER_BANK_CARD", "bank_account": "6214", "real_name": "林晓晨" });
    shop.platform_key = Some(shop.account().public_key_id);
    assert_eq!(shop.refused("POST", &target, &card), (400, "PARAM_ERROR".to_owned()), "not encrypted");
    let key = shop.account().public_key.public().clone();
    card["bank_account"] = json!(shop.sealed_name("6214", &key));
    assert_eq!(shop.refused("POST", &target, &card).0, 400, "half encrypted");
    let other_way = json!({ "out_refund_no": "REFUND-1", "type": "MERCHANT_BANK_CARD" });
    assert_eq!(shop.done("POST", &target, &other_way)["status"], "PROCESSING");
    assert_eq!(shop.deliver(200)[0].body["event_type"], "REFUND.SUCCESS");
    assert_eq!(shop.refused("POST", &target, &other_way), (400, "INVALID_REQUEST".to_owned()));
}
