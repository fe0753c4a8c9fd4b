//! What do WeChat Pay's callbacks say, once they are verified and opened?

use coursepay_core::gateway::{Content, Gateway, Message, Misfit, News, Notice, RefundStanding};
use coursepay_core::time::Timestamp;

use crate::fixture::{START, cny};
use crate::signing::base64;
use crate::wechat_pay_fixture::wechat_pay;
use crate::wechat_pay_signing::{Headers, headers, headers_at, opened, sealed, trusted};

pub(crate) const NUMBER: &str = "01KDVDNG00AAAAAAAAAAAAAAAA";
pub(crate) const REFUND: &str = "01KDVDNG00BBBBBBBBBBBBBBBB";
const SEAL_NONCE: &[u8; 12] = b"uluk4a9R25RW";

/// A payment of 99.00, of which a coupon paid 9.00.
pub(crate) const PAYMENT: &str = r#"{"appid":"wxd678efh567hg6787","mchid":"1900007291","out_trade_no":"01KDVDNG00AAAAAAAAAAAAAAAA","transaction_id":"4200001","trade_type":"NATIVE","trade_state":"SUCCESS","trade_state_desc":"支付成功 & \"<好>\"","bank_type":"OTHERS","attach":"a+b%26c","success_time":"2026-01-01T08:00:30+08:00","payer":{"openid":"o"},"amount":{"total":9900,"payer_total":9000,"currency":"CNY","payer_currency":"CNY"}}"#;

/// A refund of 30.00.
pub(crate) const REFUNDED: &str = r#"{"mchid":"1900007291","out_trade_no":"01KDVDNG00AAAAAAAAAAAAAAAA","transaction_id":"4200001","out_refund_no":"01KDVDNG00BBBBBBBBBBBBBBBB","refund_id":"5030001","refund_status":"SUCCESS","success_time":"2026-01-01T08:05:00+08:00","user_received_account":"招商银行信用卡0403","amount":{"total":9900,"refund":3000,"payer_total":9900,"payer_refund":3000}}"#;

/// The body of a callback of this kind, `plain` sealed in it.
pub(crate) fn envelope(event_type: &str, plain: &str) -> String {
    let ciphertext = base64(&sealed(SEAL_NONCE, "transaction", plain.as_bytes()));
    format!(
        r#"{{"id":"EV-2018022511223320873","create_time":"2026-01-01T08:00:31+08:00","resource_type":"encrypt-resource","event_type":"{event_type}","summary":"支付成功","resource":{{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"{ciphertext}","associated_data":"transaction","nonce":"uluk4a9R25RW"}}}}"#
    )
}

/// What the Worker makes of a callback: verify, open, read.
pub(crate) fn noticed(headers: &Headers, body: &[u8]) -> Result<Notice, String> {
    let callback = Message { status: 200, headers, body };
    let read = wechat_pay().read_callback(callback, START).map_err(|fault| fault.to_string())?;
    match trusted(read).ok_or("bad signature")? {
        Content::Open(notice) => Ok(notice),
        Content::Sealed(content) => {
            let plain = opened(&content.nonce, &content.aad, &content.ciphertext).ok_or("bad tag")?;
            (content.read)(&plain).map_err(|fault| fault.to_string())
        }
    }
}

/// What a genuine callback says.
fn told(event_type: &str, plain: &str) -> Result<Notice, String> {
    let body = envelope(event_type, plain);
    noticed(&headers(&body), body.as_bytes())
}

/// What becomes of a callback, in one word or two.
pub(crate) fn outcome(notice: Result<Notice, String>) -> String {
    let news = match notice {
        Ok(Notice { news, .. }) => news,
        Err(why) => return why,
    };
    match news {
        News::Paid(payment) => format!("paid {}", payment.amount.minor()),
        News::Refund { amount, standing, .. } => {
            let standing = match standing {
                RefundStanding::Done { .. } => "done",
                RefundStanding::Pending => "pending",
                RefundStanding::Failed { .. } => "failed",
                RefundStanding::NeedsAttention { .. } => "attention",
            };
            format!("refund {standing} {}", amount.unwrap().minor())
        }
        News::Misfit(misfit) => misfit.to_string(),
        other => panic!("{other:?}"),
    }
}

