//! Do the gateways' own accounts of a day say what our books say?

use coursepay_core::gateway::statement::{LineKind, StatementLine};
use coursepay_core::gateway::{stripe, wechat_pay};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use serde_json::{Value, json};

/// A course of 99.00 is bought and 33.33 of it refunded; the numbers of payment and refund.
async fn bought_and_refunded(app: &NativeApp, gateway: GatewayId, channel: Channel) -> (String, String) {
    let platform = Platform::of(app).await;
    platform.sells("rust-101", 9_900, "lin", 7_000).await;
    let alice = Shopper::learner(app, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let attempt = pays(app, &alice, &order.id, gateway, channel).await;
    phone::approve(app, &page_of(app, &attempt).await).await;
    app.let_work_go_on().await;
    let refund = platform.refunds(&order.id, &json!({ "amount_minor": 3_333, "reason": "退课" })).await;
    app.let_minutes_pass(3).await;
    assert_eq!(platform.balance(&format!("gateway:{}:clearing", gateway.name())).await, 6_567);
    (attempt.merchant_no, refund.id)
}

/// Asks WeChat Pay as our merchant.
async fn asked(app: &NativeApp, path: &str) -> Answer {
    let merchant = &app.setup().merchant.wechat_pay;
    let (timestamp, nonce) = (app.now_ms() / 1_000, "5K8264ILTKCH16CQ2502SI8ZNMTM67VS");
    let signature = merchant.merchant_key.sign_sha256(&format!("GET\n{path}\n{timestamp}\n{nonce}\n\n"));
    let authorization = format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",serial_no=\"{}\",signature=\"{signature}\"",
        merchant.mchid, merchant.merchant_certificate.serial_no,
    );
    let ask = Ask::get(path).header("authorization", &authorization).header("accept", "application/json");
    Answer(app.call_sandbox(ask.header("user-agent", "tests").to(&app.setup().sandbox_url)).await)
}

/// What a line is, its numbers and its amount; without our numbers where the statement has none.
fn told(line: &StatementLine) -> (bool, Option<&str>, Option<&str>, i64) {
    let refund_no = match &line.kind {
        LineKind::Refund { refund_no } => refund_no.as_deref(),
        LineKind::Payment | LineKind::Other(_) => None,
    };
    let is_payment = line.kind == LineKind::Payment;
    (is_payment, line.merchant_no.as_deref(), refund_no, line.amount.minor())
}

#[test]
fn wechat_pays_bill_has_each_payment_and_refund_of_our_books() {
    natively(async |app| {
        let (payment, refund) = bought_and_refunded(app, GatewayId::WechatPay, Channel::Qr).await;
        let day = coursepay_sandbox::shanghai_text(app.now_ms())[..10].to_owned();
        app.world.clock.advance_ms(36 * 60 * 60 * 1_000);
        let announced: Value =
            asked(app, &format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL")).await.read(200);
        let address = announced["download_url"].as_str().unwrap();
        let path = &address[address.find("/v3/").unwrap()..];
        let bill = asked(app, path).await;
        let lines =
            wechat_pay::statement::read(&bill.text(), &app.setup().merchant.wechat_pay.mchid).unwrap();
        let lines: Vec<_> = lines.iter().map(told).collect();
        let (payment, refund) = (Some(payment.as_str()), Some(refund.as_str()));
        assert_eq!(lines, [(true, payment, None, 9_900), (false, payment, refund, 3_333)]);
    });
}

#[test]
fn stripes_balance_has_each_payment_and_refund_of_our_books() {
    natively(async |app| {
        let (payment, refund) = bought_and_refunded(app, GatewayId::Stripe, Channel::Redirect).await;
        let ask = Ask::get("/v1/balance_transactions?limit=100&expand[]=data.source")
            .bearer(Some(&app.setup().merchant.stripe.secret_key));
        let body = Answer(app.call_sandbox(ask.to(&app.setup().sandbox_url)).await);
        body.expect(200);
        let page = stripe::statement::read(body.0.body()).unwrap();
        let lines: Vec<_> = page.lines.iter().map(told).collect();
        let (payment, refund) = (Some(payment.as_str()), Some(refund.as_str()));
        assert_eq!(lines, [(false, payment, refund, 3_333), (true, payment, None, 9_900)]);
        assert_eq!(page.next_after, None);
        assert!(page.lines[1].fee_minor > 0);
    });
}
