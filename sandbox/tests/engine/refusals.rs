//! What bad requests get: the real gateway's own codes, and nothing written.

use http::Request;
use serde_json::{Value, json};

use crate::shop::{Params, START_MS, Shop, form, text, text_of};

const PRECREATE: &str = "alipay.trade.precreate";

/// Sends a precreate with one public parameter changed (empty: removed), correctly signed.
fn refused(name: &str, value: &str) -> (String, String) {
    let mut shop = Shop::new();
    let mut params = shop.params(PRECREATE, &shop.order("N1"));
    params.insert(name.to_owned(), value.to_owned());
    params.retain(|_, value| !value.is_empty());
    let response = shop.send_signed(params);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let object = body.as_object().unwrap().iter().find(|(name, _)| *name != "sign").unwrap().1;
    assert_eq!(shop.get_json("/sandbox/payments.json"), json!({ "payments": [] }));
    let word = |name: &str| object[name].as_str().unwrap().to_owned();
    (word("code"), word("sub_code"))
}

#[test]
fn every_public_parameter_is_checked() {
    for (name, value, code, sub_code) in [
        ("method", "", "40001", "isv.missing-method"),
        ("method", "alipay.trade.order.settle", "40002", "isv.invalid-method"),
        ("method", "no\"good", "40002", "isv.invalid-method"),
        ("app_id", "", "40001", "isv.missing-app-id"),
        ("app_id", "2021000000000000", "40002", "isv.invalid-app-id"),
        ("format", "XML", "40002", "isv.invalid-format"),
        ("charset", "gbk", "40002", "isv.invalid-charset"),
        ("charset", "", "40002", "isv.invalid-charset"),
        ("sign_type", "RSA", "40002", "isv.invalid-signature-type"),
        ("sign_type", "", "40001", "isv.missing-signature-type"),
        ("version", "2.0", "40002", "isv.invalid-parameter"),
        ("version", "", "40001", "isv.missing-version"),
        ("timestamp", "", "40001", "isv.missing-timestamp"),
        ("timestamp", "2026-01-01T08:00:00Z", "40002", "isv.invalid-timestamp"),
        ("timestamp", "2025-12-30 08:00:00", "40002", "isv.invalid-timestamp"),
        ("notify_url", "shop.example/notify", "40002", "isv.invalid-parameter"),
        ("notify_url", " http://shop.example/", "40002", "isv.invalid-parameter"),
        ("biz_content", "", "40004", "ACQ.INVALID_PARAMETER"),
        ("biz_content", "{", "40004", "ACQ.INVALID_PARAMETER"),
        ("biz_content", "[]", "40004", "ACQ.INVALID_PARAMETER"),
    ] {
        assert_eq!(refused(name, value), (code.to_owned(), sub_code.to_owned()), "{name}={value:?}");
    }
}

