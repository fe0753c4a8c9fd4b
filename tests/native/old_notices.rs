//! What if a gateway's notice of a refund comes when another has overtaken it? It tells of what was, so that
//! nothing is believed of it that the gateway does not say again.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use coursepay_core::api::{AttemptView, RefundStage, RefundView};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_tests::actors::gateway::befalls;
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use http::Request;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};

/// Alice has paid a course of 99.00 through a gateway.
struct Sale<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    order: String,
    attempt: AttemptView,
    gateway: GatewayId,
}

impl<'a> Sale<'a> {
    async fn made(app: &'a NativeApp, gateway: GatewayId, channel: Channel) -> Self {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = pays(app, &alice, &order.id, gateway, channel).await;
        phone::approve(app, &page_of(app, &attempt).await).await;
        app.let_work_go_on().await;
        Self { app, platform, order: order.id, attempt, gateway }
    }

    async fn refunds_while(&self, rule: Value) -> RefundView {
        befalls(self.app, self.gateway, rule).await;
        self.platform.refunds(&self.order, &json!({ "reason": "退课" })).await
    }

    async fn stage(&self, refund: &RefundView) -> RefundStage {
        self.platform.refund(&refund.id).await.status
    }

    async fn clearing(&self) -> i64 {
        self.platform.balance(&format!("gateway:{}:clearing", self.gateway.name())).await
    }

    /// The merchant has WeChat Pay send the money of a stuck refund another way.
    async fn sends_another_way(&self, refund: &RefundView) {
        let sql = "SELECT gateway_no FROM refunds WHERE id = ?1";
        let rows = self.app.sql(sql, &[refund.id.as_str().into()]).await.unwrap();
        let row: Value = rows.into_iter().next().unwrap().read().unwrap();
        let path = format!(
            "/v3/refund/domestic/refunds/{}/apply-abnormal-refund",
            row["gateway_no"].as_str().unwrap()
        );
        let body = json!({ "out_refund_no": refund.id, "type": "MERCHANT_BANK_CARD" }).to_string();
        let ours = &self.app.setup().merchant.wechat_pay;
        let (now_s, nonce) = (self.app.now_ms() / 1_000, "0123456789abcdef0123456789abcdef");
        let der = BASE64_STANDARD.decode(ours.merchant_key.private_key_base64()).unwrap();
        let signer = SigningKey::<Sha256>::new(RsaPrivateKey::from_pkcs8_der(&der).unwrap());
        let signature =
            signer.sign(format!("POST\n{path}\n{now_s}\n{nonce}\n{body}\n").as_bytes()).to_bytes();
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{}\",\
             timestamp=\"{now_s}\",serial_no=\"{}\"",
            ours.mchid,
            BASE64_STANDARD.encode(signature),
            ours.merchant_certificate.serial_no
        );
        let ask = Ask::post(path)
            .body(body)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("user-agent", "a merchant")
            .header("authorization", &authorization);
        Answer(self.app.call_sandbox(ask.to(&self.app.setup().sandbox_url)).await).expect(200);
    }
}

/// Takes the callbacks that are due off the wire.
fn caught(app: &NativeApp) -> Vec<Request<Bytes>> {
    app.world.network.due_callbacks().into_iter().map(|callback| callback.request).collect()
}

#[test]
fn a_notice_that_a_refund_was_stuck_takes_nothing_back_once_the_buyer_has_the_money() {
    natively(async |app| {
        let sale = Sale::made(app, GatewayId::WechatPay, Channel::Qr).await;
        let refund = sale.refunds_while(json!({ "fault": "refund_abnormal", "times": 1 })).await;
        let stuck = caught(app).pop().unwrap();
        sale.sends_another_way(&refund).await;
        app.let_work_go_on().await;
        assert_eq!(sale.stage(&refund).await, RefundStage::Succeeded);
        assert_eq!(app.call(stuck).await.status(), 200, "it is acknowledged");
        app.let_work_go_on().await;
        assert_eq!(sale.stage(&refund).await, RefundStage::Succeeded);
        assert_eq!((sale.clearing().await, sale.platform.balance("refunds:reserved").await), (0, 0));
    });
}

#[test]
fn notices_of_a_success_and_its_end_that_come_at_once_leave_the_money_where_it_is() {
    for seed in 0..24 {
        let app = NativeApp::start_with(seed, |_| {});
        block_on(async {
            let sale = Sale::made(&app, GatewayId::Stripe, Channel::Redirect).await;
            befalls(
                &app,
                GatewayId::Stripe,
                json!({ "fault": "refund_failed_late", "by_ms": 1_000, "times": 1 }),
            )
            .await;
            let unheard = json!({ "fault": "timeout_after_effect", "operation": "refund", "times": 1 });
            let refund = sale.refunds_while(unheard).await;
            assert_eq!(refund.status, RefundStage::Requested, "{:?}", sale.attempt);
            let succeeded = caught(&app);
            app.world.clock.advance_ms(1_000);
            let failed = caught(&app);
            assert!(!succeeded.is_empty() && !failed.is_empty());
            let all = failed.into_iter().chain(succeeded).map(|notice| app.call(notice));
            futures::future::join_all(all).await;
            let stage = sale.stage(&refund).await;
            let told = [RefundStage::Failed, RefundStage::NeedsAttention].contains(&stage);
            assert!(told, "{seed}: {stage:?}");
            assert_eq!(sale.clearing().await, 9_900, "{seed}: the money is with us");
        });
        assert_invariants(&app.world.db);
    }
}
