//! What does each answer of Stripe mean to each call about an attempt?

use coursepay_core::api::Action;
use coursepay_core::attempt::{Attempt, AttemptState, Step};
use coursepay_core::gateway::{Answer, Fault, Gateway, Message, Operation, Payment};
use coursepay_core::time::Timestamp;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, run};
use crate::stripe_fixture::{HOUR_MS, PAYMENT, SESSION, card_attempt, changed, named, session, stripe, usd};

/// Rows: what Stripe refuses with. Columns: what we asked; `lost` where the session's name is not known and the
/// creation was repeated.
const REFUSALS: &str = "
status  type                   code                      create   query    close    lost query  lost close
400     invalid_request_error  parameter_invalid_empty   refused  unclear  over     absent      absent
400     invalid_request_error  -                         refused  unclear  over     absent      absent
400     idempotency_error      -                         unclear  unclear  unclear  unclear     unclear
400     idempotency_error      idempotency_key_in_use    unclear  unclear  unclear  unclear     unclear
401     invalid_request_error  -                         refused  unclear  unclear  unclear     unclear
402     card_error             card_declined             refused  unclear  over     absent      absent
403     invalid_request_error  -                         refused  unclear  unclear  unclear     unclear
404     invalid_request_error  resource_missing          refused  unclear  unclear  unclear     unclear
409     idempotency_error      idempotency_key_in_use    unclear  unclear  unclear  unclear     unclear
409     invalid_request_error  lock_timeout              unclear  unclear  unclear  unclear     unclear
429     invalid_request_error  rate_limit                unclear  unclear  unclear  unclear     unclear
500     api_error              -                         unclear  unclear  unclear  unclear     unclear
503     api_error              -                         unclear  unclear  unclear  unclear     unclear
";

/// Rows: a session. Columns as above.
const SESSIONS: &str = "
status    payment_status       intent                   create      query       close       lost query  lost close
open      unpaid               -                        payable     waiting     unclear     payable     payable
complete  paid                 pi                       paid        paid        paid        paid        paid
complete  paid                 -                        malformed   malformed   malformed   malformed   malformed
complete  unpaid               pi                       processing  processing  processing  processing  processing
complete  unpaid               processing               processing  processing  processing  processing  processing
complete  unpaid               requires_action          processing  processing  processing  processing  processing
complete  unpaid               requires_payment_method  closed      closed      closed      closed      closed
complete  unpaid               canceled                 closed      closed      closed      closed      closed
complete  no_payment_required  -                        unclear     unclear     unclear     unclear     unclear
complete  -                    pi                       unclear     unclear     unclear     unclear     unclear
expired   unpaid               -                        closed      closed      closed      closed      closed
frozen    unpaid               -                        unclear     unclear     unclear     unclear     unclear
-         paid                 pi                       unclear     unclear     unclear     unclear     unclear
";

const CALLS: [(Operation, bool); 5] = [
    (Operation::Create, false),
    (Operation::Query, true),
    (Operation::Close, true),
    (Operation::Query, false),
    (Operation::Close, false),
];

fn attempt(is_named: bool) -> Attempt {
    if is_named { named(AttemptState::Pending) } else { card_attempt(AttemptState::Unknown(Step::Create)) }
}

fn read_at(
    operation: Operation,
    attempt: &Attempt,
    status: u16,
    body: &[u8],
    now: Timestamp,
) -> Result<Answer, Fault> {
    let answer = stripe().read_answer(operation, attempt, Message { status, headers: &[], body }, now)?;
    assert!(answer.is_provable());
    Ok(run(answer.verify(async |_| Err("no signature is asked about"))).unwrap().into_inner())
}

fn read(operation: Operation, attempt: &Attempt, status: u16, body: &Value) -> Result<Answer, Fault> {
    read_at(operation, attempt, status, body.to_string().as_bytes(), START.plus_ms(60_000))
}

fn name(answer: &Result<Answer, Fault>) -> &'static str {
    match answer {
        Err(Fault::Malformed(_)) => "malformed",
        Err(Fault::Status(_)) => "status",
        Err(fault) => panic!("{fault}"),
        Ok(Answer::Payable { .. }) => "payable",
        Ok(Answer::Ticket(_)) => "ticket",
        Ok(Answer::Refused { .. }) => "refused",
        Ok(Answer::Waiting) => "waiting",
        Ok(Answer::Processing) => "processing",
        Ok(Answer::Paid(_)) => "paid",
        Ok(Answer::AlreadyOver) => "over",
        Ok(Answer::Closed) => "closed",
        Ok(Answer::Absent) => "absent",
        Ok(Answer::Unclear { .. }) => "unclear",
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let cells = |line: &'static str| -> Vec<&str> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
    };
    table.lines().skip(2).map(cells)
}

