//! Which certificates of WeChat Pay's are trusted, from when and until when?
//!
//! A job fetches them. What it is given is believed only if a key we trust has signed it, one out of the list's
//! own certificates included: that they open under the APIv3 key is what nobody else can bring about.

use bytes::Bytes;
use coursepay_core::method::GatewayId;
use coursepay_sandbox::{Certificate, KeyPair, wechat_pay};
use coursepay_tests::actors::resigned::{WechatKey, listed};
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::native::sale::{Sale, asks_to_pay};
use coursepay_tests::setup::keys;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use http::{Request, Response};
use serde_json::Value;

use crate::rotation::{
    CERTIFICATES, HOUR_MS, a_minute_passes, in_certificate, let_wechat_pay_sign_by_public_key, set,
};

const WECHAT: GatewayId = GatewayId::WechatPay;
const WECHAT_KEYS: &str = "WECHAT_PAY_PUBLIC_KEYS";
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;

/// A merchant that has certificates only, before its first minute; and what it agreed on with WeChat.
async fn merchant() -> (NativeApp, &'static wechat_pay::Account) {
    let app = NativeApp::start_with(1, set(WECHAT_KEYS, "certificates"));
    let_wechat_pay_sign_by_public_key(&app, 0).await;
    (app, &keys().merchants[0].wechat_pay)
}

/// The serial numbers that are kept.
fn kept(app: &NativeApp) -> Vec<String> {
    let rows = app.world.db.rows("SELECT name FROM gateway_keys ORDER BY name", &[]);
    rows.iter().map(|row| row.0["name"].as_str().unwrap().to_owned()).collect()
}

/// How many of them `GET /v1/health` says are valid.
async fn known_to_health(app: &NativeApp) -> i64 {
    let report: Value = app.ask(Ask::get("/v1/health")).await.read(200);
    assert_eq!(report["gateways"]["wechat_pay"]["on"], true);
    report["gateways"]["wechat_pay"]["certificates"].as_i64().unwrap()
}

/// How often the list was asked for.
fn fetches(app: &NativeApp) -> usize {
    app.world.network.asked().iter().filter(|request| request.uri().path() == CERTIFICATES).count()
}

#[test]
fn they_are_fetched_in_the_first_minute_then_within_every_twelve_hours_and_soon_after_a_failure() {
    block_on(async {
        let (app, ours) = merchant().await;
        a_minute_passes(&app).await;
        assert_eq!((fetches(&app), kept(&app)), (1, vec![ours.platform_certificate.serial_no.clone()]));
        assert_eq!(known_to_health(&app).await, 1);
        for _ in 0..12 * 60 {
            a_minute_passes(&app).await;
        }
        assert_eq!(fetches(&app), 2);
        app.world.clock.advance_ms(11 * HOUR_MS);
        let mut broken = Response::new(Bytes::new());
        *broken.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        app.world.network.answer_next(CERTIFICATES, broken);
        a_minute_passes(&app).await;
        assert_eq!(fetches(&app), 3);
        for _ in 0..10 {
            a_minute_passes(&app).await;
        }
        assert_eq!(fetches(&app), 4);
        assert_eq!(kept(&app).len(), 1);
        // A queue may bring the same message twice.
        app.world.clock.advance_ms(11 * HOUR_MS);
        app.fire_cron().await;
        app.world.queue.repeat_all();
        app.drain_queue().await;
        assert_eq!((fetches(&app), kept(&app).len()), (6, 1));
    });
}

