//! What can be sent in Stripe's name?

use std::collections::BTreeMap;

use coursepay_core::method::GatewayId;
use coursepay_edge::app::error::Code::{BodyTooLarge, CallbackMalformed, CallbackNotVerified, GatewayOff};
use coursepay_tests::actors::callback::RawCallback;
use coursepay_tests::actors::stripe::{Event, signature, signed, true_callback};
use serde_json::{Value, json};

use super::Before::{Cancelled, Paid};
use super::Must::{Ignored, Quarantined, Refused, Repeated, Settled, Surplus};
use super::scene::{NOBODYS_NUMBER, Scene};
use super::{Kind, Row, row};

const OTHER_SECRET: &str = "whsec_ofAnotherEndpoint000000000000";

/// Signed by Stripe itself, now.
fn told(scene: &Scene, event: &Event) -> RawCallback {
    true_callback(scene.setup(), event, scene.now_ms())
}

/// The true event with one value changed before Stripe signs it.
fn saying(scene: &Scene, pointer: &str, value: impl Into<Value>) -> RawCallback {
    told(scene, &scene.event().with(pointer, value))
}

/// Any text signed by Stripe itself.
fn any(scene: &Scene, change: impl FnOnce(&str) -> String) -> RawCallback {
    signed(change(scene.truth().text()), &scene.setup().stripe_webhook_secret, scene.now_ms())
}

/// The true event, signed `seconds` from now.
fn dated(scene: &Scene, seconds: i64) -> RawCallback {
    true_callback(scene.setup(), &scene.event(), scene.now_ms() + seconds * 1_000)
}

/// The true event under another header, made from its time and its signature.
fn headed(scene: &Scene, header: impl FnOnce(i64, &str) -> String) -> RawCallback {
    let (truth, at_s) = (scene.truth(), scene.now_ms() / 1_000);
    let v1 = signature(truth.text().as_bytes(), &scene.setup().stripe_webhook_secret, at_s);
    truth.header("Stripe-Signature", &header(at_s, &v1))
}

fn secrets(variables: &mut BTreeMap<String, String>, change: impl FnOnce(&mut String)) {
    variables.entry("STRIPE_WEBHOOK_SECRETS".to_owned()).and_modify(change);
}

