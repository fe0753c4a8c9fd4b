//! What people see, and what comes of the buttons and forms they press.

use http::{Request, Response};
use serde_json::json;

use crate::shop::{HOUR_MS, MINUTE_MS, START_MS, Shop, form, location, text, text_of};

/// A page as a browser asks for it.
fn page(shop: &mut Shop, path: &str) -> (u16, String) {
    let response = shop.send(Request::get(path).header("accept", "text/html").body("").unwrap());
    (response.status().as_u16(), text(&response).to_owned())
}

/// A page that is there.
fn shown(shop: &mut Shop, path: &str) -> String {
    let (status, page) = page(shop, path);
    assert_eq!(status, 200, "{path}");
    page
}

/// Sends a form as a browser does.
fn post(shop: &mut Shop, path: &str, fields: &[(&str, &str)]) -> Response<bytes::Bytes> {
    let body = form(&fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    shop.send(request.body(body).unwrap())
}

/// The page of the payment behind a cashier's address.
fn payment(cashier: &str) -> String {
    cashier.replace("/cashier/", "/payments/")
}

#[test]
fn the_cashier_shows_who_what_and_how_much() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let page = shown(&mut shop, &cashier);
    for part in ["知行课堂", "Rust 入门 100% +1", "99.00", "N1", "2026-01-01 08:30:00", "确认付款"]
    {
        assert!(page.contains(part), "{part}");
    }
    for button in ["approve", "decline", "leave"] {
        assert!(page.contains(&format!("{cashier}/{button}?lang=zh")), "{button}");
    }
}

#[test]
fn the_language_follows_the_address_then_the_browser_then_is_chinese() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let mut page = |path: String, wish: &str| {
        let response = shop.send(Request::get(path).header("accept-language", wish).body("").unwrap());
        text(&response).to_owned()
    };
    assert!(page(cashier.clone(), "en-GB,zh;q=0.5").contains("Approve"));
    assert!(page(cashier.clone(), "fr, zh-TW;q=0.8, en;q=0.7").contains("确认付款"));
    assert!(page(cashier.clone(), "fr").contains("确认付款"));
    assert!(page(format!("{cashier}?lang=zh"), "en").contains("确认付款"));
}

#[test]
fn every_page_is_there_in_both_languages_and_leads_to_all_others() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let mut paths = vec!["/", "/payments", "/log", "/mailbox", "/faults", "/clock"];
    let payment = payment(&cashier);
    let pages = paths.clone();
    paths.push(&payment);
    for path in paths {
        for (lang, tag, word) in [("zh", "zh-CN", "概览"), ("en", "en", "Overview")] {
            let page = shown(&mut shop, &format!("{path}?lang={lang}"));
            assert!(page.contains(&format!("<html lang=\"{tag}\">")) && page.contains(word), "{path} {lang}");
            assert_eq!(page.matches("<h1").count(), 1, "{path}");
            for other in &pages {
                assert!(page.contains(&format!("href=\"{other}?lang={lang}\"")), "{path} leads to {other}");
            }
            let switched = if lang == "zh" { "en" } else { "zh" };
            assert!(page.contains(&format!("href=\"{path}?lang={switched}\"")), "{path} in {switched}");
        }
    }
}

#[test]
fn pages_run_no_script_and_bring_only_their_own_style() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let payment = payment(&cashier);
    let pages = ["/", "/payments", &payment, "/log", "/mailbox", "/faults", "/clock", "/nowhere", &cashier];
    for path in pages {
        let response = shop.send(Request::get(path).header("accept", "text/html").body("").unwrap());
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"));
        let page = text(&response);
        assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("onclick"), "{path}");
    }
    assert_eq!(shop.get("/style.css").headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(shop.get("/icon.svg").headers()["content-type"], "image/svg+xml");
}

