//! What people see.

use http::Request;

use crate::shop::{MINUTE_MS, Shop, text};

#[test]
fn the_cashier_shows_who_what_and_how_much() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let response = shop.get(&cashier);
    let page = text(&response);
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
fn pages_run_no_script_and_bring_only_their_own_style() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    for path in [cashier.as_str(), "/"] {
        let response = shop.get(path);
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"));
        let page = text(&response);
        assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("onclick"), "{path}");
    }
    assert_eq!(shop.get("/style.css").headers()["content-type"], "text/css; charset=utf-8");
}

#[test]
fn what_a_merchant_sends_is_shown_and_never_run() {
    let mut shop = Shop::new();
    let mut order = shop.order("N1");
    order["subject"] = serde_json::json!("<b onmouseover=1>".replace('=', "-"));
    let answer = shop.call("alipay.trade.precreate", &order);
    let response = shop.get(answer["qr_code"].as_str().unwrap());
    assert!(text(&response).contains("&lt;b onmouseover"));
}

#[test]
fn every_outcome_has_its_page() {
    let mut shop = Shop::new();
    let (paid, closed, expired) =
        (shop.precreate("PAID"), shop.precreate("CLOSED"), shop.precreate("EXPIRED"));
    shop.press(&paid, "decline");
    assert!(text(&shop.get(&paid)).contains("上一次付款未成功"));
    shop.press(&paid, "approve");
    shop.get(&closed);
    shop.close("CLOSED");
    shop.now_ms += 31 * MINUTE_MS;
    for (path, words) in [(&paid, "支付成功"), (&closed, "交易已关闭"), (&expired, "已超过付款时间")]
    {
        assert!(text(&shop.get(path)).contains(words), "{words}");
    }
}

#[test]
fn the_front_page_shows_settings_payments_and_log() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.press(&cashier, "approve");
    shop.deliver(200, "success");
    let merchant = shop.merchant();
    let response = shop.get("/?lang=en");
    let page = text(&response);
    for part in [
        merchant.app_id.as_str(),
        merchant.seller_id.as_str(),
        merchant.app_key.private_key_base64(),
        merchant.gateway_key.public_key_base64(),
        "http://sandbox.example/gateway.do",
        &cashier,
        "alipay.trade.precreate",
        "200 &quot;success&quot;",
    ] {
        assert!(page.contains(part), "{part}");
    }
}
