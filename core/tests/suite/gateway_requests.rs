//! What exactly do we send to Alipay?

use std::collections::BTreeMap;

use coursepay_core::api::Action;
use coursepay_core::attempt::{Attempt, AttemptState};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::{Fault, Gateway, GatewayRequest, Operation, Outgoing};
use coursepay_core::method::{Channel, Method};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alipay, attempt, cny, unsigned};

const SIGNATURE: &[u8] = &[0xfb, 0xff, 0xbf, 0x01];

fn outgoing(operation: Operation, attempt: &Attempt) -> (String, Outgoing) {
    let unsigned = unsigned(&alipay(), operation, attempt, START).unwrap();
    let message = String::from_utf8(unsigned.message().to_vec()).unwrap();
    (message, unsigned.signed(SIGNATURE))
}

fn sent(operation: Operation, attempt: &Attempt) -> (String, GatewayRequest) {
    match outgoing(operation, attempt) {
        (message, Outgoing::Send(request)) => (message, request),
        (_, Outgoing::Browse(action)) => panic!("{action:?}"),
    }
}

/// Address and parameters of a browser's request.
fn browsed(attempt: &Attempt) -> (String, String, BTreeMap<String, String>) {
    match outgoing(Operation::Create, attempt) {
        (message, Outgoing::Browse(Action::Redirect { url })) => {
            let (address, query) = url.split_once('?').unwrap();
            (message, address.to_owned(), decoded(query))
        }
        (_, other) => panic!("{other:?}"),
    }
}