#[test]
fn they_are_neither_fetched_nor_trusted_where_the_configuration_does_not_say_so() {
    block_on(async {
        let (app, ours) = merchant().await;
        a_minute_passes(&app).await;
        let given = format!("{}:{}", ours.public_key_id, ours.public_key.public_key_base64());
        for variable in [given.as_str(), "", "certificate"] {
            let other = app.deployed_with(set(WECHAT_KEYS, variable));
            app.world.clock.advance_ms(12 * HOUR_MS);
            a_minute_passes(&other).await;
            assert_eq!(fetches(&app), 1, "{variable}");
        }
        let other = app.deployed_with(set(WECHAT_KEYS, &given));
        let sale = Sale::of(&other, "one", WECHAT).await;
        let by_certificate = in_certificate(ours).signs(&sale.callback.request, app.now_ms());
        sale.is_refused_by(&other, by_certificate.clone()).await;
        sale.settles_by(&app, by_certificate).await;
        // Nor are those of one merchant for another.
        let (name, key) = ("WECHAT_PAY_MCHID", &keys().merchants[1].wechat_pay.mchid);
        let another = app.deployed_with(|variables| {
            set(WECHAT_KEYS, "certificates")(variables);
            set(name, key)(variables);
        });
        let sale = Sale::of(&app, "two", WECHAT).await;
        sale.is_refused_by(&another, in_certificate(ours).signs(&sale.callback.request, app.now_ms())).await;
    });
}

#[test]
fn before_the_first_list_nothing_is_believed_and_afterwards_everything_goes_on() {
    block_on(async {
        let (app, _) = merchant().await;
        assert_eq!(known_to_health(&app).await, 0);
        let (order, answer) = asks_to_pay(&app, "early", WECHAT).await;
        answer.refused(503, "gateway_unavailable");
        a_minute_passes(&app).await;
        let alice = coursepay_tests::actors::shopper::Shopper::learner(&app, "alice");
        let method = coursepay_core::method::Method::External(WECHAT);
        alice.pays(&order, method, coursepay_core::method::Channel::Qr).await;
    });
}

/// A list as it should be, for a row to change.
struct List<'a> {
    entries: Vec<Value>,
    signer: WechatKey<'a>,
    now_ms: i64,
}

impl List<'_> {
    fn answer(&self) -> Response<Bytes> {
        self.signer.lists(&self.entries, self.now_ms)
    }

    fn with_header(&self, name: &'static str, value: &str) -> Response<Bytes> {
        let mut answer = self.answer();
        answer.headers_mut().insert(name, value.parse().unwrap());
        answer
    }
}

/// What somebody could answer in WeChat's place, or WeChat itself by mistake.
fn lists_not_to_believe(app: &NativeApp) -> Vec<(&'static str, Response<Bytes>)> {
    let [ours, others] = [0, 1].map(|merchant: usize| &keys().merchants[merchant].wechat_pay);
    let now_ms = app.now_ms();
    let entry = |certificate: &Certificate, key: &str, lasts_ms| listed(certificate, key, now_ms, lasts_ms);
    let list = |entries: Vec<Value>, pair: &'static KeyPair| List {
        entries,
        signer: WechatKey { name: &ours.platform_certificate.serial_no, pair },
        now_ms,
    };
    let own = || entry(&ours.platform_certificate, &ours.api_v3_key, YEAR_MS);
    let good = || list(vec![own()], &ours.platform_key);
    let mut renamed = own();
    renamed["serial_no"] = others.platform_certificate.serial_no.clone().into();
    let mut stretched = own();
    stretched["encrypt_certificate"]["ciphertext"] = "AAAA".into();
    let mut other_body = good().answer();
    *other_body.body_mut() =
        Bytes::from(good().answer().body().iter().chain(b" ").copied().collect::<Vec<u8>>());
    let mut unsigned = good().answer();
    unsigned.headers_mut().remove("wechatpay-signature");
    let sealed_for_others = entry(&ours.platform_certificate, &others.api_v3_key, YEAR_MS);
    let renamed = List {
        entries: vec![renamed],
        signer: WechatKey { name: &others.platform_certificate.serial_no, pair: &ours.platform_key },
        now_ms,
    };
    let unlisted = List {
        entries: vec![own()],
        signer: WechatKey { name: &others.platform_certificate.serial_no, pair: &others.platform_key },
        now_ms,
    };
    let nameless_key = List {
        entries: vec![own()],
        signer: WechatKey { name: &ours.public_key_id, pair: &ours.public_key },
        now_ms,
    };
    vec![
        ("signed by another key under its name", list(vec![own()], &others.platform_key).answer()),
        ("signed by a certificate that is not in it", unlisted.answer()),
        ("signed by a public key we were not given", nameless_key.answer()),
        ("sealed under another key", list(vec![sealed_for_others], &ours.platform_key).answer()),
        ("not opening at all", list(vec![stretched], &ours.platform_key).answer()),
        ("under another certificate's number", renamed.answer()),
        ("signed by one that has ended", {
            let ended = entry(&ours.platform_certificate, &ours.api_v3_key, -1_000);
            let valid = entry(&others.platform_certificate, &ours.api_v3_key, YEAR_MS);
            list(vec![ended, valid], &ours.platform_key).answer()
        }),
        ("with a byte more than was signed", other_body),
        ("unsigned", unsigned),
        ("a probe", good().with_header("wechatpay-signature", "WECHATPAY/SIGNTEST/x")),
        ("an old one", good().with_header("wechatpay-timestamp", "1767225000")),
        ("no list", Response::new(Bytes::from_static(b"{}"))),
        ("empty, and signed by nobody we know", list(Vec::new(), &others.platform_key).answer()),
    ]
}

