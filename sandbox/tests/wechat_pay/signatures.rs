//! Who is believed, and what is the one told who is not?

use http::Request;
use serde_json::{Value, json};

use crate::shop::{MINUTE_MS, NONCE, Shop, read};

const NATIVE: &str = "/v3/pay/transactions/native";

/// Sends an order with another `Authorization`; status, body and the diagnosis in the log.
fn with_authorization(shop: &mut Shop, authorization: &str) -> (u16, Value, Value) {
    let body = shop.order("ORDER-1").to_string();
    let request = shop.request("POST", NATIVE).header("authorization", authorization).body(body).unwrap();
    let response = shop.send(request);
    let (status, answer) = (response.status().as_u16(), read(&response));
    let diagnosis = shop.logged()["diagnosis"].clone();
    assert_eq!(shop.state("ORDER-1"), "ORDER_NOT_EXIST");
    (status, answer, diagnosis)
}

#[test]
fn whoever_is_not_believed_is_refused() {
    let mut shop = Shop::new();
    let text = shop.text("POST", NATIVE, &shop.order("ORDER-1").to_string());
    let right = shop.authorization(&text);
    let account = shop.account();
    let other = shop.world.keys().merchants[1].wechat_pay.clone();
    for (what, authorization) in [
        ("scheme", right.replace("WECHATPAY2-SHA256-RSA2048", "WECHATPAY2-SM2-WITH-SM3")),
        ("merchant", right.replace(&account.mchid, "1900000001")),
        ("other merchant", right.replace(&account.mchid, &other.mchid)),
        ("serial", right.replace(&account.merchant_certificate.serial_no, "00")),
        ("platform serial", {
            right.replace(&account.merchant_certificate.serial_no, &account.platform_certificate.serial_no)
        }),
        ("other nonce", right.replace(NONCE, "OTHER")),
        ("long nonce", right.replace(NONCE, &"N".repeat(33))),
        ("no signature", right.replace("signature=", "signed=")),
        ("nothing", String::new()),
    ] {
        let (status, answer, _) = with_authorization(&mut shop, &authorization);
        assert_eq!((status, &answer["code"]), (401, &json!("SIGN_ERROR")), "{what}");
    }
    let request = shop.request("POST", NATIVE).body(shop.order("ORDER-1").to_string()).unwrap();
    assert_eq!(shop.send(request).status(), 401);
}

#[test]
fn a_timestamp_may_be_five_minutes_off_and_no_more() {
    for (off_ms, status) in [
        (5 * MINUTE_MS, 200),
        (-5 * MINUTE_MS, 200),
        (5 * MINUTE_MS + 1000, 401),
        (-5 * MINUTE_MS - 1000, 401),
    ] {
        let mut shop = Shop::new();
        let request = shop.signed("POST", NATIVE, &shop.order("ORDER-1").to_string());
        shop.now_ms += off_ms;
        assert_eq!(shop.send(request).status().as_u16(), status, "{off_ms}");
    }
}

#[test]
fn moving_business_time_leaves_signatures_alone() {
    let mut shop = Shop::new();
    shop.advance(400 * 24 * 60 * MINUTE_MS);
    shop.native("ORDER-1");
}

#[test]
fn the_same_request_twice_is_let_through_as_the_real_gateway_does() {
    let mut shop = Shop::new();
    for _ in 0..2 {
        let request = shop.signed("POST", NATIVE, &shop.order("ORDER-1").to_string());
        assert_eq!(shop.send(request).status(), 200);
    }
}

#[test]
fn the_refusal_shows_the_text_that_was_checked() {
    let mut shop = Shop::new();
    let wrong = shop.authorization("something else");
    let (_, answer, diagnosis) = with_authorization(&mut shop, &wrong);
    let text = shop.text("POST", NATIVE, &shop.order("ORDER-1").to_string());
    let told = &answer["detail"]["sign_information"];
    assert_eq!((&told["method"], &told["url"]), (&json!("POST"), &json!(NATIVE)));
    assert_eq!(told["truncated_sign_message"], json!(text));
    assert_eq!((&diagnosis["cause"], &diagnosis["expected"]), (&json!("other_text"), &json!(text)));
}