fn decoded(form: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

/// What a gateway signs over, written down once more from its documents.
fn signed_over(params: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = params
        .iter()
        .filter(|(name, value)| *name != "sign" && !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

#[test]
fn a_qr_code_is_asked_for_with_every_parameter_signed_and_the_charset_in_the_query() {
    let attempt = attempt(Channel::Qr, AttemptState::Created);
    let number = attempt.id.to_string();
    let (message, request) = sent(Operation::Create, &attempt);
    assert_eq!(
        message,
        format!(
            "app_id=2021000000000001&biz_content={{\"out_trade_no\":\"{number}\",\
             \"product_code\":\"FACE_TO_FACE_PAYMENT\",\"total_amount\":\"99.00\",\
             \"subject\":\"课程 rust-101\",\"time_expire\":\"2026-01-01 08:30:00\"}}&charset=utf-8&format=JSON\
             &method=alipay.trade.precreate&notify_url=https://pay.example/v1/callbacks/alipay\
             &sign_type=RSA2&timestamp=2026-01-01 08:00:00&version=1.0"
        )
    );
    let (address, query) = request.url.split_once('?').unwrap();
    assert_eq!(address, "https://gateway.example/gateway.do");
    let (query, body) = (decoded(query), decoded(&request.body));
    assert_eq!(query["charset"], "utf-8");
    assert_eq!(query["sign"], "+/+/AQ==");
    assert_eq!(body.keys().collect::<Vec<_>>(), ["biz_content"]);
    assert_eq!(signed_over(&query.into_iter().chain(body).collect()), message);
    let form = "application/x-www-form-urlencoded;charset=utf-8";
    assert_eq!(request.headers, [("content-type", form.to_owned())]);
    assert!(request.body.is_ascii() && request.url.is_ascii());
}

#[test]
fn a_page_is_a_signed_address_that_leads_back() {
    for (channel, method, product_code, quits) in [
        (Channel::Redirect, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", false),
        (Channel::Mobile, "alipay.trade.wap.pay", "QUICK_WAP_PAY", true),
    ] {
        let attempt = attempt(channel, AttemptState::Created);
        let (message, address, params) = browsed(&attempt);
        assert_eq!(address, "https://gateway.example/gateway.do");
        assert_eq!(params["method"], method);
        assert_eq!(params["return_url"], "https://school.example/course?id=1&from=pay");
        assert_eq!(params["sign"], "+/+/AQ==");
        assert_eq!(signed_over(&params), message);
        let contents: serde_json::Value = serde_json::from_str(&params["biz_content"]).unwrap();
        assert_eq!(contents["product_code"], product_code);
        assert_eq!(contents["time_expire"], "2026-01-01 08:30:00");
        assert_eq!(contents.get("quit_url").is_some(), quits);
    }
}

#[test]
fn query_and_close_name_the_number_and_nothing_else() {
    for channel in [Channel::Qr, Channel::Redirect, Channel::Mobile] {
        let attempt = attempt(channel, AttemptState::Pending);
        for (operation, method) in
            [(Operation::Query, "alipay.trade.query"), (Operation::Close, "alipay.trade.close")]
        {
            let (message, request) = sent(operation, &attempt);
            let contents = format!(r#"{{"out_trade_no":"{}"}}"#, attempt.id);
            assert_eq!(decoded(&request.body)["biz_content"], contents);
            assert!(message.contains(method) && !message.contains("_url"), "{message}");
        }
    }
}

#[test]
fn a_repeat_sends_the_same_but_for_the_time_of_sending() {
    let attempt = attempt(Channel::Qr, AttemptState::Created);
    let at = |now: Timestamp| {
        let unsigned = unsigned(&alipay(), Operation::Create, &attempt, now).unwrap();
        String::from_utf8(unsigned.message().to_vec()).unwrap()
    };
    let (first, later) = (at(START), at(START.plus_ms(61_000)));
    assert_ne!(first, later);
    assert_eq!(first.replace("08:00:00", "08:01:01"), later);
}

#[test]
fn a_deadline_within_a_second_is_never_rounded_up() {
    let mut attempt = attempt(Channel::Redirect, AttemptState::Created);
    attempt.expires_at = START.plus_ms(120_999);
    let (_, _, params) = browsed(&attempt);
    assert!(params["biz_content"].contains("2026-01-01 08:02:00"));
}

#[test]
fn precreate_is_contracted_under_the_configured_product_code() {
    let mut ours = alipay();
    ours.precreate_product_code = Some("QR_CODE_OFFLINE".to_owned());
    let terms =
        |channel| ours.terms(channel, "课", String::new(), Some("https://school.example/".to_owned()));
    assert_eq!(terms(Channel::Qr).product_code.as_deref(), Some("QR_CODE_OFFLINE"));
    assert_eq!(terms(Channel::Qr).return_url, None);
    assert_eq!(terms(Channel::Mobile).product_code.as_deref(), Some("QUICK_WAP_PAY"));
    assert_eq!(terms(Channel::Mobile).return_url.as_deref(), Some("https://school.example/"));
}

#[test]
fn only_renminbi_is_on_offer() {
    for currency in Currency::ALL {
        assert_eq!(!alipay().channels(currency).is_empty(), currency == Currency::Cny, "{currency}");
    }
}

#[test]
fn what_alipay_cannot_express_is_not_sent() {
    let unsupported = |change: &dyn Fn(&mut Attempt)| {
        let mut attempt = attempt(Channel::Qr, AttemptState::Created);
        change(&mut attempt);
        let prepared = unsigned(&alipay(), Operation::Create, &attempt, START);
        assert!(matches!(prepared.err(), Some(Fault::Unsupported(_))), "{attempt:?}");
    };
    unsupported(&|attempt| attempt.method = Method::Wallet);
    unsupported(&|attempt| attempt.channel = Channel::Balance);
    unsupported(&|attempt| attempt.amount = Money::new(100, Currency::Usd).unwrap());
    unsupported(&|attempt| attempt.amount = cny(0));
    unsupported(&|attempt| attempt.amount = cny(10_000_000_001));
    unsupported(&|attempt| attempt.terms.subject = String::new());
    unsupported(&|attempt| attempt.terms.product_code = None);
    unsupported(&|attempt| attempt.expires_at = Timestamp::from_ms(i64::MAX));
}
