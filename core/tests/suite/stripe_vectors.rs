//! Are Stripe's signed bytes those of the published vectors? (`tests/vectors/stripe.json` names their sources)

use coursepay_core::gateway::stripe::sign;
use coursepay_core::gateway::{KeyChoice, Scheme};
use coursepay_core::time::Timestamp;
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::run;
use crate::stripe_fixture::{believed_by, callback, hmac, stripe};

fn vector(id: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(include_str!("../vectors/stripe.json")).unwrap();
    all.into_iter().find(|vector| vector["id"] == id).unwrap()
}

fn texts(vector: &Value, pointer: &str) -> Vec<String> {
    serde_json::from_value(vector.pointer(pointer).unwrap().clone()).unwrap()
}

#[test]
fn the_published_digests_come_out_of_the_published_secret_and_messages() {
    let vector = vector("S1");
    let secret = vector["keys"]["secret_utf8"].as_str().unwrap();
    let digests: Vec<String> = texts(&vector, "/inputs/messages")
        .iter()
        .map(|message| hex::encode(hmac(secret, message.as_bytes())))
        .collect();
    assert_eq!(digests, texts(&vector, "/expected/hex"));
}

#[test]
fn the_published_headers_hold_for_their_own_payload_and_for_no_other() {
    let vector = vector("S2");
    let secret = vector["keys"]["secret_utf8"].as_str().unwrap();
    let at_s = vector["inputs"]["timestamp"].as_i64().unwrap();
    let now = Timestamp::from_ms(at_s * 1_000);
    let (payloads, headers) = (texts(&vector, "/inputs/payloads"), texts(&vector, "/expected/header"));
    for (payload_at, payload) in payloads.iter().enumerate() {
        for (header_at, header) in headers.iter().enumerate() {
            let read = callback(&stripe(), header, payload.as_bytes(), now).unwrap();
            assert_eq!(believed_by(secret, read).is_some(), payload_at == header_at, "{header} {payload}");
        }
    }
}

#[test]
fn the_published_header_claims_that_any_of_our_secrets_signed_time_dot_body() {
    let vector = vector("S2");
    let at_s = vector["inputs"]["timestamp"].as_i64().unwrap();
    let now = Timestamp::from_ms(at_s * 1_000);
    let expected = texts(&vector, "/expected/v1");
    for ((payload, header), v1) in
        texts(&vector, "/inputs/payloads").iter().zip(texts(&vector, "/expected/header")).zip(expected)
    {
        let mut claims = Vec::new();
        let read = callback(&stripe(), &header, payload.as_bytes(), now).unwrap();
        let seen = std::cell::RefCell::new(&mut claims);
        let refused = run(read.verify(async |claim| {
            seen.borrow_mut().push(claim.clone());
            Ok::<_, ()>(false)
        }));
        assert!(refused.is_err());
        assert_eq!(claims.len(), 1);
        assert_eq!((claims[0].scheme, &claims[0].key), (Scheme::Hmac, &KeyChoice::Any));
        assert_eq!(claims[0].message, format!("{at_s}.{payload}").into_bytes());
        assert_eq!(hex::encode(&claims[0].signature), v1);
    }
}

#[test]
fn a_header_gives_its_time_and_every_v1_and_nothing_else() {
    let (one, two) = ("ab".repeat(32), "cd".repeat(32));
    let raw = |hex_text: &str| hex::decode(hex_text).unwrap();
    let read = sign::parse_header(&format!("t=1614265330,v1={one},v0={two},v1={two},v2=x,,=,odd")).unwrap();
    assert_eq!((read.at_s, read.at_text.as_str()), (1_614_265_330, "1614265330"));
    assert_eq!(read.signatures, [raw(&one), raw(&two)]);
    let spaced = sign::parse_header(&format!("v1={one}, t=1614265330")).unwrap();
    assert_eq!(spaced.signatures, [raw(&one)]);
    // The digits as they stand are signed.
    assert_eq!(sign::parse_header(&format!("t=007,v1={one}")).unwrap().at_text, "007");
}

#[test]
fn what_is_no_signature_header_is_refused() {
    let one = "ab".repeat(32);
    for (header, why) in [
        (String::new(), "stripe-signature has no time"),
        (format!("v1={one}"), "stripe-signature has no time"),
        ("t=1".to_owned(), "stripe-signature has no v1"),
        (format!("t=1,v0={one}"), "stripe-signature has no v1"),
        ("t=1,v1=".to_owned(), "stripe-signature has no v1"),
        (format!("t=1,v1={}", "zz".repeat(32)), "stripe-signature has no v1"),
        (format!("t=1,v1={}", "ab".repeat(31)), "stripe-signature has no v1"),
        (format!("t=1,v1={}", "ab".repeat(33)), "stripe-signature has no v1"),
        (format!("t=1,v1={}", "AB".repeat(32)), "stripe-signature has no v1"),
        (format!("t=,v1={one}"), "the time in stripe-signature is no number"),
        (format!("t=-1,v1={one}"), "the time in stripe-signature is no number"),
        (format!("t=+1,v1={one}"), "the time in stripe-signature is no number"),
        (format!("t=1e9,v1={one}"), "the time in stripe-signature is no number"),
        (format!("t=１,v1={one}"), "the time in stripe-signature is no number"),
        (format!("t=99999999999999999999,v1={one}"), "the time in stripe-signature is no number"),
        (format!("t=1,t=1,v1={one}"), "stripe-signature has two times"),
        (
            format!("t=1{}", format!(",v1={one}").repeat(9)),
            "stripe-signature has more signatures than there are secrets",
        ),
    ] {
        let refused = sign::parse_header(&header).unwrap_err();
        assert_eq!(refused.to_string(), format!("malformed: {why}"), "{header}");
    }
}
