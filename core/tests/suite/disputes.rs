//! What follows when a buyer's bank takes the money back, in each state of the dispute?

use coursepay_core::attempt::AttemptState;
use coursepay_core::decision::{Decision, MessageKind};
use coursepay_core::dispute::{DisputeNews, DisputeReport, DisputeState};
use coursepay_core::order::{Order, RefundWish, Refusal};
use coursepay_core::refund::{Grounds, RefundNews, RefundReport};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, cny, ids, moved, paid_order, product};

/// Rows: what the dispute is. Columns: what the gateway is heard to say. Cells: the entries that follow.
const REPORTS: [(&str, [&[&str]; 3]); 4] = [
    (
        "unknown",
        [&["dispute_opened"], &["dispute_opened", "dispute_won"], &["dispute_opened", "dispute_lost"]],
    ),
    ("open", [&[], &["dispute_won"], &["dispute_lost"]]),
    ("won", [&[], &[], &[]]),
    ("lost", [&[], &[], &[]]),
];
const NEWS: [DisputeNews; 3] = [DisputeNews::Open, DisputeNews::Won, DisputeNews::Lost];

fn report(minor: i64, news: DisputeNews) -> DisputeReport {
    let (gateway_no, reason) = ("du_1".to_owned(), "fraudulent".to_owned());
    DisputeReport { gateway_no, amount: cny(minor), reason, evidence_due_at: Some(START), news }
}

fn heard(order: &Order, report: DisputeReport, seed: u8) -> Decision {
    order.report_dispute(order.attempts[0].id, report, &mut ids(1_000, seed)).unwrap()
}

fn kinds(decision: &Decision) -> Vec<&'static str> {
    decision.entries.iter().map(|entry| entry.kind().name()).collect()
}

#[test]
fn every_report_in_every_state_of_a_dispute_does_what_the_table_says() {
    for (before, cells) in REPORTS {
        let order = match before {
            "unknown" => paid_order(),
            "open" => heard(&paid_order(), report(10_000, DisputeNews::Open), 5).order,
            "won" => heard(&paid_order(), report(10_000, DisputeNews::Won), 5).order,
            _ => heard(&paid_order(), report(10_000, DisputeNews::Lost), 5).order,
        };
        for (news, expected) in NEWS.into_iter().zip(cells) {
            let decision = heard(&order, report(10_000, news), 6);
            assert_eq!(kinds(&decision), expected, "{news:?} on {before}");
            assert_eq!(decision.messages.len(), expected.len(), "{news:?} on {before}");
            assert_eq!(decision.is_no_op(), expected.is_empty(), "{news:?} on {before}");
        }
    }
}

#[test]
fn the_money_is_neither_ours_nor_lost_while_a_dispute_is_open() {
    let opened = heard(&paid_order(), report(10_000, DisputeNews::Open), 5);
    assert_eq!(moved(&opened.entries, "gateway:alipay:disputed"), 10_000);
    assert_eq!(moved(&opened.entries, "gateway:alipay:clearing"), -10_000);
    assert!(opened.revoked.is_empty());
    let won = heard(&opened.order, report(10_000, DisputeNews::Won), 6);
    assert_eq!(moved(&won.entries, "gateway:alipay:clearing"), 10_000);
    assert!(won.revoked.is_empty());
}

#[test]
fn a_lost_dispute_takes_from_everyone_what_the_sale_gave_and_closes_what_it_opened() {
    let opened = heard(&paid_order(), report(10_000, DisputeNews::Open), 5);
    let lost = heard(&opened.order, report(10_000, DisputeNews::Lost), 6);
    assert_eq!(moved(&lost.entries, "creator:lin:pending"), 6_930 + 33);
    assert_eq!(moved(&lost.entries, "creator:mei:pending"), 33);
    assert_eq!(moved(&lost.entries, "platform:fees"), 2_970 + 34);
    assert_eq!(moved(&lost.entries, "gateway:alipay:disputed"), -10_000);
    assert_eq!(lost.revoked, [product("rust-101"), product("ink-painting")]);
    let again = lost.order.request_refund(
        &RefundWish::Everything,
        "x".to_owned(),
        Grounds::default(),
        None,
        &mut ids(2_000, 7),
    );
    assert_eq!(again.map(|_| ()), Err(Refusal::NothingToRefund));
}

#[test]
fn what_was_refunded_before_and_is_taken_once_more_is_the_platforms_loss() {
    let wish = RefundWish::Lines(vec![product("rust-101")]);
    let (asked, refund) = paid_order()
        .request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(500, 4))
        .unwrap();
    let done = RefundReport { gateway_no: None, news: RefundNews::Done { at: START } };
    let order = asked.order.report_refund(refund, done, &mut ids(600, 4)).unwrap().order;
    let lost = heard(&order, report(10_000, DisputeNews::Lost), 6);
    let lost = &lost.entries[1..];
    assert_eq!(moved(lost, "creator:lin:pending"), 33, "no creator gives twice");
    assert_eq!(moved(lost, "platform:fees"), 9_900 + 34);
}

#[test]
fn nothing_is_refunded_while_a_dispute_is_open() {
    let opened = heard(&paid_order(), report(100, DisputeNews::Open), 5).order;
    let refused = |order: &Order| {
        order
            .request_refund(
                &RefundWish::Amount(1),
                "x".to_owned(),
                Grounds::default(),
                None,
                &mut ids(2_000, 7),
            )
            .map(|_| ())
    };
    assert_eq!(refused(&opened), Err(Refusal::DisputeOpen(opened.disputes[0].id)));
    assert_eq!(refused(&heard(&opened, report(100, DisputeNews::Won), 6).order), Ok(()));
    let lost = heard(&opened, report(100, DisputeNews::Lost), 6).order;
    assert_eq!(refused(&lost), Ok(()), "what the bank left is still to be had");
    let wish = RefundWish::Everything;
    let (rest, refund) =
        lost.request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(2_000, 7)).unwrap();
    assert_eq!(rest.order.refund(refund).unwrap().amount, cny(9_900));
}

#[test]
fn another_time_for_evidence_is_told_and_an_old_one_is_not_told_twice() {
    let opened = heard(&paid_order(), report(100, DisputeNews::Open), 5).order;
    let later = DisputeReport { evidence_due_at: Some(START.plus_ms(1)), ..report(100, DisputeNews::Open) };
    let updated = heard(&opened, later.clone(), 6);
    assert_eq!(updated.messages[0].kind, MessageKind::DisputeUpdated);
    assert_eq!(updated.order.disputes[0].state, DisputeState::Open);
    assert!(heard(&updated.order, later, 7).is_no_op());
}

#[test]
fn what_was_never_paid_cannot_be_disputed() {
    let mut order = paid_order();
    order.attempts[0].state = AttemptState::Closed;
    let id = order.attempts[0].id;
    let refused = order.report_dispute(id, report(100, DisputeNews::Open), &mut ids(1_000, 5));
    assert!(matches!(refused, Err(Refusal::NotPaid(_))));
}
