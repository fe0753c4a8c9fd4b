//! Money that goes to somebody's balance.

use serde_json::{Value, json};

use crate::shop::{DAY_MS, NOTIFY_URL, Shop, TRANSFERS, path_of};

/// A shop whose requests name the platform's public key.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.platform_key = Some(shop.account().public_key_id);
    shop
}

/// 1.00 to the person who logs in.
fn body(shop: &mut Shop, number: &str) -> Value {
    json!({
        "appid": shop.account().appid,
        "out_bill_no": number,
        "transfer_scene_id": "1005",
        "openid": shop.openid(),
        "transfer_amount": 100,
        "transfer_remark": "三月佣金",
        "notify_url": NOTIFY_URL,
        "transfer_scene_report_infos": [
            { "info_type": "岗位类型", "info_content": "讲师" },
            { "info_type": "报酬说明", "info_content": "课程分成" },
        ],
    })
}

fn name(shop: &Shop, name: &str) -> Value {
    json!(shop.sealed_name(name, shop.account().public_key.public()))
}

fn query(shop: &mut Shop, number: &str) -> Value {
    shop.done("GET", &format!("{TRANSFERS}/out-bill-no/{number}"), &Value::Null)
}

/// The page on which the receiver confirms.
fn page(shop: &mut Shop, number: &str) -> String {
    let payments = shop.get_json("/sandbox/payments.json");
    let payments = payments["payments"].as_array().unwrap();
    path_of(&payments.iter().find(|payment| payment["number"] == number).unwrap()["cashier_url"])
}

#[test]
fn a_transfer_waits_for_its_receiver_and_then_arrives() {
    let mut shop = shop();
    let body = body(&mut shop, "TRANSFER1");
    let created = shop.done("POST", TRANSFERS, &body);
    assert_eq!(created["state"], "WAIT_USER_CONFIRM");
    assert!(created["package_info"].as_str().unwrap().len() > 20);
    assert_eq!(query(&mut shop, "TRANSFER1")["state"], "WAIT_USER_CONFIRM");

    let page = page(&mut shop, "TRANSFER1");
    assert_eq!(shop.press(&page, "approve").0, 200);
    let transfer = query(&mut shop, "TRANSFER1");
    assert_eq!((&transfer["state"], &transfer["transfer_amount"]), (&json!("SUCCESS"), &json!(100)));
    let by_id = format!("{TRANSFERS}/transfer-bill-no/{}", transfer["transfer_bill_no"].as_str().unwrap());
    assert_eq!(shop.done("GET", &by_id, &Value::Null), transfer);

    let heard = shop.deliver(200).remove(0);
    assert!(heard.genuine);
    assert_eq!(heard.body["event_type"], "MCHTRANSFER.BILL.FINISHED");
    assert_eq!(heard.body["resource"]["original_type"], "mch_payment");
    assert_eq!(
        (&heard.resource["state"], &heard.resource["out_bill_no"]),
        (&json!("SUCCESS"), &json!("TRANSFER1"))
    );
    assert_eq!(shop.press(&page, "approve").1["error"]["code"], "already_paid");
}

#[test]
fn the_same_number_is_the_same_transfer_or_refused() {
    let mut shop = shop();
    let mut body = body(&mut shop, "TRANSFER1");
    body["user_name"] = name(&shop, "林晓晨");
    let created = shop.done("POST", TRANSFERS, &body);
    body["user_name"] = name(&shop, "林晓晨");
    assert_eq!(shop.done("POST", TRANSFERS, &body), created);
    body["transfer_amount"] = json!(101);
    assert_eq!(shop.refused("POST", TRANSFERS, &body), (400, "INVALID_REQUEST".to_owned()));
}

