//! The life of a trade as its merchant sees it.

use coursepay_sandbox::shanghai_text;
use http::Request;
use serde_json::json;

use crate::shop::{HOUR_MS, MINUTE_MS, Params, START_MS, Shop, form, location};

#[test]
fn no_trade_exists_until_the_cashier_is_opened() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    assert_eq!(shop.status("N1"), "ACQ.TRADE_NOT_EXIST");
    assert_eq!(shop.get(&cashier).status(), 200);
    assert_eq!(shop.status("N1"), "WAIT_BUYER_PAY");
}

#[test]
fn an_approved_trade_is_a_success_in_every_answer() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let (status, paid) = shop.press(&cashier, "approve");
    assert_eq!((status, &paid["status"]), (200, &json!("TRADE_SUCCESS")));

    let answer = shop.query("N1");
    assert_eq!(answer["trade_status"], "TRADE_SUCCESS");
    assert_eq!(answer["trade_no"], paid["gateway_number"]);
    assert_eq!(answer["total_amount"], "99.00");
    assert_eq!(answer["buyer_pay_amount"], "99.00");
    assert_eq!(answer["send_pay_date"], shanghai_text(START_MS));
    let by_trade_no = shop.call("alipay.trade.query", &json!({ "trade_no": paid["gateway_number"] }));
    assert_eq!(by_trade_no["out_trade_no"], "N1");
}

#[test]
fn page_and_wap_pay_lead_the_browser_to_the_cashier() {
    for (method, product_code) in
        [("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"), ("alipay.trade.wap.pay", "QUICK_WAP_WAY")]
    {
        let mut shop = Shop::new();
        let mut order = shop.order("N1");
        order["product_code"] = json!(product_code);
        let mut params = shop.params(method, &order);
        params.insert("return_url".to_owned(), "http://shop.example/back?x=1#top".to_owned());

        let posted = shop.send_signed(params.clone());
        assert_eq!(posted.status(), 303);
        let signature = shop.merchant().app_key.sign_sha256(&crate::shop::text_of(&params));
        params.insert("sign".to_owned(), signature);
        let got = shop.send(Request::get(format!("/gateway.do?{}", form(&params))).body("").unwrap());
        assert_eq!(location(&got), location(&posted), "the same payment again");

        assert_eq!(shop.status("N1"), "ACQ.TRADE_NOT_EXIST");
        let cashier = location(&got).strip_prefix("http://sandbox.example").unwrap().to_owned();
        let (_, paid) = shop.press(&cashier, "approve");
        let address: http::Uri =
            paid["return_url"].as_str().unwrap().split('#').next().unwrap().parse().unwrap();
        assert!(paid["return_url"].as_str().unwrap().ends_with("#top"));
        let mut params: Params =
            form_urlencoded::parse(address.query().unwrap().as_bytes()).into_owned().collect();
        assert_eq!(params.remove("x").as_deref(), Some("1"));
        assert!(shop.is_signed_by_gateway(&params));
        assert_eq!((params["out_trade_no"].as_str(), params["total_amount"].as_str()), ("N1", "99.00"));
        assert_eq!(params["method"], format!("{method}.return"));
        assert!(!params.contains_key("trade_status"), "a return proves nothing");
    }
}

#[test]
fn the_same_number_with_the_same_contents_is_the_same_payment() {
    let mut shop = Shop::new();
    let order = shop.order("N1");
    let first = shop.call("alipay.trade.precreate", &order);
    // So close to the deadline that a new payment would be refused.
    shop.now_ms += 30 * MINUTE_MS - 1000;
    assert_eq!(shop.call("alipay.trade.precreate", &order), first);
}

#[test]
fn a_number_reused_with_other_contents_is_refused() {
    let mut shop = Shop::new();
    shop.precreate("N1");
    for (field, value) in [("total_amount", "98.00"), ("subject", "Other"), ("body", "more")] {
        let mut order = shop.order("N1");
        order[field] = json!(value);
        assert_eq!(
            shop.call("alipay.trade.precreate", &order)["sub_code"],
            "ACQ.CONTEXT_INCONSISTENT",
            "{field}"
        );
    }
}

