//! The life of a payment as its merchant sees it.

use serde_json::{Value, json};

use crate::shop::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, START_MS, Shop, path_of};

#[test]
fn a_payment_exists_from_its_creation_on_and_is_not_paid() {
    let mut shop = Shop::new();
    assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
    shop.native("ORDER-1");
    let order = shop.query("ORDER-1");
    assert_eq!((&order["trade_state"], &order["amount"]["total"]), (&json!("NOTPAY"), &json!(9900)));
    for paid_only in ["transaction_id", "payer", "success_time"] {
        assert_eq!(order.get(paid_only), None, "{paid_only}");
    }
}

#[test]
fn an_approved_payment_is_a_success_by_both_numbers() {
    let mut shop = Shop::new();
    let cashier = shop.native("ORDER-1");
    let (status, paid) = shop.press(&cashier, "approve");
    assert_eq!((status, &paid["status"]), (200, &json!("SUCCESS")));

    let order = shop.query("ORDER-1");
    let account = shop.account();
    assert_eq!(order["trade_state"], "SUCCESS");
    assert_eq!(order["trade_type"], "NATIVE");
    assert_eq!(order["success_time"], "2026-01-01T08:00:00+08:00");
    assert_eq!((&order["appid"], &order["mchid"]), (&json!(account.appid), &json!(account.mchid)));
    assert_eq!(
        order["amount"],
        json!({ "total": 9900, "payer_total": 9900, "currency": "CNY", "payer_currency": "CNY" })
    );
    let id = order["transaction_id"].as_str().unwrap();
    let target = format!("/v3/pay/transactions/id/{id}?mchid={}", account.mchid);
    assert_eq!(shop.done("GET", &target, &Value::Null), order);
}

#[test]
fn a_phone_browser_comes_back_to_the_address_appended_to_its_link() {
    let mut shop = Shop::new();
    let mut order = shop.order("ORDER-1");
    order["scene_info"] = json!({ "payer_client_ip": "203.0.113.7", "h5_info": { "type": "Wap" } });
    let answer = shop.done("POST", "/v3/pay/transactions/h5", &order);
    let link = path_of(&answer["h5_url"]);
    let page = shop.get(&format!("{link}&redirect_url=http%3A%2F%2Fshop.example%2Fdone%3Fa%3D1"));
    assert_eq!(page.status(), 200);
    let cashier = link.split('?').next().unwrap();
    let (_, paid) = shop.press(cashier, "approve");
    assert_eq!(paid["return_url"], "http://shop.example/done?a=1");
    assert_eq!(shop.query("ORDER-1")["trade_type"], "MWEB");
}

#[test]
fn a_payment_inside_wechat_belongs_to_the_person_it_names() {
    let mut shop = Shop::new();
    let openid = shop.openid();
    let mut order = shop.order("ORDER-1");
    order["payer"] = json!({ "openid": openid });
    let answer = shop.done("POST", "/v3/pay/transactions/jsapi", &order);
    assert!(answer["prepay_id"].as_str().unwrap().starts_with("wx"));
    let payments = shop.get_json("/sandbox/payments.json");
    let cashier = path_of(&payments["payments"][0]["cashier_url"]);
    shop.press(&cashier, "approve");
    let order = shop.query("ORDER-1");
    assert_eq!((&order["payer"]["openid"], &order["trade_type"]), (&json!(openid), &json!("JSAPI")));
}

#[test]
fn the_same_number_with_the_same_parameters_gives_a_fresh_code() {
    let mut shop = Shop::new();
    let first = shop.native("ORDER-1");
    let second = shop.native("ORDER-1");
    assert_ne!(first, second);
    assert_eq!(shop.press(&first, "approve").0, 200, "the first code goes on working");
    assert_eq!(shop.press(&second, "approve").1["error"]["code"], "already_paid");
    assert_eq!(shop.get_json("/sandbox/payments.json")["payments"].as_array().unwrap().len(), 1);
}

#[test]
fn a_number_reused_with_other_parameters_is_refused() {
    let mut shop = Shop::new();
    shop.native("ORDER-1");
    for (field, value) in [
        ("amount", json!({ "total": 9901 })),
        ("description", json!("Other")),
        ("attach", json!("more")),
        ("notify_url", json!("http://127.0.0.1:9/other")),
    ] {
        let mut order = shop.order("ORDER-1");
        order[field] = value;
        let (status, code) = shop.refused("POST", "/v3/pay/transactions/native", &order);
        assert_eq!((status, code.as_str()), (400, "INVALID_REQUEST"), "{field}");
    }
    let request = shop.signed("POST", "/v3/pay/transactions/native", &{
        let mut order = shop.order("ORDER-1");
        order["amount"]["total"] = json!(1);
        order.to_string()
    });
    let id = shop.send(request).headers()["request-id"].to_str().unwrap().to_owned();
    assert!(id.ends_with("-268498688"), "{id}");
}

#[test]
fn a_number_that_is_over_is_dead() {
    let mut shop = Shop::new();
    shop.paid("PAID-1");
    let order = shop.order("PAID-1");
    assert_eq!(shop.refused("POST", "/v3/pay/transactions/native", &order), (400, "ORDERPAID".to_owned()));
    shop.native("CLOSED-1");
    assert_eq!(shop.close("CLOSED-1").0, 204);
    let order = shop.order("CLOSED-1");
    assert_eq!(shop.refused("POST", "/v3/pay/transactions/native", &order), (400, "ORDER_CLOSED".to_owned()));
}

