//! What goes wrong when it is told to: one test for each fault.

use coursepay_sandbox::{Reply, shanghai_text};
use http::Request;
use serde_json::{Value, json};

use crate::shop::{HOUR_MS, MINUTE_MS, Params, Shop, form};

const PRECREATE: &str = "alipay.trade.precreate";

/// A signed call, ready to be sent with whatever befalls it.
fn signed(shop: &Shop, method: &str, contents: &Value) -> Request<String> {
    let mut params = shop.params(method, contents);
    params.insert("sign".to_owned(), shop.merchant().app_key.sign_sha256(&crate::shop::text_of(&params)));
    Request::post(format!("/gateway.do?{}", form(&params))).body(String::new()).unwrap()
}

fn refund_of(number: &str, refund_number: &str) -> Value {
    json!({ "out_trade_no": number, "out_request_no": refund_number, "refund_amount": "30.00" })
}

/// A shop with a paid trade N1 and a fault.
fn paid_with(rule: Value) -> Shop {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.fault(&rule);
    shop
}

#[test]
fn timeout_before_effect() {
    let mut shop =
        paid_with(json!({ "fault": "timeout_before_effect", "operation": "refund", "by_ms": 3000 }));
    let call = signed(&shop, "alipay.trade.refund", &refund_of("N1", "R1"));
    assert!(matches!(shop.try_send(call), Reply::Silence { hold_ms: 3000 }));
    assert_eq!(shop.refund_query("N1", "R1").get("refund_status"), None, "nothing was done");
    assert!(shop.deliver(200, "success").is_empty());
}

#[test]
fn timeout_after_effect() {
    let mut shop = paid_with(json!({ "fault": "timeout_after_effect", "operation": "refund", "times": 1 }));
    let call = signed(&shop, "alipay.trade.refund", &refund_of("N1", "R1"));
    assert!(matches!(shop.try_send(call), Reply::Silence { hold_ms: 0 }));
    assert_eq!(shop.refund_query("N1", "R1")["refund_status"], "REFUND_SUCCESS", "all was done");
    assert_eq!(shop.refund("N1", "R1", "30.00")["fund_change"], "N", "and a repeat does it no second time");
    assert_eq!(shop.deliver(200, "success").len(), 1);
}

#[test]
fn server_error() {
    let mut shop = paid_with(json!({ "fault": "server_error", "number": "N1", "operation": "refund" }));
    let response = shop.send(signed(&shop, "alipay.trade.refund", &refund_of("N1", "R1")));
    assert_eq!(response.status(), 502);
    assert!(shop.deliver(200, "success").is_empty());
    assert_eq!(shop.query("N1")["code"], "10000", "other calls go through");
}

#[test]
fn system_error() {
    let mut shop = paid_with(json!({ "fault": "system_error" }));
    let refused = shop.refund("N1", "R1", "30.00");
    assert_eq!((&refused["code"], &refused["sub_code"]), (&json!("40004"), &json!("ACQ.SYSTEM_ERROR")));
    let order = crate::transfer::order("T1", "1.00");
    let refused = shop.certified_call("alipay.fund.trans.uni.transfer", &order);
    assert_eq!((&refused["code"], &refused["sub_code"]), (&json!("40004"), &json!("SYSTEM_ERROR")));
    let order = json!({ "bill_type": "trade", "bill_date": "2026-01-01" });
    let refused = shop.call("alipay.data.dataservice.bill.downloadurl.query", &order);
    assert_eq!((&refused["code"], &refused["sub_code"]), (&json!("20000"), &json!("isp.unknow-error")));
    assert!(shop.deliver(200, "success").is_empty(), "nothing was done");
}

#[test]
fn rate_limited() {
    let mut shop = paid_with(json!({ "fault": "rate_limited", "times": 1 }));
    let refused = shop.refund("N1", "R1", "30.00");
    assert_eq!((&refused["code"], &refused["sub_code"]), (&json!("40005"), &json!("isv.app-call-limited")));
    assert_eq!(shop.refund("N1", "R1", "30.00")["fund_change"], "Y");
}

