//! What can be sent in WeChat Pay's name?

use coursepay_core::method::GatewayId;
use coursepay_edge::app::error::Code::{BodyTooLarge, CallbackMalformed, CallbackNotVerified, GatewayOff};
use coursepay_tests::actors::callback::RawCallback;
use coursepay_tests::actors::wechat_pay::{Callback, signed, true_callback, truly_signed};
use serde_json::Value;

use super::Before::{Cancelled, Paid};
use super::Must::{Quarantined, Refused, Repeated, Settled, Surplus};
use super::scene::{NOBODYS_NUMBER, Scene};
use super::{Kind, Row, row};

/// Signed by WeChat itself, now.
fn told(scene: &Scene, callback: &Callback) -> RawCallback {
    true_callback(scene.setup(), callback, scene.now_ms())
}

/// The true callback with one value changed before WeChat seals and signs it.
fn saying(scene: &Scene, pointer: &str, value: impl Into<Value>) -> RawCallback {
    told(scene, &scene.callback().with(pointer, value))
}

/// Signed by WeChat itself around a resource that was damaged before.
fn damaged(scene: &Scene, change: impl FnOnce(&mut Value)) -> RawCallback {
    truly_signed(scene.setup(), scene.callback().body_with(change), scene.now_ms())
}

/// Any text signed by WeChat itself.
fn any(scene: &Scene, change: impl FnOnce(&str) -> String) -> RawCallback {
    truly_signed(scene.setup(), change(scene.truth().text()), scene.now_ms())
}

