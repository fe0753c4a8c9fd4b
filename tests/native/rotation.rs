//! Can every key be changed for another without a payment's news being lost?
//!
//! Each story goes on through the whole change: only the old key, both, only the new one; before and after
//! either side has changed. A callback that is taken settles its order by itself: nobody asks the gateway.

use std::collections::BTreeMap;

use bytes::Bytes;
use coursepay_core::api::OrderStatus;
use coursepay_core::method::{Channel, GatewayId};
use coursepay_sandbox::wechat_pay;
use coursepay_tests::actors::alipay::{Notify, assert_acknowledged, notify};
use coursepay_tests::actors::resigned::{WechatKey, listed, stripe_signs};
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, qr_content};
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::sale::{Sale, asks_to_pay};
use coursepay_tests::setup::keys;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use http::Response;
use serde_json::json;

pub(crate) const HOUR_MS: i64 = 60 * 60 * 1_000;
pub(crate) const CERTIFICATES: &str = "/v3/certificates";

/// The key in an account's platform certificate.
pub(crate) fn in_certificate(account: &wechat_pay::Account) -> WechatKey<'_> {
    WechatKey { name: &account.platform_certificate.serial_no, pair: &account.platform_key }
}

fn without_certificate(account: &wechat_pay::Account) -> WechatKey<'_> {
    WechatKey { name: &account.public_key_id, pair: &account.public_key }
}

/// Sets one variable.
pub(crate) fn set<'a>(name: &'a str, value: &'a str) -> impl FnOnce(&mut BTreeMap<String, String>) + 'a {
    move |variables| {
        variables.insert(name.to_owned(), value.to_owned());
    }
}

/// How many of a hundred callbacks WeChat signs by the public key.
pub(crate) async fn let_wechat_pay_sign_by_public_key(app: &NativeApp, percent: u8) {
    let ask = Ask::post("/sandbox/wechat_pay").json(&json!({ "public_key_percent": percent }));
    Answer(app.call_sandbox(ask.to(&app.setup().sandbox_url)).await).expect(200);
}

/// The minute comes in which WeChat's certificates are fetched, if they are due.
pub(crate) async fn a_minute_passes(app: &NativeApp) {
    app.world.clock.advance_ms(60_000);
    app.fire_cron().await;
    app.drain_queue().await;
}

const WECHAT: GatewayId = GatewayId::WechatPay;
const WECHAT_KEYS: &str = "WECHAT_PAY_PUBLIC_KEYS";

#[test]
fn wechat_pays_certificate_gives_way_to_another_and_that_one_to_the_public_key() {
    block_on(async {
        let (ours, others) = (&keys().merchants[0].wechat_pay, &keys().merchants[1].wechat_pay);
        let (first, second, public) =
            (in_certificate(ours), in_certificate(others), without_certificate(ours));
        let app = NativeApp::start_with(1, set(WECHAT_KEYS, "certificates"));
        let now_ms = || app.now_ms();
        let_wechat_pay_sign_by_public_key(&app, 0).await;
        a_minute_passes(&app).await;
        Sale::of(&app, "first", WECHAT).await.settles(&app).await;

        // The second is listed beside the first, then signs; what the first has signed may still be on its way.
        app.world.clock.advance_ms(11 * HOUR_MS);
        let both = [&ours.platform_certificate, &others.platform_certificate]
            .map(|certificate| listed(certificate, &ours.api_v3_key, now_ms(), 48 * HOUR_MS));
        app.world.network.answer_next(CERTIFICATES, first.lists(&both, now_ms()));
        a_minute_passes(&app).await;
        Sale::of(&app, "answered-by-first", WECHAT).await.settles(&app).await;
        app.world.network.roll_keys(|keys| {
            keys.merchants[0].wechat_pay.platform_certificate = others.platform_certificate.clone();
            keys.merchants[0].wechat_pay.platform_key = others.platform_key.clone();
        });
        for (name, signer) in [("by-first", first), ("by-second", second), ("by-first-again", first)] {
            let sale = Sale::of(&app, name, WECHAT).await;
            sale.settles_by(&app, signer.signs(&sale.callback.request, now_ms())).await;
        }

        // Listed alone, the second is trusted alone.
        app.world.clock.advance_ms(11 * HOUR_MS);
        a_minute_passes(&app).await;
        let sale = Sale::of(&app, "second-alone", WECHAT).await;
        sale.is_refused_by(&app, first.signs(&sale.callback.request, now_ms())).await;
        sale.settles(&app).await;

        // The public key is trusted before WeChat signs by it, and asked for from then on.
        let public_item = format!("{}:{}", ours.public_key_id, ours.public_key.public_key_base64());
        let changing = app.deployed_with(set(WECHAT_KEYS, &format!("{public_item},certificates")));
        let code = json!({ "code_url": "weixin://wxpay/bizpayurl?pr=by-second" }).to_string();
        let mut by_second = Response::new(Bytes::from(code.clone()));
        by_second.headers_mut().extend(second.headers(&code, now_ms()));
        app.world.network.answer_next("/v3/pay/transactions/native", by_second);
        let (_, answer) = asks_to_pay(&changing, "answered-by-second", WECHAT).await;
        assert_eq!(qr_content(&answer.read(201)), "weixin://wxpay/bizpayurl?pr=by-second");
        let asked = app.world.network.asked();
        assert_eq!(asked.last().unwrap().headers()["wechatpay-serial"], *ours.public_key_id);
        for (name, percent) in [("at-0", 0), ("at-100", 100), ("back-at-0", 0)] {
            let_wechat_pay_sign_by_public_key(&app, percent).await;
            let sale = Sale::of(&changing, name, WECHAT).await;
            let by = sale.callback.request.headers()["wechatpay-serial"].to_str().unwrap();
            assert_eq!(by, if percent == 0 { second.name } else { public.name });
            sale.settles(&changing).await;
        }

        // Without the word, certificates are not trusted any more, though they are still valid.
        let changed = app.deployed_with(set(WECHAT_KEYS, &public_item));
        let sale = Sale::of(&changed, "public-alone", WECHAT).await;
        sale.is_refused_by(&changed, second.signs(&sale.callback.request, now_ms())).await;
        sale.settles_by(&changed, public.signs(&sale.callback.request, now_ms())).await;
    });
}