#[test]
fn a_number_that_is_over_is_dead() {
    let mut shop = Shop::new();
    let paid = shop.precreate("PAID");
    shop.press(&paid, "approve");
    let order = shop.order("PAID");
    assert_eq!(shop.call("alipay.trade.precreate", &order)["sub_code"], "ACQ.TRADE_HAS_SUCCESS");

    let closed = shop.precreate("CLOSED");
    shop.get(&closed);
    assert_eq!(shop.close("CLOSED")["code"], "10000");
    let order = shop.order("CLOSED");
    assert_eq!(shop.call("alipay.trade.precreate", &order)["sub_code"], "ACQ.TRADE_HAS_CLOSE");
}

#[test]
fn a_closed_trade_cannot_be_paid() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.get(&cashier);
    assert_eq!(shop.close("N1")["out_trade_no"], "N1");
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
    let (status, refused) = shop.press(&cashier, "approve");
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("closed")));
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
    assert!(shop.deliver(200, "success").is_empty());
}

#[test]
fn a_close_before_the_scan_finds_nothing_and_the_code_still_works() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    assert_eq!(shop.close("N1")["sub_code"], "ACQ.TRADE_NOT_EXIST");
    let (status, _) = shop.press(&cashier, "approve");
    assert_eq!(status, 200);
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS");
}

#[test]
fn only_a_waiting_trade_can_be_closed() {
    let mut shop = Shop::new();
    let paid = shop.precreate("PAID");
    shop.press(&paid, "approve");
    assert_eq!(shop.close("PAID")["sub_code"], "ACQ.TRADE_STATUS_ERROR");
    assert_eq!(shop.status("PAID"), "TRADE_SUCCESS");

    let closed = shop.precreate("CLOSED");
    shop.get(&closed);
    shop.close("CLOSED");
    assert_eq!(shop.close("CLOSED")["sub_code"], "ACQ.TRADE_STATUS_ERROR");
}

#[test]
fn a_trade_past_its_deadline_is_closed_and_cannot_be_paid() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.get(&cashier);
    shop.now_ms += 30 * MINUTE_MS - 1;
    assert_eq!(shop.status("N1"), "WAIT_BUYER_PAY");
    shop.now_ms += 1;
    let (status, refused) = shop.press(&cashier, "approve");
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("expired")));
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
}

#[test]
fn a_code_scanned_after_its_deadline_makes_no_trade() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.now_ms += 30 * MINUTE_MS;
    assert_eq!(shop.get(&cashier).status(), 200);
    assert_eq!(shop.press(&cashier, "approve").0, 409);
    assert_eq!(shop.status("N1"), "ACQ.TRADE_NOT_EXIST");
}

#[test]
fn business_time_can_be_moved_while_signatures_keep_to_the_real_one() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.get(&cashier);
    let (status, clock) = shop.move_clock(r#"{"advance_ms":2592000000}"#);
    assert_eq!((status, &clock["offset_ms"]), (200, &json!(2_592_000_000_i64)));
    // A month later in business, the request's timestamp of today is still right.
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
    let (_, clock) = shop.move_clock(&format!("{{\"set_ms\":{START_MS}}}"));
    assert_eq!(clock["offset_ms"], 0);
}

#[test]
fn without_a_deadline_a_code_lives_two_hours_and_a_timeout_is_honoured() {
    for (timeout, lives_ms) in [(None, 2 * HOUR_MS), (Some("5m"), 5 * MINUTE_MS)] {
        let mut shop = Shop::new();
        let mut order = json!({ "out_trade_no": "N1", "total_amount": "1", "subject": "Book" });
        if let Some(timeout) = timeout {
            order["timeout_express"] = json!(timeout);
        }
        assert_eq!(shop.call("alipay.trade.precreate", &order)["code"], "10000");
        let trades = shop.get_json("/sandbox/payments.json");
        assert_eq!(trades["payments"][0]["expires_at_ms"], START_MS + lives_ms);
        assert_eq!(trades["payments"][0]["amount_minor"], 100);
    }
}