#[test]
fn every_field_of_an_order_is_checked() {
    let long = "长".repeat(257);
    for (field, value, sub_code) in [
        ("out_trade_no", json!(null), "ACQ.INVALID_PARAMETER"),
        ("out_trade_no", json!("N 1"), "ACQ.INVALID_PARAMETER"),
        ("out_trade_no", json!("订单"), "ACQ.INVALID_PARAMETER"),
        ("out_trade_no", json!("N".repeat(65)), "ACQ.INVALID_PARAMETER"),
        ("out_trade_no", json!(["N1"]), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!(null), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!("0"), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!("0.001"), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!("-1"), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!("1e2"), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!(0.1 + 0.2), "ACQ.INVALID_PARAMETER"),
        ("total_amount", json!("100000000.01"), "ACQ.TOTAL_FEE_EXCEED"),
        ("subject", json!(""), "ACQ.INVALID_PARAMETER"),
        ("subject", json!("a/b"), "ACQ.INVALID_PARAMETER"),
        ("subject", json!("a=b"), "ACQ.INVALID_PARAMETER"),
        ("subject", json!("a&b"), "ACQ.INVALID_PARAMETER"),
        ("subject", json!(long), "ACQ.INVALID_PARAMETER"),
        ("product_code", json!("FAST_INSTANT_TRADE_PAY"), "ACQ.INVALID_PARAMETER"),
        ("time_expire", json!("2026-01-01 08:00"), "ACQ.INVALID_PARAMETER"),
        ("time_expire", json!("2026-01-01 08:00:59"), "ACQ.INVALID_PARAMETER"),
        ("time_expire", json!("2026-01-16 08:00:01"), "ACQ.INVALID_PARAMETER"),
    ] {
        let mut shop = Shop::new();
        let mut order = shop.order("N1");
        order[field] = value.clone();
        let answer = shop.call(PRECREATE, &order);
        assert_eq!(
            (&answer["code"], &answer["sub_code"]),
            (&json!("40004"), &json!(sub_code)),
            "{field}={value}"
        );
        assert_eq!(shop.get_json("/sandbox/payments.json"), json!({ "payments": [] }), "{field}={value}");
    }
}

#[test]
fn a_query_or_close_must_name_a_trade() {
    let mut shop = Shop::new();
    for method in ["alipay.trade.query", "alipay.trade.close"] {
        assert_eq!(shop.call(method, &json!({}))["sub_code"], "ACQ.INVALID_PARAMETER");
        assert_eq!(shop.call(method, &json!({ "out_trade_no": "N9" }))["sub_code"], "ACQ.TRADE_NOT_EXIST");
        assert_eq!(shop.call(method, &json!({ "trade_no": "9" }))["sub_code"], "ACQ.TRADE_NOT_EXIST");
    }
}

/// Sends a query whose `sign` covers `signed`; the sub_code and the front page afterwards.
fn missigned(signed: impl Fn(&Params) -> String, wrong_key: bool) -> (Value, String) {
    let mut shop = Shop::new();
    let mut params = shop.params("alipay.trade.query", &json!({ "out_trade_no": "N 1" }));
    let merchant = shop.merchant();
    let key = if wrong_key { merchant.gateway_key } else { merchant.app_key };
    params.insert("sign".to_owned(), key.sign_sha256(&signed(&params)));
    let response = shop.send_params(params);
    let answer = shop.checked("alipay.trade.query", &response);
    (answer, text(&shop.get("/?lang=en")).to_owned())
}

#[test]
fn a_bad_signature_is_refused_with_the_text_that_should_have_been_signed() {
    let (answer, page) = missigned(text_of, true);
    assert_eq!((&answer["code"], &answer["sub_code"]), (&json!("40002"), &json!("isv.invalid-signature")));
    let shop = Shop::new();
    let expected = text_of(&shop.params("alipay.trade.query", &json!({ "out_trade_no": "N 1" })));
    assert!(answer["sub_msg"].as_str().unwrap().ends_with(&expected));
    assert!(page.contains("another private key"));
}

#[test]
fn the_usual_signing_mistakes_are_told_apart() {
    let without = |params: &Params, name: &str| {
        let mut params = params.clone();
        params.remove(name);
        text_of(&params)
    };
    let (_, page) = missigned(|params| without(params, "sign_type"), false);
    assert!(page.contains("sign_type was left out"));
    assert!(page.contains("First byte that differs"));
    let (_, page) = missigned(|params| without(params, "biz_content"), false);
    assert!(page.contains("biz_content was left out"));
    let (_, page) = missigned(|params| form(params).replace("%3A", ":"), false);
    assert!(page.contains("the right key") || page.contains("The right key"));
    let (_, page) = missigned(
        |params| {
            let encode =
                |value: &String| form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
            text_of(&params.iter().map(|(name, value)| (name.clone(), encode(value))).collect())
        },
        false,
    );
    assert!(page.contains("URL-encoded before signing"));
}

