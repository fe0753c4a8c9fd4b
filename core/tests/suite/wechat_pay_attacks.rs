//! What does a callback come to that is forged, was tampered with, or comes at the wrong time?

use crate::fixture::START;
use crate::wechat_pay_callbacks::{NUMBER, PAYMENT, envelope, noticed, outcome};
use crate::wechat_pay_fixture::KEY_ID;
use crate::wechat_pay_signing::{Headers, headers, headers_at, named, with, without};

fn genuine() -> String {
    envelope("TRANSACTION.SUCCESS", PAYMENT)
}

/// What becomes of `body` under the headers of the genuine callback.
fn tampered(body: &str) -> String {
    outcome(noticed(&headers(&genuine()), body.as_bytes()))
}

/// What becomes of `body` when WeChat signs it.
fn signed(body: &str) -> String {
    outcome(noticed(&headers(body), body.as_bytes()))
}

/// What becomes of the genuine body under other headers.
fn under(headers: &Headers) -> String {
    outcome(noticed(headers, genuine().as_bytes()))
}

fn replaced(from: &str, to: &str) -> String {
    let body = genuine();
    assert_eq!(body.matches(from).count(), 1, "{from}");
    body.replace(from, to)
}

#[test]
fn the_genuine_one_is_believed_whatever_the_case_of_its_headers() {
    assert_eq!(under(&headers(&genuine())), "paid 9900");
    let lower = headers(&genuine()).into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    assert_eq!(under(&lower), "paid 9900");
    let unlabelled = without(without(headers(&genuine()), "Content-Type"), "Wechatpay-Signature-Type");
    assert_eq!(under(&unlabelled), "paid 9900");
}

#[test]
fn a_callback_without_a_whole_signature_is_none() {
    let genuine_headers = headers(&genuine());
    let missing = "malformed: a header of the signature is missing";
    assert_eq!(under(&Headers::new()), "malformed: the callback is not signed");
    let unsigned = without(genuine_headers.clone(), "Wechatpay-Signature");
    assert_eq!(under(&unsigned), "malformed: the callback is not signed");
    for name in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial"] {
        assert_eq!(under(&without(genuine_headers.clone(), name)), missing, "{name}");
        assert_eq!(under(&with(genuine_headers.clone(), name, "")), missing, "{name}");
    }
    for name in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"] {
        let mut twice = genuine_headers.clone();
        twice.push((name.to_lowercase(), "AAAA".to_owned()));
        assert_eq!(under(&twice), missing, "{name} twice");
    }
}

#[test]
fn a_probe_or_a_signature_that_is_none_is_refused() {
    for (value, expected) in [
        ("WECHATPAY/SIGNTEST/jnks4dlrPw3ZX+ozVvSK39oa0t7OMBsg==", "malformed: the signature is a probe"),
        ("WECHATPAY/SIGNTEST/AAAAA", "malformed: the signature is a probe"),
        ("%20", "malformed: the signature is not base64"),
        ("AAA", "malformed: the signature is not base64"),
        ("AAAA AAAA", "malformed: the signature is not base64"),
        ("AAAA", "bad signature"),
    ] {
        assert_eq!(under(&with(headers(&genuine()), "Wechatpay-Signature", value)), expected, "{value}");
    }
    let kind = with(headers(&genuine()), "Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3");
    assert_eq!(under(&kind), "malformed: the signature is of another type");
}

#[test]
fn the_key_that_is_named_must_be_the_one_that_signed() {
    for serial in
        ["PUB_KEY_ID_0000000000000024101100397200000007", "D7CE59D1F522D701", &KEY_ID.to_lowercase()]
    {
        let other = with(headers(&genuine()), "Wechatpay-Serial", serial);
        assert_eq!(under(&other), "bad signature", "{serial}");
    }
}

#[test]
fn what_is_replayed_late_or_dated_ahead_is_not_believed() {
    let body = genuine();
    for (away_ms, believed) in
        [(-86_400_000, false), (-300_000, false), (-299_000, true), (299_000, true), (300_000, false)]
    {
        let read = under(&headers_at(START.plus_ms(away_ms), body.as_bytes()));
        assert_eq!(read == "paid 9900", believed, "{away_ms}");
        assert_eq!(read.starts_with("expected a time near"), !believed, "{read}");
    }
    let fresh = with(
        headers_at(START.plus_ms(-600_000), body.as_bytes()),
        "Wechatpay-Timestamp",
        &START.seconds().to_string(),
    );
    assert_eq!(under(&fresh), "bad signature", "an old one under a new date");
}

#[test]
fn a_time_that_is_no_number_of_seconds_is_refused() {
    for time in ["soon", "-1767225600", "+1767225600", "1767225600.0", "1767225600 0", "99999999999999999999"]
    {
        let read = under(&with(headers(&genuine()), "Wechatpay-Timestamp", time));
        assert_eq!(read, "malformed: the time is not in seconds", "{time}");
    }
    let milliseconds = with(headers(&genuine()), "Wechatpay-Timestamp", &START.ms().to_string());
    assert!(under(&milliseconds).starts_with("expected a time near"));
}

#[test]
fn one_text_cannot_be_read_as_another_by_moving_its_lines() {
    // What is signed for an answer would otherwise pass for a callback with a longer nonce.
    let nonce = with(headers(&genuine()), "Wechatpay-Nonce", "a\nb");
    assert_eq!(under(&nonce), "malformed: the nonce holds a control character");
    let other = with(headers(&genuine()), "Wechatpay-Nonce", "d824f2e086d3c1df967785d13fcd22ee");
    assert_eq!(under(&other), "bad signature");
}