#[test]
fn what_others_write_is_shown_and_never_run() {
    let mut shop = Shop::new();
    let mut order = shop.order("N1");
    order["subject"] = json!("<b onmouseover-1>");
    let answer = shop.call("alipay.trade.precreate", &order);
    let cashier = answer["qr_code"].as_str().unwrap().replace("http://sandbox.example", "");
    for path in [cashier.as_str(), &payment(&cashier), "/payments", "/"] {
        let page = shown(&mut shop, path);
        assert!(page.contains("&lt;b onmouseover") && !page.contains("<b onmouseover"), "{path}");
    }
    let hostile = "%22%3E%3Cscript%3E";
    for path in ["/payments", "/log", "/faults"] {
        let page = shown(&mut shop, &format!("{path}?number={hostile}&fault={hostile}&gateway={hostile}"));
        assert!(!page.contains("<script"), "{path}");
    }
}

#[test]
fn every_outcome_has_its_page() {
    let mut shop = Shop::new();
    let (paid, closed, expired) =
        (shop.precreate("PAID"), shop.precreate("CLOSED"), shop.precreate("EXPIRED"));
    shop.press(&paid, "decline");
    assert!(shown(&mut shop, &paid).contains("上一次付款未成功"));
    shop.press(&paid, "approve");
    shop.get(&closed);
    shop.close("CLOSED");
    shop.now_ms += 31 * MINUTE_MS;
    for (path, words) in [(&paid, "支付成功"), (&closed, "交易已关闭"), (&expired, "已超过付款时间")]
    {
        assert!(shown(&mut shop, path).contains(words), "{words}");
    }
}

#[test]
fn an_address_of_nothing_is_a_page_for_people_and_json_for_programs() {
    let mut shop = Shop::new();
    for path in ["/nowhere", "/payments/none", "/mailbox/none", "/mailbox/none/html", "/clock/deeper"] {
        let (status, page) = page(&mut shop, path);
        assert_eq!((status, page.contains("404")), (404, true), "{path}");
    }
    let response = shop.get("/nowhere");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (404, &"application/json".parse().unwrap())
    );
    let response = shop.send(Request::put("/clock").body("").unwrap());
    assert_eq!(response.status(), 405);
}

#[test]
fn the_overview_has_the_settings_of_each_merchant_ready_to_paste() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let merchants = shop.world.keys().merchants.clone();
    for merchant in &merchants {
        let page = shown(&mut shop, &format!("/?lang=en&merchant={}", merchant.id));
        for part in [
            merchant.alipay.app_id.as_str(),
            &merchant.alipay.seller_id,
            merchant.alipay.app_key.private_key_base64(),
            merchant.alipay.gateway_key.public_key_base64(),
            &merchant.wechat_pay.mchid,
            &merchant.wechat_pay.api_v3_key,
            &merchant.wechat_pay.merchant_key.private_key_pem(),
            &merchant.wechat_pay.public_key_id,
            &merchant.stripe.secret_key,
            "http://sandbox.example/gateway.do",
            "host: 'sandbox.example'",
            "port: 80,",
            "from alipay import AliPay",
            "new Wechatpay({",
            "wxpay._core._gate_way = 'http://sandbox.example'",
            "base_addresses={'api': 'http://sandbox.example'}",
            &payment(&cashier),
        ] {
            assert!(page.contains(&part.replace('&', "&amp;")), "{} {part}", merchant.id);
        }
    }
    let unknown = shown(&mut shop, "/?merchant=nobody");
    assert!(unknown.contains(&merchants[0].alipay.app_id), "nobody's settings are the first one's");
}

#[test]
fn payments_are_listed_newest_first_and_can_be_narrowed() {
    let mut shop = Shop::new();
    let paid = shop.precreate("PAID");
    shop.press(&paid, "approve");
    shop.now_ms += 1;
    shop.precreate("WAITS");
    let page = shown(&mut shop, "/payments");
    assert!(page.find("WAITS").unwrap() < page.find("PAID").unwrap());
    for (filter, there) in [
        ("outcome=paid", ["PAID"].as_slice()),
        ("outcome=waiting", &["WAITS"]),
        ("gateway=alipay&merchant=m1", &["PAID", "WAITS"]),
        ("gateway=stripe", &[]),
        ("merchant=m2", &[]),
    ] {
        let page = shown(&mut shop, &format!("/payments?{filter}"));
        for number in ["PAID", "WAITS"] {
            assert_eq!(page.contains(number), there.contains(&number), "{filter} {number}");
        }
    }
}