#[test]
fn of_a_list_that_is_not_proved_nothing_is_kept() {
    block_on(async {
        let (app, ours) = merchant().await;
        for (what, answer) in lists_not_to_believe(&app) {
            let before = fetches(&app);
            app.world.network.answer_next(CERTIFICATES, answer);
            // Each attempt comes while the answer is fresh.
            app.sql("DELETE FROM gateway_key_fetches", &[]).await.unwrap();
            app.fire_cron().await;
            app.drain_queue().await;
            assert_eq!((fetches(&app), kept(&app)), (before + 1, Vec::new()), "{what}");
        }
        for _ in 0..10 {
            a_minute_passes(&app).await;
        }
        assert_eq!(kept(&app), [ours.platform_certificate.serial_no.as_str()]);
        let known = kept(&app);
        for (what, answer) in lists_not_to_believe(&app) {
            if what == "signed by one that has ended" {
                // To whom knows the certificate already, its signature is still good.
                continue;
            }
            app.world.network.answer_next(CERTIFICATES, answer);
            app.sql("DELETE FROM gateway_key_fetches", &[]).await.unwrap();
            app.fire_cron().await;
            app.drain_queue().await;
            assert_eq!(kept(&app), known, "{what}");
        }
    });
}

#[test]
fn a_list_of_nothing_keeps_what_is_there() {
    block_on(async {
        let (app, ours) = merchant().await;
        a_minute_passes(&app).await;
        let known = kept(&app);
        app.world.clock.advance_ms(11 * HOUR_MS);
        let nothing = in_certificate(ours).lists(&[], app.now_ms());
        app.world.network.answer_next(CERTIFICATES, nothing);
        a_minute_passes(&app).await;
        assert_eq!((fetches(&app), kept(&app)), (2, known));
        for _ in 0..10 {
            a_minute_passes(&app).await;
        }
        assert_eq!(fetches(&app), 2, "it was an answer: the next one is not due yet");
        Sale::of(&app, "one", WECHAT).await.settles(&app).await;
    });
}