#[test]
fn every_refusal_means_to_every_call_what_the_table_says() {
    for row in rows(REFUSALS) {
        let (status, kind, code) = (row[0].parse().unwrap(), row[1], row[2]);
        let error = changed(json!({"type": kind, "message": "…"}), json!({"code": code}));
        let error = if code == "-" { changed(error, json!({"code": null})) } else { error };
        for ((operation, is_named), expected) in CALLS.into_iter().zip(&row[3..]) {
            let answer = read(operation, &attempt(is_named), status, &json!({"error": error}));
            assert_eq!(name(&answer), *expected, "{operation:?} {row:?}");
            if let Ok(Answer::Refused { code: told } | Answer::Unclear { code: told }) = answer {
                assert_eq!(told, if code == "-" { kind } else { code }, "{row:?}");
            }
        }
    }
}

#[test]
fn every_session_means_to_every_call_what_the_table_says() {
    for row in rows(SESSIONS) {
        let text = |cell: &str| if cell == "-" { Value::Null } else { json!(cell) };
        let intent = match row[2] {
            "-" => Value::Null,
            "pi" => json!(PAYMENT),
            status => json!({"id": PAYMENT, "object": "payment_intent", "status": status, "metadata": {}}),
        };
        let said = session(
            json!({"status": text(row[0]), "payment_status": text(row[1]), "payment_intent": intent}),
        );
        for ((operation, is_named), expected) in CALLS.into_iter().zip(&row[3..]) {
            let answer = read(operation, &attempt(is_named), 200, &said);
            assert_eq!(name(&answer), *expected, "{operation:?} {row:?}");
        }
    }
}

#[test]
fn a_new_session_sends_the_browser_to_stripe_and_tells_its_name() {
    let answer = read(Operation::Create, &attempt(false), 200, &session(json!({}))).unwrap();
    let url = "https://checkout.stripe.example/c/pay/cs_test_a1B2c3#fid".to_owned();
    assert_eq!(
        answer,
        Answer::Payable { action: Action::Redirect { url }, gateway_ref: Some(SESSION.to_owned()) }
    );
}

#[test]
fn a_paid_session_tells_payment_amount_and_where_asked_for_the_time() {
    let charged = json!({
        "id": PAYMENT, "object": "payment_intent", "status": "succeeded", "metadata": {},
        "latest_charge": {"id": "ch_1", "object": "charge", "created": START.seconds() + 40},
    });
    for (intent, at) in [(json!(PAYMENT), None), (charged, Some(START.plus_ms(40_000)))] {
        let said = session(json!({"status": "complete", "payment_status": "paid", "payment_intent": intent}));
        let paid = Payment {
            merchant_no: attempt(true).id.to_string(),
            gateway_no: PAYMENT.to_owned(),
            amount: usd(4_900),
            at,
        };
        assert_eq!(read(Operation::Query, &attempt(true), 200, &said), Ok(Answer::Paid(paid)));
    }
}

#[test]
fn a_session_of_another_mode_attempt_name_or_amount_is_not_taken_for_ours() {
    let other = "01KDVDNG00AAAAAAAAAAAAAAAA";
    for change in [
        json!({"livemode": false}),
        json!({"livemode": null}),
        json!({"livemode": "true"}),
        json!({"client_reference_id": other}),
        json!({"client_reference_id": null}),
        json!({"metadata": {"attempt": other}}),
        json!({"metadata": {}}),
        json!({"metadata": null}),
        json!({"amount_total": 4899}),
        json!({"amount_total": 4900.0}),
        json!({"amount_total": "4900"}),
        json!({"amount_total": null}),
        json!({"amount_total": -4900}),
        json!({"currency": "eur"}),
        json!({"currency": "USD"}),
        json!({"currency": null}),
        json!({"id": "pi_1"}),
        json!({"id": "cs_1/../x"}),
        json!({"id": null}),
        json!({"url": null}),
        json!({"url": "javascript:alert(1)"}),
        json!({"object": "payment_link"}),
        json!({"object": null}),
    ] {
        let answer = read(Operation::Create, &attempt(false), 200, &session(change.clone()));
        assert_eq!(name(&answer), "malformed", "{change}");
    }
    let answer = read(Operation::Query, &attempt(true), 200, &session(json!({"id": "cs_test_other"})));
    assert_eq!(name(&answer), "malformed");
}

