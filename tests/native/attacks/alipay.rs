//! What can be sent in Alipay's name?

use coursepay_core::method::GatewayId;
use coursepay_edge::app::error::Code::{BodyTooLarge, CallbackMalformed, CallbackNotVerified, GatewayOff};
use coursepay_tests::actors::alipay::{Notify, callback};
use coursepay_tests::actors::callback::RawCallback;

use super::Before::{Cancelled, Paid};
use super::Must::{Quarantined, Refused, Repeated, Settled, Surplus};
use super::scene::{NOBODYS_NUMBER, Scene};
use super::{Kind, Row, row};

/// Signed by Alipay itself.
fn signed(scene: &Scene, notify: &Notify) -> RawCallback {
    callback(notify.signed_by(&scene.setup().alipay.gateway_key))
}

/// The true notify with one value changed before Alipay signs it.
fn told(scene: &Scene, name: &str, value: &str) -> RawCallback {
    signed(scene, &scene.notify().with(name, value))
}

fn day_and_hour_ms(sign: i64) -> i64 {
    sign * 25 * 3_600_000
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("a notify without a signature", Kind::Unsigned, Refused(CallbackMalformed), |scene| {
            let truth = scene.truth();
            let (unsigned, _) = truth.text().split_once("&sign=").unwrap();
            callback(unsigned)
        }),
        row("a notify with an empty signature", Kind::Unsigned, Refused(CallbackMalformed),
            |scene| callback(scene.notify().form(""))),
        row("a signature of zeros", Kind::Unsigned, Refused(CallbackNotVerified),
            |scene| callback(scene.notify().form(&"A".repeat(344)))),
        row("a true notify where no key is set", Kind::EmptySecret, Refused(GatewayOff), Scene::truth)
            .deployed(|variables| drop(variables.insert("ALIPAY_PUBLIC_KEYS".to_owned(), " , ".to_owned()))),
        row("what WeChat truly says", Kind::OtherGateway, Refused(CallbackMalformed),
            |scene| scene.truth_of(GatewayId::WechatPay).at(GatewayId::Alipay)),
        row("what Stripe truly says", Kind::OtherGateway, Refused(CallbackMalformed),
            |scene| scene.truth_of(GatewayId::Stripe).at(GatewayId::Alipay)),
        row("what Alipay signs for another merchant's application", Kind::OtherMerchant, Refused(CallbackNotVerified),
            |scene| {
                let theirs = &scene.stranger().alipay;
                let notify = scene.notify().with("app_id", &theirs.app_id).with("seller_id", &theirs.seller_id);
                callback(notify.signed_by(&theirs.gateway_key))
            }),
        row("a payment in another application, signed for us", Kind::OtherMerchant, Quarantined("expected app"),
            |scene| told(scene, "app_id", "2021000000000000")),
        row("a payment to another seller, signed for us", Kind::OtherMerchant, Quarantined("expected seller"),
            |scene| told(scene, "seller_id", "2088000000000000")),
        row("the true notify once more", Kind::Replay, Repeated, Scene::truth).after(Paid),
        row("the true notify, told again a day later under a new time", Kind::Replay, Repeated, |scene| {
            let later = coursepay_sandbox::shanghai_text(scene.now_ms() + day_and_hour_ms(1));
            told(scene, "notify_time", &later)
        }).after(Paid),
        row("a true notify of 25 hours ago: Alipay repeats for so long", Kind::Stale, Settled, |scene| {
            let earlier = coursepay_sandbox::shanghai_text(scene.now_ms() + day_and_hour_ms(-1));
            told(scene, "notify_time", &earlier)
        }),
        row("one digit of the amount changed on the way", Kind::ByteChanged, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("total_amount=99.00", "total_amount=98.00")),
        row("one letter of the status changed on the way", Kind::ByteChanged, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("trade_status=TRADE_SUCCESS", "trade_status=TRADE_SUCCESs")),
        row("the same fields in another order, with other escapes", Kind::Reserialised, Settled, |scene| {
            let truth = scene.truth();
            let mut fields: Vec<&str> = truth.text().split('&').collect();
            fields.reverse();
            let body = fields.join("&").replace('+', "%20").replace("%2B", "%2b").replace("SUCCESS", "%53UCCESS");
            truth.body(body)
        }),
        row("the JSON in a field written anew, with blanks", Kind::Reserialised, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("fundChannel%22%3A", "fundChannel%22%3A+")),
        row("another amount, signed by our own key", Kind::OtherKey, Refused(CallbackNotVerified), |scene| {
            let notify = scene.notify().with("total_amount", "0.01");
            callback(notify.signed_by(&scene.setup().alipay.app_key))
        }),
        row("a fen less, signed", Kind::OtherMoney, Quarantined("expected 9900, got 9899"),
            |scene| told(scene, "total_amount", "98.99")),
        row("a fen more, signed", Kind::OtherMoney, Quarantined("expected 9900, got 9901"),
            |scene| told(scene, "total_amount", "99.01")),
        row("no amount that can be read, signed", Kind::OtherMoney, Quarantined("total_amount"),
            |scene| told(scene, "total_amount", "9.9e1")),
        row("a number that nobody gave out", Kind::UnknownNumber, Quarantined("unknown merchant number"),
            |scene| told(scene, "out_trade_no", NOBODYS_NUMBER)),
        row("a number of another shop's kind", Kind::UnknownNumber, Quarantined("unknown merchant number"),
            |scene| told(scene, "out_trade_no", "shop-4711' OR 1=1 --")),
        row("the number of Bo's payment, with Alice's amount", Kind::OtherNumber, Quarantined("expected 12300, got 9900"),
            |scene| told(scene, "out_trade_no", &scene.bos_number)),
        row("the number of a payment by WeChat", Kind::OtherNumber, Quarantined("unknown merchant number"),
            |scene| told(scene, "out_trade_no", &scene.number_elsewhere)),
        row("the order's id for a number", Kind::OtherNumber, Quarantined("unknown merchant number"),
            |scene| told(scene, "out_trade_no", &scene.order.id)),
        row("`+`, `%26` and `%2B` in signed values", Kind::Escapes, Settled,
            |scene| told(scene, "passback_params", "a+b=1&c=%26&d=%2B %")),
        row("a plus that became a space", Kind::Escapes, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("A+course+%2B+", "A+course+++")),
        row("an ampersand left bare, so that a value becomes two fields", Kind::Escapes, Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("%26+so+on", "&+so+on")),
        row("an amount hidden in a value, which decoding twice would bring out", Kind::Escapes,
            Refused(CallbackNotVerified),
            |scene| scene.truth().replaced("&version=1.0", "&version=1.0%26total_amount%3D0.01")),
        row("values escaped twice, the signature's too", Kind::Escapes, Refused(CallbackMalformed), |scene| {
            let twice = scene.truth().text().replace('%', "%25");
            scene.truth().body(twice)
        }),
        row("the JSON in a field escaped for HTML", Kind::HtmlEscapes, Refused(CallbackNotVerified), |scene| {
            let escaped = scene.truth().text().replace("%22", "%26quot%3B");
            scene.truth().body(escaped)
        }),
        row("a second amount after the signed one", Kind::Duplicate, Refused(CallbackMalformed), |scene| {
            let twice = format!("{}&total_amount=0.01", scene.truth().text());
            scene.truth().body(twice)
        }),
        row("a second amount before it, its name escaped", Kind::Duplicate, Refused(CallbackMalformed), |scene| {
            let twice = format!("total%5Famount=0.01&{}", scene.truth().text());
            scene.truth().body(twice)
        }),
        row("a second signature", Kind::Duplicate, Refused(CallbackMalformed), |scene| {
            let twice = format!("{}&sign=AAAA", scene.truth().text());
            scene.truth().body(twice)
        }),
        row("a certificate's number that we have not", Kind::KeyId, Refused(CallbackNotVerified),
            |scene| told(scene, "alipay_cert_sn", "866efef280dec9137a87d047ac446315")),
        row("a notify of 70 000 bytes, signed", Kind::Oversized, Refused(BodyTooLarge),
            |scene| told(scene, "passback_params", &"x".repeat(70_000))),
        row("the true notify under no content type at all", Kind::ContentType, Settled,
            |scene| scene.truth().without("content-type")),
        row("the true fields as JSON", Kind::ContentType, Refused(CallbackMalformed), |scene| {
            let truth = scene.truth();
            let fields: std::collections::BTreeMap<String, String> =
                form_urlencoded::parse(truth.text().as_bytes()).into_owned().collect();
            truth.header("content-type", "application/json").body(serde_json::to_vec(&fields).unwrap())
        }),
        row("the true fields in the query, without a body", Kind::HeaderMissing, Refused(CallbackMalformed),
            |scene| scene.truth().in_the_query()),
        row("nothing", Kind::Empty, Refused(CallbackMalformed), |scene| scene.truth().body("")),
        row("only separators", Kind::Empty, Refused(CallbackMalformed), |scene| scene.truth().body("&&=&&")),
        row("bytes that are not UTF-8, escaped", Kind::NotUtf8, Refused(CallbackMalformed),
            |scene| scene.truth().replaced("&version=1.0", "&version=%FF%FE")),
        row("bytes that are not UTF-8, bare", Kind::NotUtf8, Refused(CallbackMalformed),
            |scene| scene.truth().body(b"sign=AAAA&subject=\xff\xfe".as_slice())),
        row("a forged notify with the id of the true one", Kind::Shadow, Refused(CallbackNotVerified),
            |scene| callback(scene.notify().signed_by(&scene.stranger().alipay.gateway_key))),
        row("a signed notify that does not fit, with the id of the true one", Kind::Shadow,
            Quarantined("expected 9900, got 1"), |scene| told(scene, "total_amount", "0.01")),
        row("sign_type=RSA under a signature that holds", Kind::Downgrade, Refused(CallbackMalformed),
            |scene| told(scene, "sign_type", "RSA")),
        row("a signature with SHA-1 by the true key", Kind::Downgrade, Refused(CallbackNotVerified),
            |scene| callback(scene.notify().signed_with_sha1_by(&scene.setup().alipay.gateway_key))),
        row("sign_type=RSA with SHA-1, as it once was", Kind::Downgrade, Refused(CallbackMalformed), |scene| {
            let notify = scene.notify().with("sign_type", "RSA");
            callback(notify.signed_with_sha1_by(&scene.setup().alipay.gateway_key))
        }),
        row("a charset in which other bytes mean the same", Kind::Downgrade, Refused(CallbackMalformed),
            |scene| told(scene, "charset", "GBK")),
        row("money for a payment that was closed, of an order that was cancelled", Kind::TooLate, Surplus, Scene::truth)
            .after(Cancelled),
        row("a status that Alipay has not", Kind::NotAPayment, Quarantined("unknown status"),
            |scene| told(scene, "trade_status", "TRADE_TAKEN_BACK")),
        row("a notify signed by the key that rolls in", Kind::Rotation, Settled,
            |scene| callback(scene.notify().signed_by(&scene.stranger().alipay.gateway_key)))
            .deployed(|variables| {
                let next = coursepay_tests::setup::keys().merchants[1].alipay.gateway_key.public_key_base64();
                variables.entry("ALIPAY_PUBLIC_KEYS".to_owned()).and_modify(|keys| {
                    keys.push(',');
                    keys.push_str(next);
                });
            }),
    ]
}
