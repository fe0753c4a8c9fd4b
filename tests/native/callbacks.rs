//! What is believed of a callback, and what becomes of the rest?
//!
//! What does not verify is refused and leaves nothing. What verifies but does not fit is acknowledged, kept
//! apart and listed. Neither settles anything.

use coursepay_core::api::{AttemptStatus, AttemptView, OrderStatus, OrderView};
use coursepay_core::method::Channel;
use coursepay_tests::actors::alipay::{Notify, assert_acknowledged, notify};
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper};
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::setup::keys;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use serde_json::Value;

/// A shop with one order that waits for Alipay.
struct Scene<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    alice: Shopper<'a, NativeApp>,
    order: OrderView,
    attempt: AttemptView,
}

impl<'a> Scene<'a> {
    async fn set(app: &'a NativeApp) -> Self {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = alice.pays(&order, ALIPAY, Channel::Qr).await;
        Self { app, platform, alice, order, attempt }
    }

    /// The true notify of this attempt.
    fn paid(&self) -> Notify {
        Notify::paid(self.app.setup(), &self.attempt.merchant_no, 9_900, self.app.now_ms())
    }

    /// Signed by Alipay and sent.
    async fn notify(&self, notice: &Notify) -> Answer {
        notify(self.app, &notice.signed_by(&self.app.setup().alipay.gateway_key)).await
    }

    async fn assert_unpaid(&self) {
        assert_eq!(self.alice.looks_at(&self.order).await.status, OrderStatus::AwaitingPayment);
        assert_eq!(self.platform.entries(&format!("order={}", self.order.id)).await.len(), 0);
        assert_eq!(self.platform.balance("gateway:alipay:clearing").await, 0);
        assert!(!self.platform.opens("alice", "rust-101").await);
        self.app.let_work_go_on().await;
        assert!(self.platform.webhooks().is_empty());
    }

    async fn quarantined(&self) -> Vec<Value> {
        let listed: Value = self.platform.ask(Ask::get("/v1/callbacks?outcome=quarantined")).await.read(200);
        listed["callbacks"].as_array().unwrap().clone()
    }
}

#[test]
fn what_alipay_did_not_sign_is_refused_and_leaves_nothing() {
    natively(async |app| {
        let scene = Scene::set(app).await;
        let paid = scene.paid();
        let setup = app.setup();
        let good = paid.signed_by(&setup.alipay.gateway_key);
        let (before_sign, sign) =
            good.split_once("sign=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let bodies = [
            ("signed with our own key", paid.signed_by(&setup.alipay.app_key)),
            ("an empty signature", paid.form("")),
            ("no base64", paid.form("%%%")),
            ("too short a signature", paid.form("AAAA")),
            ("another amount under a true signature", good.replace("99.00", "0.01")),
            (
                "another number under a true signature",
                good.replace(&scene.attempt.merchant_no, "01JGFJJZ00000000000000000A"),
            ),
            ("a parameter added", format!("{good}&extra=1")),
            ("a second value for a signed parameter", format!("{good}&total_amount=0.01")),
            ("a second value before it", format!("total_amount=0.01&{good}")),
            ("a second signature", format!("{good}&sign={sign}x")),
            (
                "a parameter left out",
                paid.clone()
                    .without("seller_id")
                    .signed_by(&setup.alipay.gateway_key)
                    .replace("sign=", &format!("seller_id={}&sign=", setup.alipay.seller_id)),
            ),
            ("the body cut off", good[..good.len() / 2].to_owned()),
            ("no signature at all", before_sign),
            ("nothing", String::new()),
            ("JSON", "{\"trade_status\":\"TRADE_SUCCESS\"}".to_owned()),
            ("not UTF-8", "sign=%ff%fe&out_trade_no=%ff".to_owned()),
        ];
        for (what, body) in bodies {
            let before = app.world.db.contents();
            let answer = notify(app, &body).await;
            assert_eq!(answer.status().as_u16(), 400, "{what}: {}", answer.text());
            assert_ne!(answer.text(), "success", "{what}");
            assert_eq!(app.world.db.contents(), before, "{what} must leave nothing");
        }
        scene.assert_unpaid().await;
        // The true one still comes through: no forged one has taken its place.
        assert_acknowledged(&notify(app, &good).await);
        assert_eq!(scene.alice.looks_at(&scene.order).await.status, OrderStatus::Paid);
    });
}