#[test]
fn a_certificate_is_trusted_while_it_is_valid_by_our_clock_and_swept_when_it_has_ended() {
    block_on(async {
        let (app, ours) = merchant().await;
        let others = &keys().merchants[1].wechat_pay;
        let now_ms = app.now_ms();
        let both = [
            listed(&ours.platform_certificate, &ours.api_v3_key, now_ms, 2 * HOUR_MS),
            listed(&others.platform_certificate, &ours.api_v3_key, now_ms, YEAR_MS),
        ];
        app.world.network.answer_next(CERTIFICATES, in_certificate(others).lists(&both, now_ms));
        a_minute_passes(&app).await;
        assert_eq!(kept(&app).len(), 2);
        let sale = Sale::of(&app, "one", WECHAT).await;
        let by = |key: WechatKey<'_>| key.signs(&sale.callback.request, app.now_ms());
        let tampered = {
            let mut request = by(in_certificate(ours));
            *request.body_mut() = Bytes::from_static(b"{}");
            request
        };
        Answer(app.call(tampered).await).refused(400, "callback_malformed");
        app.world.clock.advance_ms(2 * HOUR_MS);
        sale.is_refused_by(&app, by(in_certificate(ours))).await;
        assert_eq!((kept(&app).len(), known_to_health(&app).await), (2, 1), "there, and not trusted");
        sale.settles_by(&app, by(in_certificate(others))).await;
        // A list of nothing sweeps what has ended.
        app.world.clock.advance_ms(9 * HOUR_MS);
        app.world.network.answer_next(CERTIFICATES, in_certificate(others).lists(&[], app.now_ms()));
        a_minute_passes(&app).await;
        assert_eq!(kept(&app), [others.platform_certificate.serial_no.as_str()]);
    });
}

/// What one callback makes us ask the database before it is refused; the sale's own key signed it.
async fn reads_of(app: &NativeApp, callback: &Request<Bytes>) -> u32 {
    let mut reads = 0;
    loop {
        app.world.faults.plan(Fault::CallLost { port: Port::Db, nth: reads + 1 });
        let answer = Answer(app.call(callback.clone()).await);
        if !app.world.faults.lift() {
            return reads;
        }
        reads += 1;
        answer.refused(503, "database_unavailable");
    }
}

#[test]
fn a_forged_callback_costs_one_read_at_most_and_a_database_that_is_away_refuses_none() {
    block_on(async {
        let (app, ours) = merchant().await;
        let others = &keys().merchants[1].wechat_pay;
        let given = format!(
            "{}:{},{}:{},certificates",
            ours.public_key_id,
            ours.public_key.public_key_base64(),
            others.merchant_certificate.serial_no,
            others.platform_key.public_key_base64(),
        );
        let app = app.deployed_with(set(WECHAT_KEYS, &given));
        a_minute_passes(&app).await;
        let sale = Sale::of(&app, "one", WECHAT).await;
        let forged = |name: &str| {
            WechatKey { name, pair: &others.merchant_key }.signs(&sale.callback.request, app.now_ms())
        };
        for (name, reads) in [
            (ours.public_key_id.as_str(), 0),
            (&others.merchant_certificate.serial_no, 0),
            ("PUB_KEY_ID_0000000000000000000000000000", 0),
            ("' OR 1=1 --", 0),
            (&"A".repeat(41), 0),
            (&others.platform_certificate.serial_no, 1),
            (&ours.platform_certificate.serial_no, 1),
        ] {
            assert_eq!(reads_of(&app, &forged(name)).await, reads, "{name}");
            sale.is_refused_by(&app, forged(name)).await;
        }
        // Out of its time, it is not looked up at all.
        app.world.clock.advance_ms(400_000);
        Answer(app.call(sale.callback.request.clone()).await).refused(400, "callback_malformed");
        let true_one = in_certificate(ours).signs(&sale.callback.request, app.now_ms());
        app.world.faults.plan(Fault::CallLost { port: Port::Db, nth: 1 });
        Answer(app.call(true_one.clone()).await).refused(503, "database_unavailable");
        app.world.faults.lift();
        sale.settles_by(&app, true_one).await;
    });
}

#[test]
fn wherever_the_job_is_cut_off_the_next_one_brings_the_list() {
    block_on(async {
        for nth in 1.. {
            let (app, ours) = merchant().await;
            app.fire_cron().await;
            app.world.faults.plan(Fault::Crash { nth });
            app.world.faults.unless_crashed(app.drain_queue()).await;
            let struck = app.world.faults.lift();
            for _ in 0..11 {
                a_minute_passes(&app).await;
            }
            assert_eq!(kept(&app), [ours.platform_certificate.serial_no.as_str()], "crash {nth}");
            if !struck {
                assert!(nth > 8, "only {nth} places were tried");
                break;
            }
        }
    });
}
