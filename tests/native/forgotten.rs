//! What is found again that everybody has stopped waiting for?

use coursepay_core::api::{OrderStatus, RefundStage};
use coursepay_core::method::Channel;
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, qr_content};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use serde_json::{Value, json};

async fn shop(app: &NativeApp) -> (Platform<'_, NativeApp>, Shopper<'_, NativeApp>) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    platform.credits("alice", 50_000).await;
    (platform, Shopper::learner(app, "alice"))
}

fn endpoint(name: Option<&str>) -> Value {
    json!({ "name": name, "url": "https://school.example/webhooks", "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" })
}

#[test]
fn a_code_that_was_closed_unscanned_and_paid_after_all_is_found_without_a_callback() {
    natively(async |app| {
        let (platform, alice) = shop(app).await;
        let order = alice.orders(&["rust-101"]).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        // The gateway knows of no trade yet, so there is nothing it could close.
        alice.cancels(&order).await.expect(200);
        app.hold_callbacks(true);
        phone::scan(app, &qr_content(&attempt)).await.expect(200);
        phone::approve(app, &qr_content(&attempt)).await;
        assert!(platform.entries("account=suspense").await.is_empty(), "nobody has told us");
        app.let_minutes_pass(40).await;
        assert_eq!(platform.entries("account=suspense").await.len(), 2, "it came, and went back");
        assert_eq!(platform.balance("gateway:alipay:clearing").await, 0);
        assert_eq!(platform.refunds_of(&order.id).await[0].status, RefundStage::Succeeded);
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::Cancelled);
    });
}

#[test]
fn a_code_that_expired_unscanned_is_asked_about_once_more_and_then_left_alone() {
    natively(async |app| {
        let (_, alice) = shop(app).await;
        let order = alice.orders(&["rust-101"]).await;
        alice.pays(&order, ALIPAY, Channel::Qr).await;
        app.let_minutes_pass(32).await;
        let waiting = "SELECT next_at_ms FROM attempts WHERE status = 'closed' AND next_at_ms IS NOT NULL";
        assert_eq!(app.world.db.rows(waiting, &[]).len(), 1, "the gateway's clock may be late");
        app.let_minutes_pass(10).await;
        assert!(app.world.db.rows(waiting, &[]).is_empty());
    });
}

#[test]
fn two_endpoints_of_one_name_switch_webhooks_off_and_payments_go_on() {
    block_on(async {
        let both = json!([endpoint(Some("lms")), endpoint(Some("lms"))]).to_string();
        let app = NativeApp::start_with(1, |variables| {
            variables.insert("WEBHOOK_ENDPOINTS".to_owned(), both);
        });
        let (platform, alice) = shop(&app).await;
        let health: Value = platform.ask(Ask::get("/v1/health")).await.read(200);
        assert_eq!(health["problems"][0]["problem"], "two endpoints have one name");
        alice.pays_by_wallet(&alice.orders(&["rust-101"]).await).await;
        assert!(platform.opens("alice", "rust-101").await);
        // Mended, the platform is told of what happened meanwhile.
        let mended = app.deployed_with(|_| {});
        mended.let_minutes_pass(1).await;
        assert_eq!(mended.webhooks().len(), 1);
        mended.let_minutes_pass(5).await;
        assert_eq!(mended.webhooks().len(), 1, "once");
    });
}

#[test]
fn an_endpoint_that_is_gone_for_a_while_gets_what_waited_for_it() {
    block_on(async {
        let app = NativeApp::start();
        let (_, alice) = shop(&app).await;
        alice.pays_by_wallet(&alice.orders(&["rust-101"]).await).await;
        let without = app.deployed_with(|variables| {
            variables.remove("WEBHOOK_ENDPOINTS");
        });
        without.let_minutes_pass(10).await;
        assert!(app.webhooks().is_empty());
        app.let_minutes_pass(60).await;
        assert_eq!(app.webhooks().len(), 1);
    });
}
