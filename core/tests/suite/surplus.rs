//! What has become of money that could settle nothing, by what its returns and disputes have come to?

use coursepay_core::api::SurplusFate;
use coursepay_core::attempt::AttemptState;
use coursepay_core::decision::MessageKind;
use coursepay_core::dispute::{Dispute, DisputeState};
use coursepay_core::method::Channel;
use coursepay_core::order::event::Event;
use coursepay_core::order::{Order, OrderState, Report};
use coursepay_core::refund::{Purpose, Refund};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, attempt, ids, paid_order};
use crate::refund_table::state;
use crate::tables::Table;

const FATES: &str = include_str!("../../docs/refund.md");

/// A cancelled order whose one attempt was paid all the same.
fn with_surplus() -> Order {
    let mut order = paid_order();
    let closed = attempt(Channel::Qr, AttemptState::Closed);
    order.attempts = vec![coursepay_core::attempt::Attempt { amount: order.total, ..closed }];
    order.state = OrderState::Cancelled;
    let paid = Report::Paid { gateway_no: "2026".to_owned(), at: START };
    order.report(order.attempts[0].id, paid, &[], &mut ids(2_000, 7)).unwrap().order
}

fn dispute_state(name: &str) -> Option<DisputeState> {
    match name {
        "no dispute" => None,
        "open" => Some(DisputeState::Open),
        "won" => Some(DisputeState::Won { at: START }),
        "lost" => Some(DisputeState::Lost { at: START, takes: Purpose::Surplus }),
        other => panic!("no dispute is {other}"),
    }
}

fn fate(name: &str) -> SurplusFate {
    match name {
        "returning" => SurplusFate::Returning,
        "returned" => SurplusFate::Returned,
        "needs_attention" => SurplusFate::NeedsAttention,
        "disputed" => SurplusFate::Disputed,
        "lost" => SurplusFate::Lost,
        other => panic!("nothing is {other}"),
    }
}

#[test]
fn every_fate_is_what_the_table_says() {
    let table = Table::below("The returns", FATES);
    let order = with_surplus();
    let (attempt, returned) = (order.attempts[0].id, order.refunds[0].clone());
    for (returns, dispute, expected) in table.cells() {
        let mut order = order.clone();
        let states = returns.split(", ").filter(|name| *name != "none").map(state);
        order.refunds = states.map(|state| Refund { state, ..returned.clone() }).collect();
        let disputes = dispute_state(dispute).map(|state| Dispute {
            id: ids(3_000, 8).fresh(),
            attempt,
            gateway_no: "dp_1".to_owned(),
            amount: order.total,
            reason: "fraudulent".to_owned(),
            opened_at: START,
            evidence_due_at: None,
            state,
        });
        order.disputes = disputes.into_iter().collect();
        assert_eq!(order.surplus_fate(attempt), Some(fate(expected)), "{returns}; {dispute}");
        assert_eq!(order.view(&[]).surplus[0].fate, fate(expected));
    }
    assert_eq!(table.cells().count(), 48);
}

#[test]
fn what_settled_or_never_came_is_no_surplus() {
    let order = paid_order();
    assert_eq!(order.surplus_fate(order.attempts[0].id), None);
    assert!(order.view(&[]).surplus.is_empty());
    let mut open = order;
    open.attempts[0].state = AttemptState::Closed;
    assert_eq!(open.surplus_fate(open.attempts[0].id), None);
    assert_eq!(open.surplus_fate(with_surplus().refunds[0].attempt), None, "of another order or not paid");
}

#[test]
fn the_platform_is_told_of_surplus_as_it_comes_and_as_of_the_event_that_says_so() {
    let mut order = paid_order();
    order.state = OrderState::Cancelled;
    order.attempts[0].state = AttemptState::Closed;
    let paid = Report::Paid { gateway_no: "2026".to_owned(), at: START };
    let decision = order.report(order.attempts[0].id, paid, &[], &mut ids(2_000, 7)).unwrap();
    let [told] = &decision.messages[..] else { panic!("{:?}", decision.messages) };
    assert_eq!(told.kind, MessageKind::SurplusReceived);
    let of = decision.events.iter().find(|recorded| recorded.sequence == told.sequence).unwrap();
    assert!(matches!(of.event, Event::SurplusReceived { .. }), "{of:?}");
}
