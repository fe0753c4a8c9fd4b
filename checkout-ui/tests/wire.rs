//! Does the widget read and write exactly what core's wire types say?
//!
//! Core's types know their JSON through serde; the widget reads and writes it by hand (`src/wire.rs` says
//! why). Here both do it, and must agree. Runs on wasm32, in Node.
#![cfg(target_arch = "wasm32")]
#![expect(
    clippy::unwrap_used,
    reason = "in tests a panic is how a test fails; clippy does not know this kind"
)]

use coursepay_checkout::client::Ask;
use coursepay_checkout::json::{Read, decode};
use coursepay_checkout::state::{Choice, Learner, Wallet};
use coursepay_checkout::token::Token;
use coursepay_core::api::{
    Action, AttemptStatus, AttemptView, CreateLine, CreateOrder, FailureReason, JsapiParams, LineView,
    MethodOffer, OrderStatus, OrderView, Price, ProductKind, ProductView, RefundPolicy, RefundStatus,
    StartPayment, StartWechatLogin, SurplusFate, SurplusView, WalletView, WechatLoginView,
};
use coursepay_core::currency::Currency;
use coursepay_core::history::{StoredEvent, chain_hash, verify_head};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::MAX_MINOR;
use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen_test::wasm_bindgen_test;

const ALIPAY: Method = Method::External(GatewayId::Alipay);
const WECHAT_PAY: Method = Method::External(GatewayId::WechatPay);
const CARD: Method = Method::External(GatewayId::Stripe);

fn by_serde<T: Serialize>(value: &T) -> String {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap();
    JSON::stringify(&value).unwrap().into()
}

fn from_serde<T: DeserializeOwned>(text: &str) -> T {
    serde_wasm_bindgen::from_value(JSON::parse(text).unwrap()).unwrap()
}

#[track_caller]
fn is_read_alike<T: Read + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
    let text = by_serde(&value);
    assert_eq!(decode::<T>(&text).as_ref(), Some(&value), "by hand: {text}");
    assert_eq!(from_serde::<T>(&text), value, "by serde: {text}");
}

fn order(status: OrderStatus, refund_status: RefundStatus, attempt: Option<AttemptView>) -> OrderView {
    OrderView {
        id: "01KDVEXAMP0000000000000001".to_owned(),
        status,
        refund_status,
        currency: Currency::Cny,
        total_minor: MAX_MINOR,
        lines: vec![LineView {
            product: "rust-101".to_owned(),
            title: "Rust 入门：从零到可以交付".to_owned(),
            kind: ProductKind::Course,
            price_minor: MAX_MINOR,
            discount_minor: 0,
            net_minor: MAX_MINOR,
            refund_policy: Some(RefundPolicy { window_days: Some(7), max_used_bps: None }),
        }],
        methods: vec![
            MethodOffer { method: ALIPAY, channels: vec![Channel::Qr, Channel::Redirect, Channel::Mobile] },
            MethodOffer { method: Method::Wallet, channels: vec![Channel::Balance] },
        ],
        expires_at_ms: 1_767_226_500_123,
        attempt,
        surplus: Vec::new(),
        sequence: 5,
        head_hash: "ab".repeat(32),
        order_token: None,
    }
}

fn attempt(status: AttemptStatus, action: Action) -> AttemptView {
    let id = "01KDVEXAMP0000000000000002".to_owned();
    AttemptView {
        merchant_no: id.clone(),
        id,
        status,
        method: ALIPAY,
        channel: Channel::Qr,
        action,
        failure: None,
    }
}

#[wasm_bindgen_test]
fn an_order_is_read_in_every_status() {
    for status in
        [OrderStatus::AwaitingPayment, OrderStatus::Paid, OrderStatus::Expired, OrderStatus::Cancelled]
    {
        for refund_status in [RefundStatus::None, RefundStatus::Partial, RefundStatus::Full] {
            is_read_alike(order(status, refund_status, None));
        }
    }
    let token = Some("cpo_secret".to_owned());
    is_read_alike(OrderView {
        order_token: token,
        ..order(OrderStatus::Paid, RefundStatus::None, Some(attempt(AttemptStatus::Paid, Action::None)))
    });
}

