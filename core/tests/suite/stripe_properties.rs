//! Whatever bytes come in Stripe's name, does reading them end in a value or an error, and never in a belief?

use coursepay_core::attempt::AttemptState;
use coursepay_core::gateway::stripe::sign;
use coursepay_core::gateway::{Gateway, Message, Operation, RefundOperation};
use proptest::prelude::*;
use serde_json::json;

use crate::fixture::START;
use crate::stripe_fixture::{
    DISPUTE, PAYMENT, SECRET, believed_by, callback, card_attempt, header, named, paid_attempt, refund,
    session, stripe,
};

/// Bytes that look enough like Stripe's JSON to come far.
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
        "\"object\":",
        "\"checkout.session\"",
        "\"search_result\"",
        "\"list\"",
        "\"refund\"",
        "\"dispute\"",
        "\"event\"",
        "\"data\":",
        "\"id\":",
        "\"cs_1\"",
        "\"type\":",
        "\"error\":",
        "\"metadata\":{",
        "\"amount_total\":",
        "4900",
        "-1",
        "1e9",
        "9223372036854775808",
        "null",
        "true",
        "\"livemode\":true",
        "\"status\":\"complete\"",
        "\\ud800",
        "课",
        " ",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..400), likely_bytes()]
}

fn genuine() -> Vec<u8> {
    let paid = session(json!({"status": "complete", "payment_status": "paid", "payment_intent": PAYMENT}));
    let event = json!({
        "id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": START.seconds(),
        "livemode": true, "data": {"object": paid},
    });
    event.to_string().into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_read_or_refused(
        status in prop_oneof![Just(200_u16), Just(400), any::<u16>()],
        body in any_bytes(),
    ) {
        let message = Message { status, headers: &[], body: &body };
        for attempt in [card_attempt(AttemptState::Created), named(AttemptState::Pending)] {
            for operation in [Operation::Create, Operation::Query, Operation::Close] {
                drop(stripe().read_answer(operation, &attempt, message, START));
            }
        }
        for operation in [RefundOperation::Request, RefundOperation::Query] {
            drop(stripe().read_refund_answer(operation, &refund(None), &paid_attempt(), message, START));
        }
        drop(stripe().read_dispute_answer(DISPUTE, message));
    }

    #[test]
    fn any_signed_bytes_are_read_or_refused_and_unsigned_ones_never_believed(body in any_bytes()) {
        drop(callback(&stripe(), &header(&body), &body, START));
        let forged = format!("t={},v1={}", START.seconds(), "ab".repeat(32));
        let read = callback(&stripe(), &forged, &body, START).ok();
        prop_assert_eq!(read.and_then(|read| believed_by(SECRET, read)), None);
    }

    #[test]
    fn any_header_is_taken_apart_or_refused(
        text in prop_oneof!["\\PC{0,80}", "([tv][01]?=[0-9a-f]{0,64},?){0,12}"],
    ) {
        if let Ok(header) = sign::parse_header(&text) {
            prop_assert!(header.signatures.iter().all(|signature| signature.len() == 32));
            prop_assert!((1..=8).contains(&header.signatures.len()));
        }
        let read = callback(&stripe(), &text, &genuine(), START).ok();
        prop_assert_eq!(read.and_then(|read| believed_by(SECRET, read)), None);
    }

    #[test]
    fn a_changed_callback_is_not_believed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = genuine();
        let header = header(&body);
        let said = believed_by(SECRET, callback(&stripe(), &header, &body, START).unwrap());
        prop_assert!(said.is_some());
        let at = at.index(body.len());
        let before = std::mem::replace(&mut body[at], byte);
        let read = callback(&stripe(), &header, &body, START).ok();
        let still = read.and_then(|read| believed_by(SECRET, read));
        prop_assert_eq!(still.is_some(), before == byte);
    }

    #[test]
    fn deep_nesting_ends_in_a_value_or_an_error(depth in 0_usize..20_000) {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let kind = r#""object":"event","type":"refund.updated","livemode":true"#;
        let event = format!(r#"{{"id":"evt_1",{kind},"data":{{"object":{nested}}}}}"#);
        drop(callback(&stripe(), &header(event.as_bytes()), event.as_bytes(), START));
        let answer = format!(r#"{{"object":"checkout.session","id":{nested}}}"#);
        let message = Message { status: 200, headers: &[], body: answer.as_bytes() };
        let attempt = card_attempt(AttemptState::Created);
        prop_assert!(stripe().read_answer(Operation::Create, &attempt, message, START).is_err());
    }
}
