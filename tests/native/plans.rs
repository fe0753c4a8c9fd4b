//! Does every statement find its rows by an index?

use std::collections::BTreeSet;

use coursepay_core::method::GatewayId;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::faults::Faults;
use coursepay_tests::native::sale::Sale;
use coursepay_tests::native::sqlite::Sqlite;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;

use crate::rotation::{a_minute_passes, let_wechat_pay_sign_by_public_key, set};

/// Every statement that the promises, the reads and the cron send.
fn statements() -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    macro_rules! watch {
        ($group:ident::$promise:ident) => {
            let app = NativeApp::start_with(1, set("UNPAID_REMINDER_MINUTES", "10"));
            block_on(async {
                coursepay_tests::promises::$group::$promise(&app).await;
                app.let_minutes_pass(40).await;
                let platform = Platform::of(&app).await;
                platform.balance("suspense").await;
                platform.entries("account=suspense").await;
                platform.opens("alice", "rust-101").await;
                platform.ask(Ask::get("/v1/callbacks?outcome=taken")).await;
                platform.ask(Ask::get("/v1/surplus")).await.expect(200);
                platform.ask(Ask::get("/v1/surplus?fate=returned&after=1")).await.expect(200);
                platform.ask(Ask::get("/v1/products/rust-101")).await;
                app.ask(Ask::get("/v1/health")).await.expect(200);
                platform.sells("late", 100, "lin", 1).await;
                let alice = Shopper::learner(&app, "alice");
                let order = alice.orders(&["late"]).await;
                alice.cancels(&order).await.expect(200);
            });
            seen.extend(app.world.db.statements_seen());
        };
    }
    coursepay_tests::promises!(watch);
    seen.extend(statements_of_learned_keys());
    seen
}

/// Those about keys that a job fetches.
fn statements_of_learned_keys() -> BTreeSet<&'static str> {
    let app = NativeApp::start_with(1, set("WECHAT_PAY_PUBLIC_KEYS", "certificates"));
    block_on(async {
        let_wechat_pay_sign_by_public_key(&app, 0).await;
        a_minute_passes(&app).await;
        Sale::of(&app, "one", GatewayId::WechatPay).await.settles(&app).await;
        app.ask(Ask::get("/v1/health")).await.expect(200);
    });
    let seen = app.world.db.statements_seen();
    assert_eq!(seen.iter().filter(|sql| sql.contains("gateway_keys")).count(), 5, "{seen:#?}");
    seen
}

#[test]
fn no_statement_scans_or_sorts_a_table() {
    let db = Sqlite::migrated(Faults::none(1));
    let statements = statements();
    assert!(statements.len() > 30, "only {} statements", statements.len());
    let mut slow = Vec::new();
    for sql in statements {
        for step in db.plan(sql) {
            let scans = step.starts_with("SCAN")
                && !step.contains("VIRTUAL TABLE")
                && !step.contains("CONSTANT ROW")
                && !step.contains("COVERING INDEX");
            if scans || step.contains("TEMP B-TREE") {
                slow.push(format!("{step}\n    {sql}"));
            }
        }
    }
    assert!(slow.is_empty(), "{} slow steps:\n{}", slow.len(), slow.join("\n"));
}
