//! What does each answer of Stripe mean to a refund?

use coursepay_core::gateway::{Fault, Gateway, Message, RefundAnswer, RefundOperation, RefundStanding};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, run};
use crate::stripe_fixture::{paid_attempt, refund, refund_object, stripe};

const OPERATIONS: [RefundOperation; 2] = [RefundOperation::Request, RefundOperation::Query];

fn read(operation: RefundOperation, status: u16, body: &Value) -> Result<RefundAnswer, Fault> {
    let body = body.to_string();
    let message = Message { status, headers: &[], body: body.as_bytes() };
    let answer = stripe().read_refund_answer(operation, &refund(None), &paid_attempt(), message, START)?;
    Ok(run(answer.verify(async |_| Err("no signature is asked about"))).unwrap().into_inner())
}

fn name(answer: &Result<RefundAnswer, Fault>) -> String {
    match answer {
        Err(Fault::Malformed(why)) => format!("malformed: {why}"),
        Err(Fault::Status(status)) => format!("status {status}"),
        Err(fault) => panic!("{fault}"),
        Ok(RefundAnswer::Absent) => "absent".to_owned(),
        Ok(RefundAnswer::Unclear { code }) => format!("unclear {code}"),
        Ok(RefundAnswer::Known { standing, .. }) => match standing {
            RefundStanding::Done { .. } => "done".to_owned(),
            RefundStanding::Pending => "pending".to_owned(),
            RefundStanding::Failed { code } => format!("failed {code}"),
            RefundStanding::NeedsAttention { code } => format!("attention {code}"),
        },
    }
}

#[test]
fn a_refund_stands_where_its_status_says() {
    for (change, expected) in [
        (json!({"status": "succeeded"}), "done"),
        (json!({"status": "pending"}), "pending"),
        (json!({"status": "requires_action"}), "pending"),
        (json!({"status": "failed"}), "failed failed"),
        (json!({"status": "failed", "failure_reason": "lost_or_stolen_card"}), "failed lost_or_stolen_card"),
        (json!({"status": "canceled"}), "failed canceled"),
        (json!({"status": "reversed"}), "unclear status reversed"),
        (json!({"status": null}), "unclear status "),
    ] {
        for operation in OPERATIONS {
            let answer = read(operation, 200, &refund_object(change.clone()));
            assert_eq!(name(&answer), expected, "{operation:?} {change}");
        }
    }
}

#[test]
fn a_refund_tells_its_own_number_which_finds_it_again() {
    let Ok(RefundAnswer::Known { gateway_no, .. }) =
        read(RefundOperation::Request, 200, &refund_object(json!({})))
    else {
        panic!("not known")
    };
    assert_eq!(gateway_no.as_deref(), Some("re_3Q0001"));
}

#[test]
fn another_refund_payment_or_amount_is_not_taken_for_ours() {
    for (change, why) in [
        (json!({"metadata": {}}), "another refund"),
        (json!({"metadata": null}), "another refund"),
        (json!({"metadata": {"refund": "01KDVDNG00AAAAAAAAAAAAAAAA"}}), "another refund"),
        (json!({"payment_intent": "pi_other"}), "another payment"),
        (json!({"payment_intent": null}), "another payment"),
        (json!({"amount": 1199}), "another amount"),
        (json!({"currency": "eur"}), "another amount"),
    ] {
        for operation in OPERATIONS {
            let answer = read(operation, 200, &refund_object(change.clone()));
            assert_eq!(name(&answer), format!("malformed: the answer is about {why}"), "{change}");
        }
    }
}

#[test]
fn among_the_refunds_of_a_payment_ours_is_known_by_our_number() {
    let list =
        |data: Vec<Value>, has_more: bool| json!({"object": "list", "data": data, "has_more": has_more});
    let other = || refund_object(json!({"id": "re_0", "metadata": {}, "amount": 1}));
    let ours = || refund_object(json!({"status": "pending"}));
    for (body, expected) in [
        (list(vec![other(), ours()], false), "pending"),
        (list(vec![ours()], true), "pending"),
        (list(vec![other()], false), "absent"),
        (list(vec![], false), "absent"),
        (list(vec![other()], true), "unclear more refunds than one page"),
    ] {
        assert_eq!(name(&read(RefundOperation::Query, 200, &body)), expected);
        assert!(name(&read(RefundOperation::Request, 200, &body)).starts_with("malformed"));
    }
}

#[test]
fn only_a_no_to_this_refund_fails_it() {
    for (status, kind, code, request) in [
        (400, "invalid_request_error", "charge_disputed", "failed charge_disputed"),
        (400, "invalid_request_error", "balance_insufficient", "unclear balance_insufficient"),
        (400, "invalid_request_error", "parameter_invalid_integer", "failed parameter_invalid_integer"),
        (402, "card_error", "card_declined", "failed card_declined"),
        (400, "invalid_request_error", "charge_already_refunded", "attention charge_already_refunded"),
        (400, "idempotency_error", "idempotency_error", "unclear idempotency_error"),
        (400, "invalid_request_error", "resource_missing", "unclear resource_missing"),
        (404, "invalid_request_error", "resource_missing", "unclear resource_missing"),
        (401, "invalid_request_error", "api_key_expired", "unclear api_key_expired"),
        (403, "invalid_request_error", "platform_account_required", "unclear platform_account_required"),
        (409, "invalid_request_error", "lock_timeout", "unclear lock_timeout"),
        (429, "invalid_request_error", "rate_limit", "unclear rate_limit"),
        (500, "api_error", "api_error", "unclear api_error"),
    ] {
        let body = json!({"error": {"type": kind, "code": code, "message": "…"}});
        assert_eq!(name(&read(RefundOperation::Request, status, &body)), request);
        // A refused question says nothing about the refund.
        assert_eq!(name(&read(RefundOperation::Query, status, &body)), format!("unclear {code}"));
    }
    assert_eq!(name(&read(RefundOperation::Request, 502, &json!("<html>"))), "status 502");
}
