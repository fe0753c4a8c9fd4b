//! What goes wrong, and what the learner can do about it.

use super::*;

#[test]
fn a_decline_can_be_tried_again_under_the_same_order() {
    let mut checkout = Checkout::scanning();
    let declined = AttemptView { status: AttemptStatus::Failed, ..code("1") };
    checkout.reads(OrderStatus::AwaitingPayment, Some(declined));
    checkout.is(&Phase::Failed { reason: Reason::Declined });
    checkout.does(&Effect::Tell(Event::Error { code: "payment_declined".to_owned() }));
    checkout.hears(Msg::TryAgain).does(&start_payment(QR));
}

#[test]
fn a_code_that_ran_out_is_checked_once_more_and_can_be_renewed() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::DeadlinePassed).does_nothing();
    checkout.now_ms = EXPIRES_MS;
    checkout.hears(Msg::DeadlinePassed).is(&Phase::Expired);
    checkout.does(&Effect::CheckOrder(saved().key()));
    checkout.reads(OrderStatus::Expired, Some(code("1"))).is(&Phase::Expired);
    checkout.hears(Msg::TryAgain).does(&create_order());
    checkout.does(&Effect::Forget);
}

#[test]
fn money_that_arrived_in_the_last_second_still_counts() {
    let mut checkout = Checkout::scanning();
    checkout.now_ms = EXPIRES_MS;
    checkout.hears(Msg::DeadlinePassed).is(&Phase::Expired);
    checkout.reads(OrderStatus::Paid, Some(code("1"))).is(&Phase::Paid);
}

#[test]
fn renewing_at_another_price_asks_first() {
    let mut checkout = Checkout::scanning();
    checkout.state.product = Some(product(12_900));
    checkout.now_ms = EXPIRES_MS;
    checkout.hears(Msg::DeadlinePassed).hears(Msg::TryAgain);
    checkout.is(&Phase::Choosing { notice: Some(Notice::PriceChanged { was_minor: 9_900 }) });
    checkout.hears(Msg::Pay).does(&Effect::CreateOrder { expected_total_minor: 12_900 });
}

#[test]
fn a_changed_price_is_shown_and_confirmed_before_anything_is_bought() {
    let mut checkout = Checkout::for_visitor();
    checkout.hears(Msg::Pay).hears(Msg::OrderCreated(Err(refused(409, "price_changed"))));
    checkout.does(&Effect::LoadProduct);
    checkout.hears(Msg::ProductLoaded(Ok(product(12_900))));
    checkout.is(&Phase::Choosing { notice: Some(Notice::PriceChanged { was_minor: 9_900 }) });
    checkout.does_nothing();
    assert_eq!(checkout.state.price().map(Money::minor), Some(12_900));
    checkout.hears(Msg::Pay).does(&Effect::CreateOrder { expected_total_minor: 12_900 });
}

#[test]
fn an_order_that_comes_back_at_another_total_is_not_paid_unasked() {
    let mut checkout = Checkout::for_visitor();
    checkout.hears(Msg::Pay).hears(Msg::OrderCreated(Ok(OrderView { total_minor: 8_800, ..order() })));
    checkout.is(&Phase::Choosing { notice: Some(Notice::PriceChanged { was_minor: 9_900 }) });
    assert_eq!(checkout.state.price().map(Money::minor), Some(8_800));
}

#[test]
fn a_wallet_that_is_too_small_says_by_how_much_and_cannot_be_picked() {
    let mut checkout = Checkout::for_alice(4_000);
    let offers = checkout.state.offers();
    let missing = Money::new(5_900, Currency::Cny).ok();
    assert_eq!(offers.last().and_then(|offer| offer.blocked), Some(Blocked::Short { missing }));
    checkout.hears(Msg::Pick(BALANCE));
    assert_eq!(checkout.state.chosen(), Some(QR));
}

#[test]
fn a_wallet_that_shrank_meanwhile_suggests_another_way() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pick(BALANCE)).hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "insufficient_funds"))));
    checkout.is(&Phase::Choosing { notice: Some(Notice::InsufficientFunds) });
    checkout.does(&Effect::ReadWallet { user: "alice".to_owned() });
    assert_eq!(checkout.state.chosen(), Some(QR));
    checkout.hears(Msg::Pay).does(&start_payment(QR));
}