#[test]
fn wechat_pays_api_v3_key_is_changed_with_callbacks_sealed_under_either() {
    block_on(async {
        let (old, new) = ("an-api-v3-key-of-yesterday-32byte", "the-api-v3-key-of-today-32-bytes");
        let (old, new) = (&old[..32], &new[..32]);
        let seals_under = |app: &NativeApp, key: &str| {
            app.world.network.roll_keys(|keys| keys.merchants[0].wechat_pay.api_v3_key = key.to_owned());
        };
        let variable = "WECHAT_PAY_API_V3_KEYS";
        let before = NativeApp::start_with(1, set(variable, old));
        seals_under(&before, old);
        Sale::of(&before, "before", WECHAT).await.settles(&before).await;
        let both = before.deployed_with(set(variable, &format!("{new},{old}")));
        for (name, key) in [("old", old), ("new", new), ("old-again", old)] {
            seals_under(&both, key);
            Sale::of(&both, name, WECHAT).await.settles(&both).await;
        }
        let after = before.deployed_with(set(variable, new));
        let late = Sale::of(&after, "late", WECHAT).await;
        late.is_refused_by(&after, late.callback.request.clone()).await;
        seals_under(&after, new);
        Sale::of(&after, "after", WECHAT).await.settles(&after).await;
    });
}

#[test]
fn our_own_key_at_wechat_pay_is_changed_between_a_payment_and_its_news() {
    block_on(async {
        let others = &keys().merchants[1].wechat_pay;
        let app = NativeApp::start();
        let begun = Sale::of(&app, "begun", WECHAT).await;
        let asked = Sale::of(&app, "asked-about", WECHAT).await;
        app.world.network.roll_keys(|keys| {
            keys.merchants[0].wechat_pay.merchant_key = others.merchant_key.clone();
            keys.merchants[0].wechat_pay.merchant_certificate = others.merchant_certificate.clone();
        });
        let changed = app.deployed_with(|variables| {
            set("WECHAT_PAY_MERCHANT_SERIAL_NO", &others.merchant_certificate.serial_no)(variables);
            set("WECHAT_PAY_MERCHANT_PRIVATE_KEY", &others.merchant_key.private_key_pem())(variables);
        });
        // Asked with the old key, WeChat says nothing that could end the wait for the money.
        let alice = Shopper::learner(&app, "alice");
        alice.checks(&asked.order).await.expect(200);
        assert_eq!(asked.status(&app).await, OrderStatus::AwaitingPayment);
        begun.settles(&changed).await;
        app.world.clock.advance_ms(10_000);
        Shopper::learner(&changed, "alice").checks(&asked.order).await.expect(200);
        assert_eq!(asked.status(&changed).await, OrderStatus::Paid);
        Sale::of(&changed, "new", WECHAT).await.settles(&changed).await;
    });
}

