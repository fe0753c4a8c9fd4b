//! Does every report in every state of a refund do what the table in core/docs says? And what follows from a refund?

use coursepay_core::attempt::AttemptState;
use coursepay_core::decision::MessageKind;
use coursepay_core::ledger::Entry;
use coursepay_core::method::Channel;
use coursepay_core::order::{MAX_REFUNDS, Order, OrderState, RefundWish, Refusal};
use coursepay_core::refund::{Grounds, REFUND_PATIENCE_MS, RefundNews, RefundReport, RefundState, Stranded};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, attempt, cny, ids, line, moved, order_of, paid_order, product};
use crate::tables::Table;

const REPORTS: &str = include_str!("../../docs/refund.md");

fn requested(order: &Order, wish: &RefundWish, seed: u8) -> Result<(Order, Vec<Entry>), Refusal> {
    let (decision, _) =
        order.request_refund(wish, "不想学了".to_owned(), Grounds::default(), None, &mut ids(1_000, seed))?;
    Ok((decision.order, decision.entries))
}

fn reported(order: &Order, place: usize, news: RefundNews, seed: u8) -> coursepay_core::decision::Decision {
    let report = RefundReport { gateway_no: Some("re_1".to_owned()), news };
    order.report_refund(order.refunds[place].id, report, &mut ids(2_000, seed)).unwrap()
}

fn done() -> RefundNews {
    RefundNews::Done { at: START }
}

fn failed() -> RefundNews {
    RefundNews::Failed { code: "CLOSED".to_owned() }
}

pub(crate) fn state(name: &str) -> RefundState {
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

pub(crate) fn name(state: &RefundState) -> &'static str {
    match state {
        RefundState::Requested => "requested",
        RefundState::Pending => "pending",
        RefundState::Succeeded { .. } => "succeeded",
        RefundState::Failed { .. } => "failed",
        RefundState::NeedsAttention { money: Stranded::Kept, .. } => "kept",
        RefundState::NeedsAttention { money: Stranded::TakenBack, .. } => "taken back",
        RefundState::NeedsAttention { money: Stranded::PaidAfterFailure, .. } => "paid after failure",
    }
}

fn news(name: &str) -> RefundNews {
    match name {
        "pending" => RefundNews::Pending,
        "done" => done(),
        "failed" => failed(),
        "stuck" => RefundNews::Stuck { code: "ABNORMAL".to_owned() },
        other => panic!("nothing is reported as {other}"),
    }
}

#[test]
fn every_report_in_every_state_of_a_refund_does_what_the_table_says() {
    let table = Table::below("A refund", REPORTS);
    let (before, _) = requested(&paid_order(), &RefundWish::Everything, 5).unwrap();
    for (was, report, expected) in table.cells() {
        let said = format!("{report} on {was}");
        let mut order = before.clone();
        order.refunds[0].state = state(was);
        let decision = match report {
            "48 h pass" => {
                order.tell_of_delay(order.refunds[0].id, &mut ids(1_000 + 48 * 3_600_000, 6)).unwrap()
            }
            report => reported(&order, 0, news(report), 6),
        };
        let refund = &decision.order.refunds[0];
        match expected {
            "." => {
                assert!(
                    decision.is_no_op() && decision.entries.is_empty() && decision.messages.is_empty(),
                    "{said}"
                );
                assert_eq!(decision.order, order, "{said}");
            }
            "told" => {
                assert_eq!((name(&refund.state), refund.is_overdue), (was, true), "{said}");
                assert_eq!(decision.messages[0].kind, MessageKind::RefundOverdue, "{said}");
                assert!(decision.entries.is_empty(), "{said}");
            }
            expected => {
                assert_eq!(name(&refund.state), expected, "{said}");
                assert_eq!(refund.gateway_no.as_deref(), Some("re_1"), "{said}");
                let quiet = matches!(expected, "pending" | "kept");
                assert_eq!(decision.entries.len(), usize::from(!quiet), "{said}");
                assert_eq!(decision.messages.len(), usize::from(expected != "pending"), "{said}");
            }
        }
    }
    assert_eq!(table.cells().count(), 35);
}

#[test]
fn a_refund_is_open_as_long_as_its_gateways_word_would_settle_it() {
    let table = Table::below("A refund", REPORTS);
    for (was, _, becomes) in table.cells().filter(|(_, report, _)| *report == "done") {
        assert_eq!(state(was).is_open(), becomes == "succeeded", "{was}");
    }
}

#[test]
fn an_end_is_contradicted_by_what_would_take_it_back_and_by_nothing_else() {
    let table = Table::below("A refund", REPORTS);
    for (was, report, becomes) in table.cells().filter(|(_, report, _)| *report != "48 h pass") {
        let ended_otherwise = matches!(was, "succeeded" | "failed") && becomes != ".";
        assert_eq!(state(was).is_contradicted_by(&news(report)), ended_otherwise, "{report} on {was}");
    }
}

