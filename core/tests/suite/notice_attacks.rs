//! What does a callback come to that was tampered with, is meant for another, or is merely odd?

use coursepay_core::gateway::{Misfit, News, Notice, alipay::sign};
use coursepay_core::time::Timestamp;

use crate::fixture::{alipay, open_callback};
use crate::signing::{base64, believed, signed};

const NUMBER: &str = "01KDVDNG00AAAAAAAAAAAAAAAA";

/// A payment of 99.00 as Alipay would tell it.
fn payment() -> Vec<(&'static str, String)> {
    [
        ("gmt_create", "2026-01-01 08:00:05"),
        ("charset", "utf-8"),
        ("subject", "课程 C++ & <Rust> 100%"),
        ("notify_id", "2026010100222080100000000000000001"),
        ("fund_bill_list", r#"[{"amount":"99.00","fundChannel":"ALIPAYACCOUNT"}]"#),
        ("passback_params", "a%3D1%26b%3D2"),
        ("notify_type", "trade_status_sync"),
        ("trade_status", "TRADE_SUCCESS"),
        ("sign_type", "RSA2"),
        ("app_id", "2021000000000001"),
        ("seller_id", "2088000000000002"),
        ("gmt_payment", "2026-01-01 08:00:30"),
        ("notify_time", "2026-01-01 08:00:31"),
        ("version", "1.0"),
        ("out_trade_no", NUMBER),
        ("total_amount", "99.00"),
        ("trade_no", "2026010122001400000500000001"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// The payment with these fields set (an empty value: taken out), signed as it then is.
fn told_with(changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut fields = payment();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, (*value).to_owned()));
        }
    }
    signed_fields(fields)
}

fn signed_fields(mut fields: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    let params = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let text = sign::notice_texts(&params).remove(0);
    fields.push(("sign", base64(&signed(&text))));
    fields
}