#[test]
fn a_sign_that_lost_its_plus_or_is_no_base64_is_told() {
    for (sign, cause) in [("abc def", "arrived as a blank"), ("%%%", "is not base64")] {
        let mut shop = Shop::new();
        let mut params = shop.params("alipay.trade.query", &json!({ "out_trade_no": "N1" }));
        params.insert("sign".to_owned(), sign.to_owned());
        shop.send_params(params);
        assert!(text(&shop.get("/?lang=en")).contains(cause), "{sign}");
    }
}

#[test]
fn a_chinese_body_without_charset_in_the_query_is_refused_as_the_real_one_reads_gbk() {
    let mut shop = Shop::new();
    let mut params = shop.params(PRECREATE, &shop.order("N1"));
    params.insert("sign".to_owned(), shop.merchant().app_key.sign_sha256(&text_of(&params)));
    let request = Request::post("/gateway.do").header("content-type", "application/x-www-form-urlencoded");
    let response = shop.send(request.body(form(&params)).unwrap());
    assert_eq!(shop.checked(PRECREATE, &response)["sub_code"], "isv.invalid-signature");
    assert!(text(&shop.get("/?lang=en")).contains("charset is not in the query"));
}

#[test]
fn an_unknown_application_gets_an_unsigned_error_and_no_string() {
    let mut shop = Shop::new();
    let mut params = shop.params("alipay.trade.query", &json!({ "out_trade_no": "N1" }));
    params.insert("app_id".to_owned(), "2021000000000000".to_owned());
    let response = shop.send_signed(params);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["error_response"]["sub_code"], "isv.invalid-app-id");
    assert_eq!(body.get("sign"), None);
}

#[test]
fn a_browser_sees_a_page_where_a_program_gets_json() {
    let mut shop = Shop::new();
    let params = shop.params("alipay.trade.page.pay", &shop.order("N1"));
    let response = shop.send_signed(params);
    assert_eq!(response.status(), 400);
    assert!(text(&response).contains("product_code is missing"));
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let mut shop = Shop::new();
    let request = Request::post("/gateway.do").header("content-type", "application/json").body("{}").unwrap();
    let body: Value = serde_json::from_slice(shop.send(request).body()).unwrap();
    assert_eq!(body["error_response"]["sub_code"], "isv.invalid-parameter");
}

#[test]
fn the_clock_takes_one_sensible_number() {
    let mut shop = Shop::new();
    for body in [
        "",
        "{",
        "{}",
        "[]",
        r#"{"advance_ms":"1"}"#,
        r#"{"advance_ms":1,"set_ms":1}"#,
        r#"{"set_ms":-1}"#,
        r#"{"advance_ms":9223372036854775807}"#,
        r#"{"advance_s":1}"#,
        r#"{"advance_ms":1.5}"#,
    ] {
        assert_eq!(shop.move_clock(body).0, 400, "{body}");
    }
    assert_eq!(shop.get_json("/sandbox/clock")["business_ms"], START_MS);
}

#[test]
fn other_paths_and_methods_are_told_apart() {
    let mut shop = Shop::new();
    assert_eq!(shop.get("/nothing").status(), 404);
    assert_eq!(shop.send(Request::delete("/gateway.do").body("").unwrap()).status(), 405);
    assert_eq!(shop.send(Request::post("/sandbox/config.json").body("").unwrap()).status(), 405);
}

