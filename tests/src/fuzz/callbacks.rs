//! Does the app take in whatever a gateway may sign?
//!
//! What is changed is signed afterwards, so that it comes through to where money is decided about: it must
//! be refused as malformed or acknowledged, and every invariant must hold of what it has written.

use std::collections::BTreeMap;

use super::Play;
use super::app::Shop;
use crate::actors::callback::RawCallback;
use crate::actors::{alipay as alipay_actor, stripe as stripe_actor, wechat_pay as wechat_pay_actor};

/// Sends a signed callback, which is refused as malformed, or as too large, or taken in.
fn send(shop: &mut Shop, callback: RawCallback) -> String {
    let request = callback.request(&shop.setup().public_url);
    let outcome = shop.answer(request);
    assert!(["200", "400", "413"].iter().any(|status| outcome.starts_with(status)), "{outcome}");
    outcome
}

/// A form, without its signature.
pub(super) fn alipay() -> Play {
    let mut shop = Shop::open();
    let paid = alipay_actor::Notify::paid(shop.setup(), &shop.numbers[0], 9_900, shop.now_ms());
    let refunded = paid.clone().with("refund_fee", "99.00").with("gmt_refund", "2026-01-01 08:00:00.000");
    let form = |notify: &alipay_actor::Notify| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(notify.params()).finish().into_bytes()
    };
    let seeds = [&paid, &refunded].map(form).into();
    let read = move |input: &[u8]| {
        let params: BTreeMap<String, String> = form_urlencoded::parse(input).into_owned().collect();
        let notify = alipay_actor::Notify::of(params).without("sign");
        let body = notify.signed_by(&shop.setup().alipay.gateway_key);
        send(&mut shop, alipay_actor::callback(body))
    };
    Play { seeds, read: Box::new(read) }
}

/// What is sealed.
pub(super) fn wechat_pay() -> Play {
    let mut shop = Shop::open();
    let paid = wechat_pay_actor::Callback::paid(shop.setup(), &shop.numbers[1], 9_900);
    let seeds = vec![paid.plain().as_bytes().to_vec()];
    let read = move |input: &[u8]| {
        let callback = paid.clone().saying(&String::from_utf8_lossy(input));
        let callback = wechat_pay_actor::true_callback(shop.setup(), &callback, shop.now_ms());
        send(&mut shop, callback)
    };
    Play { seeds, read: Box::new(read) }
}

/// An event.
pub(super) fn stripe() -> Play {
    let mut shop = Shop::open();
    let paid = stripe_actor::Event::paid(&shop.numbers[2], 9_900, shop.now_ms());
    let kinds = [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.payment_failed",
        "refund.updated",
        "charge.refunded",
        "charge.dispute.created",
    ];
    let seeds = kinds.map(|kind| paid.clone().with("/type", kind).body().into_bytes()).into();
    let read = move |input: &[u8]| {
        let callback = stripe_actor::signed(input, &shop.setup().stripe_webhook_secret, shop.now_ms());
        send(&mut shop, callback)
    };
    Play { seeds, read: Box::new(read) }
}
