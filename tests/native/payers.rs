//! What is WeChat told about who pays, and who else learns it?

use std::cell::Cell;

use coursepay_core::api::{Action, AttemptView, OrderStatus, OrderView, StartPayment};
use coursepay_core::gateway::Payer;
use coursepay_core::id::{AttemptId, BuyerId};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_edge::app::error::Code;
use coursepay_edge::app::secrets::{open_openid, open_payer, seal_payer};
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::actors::{phone, wechat};
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::faults::Fault;
use coursepay_tests::setup::SCHOOL_ORIGIN;
use coursepay_tests::target::Target as _;
use serde_json::{Value, json};

const WECHAT_PAY: Method = Method::External(GatewayId::WechatPay);

/// The ways in which WeChat must be told who pays.
const TOLD: [Channel; 2] = [Channel::Mobile, Channel::InApp];

const HOME: &str = "203.0.113.7";
const ON_THE_WAY: &str = "2001:db8::7";

fn payment(order: &OrderView, channel: Channel) -> Ask {
    let return_url = (channel == Channel::Mobile).then(|| format!("{SCHOOL_ORIGIN}/paid"));
    let body = StartPayment { method: WECHAT_PAY, channel, return_url };
    Ask::post(format!("/v1/orders/{}/payments", order.id)).json(&body).fresh_key()
}

/// Alice has ordered a course and logged in with WeChat; told once for each channel.
fn ordered(
    story: impl AsyncFn(&NativeApp, &Platform<'_, NativeApp>, &Shopper<'_, NativeApp>, &OrderView, Channel),
) {
    for channel in TOLD {
        natively(async |app| {
            let platform = Platform::of(app).await;
            platform.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            wechat::logs_in(app, &alice, &order.id).await;
            story(app, &platform, &alice, &order, channel).await;
        });
    }
}

/// The same person comes from another address, and another one holds the phone.
async fn everything_changes(app: &NativeApp, alice: &Shopper<'_, NativeApp>, order: &OrderView) {
    app.requests_come_from(Some(ON_THE_WAY));
    let begun: Value = wechat::asks_to_log_in(alice, &order.id, &wechat::page()).await.read(200);
    let silent = begun["url"].as_str().unwrap();
    let chosen = silent.replace("snsapi_base", "snsapi_userinfo&person=Robin");
    let back = wechat::goes_to(app, &chosen).await;
    wechat::comes_back(app, &back).await.expect(302);
}

async fn the_answer_to_a_creation_is_lost(app: &NativeApp) {
    let rule = json!({ "fault": "timeout_after_effect", "gateway": "wechat_pay", "operation": "create",
                       "times": 1 });
    let request = Ask::post("/sandbox/faults").json(&rule).to(&app.setup().sandbox_url);
    assert_eq!(app.call_sandbox(request).await.status(), 201);
}