#[wasm_bindgen_test]
fn a_history_is_read_to_the_byte_and_verified_here() {
    let mut hash = [0; 32];
    let bodies =
        [r#"{"event":"order_created","title":"“Rust” \\u4e2d 入门 😀"}"#, r#"{"event":"order_paid"}"#];
    let events: Vec<StoredEvent> = (1..)
        .zip(bodies)
        .map(|(sequence, body)| {
            hash = chain_hash(&hash, body.as_bytes());
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            StoredEvent { sequence, body: body.to_owned(), hash }
        })
        .collect();
    let text = ["{\"events\":", &by_serde(&events), ",\"holds\":true}"].concat();
    let read: Vec<StoredEvent> = decode(&text).unwrap();
    assert_eq!(read, events);
    let head = events[1].hash.as_str();
    assert!(verify_head(&read, 2, head).is_ok());
    assert!(verify_head(&read[..1], 2, head).is_err(), "truncated");
    let forged: Vec<StoredEvent> = decode(&text.replace("order_paid", "order_void")).unwrap();
    assert!(verify_head(&forged, 2, head).is_err(), "forged");
    assert!(decode::<Vec<StoredEvent>>(&text.replace("\"hash\"", "\"h\"")).is_none());
}

#[wasm_bindgen_test]
fn surplus_is_read_in_every_fate_and_an_order_without_any_has_none() {
    use SurplusFate::{Disputed, Lost, NeedsAttention, Returned, Returning};
    let piece = |fate| SurplusView { attempt: "01A".to_owned(), amount_minor: 9_900, fate };
    let surplus = [Returning, Returned, NeedsAttention, Disputed, Lost].map(piece).to_vec();
    is_read_alike(OrderView { surplus, ..order(OrderStatus::Paid, RefundStatus::None, None) });
}

#[wasm_bindgen_test]
fn an_attempt_is_read_in_every_status_with_every_action() {
    use FailureReason::{Cancelled, Declined, InsufficientBalance, Refused, TimedOut};
    let expires_at_ms = 1_767_226_500_123;
    for status in [
        AttemptStatus::Created,
        AttemptStatus::Pending,
        AttemptStatus::Processing,
        AttemptStatus::Paid,
        AttemptStatus::Closed,
        AttemptStatus::Failed,
        AttemptStatus::Unknown,
    ] {
        is_read_alike(attempt(status, Action::None));
        for failure in [Cancelled, Declined, InsufficientBalance, Refused, TimedOut] {
            is_read_alike(AttemptView { failure: Some(failure), ..attempt(status, Action::None) });
        }
        is_read_alike(attempt(status, Action::Redirect { url: "https://gateway.example/?a=b&c".to_owned() }));
        let content = "https://qr.example/支付".to_owned();
        is_read_alike(attempt(status, Action::QrCode { content, expires_at_ms }));
        is_read_alike(attempt(status, Action::Jsapi { params: jsapi() }));
    }
}

fn jsapi() -> JsapiParams {
    JsapiParams {
        app_id: "wx8888888888888888".to_owned(),
        time_stamp: "1767225600".to_owned(),
        nonce_str: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".to_owned(),
        package: "prepay_id=wx201410272009395522657a690389285100".to_owned(),
        sign_type: "RSA".to_owned(),
        pay_sign: "oR9d8PuhnIc+YZ8cBHFCwfgpaK9gd7vaRvkYD7rthRAZ/X+QBhcCYL21N7cHCTUxbQ==".to_owned(),
    }
}

#[wasm_bindgen_test]
fn the_beginning_of_a_login_is_read() {
    let url = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&state=2#wechat_redirect";
    is_read_alike(WechatLoginView { url: url.to_owned(), expires_at_ms: 1_767_226_500_123 });
}

#[wasm_bindgen_test]
fn a_product_and_a_wallet_are_read_in_every_currency() {
    for currency in Currency::ALL {
        is_read_alike(WalletView { balance_minor: MAX_MINOR, currency });
        let card = MethodOffer { method: CARD, channels: vec![Channel::Redirect] };
        let wechat = MethodOffer { method: WECHAT_PAY, channels: vec![Channel::Qr, Channel::InApp] };
        for methods in [None, Some(Vec::new()), Some(vec![wechat, card])] {
            is_read_alike(ProductView {
                id: "rust-101".to_owned(),
                title: "“Rust” \\ 入门".to_owned(),
                kind: ProductKind::Course,
                prices: vec![Price { amount_minor: 1, currency }],
                refund_policy: Some(RefundPolicy { window_days: None, max_used_bps: Some(2_000) }),
                methods,
            });
        }
    }
}

#[wasm_bindgen_test]
fn what_is_unknown_in_an_answer_is_ignored_or_left_out() {
    let text = by_serde(&order(OrderStatus::Paid, RefundStatus::None, None));
    let more = text.replacen('{', r#"{"new_field":{"deep":[1]},"#, 1);
    assert_eq!(decode(&more), Some(order(OrderStatus::Paid, RefundStatus::None, None)));
    let methods =
        text.replace(r#"{"method":"alipay""#, r#"{"method":"newpay","channels":["ray"]},{"method":"alipay""#);
    assert_ne!(methods, text);
    assert_eq!(decode(&methods), Some(order(OrderStatus::Paid, RefundStatus::None, None)));
    // Begun by another page, in a way from after this widget was made.
    let waiting = attempt(AttemptStatus::Pending, Action::None);
    let text = by_serde(&waiting);
    let ticket = text.replace(r#"{"type":"none"}"#, r#"{"type":"ray","params":{"appId":"wx1"}}"#);
    assert_ne!(ticket, text);
    assert_eq!(decode(&ticket), Some(waiting));
}

#[wasm_bindgen_test]
fn an_answer_that_is_not_one_is_not_read() {
    let text = by_serde(&order(OrderStatus::Paid, RefundStatus::None, None));
    let broken = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "<html></html>".to_owned(),
        text.replace("\"paid\"", "\"lost\""),
        text.replace("1767226500123", "1767226500123.5"),
        text.replace("1767226500123", "\"1767226500123\""),
        text.replace("9007199254740991", "9007199254740993"),
        text.replace("\"attempt\":null", "\"attempt\":{}"),
    ];
    for text in broken {
        assert_eq!(decode::<OrderView>(&text), None, "{text}");
    }
}

#[wasm_bindgen_test]
fn an_order_is_asked_for_in_the_words_core_understands() {
    let ask = Ask::create_order("rust-101", 9_900);
    let expected = CreateOrder {
        lines: vec![CreateLine { product: "rust-101".to_owned() }],
        buyer: None,
        expected_total_minor: Some(9_900),
    };
    assert_eq!(from_serde::<CreateOrder>(ask.body().unwrap()), expected);
}

#[wasm_bindgen_test]
fn a_payment_is_asked_for_with_a_way_back_only_where_the_learner_leaves() {
    let back = "https://school.example/course?id=1";
    for (method, channel, leaves) in [
        (ALIPAY, Channel::Qr, false),
        (ALIPAY, Channel::Redirect, true),
        (ALIPAY, Channel::Mobile, true),
        (WECHAT_PAY, Channel::Qr, false),
        (WECHAT_PAY, Channel::Mobile, true),
        (WECHAT_PAY, Channel::InApp, false),
        (CARD, Channel::Redirect, true),
        (Method::Wallet, Channel::Balance, false),
    ] {
        let ask = Ask::start_payment("01KDVEXAMP0000000000000001", Choice { method, channel }, Some(back));
        let return_url = leaves.then(|| back.to_owned());
        let expected = StartPayment { method, channel, return_url };
        assert_eq!(from_serde::<StartPayment>(ask.body().unwrap()), expected);
    }
}

#[wasm_bindgen_test]
fn a_login_is_asked_for_with_the_way_back() {
    let return_url = "https://school.example/course?id=1".to_owned();
    let ask = Ask::wechat_login("01KDVEXAMP0000000000000001", &return_url);
    assert_eq!(from_serde::<StartWechatLogin>(ask.body().unwrap()), StartWechatLogin { return_url });
}

#[wasm_bindgen_test]
fn a_tokens_claims_are_a_hint_and_never_a_condition() {
    // {"alg":"HS256"} . {"sub":"alice","exp":1767226500,"wallet":true,"name":"学员"}
    let payload = "eyJzdWIiOiJhbGljZSIsImV4cCI6MTc2NzIyNjUwMCwid2FsbGV0Ijp0cnVlLCJuYW1lIjoi5a2m5ZGYIn0";
    let token = Token::read(format!("eyJhbGciOiJIUzI1NiJ9.{payload}.signature"));
    assert_eq!(token.expires_at_ms, Some(1_767_226_500_000));
    assert_eq!(token.learner(), Learner::SignedIn { user: "alice".to_owned(), wallet: Wallet::Unread });
    for opaque in ["", "opaque", "a.b.c", "a.é.c", "a.bnVsbA.c"] {
        let learner = Token::read(opaque.to_owned()).learner();
        assert_eq!(learner, Learner::SignedIn { user: String::new(), wallet: Wallet::Absent }, "{opaque}");
    }
}