#[test]
fn a_wallet_that_may_not_be_spent_is_not_offered() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::LearnerKnown(Ok(alice())));
    checkout.hears(Msg::WalletRead(Err(refused(404, "wallet_not_found"))));
    assert_eq!(checkout.state.wallet(), None);
    assert!(checkout.state.offers().iter().all(|offer| offer.choice != BALANCE));
}

#[test]
fn a_gateway_that_is_switched_off_leaves_the_other_ways() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    checkout.hears(Msg::PaymentStarted(Err(refused(503, "gateway_off"))));
    checkout.is(&Phase::Choosing { notice: Some(Notice::MethodUnavailable) });
    assert_eq!(checkout.state.chosen(), Some(BALANCE));
}

#[test]
fn what_the_learner_owns_is_not_sold_again() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay).hears(Msg::OrderCreated(Err(refused(409, "already_owned"))));
    checkout.is(&Phase::AlreadyOwned);
    checkout.does(&Effect::Tell(Event::Error { code: "already_owned".to_owned() }));
}

#[test]
fn a_lost_answer_is_asked_for_again_with_growing_pauses_and_then_told() {
    let mut checkout = Checkout::for_visitor();
    checkout.hears(Msg::Pay);
    for delay_ms in [1_000, 2_000, 4_000, 8_000] {
        checkout.hears(Msg::OrderCreated(Err(Failure::Unreachable)));
        assert_eq!(checkout.effects, [Effect::RetryAfter { delay_ms }]);
        checkout.hears(Msg::RetryDue).does(&create_order());
    }
    checkout.hears(Msg::OrderCreated(Err(Failure::Unreachable)));
    checkout.is(&Phase::Failed { reason: Reason::Server(Failure::Unreachable) });
    checkout.hears(Msg::TryAgain).does(&create_order());
}

#[test]
fn a_payment_whose_start_was_not_answered_is_asked_for_again() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    checkout.hears(Msg::PaymentStarted(Err(refused(503, "gateway_unavailable"))));
    checkout.hears(Msg::RetryDue).does(&start_payment(QR));
    checkout.hears(Msg::PaymentStarted(Ok(code("1"))));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn a_stale_timer_starts_nothing() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::RetryDue).does_nothing();
    checkout.hears(Msg::Pay).hears(Msg::RetryDue).does_nothing();
    Checkout::scanning().hears(Msg::RetryDue).does_nothing();
}

#[test]
fn an_order_paid_elsewhere_is_found_paid() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::ChangeMethod).hears(Msg::Pick(BALANCE)).hears(Msg::Pay);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "order_paid"))));
    checkout.does(&Effect::ReadOrder(saved().key()));
    checkout.reads(OrderStatus::Paid, Some(code("1"))).is(&Phase::Paid);
}

#[test]
fn an_order_the_server_calls_expired_is_renewed_whatever_our_clock_says() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::ChangeMethod).hears(Msg::Pick(BALANCE)).hears(Msg::Pay);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "order_expired")))).is(&Phase::Expired);
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1"))).is(&Phase::Expired);
    checkout.hears(Msg::TryAgain).does(&create_order());
}

#[test]
fn the_product_is_asked_for_until_it_comes() {
    let mut checkout = Checkout::open(Device::Desktop, None);
    checkout.hears(Msg::LearnerKnown(Ok(Learner::Visitor)));
    checkout.hears(Msg::ProductLoaded(Err(Failure::Unreachable)));
    checkout.does(&Effect::RetryAfter { delay_ms: 1_000 });
    checkout.does(&Effect::Tell(Event::Error { code: "unreachable".to_owned() }));
    checkout.hears(Msg::RetryDue).does(&Effect::LoadProduct);
    checkout.hears(Msg::ProductLoaded(Err(refused(503, "busy"))));
    assert_eq!(checkout.effects, [Effect::RetryAfter { delay_ms: 2_000 }], "told once is enough");
    checkout.hears(Msg::TryAgain).does(&Effect::LoadProduct);
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900)))).is(&Phase::Choosing { notice: None });
}

#[test]
fn a_product_that_does_not_exist_is_not_asked_for_again() {
    let mut checkout = Checkout::open(Device::Desktop, None);
    checkout.hears(Msg::ProductLoaded(Err(refused(404, "unknown_product"))));
    assert!(!checkout.effects.iter().any(|effect| matches!(effect, Effect::RetryAfter { .. })));
}