#[test]
fn a_whole_refund_takes_from_everyone_what_the_sale_gave_and_closes_what_it_opened() {
    let (order, entries) = requested(&paid_order(), &RefundWish::Everything, 5).unwrap();
    assert_eq!(moved(&entries, "creator:lin:pending"), 6_930 + 33);
    assert_eq!(moved(&entries, "creator:mei:pending"), 33);
    assert_eq!(moved(&entries, "platform:fees"), 2_970 + 34);
    assert_eq!(moved(&entries, "refunds:reserved"), -10_000);
    let decision = reported(&order, 0, done(), 6);
    assert_eq!(moved(&decision.entries, "refunds:reserved"), 10_000);
    assert_eq!(moved(&decision.entries, "gateway:alipay:clearing"), -10_000);
    assert_eq!(decision.revoked, [product("rust-101"), product("ink-painting")]);
    assert_eq!(decision.messages[0].kind, MessageKind::RefundSucceeded);
    assert_eq!(decision.order.refunded_minor(), 10_000);
}

#[test]
fn a_refund_of_one_line_closes_that_line_alone() {
    let wish = RefundWish::Lines(vec![product("ink-painting")]);
    let (order, entries) = requested(&paid_order(), &wish, 5).unwrap();
    assert_eq!(order.refunds[0].amount, cny(100));
    assert_eq!(moved(&entries, "creator:lin:pending"), 33);
    assert_eq!(reported(&order, 0, done(), 6).revoked, [product("ink-painting")]);
}

#[test]
fn a_refund_by_amount_is_shared_out_over_the_lines_and_closes_none_until_one_is_wholly_back() {
    let (order, _) = requested(&paid_order(), &RefundWish::Amount(5_001), 5).unwrap();
    let parts: Vec<i64> = order.refunds[0].lines().iter().map(|line| line.amount_minor).collect();
    assert_eq!(parts, [4_951, 50]);
    let decision = reported(&order, 0, done(), 6);
    assert!(decision.revoked.is_empty());
    let (order, _) = requested(&decision.order, &RefundWish::Amount(4_999), 7).unwrap();
    assert_eq!(reported(&order, 1, done(), 8).revoked, [product("rust-101"), product("ink-painting")]);
}

#[test]
fn cent_after_cent_the_creators_give_back_exactly_what_they_got() {
    let mut order = order_of(vec![line("rust-101", cny(10), &[("lin", 3_333), ("mei", 3_333)])]);
    let paid = paid_order();
    order.state = paid.state;
    order.attempts = paid.attempts;
    let mut given = [0, 0];
    for seed in 0..10 {
        let (after, entries) = requested(&order, &RefundWish::Amount(1), 20 + seed).unwrap();
        order = after;
        given[0] += moved(&entries, "creator:lin:pending");
        given[1] += moved(&entries, "platform:fees");
    }
    assert_eq!(given, [3, 4]);
    assert_eq!(requested(&order, &RefundWish::Everything, 40), Err(Refusal::NothingToRefund));
}

#[test]
fn what_failed_is_given_back_to_whom_it_was_taken_from_and_can_be_asked_for_again() {
    let (order, reserved) = requested(&paid_order(), &RefundWish::Amount(3_333), 5).unwrap();
    let decision = reported(&order, 0, failed(), 6);
    for account in ["creator:lin:pending", "creator:mei:pending", "platform:fees", "refunds:reserved"] {
        assert_eq!(moved(&reserved, account), -moved(&decision.entries, account), "{account}");
    }
    let (again, _) = requested(&decision.order, &RefundWish::Everything, 7).unwrap();
    assert_eq!(again.refunds[1].amount, cny(10_000));
}

#[test]
fn refunds_on_their_way_count_as_given_back() {
    let (order, _) = requested(&paid_order(), &RefundWish::Amount(9_000), 5).unwrap();
    let refusal = Refusal::RefundTooLarge { left_minor: 1_000, got_minor: 1_001 };
    assert_eq!(requested(&order, &RefundWish::Amount(1_001), 6), Err(refusal));
    let (order, _) = requested(&order, &RefundWish::Everything, 6).unwrap();
    assert_eq!(order.refunds[1].amount, cny(1_000));
}

#[test]
fn what_cannot_be_refunded_is_refused_by_its_reason() {
    let mut unpaid = paid_order();
    unpaid.state = OrderState::Expired;
    let everything = RefundWish::Everything;
    assert!(matches!(requested(&unpaid, &everything, 5), Err(Refusal::NotPaid(_))));
    let lines = |names: &[&str]| RefundWish::Lines(names.iter().map(|name| product(name)).collect());
    let foreign = Refusal::LineUnknown { product: product("go-101") };
    assert_eq!(requested(&paid_order(), &lines(&["rust-101", "go-101"]), 5), Err(foreign));
    let (order, _) = requested(&paid_order(), &lines(&["rust-101"]), 5).unwrap();
    assert_eq!(requested(&order, &lines(&["ink-painting", "rust-101"]), 6), Err(Refusal::NothingToRefund));
    for minor in [i64::MIN, -1, 0, 10_001, i64::MAX] {
        let refused = requested(&paid_order(), &RefundWish::Amount(minor), 5);
        assert_eq!(refused, Err(Refusal::RefundTooLarge { left_minor: 10_000, got_minor: minor }));
    }
    let mut often = order;
    while often.refunds.len() < MAX_REFUNDS {
        often.refunds.push(often.refunds[0].clone());
    }
    assert_eq!(requested(&often, &RefundWish::Amount(1), 6), Err(Refusal::TooManyRefunds));
}

