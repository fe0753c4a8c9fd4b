//! What does each event of Stripe tell?

use coursepay_core::gateway::{Gateway, News, Notice, RefundStanding};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::START;
use crate::stripe_fixture::{
    NOBODYS_NUMBER, PAYMENT, SECRET, believed_by, callback, dispute_object as dispute, event, header,
    outcome_of_event, paid, paid_attempt, refund, refund_object, session, stripe,
};

fn notice(event: &Value) -> Notice {
    let body = event.to_string();
    let read = callback(&stripe(), &header(body.as_bytes()), body.as_bytes(), START).unwrap();
    believed_by(SECRET, read).unwrap()
}

#[test]
fn every_event_comes_to_what_its_table_says() {
    let noted = json!({"attempt": NOBODYS_NUMBER});
    let intent = |error: Value| json!({"id": PAYMENT, "metadata": noted, "last_payment_error": error});
    let charge = json!({"id": "ch_1", "object": "charge", "amount_refunded": 1200, "metadata": noted});
    let unpaid = || paid(json!({"payment_status": "unpaid"}));
    let free = paid(json!({"payment_status": "no_payment_required", "amount_total": 0}));
    let nobodys = paid(json!({"client_reference_id": null, "metadata": {}}));
    let opened = "dispute Open 4900 of pi_3Q0001 fraudulent due Some(1767830400)";
    let won = "dispute Won 4900 of pi_3Q0001 fraudulent due None";
    let lost = "dispute Lost 4900 of pi_3Q0001 fraudulent due Some(1767830400)";
    for (kind, object, expected) in [
        ("checkout.session.completed", paid(json!({})), "paid 4900 USD"),
        ("checkout.session.completed", unpaid(), "processing"),
        ("checkout.session.completed", free, "unknown status no_payment_required"),
        ("checkout.session.completed", nobodys, "no use for checkout.session.completed"),
        ("checkout.session.async_payment_succeeded", paid(json!({})), "paid 4900 USD"),
        ("checkout.session.async_payment_succeeded", unpaid(), "unknown status succeeded, yet unpaid"),
        ("checkout.session.async_payment_failed", unpaid(), "closed"),
        ("checkout.session.expired", session(json!({"status": "expired"})), "closed"),
        (
            "payment_intent.payment_failed",
            intent(json!({"code": "card_declined", "decline_code": "insufficient_funds"})),
            "declined insufficient_funds",
        ),
        ("payment_intent.payment_failed", intent(json!({"code": "expired_card"})), "declined expired_card"),
        ("payment_intent.payment_failed", intent(Value::Null), "declined "),
        (
            "payment_intent.payment_failed",
            json!({"id": PAYMENT, "metadata": {}}),
            "no use for payment_intent.payment_failed",
        ),
        ("payment_intent.succeeded", intent(Value::Null), "redundant"),
        ("refund.created", refund_object(json!({"status": "pending"})), "refund Pending"),
        ("refund.updated", refund_object(json!({})), "refund done"),
        ("charge.refund.updated", refund_object(json!({})), "refund done"),
        (
            "refund.failed",
            refund_object(json!({"status": "failed", "failure_reason": "declined"})),
            "refund failed declined",
        ),
        ("refund.updated", refund_object(json!({"status": "canceled"})), "refund failed canceled"),
        ("refund.updated", refund_object(json!({"status": "odd"})), "unknown status odd"),
        ("refund.created", refund_object(json!({"metadata": {}})), "a refund we did not ask for"),
        (
            "refund.created",
            refund_object(json!({"currency": "btc"})),
            "field amount is missing or unreadable",
        ),
        ("charge.refunded", charge, "redundant"),
        ("charge.dispute.created", dispute("needs_response", json!({})), opened),
        ("charge.dispute.funds_withdrawn", dispute("needs_response", json!({})), opened),
        ("charge.dispute.updated", dispute("under_review", json!({})), opened),
        ("charge.dispute.closed", dispute("won", json!({"evidence_details": null})), won),
        ("charge.dispute.funds_reinstated", dispute("won", json!({"evidence_details": {}})), won),
        ("charge.dispute.closed", dispute("lost", json!({})), lost),
        (
            "charge.dispute.created",
            dispute("warning_needs_response", json!({})),
            "no use for charge.dispute.created warning_needs_response",
        ),
        ("charge.dispute.closed", dispute("settled", json!({})), "unknown status settled"),
        (
            "charge.dispute.closed",
            dispute("won", json!({"payment_intent": null})),
            "field payment_intent is missing or unreadable",
        ),
        (
            "charge.dispute.closed",
            dispute("won", json!({"currency": "btc"})),
            "field amount is missing or unreadable",
        ),
        ("charge.dispute.created", json!({"id": "du_1"}), "field data.object is missing or unreadable"),
        ("customer.created", json!({"id": "cus_1"}), "no use for customer.created"),
        ("checkout.session.completed", json!([]), "field data.object is missing or unreadable"),
        ("refund.updated", json!("re_1"), "field data.object is missing or unreadable"),
    ] {
        assert_eq!(outcome_of_event(&event(kind, object.clone(), json!({}))), expected, "{kind} {object}");
    }
}

#[test]
fn a_payment_tells_its_numbers_and_when_it_happened() {
    let told = notice(&event("checkout.session.completed", paid(json!({})), json!({})));
    let News::Paid(payment) = told.news else { panic!("{:?}", told.news) };
    assert_eq!(payment.gateway_no, PAYMENT);
    assert_eq!(payment.merchant_no, told.merchant_no);
    assert_eq!(payment.at, Some(START.plus_ms(-5_000)));
}

#[test]
fn a_refund_tells_our_numbers_of_payment_and_refund_and_how_much() {
    let told = notice(&event("refund.updated", refund_object(json!({})), json!({})));
    let attempt = paid_attempt().id.to_string();
    assert_eq!(told.merchant_no, attempt);
    let refund = refund(None);
    let standing = RefundStanding::Done { at: Some(START.plus_ms(-5_000)) };
    let refund_no = refund.number.to_string();
    assert_eq!(told.news, News::Refund { refund_no, amount: Some(refund.amount), standing });
}

#[test]
fn a_repeat_has_the_key_of_the_first_and_another_event_or_object_another() {
    let completed = |changes| event("checkout.session.completed", paid(json!({})), changes);
    let first = notice(&completed(json!({}))).key;
    assert_eq!(first, "evt_1Q0001|checkout.session.completed|cs_test_a1B2c3");
    assert_eq!(notice(&completed(json!({"pending_webhooks": 0}))).key, first);
    assert_ne!(notice(&completed(json!({"id": "evt_1Q0002"}))).key, first);
    assert_ne!(notice(&event("checkout.session.expired", paid(json!({})), json!({}))).key, first);
    let other = event("checkout.session.completed", paid(json!({"id": "cs_test_other"})), json!({}));
    assert_ne!(notice(&other).key, first);
}

#[test]
fn an_acknowledgement_is_short_json() {
    assert_eq!(stripe().acknowledgement(), "{}");
}
