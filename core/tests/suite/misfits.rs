//! Which payment fits an attempt? Its own number, currency and amount, and no second payment. Which dispute fits an
//! order? One over a payment of it, of no more than was paid, and of what it was opened with.

use coursepay_core::attempt::{AttemptState, Capture};
use coursepay_core::currency::Currency;
use coursepay_core::dispute::{DisputeNews, DisputeReport};
use coursepay_core::gateway::{Misfit, Payment, fit, fit_dispute};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_core::money::Money;
use coursepay_core::order::Order;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, attempt, cny, ids, paid_order};

/// What `payment`, changed by `change`, comes to for an attempt of 99.00 in `state`.
fn fitted(state: AttemptState, change: impl FnOnce(&mut Payment)) -> Result<(), Misfit> {
    let attempt = attempt(Channel::Qr, state);
    let mut payment = Payment {
        merchant_no: attempt.id.to_string(),
        gateway_no: "2026".to_owned(),
        amount: cny(9_900),
        at: None,
    };
    change(&mut payment);
    fit(&payment, &attempt)
}

fn paid_as(gateway_no: &str) -> AttemptState {
    AttemptState::Paid(Capture { gateway_no: Some(gateway_no.to_owned()), at: START, settled: true })
}

#[test]
fn a_payment_of_the_number_and_the_amount_fits_in_every_state() {
    for state in [AttemptState::Created, AttemptState::Pending, AttemptState::Closed, paid_as("2026")] {
        assert_eq!(fitted(state, |_| {}), Ok(()));
    }
}

#[test]
fn a_fen_more_or_less_does_not_fit() {
    for got_minor in [9_899, 9_901] {
        let misfit = fitted(AttemptState::Pending, |payment| payment.amount = cny(got_minor));
        assert_eq!(misfit, Err(Misfit::AmountDiffers { expected_minor: 9_900, got_minor }));
    }
}

#[test]
fn the_same_digits_in_another_currency_do_not_fit() {
    let misfit = fitted(AttemptState::Pending, |payment| {
        payment.amount = Money::new(9_900, Currency::Jpy).unwrap();
    });
    assert_eq!(misfit, Err(Misfit::CurrencyDiffers { expected: Currency::Cny, got: Currency::Jpy }));
}

#[test]
fn another_number_does_not_fit_whatever_else_does() {
    let got = "01KDVDNG00AAAAAAAAAAAAAAAA".to_owned();
    let misfit = fitted(AttemptState::Pending, |payment| payment.merchant_no.clone_from(&got));
    assert_eq!(misfit, Err(Misfit::UnknownNumber { got }));
}

#[test]
fn a_second_payment_of_one_number_does_not_pass_for_a_repeat_of_the_first() {
    let misfit = fitted(paid_as("2025"), |_| {});
    assert_eq!(misfit, Err(Misfit::PaidAgain { expected: "2025".to_owned(), got: "2026".to_owned() }));
}

/// A dispute over `amount`.
fn disputed(amount: Money) -> DisputeReport {
    DisputeReport {
        gateway_no: "du_1".to_owned(),
        amount,
        reason: String::new(),
        evidence_due_at: None,
        news: DisputeNews::Open,
    }
}

/// An order of 100.00 with an open dispute over 30.00.
fn disputed_order() -> Order {
    let paid = paid_order();
    let report = disputed(cny(3_000));
    paid.report_dispute(paid.attempts[0].id, report, &mut ids(1_000, 5)).unwrap().order
}

#[test]
fn a_dispute_fits_the_payment_by_its_number_up_to_what_was_paid() {
    let order = paid_order();
    let fitted = |minor| fit_dispute(GatewayId::Alipay, "2026", &disputed(cny(minor)), &order);
    for minor in [1, 3_000, 10_000] {
        assert_eq!(fitted(minor), Ok(order.attempts[0].id));
    }
    for got_minor in [0, 10_001] {
        assert_eq!(fitted(got_minor), Err(Misfit::AmountDiffers { expected_minor: 10_000, got_minor }));
    }
    let yen = disputed(Money::new(3_000, Currency::Jpy).unwrap());
    let misfit = Err(Misfit::CurrencyDiffers { expected: Currency::Cny, got: Currency::Jpy });
    assert_eq!(fit_dispute(GatewayId::Alipay, "2026", &yen, &order), misfit);
}

#[test]
fn a_dispute_over_another_payment_or_at_another_gateway_does_not_fit() {
    let misfit = |got: &str| Err(Misfit::UnknownNumber { got: got.to_owned() });
    let report = disputed(cny(3_000));
    assert_eq!(fit_dispute(GatewayId::Alipay, "2025", &report, &paid_order()), misfit("2025"));
    assert_eq!(fit_dispute(GatewayId::Stripe, "2026", &report, &paid_order()), misfit("2026"));
    let mut unpaid = paid_order();
    unpaid.attempts[0].state = AttemptState::Closed;
    assert_eq!(fit_dispute(GatewayId::Alipay, "2026", &report, &unpaid), misfit("2026"));
}

#[test]
fn a_dispute_that_is_known_is_over_the_payment_and_the_amount_it_was_opened_with() {
    let order = disputed_order();
    let first = order.attempts[0].id;
    let fitted = |order: &Order, payment_no, minor| {
        fit_dispute(GatewayId::Alipay, payment_no, &disputed(cny(minor)), order)
    };
    assert_eq!(fitted(&order, "2026", 3_000), Ok(first));
    for got_minor in [2_999, 3_001] {
        let misfit = Misfit::AmountDiffers { expected_minor: 3_000, got_minor };
        assert_eq!(fitted(&order, "2026", got_minor), Err(misfit));
    }
    let mut other = attempt(Channel::Qr, paid_as("2027"));
    other.id = ids(5, 5).fresh();
    let paid_twice = Order { attempts: vec![order.attempts[0].clone(), other], ..order };
    let misfit = Misfit::UnknownNumber { got: "2027".to_owned() };
    assert_eq!(fitted(&paid_twice, "2027", 3_000), Err(misfit));
    let another = DisputeReport { gateway_no: "du_2".to_owned(), ..disputed(cny(9_900)) };
    let fits = fit_dispute(GatewayId::Alipay, "2027", &another, &paid_twice);
    assert_eq!(fits, Ok(paid_twice.attempts[1].id));
}