#[test]
fn what_was_answered_as_closed_stays_closed_when_the_clock_goes_back() {
    let mut shop = Shop::new();
    let opened = shop.precreate("OPENED");
    shop.get(&opened);
    let unopened = shop.precreate("UNOPENED");
    shop.move_clock(&format!("{{\"advance_ms\":{}}}", 30 * MINUTE_MS));
    assert_eq!(shop.status("OPENED"), "TRADE_CLOSED");
    shop.move_clock(&format!("{{\"set_ms\":{START_MS}}}"));
    assert_eq!(shop.status("OPENED"), "TRADE_CLOSED");
    assert_eq!(shop.press(&opened, "approve").1["error"]["code"], "expired");
    assert_eq!(shop.status("OPENED"), "TRADE_CLOSED");
    assert!(shop.deliver(200, "success").is_empty(), "nobody was told of anything");
    assert_eq!(shop.press(&unopened, "approve").0, 200, "no trade had come of it that could be closed");
}

#[test]
fn every_documented_field_is_frozen_under_its_number_and_unknown_ones_are_let_pass() {
    let mut shop = Shop::new();
    let mut order = shop.order("N1");
    order["goods_type"] = json!("0");
    order["extend_params"] = json!({ "sys_service_provider_id": "2088000000000001" });
    assert_eq!(shop.call("alipay.trade.precreate", &order)["code"], "10000");
    assert_eq!(shop.call("alipay.trade.precreate", &order)["code"], "10000", "the very same again");
    for (field, value) in [
        ("goods_type", json!("1")),
        ("goods_type", json!(null)),
        ("goods_detail", json!([{ "goods_id": "G1" }])),
        ("extend_params", json!({ "sys_service_provider_id": "2088000000000002" })),
        ("settle_info", json!({ "settle_detail_infos": [] })),
        ("royalty_info", json!({ "royalty_type": "ROYALTY" })),
        ("disable_pay_channels", json!("creditCard")),
        ("enable_pay_channels", json!("balance")),
        ("merchant_order_no", json!("M1")),
    ] {
        let mut other = order.clone();
        other[field] = value;
        let answer = shop.call("alipay.trade.precreate", &other);
        assert_eq!(answer["sub_code"], "ACQ.CONTEXT_INCONSISTENT", "{field}");
    }
    order["nobody_knows_this"] = json!("x");
    assert_eq!(shop.call("alipay.trade.precreate", &order)["code"], "10000");
}

#[test]
fn a_qr_codes_own_timeout_is_its_deadline_unless_another_one_comes_first() {
    for (other, lives_ms) in [
        (None, 10 * MINUTE_MS),
        (Some(("timeout_express", "1h")), 10 * MINUTE_MS),
        (Some(("timeout_express", "5m")), 5 * MINUTE_MS),
        (Some(("time_expire", "2026-01-01 08:30:00")), 10 * MINUTE_MS),
    ] {
        let mut shop = Shop::new();
        let mut order = json!({ "out_trade_no": "N1", "total_amount": "1", "subject": "Book" });
        order["qr_code_timeout_express"] = json!("10m");
        if let Some((field, value)) = other {
            order[field] = json!(value);
        }
        assert_eq!(shop.call("alipay.trade.precreate", &order)["code"], "10000");
        let trades = shop.get_json("/sandbox/payments.json");
        assert_eq!(trades["payments"][0]["expires_at_ms"], START_MS + lives_ms, "{other:?}");
    }
    let mut shop = Shop::new();
    let mut order = shop.order("N1");
    order["qr_code_timeout_express"] = json!("16d");
    assert_eq!(shop.call("alipay.trade.precreate", &order)["sub_code"], "ACQ.INVALID_PARAMETER");
}
