//! Does the Worker come by keys that are in no variable? With its own WebCrypto and D1.

use coursepay_core::api::{Action, AttemptView, OrderStatus};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::target::Target as _;
use coursepay_tests::workerd::Workerd;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_course_is_bought_by_keys_out_of_certificates_alone() {
    let worker = Workerd::start_with(|variables| {
        variables.insert("WECHAT_PAY_PUBLIC_KEYS".to_owned(), "certificates".to_owned());
        let alipay = &coursepay_tests::setup::keys().merchants[0].alipay;
        variables.insert("ALIPAY_CERTIFICATES".to_owned(), alipay.gateway_cert.pem.clone());
        variables.insert("ALIPAY_APP_CERTIFICATE".to_owned(), alipay.app_cert.pem.clone());
        variables.insert("ALIPAY_ROOT_CERTIFICATES".to_owned(), alipay.root_cert.pem.clone());
        variables.remove("ALIPAY_PUBLIC_KEYS");
    });
    let worker = worker.await.expect("the Worker starts");
    let by_certificate = Ask::post("/sandbox/wechat_pay").json(&json!({ "public_key_percent": 0 }));
    Answer(worker.call_sandbox(by_certificate.to(&worker.setup().sandbox_url)).await).expect(200);
    worker.fire_cron().await;
    let kept = "SELECT name FROM gateway_keys";
    worker
        .until("a certificate is kept", async || worker.sql(kept, &[]).await.expect("rows").len() == 1)
        .await;

    let platform = Platform::of(&worker).await;
    let alice = Shopper::learner(&worker, "alice");
    for (product, gateway) in [("by-wechat", GatewayId::WechatPay), ("by-alipay", GatewayId::Alipay)] {
        platform.sells(product, 9_900, "lin", 7_000).await;
        let order = alice.orders(&[product]).await;
        let attempt: AttemptView = alice.pays(&order, Method::External(gateway), Channel::Qr).await;
        let Action::QrCode { content, .. } = &attempt.action else { panic!("{attempt:?}") };
        phone::approve(&worker, content).await;
        worker
            .until("the order is paid", async || alice.looks_at(&order).await.status == OrderStatus::Paid)
            .await;
    }
}
