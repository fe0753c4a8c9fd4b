//! What exactly do we send to Stripe?

use coursepay_core::attempt::{Attempt, AttemptState, Step};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::stripe::API_VERSION;
use coursepay_core::gateway::{Fault, Gateway, Operation, Prepared, RefundOperation, Verb};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, moment};
use crate::stripe_fixture::{
    HOUR_MS, PAYMENT, SESSION, card_attempt, named, paid_attempt, pairs, refund, request, stripe, usd,
};

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_session_is_asked_for_with_one_line_our_number_thrice_and_nothing_that_moves_the_amount() {
    let attempt = card_attempt(AttemptState::Created);
    let number = attempt.id.to_string();
    let sent = request(Operation::Create, &attempt, START).unwrap();
    assert_eq!(
        (sent.verb, sent.url.as_str()),
        (Verb::Post, "https://api.stripe.example/v1/checkout/sessions")
    );
    assert_eq!(
        sent.headers,
        [
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("stripe-version", API_VERSION.to_owned()),
            ("idempotency-key", format!("{number}-create")),
        ]
    );
    let expires_at = (START.seconds() + 61 * 60).to_string();
    assert_eq!(
        pairs(&sent.body),
        owned(&[
            ("mode", "payment"),
            ("line_items[0][price_data][currency]", "usd"),
            ("line_items[0][price_data][unit_amount]", "4900"),
            ("line_items[0][price_data][product_data][name]", "课程 C++ & <Rust> 100%"),
            ("line_items[0][quantity]", "1"),
            ("client_reference_id", &number),
            ("metadata[attempt]", &number),
            ("payment_intent_data[metadata][attempt]", &number),
            ("success_url", "https://school.example/course?id=1&from=pay"),
            ("cancel_url", "https://school.example/course?id=1&from=pay"),
            ("expires_at", &expires_at),
            ("locale", "auto"),
            ("adaptive_pricing[enabled]", "false"),
        ])
    );
    assert!(sent.body.is_ascii());
}

#[test]
fn a_repeat_is_the_same_to_the_byte_whenever_it_is_sent() {
    let attempt = card_attempt(AttemptState::Created);
    let first = request(Operation::Create, &attempt, START).unwrap();
    for later_ms in [1, 999, 61_000, 29 * 60_000, 23 * HOUR_MS] {
        assert_eq!(
            request(Operation::Create, &attempt, START.plus_ms(later_ms)).unwrap(),
            first,
            "{later_ms}"
        );
    }
}

#[test]
fn a_creation_made_before_the_deadline_always_leaves_the_half_hour_that_stripe_wants() {
    let attempt = card_attempt(AttemptState::Created);
    let body = request(Operation::Create, &attempt, START).unwrap().body;
    let expires_at: i64 =
        pairs(&body).iter().find(|(name, _)| name == "expires_at").unwrap().1.parse().unwrap();
    for sent_ms in [0, 15 * 60_000, attempt.expires_at.ms_since(START)] {
        let ahead_s = expires_at - START.plus_ms(sent_ms).seconds();
        assert!((30 * 60..=24 * 60 * 60).contains(&ahead_s), "{sent_ms} leaves {ahead_s}");
    }
}

#[test]
fn a_creation_is_never_repeated_once_its_key_may_be_forgotten() {
    let attempt = card_attempt(AttemptState::Unknown(Step::Create));
    let after = |after_ms| request(Operation::Create, &attempt, START.plus_ms(after_ms));
    assert!(after(24 * HOUR_MS - 5 * 60_000 - 1).is_ok());
    assert!(matches!(after(24 * HOUR_MS - 5 * 60_000), Err(Fault::Unsupported(_))));
}

#[test]
fn a_session_is_asked_about_by_its_name_with_its_payment() {
    let sent = request(Operation::Query, &named(AttemptState::Pending), START).unwrap();
    let url = format!("https://api.stripe.example/v1/checkout/sessions/{SESSION}");
    assert_eq!(sent.url, format!("{url}?expand%5B%5D=payment_intent.latest_charge"));
    assert_eq!((sent.verb, sent.body.as_str()), (Verb::Get, ""));
    assert_eq!(sent.headers, [("stripe-version", API_VERSION.to_owned())]);
}

#[test]
fn a_session_is_closed_by_its_name_under_a_key_of_its_own_for_every_try() {
    let attempt = named(AttemptState::Pending);
    let sent = request(Operation::Close, &attempt, START).unwrap();
    assert_eq!(sent.url, format!("https://api.stripe.example/v1/checkout/sessions/{SESSION}/expire"));
    assert_eq!((sent.verb, sent.body.as_str()), (Verb::Post, ""));
    let key = format!("{}-close-{}", attempt.id, moment(START).nonce);
    assert_eq!(sent.headers[2], ("idempotency-key", key));
}

