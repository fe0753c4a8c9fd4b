//! Paying by card: away to Stripe's page and back, and the bank's patience.

use super::*;

fn at_stripe() -> Checkout {
    let mut checkout = Checkout::starting(Device::Desktop, BY_CARD);
    checkout.hears(Msg::PaymentStarted(Ok(page("1", BY_CARD))));
    checkout
}

fn processing() -> AttemptView {
    attempt("1", AttemptStatus::Processing, BY_CARD, Action::None)
}

#[test]
fn a_card_is_paid_on_stripes_page_and_the_return_asks_the_gateway() {
    let mut checkout = at_stripe();
    let left = SavedOrder { at_gateway: true, ..saved() };
    let go = Effect::GoTo { url: "https://gateway.example/1".to_owned() };
    assert_eq!(checkout.effects, [Effect::Save(left.clone()), go]);
    let mut back = Checkout::open(Device::Desktop, Some(left));
    back.hears(Msg::LearnerKnown(Ok(alice()))).reads(OrderStatus::AwaitingPayment, Some(page("1", BY_CARD)));
    back.is(&Phase::Confirming { claimed: true });
    back.does(&Effect::CheckOrder(saved().key()));
    checkout.hears(Msg::PageShown).does(&Effect::CheckOrder(saved().key()));
}

#[test]
fn stripes_page_is_gone_to_again_without_another_payment() {
    let mut checkout = at_stripe();
    checkout.hears(Msg::ChangeMethod).hears(Msg::Pay);
    assert!(!checkout.effects.contains(&start_payment(BY_CARD)));
    assert!(matches!(checkout.state.phase, Phase::Redirecting { .. }));
}

#[test]
fn a_payment_that_takes_the_bank_days_is_waited_for_without_asking_the_gateway() {
    let mut checkout = at_stripe();
    checkout.hears(Msg::PageShown).reads(OrderStatus::AwaitingPayment, Some(processing()));
    checkout.is(&Phase::Confirming { claimed: true });
    assert!(checkout.state.is_processing());
    assert_eq!(checkout.state.watch(), Some(Watch::Read));
    let paid = AttemptView { status: AttemptStatus::Paid, ..processing() };
    checkout.reads(OrderStatus::Paid, Some(paid)).is(&Phase::Paid);
}

#[test]
fn nobody_pays_again_while_the_bank_is_at_it() {
    let mut checkout = Checkout::starting(Device::Desktop, QR);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "payment_processing"))));
    checkout.is(&Phase::Confirming { claimed: true });
    checkout.does(&Effect::CheckOrder(saved().key()));
    // In a tab that never was at the gateway, too.
    let mut reloaded = Checkout::open(Device::Desktop, Some(saved()));
    reloaded.hears(Msg::LearnerKnown(Ok(alice())));
    reloaded.reads(OrderStatus::AwaitingPayment, Some(processing()));
    assert!(matches!(reloaded.state.phase, Phase::Confirming { .. }) && reloaded.state.is_processing());
}