/// The numbers that WeChat knows, oldest first.
async fn numbers(app: &NativeApp) -> Vec<String> {
    let request = Ask::get("/sandbox/payments.json").to(&app.setup().sandbox_url);
    let listing: Value = serde_json::from_slice(app.call_sandbox(request).await.body()).unwrap();
    let payments = listing["payments"].as_array().unwrap().iter();
    let mut numbers: Vec<_> = payments.map(|one| one["number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

async fn cashier_of(app: &NativeApp, attempt: &AttemptView) -> String {
    match &attempt.action {
        Action::Redirect { url } => url.split('?').next().unwrap().to_owned(),
        Action::Jsapi { params } => wechat::cashier(app, params).await,
        other => panic!("{other:?}"),
    }
}

fn sealed_payer(app: &NativeApp, attempt: &str) -> Option<String> {
    let sql = "SELECT payer_sealed FROM attempts WHERE id = ?1";
    let row = app.world.db.rows(sql, &[attempt.into()]).remove(0).0;
    row["payer_sealed"].as_str().map(str::to_owned)
}

async fn told(app: &NativeApp, attempt: &str) -> Payer {
    let sealed = sealed_payer(app, attempt).expect("a payer");
    open_payer(&app.app(), AttemptId::parse(attempt).unwrap(), &sealed).await.unwrap()
}

/// Alice's openid as it is stored.
async fn openid(app: &NativeApp) -> String {
    let row = app.world.db.rows("SELECT id, openid_appid, openid_sealed FROM buyers", &[]).remove(0).0;
    let text = |name: &str| row[name].as_str().unwrap();
    let buyer = BuyerId::parse(text("id")).unwrap();
    open_openid(&app.app(), buyer, text("openid_appid"), text("openid_sealed")).await.unwrap()
}

#[test]
fn a_repeat_after_a_lost_answer_tells_the_payer_of_the_first_time() {
    ordered(async |app, platform, alice, order, channel| {
        the_answer_to_a_creation_is_lost(app).await;
        let ask = payment(order, channel);
        alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
        everything_changes(app, alice, order).await;
        let attempt: AttemptView = alice.ask(ask).await.read(201);
        assert_eq!(numbers(app).await, std::slice::from_ref(&attempt.merchant_no), "{channel:?}");
        phone::approve(app, &cashier_of(app, &attempt).await).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{channel:?}");
        assert_eq!(platform.balance("gateway:wechat_pay:clearing").await, 9_900);
    });
}

#[test]
fn a_repeat_after_a_crash_anywhere_is_one_payment_for_one_payer() {
    for channel in TOLD {
        let has_struck = Cell::new(true);
        let mut nth = 0;
        while has_struck.get() {
            nth += 1;
            natively(async |app| {
                Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
                let alice = Shopper::learner(app, "alice");
                let order = alice.orders(&["rust-101"]).await;
                wechat::logs_in(app, &alice, &order.id).await;
                let ask = payment(&order, channel);
                app.world.faults.plan(Fault::Crash { nth });
                let answer = app.world.faults.unless_crashed(alice.ask(ask.clone())).await;
                has_struck.set(app.world.faults.lift());
                assert_eq!(answer.is_none(), has_struck.get());
                everything_changes(app, &alice, &order).await;
                // Past the lease of whoever crashed.
                app.world.clock.advance_ms(61_000);
                let attempt: AttemptView = alice.ask(ask).await.read(201);
                assert_eq!(
                    numbers(app).await,
                    std::slice::from_ref(&attempt.merchant_no),
                    "{channel:?} {nth}"
                );
            });
        }
        assert!(nth > 10, "only {nth} passages of {channel:?}");
    }
}

/// What the first test relies on: WeChat would not have taken another payer under the number.
#[test]
fn a_repeat_that_told_of_another_payer_would_be_refused_by_wechat() {
    ordered(async |app, _, alice, order, channel| {
        the_answer_to_a_creation_is_lost(app).await;
        let ask = payment(order, channel);
        alice.ask(ask.clone()).await.refused(503, "gateway_unavailable");
        let number = numbers(app).await.remove(0);
        everything_changes(app, alice, order).await;
        let other = match channel {
            Channel::Mobile => Payer { client_ip: Some(ON_THE_WAY.to_owned()), openid: None },
            _ => Payer { openid: Some(openid(app).await), client_ip: None },
        };
        assert_ne!(told(app, &number).await, other);
        let sealed = seal_payer(&app.app(), AttemptId::parse(&number).unwrap(), &other).await.unwrap();
        app.sql("UPDATE attempts SET payer_sealed = ?1", &[sealed.into()]).await.unwrap();
        alice.ask(ask).await.refused(503, "gateway_unavailable");
        let log = app.world.log_lines().join("\n");
        assert!(log.contains("INVALID_REQUEST"), "{channel:?}: {log}");
    });
}

#[test]
fn a_payment_begun_for_another_address_or_person_is_closed_for_one_that_fits() {
    ordered(async |app, platform, alice, order, channel| {
        let first: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        let same: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        assert_eq!(first, same, "as long as nothing changes");
        let old = cashier_of(app, &first).await;
        everything_changes(app, alice, order).await;
        let second: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        assert_ne!(first.merchant_no, second.merchant_no);
        phone::press(app, &old, "approve").await.expect(409);
        phone::approve(app, &cashier_of(app, &second).await).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{channel:?}");
        assert_eq!(platform.balance("gateway:wechat_pay:clearing").await, 9_900);
        assert_eq!(platform.balance("suspense").await, 0);
    });
}

#[test]
fn wechats_page_is_asked_for_anew_once_its_five_minutes_are_nearly_over_and_a_ticket_is_not() {
    ordered(async |app, _, alice, order, channel| {
        let first: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        app.world.clock.advance_ms(4 * 60_000);
        let soon: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        assert_eq!(first, soon);
        app.world.clock.advance_ms(60_000);
        let later: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        assert_eq!(first.merchant_no == later.merchant_no, channel == Channel::InApp, "{channel:?}");
        phone::approve(app, &cashier_of(app, &later).await).await;
        app.let_work_go_on().await;
        assert_eq!(alice.looks_at(order).await.status, OrderStatus::Paid, "{channel:?}");
    });
}

#[test]
fn a_ticket_is_taken_by_the_bridge_as_often_as_it_is_shown() {
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        wechat::logs_in(app, &alice, &order.id).await;
        let attempt: AttemptView = alice.ask(payment(&order, Channel::InApp)).await.read(201);
        app.world.clock.advance_ms(28 * 60_000);
        let seen = alice.looks_at(&order).await.attempt.expect("an attempt");
        assert_eq!(seen, attempt);
        let Action::Jsapi { params } = &seen.action else { panic!("{seen:?}") };
        assert_eq!(wechat::cashier(app, params).await, wechat::cashier(app, params).await);
        let forged = coursepay_core::api::JsapiParams { time_stamp: "1".to_owned(), ..params.clone() };
        wechat::asks_the_bridge(app, &forged).await.expect(400);
    });
}

#[test]
fn who_pays_is_sealed_for_its_attempt_and_stands_nowhere_in_the_clear() {
    ordered(async |app, _, alice, order, channel| {
        let ask = payment(order, channel).header("x-forwarded-for", "198.51.100.1");
        let attempt: AttemptView = alice.ask(ask).await.read(201);
        let openid = openid(app).await;
        let expected = match channel {
            Channel::Mobile => Payer { client_ip: Some(HOME.to_owned()), openid: None },
            _ => Payer { openid: Some(openid.clone()), client_ip: None },
        };
        assert!(told(app, &attempt.id).await == expected, "{channel:?}");
        let sealed = sealed_payer(app, &attempt.id).unwrap();
        let other = AttemptId::parse("01JGFJJZ00000000000000000A").unwrap();
        assert!(open_payer(&app.app(), other, &sealed).await.is_err(), "it opens for no other attempt");

        phone::approve(app, &cashier_of(app, &attempt).await).await;
        app.let_work_go_on().await;
        let secret = &app.setup().merchant.wechat_pay.app_secret;
        let kept = format!("{:?}", app.world.db.contents());
        let written = app.world.log_lines().join("\n");
        let told = format!("{:?}", app.webhooks());
        for (place, text) in [("database", kept), ("log", written), ("webhooks", told)] {
            for personal in [openid.as_str(), HOME, "198.51.100.1", secret] {
                assert!(!text.contains(personal), "{place} holds {personal}: {channel:?}");
            }
        }
    });
}

#[test]
fn who_paid_is_forgotten_with_the_attempt() {
    ordered(async |app, _, alice, order, channel| {
        let attempt: AttemptView = alice.ask(payment(order, channel)).await.read(201);
        assert!(sealed_payer(app, &attempt.id).is_some());
        phone::approve(app, &cashier_of(app, &attempt).await).await;
        app.let_work_go_on().await;
        assert_eq!(sealed_payer(app, &attempt.id), None, "paid: {channel:?}");

        Platform::of(app).await.sells("closed", 9_900, "lin", 7_000).await;
        let order = alice.orders(&["closed"]).await;
        let attempt: AttemptView = alice.ask(payment(&order, channel)).await.read(201);
        assert!(sealed_payer(app, &attempt.id).is_some());
        alice.cancels(&order).await.expect(200);
        assert_eq!(sealed_payer(app, &attempt.id), None, "closed: {channel:?}");

        // Whoever forgets to forget is refused.
        let keep = "UPDATE attempts SET payer_sealed = 'd1.AAAA' WHERE id = ?1";
        let refusal = app.sql(keep, &[attempt.id.into()]).await.unwrap_err();
        assert!(refusal.contains("attempts_payer_gone"), "{refusal}");
    });
}

#[test]
fn without_an_address_from_cloudflare_a_phone_is_refused_whatever_the_client_claims() {
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let before = app.world.db.contents();
        for address in [None, Some(""), Some("unknown"), Some("203.0.113.7, 198.51.100.1"), Some("203.0.113")]
        {
            app.requests_come_from(address);
            let ask = payment(&order, Channel::Mobile)
                .header("cf-connecting-ip", "198.51.100.1")
                .header("x-forwarded-for", "198.51.100.1")
                .header("x-real-ip", "198.51.100.1")
                .header("true-client-ip", "198.51.100.1")
                .header("forwarded", "for=198.51.100.1");
            alice.ask(ask).await.refused(422, "client_address_unknown");
            assert_eq!(app.world.db.contents(), before, "{address:?}");
        }
        assert_eq!(numbers(app).await, Vec::<String>::new());
        // A code needs no address.
        alice.pays(&order, WECHAT_PAY, Channel::Qr).await;
    });
}