#[test]
fn no_bytes_make_it_panic() {
    // Noise from a fixed seed, as body, query and both, through every path that reads them.
    let mut random = coursepay_sandbox::Random::from_seed([9; 32]);
    let mut shop = Shop::new();
    let valid = form(&shop.params(PRECREATE, &shop.order("N1")));
    for round in 0..300 {
        let mut bytes = valid.clone().into_bytes();
        for _ in 0..=round % 40 {
            let mut dice = [0; 3];
            rsa::rand_core::RngCore::fill_bytes(&mut random, &mut dice);
            let place = usize::from(dice[0]) * 7 % bytes.len();
            bytes[place] = dice[1];
        }
        let query: String = bytes
            .iter()
            .filter(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(byte))
            .map(|byte| char::from(*byte))
            .collect();
        for path in [
            "/gateway.do".to_owned(),
            format!("/gateway.do?{query}"),
            "/sandbox/clock".to_owned(),
            format!("/cashier/{}", query.replace(['?', '&'], "/")),
        ] {
            if let Ok(request) = Request::post(path).body(bytes.clone()) {
                shop.send(request);
            }
        }
    }
    shop.precreate("N2");
    assert_eq!(shop.get_json("/sandbox/payments.json")["payments"].as_array().unwrap().len(), 1);
}

/// Every call of the gateway.
const METHODS: [&str; 12] = [
    "alipay.trade.page.pay",
    "alipay.trade.wap.pay",
    PRECREATE,
    "alipay.trade.query",
    "alipay.trade.close",
    "alipay.trade.cancel",
    "alipay.trade.refund",
    "alipay.trade.fastpay.refund.query",
    "alipay.fund.trans.uni.transfer",
    "alipay.fund.trans.common.query",
    "alipay.data.dataservice.bill.downloadurl.query",
    "alipay.open.app.alipaycert.download",
];

#[test]
fn no_signed_contents_make_it_panic_or_move_money() {
    let hostile = [
        json!(null),
        json!(true),
        json!(-1),
        json!(i64::MIN),
        json!(1e308),
        json!(""),
        json!("0"),
        json!("99999999999"),
        json!("92233720368547758.07"),
        json!("\u{0}\u{feff}😀\u{202e}"),
        json!("../../etc"),
        json!("2026-02-30"),
        json!("9999-12-31"),
        json!("9999-12"),
        json!("0001-01"),
        json!("长".repeat(70)),
        json!([[[{}]]]),
        json!({ "identity": { "identity": [] }, "identity_type": "ALIPAY_USER_ID" }),
    ];
    let fields = [
        "out_trade_no",
        "trade_no",
        "total_amount",
        "subject",
        "time_expire",
        "timeout_express",
        "product_code",
        "out_request_no",
        "refund_amount",
        "refund_reason",
        "query_options",
        "out_biz_no",
        "trans_amount",
        "biz_scene",
        "order_title",
        "payee_info",
        "remark",
        "order_id",
        "pay_fund_order_id",
        "bill_type",
        "bill_date",
        "alipay_cert_sn",
    ];
    let mut shop = Shop::stand_in();
    shop.paid("N1");
    let mut good = crate::transfer::order("T1", "0.01");
    for (name, value) in [
        ("out_trade_no", "N1"),
        ("out_request_no", "R1"),
        ("refund_amount", "0"),
        ("bill_type", "trade"),
        ("bill_date", "2025-12-31"),
        ("total_amount", "1"),
        ("subject", "x"),
        ("alipay_cert_sn", "0"),
    ] {
        good[name] = json!(value);
    }
    for method in
        METHODS.into_iter().filter(|method| !method.ends_with("close") && !method.ends_with("cancel"))
    {
        for field in fields {
            for value in &hostile {
                let mut contents = good.clone();
                contents[field] = value.clone();
                let params = shop.certified_params(method, &contents);
                shop.send_signed(params);
            }
        }
    }
    let payments = shop.get_json("/sandbox/payments.json");
    let paid =
        payments["payments"].as_array().unwrap().iter().find(|payment| payment["number"] == "N1").unwrap();
    assert_eq!((&paid["status"], &paid["refunds"]), (&json!("TRADE_SUCCESS"), &json!([])));
    let records = shop.world.take_changes().unwrap();
    assert!(!records.iter().any(|record| record.path.starts_with("alipay/transfers/")));
}
