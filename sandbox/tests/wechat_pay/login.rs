//! How a page learns an openid.

use serde_json::{Value, json};

use crate::shop::{MINUTE_MS, Shop};

fn authorize(shop: &Shop, scope: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={}&redirect_uri=http%3A%2F%2Fshop.example%2Fback%3Fx%3D1%23top&response_type=code&scope={scope}&state=s7",
        shop.account().appid
    )
}

/// The code in the address that the browser is sent to.
fn code_of(location: &str) -> String {
    location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

fn exchange(shop: &mut Shop, code: &str, change: impl Fn(String) -> String) -> Value {
    let account = shop.account();
    shop.get_json(&change(format!(
        "/sns/oauth2/access_token?appid={}&secret={}&code={code}&grant_type=authorization_code",
        account.appid, account.app_secret
    )))
}

fn logged_in(shop: &mut Shop) -> String {
    let back = shop.get(&authorize(shop, "snsapi_base"));
    code_of(back.headers()["location"].to_str().unwrap())
}

#[test]
fn a_silent_login_comes_straight_back_with_code_and_state() {
    let mut shop = Shop::new();
    let back = shop.get(&authorize(&shop, "snsapi_base"));
    assert_eq!(back.status(), 302);
    let address = back.headers()["location"].to_str().unwrap().to_owned();
    let code = code_of(&address);
    assert_eq!(address, format!("http://shop.example/back?x=1&code={code}&state=s7#top"));
    let answer = exchange(&mut shop, &code, |target| target);
    assert_eq!((&answer["expires_in"], &answer["scope"]), (&json!(7200), &json!("snsapi_base")));
    assert!(answer["openid"].as_str().unwrap().starts_with('o'));
}

#[test]
fn a_login_with_consent_asks_who_it_is() {
    let mut shop = Shop::new();
    let page = shop.get(&authorize(&shop, "snsapi_userinfo"));
    assert_eq!(page.status(), 200);
    let text = String::from_utf8(page.body().to_vec()).unwrap();
    let addresses: Vec<String> = text
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .filter(|address| address.contains("person="))
        .map(|address| address.replace("&amp;", "&"))
        .collect();
    assert_eq!(addresses.len(), 3);
    let openids: Vec<Value> = addresses
        .iter()
        .map(|address| {
            let back = shop.get(address);
            let code = code_of(back.headers()["location"].to_str().unwrap());
            exchange(&mut shop, &code, |target| target)["openid"].clone()
        })
        .collect();
    assert!(openids[0] != openids[1] && openids[1] != openids[2]);
    assert_eq!(openids[0], json!(shop.openid()), "the first one is who is logged in silently");
}

#[test]
fn the_same_person_has_another_openid_in_another_application() {
    let mut shop = Shop::new();
    let here = shop.openid();
    assert_eq!(shop.openid(), here);
    shop.place = 1;
    assert_ne!(shop.openid(), here);
}

#[test]
fn a_code_works_once_and_for_five_minutes() {
    let mut shop = Shop::new();
    let code = logged_in(&mut shop);
    exchange(&mut shop, &code, |target| target);
    assert_eq!(exchange(&mut shop, &code, |target| target)["errcode"], 40163);
    let late = logged_in(&mut shop);
    shop.advance(5 * MINUTE_MS);
    assert_eq!(exchange(&mut shop, &late, |target| target)["errcode"], 42003);
    assert_eq!(exchange(&mut shop, "unknown", |target| target)["errcode"], 40029);
}

#[test]
fn who_exchanges_must_know_the_secret() {
    let mut shop = Shop::new();
    let code = logged_in(&mut shop);
    let account = shop.account();
    let other = shop.world.keys().merchants[1].wechat_pay.clone();
    for (from, to, errcode) in [
        (account.app_secret.as_str(), "wrong", 40125),
        (account.app_secret.as_str(), "", 41004),
        (account.appid.as_str(), "wx0", 40013),
        (account.appid.as_str(), "", 41002),
        (code.as_str(), "", 41008),
        ("authorization_code", "password", 40002),
    ] {
        let answer = exchange(&mut shop, &code, |target| target.replace(from, to));
        assert_eq!(answer["errcode"], errcode, "{answer}");
    }
    let foreign = exchange(&mut shop, &code, |target| {
        target.replace(&account.appid, &other.appid).replace(&account.app_secret, &other.app_secret)
    });
    assert_eq!(foreign["errcode"], 40029);
    assert!(exchange(&mut shop, &code, |target| target).get("openid").is_some(), "refusals use nothing up");
}

#[test]
fn a_login_that_asks_wrongly_is_a_page_that_says_so() {
    let shop = Shop::new();
    let right = authorize(&shop, "snsapi_base");
    for (from, to) in [
        (shop.account().appid.as_str(), "wx0"),
        ("snsapi_base", "snsapi_login"),
        ("response_type=code", "response_type=token"),
        ("http%3A%2F%2Fshop.example", "javascript%3Aalert"),
    ] {
        let mut shop = Shop::new();
        let refused = shop.get(&right.replace(from, to));
        assert_eq!(refused.status(), 400, "{to}");
        assert!(!refused.headers().contains_key("location"));
    }
}