#[test]
fn faults_of_one_payment_find_it_by_the_gateways_number_too() {
    let mut shop = paid_with(json!({ "fault": "server_error", "number": "N1", "operation": "close" }));
    let trade_no = shop.query("N1")["trade_no"].clone();
    let response = shop.send(signed(&shop, "alipay.trade.close", &json!({ "trade_no": trade_no })));
    assert_eq!(response.status(), 502);
}

#[test]
fn only_a_call_that_is_believed_meets_a_fault() {
    let mut shop = paid_with(json!({ "fault": "server_error", "times": 1 }));
    let mut params = shop.params("alipay.trade.query", &json!({ "out_trade_no": "N1" }));
    params.insert("sign".to_owned(), "AAAA".to_owned());
    assert_eq!(shop.send_params(params).status(), 200);
    let response = shop.send(signed(&shop, "alipay.trade.query", &json!({ "out_trade_no": "N1" })));
    assert_eq!(response.status(), 502);
}

#[test]
fn clock_skew() {
    let mut shop = Shop::new();
    shop.fault(&json!({ "fault": "clock_skew", "by_ms": 25 * HOUR_MS }));
    let order = shop.order("N1");
    assert_eq!(shop.call(PRECREATE, &order)["sub_code"], "isv.invalid-timestamp");
    let mut params = shop.params(PRECREATE, &order);
    params.insert("timestamp".to_owned(), shanghai_text(shop.now_ms + 25 * HOUR_MS));
    let response = shop.send_signed(params);
    assert_eq!(shop.checked(PRECREATE, &response)["code"], "10000", "whoever follows its clock is let in");
}

#[test]
fn pay_after_close() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.get(&cashier);
    shop.close("N1");
    assert_eq!(shop.press(&cashier, "approve").0, 409);
    shop.fault(&json!({ "fault": "pay_after_close", "number": "N1" }));
    assert_eq!(shop.press(&cashier, "decline").0, 409);
    assert_eq!(shop.press(&cashier, "approve").0, 200);
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS");
    assert_eq!(shop.deliver(200, "success")[0]["trade_status"], "TRADE_SUCCESS");
}

#[test]
fn pay_after_close_does_not_pay_what_was_given_back() {
    let mut shop = Shop::new();
    let cashier = shop.paid("N1");
    shop.refund("N1", "R1", "99.00");
    shop.fault(&json!({ "fault": "pay_after_close" }));
    assert_eq!(shop.press(&cashier, "approve").0, 409);
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
}

#[test]
fn paid_by_two_channels() {
    let mut shop = Shop::new();
    let first = shop.precreate("N1");
    shop.precreate("N2");
    shop.fault(&json!({ "fault": "paid_by_two_channels" }));
    shop.press(&first, "approve");
    assert_eq!((shop.status("N1"), shop.status("N2")), ("TRADE_SUCCESS".into(), "TRADE_SUCCESS".into()));
    assert_eq!(shop.deliver(200, "success").len(), 2);
}

#[test]
fn refund_pending() {
    let mut shop = paid_with(json!({ "fault": "refund_pending", "by_ms": HOUR_MS, "times": 1 }));
    let answer = shop.refund("N1", "R1", "99.00");
    assert_eq!((&answer["fund_change"], &answer["refund_fee"]), (&json!("N"), &json!("99.00")));
    assert_eq!(shop.refund("N1", "R1", "99.00")["fund_change"], "N");
    assert_eq!(shop.refund_query("N1", "R1").get("refund_status"), None);
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS", "not before the money has gone");
    assert_eq!(
        shop.refund("N1", "R2", "1.00")["sub_code"],
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
        "what is on its way counts"
    );
    let payment = shop.get_json("/sandbox/payments.json")["payments"][0].clone();
    assert_eq!(payment["refunds"][0]["status"], "REFUND_PENDING");
    assert!(shop.deliver(200, "success").is_empty());

    shop.now_ms += HOUR_MS;
    let told = shop.deliver(200, "success").remove(0);
    assert_eq!((told["trade_status"].as_str(), told["out_biz_no"].as_str()), ("TRADE_CLOSED", "R1"));
    assert_eq!(shop.refund_query("N1", "R1")["refund_status"], "REFUND_SUCCESS");
    assert_eq!(shop.refund_query("N1", "R1")["gmt_refund_pay"], shanghai_text(shop.now_ms));
}

