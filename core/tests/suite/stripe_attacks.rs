//! What does a callback come to that says to be Stripe's and is forged, stale, or meant for another?

use coursepay_core::gateway::stripe::Stripe;
use coursepay_core::gateway::{Fault, Gateway, Message};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::START;
use crate::stripe_fixture::{
    NOBODYS_NUMBER, SECRET, event, header, outcome, outcome_for, outcome_of_event, paid, stripe, told, v1,
};

#[test]
fn only_what_a_secret_of_ours_has_signed_about_now_is_believed() {
    let body = told();
    let bytes = body.as_bytes();
    let now_s = START.seconds();
    let good = v1(SECRET, now_s, bytes);
    let forged = v1("whsec_other", now_s, bytes);
    let at = |t: i64| format!("t={t},v1={}", v1(SECRET, t, bytes));
    let compact = event("checkout.session.completed", paid(json!({})), json!({})).to_string();
    let one_byte = body.replacen("4900", "4901", 1);
    let malformed = |why: &str| format!("malformed: {why}");
    let untimely = |got_s: i64| Fault::Untimely { expected_s: now_s, got_s }.to_string();
    let paid = || "paid 4900 USD".to_owned();
    let bad = || "bad signature".to_owned();
    for (what, header, body, expected) in [
        ("as it comes", header(bytes), &body, paid()),
        ("the second of two", format!("t={now_s},v1={forged},v1={good}"), &body, paid()),
        ("the first of two", format!("t={now_s},v1={good},v1={forged}"), &body, paid()),
        ("beside a scheme nobody knows", format!("t={now_s},v9=1,v1={good},v0={forged}"), &body, paid()),
        ("beside a v1 that is none", format!("t={now_s},v1=xyz,v1={good}"), &body, paid()),
        (
            "the last of eight",
            format!("t={now_s}{},v1={good}", format!(",v1={forged}").repeat(7)),
            &body,
            paid(),
        ),
        (
            "the last of nine",
            format!("t={now_s}{},v1={good}", format!(",v1={forged}").repeat(8)),
            &body,
            malformed("stripe-signature has more signatures than there are secrets"),
        ),
        ("300 s old", at(now_s - 300), &body, paid()),
        ("300 s ahead", at(now_s + 300), &body, paid()),
        ("301 s old", at(now_s - 301), &body, untimely(now_s - 301)),
        ("301 s ahead", at(now_s + 301), &body, untimely(now_s + 301)),
        ("of the epoch", at(0), &body, untimely(0)),
        ("of the end of time", at(i64::MAX), &body, untimely(i64::MAX)),
        ("another secret's", format!("t={now_s},v1={forged}"), &body, bad()),
        ("an empty secret's", format!("t={now_s},v1={}", v1("", now_s, bytes)), &body, bad()),
        ("zeros", format!("t={now_s},v1={}", "0".repeat(64)), &body, bad()),
        (
            "a fresh time on an old signature",
            format!("t={now_s},v1={}", v1(SECRET, now_s - 400, bytes)),
            &body,
            bad(),
        ),
        ("one byte of the body changed", header(bytes), &one_byte, bad()),
        ("re-serialised", header(bytes), &compact, bad()),
        ("a line feed at the end", header(bytes), &format!("{body}\n"), bad()),
        ("another callback's signature", header(b"{}"), &body, bad()),
        ("no signature", format!("t={now_s}"), &body, malformed("stripe-signature has no v1")),
        ("v0 alone", format!("t={now_s},v0={good}"), &body, malformed("stripe-signature has no v1")),
        ("no time", format!("v1={good}"), &body, malformed("stripe-signature has no time")),
        (
            "two times",
            format!("t={now_s},t={now_s},v1={good}"),
            &body,
            malformed("stripe-signature has two times"),
        ),
        ("a blank header", " ".to_owned(), &body, malformed("stripe-signature is missing or stands twice")),
    ] {
        assert_eq!(outcome(&header, body), expected, "{what}");
    }
}

#[test]
fn a_header_that_is_missing_or_stands_twice_is_refused() {
    let body = told();
    let one = || ("stripe-signature".to_owned(), header(body.as_bytes()));
    for headers in [vec![], vec![one(), one()]] {
        let message = Message { status: 200, headers: &headers, body: body.as_bytes() };
        assert!(matches!(stripe().read_callback(message, START), Err(Fault::Malformed(_))));
    }
}

