//! What bad input gets.

use http::Request;
use serde_json::{Value, json};

use crate::shop::{NOTIFY_URL, REFUNDS, Shop};

const NATIVE: &str = "/v3/pay/transactions/native";

/// The refusal of an order changed in one place.
fn refusal_of(change: impl Fn(&mut Value)) -> (u16, String, String) {
    let mut shop = Shop::new();
    let mut order = shop.order("ORDER-1");
    change(&mut order);
    let request = shop.signed("POST", NATIVE, &order.to_string());
    let response = shop.send(request);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let id = response.headers()["request-id"].to_str().unwrap();
    let number = id.rsplit('-').next().unwrap().to_owned();
    let code = body["code"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
    assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST", "nothing was created");
    (response.status().as_u16(), code, number)
}

#[test]
fn every_mandatory_field_is_missed() {
    for field in ["appid", "mchid", "description", "out_trade_no", "notify_url", "amount"] {
        let (status, code, number) = refusal_of(|order| drop(order.as_object_mut().unwrap().remove(field)));
        assert_eq!((status, code.as_str(), number.as_str()), (400, "PARAM_ERROR", "268435461"), "{field}");
    }
}

#[test]
fn lengths_letters_and_ranges_are_kept() {
    for (field, value) in [
        ("description", json!("x".repeat(128))),
        ("out_trade_no", json!("SHORT")),
        ("out_trade_no", json!("x".repeat(33))),
        ("out_trade_no", json!("ORDER 1")),
        ("out_trade_no", json!("订单号码一二三")),
        ("notify_url", json!(format!("{NOTIFY_URL}?a=1"))),
        ("notify_url", json!(" http://127.0.0.1/")),
        ("notify_url", json!("ftp://127.0.0.1/")),
        ("notify_url", json!("http://shop.example/notify")),
        ("attach", json!("x".repeat(129))),
        ("attach", json!(1)),
        ("goods_tag", json!("x".repeat(33))),
        ("time_expire", json!("2026-01-01 08:30:00")),
        ("time_expire", json!("2026-01-01T08:30:00")),
        ("amount", json!({ "total": 0 })),
        ("amount", json!({ "total": -1 })),
        ("amount", json!({ "total": 1.5 })),
        ("amount", json!({ "total": "100" })),
        ("amount", json!({ "total": 10_000_000_001_i64 })),
        ("amount", json!({ "total": 100, "currency": "USD" })),
        ("amount", json!(100)),
        ("settle_info", json!({ "profit_sharing": "yes" })),
        ("scene_info", json!({ "payer_client_ip": "somewhere" })),
        ("detail", json!({ "goods_detail": [{ "merchant_goods_id": "1" }] })),
    ] {
        let (status, code, _) = refusal_of(|order| order[field] = value.clone());
        assert_eq!((status, code.as_str()), (400, "PARAM_ERROR"), "{field} {value}");
    }
}

#[test]
fn unknown_fields_are_refused_wherever_they_stand() {
    let more: [fn(&mut Value); 4] = [
        |order| order["extra"] = json!(1),
        |order| order["amount"]["extra"] = json!(1),
        |order| order["settle_info"] = json!({ "extra": true }),
        |order| order["payer"] = json!({ "openid": "o" }),
    ];
    for change in more {
        let (status, code, number) = refusal_of(change);
        assert_eq!((status, code.as_str(), number.as_str()), (400, "PARAM_ERROR", "270924358"));
    }
}

#[test]
fn a_null_breaks_the_gateway() {
    for field in ["attach", "scene_info"] {
        let (status, code, _) = refusal_of(|order| order[field] = Value::Null);
        assert_eq!((status, code.as_str()), (500, "SYSTEM_ERROR"), "{field}");
    }
}

#[test]
fn the_application_must_be_the_merchants_own() {
    let other = Shop::new().world.keys().merchants[1].wechat_pay.clone();
    let (status, code, number) = refusal_of(|order| order["appid"] = json!(other.appid));
    assert_eq!((status, code.as_str(), number.as_str()), (400, "APPID_MCHID_NOT_MATCH", "268445527"));
    let (_, code, _) = refusal_of(|order| order["mchid"] = json!(other.mchid));
    assert_eq!(code, "PARAM_ERROR");
}

#[test]
fn a_payment_inside_wechat_needs_an_openid_of_its_application() {
    let mut shop = Shop::new();
    shop.place = 1;
    let foreign = shop.openid();
    shop.place = 0;
    for (payer, number) in [
        (Value::Null, "-268501013"),
        (json!({}), "-268501013"),
        (json!({ "openid": foreign }), "-268435461"),
        (json!({ "openid": "oNobody" }), "-268435461"),
    ] {
        let mut order = shop.order("ORDER-1");
        if !payer.is_null() {
            order["payer"] = payer;
        }
        let request = shop.signed("POST", "/v3/pay/transactions/jsapi", &order.to_string());
        let response = shop.send(request);
        assert_eq!(response.status(), 400);
        assert!(response.headers()["request-id"].to_str().unwrap().ends_with(number));
    }
}

#[test]
fn a_link_for_phone_browsers_needs_the_buyers_address_and_kind_of_page() {
    for scene in [
        None,
        Some(json!({ "payer_client_ip": "203.0.113.7" })),
        Some(json!({ "h5_info": { "type": "Wap" } })),
        Some(json!({ "payer_client_ip": "203.0.113.7", "h5_info": { "type": "Fridge" } })),
    ] {
        let mut shop = Shop::new();
        let mut order = shop.order("ORDER-1");
        if let Some(scene) = &scene {
            order["scene_info"] = scene.clone();
        }
        let refused = shop.refused("POST", "/v3/pay/transactions/h5", &order);
        assert_eq!(refused, (400, "PARAM_ERROR".to_owned()), "{scene:?}");
    }
}

#[test]
fn bodies_that_are_no_json_objects_are_refused() {
    for body in ["", "{", "[]", "1", "null", "\"text\"", "{}x"] {
        let mut shop = Shop::new();
        for target in [NATIVE, REFUNDS, "/v3/pay/transactions/out-trade-no/ORDER-1/close"] {
            let (status, _) = shop.call("POST", target, body);
            assert!([400, 500].contains(&status), "{target} {body}: {status}");
        }
    }
    let mut shop = Shop::new();
    let request = shop.signed("POST", NATIVE, "x").map(|_| vec![0xff, 0xfe]);
    assert_eq!(shop.send(request).status(), 400);
}

#[test]
fn headers_that_every_call_needs_are_missed() {
    let shop = Shop::new();
    let order = shop.order("ORDER-1").to_string();
    for (name, value, status) in [
        ("accept", None, 400),
        ("user-agent", None, 400),
        ("user-agent", Some(""), 400),
        ("accept", Some("text/html"), 406),
        ("content-type", None, 415),
        ("content-type", Some("application/x-www-form-urlencoded"), 415),
        ("wechatpay-serial", Some("PUB_KEY_ID_OF_NOBODY"), 400),
    ] {
        let mut shop = Shop::new();
        let mut request = shop.signed("POST", NATIVE, &order);
        request.headers_mut().remove(name);
        if let Some(value) = value {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let response = shop.send(request);
        assert_eq!(response.status().as_u16(), status, "{name} {value:?}");
        assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
    }
}

#[test]
fn a_query_names_its_merchant() {
    let mut shop = Shop::new();
    shop.native("ORDER-1");
    let other = shop.world.keys().merchants[1].wechat_pay.mchid.clone();
    for query in [String::new(), format!("?mchid={other}"), "?mchid=".to_owned()] {
        let target = format!("/v3/pay/transactions/out-trade-no/ORDER-1{query}");
        assert_eq!(shop.refused("GET", &target, &Value::Null), (400, "PARAM_ERROR".to_owned()), "{query}");
    }
}

#[test]
fn unknown_calls_find_nothing() {
    let mut shop = Shop::new();
    for (method, target) in [
        ("GET", "/v3/pay/transactions/native"),
        ("POST", "/v3/pay/transactions/app"),
        ("DELETE", "/v3/pay/transactions/out-trade-no/ORDER-1"),
        ("GET", "/v3/"),
        ("GET", "/v3/pay/transactions/id/%ff"),
    ] {
        assert_eq!(shop.refused(method, target, &Value::Null), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    }
    let unsigned = shop.send(Request::get("/v3/nothing").body("").unwrap());
    assert_eq!(unsigned.status(), 400);
}

/// Values that nobody expects in any field.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(0.1),
        json!(""),
        json!("\u{0}"),
        json!("../../etc"),
        json!("知".repeat(5_000)),
        json!([]),
        json!([[null]]),
        json!({}),
        json!({ "": {} }),
        json!("9999-12-31T23:59:59+23:59"),
        json!("-262143-01-01T00:00:00Z"),
    ]
}

#[test]
fn whatever_a_field_holds_gets_an_answer() {
    let mut shop = Shop::new();
    shop.paid("PAID-1");
    let (order, refund) = (shop.order("ORDER-1"), shop.refund_body("PAID-1", "REFUND-1", 1));
    let mut h5 = order.clone();
    h5["scene_info"] = json!({ "payer_client_ip": "::1", "h5_info": { "type": "iOS" } });
    let transfer = json!({
        "appid": "wx0", "out_bill_no": "T1", "transfer_scene_id": "1000", "openid": "o", "user_name": "x",
        "transfer_amount": 100, "transfer_remark": "x", "notify_url": NOTIFY_URL,
        "user_recv_perception": "x", "transfer_scene_report_infos": [],
    });
    let calls = [
        (NATIVE, order),
        ("/v3/pay/transactions/h5", h5),
        (REFUNDS, refund),
        (crate::shop::TRANSFERS, transfer),
        ("/v3/pay/transactions/out-trade-no/ORDER-1/close", json!({ "mchid": "1" })),
    ];
    for (target, right) in calls {
        for field in right.as_object().unwrap().keys() {
            for value in odd_values() {
                let mut body = right.clone();
                body[field] = value.clone();
                let (status, answer) = shop.call("POST", target, &body.to_string());
                let fine = status == 200 || answer["code"].is_string();
                assert!(fine, "{target} {field} {value}: {status} {answer}");
            }
        }
    }
}

#[test]
fn whatever_a_query_holds_gets_an_answer() {
    let mut shop = Shop::new();
    for day in
        ["", "0000-00-00", "9999-12-31", "+99999-01-01", "-0001-01-01", "262142-12-31", "%ff", "1970-01-01"]
    {
        for target in ["tradebill", "fundflowbill"] {
            let (status, answer) = shop.call("GET", &format!("/v3/bill/{target}?bill_date={day}"), "");
            assert!(status == 400 && answer["code"].is_string(), "{target} {day}: {answer}");
        }
    }
    for clock_ms in [0, 253_402_214_399_999_i64] {
        assert_eq!(shop.post_json("/sandbox/clock", &json!({ "set_ms": clock_ms })).0, 200);
        let number = format!("CLOCK-{clock_ms}");
        shop.paid(&number);
        shop.refund(&number, &format!("R{clock_ms}"), 1);
        shop.deliver(200);
    }
}
