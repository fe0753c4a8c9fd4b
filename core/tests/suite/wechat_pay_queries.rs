//! What does a query at WeChat Pay tell of a payment, and when is it believed?

use coursepay_core::currency::Currency;
use coursepay_core::gateway::{Answer, Operation};
use coursepay_core::method::Channel;
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;

use crate::fixture::{START, cny};
use crate::wechat_pay_answers::{answered, name, read};
use crate::wechat_pay_fixture::tried;
use crate::wechat_pay_signing::{Headers, headers, headers_at, with, without};

/// A payment as a query tells it.
fn told(state: &str) -> String {
    format!(
        r#"{{"appid":"wxd678efh567hg6787","mchid":"1900007291","out_trade_no":"{}","transaction_id":"4200001","trade_type":"NATIVE","trade_state":"{state}","bank_type":"OTHERS","success_time":"2026-01-01T08:00:30+08:00","payer":{{"openid":"o"}},"amount":{{"total":9900,"payer_total":9000,"currency":"CNY","payer_currency":"CNY"}}}}"#,
        tried(Channel::Qr).id
    )
}

/// The paid one, changed before it was signed.
fn changed(from: &str, to: &str) -> String {
    let body = told("SUCCESS");
    assert_eq!(body.matches(from).count(), 1, "{from}");
    name(answered(Operation::Query, 200, &body.replace(from, to)))
}

#[test]
fn a_query_tells_where_the_payment_stands() {
    for (state, expected) in [
        ("SUCCESS", "paid 9900"),
        ("REFUND", "paid 9900"),
        ("NOTPAY", "waiting"),
        ("USERPAYING", "processing"),
        ("ACCEPT", "processing"),
        ("CLOSED", "closed"),
        ("REVOKED", "closed"),
        ("PAYERROR", "unclear PAYERROR"),
        ("SOMETHING_NEW", "unclear SOMETHING_NEW"),
    ] {
        assert_eq!(name(answered(Operation::Query, 200, &told(state))), expected, "{state}");
    }
}

#[test]
fn a_query_tells_the_payment_with_what_was_asked_for_and_not_what_a_coupon_left() {
    let Ok(Some(Answer::Paid(payment))) = answered(Operation::Query, 200, &told("SUCCESS")) else { panic!() };
    assert_eq!(payment.merchant_no, tried(Channel::Qr).id.to_string());
    assert_eq!((payment.gateway_no.as_str(), payment.amount), ("4200001", cny(9_900)));
    assert_eq!(payment.at, Some(Timestamp::from_ms(START.ms() + 30_000)));
    let body = told("SUCCESS").replace(r#""currency":"CNY","payer"#, r#""currency":"USD","payer"#);
    let Ok(Some(Answer::Paid(payment))) = answered(Operation::Query, 200, &body) else { panic!() };
    assert_eq!(payment.amount, Money::new(9_900, Currency::Usd).unwrap());
}

#[test]
fn an_answer_about_somebody_elses_payment_is_none() {
    let number = tried(Channel::Qr).id.to_string();
    let other = "malformed: the answer is about another merchant or application";
    assert_eq!(
        changed(&number, "01KDVDNG00AAAAAAAAAAAAAAAA"),
        "malformed: the answer is about another number"
    );
    assert_eq!(changed("1900007291", "1900007292"), other);
    assert_eq!(changed("wxd678efh567hg6787", "wxd678efh567hg6788"), other);
    assert_eq!(changed(r#""mchid":"1900007291","#, ""), other);
}

#[test]
fn a_payment_without_number_or_amount_is_none() {
    let lacking = "malformed: the payment lacks number or amount";
    for to in ["-9900", "0", "9900.0", "99e2", "\"9900\"", "null", "99999999999999999999", "true"] {
        assert_eq!(changed(r#""total":9900"#, &format!(r#""total":{to}"#)), lacking, "{to}");
    }
    assert_eq!(changed(r#""transaction_id":"4200001","#, ""), lacking);
    assert_eq!(changed(r#""currency":"CNY","payer"#, r#""currency":"XXX","payer"#), lacking);
    assert_eq!(changed(r#""currency":"CNY","payer"#, r#""payer"#), "paid 9900");
    let twice = changed(r#""total":9900"#, r#""total":1,"total":9900"#);
    assert_eq!(twice, "malformed: the answer is not a payment");
}

#[test]
fn a_2xx_without_a_whole_and_timely_signature_is_no_answer() {
    let body = told("SUCCESS");
    let genuine = headers(&body);
    let outcome = |headers: &Headers| name(read(Operation::Query, 200, headers, &body));
    assert_eq!(outcome(&genuine), "paid 9900");
    assert_eq!(outcome(&Headers::new()), "malformed: the answer is not signed");
    for lacking in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial"] {
        let headers = without(genuine.clone(), lacking);
        assert_eq!(outcome(&headers), "malformed: a header of the signature is missing", "{lacking}");
    }
    for (value, expected) in [
        ("WECHATPAY/SIGNTEST/jnks4dlrPw3ZX", "malformed: the signature is a probe"),
        ("WECHATPAY/SIGNTEST/AAA", "malformed: the signature is a probe"),
        ("not base64!", "malformed: the signature is not base64"),
        ("AAAA", "not believed"),
        ("", "malformed: a header of the signature is missing"),
    ] {
        assert_eq!(outcome(&with(genuine.clone(), "Wechatpay-Signature", value)), expected, "{value}");
    }
    let away = |ms| headers_at(START.plus_ms(ms), body.as_bytes());
    for (ms, believed) in [(-300_000, false), (-299_000, true), (299_000, true), (300_000, false)] {
        assert_eq!(outcome(&away(ms)) == "paid 9900", believed, "{ms}");
    }
}

#[test]
fn an_answer_is_read_as_it_was_signed_or_not_believed() {
    let body = told("SUCCESS");
    let headers = headers(&body);
    for (from, to) in [("9900", "9901"), (":", ": "), ("SUCCESS", "CLOSED"), ("}}", "}}\n")] {
        let changed = body.replace(from, to);
        assert_eq!(name(read(Operation::Query, 200, &headers, &changed)), "not believed", "{from}");
    }
}

#[test]
fn an_answer_of_a_mebibyte_is_not_read() {
    let body = format!("{{\"a\":\"{}\"}}", "a".repeat(1 << 20));
    let answer = answered(Operation::Query, 200, &body);
    assert_eq!(name(answer), "malformed: larger than any of wechat pay's");
}