#[test]
fn what_is_signed_but_not_for_us_is_quarantined_and_acknowledged() {
    natively(async |app| {
        let scene = Scene::set(app).await;
        let bo = Shopper::learner(app, "bo");
        let other_order = bo.orders(&["rust-101"]).await;
        let wallet_attempt = {
            scene.platform.credits("bo", 20_000).await;
            bo.pays_by_wallet(&other_order).await
        };
        let cases = [
            ("another app", scene.paid().with("app_id", "2021000000000000")),
            ("another seller", scene.paid().with("seller_id", "2088000000000000")),
            ("no app", scene.paid().without("app_id")),
            ("no seller", scene.paid().without("seller_id")),
            ("a cent less", scene.paid().with("total_amount", "98.99")),
            ("a cent more", scene.paid().with("total_amount", "99.01")),
            ("a fraction of a cent", scene.paid().with("total_amount", "99.001")),
            ("an amount with an exponent", scene.paid().with("total_amount", "9.9e1")),
            ("a negative amount", scene.paid().with("total_amount", "-99.00")),
            ("an amount beyond any", scene.paid().with("total_amount", "99999999999999999999.00")),
            ("no amount", scene.paid().without("total_amount")),
            ("a number we never gave out", scene.paid().with("out_trade_no", "01JGFJJZ00000000000000000A")),
            ("a number that is none of ours", scene.paid().with("out_trade_no", "shop-4711")),
            (
                "the number of a wallet payment",
                scene.paid().with("out_trade_no", &wallet_attempt.merchant_no),
            ),
            ("an order's id for a number", scene.paid().with("out_trade_no", &scene.order.id)),
            ("a status nobody knows", scene.paid().with("trade_status", "TRADE_MAYBE")),
            (
                "a refund",
                scene.paid().with("refund_fee", "99.00").with("gmt_refund", "2026-01-01 08:00:00.000"),
            ),
            ("no gateway number", scene.paid().without("trade_no")),
        ];
        let count = cases.len();
        let clearing = scene.platform.balance("gateway:alipay:clearing").await;
        for (n, (what, notice)) in cases.into_iter().enumerate() {
            let answer = scene.notify(&notice.with("notify_id", &format!("n{n}"))).await;
            assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, "success"), "{what}");
            assert_eq!(scene.quarantined().await.len(), n + 1, "{what} must be listed");
            assert_eq!(
                scene.platform.balance("gateway:alipay:clearing").await,
                clearing,
                "{what} must not book"
            );
            assert_eq!(
                scene.alice.looks_at(&scene.order).await.status,
                OrderStatus::AwaitingPayment,
                "{what} must not settle"
            );
        }
        assert!(!scene.platform.opens("alice", "rust-101").await);
        // A repeat is counted, not listed again; and the true one still settles.
        assert_acknowledged(
            &scene.notify(&scene.paid().with("app_id", "other").with("notify_id", "n0")).await,
        );
        let listed = scene.quarantined().await;
        assert_eq!(listed.len(), count);
        assert!(
            listed
                .iter()
                .any(|row| row["notice_key"].as_str().unwrap().contains("n0") && row["deliveries"] == 2)
        );
        assert!(listed.iter().all(|row| !row["detail"].as_str().unwrap_or_default().is_empty()));
        assert_acknowledged(&scene.notify(&scene.paid()).await);
        assert_eq!(scene.alice.looks_at(&scene.order).await.status, OrderStatus::Paid);
    });
}

#[test]
fn a_quarantined_notice_that_fits_later_settles() {
    natively(async |app| {
        let scene = Scene::set(app).await;
        assert_acknowledged(&scene.notify(&scene.paid().with("total_amount", "1.00")).await);
        scene.assert_unpaid().await;
        // The same notify_id, corrected: judged by what it says, not by its key.
        assert_acknowledged(&scene.notify(&scene.paid()).await);
        assert_eq!(scene.alice.looks_at(&scene.order).await.status, OrderStatus::Paid);
        assert_eq!(scene.quarantined().await.len(), 0);
    });
}

#[test]
fn news_that_came_late_never_takes_a_payment_back() {
    natively(async |app| {
        let scene = Scene::set(app).await;
        assert_acknowledged(&scene.notify(&scene.paid()).await);
        for (n, status) in
            ["WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_SUCCESS", "TRADE_FINISHED"].into_iter().enumerate()
        {
            let late = scene.paid().with("trade_status", status).with("notify_id", &format!("late-{n}"));
            assert_acknowledged(&scene.notify(&late).await);
        }
        let order = scene.alice.looks_at(&scene.order).await;
        assert_eq!(order.status, OrderStatus::Paid);
        assert_eq!(order.attempt.unwrap().status, AttemptStatus::Paid);
        assert_eq!(scene.platform.entries(&format!("order={}", order.id)).await.len(), 1);
        assert_eq!(scene.platform.balance("gateway:alipay:clearing").await, 9_900);
    });
}

#[test]
fn a_notify_that_a_trade_was_closed_settles_nothing_and_money_after_it_still_does() {
    natively(async |app| {
        let scene = Scene::set(app).await;
        let closed = scene.paid().with("trade_status", "TRADE_CLOSED").with("notify_id", "closed");
        assert_acknowledged(&scene.notify(&closed).await);
        scene.assert_unpaid().await;
        let order = scene.alice.looks_at(&scene.order).await;
        assert_eq!(order.attempt.unwrap().status, AttemptStatus::Closed);
        assert_acknowledged(&scene.notify(&scene.paid()).await);
        assert_eq!(scene.alice.looks_at(&scene.order).await.status, OrderStatus::Paid);
    });
}

#[test]
fn a_key_that_rolled_in_is_trusted_beside_the_old_one() {
    block_on(async {
        let merchant = &keys().merchants[0].alipay;
        let app = NativeApp::start_with(1, |variables| {
            let both = format!(
                "{},{}",
                merchant.app_key.public_key_base64(),
                merchant.gateway_key.public_key_base64()
            );
            variables.insert("ALIPAY_PUBLIC_KEYS".to_owned(), both);
        });
        let scene = Scene::set(&app).await;
        assert_acknowledged(&scene.notify(&scene.paid()).await);
        assert_eq!(scene.alice.looks_at(&scene.order).await.status, OrderStatus::Paid);
    });
}

#[test]
fn a_callback_above_64_kb_is_refused_unread() {
    natively(async |app| {
        let scene = Scene::set(app).await;
        let large = scene.paid().with("passback_params", &"x".repeat(70_000));
        scene.notify(&large).await.refused(413, "body_too_large");
        scene.assert_unpaid().await;
    });
}