#[test]
fn the_usual_mistakes_in_a_post_are_named() {
    let mut shop = Shop::new();
    let body = shop.order("ORDER-1").to_string();
    let text = shop.text("POST", NATIVE, &body);
    let seconds = shop.now_ms / 1000;
    let python = body.replace("\":", "\": ").replace(",\"", ", \"");
    for (cause, wrong) in [
        ("last_newline_missing", text.strip_suffix('\n').unwrap().to_owned()),
        ("body_line_missing", text.replace(&format!("{body}\n"), "")),
        ("whole_url_signed", text.replace(NATIVE, &format!("http://sandbox.example{NATIVE}"))),
        ("leading_slash_missing", text.replace(NATIVE, &NATIVE[1..])),
        ("method_in_lower_case", text.replace("POST", "post")),
        ("milliseconds_signed", text.replace(&seconds.to_string(), &format!("{seconds}000"))),
        (
            "timestamp_and_nonce_swapped",
            text.replace(&format!("{seconds}\n{NONCE}"), &format!("{NONCE}\n{seconds}")),
        ),
        ("body_serialised_again", text.replace(&body, &python)),
        ("body_serialised_again", text.replace(&body, &body.replace('/', "\\/"))),
        ("other_line_ends", text.replace('\n', "\r\n")),
        ("other_line_ends", text.replace('\n', "\\n")),
    ] {
        assert_ne!(wrong, text, "{cause}");
        let authorization = shop.authorization(&wrong);
        let (status, _, diagnosis) = with_authorization(&mut shop, &authorization);
        assert_eq!((status, &diagnosis["cause"]), (401, &json!(cause)));
        assert_eq!(diagnosis["signed"], json!(wrong));
        let differs = diagnosis["differs_at"].as_u64().unwrap() as usize;
        assert_ne!(text.as_bytes().get(differs), wrong.as_bytes().get(differs), "{cause}");
        assert_eq!(text.as_bytes()[..differs], wrong.as_bytes()[..differs], "{cause}");
    }
}

#[test]
fn the_usual_mistakes_in_a_get_are_named() {
    let mut shop = Shop::new();
    let target =
        format!("/v3/pay/transactions/out-trade-no/A%7CORDER?mchid={}&x=a%20b", shop.account().mchid);
    let path = target.split('?').next().unwrap();
    let text = shop.text("GET", &target, "");
    for (cause, wrong) in [
        ("query_left_out", text.replace(&target, path)),
        ("query_encoded_otherwise", text.replace("%20", " ").replace("%7C", "|")),
        ("word_for_empty_body", text.replace("\n\n", "\nundefined\n")),
        ("word_for_empty_body", text.replace("\n\n", "\n{}\n")),
        ("body_line_missing", text.replace("\n\n", "\n")),
    ] {
        let request = shop.request("GET", &target).header("authorization", shop.authorization(&wrong));
        assert_eq!(shop.send(request.body("").unwrap()).status(), 401);
        assert_eq!(shop.logged()["diagnosis"]["cause"], json!(cause), "{wrong:?}");
    }
}

#[test]
fn a_body_signed_as_another_serialiser_writes_it_is_recognised_in_its_own_order() {
    let mut shop = Shop::new();
    let account = shop.account();
    let sent =
        format!(r#"{{"mchid":"{}","appid":"{}","description":"知识/1"}}"#, account.mchid, account.appid);
    let signed = sent.replace("知识", "\\u77e5\\u8bc6").replace("\":", "\": ").replace(",\"", ", \"");
    let authorization = shop.authorization(&shop.text("POST", NATIVE, &signed));
    let request = shop.request("POST", NATIVE).header("authorization", authorization).body(sent).unwrap();
    assert_eq!(shop.send(request).status(), 401);
    assert_eq!(shop.logged()["diagnosis"]["cause"], "body_serialised_again");
}

#[test]
fn another_key_and_a_damaged_signature_are_named() {
    let mut shop = Shop::new();
    let text = shop.text("POST", NATIVE, &shop.order("ORDER-1").to_string());
    let right = shop.authorization(&text);
    let account = shop.account();
    let signature = account.merchant_key.sign_sha256(&text);
    for (cause, wrong) in
        [("other_key", account.platform_key.sign_sha256(&text)), ("not_base64", "***".to_owned())]
    {
        let (_, _, diagnosis) = with_authorization(&mut shop, &right.replace(&signature, &wrong));
        assert_eq!(diagnosis["cause"], json!(cause));
    }
}

#[test]
fn milliseconds_in_the_header_are_called_what_they_are() {
    let mut shop = Shop::new();
    let seconds = shop.now_ms / 1000;
    let right = shop.authorization("");
    let wrong = right.replace(&format!("\"{seconds}\""), &format!("\"{seconds}000\""));
    let (status, answer, _) = with_authorization(&mut shop, &wrong);
    assert_eq!(status, 401);
    assert!(answer["message"].as_str().unwrap().contains("milliseconds"));
}

#[test]
fn answers_and_refusals_are_signed_and_strangers_get_no_signature() {
    let mut shop = Shop::new();
    shop.native("ORDER-1");
    assert_eq!(shop.state("ORDER-2"), "ORDER_NOT_EXIST");
    let stranger = shop.send(
        Request::get("/v3/certificates").header("accept", "*/*").header("user-agent", "x").body("").unwrap(),
    );
    assert_eq!(stranger.status(), 401);
    assert!(!stranger.headers().contains_key("wechatpay-signature"));
    assert!(stranger.headers()["request-id"].to_str().unwrap().ends_with("-268443699"));
}
