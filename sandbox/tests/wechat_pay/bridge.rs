//! How a page inside WeChat asks for a payment.

use http::Request;
use serde_json::{Value, json};

use crate::shop::{HOUR_MS, Shop, TRANSFERS, path_of, read};

const CALL: &str = "/sandbox/wechat_pay/jsapi";

/// An order for the page, and the parameters it gives to the bridge.
fn ordered(shop: &mut Shop) -> Value {
    let openid = shop.openid();
    let mut order = shop.order("ORDER-1");
    order["payer"] = json!({ "openid": openid });
    let answer = shop.done("POST", "/v3/pay/transactions/jsapi", &order);
    let package = format!("prepay_id={}", answer["prepay_id"].as_str().unwrap());
    let app_id = shop.account().appid;
    signed(shop, &format!("{app_id}\n1767225600\nNONCE1\n{package}\n"), &package)
}

fn signed(shop: &Shop, text: &str, package: &str) -> Value {
    let account = shop.account();
    json!({
        "appId": account.appid,
        "timeStamp": "1767225600",
        "nonceStr": "NONCE1",
        "package": package,
        "signType": "RSA",
        "paySign": account.merchant_key.sign_sha256(text),
    })
}

fn ask(shop: &mut Shop, params: &Value, since_ms: Option<i64>) -> (u16, Value) {
    let question = json!({ "api": "getBrandWCPayRequest", "params": params, "since_ms": since_ms });
    shop.post_json(CALL, &question)
}

#[test]
fn a_page_is_led_to_the_cashier_and_told_how_it_went() {
    for (button, result) in [("approve", "ok"), ("leave", "cancel"), ("decline", "waiting")] {
        let mut shop = Shop::new();
        let params = ordered(&mut shop);
        let (status, led) = ask(&mut shop, &params, None);
        assert_eq!((status, &led["result"]), (200, &json!("waiting")));
        shop.press(&path_of(&led["cashier_url"]), button);
        let (_, later) = ask(&mut shop, &params, led["since_ms"].as_i64());
        assert_eq!(later["result"], result, "{button}");
    }
    let mut shop = Shop::new();
    let params = ordered(&mut shop);
    let (_, led) = ask(&mut shop, &params, None);
    shop.close("ORDER-1");
    assert_eq!(ask(&mut shop, &params, led["since_ms"].as_i64()).1["result"], "fail");
}

#[test]
fn pay_sign_is_checked_and_its_mistakes_are_named() {
    let mut shop = Shop::new();
    let params = ordered(&mut shop);
    let package = params["package"].as_str().unwrap();
    let app_id = shop.account().appid;
    let id = package.strip_prefix("prepay_id=").unwrap();
    for (cause, text) in [
        ("prepay_id_without_name", format!("{app_id}\n1767225600\nNONCE1\n{id}\n")),
        ("last_newline_missing", format!("{app_id}\n1767225600\nNONCE1\n{package}")),
        ("timestamp_and_nonce_swapped", format!("{app_id}\nNONCE1\n1767225600\n{package}\n")),
        ("other_text", "something".to_owned()),
        (
            "signed_as_in_version2",
            format!("appId={app_id}&nonceStr=NONCE1&package={package}&signType=RSA&timeStamp=1767225600"),
        ),
    ] {
        let wrong = signed(&shop, &text, package);
        let (status, answer) = ask(&mut shop, &wrong, None);
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("pay_sign")));
        assert_eq!(shop.logged()["diagnosis"]["cause"], cause);
    }
}

#[test]
fn parameters_of_another_form_are_refused() {
    for (name, value) in [
        ("appId", json!("wx0")),
        ("timeStamp", json!(1_767_225_600)),
        ("timeStamp", json!("now")),
        ("signType", json!("MD5")),
        ("package", json!("wx1")),
        ("nonceStr", Value::Null),
        ("paySign", json!("")),
    ] {
        let mut shop = Shop::new();
        let mut params = ordered(&mut shop);
        params[name] = value.clone();
        assert_eq!(ask(&mut shop, &params, None).0, 400, "{name} {value}");
    }
    let mut shop = Shop::new();
    for body in ["", "{}", "[]", r#"{"api":"chooseImage","params":{}}"#] {
        let response = shop.send(Request::post(CALL).body(body.to_owned()).unwrap());
        assert_eq!(response.status(), 400, "{body}");
    }
}

#[test]
fn an_old_or_used_or_foreign_prepay_id_leads_nowhere() {
    let mut shop = Shop::new();
    let params = ordered(&mut shop);
    shop.advance(2 * HOUR_MS);
    assert_eq!(ask(&mut shop, &params, None).1["error"]["code"], "not_payable");

    let mut shop = Shop::new();
    let params = ordered(&mut shop);
    let (_, led) = ask(&mut shop, &params, None);
    shop.press(&path_of(&led["cashier_url"]), "approve");
    assert_eq!(ask(&mut shop, &params, None).1["error"]["code"], "not_payable");

    let mut shop = Shop::new();
    let package = ordered(&mut shop)["package"].as_str().unwrap().to_owned();
    shop.place = 1;
    let app_id = shop.account().appid;
    let foreign = signed(&shop, &format!("{app_id}\n1767225600\nNONCE1\n{package}\n"), &package);
    assert_eq!(ask(&mut shop, &foreign, None).1["error"]["code"], "unknown_prepay_id");
}

#[test]
fn a_receiver_is_led_to_the_transfer() {
    let mut shop = Shop::new();
    let account = shop.account();
    let body = json!({
        "appid": account.appid,
        "out_bill_no": "TRANSFER1",
        "transfer_scene_id": "1000",
        "openid": shop.openid(),
        "transfer_amount": 100,
        "transfer_remark": "奖励",
        "transfer_scene_report_infos": [
            { "info_type": "活动名称", "info_content": "新课" },
            { "info_type": "奖励说明", "info_content": "注册" },
        ],
    });
    let created = shop.done("POST", TRANSFERS, &body);
    let ask = |shop: &mut Shop, mchid: &str, since_ms: Option<i64>| {
        let params = json!({ "mchId": mchid, "appId": account.appid, "package": created["package_info"] });
        let question = json!({ "api": "requestMerchantTransfer", "params": params, "since_ms": since_ms });
        shop.post_json(CALL, &question)
    };
    assert_eq!(ask(&mut shop, "1", None).0, 400);
    let (_, led) = ask(&mut shop, &account.mchid, None);
    assert_eq!(led["result"], "waiting");
    shop.press(&path_of(&led["cashier_url"]), "approve");
    assert_eq!(ask(&mut shop, &account.mchid, led["since_ms"].as_i64()).1["result"], "ok");
}

#[test]
fn the_script_and_its_question_alone_are_open_to_other_origins() {
    let mut shop = Shop::new();
    let script = shop.get("/sandbox/wechat_pay/bridge.js");
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    let text = String::from_utf8(script.body().to_vec()).unwrap();
    assert!(text.contains("\"http://sandbox.example/sandbox/wechat_pay/jsapi\""));
    assert!(!text.contains("{{"));
    let preflight = shop.send(Request::options(CALL).body("").unwrap());
    for response in [&script, &preflight] {
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }
    for path in ["/sandbox/wechat_pay", "/sandbox/config.json", "/v3/certificates"] {
        assert!(!shop.get(path).headers().contains_key("access-control-allow-origin"), "{path}");
    }
    let refused = shop.send(Request::post(CALL).body("").unwrap());
    assert!(read(&refused)["error"]["message"].is_string());
    assert_eq!(refused.headers()["access-control-allow-origin"], "*", "the page may read why");
}
