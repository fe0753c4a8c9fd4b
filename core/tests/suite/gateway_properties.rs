//! Whatever bytes come, does reading them end in a value or an error, and never in a belief?

use coursepay_core::attempt::AttemptState;
use coursepay_core::gateway::alipay::sign;
use coursepay_core::gateway::{Gateway, Message, Operation};
use coursepay_core::method::Channel;
use proptest::prelude::*;

use crate::fixture::{START, alipay, attempt, open_callback};
use crate::signing::{base64, believed, signed};

fn genuine_callback() -> String {
    let fields = [
        ("app_id", "2021000000000001"),
        ("charset", "utf-8"),
        ("notify_id", "1"),
        ("out_trade_no", "01KDVDNG00AAAAAAAAAAAAAAAA"),
        ("seller_id", "2088000000000002"),
        ("sign_type", "RSA2"),
        ("subject", "课程 C++"),
        ("total_amount", "99.00"),
        ("trade_no", "2026"),
        ("trade_status", "TRADE_SUCCESS"),
    ];
    let params = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let sign = base64(&signed(&sign::notice_texts(&params).remove(0)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).append_pair("sign", &sign).finish()
}

fn genuine_answer() -> String {
    let number = attempt(Channel::Qr, AttemptState::Pending).id;
    let response = format!(
        r#"{{"code":"10000","out_trade_no":"{number}","trade_no":"2026","trade_status":"TRADE_SUCCESS","total_amount":"99.00"}}"#
    );
    format!(r#"{{"alipay_trade_query_response":{response},"sign":"{}"}}"#, base64(&signed(&response)))
}

/// Bytes that look enough like JSON or a form to come far.
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
        "&",
        "=",
        "%",
        "%2",
        "%FF",
        "+",
        "sign",
        "sign=AAAA",
        "\"sign\":",
        "\"AAAA\"",
        "alipay_trade_query_response",
        "error_response",
        "code",
        "10000",
        "\\u",
        "null",
        "trade_status",
        "total_amount",
        "课",
        " ",
        "\u{0}",
        "1e9",
        "-",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused_and_none_believed(
        body in prop_oneof![prop::collection::vec(any::<u8>(), 0..400), likely_bytes()],
    ) {
        let callback = open_callback(&alipay(), &body).ok();
        prop_assert_eq!(callback.and_then(believed), None);
        for channel in [Channel::Qr, Channel::Redirect, Channel::Mobile, Channel::InApp, Channel::Balance] {
            let attempt = attempt(channel, AttemptState::Pending);
            for operation in [Operation::Create, Operation::Query, Operation::Close] {
                let answer = alipay().read_answer(operation, &attempt, Message::of_body(&body), START).ok();
                prop_assert_eq!(answer.and_then(believed), None);
            }
        }
    }

    #[test]
    fn a_changed_callback_says_what_was_signed_or_is_not_believed(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let genuine = genuine_callback().into_bytes();
        let said = believed(open_callback(&alipay(), &genuine).unwrap());
        prop_assert!(said.is_some());
        let mut changed = genuine;
        let at = at.index(changed.len());
        changed[at] = byte;
        if let Some(still) = open_callback(&alipay(), &changed).ok().and_then(believed) {
            prop_assert_eq!(Some(still), said);
        }
    }

    #[test]
    fn a_changed_answer_says_what_was_signed_or_is_not_believed(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let attempt = attempt(Channel::Qr, AttemptState::Pending);
        let read = |body: &[u8]| alipay().read_answer(Operation::Query, &attempt, Message::of_body(body), START).ok().and_then(believed);
        let genuine = genuine_answer().into_bytes();
        let said = read(&genuine);
        prop_assert!(said.is_some());
        let mut changed = genuine;
        let at = at.index(changed.len());
        changed[at] = byte;
        if let Some(still) = read(&changed) {
            prop_assert_eq!(Some(still), said);
        }
    }

    #[test]
    fn deep_nesting_ends_in_a_value_or_an_error(depth in 0_usize..20_000) {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"alipay_trade_query_response":{nested}}}"#);
        let attempt = attempt(Channel::Qr, AttemptState::Pending);
        prop_assert!(alipay().read_answer(Operation::Query, &attempt, Message::of_body(body.as_bytes()), START).is_err());
    }
}
