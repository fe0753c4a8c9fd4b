//! What has become of money that could settle nothing, by what its returns and disputes have come to?

use coursepay_core::api::SurplusFate;
use coursepay_core::attempt::AttemptState;
use coursepay_core::decision::MessageKind;
use coursepay_core::dispute::{Dispute, DisputeState};
use coursepay_core::method::Channel;
use coursepay_core::order::event::Event;
use coursepay_core::order::{Order, OrderState, Report};
use coursepay_core::refund::{Purpose, RefundState, Stranded};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, attempt, ids, paid_order};

/// Rows: where the returns stand, the oldest first. Columns: where a dispute of the money stands.
const FATES: &str = "
returns                     no dispute       open      won              lost
none                        needs_attention  disputed  needs_attention  lost
requested                   returning        disputed  returning        lost
pending                     returning        disputed  returning        lost
succeeded                   returned         disputed  returned         lost
failed                      needs_attention  disputed  needs_attention  lost
kept                        needs_attention  disputed  needs_attention  needs_attention
taken back                  needs_attention  disputed  needs_attention  needs_attention
failed, requested           returning        disputed  returning        lost
failed, succeeded           returned         disputed  returned         lost
failed, failed              needs_attention  disputed  needs_attention  lost
paid after failure, pending needs_attention  disputed  needs_attention  needs_attention
paid after failure          needs_attention  disputed  needs_attention  needs_attention
";

/// A cancelled order whose one attempt was paid all the same.
fn with_surplus() -> Order {
    let mut order = paid_order();
    let closed = attempt(Channel::Qr, AttemptState::Closed);
    order.attempts = vec![coursepay_core::attempt::Attempt { amount: order.total, ..closed }];
    order.state = OrderState::Cancelled;
    let paid = Report::Paid { gateway_no: "2026".to_owned(), at: START };
    order.report(order.attempts[0].id, paid, &[], &mut ids(2_000, 7)).unwrap().order
}

fn refund_state(name: &str) -> RefundState {
    let stranded = |money| RefundState::NeedsAttention { code: "ABNORMAL".to_owned(), money };
    match name {
        "requested" => RefundState::Requested,
        "pending" => RefundState::Pending,
        "succeeded" => RefundState::Succeeded { at: START },
        "failed" => RefundState::Failed { code: "CLOSED".to_owned() },
        "kept" => stranded(Stranded::Kept),
        "taken back" => stranded(Stranded::TakenBack),
        "paid after failure" => stranded(Stranded::PaidAfterFailure),
        other => panic!("no refund is {other}"),
    }
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
    let cells = |row: &'static str| {
        let (head, rest) = row.split_at(28);
        (head.trim(), rest.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>())
    };
    let mut rows = FATES.lines().filter(|line| !line.is_empty()).map(cells);
    let (_, disputes) = rows.next().unwrap();
    let order = with_surplus();
    let (attempt, returned) = (order.attempts[0].id, order.refunds[0].clone());
    let mut cells = 0;
    for (returns, expected) in rows {
        for (dispute, expected) in disputes.iter().zip(expected) {
            let mut order = order.clone();
            let states = returns.split(", ").filter(|name| *name != "none").map(refund_state);
            order.refunds =
                states.map(|state| coursepay_core::refund::Refund { state, ..returned.clone() }).collect();
            order.disputes = dispute_state(dispute)
                .map(|state| Dispute {
                    id: ids(3_000, 8).fresh(),
                    attempt,
                    gateway_no: "dp_1".to_owned(),
                    amount: order.total,
                    reason: "fraudulent".to_owned(),
                    opened_at: START,
                    evidence_due_at: None,
                    state,
                })
                .into_iter()
                .collect();
            assert_eq!(order.surplus_fate(attempt), Some(fate(expected)), "{returns}; {dispute}");
            assert_eq!(order.view(&[]).surplus[0].fate, fate(expected));
            cells += 1;
        }
    }
    assert_eq!(cells, 48);
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
