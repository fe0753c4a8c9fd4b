//! What a merchant hears, and how often.

use coursepay_sandbox::{Answer, shanghai_text};
use serde_json::json;

use crate::shop::{HOUR_MS, MINUTE_MS, NOTIFY_URL, START_MS, Shop, WINDOW_MS};

fn paid_shop() -> Shop {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.press(&cashier, "approve");
    shop
}

#[test]
fn a_payment_is_told_at_once_by_a_signed_form() {
    let mut shop = paid_shop();
    let due = shop.world.due_callbacks(START_MS);
    let request = &due[0].request;
    assert_eq!((due.len(), request.method().as_str()), (1, "POST"));
    assert_eq!(request.uri(), NOTIFY_URL);
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded; text/html; charset=utf-8"
    );
    let params = form_urlencoded::parse(request.body()).into_owned().collect();
    assert!(shop.is_signed_by_gateway(&params));
    let merchant = shop.merchant();
    for (name, value) in [
        ("notify_type", "trade_status_sync"),
        ("trade_status", "TRADE_SUCCESS"),
        ("out_trade_no", "N1"),
        ("total_amount", "99.00"),
        ("subject", "Rust 入门 100% +1"),
        ("app_id", &merchant.app_id),
        ("seller_id", &merchant.seller_id),
        ("gmt_payment", &shanghai_text(START_MS)),
        ("fund_bill_list", r#"[{"amount":"99.00","fundChannel":"ALIPAYACCOUNT"}]"#),
    ] {
        assert_eq!(params[name], value, "{name}");
    }
    assert_eq!(params["trade_no"], shop.query("N1")["trade_no"]);
}

#[test]
fn passback_params_and_body_come_back_as_sent() {
    let mut shop = Shop::new();
    let mut order = shop.order("N1");
    order["passback_params"] = json!("a%3D1%26b%3D%E4%BA%8C");
    order["body"] = json!("two & three = five");
    let answer = shop.call("alipay.trade.precreate", &order);
    let cashier = answer["qr_code"].as_str().unwrap().to_owned();
    shop.press(&cashier, "approve");
    let params = shop.deliver(200, "success").remove(0);
    assert_eq!(params["passback_params"], "a%3D1%26b%3D%E4%BA%8C");
    assert_eq!(params["body"], "two & three = five");
    assert!(shop.is_signed_by_gateway(&params));
}

#[test]
fn only_status_200_with_exactly_success_ends_it() {
    for (status, body) in [
        (200, "fail"),
        (200, "success\n"),
        (200, " success"),
        (200, "SUCCESS"),
        (200, ""),
        (201, "success"),
        (302, "success"),
        (500, "success"),
    ] {
        let mut shop = paid_shop();
        assert_eq!(shop.deliver(status, body).len(), 1);
        assert_eq!(shop.world.next_callback_at_ms(), Some(START_MS + 4 * MINUTE_MS), "{status} {body:?}");
    }
    let mut shop = paid_shop();
    shop.deliver(200, "success");
    assert_eq!(shop.world.next_callback_at_ms(), Some(START_MS + WINDOW_MS), "the end of refunds");
}

#[test]
fn an_unanswered_notify_comes_eight_times_on_the_documented_schedule() {
    let mut shop = paid_shop();
    let first = shop.deliver(200, "fail").remove(0);
    for delay_ms in
        [4 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS, 15 * HOUR_MS]
    {
        shop.now_ms += delay_ms - 1;
        assert!(shop.deliver(200, "fail").is_empty());
        shop.now_ms += 1;
        let again = shop.deliver(200, "fail").remove(0);
        assert!(shop.is_signed_by_gateway(&again));
        assert_eq!(again["notify_id"], first["notify_id"]);
        assert_eq!(again["notify_time"], shanghai_text(shop.now_ms));
        assert_eq!(again["gmt_payment"], first["gmt_payment"]);
    }
    assert_eq!(shop.world.next_callback_at_ms(), Some(START_MS + WINDOW_MS), "the end of refunds");
    let trades = shop.get_json("/sandbox/payments.json");
    let notify = &trades["payments"][0]["callbacks"][0];
    assert_eq!((notify["deliveries"].as_array().unwrap().len(), &notify["acknowledged"]), (8, &json!(false)));
}

#[test]
fn a_callback_in_flight_is_not_sent_again_and_its_answer_counts_once() {
    let mut shop = paid_shop();
    let flying = shop.world.due_callbacks(START_MS);
    assert!(shop.world.due_callbacks(START_MS + HOUR_MS).is_empty());
    let failed = Answer::Failed { reason: "connection refused".to_owned() };
    for _ in 0..2 {
        shop.world.callback_answered(flying[0].id, &failed, START_MS);
    }
    let trades = shop.get_json("/sandbox/payments.json");
    let deliveries = &trades["payments"][0]["callbacks"][0]["deliveries"];
    assert_eq!(deliveries.as_array().unwrap().len(), 1);
    assert_eq!(deliveries[0]["answer"], "connection refused");
}

#[test]
fn moving_the_clock_brings_the_retry_forward() {
    let mut shop = paid_shop();
    shop.deliver(500, "");
    assert!(shop.deliver(200, "success").is_empty());
    shop.move_clock(&format!("{{\"advance_ms\":{}}}", 4 * MINUTE_MS));
    assert_eq!(shop.world.next_callback_at_ms(), Some(START_MS));
    assert_eq!(shop.deliver(200, "success").len(), 1);
}

#[test]
fn the_end_of_the_window_for_refunds_is_told_and_is_no_new_payment() {
    let mut shop = paid_shop();
    let paid = shop.deliver(200, "success").remove(0);
    shop.now_ms += WINDOW_MS - 1;
    assert!(shop.deliver(200, "success").is_empty());
    shop.now_ms += 1;
    let finished = shop.deliver(200, "success").remove(0);
    assert!(shop.is_signed_by_gateway(&finished));
    assert_eq!(finished["trade_status"], "TRADE_FINISHED");
    assert_eq!((&finished["trade_no"], &finished["gmt_payment"]), (&paid["trade_no"], &paid["gmt_payment"]));
    assert_eq!(finished["gmt_close"], shanghai_text(shop.now_ms));
    assert_ne!(finished["notify_id"], paid["notify_id"]);
    assert_eq!(shop.status("N1"), "TRADE_FINISHED");
    assert_eq!(shop.world.next_callback_at_ms(), None);
}

#[test]
fn a_close_and_a_missed_deadline_are_told_to_nobody() {
    let mut shop = Shop::new();
    let (closed, missed) = (shop.precreate("CLOSED"), shop.precreate("MISSED"));
    shop.get(&closed);
    shop.get(&missed);
    shop.close("CLOSED");
    shop.now_ms += HOUR_MS;
    assert_eq!(
        (shop.status("CLOSED"), shop.status("MISSED")),
        ("TRADE_CLOSED".into(), "TRADE_CLOSED".into())
    );
    assert!(shop.deliver(200, "success").is_empty());
}

#[test]
fn without_a_notify_url_nobody_is_told() {
    let mut shop = Shop::new();
    let mut params = shop.params("alipay.trade.precreate", &shop.order("N1"));
    params.remove("notify_url");
    let response = shop.send_signed(params);
    let cashier = shop.checked("alipay.trade.precreate", &response)["qr_code"].as_str().unwrap().to_owned();
    shop.press(&cashier, "approve");
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS");
    assert!(shop.deliver(200, "success").is_empty());
}