/// The true callback, signed `seconds` from now.
fn dated(scene: &Scene, seconds: i64) -> RawCallback {
    true_callback(scene.setup(), &scene.callback(), scene.now_ms() + seconds * 1_000)
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("a callback without a signature", Kind::Unsigned, Refused(CallbackMalformed),
            |scene| scene.truth().without("Wechatpay-Signature")),
        row("a callback with an empty signature", Kind::Unsigned, Refused(CallbackMalformed),
            |scene| scene.truth().header("Wechatpay-Signature", "")),
        row("a signature of zeros", Kind::Unsigned, Refused(CallbackNotVerified),
            |scene| scene.truth().header("Wechatpay-Signature", &"A".repeat(344))),
        row("a true callback where no APIv3 key is set", Kind::EmptySecret, Refused(GatewayOff), Scene::truth)
            .deployed(|variables| drop(variables.insert("WECHAT_PAY_API_V3_KEYS".to_owned(), String::new()))),
        row("a true callback where no public key is set", Kind::EmptySecret, Refused(GatewayOff), Scene::truth)
            .deployed(|variables| drop(variables.insert("WECHAT_PAY_PUBLIC_KEYS".to_owned(), String::new()))),
        row("what Alipay truly says", Kind::OtherGateway, Refused(CallbackMalformed),
            |scene| scene.truth_of(GatewayId::Alipay).at(GatewayId::WechatPay)),
        row("what Stripe truly says", Kind::OtherGateway, Refused(CallbackMalformed),
            |scene| scene.truth_of(GatewayId::Stripe).at(GatewayId::WechatPay)),
        row("what WeChat signs for another merchant", Kind::OtherMerchant, Refused(CallbackNotVerified), |scene| {
            let theirs = &scene.stranger().wechat_pay;
            scene.callback().sealed_by(&theirs.api_v3_key)
                .signed_by(&theirs.public_key, &theirs.public_key_id, scene.now_ms())
        }),
        row("a payment to another merchant, sealed and signed for us", Kind::OtherMerchant, Quarantined("expected seller"),
            |scene| saying(scene, "/mchid", scene.stranger().wechat_pay.mchid.as_str())),
        row("a payment in another application, sealed and signed for us", Kind::OtherMerchant, Quarantined("expected app"),
            |scene| saying(scene, "/appid", "wx0000000000000000")),
        row("the true callback once more", Kind::Replay, Repeated, Scene::truth).after(Paid),
        row("the true callback, signed again a minute later", Kind::Replay, Repeated, |scene| dated(scene, 60))
            .after(Paid),
        row("a callback signed five minutes ago", Kind::Stale, Refused(CallbackMalformed), |scene| dated(scene, -300)),
        row("a callback signed a second less than five minutes ago", Kind::Stale, Settled, |scene| dated(scene, -299)),
        row("a time that was freshened on the way", Kind::Stale, Refused(CallbackNotVerified), |scene| {
            let fresh = scene.truth().value("Wechatpay-Timestamp").to_owned();
            dated(scene, -600).header("Wechatpay-Timestamp", &fresh)
        }),
        row("a callback signed five minutes from now", Kind::FromTheFuture, Refused(CallbackMalformed),
            |scene| dated(scene, 300)),
        row("one letter of the body changed on the way", Kind::ByteChanged, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("encrypt-resource", "encrypt-resourcE")),
        row("one letter of the signed nonce changed on the way", Kind::ByteChanged, Refused(CallbackNotVerified),
            |scene| scene.truth().header("Wechatpay-Nonce", "593BEC0C930BF1AFEB40B4A08C8FB243")),
        row("the same JSON written anew", Kind::Reserialised, Refused(CallbackNotVerified), |scene| {
            let read: Value = serde_json::from_str(scene.truth().text()).unwrap();
            scene.truth().body(serde_json::to_string_pretty(&read).unwrap())
        }),
        row("the same JSON with a newline at its end", Kind::Reserialised, Refused(CallbackNotVerified), |scene| {
            let longer = format!("{}\n", scene.truth().text());
            scene.truth().body(longer)
        }),
        row("another amount, signed by our own key", Kind::OtherKey, Refused(CallbackNotVerified), |scene| {
            let ours = &scene.setup().merchant.wechat_pay;
            scene.callback().with("/amount/total", 1)
                .signed_by(&ours.merchant_key, &ours.public_key_id, scene.now_ms())
        }),
        row("a fen less, sealed and signed", Kind::OtherMoney, Quarantined("expected 9900, got 9899"),
            |scene| saying(scene, "/amount/total", 9_899)),
        row("as many cents in dollars, sealed and signed", Kind::OtherMoney, Quarantined("expected CNY, got USD"),
            |scene| saying(scene, "/amount/currency", "USD")),
        row("an amount with a fraction, sealed and signed", Kind::OtherMoney, Quarantined("total"),
            |scene| saying(scene, "/amount/total", 9_900.5)),
        row("an amount in a text, sealed and signed", Kind::OtherMoney, Quarantined("total"),
            |scene| saying(scene, "/amount/total", "9900")),
        row("a number that nobody gave out", Kind::UnknownNumber, Quarantined("unknown merchant number"),
            |scene| saying(scene, "/out_trade_no", NOBODYS_NUMBER)),
        row("the number of Bo's payment, with Alice's amount", Kind::OtherNumber, Quarantined("expected 12300, got 9900"),
            |scene| saying(scene, "/out_trade_no", scene.bos_number.as_str())),
        row("the number of a payment by Alipay", Kind::OtherNumber, Quarantined("unknown merchant number"),
            |scene| saying(scene, "/out_trade_no", scene.number_elsewhere.as_str())),
        row("`+`, `%26` and `%2B` in sealed values", Kind::Escapes, Settled,
            |scene| saying(scene, "/attach", "a+b=1&c=%26&d=%2B \\ \u{2028} 课")),
        row("a value that JSON escapes otherwise", Kind::Escapes, Settled, |scene| {
            let plain = scene.callback().plain().replace("SUCCESS", "\\u0053UCCESS");
            told(scene, &scene.callback().saying(&plain))
        }),
        row("a body escaped for HTML on the way", Kind::HtmlEscapes, Refused(CallbackMalformed), |scene| {
            let escaped = scene.truth().text().replace('"', "&quot;");
            scene.truth().body(escaped)
        }),
        row("a payment escaped for HTML before it was sealed", Kind::HtmlEscapes, Refused(CallbackMalformed), |scene| {
            let plain = scene.callback().plain().replace('"', "&quot;");
            told(scene, &scene.callback().saying(&plain))
        }),
        row("a member of the envelope that stands twice", Kind::Duplicate, Refused(CallbackMalformed),
            |scene| any(scene, |body| body.replacen('{', r#"{"event_type":"REFUND.SUCCESS","#, 1))),
        row("an amount that stands twice in what is sealed", Kind::Duplicate, Refused(CallbackMalformed), |scene| {
            let plain = scene.callback().plain().replacen('{', r#"{"amount":{"total":1},"#, 1);
            told(scene, &scene.callback().saying(&plain))
        }),
        row("a header of the signature that stands twice", Kind::Duplicate, Refused(CallbackMalformed),
            |scene| scene.truth().and_header("Wechatpay-Timestamp", "1")),
        row("WeChat's probe", Kind::Probe, Refused(CallbackMalformed),
            |scene| scene.truth().header("Wechatpay-Signature", "WECHATPAY/SIGNTEST/uQn0ZzqvSVu0")),
        row("WeChat's probe in front of a signature that holds", Kind::Probe, Refused(CallbackMalformed), |scene| {
            let probe = format!("WECHATPAY/SIGNTEST/{}", scene.truth().value("Wechatpay-Signature"));
            scene.truth().header("Wechatpay-Signature", &probe)
        }),
        row("a serial number that nobody knows", Kind::KeyId, Refused(CallbackNotVerified),
            |scene| scene.truth().header("Wechatpay-Serial", "5F2B0000000000000000000000000000000000AB")),
        row("the serial number of another key of WeChat's", Kind::KeyId, Refused(CallbackNotVerified), |scene| {
            let other = &scene.setup().merchant.wechat_pay.platform_certificate.serial_no;
            scene.truth().header("Wechatpay-Serial", other)
        }),
        row("a tag with one bit flipped, signed", Kind::Seal, Refused(CallbackNotVerified),
            |scene| damaged(scene, |resource| {
                let text = resource["ciphertext"].as_str().unwrap().to_owned();
                let kept = text.len() - 8;
                let flipped = if text[kept..].starts_with('A') { 'B' } else { 'A' };
                resource["ciphertext"] = format!("{}{flipped}{}", &text[..kept], &text[kept + 1..]).into();
            })),
        row("a nonce for the associated data and the other way round, signed", Kind::Seal, Refused(CallbackNotVerified),
            |scene| damaged(scene, |resource| {
                resource["associated_data"] = resource["nonce"].clone();
                resource["nonce"] = "transaction_".into();
            })),
        row("no associated data, signed", Kind::Seal, Refused(CallbackNotVerified),
            |scene| damaged(scene, |resource| drop(resource.as_object_mut().unwrap().remove("associated_data")))),
        row("a nonce of eleven bytes, signed", Kind::Seal, Refused(CallbackMalformed),
            |scene| damaged(scene, |resource| resource["nonce"] = "fdasflkja48".into())),
        row("only a tag, signed", Kind::Seal, Refused(CallbackMalformed),
            |scene| damaged(scene, |resource| resource["ciphertext"] = "AAAAAAAAAAAAAAAAAAAAAA==".into())),
        row("a payment in the clear beside an empty seal, signed", Kind::Seal, Refused(CallbackMalformed),
            |scene| damaged(scene, |resource| {
                *resource = serde_json::from_str(r#"{"out_trade_no":"1","trade_state":"SUCCESS"}"#).unwrap();
            })),
        row("what was sealed under another merchant's APIv3 key, signed for us", Kind::Seal, Refused(CallbackNotVerified),
            |scene| told(scene, &scene.callback().sealed_by(&scene.stranger().wechat_pay.api_v3_key))),
        row("a callback of 70 000 bytes, signed", Kind::Oversized, Refused(BodyTooLarge),
            |scene| told(scene, &scene.callback().envelope("summary", "x".repeat(70_000)))),
        row("the true callback under another content type", Kind::ContentType, Settled,
            |scene| scene.truth().header("content-type", "text/xml")),
        row("the true callback without a time", Kind::HeaderMissing, Refused(CallbackMalformed),
            |scene| scene.truth().without("Wechatpay-Timestamp")),
        row("the true callback without a nonce", Kind::HeaderMissing, Refused(CallbackMalformed),
            |scene| scene.truth().without("Wechatpay-Nonce")),
        row("the true callback without a serial number", Kind::HeaderMissing, Refused(CallbackMalformed),
            |scene| scene.truth().without("Wechatpay-Serial")),
        row("nothing, signed", Kind::Empty, Refused(CallbackMalformed), |scene| any(scene, |_| String::new())),
        row("an empty object, signed", Kind::Empty, Refused(CallbackMalformed), |scene| any(scene, |_| "{}".to_owned())),
        row("bytes that are not UTF-8, signed", Kind::NotUtf8, Refused(CallbackMalformed), |scene| {
            truly_signed(scene.setup(), b"{\"id\":\"\xff\xfe\",\"event_type\":\"x\"}", scene.now_ms())
        }),
        row("a forged callback with the id of the true one", Kind::Shadow, Refused(CallbackNotVerified), |scene| {
            let (ours, theirs) = (&scene.setup().merchant.wechat_pay, &scene.stranger().wechat_pay);
            scene.callback().signed_by(&theirs.public_key, &ours.public_key_id, scene.now_ms())
        }),
        row("a signed callback that does not fit, with the id of the true one", Kind::Shadow,
            Quarantined("expected 9900, got 1"), |scene| saying(scene, "/amount/total", 1)),
        row("a signature type that is not ours under a signature that holds", Kind::Downgrade, Refused(CallbackMalformed),
            |scene| scene.truth().header("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3")),
        row("another cipher, signed", Kind::Downgrade, Refused(CallbackMalformed),
            |scene| damaged(scene, |resource| resource["algorithm"] = "AEAD_SM4_GCM".into())),
        row("money for a payment that was closed, of an order that was cancelled", Kind::TooLate, Surplus, Scene::truth)
            .after(Cancelled),
        row("a kind of callback that we have no use for", Kind::NotAPayment, Quarantined("no use for COUPON.USE"),
            |scene| told(scene, &scene.callback().envelope("event_type", "COUPON.USE"))),
        row("a payment that is said to have failed", Kind::NotAPayment, Quarantined("unknown status PAYERROR"),
            |scene| saying(scene, "/trade_state", "PAYERROR")),
        row("a callback signed with the certificate that WeChat moves away from", Kind::Rotation, Settled, |scene| {
            let ours = &scene.setup().merchant.wechat_pay;
            let body = scene.callback().body_with(|_| ());
            signed(body, &ours.platform_key, &ours.platform_certificate.serial_no, scene.now_ms())
        }),
        row("a callback sealed under the APIv3 key that rolls out", Kind::Rotation, Settled,
            |scene| told(scene, &scene.callback().sealed_by("the-old-key-of-thirty-two-bytes.")))
            .deployed(|variables| {
                variables.entry("WECHAT_PAY_API_V3_KEYS".to_owned())
                    .and_modify(|keys| keys.push_str(",the-old-key-of-thirty-two-bytes."));
            }),
    ]
}