#[test]
fn refund_failed_late() {
    let mut shop = paid_with(json!({ "fault": "refund_failed_late", "by_ms": HOUR_MS, "times": 1 }));
    assert_eq!(shop.refund("N1", "R1", "99.00")["fund_change"], "N");
    shop.now_ms += HOUR_MS;
    assert_eq!(shop.refund_query("N1", "R1").get("refund_status"), None, "it never comes");
    assert!(shop.deliver(200, "success").is_empty(), "and nobody is told");
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS");
    let payment = shop.get_json("/sandbox/payments.json")["payments"][0].clone();
    assert_eq!(payment["refunds"][0]["status"], "REFUND_FAILED");
    let answer = shop.refund("N1", "R2", "1.00");
    assert_eq!(
        (&answer["fund_change"], &answer["refund_fee"]),
        (&json!("Y"), &json!("1.00")),
        "it counts no more"
    );
    let again = shop.refund("N1", "R1", "98.00");
    assert_eq!(
        (&again["fund_change"], &again["refund_fee"]),
        (&json!("Y"), &json!("99.00")),
        "its number is good"
    );
}

/// The notifies of a payment under a callback fault, delivered as they become due within a day.
fn told_with(rule: Value) -> (Shop, Vec<Params>) {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.fault(&rule);
    shop.press(&cashier, "approve");
    let told = shop.deliver(200, "success");
    (shop, told)
}

#[test]
fn callback_duplicated() {
    let (shop, told) = told_with(json!({ "fault": "callback_duplicated" }));
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], told[1], "the same notice to the letter");
    assert!(shop.is_signed_by_gateway(&told[1]));
}

#[test]
fn callback_delayed() {
    let (mut shop, told) = told_with(json!({ "fault": "callback_delayed", "by_ms": HOUR_MS }));
    assert!(told.is_empty());
    shop.now_ms += HOUR_MS;
    assert_eq!(shop.deliver(200, "success")[0]["trade_status"], "TRADE_SUCCESS");
}

#[test]
fn callback_reordered() {
    let (mut shop, told) = told_with(json!({ "fault": "callback_reordered", "times": 1 }));
    assert!(told.is_empty());
    shop.now_ms += MINUTE_MS;
    shop.refund("N1", "R1", "99.00");
    let refund = shop.deliver(200, "success");
    let payment = shop.deliver(200, "success");
    assert_eq!(refund[0]["trade_status"], "TRADE_CLOSED", "the refund comes first");
    assert_eq!(payment[0]["trade_status"], "TRADE_SUCCESS", "and the payment after it");
}

#[test]
fn callback_lost() {
    let (mut shop, told) = told_with(json!({ "fault": "callback_lost" }));
    assert!(told.is_empty());
    shop.now_ms += 48 * HOUR_MS;
    assert!(shop.deliver(200, "success").is_empty(), "not even later");
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS", "only asking helps");
}

#[test]
fn callback_forged() {
    let (shop, told) = told_with(json!({ "fault": "callback_forged" }));
    let genuine: Vec<bool> = told.iter().map(|params| shop.is_signed_by_gateway(params)).collect();
    assert_eq!(genuine, [false, true]);
    assert_eq!(told[0]["sign"].len(), told[1]["sign"].len(), "it looks like a real one");
}

#[test]
fn callback_wrong_amount() {
    let (shop, told) = told_with(json!({ "fault": "callback_wrong_amount" }));
    assert_eq!(told[0]["total_amount"], "99.01");
    assert!(shop.is_signed_by_gateway(&told[0]), "its signature is no help");
}

#[test]
fn callback_for_another_merchant() {
    let (shop, told) = told_with(json!({ "fault": "callback_for_another_merchant" }));
    let other = &shop.world.keys().merchants[1].alipay;
    assert_eq!((&told[0]["app_id"], &told[0]["seller_id"]), (&other.app_id, &other.seller_id));
    assert!(shop.is_signed_by_gateway(&told[0]), "its signature is no help");
}

#[test]
fn callback_stale() {
    let (shop, told) = told_with(json!({ "fault": "callback_stale" }));
    assert_eq!(told[0]["notify_time"], shanghai_text(shop.now_ms - 24 * HOUR_MS));
    assert!(shop.is_signed_by_gateway(&told[0]));
}
