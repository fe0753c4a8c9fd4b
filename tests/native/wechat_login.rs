//! Whose openid is bound to whose order, and where is a browser sent?

use coursepay_core::api::{OrderView, WechatLoginView};
use coursepay_core::method::{Channel, Method};
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{Shopper, cart};
use coursepay_tests::actors::wechat;
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::setup::SCHOOL_ORIGIN;
use coursepay_tests::target::Target as _;
use serde_json::json;
use url::Url;

async fn ordered<'a>(app: &'a NativeApp, user: &str) -> (Shopper<'a, NativeApp>, OrderView) {
    Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
    let shopper = Shopper::learner(app, user);
    let order = shopper.orders(&["rust-101"]).await;
    (shopper, order)
}

/// How many buyers WeChat has named.
fn named_buyers(app: &NativeApp) -> usize {
    app.world.db.rows("SELECT id FROM buyers WHERE openid_sealed IS NOT NULL", &[]).len()
}

/// The address with one part of its query changed, or taken away.
fn with(address: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(address).unwrap();
    let pairs: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    url.query_pairs_mut().clear().extend_pairs(pairs).extend_pairs(value.map(|value| (name, value)));
    url.into()
}

fn part(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("{name} is missing in {address}"))
}

/// Where the browser ends up, by the words the page is told.
async fn outcome(app: &NativeApp, address: &str) -> String {
    let answer = wechat::comes_back(app, address).await;
    answer.expect(302);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let page = answer.header("location").unwrap();
    assert!(page.starts_with(&wechat::page()), "{page}");
    part(page, "wechat_login")
}

#[test]
fn the_browser_is_sent_to_wechat_with_a_state_that_wechat_takes() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let begun: WechatLoginView =
            wechat::asks_to_log_in(&alice, &order.id, &wechat::page()).await.read(200);
        assert_eq!(begun.expires_at_ms, app.now_ms() + 600_000);
        assert!(begun.url.ends_with("#wechat_redirect"));
        assert_eq!(part(&begun.url, "scope"), "snsapi_base");
        let state = part(&begun.url, "state");
        assert!(state.len() <= 128 && state.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{state}");
        let back = part(&begun.url, "redirect_uri");
        assert!(back.starts_with(&format!("{}/v1/wechat_login?", app.setup().public_url)), "{back}");
    });
}

#[test]
fn a_guest_with_the_orders_token_logs_in_as_a_learner_does() {
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let order: OrderView = Shopper::guest(app).asks_to_order(&cart(&["rust-101"])).await.read(201);
        let holder = Shopper::holder(app, &order);
        wechat::logs_in(app, &holder, &order.id).await;
        let wechat_pay = Method::from_name("wechat_pay").unwrap();
        holder.pays(&order, wechat_pay, Channel::InApp).await;
    });
}

#[test]
fn what_did_not_begin_here_sends_no_browser_anywhere_and_changes_nothing() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let (bo, bos_order) = ordered(app, "bo").await;
        let good = wechat::comes_back_with_a_code(app, &alice, &order.id).await;
        let bos = wechat::comes_back_with_a_code(app, &bo, &bos_order.id).await;
        let state = part(&good, "state");
        let (mac, kid) = state.split_at(64);
        let flipped = format!("{}{}{kid}", if mac.starts_with('0') { "1" } else { "0" }, &mac[1..]);
        let later = (part(&good, "expires_at_ms").parse::<i64>().unwrap() + 1).to_string();
        let before = app.world.db.contents();
        for (what, address) in [
            ("no state", with(&good, "state", None)),
            ("an empty state", with(&good, "state", Some(""))),
            ("a made-up state", with(&good, "state", Some(&format!("{}{kid}", "a".repeat(64))))),
            ("one bit of the state", with(&good, "state", Some(&flipped))),
            ("a state without its key", with(&good, "state", Some(mac))),
            ("another key", with(&good, "state", Some(&format!("{mac}d9")))),
            ("half a state", with(&good, "state", Some(&state[..32]))),
            ("a state that is no text of ours", with(&good, "state", Some(&"课".repeat(40)))),
            ("an order token for a state", with(&good, "state", order.order_token.as_deref())),
            ("the state of another order", with(&good, "state", Some(&part(&bos, "state")))),
            ("another order", with(&good, "order", Some(&bos_order.id))),
            ("no order", with(&good, "order", None)),
            ("no order's id", with(&good, "order", Some("x"))),
            ("a later deadline", with(&good, "expires_at_ms", Some(&later))),
            ("no deadline", with(&good, "expires_at_ms", None)),
            ("another page", with(&good, "return_url", Some(&format!("{SCHOOL_ORIGIN}/other")))),
            ("a page elsewhere", with(&good, "return_url", Some("https://evil.example/"))),
            ("no page", with(&good, "return_url", None)),
        ] {
            let answer = wechat::comes_back(app, &address).await;
            answer.refused(400, "wechat_login_invalid");
            assert_eq!(answer.header("location"), None, "{what}");
            assert_eq!(app.world.db.contents(), before, "{what}");
        }
        // None of them cost the code.
        assert_eq!(outcome(app, &good).await, "done");
    });
}