#[test]
fn a_transfer_is_taken_back_until_it_is_confirmed() {
    let mut shop = shop();
    let body = body(&mut shop, "TRANSFER1");
    shop.done("POST", TRANSFERS, &body);
    let cancel = format!("{TRANSFERS}/out-bill-no/TRANSFER1/cancel");
    assert_eq!(shop.done("POST", &cancel, &Value::Null)["state"], "CANCELING");
    assert_eq!(query(&mut shop, "TRANSFER1")["state"], "CANCELLED");
    assert_eq!(shop.done("POST", &cancel, &Value::Null)["state"], "CANCELLED", "again is fine");
    assert_eq!(shop.deliver(200)[0].resource["state"], "CANCELLED");
    let page = page(&mut shop, "TRANSFER1");
    assert_eq!(shop.press(&page, "approve").1["error"]["code"], "closed");

    let second = self::body(&mut shop, "TRANSFER2");
    shop.done("POST", TRANSFERS, &second);
    let page = self::page(&mut shop, "TRANSFER2");
    shop.press(&page, "approve");
    let late = format!("{TRANSFERS}/out-bill-no/TRANSFER2/cancel");
    assert_eq!(shop.refused("POST", &late, &Value::Null), (400, "INVALID_REQUEST".to_owned()));
}

#[test]
fn what_nobody_confirms_fails_after_a_day() {
    let mut shop = shop();
    let body = body(&mut shop, "TRANSFER1");
    shop.done("POST", TRANSFERS, &body);
    shop.advance(DAY_MS - 1);
    assert_eq!(query(&mut shop, "TRANSFER1")["state"], "WAIT_USER_CONFIRM");
    shop.advance(1);
    let transfer = query(&mut shop, "TRANSFER1");
    assert_eq!((&transfer["state"], &transfer["fail_reason"]), (&json!("FAIL"), &json!("OVERDUE_CLOSE")));
    assert_eq!(shop.deliver(200)[0].resource["state"], "FAIL");
}

#[test]
fn somebody_of_another_name_gets_nothing() {
    let mut shop = shop();
    let mut body = body(&mut shop, "TRANSFER1");
    body["user_name"] = name(&shop, "别人");
    shop.done("POST", TRANSFERS, &body);
    let page = page(&mut shop, "TRANSFER1");
    shop.press(&page, "approve");
    let transfer = query(&mut shop, "TRANSFER1");
    assert_eq!((&transfer["state"], &transfer["fail_reason"]), (&json!("FAIL"), &json!("NAME_NOT_CORRECT")));
}

#[test]
fn a_name_is_decrypted_with_the_key_that_is_named() {
    let account = Shop::new().account();
    let keys = [
        (account.public_key_id.clone(), account.public_key.public().clone()),
        (account.platform_certificate.serial_no.clone(), account.platform_key.public().clone()),
    ];
    for (id, key) in &keys {
        for (other_id, _) in &keys {
            let mut shop = Shop::new();
            shop.platform_key = Some(other_id.clone());
            let mut body = body(&mut shop, "TRANSFER1");
            body["user_name"] = json!(shop.sealed_name("林晓晨", key));
            let (status, answer) = shop.call("POST", TRANSFERS, &body.to_string());
            assert_eq!(status == 200, id == other_id, "{answer}");
        }
    }
    for sealed in ["林晓晨", "bm8="] {
        let mut shop = shop();
        let mut body = body(&mut shop, "TRANSFER1");
        body["user_name"] = json!(sealed);
        assert_eq!(shop.refused("POST", TRANSFERS, &body), (400, "PARAM_ERROR".to_owned()));
    }
    let mut unnamed = Shop::new();
    let mut body = body(&mut unnamed, "TRANSFER1");
    body["user_name"] = name(&unnamed, "林晓晨");
    assert_eq!(unnamed.refused("POST", TRANSFERS, &body).0, 400);
}