#[test]
fn nobody_buys_as_a_guest_because_the_pages_token_failed() {
    let mut checkout = Checkout::open(Device::Desktop, None);
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    checkout.hears(Msg::LearnerKnown(Err(Failure::NoToken)));
    assert!(matches!(checkout.state.phase, Phase::Unavailable { .. }));
    checkout.hears(Msg::RetryDue);
    assert_eq!(checkout.effects, [Effect::AskLearner]);
}

#[test]
fn a_poll_that_fails_says_offline_and_one_that_succeeds_takes_it_back() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::OrderRead(Err(refused(429, "too_many_requests"))));
    assert!(!checkout.state.offline);
    checkout.hears(Msg::OrderRead(Err(Failure::Unreachable)));
    assert!(checkout.state.offline);
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    assert!(!checkout.state.offline);
}

#[test]
fn an_old_answer_does_not_undo_a_newer_fact() {
    let mut checkout = Checkout::scanning();
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("2")));
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    assert!(matches!(&checkout.state.phase, Phase::Scanning { content, .. } if content.ends_with("/2")));
    checkout.reads(OrderStatus::AwaitingPayment, None);
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
    checkout.reads(OrderStatus::Paid, Some(code("2"))).reads(OrderStatus::AwaitingPayment, Some(code("3")));
    checkout.is(&Phase::Paid);
}

#[test]
fn another_orders_answer_is_dropped() {
    let mut checkout = Checkout::scanning();
    let id = "01KDVEXAMP0000000000000002".to_owned();
    checkout.hears(Msg::OrderRead(Ok(OrderView { id, status: OrderStatus::Paid, ..order() })));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn an_address_that_is_no_web_page_is_not_gone_to() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pick(REDIRECT)).hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    let url = "javascript:alert(1)".to_owned();
    let evil = attempt("1", AttemptStatus::Pending, REDIRECT, Action::Redirect { url });
    checkout.hears(Msg::PaymentStarted(Ok(evil)));
    checkout.is(&Phase::Failed { reason: Reason::Server(Failure::Unreadable) });
    assert!(!checkout.effects.iter().any(|effect| matches!(effect, Effect::GoTo { .. })));
}

#[test]
fn a_payment_that_ended_says_why_in_words() {
    use coursepay_core::api::FailureReason::{Cancelled, Declined, InsufficientBalance, Refused, TimedOut};
    let mut all = Vec::new();
    for (failure, told) in [
        (InsufficientBalance, "payment_declined"),
        (Declined, "payment_declined"),
        (Refused, "payment_declined"),
        (Cancelled, "payment_closed"),
        (TimedOut, "payment_closed"),
    ] {
        let mut checkout = Checkout::scanning();
        let closed = AttemptView { status: AttemptStatus::Closed, failure: Some(failure), ..code("1") };
        checkout.reads(OrderStatus::AwaitingPayment, Some(closed));
        checkout.is(&Phase::Failed { reason: Reason::Payment(failure) });
        checkout.does(&Effect::Tell(Event::Error { code: told.to_owned() }));
        all.push(crate::text::Lang::Zh.reason(&Reason::Payment(failure)));
        checkout.hears(Msg::ChangeMethod).is(&Phase::Choosing { notice: None });
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 5, "each has words of its own");
}

#[test]
fn a_decline_is_told_once_the_gateway_was_asked_and_the_same_page_pays_on() {
    let declined = AttemptView { failure: Some(FailureReason::Declined), ..page("1", REDIRECT) };
    let came_back = SavedOrder { at_gateway: true, ..saved() };
    let mut checkout = Checkout::open(Device::Desktop, Some(came_back));
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900)))).hears(Msg::LearnerKnown(Ok(alice())));
    // It may have been paid since: what the server knew is no news.
    checkout.reads(OrderStatus::AwaitingPayment, Some(declined.clone()));
    checkout.is(&Phase::Confirming { claimed: true });
    checkout.does(&Effect::CheckOrder(saved().key()));
    checkout.reads(OrderStatus::AwaitingPayment, Some(declined));
    checkout.is(&Phase::Failed { reason: Reason::Payment(FailureReason::Declined) });
    assert_eq!(checkout.state.watch(), Some(Watch::Read));
    checkout.hears(Msg::Pick(REDIRECT)).hears(Msg::TryAgain);
    checkout.reads(OrderStatus::Paid, None).is(&Phase::Paid);
}
