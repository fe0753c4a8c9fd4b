//! What comes of sending money to somebody's account.

use coursepay_sandbox::shanghai_text;
use serde_json::{Value, json};

use crate::shop::{START_MS, Shop};

const TRANSFER: &str = "alipay.fund.trans.uni.transfer";
const QUERY: &str = "alipay.fund.trans.common.query";

/// A transfer to an account every sandbox knows.
pub(crate) fn order(number: &str, amount: &str) -> Value {
    json!({
        "out_biz_no": number,
        "trans_amount": amount,
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "order_title": "十二月分成",
        "payee_info": {
            "identity": "lihua@sandbox.example", "identity_type": "ALIPAY_LOGON_ID", "name": "李华",
        },
    })
}

#[test]
fn a_transfer_is_made_once_and_found_by_every_id() {
    let mut shop = Shop::new();
    let made = shop.certified_call(TRANSFER, &order("T1", "12.34"));
    assert_eq!((&made["status"], &made["out_biz_no"]), (&json!("SUCCESS"), &json!("T1")));
    assert_eq!(made["trans_date"], shanghai_text(START_MS));
    shop.now_ms += 1000;
    assert_eq!(shop.certified_call(TRANSFER, &order("T1", "12.34")), made, "the same transfer again");
    for name in [
        json!({ "out_biz_no": "T1", "product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER" }),
        json!({ "order_id": made["order_id"] }),
        json!({ "pay_fund_order_id": made["pay_fund_order_id"] }),
    ] {
        let found = shop.certified_call(QUERY, &name);
        assert_eq!(
            (&found["status"], &found["trans_amount"]),
            (&json!("SUCCESS"), &json!("12.34")),
            "{name}"
        );
        assert_eq!(found["pay_date"], shanghai_text(START_MS));
    }
}

#[test]
fn a_number_reused_with_other_contents_is_refused() {
    let mut shop = Shop::new();
    shop.certified_call(TRANSFER, &order("T1", "12.34"));
    let mut other_title = order("T1", "12.34");
    other_title["order_title"] = json!("other");
    for other in [order("T1", "12.35"), other_title] {
        assert_eq!(shop.certified_call(TRANSFER, &other)["sub_code"], "BIZ_UNIQUE_EXCEPTION");
    }
}

#[test]
fn what_is_refused_leaves_its_number_good_and_unknown() {
    let mut shop = Shop::new();
    let refused = shop.certified_call(TRANSFER, &order("T1", "1000000.01"));
    assert_eq!((&refused["code"], &refused["sub_code"]), (&json!("40004"), &json!("BALANCE_IS_NOT_ENOUGH")));
    let name =
        json!({ "out_biz_no": "T1", "product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER" });
    assert_eq!(shop.certified_call(QUERY, &name)["sub_code"], "ORDER_NOT_EXIST");
    assert_eq!(shop.certified_call(TRANSFER, &order("T1", "1000000.00"))["status"], "SUCCESS");
    assert_eq!(shop.certified_call(TRANSFER, &order("T2", "0.10"))["sub_code"], "BALANCE_IS_NOT_ENOUGH");
}

#[test]
fn the_accounts_of_the_configuration_exist_under_all_their_names_and_no_others() {
    let mut shop = Shop::new();
    let payees = shop.get_json("/sandbox/config.json")["alipay"]["payees"].clone();
    let payees = payees.as_array().unwrap();
    assert_eq!(payees.len(), 3);
    for (index, payee) in payees.iter().enumerate() {
        for identity_type in ["ALIPAY_USER_ID", "ALIPAY_LOGON_ID", "ALIPAY_OPEN_ID"] {
            let mut order = order(&format!("{index}{identity_type}"), "1.00");
            order["payee_info"] = json!({
                "identity": payee[identity_type], "identity_type": identity_type, "name": payee["name"],
            });
            assert_eq!(shop.certified_call(TRANSFER, &order)["status"], "SUCCESS", "{order}");
        }
    }
    for (info, sub_code) in [
        (json!({ "identity": "2088999", "identity_type": "ALIPAY_USER_ID" }), "PAYEE_NOT_EXIST"),
        (
            json!({ "identity": "lihua@sandbox.example", "identity_type": "ALIPAY_USER_ID" }),
            "PAYEE_NOT_EXIST",
        ),
        (
            json!({ "identity": "lihua@sandbox.example", "identity_type": "ALIPAY_LOGON_ID", "name": "李花" }),
            "PAYEE_USER_INFO_ERROR",
        ),
        (
            json!({ "identity": "lihua@sandbox.example", "identity_type": "ALIPAY_LOGON_ID" }),
            "INVALID_PARAMETER",
        ),
        (json!({ "identity": "x", "identity_type": "BANKCARD" }), "INVALID_PARAMETER"),
        (json!({ "identity_type": "ALIPAY_USER_ID" }), "INVALID_PARAMETER"),
        (json!("x"), "INVALID_PARAMETER"),
        (json!(null), "INVALID_PARAMETER"),
    ] {
        let mut order = order("T1", "1.00");
        order["payee_info"] = info;
        assert_eq!(shop.certified_call(TRANSFER, &order)["sub_code"], sub_code, "{order}");
    }
}

#[test]
fn every_field_of_a_transfer_is_checked() {
    let mut shop = Shop::new();
    for (field, value, sub_code) in [
        ("trans_amount", json!("0.09"), "EXCEED_LIMIT_SM_MIN_AMOUNT"),
        ("trans_amount", json!("100000000.01"), "EXCEED_LIMIT_SM_AMOUNT"),
        ("trans_amount", json!("1.234"), "INVALID_PARAMETER"),
        ("trans_amount", json!(null), "INVALID_PARAMETER"),
        ("out_biz_no", json!(null), "INVALID_PARAMETER"),
        ("out_biz_no", json!("T".repeat(65)), "INVALID_PARAMETER"),
        ("product_code", json!(null), "INVALID_PARAMETER"),
        ("product_code", json!("STD_RED_PACKET"), "INVALID_PARAMETER"),
        ("biz_scene", json!("PERSONAL_PAY"), "INVALID_PARAMETER"),
        ("order_title", json!(""), "INVALID_PARAMETER"),
    ] {
        let mut order = order("T1", "1.00");
        order[field] = value.clone();
        let answer = shop.certified_call(TRANSFER, &order);
        assert_eq!(
            (&answer["code"], &answer["sub_code"]),
            (&json!("40004"), &json!(sub_code)),
            "{field}={value}"
        );
    }
    for name in [
        json!({}),
        json!({ "out_biz_no": "T1" }),
        json!({ "out_biz_no": "T1", "product_code": "TRANS_ACCOUNT_NO_PWD" }),
    ] {
        assert_eq!(shop.certified_call(QUERY, &name)["sub_code"], "INVALID_PARAMETER", "{name}");
    }
    assert_eq!(shop.certified_call(QUERY, &json!({ "order_id": "1" }))["sub_code"], "ORDER_NOT_EXIST");
}

#[test]
fn money_moves_out_in_certificate_mode_only() {
    let mut shop = Shop::new();
    for method in [TRANSFER, QUERY] {
        let refused = shop.call(method, &order("T1", "1.00"));
        assert_eq!(
            (&refused["code"], &refused["sub_code"]),
            (&json!("40002"), &json!("isv.missing-app-cert-sn"))
        );
    }
}
