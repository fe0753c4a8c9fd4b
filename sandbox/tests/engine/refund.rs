//! What comes of giving money back.

use coursepay_sandbox::shanghai_text;
use serde_json::{Value, json};

use crate::shop::{DAY_MS, MINUTE_MS, START_MS, Shop, WINDOW_MS};

fn sub_code(answer: &Value) -> &str {
    answer["sub_code"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// The answer's parts that say what happened.
fn outcome(answer: &Value) -> (&str, &str) {
    let word = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{answer}"));
    (word("fund_change"), word("refund_fee"))
}

#[test]
fn a_partial_refund_leaves_the_trade_a_success_and_is_told() {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.now_ms += MINUTE_MS;
    let answer = shop.refund("N1", "R1", "30.00");
    assert_eq!((answer["code"].as_str(), outcome(&answer)), (Some("10000"), ("Y", "30.00")));
    assert_eq!(answer["trade_no"], shop.query("N1")["trade_no"]);
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS");

    let told = shop.deliver(200, "success").remove(0);
    assert!(shop.is_signed_by_gateway(&told));
    for (name, value) in [
        ("trade_status", "TRADE_SUCCESS"),
        ("out_trade_no", "N1"),
        ("out_biz_no", "R1"),
        ("refund_fee", "30.00"),
        ("total_amount", "99.00"),
        ("gmt_refund", "2026-01-01 08:01:00.000"),
        ("gmt_payment", "2026-01-01 08:00:00"),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    for absent in ["gmt_close", "receipt_amount", "buyer_pay_amount", "fund_bill_list"] {
        assert!(!told.contains_key(absent), "{absent}: a refund is no payment");
    }
}

#[test]
fn the_last_refund_closes_the_trade_and_says_so() {
    let mut shop = Shop::new();
    let cashier = shop.paid("N1");
    assert_eq!(outcome(&shop.refund("N1", "R1", "30.00")), ("Y", "30.00"));
    assert_eq!(outcome(&shop.refund("N1", "R2", "69")), ("Y", "99.00"));
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
    assert_eq!(shop.query("N1")["send_pay_date"], shanghai_text(START_MS), "it was paid all the same");
    let told = shop.deliver(200, "success");
    assert_eq!(told.len(), 2);
    assert_eq!((told[1]["trade_status"].as_str(), told[1]["refund_fee"].as_str()), ("TRADE_CLOSED", "99.00"));
    assert_eq!(told[1]["gmt_close"], shanghai_text(START_MS));
    assert_ne!(told[0]["notify_id"], told[1]["notify_id"]);

    let payment = shop.get_json("/sandbox/payments.json")["payments"][0].clone();
    assert_eq!((&payment["status"], &payment["outcome"]), (&json!("TRADE_CLOSED"), &json!("paid")));
    assert_eq!(payment["refunds"].as_array().unwrap().len(), 2);
    assert_eq!(payment["refunds"][1]["amount_minor"], 6900);
    assert_eq!(payment["refunds"][1]["status"], "REFUND_SUCCESS");
    assert_eq!(shop.press(&cashier, "approve").0, 409, "what was given back cannot be paid again");
}

#[test]
fn a_refund_without_a_number_means_all_of_it() {
    let mut shop = Shop::new();
    shop.paid("N1");
    let part = json!({ "out_trade_no": "N1", "refund_amount": "30.00" });
    let answer = shop.call("alipay.trade.refund", &part);
    assert_eq!(sub_code(&answer), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    let all = json!({ "out_trade_no": "N1", "refund_amount": "99.00" });
    assert_eq!(outcome(&shop.call("alipay.trade.refund", &all)), ("Y", "99.00"));
    assert_eq!(outcome(&shop.call("alipay.trade.refund", &all)), ("N", "99.00"));
    assert_eq!(shop.refund_query("N1", "N1")["refund_status"], "REFUND_SUCCESS");
    let told = shop.deliver(200, "success");
    assert_eq!((told.len(), told[0]["out_biz_no"].as_str()), (1, "N1"));
}

#[test]
fn the_same_refund_number_moves_money_once() {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.refund("N1", "R1", "30.00");
    shop.deliver(200, "success");
    assert_eq!(outcome(&shop.refund("N1", "R1", "30.00")), ("N", "30.00"));
    assert_eq!(outcome(&shop.refund("N1", "R1", "30")), ("N", "30.00"), "the same amount in other words");
    assert!(shop.deliver(200, "success").is_empty());
    assert_eq!(sub_code(&shop.refund("N1", "R1", "30.01")), "ACQ.DISCORDANT_REPEAT_REQUEST");
    shop.refund("N1", "R2", "69.00");
    assert_eq!(outcome(&shop.refund("N1", "R1", "30.00")), ("N", "99.00"), "a repeat finds a closed trade");
}

#[test]
fn no_more_is_given_back_than_was_paid() {
    let mut shop = Shop::new();
    shop.paid("N1");
    assert_eq!(sub_code(&shop.refund("N1", "R1", "99.01")), "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    shop.refund("N1", "R1", "98.99");
    assert_eq!(sub_code(&shop.refund("N1", "R2", "0.02")), "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    assert_eq!(outcome(&shop.refund("N1", "R2", "0.01")), ("Y", "99.00"));
    assert_eq!(sub_code(&shop.refund("N1", "R3", "0.01")), "ACQ.TRADE_STATUS_ERROR");
}

#[test]
fn only_what_was_paid_can_be_given_back() {
    let mut shop = Shop::new();
    assert_eq!(sub_code(&shop.refund("NONE", "R1", "1.00")), "ACQ.TRADE_NOT_EXIST");
    let cashier = shop.precreate("N1");
    assert_eq!(sub_code(&shop.refund("N1", "R1", "1.00")), "ACQ.TRADE_NOT_EXIST");
    shop.get(&cashier);
    assert_eq!(sub_code(&shop.refund("N1", "R1", "1.00")), "ACQ.TRADE_STATUS_ERROR");
    shop.close("N1");
    assert_eq!(sub_code(&shop.refund("N1", "R1", "1.00")), "ACQ.TRADE_STATUS_ERROR");
}

#[test]
fn twelve_months_after_its_payment_a_trade_is_finished() {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.now_ms += WINDOW_MS - 1;
    assert_eq!(outcome(&shop.refund("N1", "R1", "1.00")), ("Y", "1.00"));
    shop.now_ms += 1;
    assert_eq!(shop.status("N1"), "TRADE_FINISHED");
    assert_eq!(sub_code(&shop.refund("N1", "R2", "1.00")), "ACQ.TRADE_HAS_FINISHED");
    assert_eq!(outcome(&shop.refund("N1", "R1", "1.00")), ("N", "1.00"), "what was done stays done");
    assert_eq!(shop.get_json("/sandbox/payments.json")["payments"][0]["outcome"], "paid");
}

#[test]
fn every_field_of_a_refund_is_checked() {
    for (field, value) in [
        ("refund_amount", json!(null)),
        ("refund_amount", json!("")),
        ("refund_amount", json!("0.00")),
        ("refund_amount", json!("-1")),
        ("refund_amount", json!("1.001")),
        ("refund_amount", json!("1e1")),
        ("refund_amount", json!({})),
        ("out_request_no", json!("R".repeat(65))),
        ("out_request_no", json!(["R1"])),
        ("refund_reason", json!("长".repeat(257))),
        ("out_trade_no", json!(null)),
    ] {
        let mut shop = Shop::new();
        shop.paid("N1");
        let mut order = json!({ "out_trade_no": "N1", "out_request_no": "R1", "refund_amount": "1.00" });
        order[field] = value.clone();
        let answer = shop.call("alipay.trade.refund", &order);
        assert_eq!(sub_code(&answer), "ACQ.INVALID_PARAMETER", "{field}={value}");
        assert_eq!(shop.refund_query("N1", "R1").get("refund_status"), None);
    }
}

#[test]
fn a_refund_is_looked_up_by_its_number() {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.now_ms += DAY_MS;
    shop.refund("N1", "R1", "30.00");
    let found = shop.refund_query("N1", "R1");
    for (name, value) in [
        ("refund_status", "REFUND_SUCCESS"),
        ("refund_amount", "30.00"),
        ("total_amount", "99.00"),
        ("out_request_no", "R1"),
        ("gmt_refund_pay", "2026-01-02 08:00:00"),
    ] {
        assert_eq!(found[name], value, "{name}");
    }
    let plain = json!({ "out_trade_no": "N1", "out_request_no": "R1" });
    let found = shop.call("alipay.trade.fastpay.refund.query", &plain);
    assert_eq!(found.get("gmt_refund_pay"), None, "only on demand");
    let unknown = shop.refund_query("N1", "R9");
    assert_eq!(unknown, json!({ "code": "10000", "msg": "Success" }), "silence is the answer");
    assert_eq!(sub_code(&shop.refund_query("N9", "R1")), "ACQ.TRADE_NOT_EXIST");
    let without = json!({ "out_trade_no": "N1" });
    let answer = shop.call("alipay.trade.fastpay.refund.query", &without);
    assert_eq!(sub_code(&answer), "ACQ.INVALID_PARAMETER");
}

#[test]
fn details_come_when_they_are_asked_for() {
    let mut shop = Shop::new();
    shop.paid("N1");
    let order = json!({
        "out_trade_no": "N1", "out_request_no": "R1", "refund_amount": "30.00", "refund_reason": "换课",
        "query_options": ["refund_detail_item_list"],
    });
    let answer = shop.call("alipay.trade.refund", &order);
    assert_eq!(
        answer["refund_detail_item_list"],
        json!([{ "fund_channel": "ALIPAYACCOUNT", "amount": "30.00" }])
    );
    assert_eq!(shop.refund_query("N1", "R1")["refund_reason"], "换课");
    let order = json!({ "out_trade_no": "N1", "query_options": ["fund_bill_list"] });
    let answer = shop.call("alipay.trade.query", &order);
    assert_eq!(answer["fund_bill_list"][0]["amount"], "99.00");
    assert_eq!(shop.query("N1").get("fund_bill_list"), None);
}

#[test]
fn a_balance_that_does_not_cover_a_refund_is_told_and_the_number_stays_good() {
    let mut shop = Shop::new();
    shop.paid("N1");
    // The opening balance of a million and the 98.41 that are left of the payment after its fee.
    let transfer = crate::transfer::order("T1", "1000098.41");
    assert_eq!(shop.certified_call("alipay.fund.trans.uni.transfer", &transfer)["status"], "SUCCESS");
    assert_eq!(sub_code(&shop.refund("N1", "R1", "99.00")), "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    shop.paid("N2");
    assert_eq!(sub_code(&shop.refund("N1", "R1", "99.00")), "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    assert_eq!(outcome(&shop.refund("N1", "R1", "98.41")), ("Y", "98.41"));
}