fn live(variables: &mut BTreeMap<String, String>) {
    variables.insert("STRIPE_SECRET_KEY".to_owned(), "sk_live_of_nobody".to_owned());
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("an event without a signature", Kind::Unsigned, Refused(CallbackMalformed),
            |scene| headed(scene, |at_s, _| format!("t={at_s}"))),
        row("an event with an empty signature", Kind::Unsigned, Refused(CallbackMalformed),
            |scene| headed(scene, |at_s, _| format!("t={at_s},v1="))),
        row("a signature of zeros", Kind::Unsigned, Refused(CallbackNotVerified),
            |scene| headed(scene, |at_s, _| format!("t={at_s},v1={}", "0".repeat(64)))),
        row("an event signed with the empty secret where none is set", Kind::EmptySecret, Refused(GatewayOff),
            |scene| scene.event().signed_by("", scene.now_ms()))
            .deployed(|variables| secrets(variables, String::clear)),
        row("an event signed with `whsec_` where no more is set", Kind::EmptySecret, Refused(GatewayOff),
            |scene| scene.event().signed_by("whsec_", scene.now_ms()))
            .deployed(|variables| secrets(variables, |secret| *secret = "whsec_".to_owned())),
        row("an event signed with the empty secret", Kind::EmptySecret, Refused(CallbackNotVerified),
            |scene| scene.event().signed_by("", scene.now_ms())),
        row("what Alipay truly says", Kind::OtherGateway, Refused(CallbackMalformed),
            |scene| scene.truth_of(GatewayId::Alipay).at(GatewayId::Stripe)),
        row("what WeChat truly says", Kind::OtherGateway, Refused(CallbackMalformed),
            |scene| scene.truth_of(GatewayId::WechatPay).at(GatewayId::Stripe)),
        row("an event of a connected account", Kind::OtherMerchant, Quarantined("expected seller"),
            |scene| saying(scene, "/account", scene.stranger().stripe.connected_accounts[0].as_str())),
        row("an event of another account, where ours is known", Kind::OtherMerchant, Quarantined("expected seller acct_ours"),
            |scene| saying(scene, "/account", scene.stranger().stripe.id.as_str()))
            .deployed(|variables| drop(variables.insert("STRIPE_ACCOUNT".to_owned(), "acct_ours".to_owned()))),
        row("what Stripe signs for another endpoint", Kind::OtherMerchant, Refused(CallbackNotVerified),
            |scene| scene.event().signed_by(OTHER_SECRET, scene.now_ms())),
        row("the true event once more", Kind::Replay, Repeated, Scene::truth).after(Paid),
        row("the true event, signed again a minute later", Kind::Replay, Repeated, |scene| dated(scene, 60)).after(Paid),
        row("an event signed more than five minutes ago", Kind::Stale, Refused(CallbackMalformed),
            |scene| dated(scene, -301)),
        row("an event signed five minutes ago", Kind::Stale, Settled, |scene| dated(scene, -300)),
        row("a time that was freshened on the way", Kind::Stale, Refused(CallbackNotVerified), |scene| {
            let old = dated(scene, -600).value("Stripe-Signature").to_owned();
            let (_, v1) = old.split_once(',').unwrap();
            headed(scene, |at_s, _| format!("t={at_s},{v1}"))
        }),
        row("an event signed more than five minutes from now", Kind::FromTheFuture, Refused(CallbackMalformed),
            |scene| dated(scene, 301)),
        row("one digit of the amount changed on the way", Kind::ByteChanged, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("\"amount_total\":9900", "\"amount_total\":9901")),
        row("one letter of the event's id changed on the way", Kind::ByteChanged, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("evt_", "evT_")),
        row("the same JSON written anew", Kind::Reserialised, Refused(CallbackNotVerified), |scene| {
            let read: Value = serde_json::from_str(scene.truth().text()).unwrap();
            scene.truth().body(serde_json::to_string_pretty(&read).unwrap())
        }),
        row("another amount, signed with the secret of API calls", Kind::OtherKey, Refused(CallbackNotVerified), |scene| {
            let event = scene.event().with("/data/object/amount_total", 1);
            event.signed_by(&scene.setup().merchant.stripe.secret_key, scene.now_ms())
        }),
        row("a cent less, signed", Kind::OtherMoney, Quarantined("expected 9900, got 9899"),
            |scene| saying(scene, "/data/object/amount_total", 9_899)),
        row("as many cents in dollars, signed", Kind::OtherMoney, Quarantined("expected CNY, got USD"),
            |scene| saying(scene, "/data/object/currency", "usd")),
        row("a currency that we do not have, signed", Kind::OtherMoney, Quarantined("amount_total"),
            |scene| saying(scene, "/data/object/currency", "xts")),
        row("a negative amount, signed", Kind::OtherMoney, Quarantined("amount_total"),
            |scene| saying(scene, "/data/object/amount_total", -9_900)),
        row("a number that nobody gave out", Kind::UnknownNumber, Quarantined("unknown merchant number"),
            |scene| told(scene, &Event::paid(NOBODYS_NUMBER, 9_900, scene.now_ms()))),
        row("a session of the same account that is not ours", Kind::UnknownNumber, Quarantined(""), |scene| {
            let event = scene.event().with("/data/object/client_reference_id", Value::Null);
            told(scene, &event.with("/data/object/metadata", json!({})))
        }),
        row("a session that names two numbers", Kind::OtherNumber, Quarantined("unknown merchant number"),
            |scene| saying(scene, "/data/object/metadata/attempt", scene.bos_number.as_str())),
        row("the number of Bo's payment, with Alice's amount", Kind::OtherNumber, Quarantined("expected 12300, got 9900"),
            |scene| told(scene, &Event::paid(&scene.bos_number, 9_900, scene.now_ms()))),
        row("the number of a payment by Alipay", Kind::OtherNumber, Quarantined("unknown merchant number"),
            |scene| told(scene, &Event::paid(&scene.number_elsewhere, 9_900, scene.now_ms()))),
        row("a test payment in live mode", Kind::OtherMode, Quarantined("expected live mode true, got false"), Scene::truth)
            .deployed(live),
        row("a live payment in test mode", Kind::OtherMode, Quarantined("expected live mode false, got true"),
            |scene| told(scene, &scene.event().with("/livemode", true).with("/data/object/livemode", true))),
        row("a test session in an event that says it is live", Kind::OtherMode, Quarantined("livemode"),
            |scene| saying(scene, "/livemode", true))
            .deployed(live),
        row("`+`, `%26` and `%2B` in signed values", Kind::Escapes, Settled,
            |scene| saying(scene, "/data/object/customer_details", json!({"name": "a+b=1&c=%26&d=%2B \\ 课"}))),
        row("values that were decoded on the way", Kind::Escapes, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("%26", "&")),
        row("a body escaped for HTML on the way", Kind::HtmlEscapes, Refused(CallbackMalformed), |scene| {
            let escaped = scene.truth().text().replace('"', "&quot;");
            scene.truth().body(escaped)
        }),
        row("a value escaped for HTML on the way", Kind::HtmlEscapes, Refused(CallbackNotVerified), |scene| {
            let escaped = scene.truth().text().replace('<', "&lt;");
            scene.truth().body(escaped)
        }),
        row("an object that stands twice in an event, signed", Kind::Duplicate, Refused(CallbackMalformed),
            |scene| any(scene, |body| body.replacen('{', r#"{"data":{"object":{}},"#, 1))),
        row("an amount that stands twice in a session, signed", Kind::Duplicate, Quarantined("data.object"),
            |scene| any(scene, |body| body.replace("\"amount_total\":9900", "\"amount_total\":1,\"amount_total\":9900"))),
        row("a second signature header", Kind::Duplicate, Refused(CallbackMalformed), |scene| {
            let truth = scene.truth();
            let header = truth.value("Stripe-Signature").to_owned();
            truth.and_header("Stripe-Signature", &header)
        }),
        row("two times in one header", Kind::Duplicate, Refused(CallbackMalformed),
            |scene| headed(scene, |at_s, v1| format!("t={at_s},t={at_s},v1={v1}"))),
        row("an event of 70 000 bytes, signed", Kind::Oversized, Refused(BodyTooLarge),
            |scene| saying(scene, "/data/object/url", "x".repeat(70_000))),
        row("the true event under another content type", Kind::ContentType, Settled,
            |scene| scene.truth().header("content-type", "application/x-www-form-urlencoded")),
        row("the true event without its header", Kind::HeaderMissing, Refused(CallbackMalformed),
            |scene| scene.truth().without("Stripe-Signature")),
        row("a signature without a time", Kind::HeaderMissing, Refused(CallbackMalformed),
            |scene| headed(scene, |_, v1| format!("v1={v1}"))),
        row("nothing, signed", Kind::Empty, Refused(CallbackMalformed), |scene| any(scene, |_| String::new())),
        row("an empty object, signed", Kind::Empty, Refused(CallbackMalformed), |scene| any(scene, |_| "{}".to_owned())),
        row("bytes that are not UTF-8, signed", Kind::NotUtf8, Refused(CallbackMalformed), |scene| {
            signed(b"{\"id\":\"\xff\xfe\"}", &scene.setup().stripe_webhook_secret, scene.now_ms())
        }),
        row("a forged event with the id of the true one", Kind::Shadow, Refused(CallbackNotVerified),
            |scene| scene.event().signed_by(OTHER_SECRET, scene.now_ms())),
        row("a signed event that does not fit, with the id of the true one", Kind::Shadow,
            Quarantined("expected 9900, got 1"), |scene| saying(scene, "/data/object/amount_total", 1)),
        row("a signature under v0 alone", Kind::Downgrade, Refused(CallbackMalformed),
            |scene| headed(scene, |at_s, v1| format!("t={at_s},v0={v1}"))),
        row("a true v0 beside a v1 that is none", Kind::Downgrade, Refused(CallbackNotVerified),
            |scene| headed(scene, |at_s, v1| format!("t={at_s},v1={},v0={v1}", "ab".repeat(32)))),
        row("half of a signature", Kind::Downgrade, Refused(CallbackMalformed),
            |scene| headed(scene, |at_s, v1| format!("t={at_s},v1={}", &v1[..32]))),
        row("a thin event, signed", Kind::Downgrade, Quarantined("no use for v2.core.event"),
            |scene| saying(scene, "/object", "v2.core.event")),
        row("money for a payment that was closed, of an order that was cancelled", Kind::TooLate, Surplus, Scene::truth)
            .after(Cancelled),
        row("a step of the payment, which says nothing new", Kind::NotAPayment, Ignored,
            |scene| saying(scene, "/type", "payment_intent.succeeded")),
        row("a session that is complete and owes its money", Kind::NotAPayment, Quarantined("unknown status"),
            |scene| saying(scene, "/data/object/payment_status", "no_payment_required")),
        row("an event with the signatures of both secrets while one rolls", Kind::Rotation, Settled, |scene| {
            let other = signature(scene.truth().text().as_bytes(), OTHER_SECRET, scene.now_ms() / 1_000);
            headed(scene, |at_s, v1| format!("t={at_s},v1={other},v1={v1}"))
        }),
        row("an event signed with the secret that rolls in", Kind::Rotation, Settled,
            |scene| scene.event().signed_by(OTHER_SECRET, scene.now_ms()))
            .deployed(|variables| secrets(variables, |list| {
                list.push(',');
                list.push_str(OTHER_SECRET);
            })),
    ]
}
