//! Are the signed bytes those of the published vectors? (`tests/vectors/alipay.json` names their sources)

use std::collections::BTreeMap;

use coursepay_core::gateway::alipay::{Alipay, sign};
use coursepay_core::gateway::{Claim, KeyChoice, News, Notice, Scheme};
use coursepay_core::time::Timestamp;
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{cny, open_callback, run};

pub(crate) fn vector(id: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(include_str!("../vectors/alipay.json")).unwrap();
    all.into_iter().find(|vector| vector["id"] == id).unwrap()
}

pub(crate) fn text<'a>(vector: &'a Value, pointer: &str) -> &'a str {
    vector.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// The application that vector A1 was sent to.
fn recipient_of_a1() -> Alipay {
    Alipay {
        app_id: "2019073166072302".to_owned(),
        seller_id: "2088531891668739".to_owned(),
        gateway_url: String::new(),
        precreate_product_code: None,
        certificates: None,
    }
}

fn claims_of_a1() -> Vec<Claim> {
    let vector = vector("A1");
    let callback = open_callback(&recipient_of_a1(), text(&vector, "/inputs/form_body").as_bytes()).unwrap();
    let claims = std::cell::RefCell::new(Vec::new());
    let refused = run(callback.verify(async |claim: &Claim| {
        claims.borrow_mut().push(claim.clone());
        Ok::<_, ()>(false)
    }));
    assert!(refused.is_err());
    claims.into_inner()
}

fn claim_of_a3() -> Claim {
    let vector = vector("A3");
    let body = text(&vector, "/inputs/raw_body").to_owned();
    let parts = sign::answer_parts(body.as_bytes(), "alipay_open_file_upload_response").unwrap();
    assert_eq!(parts.response, text(&vector, "/expected/signed_substring"));
    Claim {
        scheme: Scheme::Rsa,
        key: KeyChoice::Any,
        message: parts.response.into(),
        signature: parts.signature.unwrap(),
    }
}

/// A4 gives the response object alone; the answer around it has the shape of every answer.
fn claim_of_a4() -> Claim {
    let vector = vector("A4");
    let response = text(&vector, "/inputs/signed_substring");
    let body = format!(
        "{{\"alipay_trade_query_response\":{response},\"sign\":\"{}\"}}",
        text(&vector, "/inputs/sign")
    );
    let parts = sign::answer_parts(body.as_bytes(), "alipay_trade_query_response").unwrap();
    assert_eq!(parts.response, response);
    Claim {
        scheme: Scheme::Rsa,
        key: KeyChoice::Any,
        message: parts.response.into(),
        signature: parts.signature.unwrap(),
    }
}

#[test]
fn the_canonical_string_of_the_published_notify_is_rebuilt_from_its_raw_form() {
    let claims = claims_of_a1();
    let canonical = String::from_utf8(claims[0].message.clone()).unwrap();
    assert_eq!(canonical, text(&vector("A1"), "/expected/canonical"));
    assert_eq!(claims.len(), 1, "nothing in it is empty or in doubt");
}

#[test]
fn the_canonical_string_of_the_published_notify_is_rebuilt_from_its_parameters() {
    let vector = vector("A1");
    let params: BTreeMap<String, String> =
        serde_json::from_value(vector["inputs"]["params"].clone()).unwrap();
    assert_eq!(sign::notice_texts(&params), [text(&vector, "/expected/canonical")]);
}

#[test]
fn the_published_notify_says_that_ten_fen_were_paid() {
    let vector = vector("A1");
    let callback = open_callback(&recipient_of_a1(), text(&vector, "/inputs/form_body").as_bytes()).unwrap();
    let Notice { key, merchant_no, news } =
        run(callback.verify(async |_: &Claim| Ok::<_, ()>(true))).unwrap().into_inner();
    assert_eq!(key, "2019081500222155624068450559358070|20190815155618536-564-57|TRADE_SUCCESS|");
    assert_eq!(merchant_no, "20190815155618536-564-57");
    let News::Paid(payment) = news else { panic!("{news:?}") };
    assert_eq!(payment.gateway_no, "2019081522001468450512505578");
    assert_eq!(payment.amount, cny(10));
    // 2019-08-15 15:56:24 at UTC+8.
    assert_eq!(payment.at, Some(Timestamp::from_ms(1_565_855_784_000)));
}

#[test]
fn the_signed_part_of_the_published_answers_is_cut_out_as_it_was_sent() {
    claim_of_a3();
    claim_of_a4();
}

#[test]
fn text_that_looks_like_a_signature_does_not_move_the_cut() {
    let response =
        r#"{"code":"10000","msg":"\"},\"sign\":\"AAAA\"","sign":"BBBB","a":{"sign":[1,{}]},"u":"\u8bfe\/"}"#;
    for body in [
        format!(r#"{{"x_response":{response},"sign":"Q0NDQw=="}}"#),
        format!(r#"{{"sign":"Q0NDQw==","x_response":{response}}}"#),
        format!(" {{ \"x_response\" : {response} ,\n\"sign\" : \"Q0NDQw==\", \"alipay_cert_sn\":\"1\" }} "),
        format!(r#"{{"sign":"AAAA","x_response":{response},"sign":"Q0NDQw=="}}"#),
    ] {
        let parts = sign::answer_parts(body.as_bytes(), "x_response").unwrap();
        assert_eq!(parts.response, response);
        assert_eq!(parts.signature.as_deref(), Some(b"CCCC".as_slice()));
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_published_signatures_hold_and_those_of_the_others_do_not() {
    let a1 = claims_of_a1().remove(0);
    let claims = [("A1", a1), ("A3", claim_of_a3()), ("A4", claim_of_a4())];
    for (signer, _) in &claims {
        let vector = vector(signer);
        let pem = text(&vector, "/keys/public_key_pem");
        for (id, claim) in &claims {
            assert_eq!(crate::signing::holds(claim, pem), id == signer, "{id} by the key of {signer}");
        }
    }
}