#[test]
fn a_key_that_was_given_wrongly_is_not_remembered_under_its_name() {
    block_on(async {
        let (ours, others) = (&keys().merchants[0].wechat_pay, &keys().merchants[1].wechat_pay);
        let named = |account: &wechat_pay::Account| {
            format!("{}:{}", ours.public_key_id, account.public_key.public_key_base64())
        };
        let app = NativeApp::start();
        let sale = Sale::of(&app, "one", WECHAT).await;
        let wrong = app.deployed_with(set(WECHAT_KEYS, &named(others)));
        let callback = || without_certificate(ours).signs(&sale.callback.request, app.now_ms());
        sale.is_refused_by(&wrong, callback()).await;
        sale.settles_by(&app.deployed_with(set(WECHAT_KEYS, &named(ours))), callback()).await;
    });
}

#[test]
fn stripes_webhook_secret_is_rolled_while_both_sign() {
    block_on(async {
        let (stripe, variable) = (GatewayId::Stripe, "STRIPE_WEBHOOK_SECRETS");
        let app = NativeApp::start();
        let old = app.setup().stripe_webhook_secret.clone();
        let new = "whsec_rolledInToTakeTheOldOnesPlace";
        Sale::of(&app, "before", stripe).await.settles(&app).await;
        // As soon as it is rolled, Stripe signs by both: whoever knows only one of them misses nothing.
        let sale = Sale::of(&app, "rolled", stripe).await;
        sale.settles_by(&app, stripe_signs(&sale.callback.request, &[new, &old])).await;
        let both = app.deployed_with(set(variable, &format!("{old},{new}")));
        let signed_by: [&[&str]; 4] = [&[&old], &[new, &old], &[&old, new], &[new]];
        for (number, secrets) in signed_by.into_iter().enumerate() {
            let sale = Sale::of(&both, &format!("rolling-{number}"), stripe).await;
            sale.settles_by(&both, stripe_signs(&sale.callback.request, secrets)).await;
        }
        let after = app.deployed_with(set(variable, new));
        let sale = Sale::of(&after, "after", stripe).await;
        sale.is_refused_by(&after, stripe_signs(&sale.callback.request, &[&old])).await;
        sale.is_refused_by(&after, stripe_signs(&sale.callback.request, &["whsec_nobodysSecretAtAll", &old]))
            .await;
        sale.settles_by(&after, stripe_signs(&sale.callback.request, &[&old, new])).await;
    });
}

/// Alipay signs answers and notifies by the second merchant's key from now on.
fn alipay_changes_its_key(app: &NativeApp) {
    let others = &keys().merchants[1].alipay;
    app.world.network.roll_keys(|keys| {
        keys.merchants[0].alipay.gateway_key = others.gateway_key.clone();
        keys.merchants[0].alipay.gateway_cert = others.gateway_cert.clone();
    });
}

#[test]
fn alipays_public_key_is_changed_with_notifies_signed_by_either() {
    block_on(async {
        let (variable, alipay) = ("ALIPAY_PUBLIC_KEYS", GatewayId::Alipay);
        let [old, new] = [0, 1].map(|merchant: usize| &keys().merchants[merchant].alipay.gateway_key);
        let app = NativeApp::start();
        Sale::of(&app, "before", alipay).await.settles(&app).await;
        let both_keys = format!("{},{}", old.public_key_base64(), new.public_key_base64());
        let both = app.deployed_with(set(variable, &both_keys));
        let by_old = Sale::of(&both, "by-old", alipay).await;
        by_old.settles(&both).await;
        let told_late = Sale::of(&both, "told-late", alipay).await;
        alipay_changes_its_key(&app);
        Sale::of(&both, "by-new", alipay).await.settles(&both).await;
        told_late.settles(&both).await;
        let after = app.deployed_with(set(variable, new.public_key_base64()));
        let sale = Sale::of(&after, "after", alipay).await;
        let forged = Notify::paid(app.setup(), &sale.attempt.merchant_no, 9_900, app.now_ms());
        notify(&after, &forged.signed_by(old)).await.refused(400, "callback_not_verified");
        sale.settles(&after).await;
    });
}