#[test]
fn a_page_that_is_no_longer_allowed_is_not_gone_to() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let good = wechat::comes_back_with_a_code(app, &alice, &order.id).await;
        let narrowed = app.deployed_with(|variables| {
            variables.insert("ALLOWED_ORIGINS".to_owned(), "https://other.example".to_owned());
        });
        wechat::comes_back(&narrowed, &good).await.refused(400, "wechat_login_invalid");
        assert_eq!(named_buyers(app), 0);
    });
}

#[test]
fn a_code_binds_once() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let good = wechat::comes_back_with_a_code(app, &alice, &order.id).await;
        assert_eq!(outcome(app, &good).await, "done");
        let before = app.world.db.contents();
        assert_eq!(outcome(app, &good).await, "failed", "WeChat takes a code once");
        assert_eq!(app.world.db.contents(), before);
        // Nor does it bind with a state of somebody else, however good that is.
        let (bo, bos_order) = ordered(app, "bo").await;
        let bos = wechat::comes_back_with_a_code(app, &bo, &bos_order.id).await;
        assert_eq!(outcome(app, &with(&bos, "code", Some(&part(&good, "code")))).await, "failed");
        assert_eq!(named_buyers(app), 1);
    });
}

#[test]
fn whoever_declines_comes_late_or_has_a_bad_code_goes_back_to_the_page_unbound() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let good = wechat::comes_back_with_a_code(app, &alice, &order.id).await;
        assert_eq!(outcome(app, &with(&good, "code", None)).await, "declined");
        assert_eq!(outcome(app, &with(&good, "code", Some(""))).await, "declined");
        assert_eq!(outcome(app, &with(&good, "code", Some("made-up&secret=x"))).await, "failed");
        app.world.clock.advance_ms(600_000);
        assert_eq!(outcome(app, &good).await, "expired");
        assert_eq!(named_buyers(app), 0);
    });
}

#[test]
fn a_login_that_wechat_does_not_answer_or_refuses_goes_back_to_the_page_and_is_logged_without_secrets() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let good = wechat::comes_back_with_a_code(app, &alice, &order.id).await;
        app.world.faults.plan(Fault::CallLost { port: Port::Http, nth: 1 });
        assert_eq!(outcome(app, &good).await, "unavailable");
        assert!(app.world.faults.lift());
        let wrong = "0123456789abcdef0123456789abcdef";
        let misled = app.deployed_with(|variables| {
            variables.insert("WECHAT_PAY_APP_SECRET".to_owned(), wrong.to_owned());
        });
        assert_eq!(outcome(&misled, &good).await, "unavailable");
        let elsewhere = app.deployed_with(|variables| {
            variables.insert("WECHAT_PAY_LOGIN_API_URL".to_owned(), "https://nobody.example".to_owned());
        });
        assert_eq!(outcome(&elsewhere, &good).await, "unavailable");
        let next = wechat::comes_back_with_a_code(app, &alice, &order.id).await;
        app.world.faults.plan(Fault::CallLost { port: Port::Db, nth: 2 });
        assert_eq!(outcome(app, &next).await, "unavailable");
        assert!(app.world.faults.lift());
        assert_eq!(named_buyers(app), 0);
        let log = app.world.log_lines().join("\n");
        assert!(log.contains("40125") && log.contains(&order.id), "{log}");
        let real = &app.setup().merchant.wechat_pay.app_secret;
        for secret in [wrong, real, &part(&good, "code"), &part(&next, "code"), &part(&good, "state")] {
            assert!(!log.contains(secret), "{log}");
        }
        // What failed for want of an answer can be done again.
        assert_eq!(outcome(app, &good).await, "done");
    });
}

#[test]
fn nobody_begins_a_login_for_an_order_of_somebody_else_or_back_to_somewhere_else() {
    natively(async |app| {
        let (alice, order) = ordered(app, "alice").await;
        let (bo, bos_order) = ordered(app, "bo").await;
        let begin = wechat::asks_to_log_in;
        begin(&bo, &order.id, &wechat::page()).await.refused(404, "order_not_found");
        let holder = Shopper::holder(app, &bos_order);
        begin(&holder, &order.id, &wechat::page()).await.refused(404, "order_not_found");
        begin(&Shopper::guest(app), &order.id, &wechat::page()).await.refused(401, "token_missing");
        for elsewhere in [
            "https://evil.example/",
            "https://school.example@evil.example/",
            "https://school.example.evil.example/",
            "//evil.example/",
            "javascript:alert(1)",
            "/courses/rust-101",
            "",
        ] {
            begin(&alice, &order.id, elsewhere).await.refused(422, "return_url_not_allowed");
        }
        let login = || Ask::post(format!("/v1/orders/{}/wechat_login", order.id));
        alice.ask(login().json(&json!({}))).await.refused(400, "invalid_field");
        let unknown = json!({ "return_url": wechat::page(), "scope": "snsapi_userinfo" });
        alice.ask(login().json(&unknown)).await.refused(400, "unknown_field");
        alice.cancels(&order).await.expect(200);
        begin(&alice, &order.id, &wechat::page()).await.refused(409, "order_cancelled");
    });
}
