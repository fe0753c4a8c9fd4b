//! How is Stripe asked about a dispute, and what does each of its answers mean?

use coursepay_core::dispute::{DisputeNews, DisputeReport};
use coursepay_core::gateway::{
    DisputeAnswer, Fault, Gateway, GatewayRequest, Message, Prepared, Verb, stripe::API_VERSION,
};
use coursepay_core::time::Timestamp;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{alipay, run};
use crate::stripe_fixture::{DISPUTE, PAYMENT, dispute_object, stripe, usd};

fn asked(gateway_no: &str) -> Result<GatewayRequest, Fault> {
    match stripe().prepare_dispute_query(gateway_no)? {
        Prepared::WithSecret(request) => Ok(request),
        Prepared::ToSign(_) => panic!("stripe is sent no signatures"),
    }
}

fn read(status: u16, body: &str) -> Result<DisputeAnswer, Fault> {
    let message = Message { status, headers: &[], body: body.as_bytes() };
    let answer = stripe().read_dispute_answer(DISPUTE, message)?;
    Ok(run(answer.verify(async |_| Err("no signature is asked about"))).unwrap().into_inner())
}

/// What an answer comes to, in a few words.
fn name(answer: Result<DisputeAnswer, Fault>) -> String {
    match answer {
        Err(fault) => fault.to_string(),
        Ok(DisputeAnswer::Unclear { code }) => format!("unclear: {code}"),
        Ok(DisputeAnswer::Known { payment_no, report }) => format!("{:?} of {payment_no}", report.news),
    }
}

fn meaning(status: &str, changes: Value) -> String {
    name(read(200, &dispute_object(status, changes).to_string()))
}

#[test]
fn a_dispute_is_asked_about_by_its_id_in_our_version_and_without_a_key() {
    let request = asked(DISPUTE).unwrap();
    assert_eq!(
        (request.verb, request.url.as_str(), request.body.as_str()),
        (Verb::Get, "https://api.stripe.example/v1/disputes/du_1Q0001", "")
    );
    assert_eq!(request.headers, [("stripe-version", API_VERSION.to_owned())]);
}

#[test]
fn what_is_no_id_of_stripes_is_put_in_no_address() {
    for id in ["", "du_1/close", "../refunds", "du_1?x=", "du 1", "du_é"] {
        assert!(matches!(asked(id), Err(Fault::Unsupported(_))), "{id:?}");
    }
}

#[test]
fn a_gateway_that_knows_no_disputes_is_not_asked() {
    assert!(matches!(alipay().prepare_dispute_query(DISPUTE), Err(Fault::Unsupported(_))));
    let message = Message { status: 200, headers: &[], body: b"{}" };
    assert!(matches!(alipay().read_dispute_answer(DISPUTE, message), Err(Fault::Unsupported(_))));
}

#[test]
fn a_dispute_stands_where_its_status_says() {
    for (status, expected) in [
        ("needs_response", "Open of pi_3Q0001"),
        ("under_review", "Open of pi_3Q0001"),
        ("won", "Won of pi_3Q0001"),
        ("lost", "Lost of pi_3Q0001"),
        ("warning_needs_response", "unclear: no use for dispute warning_needs_response"),
        ("warning_under_review", "unclear: no use for dispute warning_under_review"),
        ("warning_closed", "unclear: no use for dispute warning_closed"),
        ("prevented", "unclear: no use for dispute prevented"),
        ("settled", "unclear: unknown status settled"),
        ("", "unclear: unknown status "),
    ] {
        assert_eq!(meaning(status, json!({})), expected);
    }
}

#[test]
fn an_answer_tells_what_an_event_tells() {
    let report = |changes| match read(200, &dispute_object("under_review", changes).to_string()) {
        Ok(DisputeAnswer::Known { payment_no, report }) => (payment_no, report),
        other => panic!("{other:?}"),
    };
    let (payment_no, told) = report(json!({}));
    assert_eq!(payment_no, PAYMENT);
    let expected = DisputeReport {
        gateway_no: DISPUTE.to_owned(),
        amount: usd(4_900),
        reason: "fraudulent".to_owned(),
        evidence_due_at: Some(Timestamp::from_ms(1_767_830_400_000)),
        news: DisputeNews::Open,
    };
    assert_eq!(told, expected);
    let (_, told) = report(json!({"evidence_details": null, "reason": null}));
    assert_eq!((told.evidence_due_at, told.reason.as_str()), (None, ""));
}

#[test]
fn another_dispute_mode_or_object_is_not_taken_for_the_one_asked_about() {
    let no_object = "malformed: the answer is not the object asked for";
    for (changes, expected) in [
        (json!({"id": "du_1Q0002"}), "malformed: the answer is about another dispute"),
        (json!({"livemode": false}), "malformed: the dispute is of another mode"),
        (json!({"livemode": null}), "malformed: the dispute is of another mode"),
        (json!({"object": "refund"}), no_object),
        (json!({"object": null}), no_object),
        (json!({"id": null}), no_object),
        (json!({"amount": "4900"}), no_object),
        (json!({"amount": null}), no_object),
        (json!({"status": null}), no_object),
        (json!({"payment_intent": {"id": PAYMENT}}), no_object),
        (json!({"payment_intent": null}), "unclear: field payment_intent is missing or unreadable"),
        (json!({"currency": "btc"}), "unclear: field amount is missing or unreadable"),
        (json!({"amount": -1}), "unclear: field amount is missing or unreadable"),
    ] {
        assert_eq!(meaning("lost", changes.clone()), expected, "{changes}");
    }
    for body in ["", "{}", "[]", "<html>", "null"] {
        assert_eq!(name(read(200, body)), no_object, "{body:?}");
    }
}

#[test]
fn no_refusal_decides_a_dispute() {
    for (status, kind, code) in [
        (400, "invalid_request_error", "resource_missing"),
        (401, "invalid_request_error", "api_key_expired"),
        (403, "invalid_request_error", "more_permissions_required"),
        (404, "invalid_request_error", "resource_missing"),
        (409, "invalid_request_error", "lock_timeout"),
        (429, "invalid_request_error", "rate_limit"),
        (500, "api_error", "api_error"),
    ] {
        let body = json!({"error": {"type": kind, "code": code, "message": "…"}}).to_string();
        assert_eq!(name(read(status, &body)), format!("unclear: {code}"));
    }
    for status in [302, 429, 500, 502, 503] {
        let lost = dispute_object("lost", json!({})).to_string();
        assert_eq!(name(read(status, &lost)), format!("HTTP status {status}"));
    }
}