#[test]
fn inside_wechat_a_buyer_must_have_logged_in_with_this_very_application() {
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let before = app.world.db.contents();
        let required = |answer: Answer| drop(answer.refused(409, "wechat_login_required"));
        let ask = payment(&order, Channel::InApp);
        required(alice.ask(ask.clone()).await);
        assert_eq!(app.world.db.contents(), before, "nothing is begun, and the key is free");
        wechat::logs_in(app, &alice, &order.id).await;
        let moved = app.deployed_with(|variables| {
            variables.insert("WECHAT_PAY_APPID".to_owned(), "wx0000000000000000".to_owned());
        });
        required(Shopper::learner(&moved, "alice").ask(ask.clone()).await);
        let attempt: AttemptView = alice.ask(ask).await.read(201);
        assert!(matches!(attempt.action, Action::Jsapi { .. }));
        // What is over is said to be over, logged in or not.
        let bo = Shopper::learner(app, "bo");
        let theirs = bo.orders(&["rust-101"]).await;
        required(bo.ask(payment(&theirs, Channel::InApp)).await);
        bo.cancels(&theirs).await.expect(200);
        bo.ask(payment(&theirs, Channel::InApp)).await.refused(409, "order_cancelled");
        // Another order of theirs needs no other login.
        Platform::of(app).await.sells("rust-102", 9_900, "lin", 7_000).await;
        let next = alice.orders(&["rust-102"]).await;
        let _: AttemptView = alice.ask(payment(&next, Channel::InApp)).await.read(201);
    });
}