fn changed(event_type: &str, plain: &str, from: &str, to: &str) -> String {
    assert_eq!(plain.matches(from).count(), 1, "{from}");
    outcome(told(event_type, &plain.replace(from, to)))
}

fn payment_with(from: &str, to: &str) -> String {
    changed("TRANSACTION.SUCCESS", PAYMENT, from, to)
}

fn refund_with(from: &str, to: &str) -> String {
    changed("REFUND.SUCCESS", REFUNDED, from, to)
}

#[test]
fn a_payment_is_told_with_what_was_asked_for() {
    let Notice { key, merchant_no, news } = told("TRANSACTION.SUCCESS", PAYMENT).unwrap();
    assert_eq!(key, format!("EV-2018022511223320873|{NUMBER}|TRANSACTION.SUCCESS"));
    assert_eq!(merchant_no, NUMBER);
    let News::Paid(payment) = news else { panic!("{news:?}") };
    assert_eq!((payment.merchant_no.as_str(), payment.gateway_no.as_str()), (NUMBER, "4200001"));
    assert_eq!(payment.amount, cny(9_900), "not what the coupon left of it");
    assert_eq!(payment.at, Some(Timestamp::from_ms(START.ms() + 30_000)));
}

#[test]
fn a_refund_is_told_with_its_number_and_amount() {
    let Notice { key, merchant_no, news } = told("REFUND.SUCCESS", REFUNDED).unwrap();
    assert_eq!(key, format!("EV-2018022511223320873|{NUMBER}|REFUND.SUCCESS"));
    assert_eq!(merchant_no, NUMBER);
    let at = Some(Timestamp::from_ms(START.ms() + 300_000));
    let expected = News::Refund {
        refund_no: REFUND.to_owned(),
        amount: Some(cny(3_000)),
        standing: RefundStanding::Done { at },
    };
    assert_eq!(news, expected);
}