#[test]
fn alipay_goes_from_bare_keys_to_certificates_without_losing_a_notify() {
    block_on(async {
        let alipay = GatewayId::Alipay;
        let (ours, others) = (&keys().merchants[0].alipay, &keys().merchants[1].alipay);
        let app = NativeApp::start();
        let told = async |app: &NativeApp, sale: &Sale, sn: Option<&str>, key| {
            let mut notice = Notify::paid(app.setup(), &sale.attempt.merchant_no, 9_900, app.now_ms());
            if let Some(sn) = sn {
                notice = notice.with("alipay_cert_sn", sn);
            }
            notify(app, &notice.signed_by(key)).await
        };
        let (bare, certified) = (&ours.gateway_key, &others.gateway_key);
        let (sn, pem) = (Some(others.gateway_cert.alipay_sn.as_str()), others.gateway_cert.pem.as_str());
        let sale = Sale::of(&app, "before", alipay).await;
        told(&app, &sale, sn, certified).await.refused(400, "callback_not_verified");
        assert_acknowledged(&told(&app, &sale, None, bare).await);

        // First the certificate is trusted; requests are as before.
        let trusting = app.deployed_with(set("ALIPAY_CERTIFICATES", pem));
        for (name, sn, key) in [("t1", None, bare), ("t2", sn, certified), ("t3", None, certified)] {
            let sale = Sale::of(&trusting, name, alipay).await;
            assert_acknowledged(&told(&trusting, &sale, sn, key).await);
        }
        assert!(!asked_last(&app).contains("app_cert_sn"));

        // Then both sides change over; what was signed by the bare key may still be on its way.
        let certificate_mode = |variables: &mut BTreeMap<String, String>| {
            set("ALIPAY_CERTIFICATES", pem)(variables);
            set("ALIPAY_APP_CERTIFICATE", &ours.app_cert.pem)(variables);
            set("ALIPAY_ROOT_CERTIFICATES", &ours.root_cert.pem)(variables);
        };
        let changed = app.deployed_with(certificate_mode);
        let begun = Sale::of(&trusting, "begun", alipay).await;
        alipay_changes_its_key(&app);
        for (name, sn, key) in [("c1", sn, certified), ("c2", None, bare), ("c3", None, certified)] {
            let sale = Sale::of(&changed, name, alipay).await;
            assert_acknowledged(&told(&changed, &sale, sn, key).await);
        }
        assert!(asked_last(&app).contains(&format!("app_cert_sn={}", ours.app_cert.alipay_sn)));
        assert_acknowledged(&told(&changed, &begun, None, bare).await);

        // Without the bare key, only the certificate's is trusted, and only by its own number.
        let last = app.deployed_with(|variables| {
            certificate_mode(variables);
            variables.remove("ALIPAY_PUBLIC_KEYS");
        });
        let sale = Sale::of(&last, "last", alipay).await;
        let unknown = Some("0123456789abcdef0123456789abcdef");
        for (sn, key) in [(None, bare), (sn, bare), (unknown, certified)] {
            told(&last, &sale, sn, key).await.refused(400, "callback_not_verified");
        }
        assert_acknowledged(&told(&last, &sale, sn, certified).await);
    });
}

#[test]
fn an_answer_that_names_a_certificate_we_do_not_know_is_not_believed() {
    block_on(async {
        let (ours, others) = (&keys().merchants[0].alipay, &keys().merchants[1].alipay);
        let app = NativeApp::start_with(1, |variables| {
            set("ALIPAY_CERTIFICATES", &ours.gateway_cert.pem)(variables);
            set("ALIPAY_APP_CERTIFICATE", &ours.app_cert.pem)(variables);
            set("ALIPAY_ROOT_CERTIFICATES", &ours.root_cert.pem)(variables);
        });
        Sale::of(&app, "known", GatewayId::Alipay).await.settles(&app).await;
        // The very same key, under the number of a certificate that we were not given.
        app.world.network.roll_keys(|keys| {
            keys.merchants[0].alipay.gateway_cert = others.gateway_cert.clone();
        });
        let (order, answer) = asks_to_pay(&app, "unknown", GatewayId::Alipay).await;
        answer.refused(503, "gateway_unavailable");
        let alice = Shopper::learner(&app, "alice");
        assert_eq!(alice.looks_at(&order).await.status, OrderStatus::AwaitingPayment);
        // Under its own key, and given to us, it is.
        alipay_changes_its_key(&app);
        let given = format!("{}\n{}", ours.gateway_cert.pem, others.gateway_cert.pem);
        let both = app.deployed_with(|variables| {
            set("ALIPAY_CERTIFICATES", &given)(variables);
            set("ALIPAY_APP_CERTIFICATE", &ours.app_cert.pem)(variables);
            set("ALIPAY_ROOT_CERTIFICATES", &ours.root_cert.pem)(variables);
        });
        Shopper::learner(&both, "alice").pays(&order, ALIPAY, Channel::Qr).await;
    });
}

/// The address of the last request to a gateway.
fn asked_last(app: &NativeApp) -> String {
    app.world.network.asked().last().expect("a request").uri().to_string()
}
