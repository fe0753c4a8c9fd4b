//! What another tab does with the same order.

use super::*;

#[test]
fn a_code_that_another_tab_has_made_void_is_taken_away_and_said_to_be() {
    let elsewhere = [
        page("2", BY_CARD),
        // Its gateway has not answered yet.
        attempt("2", AttemptStatus::Created, REDIRECT, Action::None),
    ];
    for begun in elsewhere {
        let mut checkout = Checkout::scanning();
        checkout.reads(OrderStatus::AwaitingPayment, Some(begun)).does_nothing();
        checkout.is(&Phase::Choosing { notice: Some(Notice::ChosenElsewhere) });
        assert_eq!(checkout.state.watch(), Some(Watch::Read), "and whether it is paid there is watched");
        checkout.reads(OrderStatus::Paid, None).does(&tell_paid());
    }
}

#[test]
fn a_link_that_another_tab_has_made_void_is_taken_away_and_nobody_is_sent_off() {
    let mut checkout = Checkout::starting(Device::Desktop, BY_CARD);
    checkout.hears(Msg::PaymentStarted(Ok(page("1", BY_CARD))));
    assert!(matches!(checkout.state.phase, Phase::Redirecting { .. }));
    checkout.reads(OrderStatus::AwaitingPayment, Some(page("2", REDIRECT))).does_nothing();
    checkout.is(&Phase::Choosing { notice: Some(Notice::ChosenElsewhere) });
}

#[test]
fn a_new_code_of_another_tab_is_shown_here_as_well() {
    let mut checkout = Checkout::scanning();
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("2")));
    let content = "https://qr.example/2".to_owned();
    checkout.is(&Phase::Scanning { content, expires_at_ms: EXPIRES_MS });
}

#[test]
fn the_same_payment_read_again_takes_nothing_away() {
    let mut checkout = Checkout::scanning();
    let shown = checkout.state.phase.clone();
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    checkout.is(&shown);
}