#[test]
fn names_are_needed_for_much_and_forbidden_for_little() {
    for (fen, named, status) in
        [(199_999, false, 200), (200_000, false, 400), (200_000, true, 200), (29, true, 400), (30, true, 200)]
    {
        let mut shop = shop();
        let mut body = body(&mut shop, "TRANSFER1");
        body["transfer_amount"] = json!(fen);
        if named {
            body["user_name"] = name(&shop, "林晓晨");
        }
        let (got, answer) = shop.call("POST", TRANSFERS, &body.to_string());
        assert_eq!(got, status, "{fen} {named} {answer}");
    }
}

#[test]
fn what_a_transfer_says_is_checked() {
    for (field, value, code) in [
        ("appid", json!("wx0"), "APPID_MCHID_NOT_MATCH"),
        ("openid", json!("oNobody"), "PARAM_ERROR"),
        ("out_bill_no", json!("T_1"), "PARAM_ERROR"),
        ("out_bill_no", json!("x".repeat(33)), "PARAM_ERROR"),
        ("transfer_amount", json!(9), "PARAM_ERROR"),
        ("transfer_remark", json!("x".repeat(33)), "PARAM_ERROR"),
        ("transfer_remark", json!(""), "PARAM_ERROR"),
        ("transfer_scene_id", json!("1"), "PARAM_ERROR"),
        ("transfer_scene_report_infos", json!([]), "PARAM_ERROR"),
        (
            "transfer_scene_report_infos",
            json!([{ "info_type": "x", "info_content": "y" }]),
            "INVALID_REQUEST",
        ),
        ("extra", json!(1), "PARAM_ERROR"),
        ("transfer_amount", json!(100_000_001), "PARAM_ERROR"),
    ] {
        let mut shop = shop();
        let mut body = body(&mut shop, "TRANSFER1");
        body[field] = value.clone();
        assert_eq!(shop.refused("POST", TRANSFERS, &body), (400, code.to_owned()), "{field} {value}");
    }
}

#[test]
fn no_more_is_sent_than_is_there() {
    let mut shop = shop();
    let mut body = body(&mut shop, "TRANSFER1");
    body["user_name"] = name(&shop, "林晓晨");
    body["transfer_amount"] = json!(100_000_001);
    assert_eq!(shop.refused("POST", TRANSFERS, &body), (403, "NOT_ENOUGH".to_owned()));
    body["transfer_amount"] = json!(100_000_000);
    shop.done("POST", TRANSFERS, &body);
    let more = self::body(&mut shop, "TRANSFER2");
    assert_eq!(shop.refused("POST", TRANSFERS, &more), (403, "NOT_ENOUGH".to_owned()));
}

#[test]
fn a_transfer_belongs_to_its_merchant() {
    let mut shop = shop();
    let body = body(&mut shop, "TRANSFER1");
    shop.done("POST", TRANSFERS, &body);
    shop.place = 1;
    shop.platform_key = None;
    let unknown = shop.refused("GET", &format!("{TRANSFERS}/out-bill-no/TRANSFER1"), &Value::Null);
    assert_eq!(unknown, (404, "RESOURCE_NOT_EXISTS".to_owned()));
}

#[test]
fn a_buyer_who_pays_by_two_channels_confirms_no_transfer() {
    let mut shop = shop();
    // As alike as can be: the same amount, under the same words.
    let transfer = body(&mut shop, "TRANSFER1");
    shop.done("POST", TRANSFERS, &transfer);
    let mut order = shop.order("ORDER-1");
    order["description"] = transfer["transfer_remark"].clone();
    order["amount"]["total"] = transfer["transfer_amount"].clone();
    let code = shop.done("POST", "/v3/pay/transactions/native", &order);
    shop.fault(json!({ "fault": "paid_by_two_channels", "times": 1 }));
    shop.press(&path_of(&code["code_url"]), "approve");
    assert_eq!(shop.state("ORDER-1"), "SUCCESS");
    assert_eq!(query(&mut shop, "TRANSFER1")["state"], "WAIT_USER_CONFIRM");
    let rules = shop.get_json("/sandbox/faults");
    assert_eq!(rules["faults"][0]["times"], 1, "nothing struck, so no rule is used up");
}
