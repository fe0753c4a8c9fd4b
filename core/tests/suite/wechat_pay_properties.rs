//! Whatever bytes come from WeChat Pay, does reading them end in a value or an error, and never in a belief?

use coursepay_core::gateway::wechat_pay::SealedCertificate;
use coursepay_core::gateway::{Answer, Content, Gateway, Message, Operation, RefundAnswer, RefundOperation};
use coursepay_core::method::Channel;
use coursepay_core::time::Timestamp;
use proptest::prelude::*;

use crate::fixture::START;
use crate::wechat_pay_callbacks::{PAYMENT, REFUNDED, envelope, noticed};
use crate::wechat_pay_fixture::{KEY_ID, refund, tried, wechat_pay};
use crate::wechat_pay_signing::{Headers, headers, named, trusted};

/// Bytes that look enough like WeChat's JSON to come far.
fn likely_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ":",
        ",",
        "\"id\":\"1\"",
        "\"event_type\":",
        "\"TRANSACTION.SUCCESS\"",
        "\"resource\":",
        "\"algorithm\":\"AEAD_AES_256_GCM\"",
        "\"ciphertext\":",
        "\"AAAAAAAAAAAAAAAAAAAAAAAA\"",
        "\"nonce\":\"uluk4a9R25RW\"",
        "\"code\":",
        "\"ORDER_NOT_EXIST\"",
        "\"amount\":",
        "\"total\":",
        "\"data\":",
        "\\u",
        "null",
        "课",
        " ",
        "\u{0}",
        "1e9",
        "-",
        "9900",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..400), likely_bytes()]
}

/// Headers as somebody may make them up who does not have the key.
fn forged() -> impl Strategy<Value = Headers> {
    let signature = prop_oneof!["[A-Za-z0-9+/]{0,8}(==)?", "WECHATPAY/SIGNTEST/[a-z]{0,9}", ".{0,9}"];
    let timestamp = prop_oneof![Just(START.seconds().to_string()), "[0-9+-]{0,25}"];
    (signature, timestamp, "\\PC{0,9}").prop_map(|(signature, timestamp, nonce)| {
        named([
            ("Wechatpay-Signature", &signature),
            ("Wechatpay-Timestamp", &timestamp),
            ("Wechatpay-Nonce", &nonce),
            ("Wechatpay-Serial", KEY_ID),
            ("Request-ID", &nonce),
        ])
    })
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![prop::sample::select(vec![200, 202, 204, 400, 401, 404, 429, 500]), any::<u16>()]
}

fn changed(genuine: &str, at: prop::sample::Index, byte: u8) -> Vec<u8> {
    let mut changed = genuine.as_bytes().to_vec();
    let at = at.index(changed.len());
    changed[at] = byte;
    changed
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_is_read_or_refused_and_none_is_believed(
        body in any_bytes(),
        headers in prop_oneof![forged(), Just(Headers::new())],
        status in status(),
    ) {
        let message = Message { status, headers: &headers, body: &body };
        let callback = wechat_pay().read_callback(message, START).ok();
        prop_assert!(callback.and_then(trusted).is_none());
        let certificates = wechat_pay().read_certificates(message, START).ok();
        prop_assert!(certificates.and_then(|answer| trusted(answer.proof)).is_none());
        for channel in [Channel::Qr, Channel::Mobile, Channel::InApp, Channel::Redirect, Channel::Balance] {
            for operation in [Operation::Query, Operation::Close, Operation::Create] {
                let answer = wechat_pay().read_answer(operation, &tried(channel), message, START).ok();
                let answer = answer.and_then(trusted);
                // An unsigned error is no more than that.
                prop_assert!(matches!(answer, None | Some(Answer::Unclear { .. })), "{:?}", answer);
            }
        }
        for operation in [RefundOperation::Request, RefundOperation::Query] {
            let attempt = tried(Channel::Qr);
            let answer = wechat_pay().read_refund_answer(operation, &refund(), &attempt, message, START).ok();
            let answer = answer.and_then(trusted);
            prop_assert!(matches!(answer, None | Some(RefundAnswer::Unclear { .. })), "{:?}", answer);
        }
    }

    #[test]
    fn any_signed_bytes_are_read_or_refused(body in likely_bytes(), status in status()) {
        let headers = headers(&String::from_utf8(body.clone()).unwrap());
        let message = Message { status, headers: &headers, body: &body };
        let _ = wechat_pay().read_callback(message, START);
        let _ = wechat_pay().read_certificates(message, START);
        for channel in [Channel::Qr, Channel::Mobile, Channel::InApp] {
            for operation in [Operation::Query, Operation::Close, Operation::Create] {
                let _ = wechat_pay().read_answer(operation, &tried(channel), message, START);
            }
        }
    }

    #[test]
    fn any_opened_bytes_are_read_or_refused(plain in any_bytes(), event in 0_usize..2) {
        let event = ["TRANSACTION.SUCCESS", "REFUND.CLOSED"][event];
        let body = envelope(event, "{}");
        let headers = headers(&body);
        let message = Message { status: 200, headers: &headers, body: body.as_bytes() };
        let content = wechat_pay().read_callback(message, START).ok().and_then(trusted);
        let Some(Content::Sealed(sealed)) = content else { panic!("{body}") };
        let _ = (sealed.read)(&plain);
    }

    #[test]
    fn any_bytes_are_a_certificate_or_not(plain in any_bytes(), der in prop::collection::vec(any::<u8>(), 0..90)) {
        let sealed = SealedCertificate {
            serial_no: "1".to_owned(),
            valid_from: Timestamp::from_ms(0),
            valid_until: Timestamp::from_ms(1),
            nonce: *b"uluk4a9R25RW",
            aad: Vec::new(),
            ciphertext: Vec::new(),
        };
        prop_assert!(sealed.read(&plain).is_err());
        let pem = format!("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", crate::signing::base64(&der));
        let _ = sealed.read(pem.as_bytes());
    }

    #[test]
    fn a_changed_callback_says_what_was_signed_or_is_not_believed(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        refund in any::<bool>(),
    ) {
        let genuine = match refund {
            true => envelope("REFUND.SUCCESS", REFUNDED),
            false => envelope("TRANSACTION.SUCCESS", PAYMENT),
        };
        let headers = headers(&genuine);
        let said = noticed(&headers, genuine.as_bytes());
        prop_assert!(said.is_ok());
        let still = noticed(&headers, &changed(&genuine, at, byte));
        prop_assert!(still.is_err() || still == said);
    }

    #[test]
    fn deep_nesting_ends_in_an_error(depth in 0_usize..20_000) {
        let nested = format!(r#"{{"amount":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let headers = headers(&nested);
        let message = Message { status: 200, headers: &headers, body: nested.as_bytes() };
        let attempt = tried(Channel::Qr);
        prop_assert!(wechat_pay().read_answer(Operation::Query, &attempt, message, START).is_err());
    }
}
