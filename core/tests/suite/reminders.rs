//! When is the platform told that an order is left unpaid?

use coursepay_core::attempt::{AttemptState, Capture, Step};
use coursepay_core::decision::MessageKind;
use coursepay_core::method::Channel;
use coursepay_core::order::event::Event;
use coursepay_core::order::{ORDER_LIFETIME_MS, Order, OrderState, SHORTEST_PAYMENT_MS};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, attempt, ids, order, paid_order};

fn reminds(order: &Order, after_ms: i64) -> bool {
    let decision = order.remind(&mut ids(after_ms, 5)).unwrap();
    assert_eq!(decision.messages.len(), usize::from(!decision.is_no_op()));
    assert!(decision.entries.is_empty() && decision.attempts.is_empty());
    !decision.is_no_op()
}

fn with(state: AttemptState) -> Order {
    let mut order = order();
    order.attempts.push(attempt(Channel::Qr, state));
    order
}

#[test]
fn an_open_order_is_reminded_of_once_and_by_an_event_of_its_own() {
    let decision = order().remind(&mut ids(1_000, 5)).unwrap();
    assert_eq!(decision.events[0].event, Event::OrderLeftUnpaid);
    assert_eq!(decision.messages[0].kind, MessageKind::OrderUnpaid);
    assert_eq!(decision.messages[0].sequence, decision.events[0].sequence);
    assert!(!reminds(&decision.order, 2_000));
}

#[test]
fn nobody_is_reminded_of_what_is_over() {
    let mut order = order();
    for state in [OrderState::Expired, OrderState::Cancelled] {
        order.state = state;
        assert!(!reminds(&order, 1_000), "{state:?}");
    }
    assert!(!reminds(&paid_order(), 1_000));
}

#[test]
fn nobody_is_reminded_when_there_is_no_time_left_to_pay() {
    let last_ms = ORDER_LIFETIME_MS - SHORTEST_PAYMENT_MS;
    assert!(reminds(&order(), last_ms));
    for after_ms in [last_ms + 1, ORDER_LIFETIME_MS, ORDER_LIFETIME_MS * 2] {
        assert!(!reminds(&order(), after_ms), "{after_ms}");
    }
}

#[test]
fn nobody_is_reminded_while_money_is_or_may_be_on_its_way() {
    let refused = AttemptState::Failed { reason: "x".to_owned() };
    for (state, expected) in [
        (AttemptState::Created, true),
        (AttemptState::Pending, true),
        (AttemptState::Closed, true),
        (refused, true),
        (AttemptState::Processing, false),
        (AttemptState::Unknown(Step::Create), false),
        (AttemptState::Unknown(Step::Close), false),
    ] {
        assert_eq!(reminds(&with(state.clone()), 1_000), expected, "{state:?}");
    }
    let capture = Capture { gateway_no: None, at: START, settled: false };
    let mut twice = with(AttemptState::Processing);
    twice.attempts.push(attempt(Channel::Qr, AttemptState::Paid(capture)));
    assert!(!reminds(&twice, 1_000));
}