#[test]
fn what_was_changed_on_the_way_is_not_believed() {
    for (what, body) in [
        ("one letter of the id", replaced("EV-2018022511223320873", "EV-2018022511223320874")),
        ("the kind", replaced("TRANSACTION.SUCCESS", "REFUND.SUCCESS")),
        ("a byte of the nonce", replaced("uluk4a9R25RW", "uluk4a9R25RX")),
        ("spaces between the tokens", replaced(r#""resource":{"#, r#""resource": {"#)),
        ("a newline at the end", format!("{}\n", genuine())),
        ("characters escaped", replaced("支付成功", "\\u652f\\u4ed8\\u6210\\u529f")),
        ("members in another order", {
            let parsed: serde_json::Value = serde_json::from_str(&genuine()).unwrap();
            parsed.to_string()
        }),
        ("a member added", replaced(r#"{"id""#, r#"{"a":1,"id""#)),
        ("another callback's body", envelope("TRANSACTION.SUCCESS", &PAYMENT.replace("9900", "1"))),
    ] {
        assert_ne!(body, genuine(), "{what}");
        assert_eq!(tampered(&body), "bad signature", "{what}");
    }
    let html = genuine().replace('"', "&quot;");
    assert_eq!(tampered(&html), "malformed: the callback is not an envelope", "escaped for HTML");
}

#[test]
fn the_callback_of_another_gateway_is_none() {
    let form = "trade_status=TRADE_SUCCESS&sign_type=RSA2&sign=AAAA";
    assert_eq!(outcome(noticed(&Headers::new(), form.as_bytes())), "malformed: the callback is not signed");
    let stripe = named([("Stripe-Signature", "t=1767225600,v1=00")]);
    let event = r#"{"id":"evt_1","type":"checkout.session.completed"}"#;
    assert_eq!(outcome(noticed(&stripe, event.as_bytes())), "malformed: the callback is not signed");
    assert_eq!(signed(event), "malformed: the callback is not an envelope");
}

#[test]
fn a_tag_or_a_seal_that_does_not_hold_opens_nothing() {
    let body = genuine();
    let (head, rest) = body.split_once(r#""ciphertext":""#).unwrap();
    let (ciphertext, tail) = rest.split_once('"').unwrap();
    let with_ciphertext = |text: &str| signed(&format!(r#"{head}"ciphertext":"{text}"{tail}"#));
    assert_eq!(with_ciphertext(ciphertext), "paid 9900");
    let flip = |at: usize| {
        let mut text: Vec<char> = ciphertext.chars().collect();
        text[at] = if text[at] == 'A' { 'B' } else { 'A' };
        with_ciphertext(&text.into_iter().collect::<String>())
    };
    assert_eq!(flip(0), "bad tag");
    assert_eq!(flip(ciphertext.len() - 8), "bad tag");
    let seal = "malformed: the ciphertext is not base64, or only a tag";
    for text in ["", "%", "AAAA", &ciphertext[..ciphertext.len() - 1], "AAAAAAAAAAAAAAAAAAAAAA=="] {
        assert_eq!(with_ciphertext(text), seal, "{text}");
    }
    assert_eq!(
        signed(&replaced(r#""associated_data":"transaction""#, r#""associated_data":"refund""#)),
        "bad tag"
    );
    assert_eq!(signed(&replaced(r#""associated_data":"transaction","#, "")), "bad tag", "absent is empty");
    assert_eq!(signed(&replaced("uluk4a9R25RW", "uluk4a9R25RX")), "bad tag");
}

#[test]
fn an_envelope_that_lacks_something_or_says_it_twice_is_none() {
    let envelope = "malformed: the callback is not an envelope";
    let nonce = "malformed: the nonce has not 12 bytes";
    for (what, from, to, expected) in [
        ("no id", r#""id":"EV-2018022511223320873","#, "", envelope),
        ("no kind", r#""event_type":"TRANSACTION.SUCCESS","#, "", envelope),
        ("the kind twice", r#""event_type":"#, r#""event_type":"A","event_type":"#, envelope),
        ("the resource twice", r#""resource":{"#, r#""resource":null,"resource":{"#, envelope),
        ("the ciphertext twice", r#""ciphertext":"#, r#""ciphertext":"AAAA","ciphertext":"#, envelope),
        ("an id that is a number", r#""EV-2018022511223320873""#, "1", envelope),
        ("no resource", r#""resource":{"#, r#""resources":{"#, "malformed: the callback has no resource"),
        ("a short nonce", "uluk4a9R25RW", "uluk4a9R25R", nonce),
        ("a nonce of other letters", "uluk4a9R25RW", "uluk4a9R25课", nonce),
        ("another cipher", "AES_256_GCM", "SM4_GCM", "malformed: the resource is sealed with another cipher"),
    ] {
        assert_eq!(signed(&replaced(from, to)), expected, "{what}");
    }
    for body in ["", "null", "[]", "{}", "\u{feff}{}", "{\"id\":"] {
        assert_eq!(signed(body), envelope, "{body}");
    }
    let invalid = outcome(noticed(&headers(&genuine()), b"\xff\xfe"));
    assert_eq!(invalid, envelope, "bytes that are not UTF-8");
}

#[test]
fn a_body_of_a_mebibyte_is_not_read() {
    let body = replaced("支付成功", &"好".repeat(1 << 20));
    assert_eq!(signed(&body), "malformed: larger than any of wechat pay's");
}

#[test]
fn a_forged_callback_does_not_stand_in_the_way_of_the_true_one() {
    let forged = with(headers(&genuine()), "Wechatpay-Signature", "AAAA");
    assert_eq!(under(&forged), "bad signature");
    let notice = noticed(&headers(&genuine()), genuine().as_bytes()).unwrap();
    assert_eq!(notice.merchant_no, NUMBER);
}