#[test]
fn a_session_whose_name_was_lost_is_found_by_its_creation_and_a_day_later_by_its_payments() {
    let lost = card_attempt(AttemptState::Unknown(Step::Create));
    let creation = request(Operation::Create, &lost, START).unwrap();
    for operation in [Operation::Query, Operation::Close] {
        assert_eq!(request(operation, &lost, START.plus_ms(HOUR_MS)).unwrap(), creation, "{operation:?}");
        let search = request(operation, &lost, START.plus_ms(24 * HOUR_MS)).unwrap();
        let (address, query) = search.url.split_once('?').unwrap();
        assert_eq!(address, "https://api.stripe.example/v1/payment_intents/search");
        let wanted = format!("metadata['attempt']:'{}'", lost.id);
        assert_eq!(
            pairs(query),
            owned(&[("query", &wanted), ("limit", "100"), ("expand[]", "data.latest_charge")])
        );
        assert_eq!(search.verb, Verb::Get);
    }
}

#[test]
fn a_refund_is_asked_for_under_its_number_and_carries_it() {
    let Ok(Prepared::WithSecret(sent)) =
        stripe().prepare_refund(RefundOperation::Request, &refund(None), &paid_attempt(), &moment(START))
    else {
        panic!("not prepared")
    };
    let (number, attempt) = (refund(None).number.to_string(), paid_attempt().id.to_string());
    assert_eq!((sent.verb, sent.url.as_str()), (Verb::Post, "https://api.stripe.example/v1/refunds"));
    assert_eq!(sent.headers[2], ("idempotency-key", number.clone()));
    assert_eq!(
        pairs(&sent.body),
        owned(&[
            ("payment_intent", PAYMENT),
            ("amount", "1200"),
            ("metadata[refund]", &number),
            ("metadata[attempt]", &attempt),
        ])
    );
}

#[test]
fn a_refund_is_asked_about_by_its_id_or_among_those_of_its_payment() {
    let asked = |gateway_no| {
        let refund = refund(gateway_no);
        match stripe().prepare_refund(RefundOperation::Query, &refund, &paid_attempt(), &moment(START)) {
            Ok(Prepared::WithSecret(sent)) => (sent.verb, sent.url),
            _ => panic!("not prepared"),
        }
    };
    let refunds = "https://api.stripe.example/v1/refunds";
    assert_eq!(asked(Some("re_1")), (Verb::Get, format!("{refunds}/re_1")));
    assert_eq!(asked(None), (Verb::Get, format!("{refunds}?payment_intent={PAYMENT}&limit=100")));
}

#[test]
fn every_currency_is_charged_in_its_smallest_unit_on_one_page() {
    for currency in Currency::ALL {
        assert_eq!(stripe().channels(currency), [Channel::Redirect]);
        let mut attempt = card_attempt(AttemptState::Created);
        attempt.amount = Money::from_major_text("1200", currency).unwrap();
        let body = request(Operation::Create, &attempt, START).unwrap().body;
        let unit_amount = if currency == Currency::Jpy { "1200" } else { "120000" };
        assert_eq!(pairs(&body)[1].1, currency.code().to_lowercase());
        assert_eq!(pairs(&body)[2].1, unit_amount, "{currency}");
    }
}

#[test]
fn a_title_keeps_its_letters_and_loses_what_no_page_shows() {
    let subject = |title: &str| stripe().terms(Channel::Redirect, title, String::new(), None).subject;
    assert_eq!(subject(" a\tb\n/=&课 "), "a b /=&课");
    assert_eq!(subject(&"课".repeat(300)).chars().count(), 250);
}

#[test]
fn what_stripe_cannot_express_is_not_sent() {
    let unsupported = |change: &dyn Fn(&mut Attempt)| {
        let mut attempt = card_attempt(AttemptState::Created);
        change(&mut attempt);
        let prepared = request(Operation::Create, &attempt, START);
        assert!(matches!(prepared, Err(Fault::Unsupported(_))), "{attempt:?}");
    };
    unsupported(&|attempt| attempt.method = Method::External(GatewayId::Alipay));
    unsupported(&|attempt| attempt.channel = Channel::Qr);
    unsupported(&|attempt| attempt.amount = usd(0));
    unsupported(&|attempt| attempt.amount = usd(100_000_000));
    unsupported(&|attempt| attempt.terms.subject = String::new());
    unsupported(&|attempt| attempt.terms.return_url = None);
    unsupported(&|attempt| attempt.terms.return_url = Some(String::new()));
    // Nothing that is kept may reach another address.
    for id in ["", "cs_1/expire", "../refunds", "cs_1?x=", "cs 1", "cs_é"] {
        unsupported(&|attempt| attempt.gateway_ref = Some(id.to_owned()));
    }
}

#[test]
fn a_refund_without_a_payment_or_in_another_currency_is_not_sent() {
    let refused = |refund, attempt: &Attempt, operation| {
        let prepared = stripe().prepare_refund(operation, &refund, attempt, &moment(START));
        matches!(prepared, Err(Fault::Unsupported(_)))
    };
    for operation in [RefundOperation::Request, RefundOperation::Query] {
        assert!(refused(refund(None), &named(AttemptState::Pending), operation));
        let mut in_yen = refund(None);
        in_yen.amount = Money::new(1_200, Currency::Jpy).unwrap();
        assert!(refused(in_yen, &paid_attempt(), operation));
        let mut nothing = refund(None);
        nothing.amount = usd(0);
        assert!(refused(nothing, &paid_attempt(), operation));
    }
    assert!(refused(refund(Some("re_1/cancel")), &paid_attempt(), RefundOperation::Query));
}