#[test]
fn a_paid_session_of_another_amount_is_told_as_it_is_so_that_it_does_not_fit() {
    let said =
        json!({"status": "complete", "payment_status": "paid", "payment_intent": PAYMENT, "amount_total": 1});
    let Ok(Answer::Paid(payment)) = read(Operation::Query, &attempt(true), 200, &session(said)) else {
        panic!("not paid")
    };
    assert_eq!(payment.amount, usd(1));
    assert!(coursepay_core::gateway::fit(&payment, &attempt(true)).is_err());
}

#[test]
fn what_does_not_come_from_stripe_says_nothing() {
    for (status, body, expected) in [
        (502, "<html>502 Bad Gateway</html>", "status"),
        (503, "", "status"),
        (403, "{}", "status"),
        (301, "", "status"),
        (400, r#"{"error":"no"}"#, "status"),
        (200, "", "malformed"),
        (200, "<html></html>", "malformed"),
        (200, "{}", "malformed"),
        (200, "[]", "malformed"),
        (200, r#"{"error":{"type":"card_error"}}"#, "malformed"),
    ] {
        let answer = read_at(Operation::Create, &attempt(false), status, body.as_bytes(), START);
        assert_eq!(name(&answer), expected, "{status} {body}");
    }
}

#[test]
fn a_member_that_stands_twice_makes_a_session_unreadable() {
    let body = session(json!({})).to_string().replacen('{', r#"{"amount_total":1,"#, 1);
    assert_eq!(name(&read_at(Operation::Create, &attempt(false), 200, body.as_bytes(), START)), "malformed");
}

fn payment(status: &str, changes: Value) -> Value {
    let found = json!({
        "id": PAYMENT, "object": "payment_intent", "status": status, "livemode": true,
        "amount_received": 4900, "currency": "usd", "latest_charge": "ch_1",
        "metadata": {"attempt": attempt(false).id.to_string()},
    });
    changed(found, changes)
}

fn found(payments: &[Value], has_more: bool) -> Result<Answer, Fault> {
    let body = json!({"object": "search_result", "data": payments, "has_more": has_more});
    let a_day_later = START.plus_ms(24 * HOUR_MS);
    read_at(Operation::Query, &attempt(false), 200, body.to_string().as_bytes(), a_day_later)
}

#[test]
fn a_day_later_the_payments_found_say_what_became_of_a_session_without_a_name() {
    let none = json!({});
    for (payments, has_more, expected) in [
        (vec![], false, "absent"),
        (vec![], true, "unclear"),
        (vec![payment("succeeded", none.clone())], true, "paid"),
        (vec![payment("canceled", none.clone()), payment("succeeded", none.clone())], false, "paid"),
        (vec![payment("processing", none.clone())], false, "processing"),
        (vec![payment("requires_action", none.clone())], false, "processing"),
        (vec![payment("requires_payment_method", none.clone())], false, "closed"),
        (vec![payment("canceled", none)], false, "closed"),
        (vec![payment("succeeded", json!({"metadata": {"attempt": "01kdvdng00"}}))], false, "absent"),
        (vec![payment("succeeded", json!({"livemode": false}))], false, "malformed"),
        (vec![payment("succeeded", json!({"livemode": null}))], false, "malformed"),
        (vec![payment("succeeded", json!({"currency": "btc"}))], false, "malformed"),
        (vec![payment("succeeded", json!({"amount_received": null}))], false, "malformed"),
    ] {
        assert_eq!(name(&found(&payments, has_more)), expected, "{payments:?}");
    }
}

#[test]
fn a_refused_search_does_not_mean_that_there_is_nothing() {
    let body = json!({"error": {"type": "invalid_request_error", "message": "…"}}).to_string();
    let a_day_later = START.plus_ms(24 * HOUR_MS);
    for operation in [Operation::Query, Operation::Close] {
        let answer = read_at(operation, &attempt(false), 400, body.as_bytes(), a_day_later);
        assert_eq!(name(&answer), "unclear");
    }
}

#[test]
fn a_list_of_payments_is_no_answer_to_a_creation() {
    let body = json!({"object": "search_result", "data": [], "has_more": false});
    assert_eq!(name(&read(Operation::Create, &attempt(false), 200, &body)), "malformed");
}