fn form(fields: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn told(changes: &[(&'static str, &str)]) -> String {
    form(&told_with(changes))
}

/// The signed payment, its body changed on the way.
fn tampered(from: &str, to: &str) -> String {
    let body = told(&[]);
    assert_eq!(body.matches(from).count(), 1, "{from} in {body}");
    body.replace(from, to)
}

/// What becomes of a callback, in one word or two.
fn outcome(body: &[u8]) -> String {
    let read = match open_callback(&alipay(), body) {
        Ok(read) => read,
        Err(fault) => return fault.to_string(),
    };
    let Some(Notice { merchant_no, news, .. }) = believed(read) else { return "bad signature".to_owned() };
    match news {
        News::Paid(payment) => {
            assert_eq!((payment.merchant_no.as_str(), merchant_no.as_str()), (NUMBER, NUMBER));
            format!("paid {}", payment.amount.minor())
        }
        News::Closed => "closed".to_owned(),
        News::Waiting => "waiting".to_owned(),
        News::Misfit(Misfit::OtherApp { .. }) => "other app".to_owned(),
        News::Misfit(Misfit::OtherSeller { .. }) => "other seller".to_owned(),
        News::Misfit(Misfit::UnexpectedRefund) => "a refund without a number".to_owned(),
        News::Refund { refund_no, .. } => format!("refund {refund_no}"),
        News::Misfit(Misfit::Unreadable { field }) => format!("unreadable {field}"),
        News::Misfit(Misfit::UnknownStatus { got }) => format!("status {got}"),
        other => panic!("{other:?}"),
    }
}

fn check(rows: &[(&str, String, &str)]) {
    for (what, body, expected) in rows {
        assert_eq!(outcome(body.as_bytes()), *expected, "{what}");
    }
}

#[test]
fn what_alipay_signed_is_believed_however_it_is_encoded() {
    let swap = |from: &str, to: &str| told(&[]).replace(from, to);
    let mut reversed = told_with(&[]);
    reversed.reverse();
    let with_empty: Vec<_> = payment().into_iter().chain([("body", String::new())]).collect();
    let mut empty_unsigned = told_with(&[]);
    empty_unsigned.push(("body", String::new()));
    let mut certificate_unsigned = told_with(&[]);
    certificate_unsigned.push(("alipay_cert_sn", "866efef280dec9137a87d047ac446315".to_owned()));
    let mut service_market = payment();
    service_market.push(("method", "alipay.open.servicemarket.order.notify".to_owned()));
    let all_but_sign = service_market.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    service_market.push(("sign", base64(&signed(&sign::request_text(&all_but_sign)))));
    check(&[
        ("as it comes", told(&[]), "paid 9900"),
        ("spaces as %20", swap("+", "%20"), "paid 9900"),
        ("lower-case hex", swap("%2B", "%2b"), "paid 9900"),
        ("what needs no escape, escaped", swap("TRADE_SUCCESS", "TRADE%5FSUCCESS"), "paid 9900"),
        ("another order of the fields", form(&reversed), "paid 9900"),
        ("a field we do not know", told(&[("discount_goods_detail", "[]")]), "paid 9900"),
        ("no gmt_payment", told(&[("gmt_payment", "")]), "paid 9900"),
        ("gmt_payment that is no time", told(&[("gmt_payment", "soon")]), "paid 9900"),
        ("buyer_open_id in place of buyer_id", told(&[("buyer_open_id", "074a")]), "paid 9900"),
        ("no sign_type", told(&[("sign_type", "")]), "paid 9900"),
        ("an empty field, signed", form(&signed_fields(with_empty)), "paid 9900"),
        ("an empty field, not signed", form(&empty_unsigned), "paid 9900"),
        ("a certificate's number, not signed", form(&certificate_unsigned), "paid 9900"),
        ("sign_type signed too, as the service market does", form(&service_market), "paid 9900"),
        ("a refund of nothing", told(&[("refund_fee", "0.00")]), "paid 9900"),
        ("one decimal", told(&[("total_amount", "99.0")]), "paid 9900"),
    ]);
}

#[test]
fn what_was_changed_on_the_way_is_not_believed() {
    check(&[
        ("one digit of the amount", tampered("total_amount=99.00", "total_amount=98.00"), "bad signature"),
        ("one letter of the number", tampered("AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAB"), "bad signature"),
        ("a status", tampered("TRADE_SUCCESS", "TRADE_CLOSED"), "bad signature"),
        ("a field added", tampered("version=1.0", "version=1.0&buyer_id=2088"), "bad signature"),
        ("a field removed", tampered("&version=1.0", ""), "bad signature"),
        ("a field's name", tampered("&version=", "&Version="), "bad signature"),
        ("encoded twice", tampered("a%253D1%2526b%253D2", "a%25253D1%252526b%25253D2"), "bad signature"),
        ("decoded twice", tampered("a%253D1%2526b%253D2", "a%3D1%26b%3D2"), "bad signature"),
        ("a plus that became a space", tampered("C%2B%2B", "C++"), "bad signature"),
        ("quotes escaped for HTML", told(&[]).replace("%22", "%26quot%3B"), "bad signature"),
        ("spaces between JSON's tokens", tampered("%22%3A%2299.00", "%22%3A+%2299.00"), "bad signature"),
        ("an ampersand left bare", tampered("%26+%3CRust", "&+%3CRust"), "bad signature"),
        (
            "a field hidden in a value",
            tampered("version=1.0", "version=1.0%26buyer_id%3D2088"),
            "bad signature",
        ),
    ]);
}

#[test]
fn what_is_no_callback_of_alipays_is_malformed() {
    let signed = told_with(&[]);
    let unsigned = form(&payment());
    let resigned = |sign: &str| format!("{unsigned}&sign={sign}");
    let genuine = form(&signed);
    check(&[
        ("nothing", String::new(), "malformed: sign is missing"),
        ("only separators", "&&&=&".to_owned(), "malformed: sign is missing"),
        ("no sign", unsigned.clone(), "malformed: sign is missing"),
        ("an empty sign", resigned(""), "malformed: sign is missing"),
        ("a sign that is not base64", resigned("%3Cscript%3E"), "malformed: sign is not base64"),
        ("a sign whose pluses became spaces", resigned("a+b+c+d+"), "malformed: sign is not base64"),
        ("a short sign", resigned("AAAA"), "bad signature"),
        ("the amount twice", format!("{genuine}&total_amount=0.01"), "malformed: a field stands twice"),
        (
            "the amount twice, once escaped",
            format!("{genuine}&total%5Famount=99.00"),
            "malformed: a field stands twice",
        ),
        ("the sign twice", format!("{genuine}&sign=AAAA"), "malformed: a field stands twice"),
        ("SHA-1", tampered("sign_type=RSA2", "sign_type=RSA"), "malformed: sign_type is not RSA2"),
        ("no RSA at all", tampered("sign_type=RSA2", "sign_type=MD5"), "malformed: sign_type is not RSA2"),
        ("GBK", told(&[("charset", "GBK")]), "malformed: charset is not utf-8"),
        (
            "bytes that are not UTF-8",
            tampered("version=1.0", "version=%FF%FE"),
            "malformed: the callback is not utf-8",
        ),
        ("JSON", r#"{"trade_status":"TRADE_SUCCESS"}"#.to_owned(), "malformed: sign is missing"),
        (
            "a mebibyte",
            format!("{genuine}&body={}", "a".repeat(1 << 20)),
            "malformed: the callback is larger than any of alipay's",
        ),
        (
            "more fields than a form has",
            (0..9_000).map(|n| format!("{n}=&")).collect(),
            "malformed: sign is missing",
        ),
    ]);
    assert_eq!(outcome(b"subject=\xff\xfe"), "malformed: the callback is not utf-8");
}

#[test]
fn what_alipay_signed_but_is_not_a_payment_to_us_settles_nothing() {
    check(&[
        ("another application", told(&[("app_id", "2021000000000009")]), "other app"),
        ("no application", told(&[("app_id", "")]), "unreadable app_id"),
        ("another seller", told(&[("seller_id", "2088000000000009")]), "other seller"),
        ("no seller", told(&[("seller_id", "")]), "unreadable seller_id"),
        ("no number", told(&[("out_trade_no", "")]), "unreadable out_trade_no"),
        (
            "a refund of a part",
            told(&[("refund_fee", "1.00"), ("gmt_refund", "2026-01-02 08:00:00.1")]),
            "a refund without a number",
        ),
        (
            "a refund of all",
            told(&[
                ("trade_status", "TRADE_CLOSED"),
                ("refund_fee", "99.00"),
                ("out_biz_no", "01KDVDNG00BBBBBBBBBBBBBBBB"),
            ]),
            "refund 01KDVDNG00BBBBBBBBBBBBBBBB",
        ),
        (
            "a refund by its number alone",
            told(&[("out_biz_no", "01KDVDNG00BBBBBBBBBBBBBBBB")]),
            "refund 01KDVDNG00BBBBBBBBBBBBBBBB",
        ),
        (
            "a refund by its time alone",
            told(&[("gmt_refund", "2026-01-02 08:00:00.100")]),
            "a refund without a number",
        ),
        ("a refund of an odd amount", told(&[("refund_fee", "some")]), "a refund without a number"),
        ("closed", told(&[("trade_status", "TRADE_CLOSED")]), "closed"),
        ("waiting", told(&[("trade_status", "WAIT_BUYER_PAY")]), "waiting"),
        ("finished", told(&[("trade_status", "TRADE_FINISHED")]), "paid 9900"),
        ("a status we do not know", told(&[("trade_status", "TRADE_PENDING")]), "status TRADE_PENDING"),
        ("no status", told(&[("trade_status", "")]), "unreadable trade_status"),
        ("no number of theirs", told(&[("trade_no", "")]), "unreadable trade_no"),
        ("a fen less", told(&[("total_amount", "98.99")]), "paid 9899"),
        ("no amount", told(&[("total_amount", "")]), "unreadable total_amount"),
        ("a negative amount", told(&[("total_amount", "-99.00")]), "unreadable total_amount"),
        ("an exponent", told(&[("total_amount", "99e0")]), "unreadable total_amount"),
        ("a separator", told(&[("total_amount", "9,900.00")]), "unreadable total_amount"),
        ("a third decimal", told(&[("total_amount", "99.001")]), "unreadable total_amount"),
        ("a blank", told(&[("total_amount", " 99.00")]), "unreadable total_amount"),
        ("full-width digits", told(&[("total_amount", "９９.00")]), "unreadable total_amount"),
        ("more than there is", told(&[("total_amount", "90071992547409.92")]), "unreadable total_amount"),
    ]);
}

#[test]
fn an_empty_field_added_on_the_way_changes_nothing() {
    // Empty values are not always signed, so none may carry a meaning.
    for added in ["refund_fee", "gmt_refund", "out_biz_no", "charset_", "alipay_cert_sn"] {
        assert_eq!(outcome(format!("{}&{added}=", told(&[])).as_bytes()), "paid 9900", "{added}");
    }
}

#[test]
fn a_repeat_has_the_key_of_the_first_and_a_refund_another() {
    let key = |changes: &[(&'static str, &str)]| {
        believed(open_callback(&alipay(), told(changes).as_bytes()).unwrap()).unwrap().key
    };
    let first = key(&[]);
    assert_eq!(key(&[("notify_time", "2026-01-01 09:00:31")]), first);
    assert_ne!(key(&[("notify_id", "2026010100222080100000000000000002")]), first);
    assert_ne!(key(&[("trade_status", "TRADE_FINISHED")]), first);
    assert_ne!(key(&[("refund_fee", "1.00")]), first);
    assert_ne!(key(&[("out_trade_no", "01KDVDNG00CCCCCCCCCCCCCCCC")]), first);
}

#[test]
fn the_time_of_a_payment_is_read_in_utc_plus_8() {
    let News::Paid(payment) = believed(open_callback(&alipay(), told(&[]).as_bytes()).unwrap()).unwrap().news
    else {
        panic!("not paid")
    };
    // 2026-01-01T00:00:30Z
    assert_eq!(payment.at, Some(Timestamp::from_ms(1_767_225_630_000)));
}
