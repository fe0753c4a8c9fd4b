//! Is everything refused that Stripe refuses, with its code?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Request;

use crate::shop::{Shop, charge, id, intent};

fn with_authorization(shop: &mut Shop, value: &str) -> (u16, String) {
    let request = Request::get("/v1/balance").header("authorization", value).body(String::new()).unwrap();
    let got = shop.send(request);
    (got.status, got.json["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn only_a_known_secret_key_opens() {
    let mut shop = Shop::new();
    let account = shop.account();
    let basic = BASE64.encode(format!("{}:", account.secret_key));
    assert_eq!(with_authorization(&mut shop, &format!("Bearer {}", account.secret_key)).0, 200);
    assert_eq!(with_authorization(&mut shop, &format!("Basic {basic}")).0, 200);
    let (status, code) = with_authorization(&mut shop, &format!("Bearer {}", account.publishable_key));
    assert_eq!((status, code.as_str()), (401, "secret_key_required"));
    for wrong in ["Bearer sk_test_other", "Bearer sk_live_x", "Bearer ", "Basic %%%", "Digest x", ""] {
        assert_eq!(with_authorization(&mut shop, wrong).0, 401, "{wrong}");
    }
    let none = shop.send(Request::get("/v1/balance").body(String::new()).unwrap());
    assert_eq!(none.status, 401);
    let shown = shop.send(
        Request::get("/v1/balance")
            .header("authorization", "Bearer sk_test_abcdefgh")
            .body(String::new())
            .unwrap(),
    );
    assert!(!shown.text.contains("abcdefgh"), "a key is never shown: {}", shown.text);
}

#[test]
fn a_platform_acts_for_its_connected_accounts_only() {
    let mut shop = Shop::new();
    let connected = shop.account().connected_accounts[0].clone();
    let others = shop.world.keys().merchants[1].stripe.connected_accounts[0].clone();
    let own = shop.get_with("/v1/account", &[("stripe-account", &connected)]).ok();
    assert_eq!(id(&own), connected);
    for stranger in [others.as_str(), "acct_nobody"] {
        let refused = shop.get_with("/v1/account", &[("stripe-account", stranger)]);
        assert_eq!(refused.code(), (403, "account_invalid"), "{stranger}");
    }
    let made = shop.post("/v1/accounts", "type=express&email=a@b.example").ok();
    assert_eq!(id(&shop.get_with("/v1/account", &[("stripe-account", id(&made))]).ok()), id(&made));
    assert_eq!(shop.get("/v1/accounts").ok()["data"].as_array().unwrap().len(), 3);
}

#[test]
fn versions_are_honoured() {
    let mut shop = Shop::new();
    let body = format!("{}&payment_method_types[0]=card", Shop::order("N1"));
    let clover = [("stripe-version", "2025-09-30.clover")];
    let old = shop.post_with("/v1/checkout/sessions", &body, &clover);
    assert_eq!(old.header("stripe-version"), Some("2025-09-30.clover"));
    let old = old.ok();
    assert_eq!(old["payment_method_types"][0], "card");
    assert_eq!(old["ui_mode"], "hosted");
    assert_eq!(shop.post("/v1/checkout/sessions", &body).code(), (400, "parameter_unknown"));
    let endive = [("stripe-version", "2026-10-28.endive")];
    assert_eq!(shop.post_with("/v1/checkout/sessions", &body, &endive).code(), (400, "parameter_unknown"));
    for wrong in ["latest", "2026-10-28", "2030-01-01.zinnia", "2026-02-31.clover"] {
        assert_eq!(shop.get_with("/v1/balance", &[("stripe-version", wrong)]).status, 400, "{wrong}");
    }
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let mut shop = Shop::new();
    let (one, two) = (shop.get("/v1/balance"), shop.get("/v1/nothing"));
    assert!(one.header("request-id").unwrap().starts_with("req_"));
    assert_ne!(one.header("request-id"), two.header("request-id"));
    assert_eq!(two.status, 404);
    assert_eq!(two.json["error"]["type"], "invalid_request_error");
}

#[test]
fn json_is_not_read_by_v1() {
    let mut shop = Shop::new();
    let mut request = shop.request("POST", "/v1/refunds", "{}", &[]);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    let got = shop.send(request);
    assert_eq!(got.status, 400);
    assert!(got.text.contains("x-www-form-urlencoded"), "{}", got.text);
}

#[test]
fn mistakes_are_named_by_code_and_parameter() {
    let mut shop = Shop::new();
    let usd = |amount: &str| {
        format!(
            "mode=payment&success_url=https://a.example&line_items[0][quantity]=1\
             &line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]={amount}\
             &line_items[0][price_data][product_data][name]=x"
        )
    };
    for (body, code, param) in [
        (String::new(), "parameter_missing", "mode"),
        ("mode=payment".to_owned(), "parameter_missing", "line_items"),
        (usd("1.5"), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (usd(""), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (usd("49"), "amount_too_small", "line_items"),
        (usd("100000000"), "amount_too_large", "line_items[0][price_data][unit_amount]"),
        (usd("500&foo[bar]=1"), "parameter_unknown", "foo"),
        (usd("500&success_url="), "parameter_invalid_empty", "success_url"),
        (usd("500&cancel_url=x"), "url_invalid", "cancel_url"),
        (usd("500&customer_email=x"), "email_invalid", "customer_email"),
    ] {
        let got = shop.post("/v1/checkout/sessions", &body);
        assert_eq!(got.code(), (400, code), "{body}");
        assert_eq!(got.json["error"]["param"], param, "{body}");
        let doc_url = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
        assert_eq!(got.json["error"]["doc_url"], doc_url);
    }
}

#[test]
fn currencies_have_their_own_units_and_limits() {
    let mut shop = Shop::new();
    let order = |currency: &str, amount: i64| {
        format!(
            "mode=payment&success_url=https://a.example&line_items[0][quantity]=1\
             &line_items[0][price_data][currency]={currency}&line_items[0][price_data][unit_amount]={amount}\
             &line_items[0][price_data][product_data][name]=x"
        )
    };
    for (currency, amount, code) in [
        ("jpy", 49, "amount_too_small"),
        ("jpy", 500, ""),
        ("kwd", 5_124, "invalid_charge_amount"),
        ("kwd", 5_120, ""),
        ("isk", 10_050, "invalid_charge_amount"),
        ("isk", 10_100, ""),
    ] {
        let got = shop.post("/v1/checkout/sessions", &order(currency, amount));
        assert_eq!(got.code().1, code, "{currency} {amount}: {}", got.text);
    }
    assert_eq!(shop.post("/v1/checkout/sessions", &order("xyz", 500)).status, 400);
}

#[test]
fn what_is_not_there_is_missing() {
    let mut shop = Shop::new();
    for path in [
        "refunds/re_1",
        "payment_intents/pi_1",
        "charges/ch_1",
        "transfers/tr_1",
        "events/evt_1",
        "disputes/du_1",
    ] {
        assert_eq!(shop.get(&format!("/v1/{path}")).code(), (404, "resource_missing"), "{path}");
    }
    assert_eq!(shop.get("/v1/refunds?starting_after=re_1").code(), (400, "resource_missing"));
    assert_eq!(shop.get("/v1/refunds?limit=101").code(), (400, "parameter_invalid_integer"));
    assert_eq!(shop.get("/v1/refunds?unknown=1").code(), (400, "parameter_unknown"));
    assert_eq!(shop.post("/v1/refunds", "payment_intent=pi_1").code(), (400, "resource_missing"));
}

#[test]
fn only_what_can_be_expanded_is() {
    let mut shop = Shop::new();
    let paid = shop.paid("N1");
    let path = format!("/v1/payment_intents/{}", intent(&paid));
    let expanded = shop.get(&format!("{path}?expand[]=latest_charge.balance_transaction")).ok();
    assert_eq!(expanded["latest_charge"]["balance_transaction"]["object"], "balance_transaction");
    assert_eq!(shop.get(&format!("{path}?expand[]=amount")).status, 400);
    assert_eq!(shop.get(&format!("{path}?expand[]=a.b.c.d.e")).status, 400);
    assert_eq!(shop.post("/v1/refunds", &format!("charge={}&expand[]=amount", charge(&paid))).status, 400);
    assert!(shop.get("/v1/refunds").ok()["data"].as_array().unwrap().is_empty(), "nothing was refunded");
    let list = shop.get("/v1/charges?expand[]=data.payment_intent").ok();
    assert_eq!(list["data"][0]["payment_intent"]["object"], "payment_intent");
}

#[test]
fn nothing_a_caller_writes_makes_it_panic() {
    let mut shop = Shop::new();
    let long = "x".repeat(10_000);
    for body in [
        "&&&=&=",
        "a[=1",
        "]a=1",
        "%",
        "%ff%fe=1",
        "line_items=1&line_items[0]=2",
        "line_items[0]=a",
        "line_items[999999999999999999999][quantity]=1",
        "metadata=x",
        "expand=x",
        "amount=-9223372036854775808",
        &long,
    ] {
        for path in ["checkout/sessions", "refunds", "transfers", "webhook_endpoints", "accounts", "%2F", ""]
        {
            let got = shop.post(&format!("/v1/{path}"), body);
            assert!((400..500).contains(&got.status) || path == "accounts", "{path} {body}: {}", got.text);
        }
    }
}
