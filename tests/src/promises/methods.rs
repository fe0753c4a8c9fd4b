//! Does every method pay a course?

use coursepay_core::api::{Action, AttemptView, OrderStatus, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};

use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::Shopper;
use crate::actors::wechat;
use crate::message::Ask;
use crate::target::Target;

/// Every way through a gateway, with the name of its clearing account.
pub const WAYS: [(GatewayId, Channel, &str); 7] = [
    (GatewayId::Alipay, Channel::Qr, "alipay"),
    (GatewayId::Alipay, Channel::Redirect, "alipay"),
    (GatewayId::Alipay, Channel::Mobile, "alipay"),
    (GatewayId::WechatPay, Channel::Qr, "wechat_pay"),
    (GatewayId::WechatPay, Channel::Mobile, "wechat_pay"),
    (GatewayId::WechatPay, Channel::InApp, "wechat_pay"),
    (GatewayId::Stripe, Channel::Redirect, "stripe"),
];

/// Ordered, approved at the gateway's own page, told by its callback: booked to the cent, and opened.
pub async fn a_course_is_bought_through_every_gateway<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    let alice = Shopper::learner(target, "alice");
    for (number, (gateway, channel, account)) in WAYS.into_iter().enumerate() {
        let product = format!("course-{number}");
        platform.sells(&product, 9_999, "lin", 7_000).await;
        let before = platform.balance(&format!("gateway:{account}:clearing")).await;
        let order = alice.orders(&[&product]).await;
        let attempt = pays(target, &alice, &order.id, gateway, channel).await;
        phone::approve(target, &page_of(target, &attempt).await).await;
        target
            .until("the order is paid", async || alice.looks_at(&order).await.status == OrderStatus::Paid)
            .await;
        let after = platform.balance(&format!("gateway:{account}:clearing")).await;
        assert_eq!(after - before, 9_999, "{gateway:?} {channel:?}");
        assert!(platform.opens("alice", &product).await, "{gateway:?} {channel:?}");
    }
    assert_eq!(platform.balance("suspense").await, 0);
}

/// A live attempt gives way to another method: it is closed at its gateway first, and cannot be paid any more.
pub async fn another_method_takes_the_place_of_one_that_was_begun<T: Target>(target: &T) {
    let platform = Platform::of(target).await;
    platform.sells("rust-101", 9_999, "lin", 7_000).await;
    let alice = Shopper::learner(target, "alice");
    let order = alice.orders(&["rust-101"]).await;
    let mut pages = Vec::new();
    for (gateway, channel, _) in WAYS {
        let attempt = pays(target, &alice, &order.id, gateway, channel).await;
        let page = page_of(target, &attempt).await;
        // Alipay knows of a payment only once its page was opened.
        phone::scan(target, &page).await;
        pages.push(page);
    }
    let last = pages.pop().expect("some way to pay");
    for page in &pages {
        phone::press(target, page, "approve").await.expect(409);
    }
    phone::approve(target, &last).await;
    target
        .until("the order is paid", async || alice.looks_at(&order).await.status == OrderStatus::Paid)
        .await;
    assert_eq!(platform.balance("gateway:stripe:clearing").await, 9_999);
    assert_eq!(platform.balance("suspense").await, 0);
}

/// Starts a payment and must get an attempt.
pub async fn pays<T: Target>(
    target: &T,
    shopper: &Shopper<'_, T>,
    order: &str,
    gateway: GatewayId,
    channel: Channel,
) -> AttemptView {
    if channel == Channel::InApp {
        wechat::logs_in(target, shopper, order).await;
    }
    let leaves_page = matches!(channel, Channel::Redirect | Channel::Mobile);
    let return_url = leaves_page.then(|| format!("{}/paid", crate::setup::SCHOOL_ORIGIN));
    let body = StartPayment { method: Method::External(gateway), channel, return_url };
    let ask = Ask::post(format!("/v1/orders/{order}/payments")).json(&body).fresh_key();
    shopper.ask(ask).await.read(201)
}

/// The address of the page on which the attempt is paid.
///
/// # Panics
/// When the attempt leads to no page.
pub async fn page_of<T: Target>(target: &T, attempt: &AttemptView) -> String {
    match &attempt.action {
        Action::QrCode { content, .. } => content.clone(),
        // Alipay's own address leads on to the page; WeChat's is the page, with a query of its own.
        Action::Redirect { url } => match phone::scan(target, url).await.header("location") {
            Some(page) => page.to_owned(),
            None => url.split('?').next().unwrap_or_default().to_owned(),
        },
        Action::Jsapi { params } => wechat::cashier(target, params).await,
        other => panic!("{other:?}"),
    }
}