#[test]
fn without_the_applications_secret_payments_inside_wechat_are_off_and_nothing_else_is() {
    for (value, problem) in [(None, None), (Some(""), None), (Some("s3cret!"), Some("WECHAT_PAY_APP_SECRET"))]
    {
        let app = NativeApp::start_with(1, |variables| {
            variables.remove("WECHAT_PAY_APP_SECRET");
            variables.extend(value.map(|value| ("WECHAT_PAY_APP_SECRET".to_owned(), value.to_owned())));
        });
        futures::executor::block_on(async {
            Platform::of(&app).await.sells("rust-101", 9_900, "lin", 7_000).await;
            let alice = Shopper::learner(&app, "alice");
            let order = alice.orders(&["rust-101"]).await;
            let offer = order.methods.iter().find(|offer| offer.method == WECHAT_PAY).expect("WeChat Pay");
            assert_eq!(offer.channels, [Channel::Qr, Channel::Mobile]);
            let refused = alice.ask(payment(&order, Channel::InApp)).await;
            refused.refused(422, Code::MethodNotAvailable.text());
            let login = wechat::asks_to_log_in(&alice, &order.id, &wechat::page()).await;
            assert!(login.refused(503, "gateway_off").detail.contains("WECHAT_PAY_APP_SECRET"));
            app.ask(Ask::get("/v1/wechat_login?state=x")).await.refused(503, "gateway_off");
            let health = app.ask(Ask::get("/v1/health")).await;
            let report: Value = health.read(200);
            assert_eq!(report["gateways"]["wechat_pay"]["on"], true);
            assert_eq!(report["problems"][0]["variable"].as_str(), problem);
            assert!(!health.text().contains("s3cret"));
        });
    }
}

#[test]
fn a_phone_goes_back_to_where_the_payment_says_and_else_to_the_page_that_is_set() {
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let set = app.deployed_with(|variables| {
            variables.insert("WECHAT_PAY_PAGE_URL".to_owned(), "https://school.example/home".to_owned());
        });
        let alice = Shopper::learner(&set, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let said: AttemptView = alice.ask(payment(&order, Channel::Mobile)).await.read(201);
        let unsaid = alice.pays(&order, WECHAT_PAY, Channel::Mobile).await;
        for (attempt, page) in [(said, "paid"), (unsaid, "home")] {
            let Action::Redirect { url } = attempt.action else { panic!("{attempt:?}") };
            assert!(url.ends_with(&format!("&redirect_url=https%3A%2F%2Fschool.example%2F{page}")), "{url}");
        }
    });
}
