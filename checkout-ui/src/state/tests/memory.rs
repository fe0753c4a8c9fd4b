//! What a tab remembers, and for whom.

use super::*;

/// A tab that remembers an order and was reloaded by alice.
fn reloaded(memory: SavedOrder) -> Checkout {
    let mut checkout = Checkout::open(Device::Desktop, Some(memory));
    checkout.hears(Msg::LearnerKnown(Ok(alice())));
    checkout
}

#[test]
fn a_reload_brings_the_same_order_and_code_back() {
    let mut checkout = reloaded(saved());
    checkout.does(&Effect::ReadOrder(saved().key()));
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    checkout.is(&Phase::Scanning { content: "https://qr.example/1".to_owned(), expires_at_ms: EXPIRES_MS });
    checkout.does(&Effect::Tell(Event::Order { order_id: ORDER.to_owned() }));
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn nothing_is_offered_before_the_remembered_order_is_looked_up() {
    let mut checkout = reloaded(saved());
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900)))).is(&Phase::Loading { tries: 0 });
    checkout.hears(Msg::Pay).does_nothing();
}

#[test]
fn another_learner_in_the_same_tab_does_not_get_the_order() {
    let mut checkout = Checkout::open(Device::Desktop, Some(saved()));
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    let bo = Learner::SignedIn { user: "bo".to_owned(), wallet: Wallet::Absent };
    checkout.hears(Msg::LearnerKnown(Ok(bo)));
    assert_eq!(checkout.effects, [Effect::Forget]);
    checkout.is(&Phase::Choosing { notice: None });
}

#[test]
fn a_learner_who_changes_on_the_open_page_lets_the_order_go() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::LearnerChanged).does(&Effect::AskLearner);
    checkout.hears(Msg::LearnerKnown(Ok(alice())));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }), "the same learner with a new token");
    checkout.hears(Msg::LearnerChanged).hears(Msg::LearnerKnown(Ok(Learner::Visitor)));
    checkout.does(&Effect::Forget);
    checkout.is(&Phase::Choosing { notice: None });
    assert_eq!(checkout.state.order, None);
}

#[test]
fn the_page_hears_of_paid_once_and_not_on_every_reload() {
    let paid = AttemptView { status: AttemptStatus::Paid, ..code("1") };
    let mut first = reloaded(saved());
    first.reads(OrderStatus::Paid, Some(paid.clone())).does(&tell_paid());
    let mut again = reloaded(SavedOrder { told_paid: true, ..saved() });
    again.reads(OrderStatus::Paid, Some(paid)).is(&Phase::Paid);
    assert!(!again.effects.contains(&tell_paid()));
}

#[test]
fn a_return_from_the_gateway_asks_it_and_believes_only_the_answer() {
    let mut checkout = reloaded(SavedOrder { at_gateway: true, ..saved() });
    checkout.reads(OrderStatus::AwaitingPayment, Some(page("1", REDIRECT)));
    checkout.is(&Phase::Confirming { claimed: true });
    checkout.does(&Effect::CheckOrder(saved().key()));
    checkout.reads(OrderStatus::Paid, Some(page("1", REDIRECT))).is(&Phase::Paid);
    checkout.does(&tell_paid());
}

#[test]
fn a_return_after_a_refusal_says_so() {
    let mut checkout = reloaded(SavedOrder { at_gateway: true, ..saved() });
    let failed = AttemptView { status: AttemptStatus::Failed, ..page("1", REDIRECT) };
    checkout.reads(OrderStatus::AwaitingPayment, Some(failed));
    checkout.is(&Phase::Failed { reason: Reason::Declined });
}

#[test]
fn an_order_that_ran_out_is_forgotten() {
    let mut checkout = reloaded(saved());
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    checkout.reads(OrderStatus::Expired, Some(code("1"))).does(&Effect::Forget);
    checkout.is(&Phase::Choosing { notice: None });
}

#[test]
fn a_refunded_order_does_not_stand_in_the_way_of_a_new_one() {
    let mut checkout = reloaded(SavedOrder { told_paid: true, ..saved() });
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    let status = OrderStatus::Paid;
    let refunded = OrderView { status, refund_status: RefundStatus::Full, ..order() };
    checkout.hears(Msg::OrderRead(Ok(refunded))).does(&Effect::Forget);
    checkout.is(&Phase::Choosing { notice: None });
}

#[test]
fn an_order_that_is_refunded_while_its_page_is_open_is_no_longer_called_paid() {
    let refunds = |refund_status| OrderView { status: OrderStatus::Paid, refund_status, ..order() };
    let mut checkout = Checkout::scanning();
    checkout.reads(OrderStatus::Paid, Some(code("1"))).is(&Phase::Paid);
    checkout.hears(Msg::PageShown).does(&Effect::ReadOrder(saved().key()));
    checkout.hears(Msg::OrderRead(Ok(refunds(RefundStatus::Partial)))).is(&Phase::Paid);
    checkout.hears(Msg::OrderRead(Ok(refunds(RefundStatus::Full)))).does(&Effect::Forget);
    checkout.is(&Phase::Choosing { notice: Some(Notice::Refunded) });
    checkout.hears(Msg::Pay).does(&create_order());
}

#[test]
fn an_order_the_server_does_not_know_is_forgotten() {
    let mut checkout = reloaded(saved());
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    checkout.hears(Msg::OrderRead(Err(refused(404, "order_not_found")))).does(&Effect::Forget);
    checkout.is(&Phase::Choosing { notice: None });
}

#[test]
fn a_reload_without_network_keeps_the_order_and_tries_again() {
    let mut checkout = reloaded(saved());
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    checkout.hears(Msg::OrderRead(Err(Failure::Unreachable)));
    assert!(matches!(checkout.state.phase, Phase::Unavailable { .. }));
    checkout.hears(Msg::RetryDue);
    assert_eq!(checkout.effects, [Effect::ReadOrder(saved().key())]);
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}