#[test]
fn a_refund_ends_in_the_way_its_event_names() {
    for (event, status, expected) in [
        ("REFUND.SUCCESS", "SUCCESS", "refund done 3000"),
        ("REFUND.ABNORMAL", "ABNORMAL", "refund attention 3000"),
        ("REFUND.CLOSED", "CLOSED", "refund failed 3000"),
        ("REFUND.SUCCESS", "CLOSED", "unknown status CLOSED"),
        ("REFUND.CLOSED", "SUCCESS", "unknown status SUCCESS"),
        ("REFUND.SUCCESS", "PROCESSING", "unknown status PROCESSING"),
        ("REFUND.SUCCESS", "", "field refund_status is missing or unreadable"),
    ] {
        let told = changed(event, REFUNDED, r#":"SUCCESS""#, &format!(r#":"{status}""#));
        assert_eq!(told, expected, "{event} {status}");
    }
}

#[test]
fn a_repeat_under_a_fresh_signature_has_the_key_of_the_first() {
    let body = envelope("TRANSACTION.SUCCESS", PAYMENT);
    let first = noticed(&headers(&body), body.as_bytes()).unwrap();
    let repeat = noticed(&headers_at(START.plus_ms(15_000), body.as_bytes()), body.as_bytes()).unwrap();
    assert_eq!(first, repeat);
}

#[test]
fn what_is_of_no_use_is_left_sealed() {
    for event in ["MCHTRANSFER.BILL.FINISHED", "PAYSCORE.USER_PAID", "TRANSACTION.FAIL", "REFUND", ""] {
        let notice = told(event, "not even JSON").unwrap();
        assert_eq!(notice.news, News::Misfit(Misfit::NoUse { kind: event.to_owned() }));
        assert_eq!(notice.merchant_no, "");
    }
}

#[test]
fn what_is_for_another_or_is_odd_settles_nothing() {
    for (from, to, expected) in [
        ("1900007291", "1900007292", "expected seller 1900007291, got 1900007292"),
        (r#""1900007291""#, "null", "field mchid is missing or unreadable"),
        (
            "wxd678efh567hg6787",
            "wx2421b1c4370ec43b",
            "expected app wxd678efh567hg6787, got wx2421b1c4370ec43b",
        ),
        (r#""appid":"wxd678efh567hg6787","#, "", "field appid is missing or unreadable"),
        (r#""SUCCESS""#, r#""NOTPAY""#, "unknown status NOTPAY"),
        (r#""SUCCESS""#, r#""REFUND""#, "paid 9900"),
        (r#""SUCCESS""#, "null", "field trade_state is missing or unreadable"),
        (NUMBER, "", "field out_trade_no is missing or unreadable"),
        ("4200001", "", "field transaction_id is missing or unreadable"),
        ("2026-01-01T08:00:30+08:00", "soon", "paid 9900"),
        (r#""total":9900"#, r#""total":9899"#, "paid 9899"),
        (r#""total":9900"#, r#""total":0"#, "field total is missing or unreadable"),
        (r#""total":9900"#, r#""total":-9900"#, "field total is missing or unreadable"),
        (r#""total":9900"#, r#""total":99.00"#, "field total is missing or unreadable"),
        (r#""total":9900"#, r#""total":9.9e3"#, "field total is missing or unreadable"),
        (r#""total":9900"#, r#""total":"9900""#, "field total is missing or unreadable"),
        (r#""total":9900"#, r#""total":9007199254740992"#, "field total is missing or unreadable"),
        (r#""total":9900,"#, "", "field total is missing or unreadable"),
        (
            r#""currency":"CNY","payer"#,
            r#""currency":"XXX","payer"#,
            "field currency is missing or unreadable",
        ),
        (r#""currency":"CNY","payer"#, r#""currency":"USD","payer"#, "paid 9900"),
        (r#""total":9900"#, r#""total":1,"total":9900"#, "malformed: the resource is not a payment"),
        (r#""mchid":"#, r#""mchid":"1","mchid":"#, "malformed: the resource is not a payment"),
        (r#""4200001""#, "4200001", "malformed: the resource is not a payment"),
    ] {
        assert_eq!(payment_with(from, to), expected, "{from} → {to}");
    }
}

#[test]
fn a_refund_for_another_or_without_its_particulars_changes_nothing() {
    for (from, to, expected) in [
        ("1900007291", "1900007292", "expected seller 1900007291, got 1900007292"),
        (REFUND, "", "field out_refund_no is missing or unreadable"),
        (NUMBER, "", "field out_trade_no is missing or unreadable"),
        (r#""refund":3000"#, r#""refund":-1"#, "field refund is missing or unreadable"),
        (r#""refund":3000"#, r#""refund":"3000""#, "field refund is missing or unreadable"),
        (r#""refund":3000,"#, "", "field refund is missing or unreadable"),
        (
            r#""out_refund_no":"#,
            r#""out_refund_no":"1","out_refund_no":"#,
            "malformed: the resource is not a refund",
        ),
    ] {
        assert_eq!(refund_with(from, to), expected, "{from} → {to}");
    }
}

#[test]
fn one_kind_of_callback_does_not_pass_for_the_other() {
    assert_eq!(outcome(told("TRANSACTION.SUCCESS", REFUNDED)), "field appid is missing or unreadable");
    assert_eq!(outcome(told("REFUND.SUCCESS", PAYMENT)), "field out_refund_no is missing or unreadable");
}

#[test]
fn a_resource_that_is_no_json_is_none() {
    for plain in ["", "null", "[]", "{", "\"a\"", "9900", "{}{}"] {
        let read = outcome(told("TRANSACTION.SUCCESS", plain));
        let empty_seal = "malformed: the ciphertext is not base64, or only a tag";
        assert!(read == "malformed: the resource is not a payment" || read == empty_seal, "{plain}: {read}");
    }
}