#[test]
fn a_closed_payment_cannot_be_paid_and_closing_again_is_fine() {
    let mut shop = Shop::new();
    let cashier = shop.native("ORDER-1");
    assert_eq!(shop.close("ORDER-1"), (204, Value::Null));
    assert_eq!(shop.close("ORDER-1").0, 204);
    let (status, refused) = shop.press(&cashier, "approve");
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("closed")));
    assert_eq!(shop.state("ORDER-1"), "CLOSED");
}

#[test]
fn what_is_paid_or_was_never_created_cannot_be_closed() {
    let mut shop = Shop::new();
    let (status, answer) = shop.close("ORDER-1");
    assert_eq!((status, &answer["code"]), (404, &json!("ORDER_NOT_EXIST")));
    shop.paid("ORDER-1");
    let (status, answer) = shop.close("ORDER-1");
    assert_eq!((status, &answer["code"]), (400, &json!("ORDER_PAID")));
}

#[test]
fn a_code_dies_after_two_hours_unless_it_was_opened_or_asked_for_again() {
    let mut shop = Shop::new();
    let unopened = shop.native("ORDER-1");
    let opened = shop.native("ORDER-2");
    shop.get(&opened);
    shop.advance(2 * HOUR_MS);
    assert_eq!(shop.press(&unopened, "approve").1["error"]["code"], "expired");
    assert_eq!(shop.state("ORDER-1"), "NOTPAY", "the order itself goes on");
    let again = shop.native("ORDER-1");
    assert_eq!(shop.press(&again, "approve").0, 200);
    assert_eq!(shop.press(&opened, "approve").0, 200);
}

#[test]
fn a_link_for_phone_browsers_dies_after_five_minutes() {
    let mut shop = Shop::new();
    let mut order = shop.order("ORDER-1");
    order["scene_info"] = json!({ "payer_client_ip": "203.0.113.7", "h5_info": { "type": "Wap" } });
    let answer = shop.done("POST", "/v3/pay/transactions/h5", &order);
    let cashier = path_of(&answer["h5_url"]).split('?').next().unwrap().to_owned();
    shop.advance(5 * MINUTE_MS);
    assert_eq!(shop.press(&cashier, "approve").1["error"]["code"], "expired");
}

#[test]
fn a_deadline_stops_the_buyer_and_closes_nothing_for_seven_days() {
    let mut shop = Shop::new();
    let mut order = shop.order("ORDER-1");
    order["time_expire"] = json!("2026-01-01T08:30:00+08:00");
    let answer = shop.done("POST", "/v3/pay/transactions/native", &order);
    let cashier = path_of(&answer["code_url"]);
    shop.advance(30 * MINUTE_MS - 1);
    assert_eq!(shop.get(&cashier).status(), 200);
    shop.advance(1);
    assert_eq!(shop.press(&cashier, "approve").1["error"]["code"], "expired");
    assert_eq!(shop.state("ORDER-1"), "NOTPAY");
    let order = shop.order("ORDER-1");
    assert_eq!(shop.refused("POST", "/v3/pay/transactions/native", &order).1, "ORDER_CLOSED");
    shop.advance(7 * DAY_MS);
    assert_eq!(shop.state("ORDER-1"), "CLOSED");
}

#[test]
fn a_deadline_out_of_range_is_pulled_into_it() {
    for (asked, lives_ms) in [
        ("2020-01-01T00:00:00+08:00", MINUTE_MS),
        ("2030-01-01T00:00:00+08:00", 90 * DAY_MS),
        ("2026-01-01T00:10:00Z", 10 * MINUTE_MS),
    ] {
        let mut shop = Shop::new();
        let mut order = shop.order("ORDER-1");
        order["time_expire"] = json!(asked);
        let answer = shop.done("POST", "/v3/pay/transactions/native", &order);
        shop.get(&path_of(&answer["code_url"]));
        let payments = shop.get_json("/sandbox/payments.json");
        assert_eq!(payments["payments"][0]["expires_at_ms"], START_MS + lives_ms, "{asked}");
    }
}

#[test]
fn a_buyer_who_enters_the_password_holds_up_the_close_if_so_set() {
    let mut shop = Shop::new();
    shop.settings(json!({ "userpaying_seconds": 30 }));
    let cashier = shop.native("ORDER-1");
    shop.get(&cashier);
    assert_eq!(shop.state("ORDER-1"), "USERPAYING");
    let (status, answer) = shop.close("ORDER-1");
    assert_eq!((status, &answer["code"]), (202, &json!("USERPAYING")));
    shop.advance(30 * SECOND_MS);
    assert_eq!(shop.state("ORDER-1"), "NOTPAY");
    assert_eq!(shop.close("ORDER-1").0, 204);
}

#[test]
fn a_declined_payment_stays_open() {
    let mut shop = Shop::new();
    let cashier = shop.native("ORDER-1");
    assert_eq!(shop.press(&cashier, "decline").0, 200);
    assert_eq!(shop.press(&cashier, "leave").0, 200);
    assert_eq!(shop.state("ORDER-1"), "NOTPAY");
    assert!(shop.deliver(200).is_empty(), "nobody is told");
    assert_eq!(shop.press(&cashier, "approve").0, 200);
}

#[test]
fn a_merchant_sees_its_own_payments_only() {
    let mut shop = Shop::new();
    let id = shop.paid("ORDER-1");
    shop.place = 1;
    assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
    let target = format!("/v3/pay/transactions/id/{id}?mchid={}", shop.account().mchid);
    assert_eq!(shop.refused("GET", &target, &Value::Null), (404, "ORDER_NOT_EXIST".to_owned()));
    shop.native("ORDER-1");
    assert_eq!(shop.state("ORDER-1"), "NOTPAY", "numbers are unique per merchant");
}