#[test]
fn a_payment_shows_its_callbacks_with_every_answer() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.press(&cashier, "approve");
    shop.deliver(500, "busy");
    let page = shown(&mut shop, &format!("{}?lang=en", payment(&cashier)));
    for part in [
        "TRADE_SUCCESS",
        "500 &quot;busy&quot;",
        "to be sent",
        "2026-01-01 08:04:00",
        "http://127.0.0.1:9/notify",
    ] {
        assert!(page.contains(part), "{part}");
    }
    shop.now_ms += 4 * MINUTE_MS;
    shop.deliver(200, "success");
    let page = shown(&mut shop, &format!("{}?lang=en", payment(&cashier)));
    for part in ["500 &quot;busy&quot;", "200 &quot;success&quot;", "acknowledged"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn the_log_explains_a_wrong_signature_byte_by_byte() {
    let mut shop = Shop::new();
    let mut params = shop.params("alipay.trade.query", &json!({ "out_trade_no": "N1" }));
    let mut signed = params.clone();
    signed.remove("sign_type");
    params.insert("sign".to_owned(), shop.merchant().app_key.sign_sha256(&text_of(&signed)));
    shop.send_params(params);
    let page = shown(&mut shop, "/log?lang=en");
    for part in [
        "sign_type was left out",
        "First byte that differs",
        "<mark class=\"first\">s</mark>",
        "<mark class=\"first\">t</mark>",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn the_log_can_be_narrowed() {
    let mut shop = Shop::new();
    shop.precreate("FINE");
    shop.query("FINE");
    let has = |page: &str| [page.contains("trade.precreate"), page.contains("trade.query")];
    assert_eq!(has(&shown(&mut shop, "/log")), [true, true]);
    assert_eq!(has(&shown(&mut shop, "/log?show=failed")), [false, true], "the trade does not exist yet");
    assert_eq!(has(&shown(&mut shop, "/log?gateway=stripe")), [false, false]);
    assert_eq!(has(&shown(&mut shop, "/log?number=FINE")), [true, true]);
    assert_eq!(has(&shown(&mut shop, "/log?number=OTHER")), [false, false]);
}

#[test]
fn an_email_is_listed_shown_and_its_html_kept_behind_bars() {
    let mut shop = Shop::new();
    let html = "<p style='color:red'>Hi<script>run()</script></p>";
    let email = json!({ "from": "a@b.example", "to": ["c@d.example"], "subject": "<i>Receipt</i>", "text": "Thank you", "html": html });
    let request = Request::post("/emails").header("authorization", "Bearer any");
    let sent = shop.send(request.body(email.to_string()).unwrap());
    let sent: serde_json::Value = serde_json::from_slice(sent.body()).unwrap();
    let path = format!("/mailbox/{}", sent["id"].as_str().unwrap());

    let list = shown(&mut shop, "/mailbox");
    assert!(list.contains(&path) && list.contains("c@d.example") && list.contains("&lt;i&gt;Receipt"));
    let page = shown(&mut shop, &path);
    assert!(page.contains("Thank you") && page.contains("<iframe sandbox=\"\""));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    let response = shop.get(&format!("{path}/html"));
    assert_eq!(text(&response), html);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox; default-src 'none'"));
}

#[test]
fn a_fault_is_armed_and_removed_by_forms() {
    let mut shop = Shop::new();
    let fields = [
        ("fault", "callback_delayed"),
        ("gateway", "alipay"),
        ("merchant", "m1"),
        ("number", " N1 "),
        ("operation", ""),
        ("percent", "50"),
        ("times", "2"),
        ("by", "3"),
        ("unit", "h"),
    ];
    let response = post(&mut shop, "/faults?lang=en", &fields);
    assert_eq!((response.status().as_u16(), location(&response)), (303, "/faults?lang=en#armed"));
    assert_eq!(
        shop.get_json("/sandbox/faults")["faults"],
        json!([{ "id": 1, "fault": "callback_delayed", "gateway": "alipay", "merchant": "m1", "number": "N1",
            "operation": null, "percent": 50, "times": 2, "by_ms": 3 * HOUR_MS, "struck": 0 }])
    );
    let page = shown(&mut shop, "/faults?lang=en");
    assert!(page.contains("/faults/1/remove?lang=en") && page.contains("50 %") && page.contains("3 h"));
    assert_eq!(post(&mut shop, "/faults/1/remove", &[]).status(), 303);
    assert_eq!(shop.get_json("/sandbox/faults")["faults"], json!([]));
    assert_eq!(post(&mut shop, "/faults/1/remove", &[]).status(), 404);
    assert_eq!(post(&mut shop, "/faults/first/remove", &[]).status(), 404);
}

#[test]
fn all_faults_can_be_removed_at_once() {
    let mut shop = Shop::new();
    for fault in ["callback_lost", "server_error"] {
        post(&mut shop, "/faults", &[("fault", fault)]);
    }
    assert_eq!(post(&mut shop, "/faults/all/remove", &[]).status(), 303);
    assert_eq!(shop.get_json("/sandbox/faults")["faults"], json!([]));
}

#[test]
fn a_mistake_in_the_form_is_shown_with_what_was_entered_and_arms_nothing() {
    let mut shop = Shop::new();
    for (fields, words) in [
        ([("number", "KEPT"), ("percent", "10")], "Choose a fault first"),
        ([("fault", "server_error"), ("percent", "0")], "Percent is 1 to 100"),
        ([("fault", "server_error"), ("percent", "300")], "Percent is 1 to 100"),
        ([("fault", "server_error"), ("percent", "half")], "A whole number"),
        ([("fault", "server_error"), ("times", "0")], "Times is at least 1"),
        ([("fault", "server_error"), ("times", "-1")], "Times is at least 1"),
        ([("fault", "clock_skew"), ("times", "1")], "needs one"),
        ([("fault", "callback_delayed"), ("by", "9223372036854775807")], "beyond a year"),
        ([("fault", "server_error"), ("operation", "dance")], "no such choice"),
        ([("fault", "refund_abnormal"), ("gateway", "alipay")], "no abnormal state"),
    ] {
        let response = post(&mut shop, "/faults?lang=en", &fields);
        let page = text(&response);
        assert_eq!(response.status(), 422, "{fields:?}");
        assert!(page.contains(words) && page.contains("role=\"alert\""), "{fields:?}");
        assert!(page.contains("aria-invalid=\"true\"") || words.contains("Choose"), "{fields:?}");
    }
    let response = post(&mut shop, "/faults", &[("number", "KEPT")]);
    assert!(text(&response).contains("value=\"KEPT\""));
    assert_eq!(shop.get_json("/sandbox/faults")["faults"], json!([]));
}

#[test]
fn a_fault_armed_on_a_payments_page_strikes_that_payment() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let token = cashier.rsplit('/').next().unwrap().to_owned();
    let page = shown(&mut shop, &payment(&cashier));
    for hidden in [
        "name=\"gateway\" value=\"alipay\"",
        "name=\"merchant\" value=\"m1\"",
        "name=\"number\" value=\"N1\"",
    ] {
        assert!(page.contains(hidden), "{hidden}");
    }
    let here = [("gateway", "alipay"), ("merchant", "m1"), ("number", "N1"), ("token", &token)];
    let wrong = post(&mut shop, "/faults?lang=en", &here);
    assert_eq!(wrong.status(), 422);
    assert!(text(&wrong).contains("Choose a fault first") && text(&wrong).contains(&payment(&cashier)));
    let right = [here.as_slice(), &[("fault", "callback_lost"), ("times", "1")]].concat();
    let response = post(&mut shop, "/faults?lang=en", &right);
    assert_eq!(location(&response), format!("{}?lang=en#faults", payment(&cashier)));
    shop.press(&cashier, "approve");
    assert!(shop.deliver(200, "success").is_empty(), "the callback is lost");
    let page = shown(&mut shop, &format!("{}?lang=en", payment(&cashier)));
    assert!(page.contains("lost on the way") && page.contains("used up"));
}

#[test]
fn a_form_leads_nowhere_but_to_pages_of_the_sandbox() {
    let mut shop = Shop::new();
    let response = post(&mut shop, "/faults", &[("fault", "server_error"), ("token", "/evil.example")]);
    assert_eq!(location(&response), "/faults?lang=zh#armed");
}

#[test]
fn forms_of_other_sites_are_refused() {
    let mut shop = Shop::new();
    for path in ["/faults", "/faults/all/remove", "/clock"] {
        let request = Request::post(path).header("sec-fetch-site", "cross-site");
        assert_eq!(shop.send(request.body("fault=server_error&move=day").unwrap()).status(), 403, "{path}");
    }
    assert_eq!(shop.get_json("/sandbox/faults")["faults"], json!([]));
    assert_eq!(shop.get_json("/sandbox/clock")["offset_ms"], 0);
}

#[test]
fn the_clock_is_moved_by_buttons() {
    let mut shop = Shop::new();
    for (button, at_ms) in [
        ("hour", START_MS + HOUR_MS),
        ("day", START_MS + 25 * HOUR_MS),
        ("month", START_MS + (25 + 30 * 24) * HOUR_MS),
        // It is nine in the morning of 1 February.
        ("bills", START_MS + (32 * 24 + 2) * HOUR_MS),
        ("real", START_MS),
    ] {
        let response = post(&mut shop, "/clock?lang=en", &[("move", button)]);
        assert_eq!((response.status().as_u16(), location(&response)), (303, "/clock?lang=en"), "{button}");
        assert_eq!(shop.get_json("/sandbox/clock")["business_ms"], at_ms, "{button}");
    }
    post(&mut shop, "/clock", &[("move", "set"), ("at", "2027-02-03T04:05")]);
    let page = shown(&mut shop, "/clock?lang=en");
    assert!(page.contains("2027-02-03") && page.contains("04:05:00") && page.contains("Ahead by"));
}

#[test]
fn the_clock_goes_to_the_next_thing_due() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.press(&cashier, "approve");
    shop.deliver(500, "busy");
    let due = |shop: &mut Shop| shown(shop, "/clock?lang=en").contains("· a callback");
    assert!(due(&mut shop) && shown(&mut shop, "/clock").contains("2026-01-01 08:04:00"));
    post(&mut shop, "/clock", &[("move", "next")]);
    assert_eq!(shop.deliver(200, "success").len(), 1, "the retry is due");
    assert!(!due(&mut shop), "no callback is waiting any more");
}

#[test]
fn a_time_the_clock_cannot_show_is_refused_on_the_page() {
    let mut shop = Shop::new();
    for fields in [
        [("move", "set"), ("at", "soon")],
        [("move", "set"), ("at", "1969-12-31T23:59")],
        [("move", "sideways"), ("at", "")],
        [("at", "2027-02-03T04:05"), ("move", "")],
        [("move", "next"), ("at", "")],
    ] {
        let response = post(&mut shop, "/clock?lang=en", &fields);
        assert_eq!(response.status(), 422, "{fields:?}");
        assert!(text(&response).contains("role=\"alert\""), "{fields:?}");
    }
    assert_eq!(shop.get_json("/sandbox/clock")["offset_ms"], 0);
}
