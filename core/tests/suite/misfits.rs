//! Which payment fits an attempt? Its own number, currency and amount, and no second payment.

use coursepay_core::attempt::{AttemptState, Capture};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::{Misfit, Payment, fit};
use coursepay_core::method::Channel;
use coursepay_core::money::Money;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, attempt, cny};

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