#[test]
fn what_is_signed_but_no_event_is_malformed() {
    let large = format!("{{\"id\":\"{}\"}}", "a".repeat(256 * 1024));
    let twice = told().replacen('{', r#"{"livemode":true,"#, 1);
    for (body, why) in [
        (String::new(), "the callback is no event"),
        ("{}".to_owned(), "the callback is no event"),
        ("[1]".to_owned(), "the callback is no event"),
        ("id=evt_1&type=checkout.session.completed".to_owned(), "the callback is no event"),
        (told() + "x", "the callback is no event"),
        (r#"{"id":1}"#.to_owned(), "the callback is no event"),
        // Other gateways' callbacks, whoever signed them.
        (
            "trade_status=TRADE_SUCCESS&total_amount=49.00&sign_type=RSA2".to_owned(),
            "the callback is no event",
        ),
        (r#"{"event_type":"TRANSACTION.SUCCESS","resource":{}}"#.to_owned(), "the callback is no event"),
        (twice, "the callback is no event"),
        (large, "the callback is larger than any of stripe's"),
    ] {
        assert_eq!(outcome(&header(body.as_bytes()), &body), format!("malformed: {why}"));
    }
    let not_utf8 = b"{\"id\":\"\xff\"}";
    let outcome = outcome_for(&stripe(), &header(not_utf8), not_utf8, START);
    assert_eq!(outcome, "malformed: the callback is no event");
}

#[test]
fn what_stripe_signed_but_is_not_a_payment_to_us_settles_nothing() {
    let kind = "checkout.session.completed";
    for (object, changes, expected) in [
        (json!({}), json!({"livemode": false}), "expected live mode true, got false"),
        (json!({}), json!({"livemode": null}), "field livemode is missing or unreadable"),
        (json!({"livemode": false}), json!({}), "field livemode is missing or unreadable"),
        (json!({}), json!({"account": "acct_2"}), "expected seller the endpoint's own, got acct_2"),
        (json!({}), json!({"type": null}), "field type is missing or unreadable"),
        (json!({}), json!({"type": ""}), "field type is missing or unreadable"),
        (
            json!({}),
            json!({"object": "v2.core.event", "created": "2026-01-01T00:00:00Z"}),
            "no use for v2.core.event",
        ),
        (json!({}), json!({"data": null}), "field data.object is missing or unreadable"),
        (json!({}), json!({"data": []}), "field data.object is missing or unreadable"),
        (
            json!({"client_reference_id": NOBODYS_NUMBER}),
            json!({}),
            "unknown merchant number 01KDVDNG00AAAAAAAAAAAAAAAA",
        ),
        (json!({"metadata": {}}), json!({}), "unknown merchant number"),
        (json!({"payment_intent": null}), json!({}), "field payment_intent is missing or unreadable"),
        (json!({"amount_total": null}), json!({}), "field amount_total is missing or unreadable"),
        (json!({"amount_total": -1}), json!({}), "field amount_total is missing or unreadable"),
        (json!({"currency": "xau"}), json!({}), "field amount_total is missing or unreadable"),
        (json!({"amount_total": 49.5}), json!({}), "field data.object is missing or unreadable"),
        (json!({"amount_total": "4900"}), json!({}), "field data.object is missing or unreadable"),
        // Told as they are: they do not fit the attempt, which is not known here.
        (json!({"amount_total": 1}), json!({}), "paid 1 USD"),
        (json!({"currency": "jpy"}), json!({}), "paid 4900 JPY"),
    ] {
        let outcome = outcome_of_event(&event(kind, paid(object.clone()), changes.clone()));
        assert!(outcome.starts_with(expected), "{object} {changes}: {outcome}");
    }
}

#[test]
fn an_amount_that_stands_twice_in_a_signed_event_is_no_amount() {
    let body = told().replacen("\"amount_total\"", "\"amount_total\": 1, \"amount_total\"", 1);
    assert_eq!(outcome(&header(body.as_bytes()), &body), "field data.object is missing or unreadable");
}

#[test]
fn an_event_that_names_our_account_is_ours_and_one_that_names_another_is_not() {
    let ours = Stripe { account: Some("acct_1".to_owned()), ..stripe() };
    for (account, expected) in [
        (json!("acct_1"), "paid 4900 USD"),
        (Value::Null, "paid 4900 USD"),
        (json!("acct_2"), "expected seller acct_1, got acct_2"),
    ] {
        let event = event("checkout.session.completed", paid(json!({})), json!({"account": account}));
        let body = event.to_string();
        assert_eq!(outcome_for(&ours, &header(body.as_bytes()), body.as_bytes(), START), expected);
    }
}

#[test]
fn in_test_mode_a_live_event_is_of_the_other_mode() {
    let ours = Stripe { livemode: false, ..stripe() };
    let body = told();
    let outcome = outcome_for(&ours, &header(body.as_bytes()), body.as_bytes(), START);
    assert_eq!(outcome, "expected live mode false, got true");
}