#[test]
fn the_platform_is_told_once_of_a_refund_that_takes_two_days() {
    let (order, _) = requested(&paid_order(), &RefundWish::Everything, 5).unwrap();
    let asked_at_ms = 1_000;
    let after = |order: &Order, ms: i64| {
        order.tell_of_delay(order.refunds[0].id, &mut ids(asked_at_ms + ms, 9)).unwrap()
    };
    assert!(after(&order, 48 * 3_600_000 - 1).is_no_op());
    let told = after(&order, 48 * 3_600_000);
    assert_eq!(told.messages[0].kind, MessageKind::RefundOverdue);
    assert_eq!(told.order.refunds[0].state, RefundState::Requested, "it is asked for on");
    assert!(after(&told.order, REFUND_PATIENCE_MS).is_no_op());
    for state in ["succeeded", "failed", "kept", "taken back"].map(state) {
        let mut order = order.clone();
        order.refunds[0].state = state;
        assert!(after(&order, REFUND_PATIENCE_MS).is_no_op());
    }
}

#[test]
fn surplus_whose_return_failed_is_sent_back_once_more_and_no_other_money_is() {
    let order = paid_order();
    let settling = order.attempts[0].id;
    let again = |order: &Order, attempt| {
        order
            .return_surplus(attempt, "多付款退回".to_owned(), &mut ids(3_000, 9))
            .map(|(decision, _)| decision)
    };
    assert_eq!(again(&order, settling), Err(Refusal::NothingToRefund), "it settled the order");
    let mut late = order.clone();
    let closed = attempt(Channel::Qr, AttemptState::Closed);
    late.attempts[0] = coursepay_core::attempt::Attempt { amount: order.total, ..closed };
    late.state = OrderState::Cancelled;
    let id = late.attempts[0].id;
    assert_eq!(again(&late, id), Err(Refusal::NothingToRefund), "nobody paid it");
    let paid = coursepay_core::order::Report::Paid { gateway_no: "2026".to_owned(), at: START };
    let late = late.report(id, paid, &[], &mut ids(2_000, 7)).unwrap().order;
    assert_eq!(again(&late, id), Err(Refusal::NothingToRefund), "it is on its way");
    let late = reported(&late, 0, failed(), 8).order;
    let decision = again(&late, id).unwrap();
    assert_eq!(moved(&decision.entries, "suspense"), 10_000);
    assert_eq!(again(&decision.order, id), Err(Refusal::NothingToRefund), "once");
}

#[test]
fn what_a_wallet_paid_goes_back_there_at_once() {
    let open = order_of(vec![line("rust-101", cny(9_900), &[("lin", 7_000)])]);
    let paid = open.pay_by_wallet(&alice(), &[], &mut ids(1_000, 5)).unwrap().order;
    let reason = "不想学了".to_owned();
    let wish = RefundWish::Everything;
    let (decision, _) =
        paid.request_refund(&wish, reason, Grounds::default(), Some(&alice()), &mut ids(2_000, 6)).unwrap();
    assert_eq!(name(&decision.order.refunds[0].state), "succeeded");
    assert_eq!(moved(&decision.entries, "wallet:alice"), -9_900);
    assert_eq!(moved(&decision.entries, "refunds:reserved"), 0);
    assert_eq!(decision.revoked, [product("rust-101")]);
}

#[test]
fn surplus_is_on_its_way_back_in_the_decision_that_books_it() {
    let mut order = paid_order();
    let late = attempt(Channel::Qr, AttemptState::Closed);
    order.attempts = vec![coursepay_core::attempt::Attempt { amount: order.total, ..late }];
    order.state = OrderState::Cancelled;
    let id = order.attempts[0].id;
    let paid = coursepay_core::order::Report::Paid { gateway_no: "2026".to_owned(), at: START };
    let decision = order.report(id, paid, &[], &mut ids(2_000, 7)).unwrap();
    assert_eq!(moved(&decision.entries, "suspense"), 0);
    assert_eq!(moved(&decision.entries, "refunds:reserved"), -10_000);
    let back = reported(&decision.order, 0, done(), 8);
    assert_eq!(moved(&back.entries, "gateway:alipay:clearing"), -10_000);
    assert!(back.revoked.is_empty());
    assert_eq!(back.order.refunded_minor(), 0, "nothing of a sale went back");
    let kept = reported(&decision.order, 0, failed(), 8);
    assert_eq!(moved(&kept.entries, "suspense"), -10_000, "it waits there for somebody");
}
