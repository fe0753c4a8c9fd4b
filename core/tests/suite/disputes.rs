//! What follows when a buyer's bank takes the money back, in each state of the dispute?

use coursepay_core::attempt::{AttemptState, Capture};
use coursepay_core::decision::{Decision, MessageKind};
use coursepay_core::dispute::{DisputeNews, DisputeReport, DisputeState};
use coursepay_core::id::AttemptId;
use coursepay_core::order::{Order, OrderState, RefundWish, Refusal};
use coursepay_core::refund::{Grounds, RefundNews, RefundReport};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, cny, ids, moved, paid_order, product};
use crate::order_table::attempt_state;
use crate::tables::Table;

const TABLES: &str = include_str!("../../docs/dispute.md");

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

fn name(state: &DisputeState) -> &'static str {
    match state {
        DisputeState::Open => "open",
        DisputeState::Won { .. } => "won",
        DisputeState::Lost { .. } => "lost",
    }
}

fn refused(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotPaid(_) => "NotPaid",
        Refusal::DisputeOpen(_) => "DisputeOpen",
        Refusal::NothingToRefund => "NothingToRefund",
        other => panic!("{other}"),
    }
}

/// The whole of a paid order, disputed and in this state.
fn disputed(state: &str) -> Order {
    match state {
        "unknown" => paid_order(),
        "open" => heard(&paid_order(), report(10_000, DisputeNews::Open), 5).order,
        "won" => heard(&paid_order(), report(10_000, DisputeNews::Won), 5).order,
        "lost" => heard(&paid_order(), report(10_000, DisputeNews::Lost), 5).order,
        other => panic!("no dispute is {other}"),
    }
}

#[test]
fn every_report_in_every_state_of_a_dispute_does_what_the_table_says() {
    let table = Table::below("A dispute", TABLES);
    for (before, said, expected) in table.cells() {
        let order = disputed(before);
        let news = match said {
            "open" => report(10_000, DisputeNews::Open),
            "open, other deadline" => {
                DisputeReport { evidence_due_at: Some(START.plus_ms(1)), ..report(10_000, DisputeNews::Open) }
            }
            "won" => report(10_000, DisputeNews::Won),
            "lost" => report(10_000, DisputeNews::Lost),
            "refund asked for" => {
                let wish = RefundWish::Everything;
                let asked =
                    order.request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(2_000, 7));
                let answer = asked.map_or_else(|refusal| refused(&refusal), |_| "requested");
                assert_eq!(answer, expected, "refund on {before}");
                continue;
            }
            other => panic!("nothing is heard as {other}"),
        };
        let decision = heard(&order, news.clone(), 6);
        let (entries, messages): (&[&str], &[MessageKind]) = match (before, expected) {
            (_, ".") => (&[], &[]),
            ("unknown", "open") => (&["dispute_opened"], &[MessageKind::DisputeOpened]),
            ("unknown", "won") => {
                (&["dispute_opened", "dispute_won"], &[MessageKind::DisputeOpened, MessageKind::DisputeWon])
            }
            ("unknown", "lost") => {
                (&["dispute_opened", "dispute_lost"], &[MessageKind::DisputeOpened, MessageKind::DisputeLost])
            }
            (_, "told") => (&[], &[MessageKind::DisputeUpdated]),
            (_, "won") => (&["dispute_won"], &[MessageKind::DisputeWon]),
            (_, "lost") => (&["dispute_lost"], &[MessageKind::DisputeLost]),
            other => panic!("{other:?} says nothing"),
        };
        let kinds_told: Vec<MessageKind> = decision.messages.iter().map(|message| message.kind).collect();
        assert_eq!(kinds(&decision), entries, "{said} on {before}");
        assert_eq!(kinds_told, messages, "{said} on {before}");
        assert_eq!(decision.is_no_op(), expected == ".", "{said} on {before}");
        let after = match expected {
            "." | "told" => before,
            after => after,
        };
        let dispute = &decision.order.disputes[0];
        assert_eq!(name(&dispute.state), after, "{said} on {before}");
        if expected != "." {
            assert_eq!(dispute.evidence_due_at, news.evidence_due_at, "{said} on {before}");
        }
    }
    assert_eq!(table.cells().count(), 20);
}

/// An order, and the attempt of it that a row of the table of payments names.
fn payment(row: &str) -> (Order, AttemptId) {
    let mut order = paid_order();
    order.state = OrderState::Cancelled;
    let capture = |settled| AttemptState::Paid(Capture { gateway_no: None, at: START, settled });
    match row {
        "paid, settled" => order = paid_order(),
        "paid, surplus" => order.attempts[0].state = capture(false),
        "paid by wallet" => {
            order.state = OrderState::AwaitingPayment;
            order.attempts.clear();
            order = order.pay_by_wallet(&alice(), &[], &mut ids(500, 3)).unwrap().order;
        }
        state => order.attempts[0].state = attempt_state(state),
    }
    let id = order.attempts[0].id;
    (order, id)
}

#[test]
fn only_what_a_gateway_holds_can_be_disputed_at_it() {
    let table = Table::below("A payment", TABLES);
    for (row, _, expected) in table.cells() {
        let (order, attempt) = payment(row);
        let heard = order.report_dispute(attempt, report(10_000, DisputeNews::Open), &mut ids(1_000, 6));
        let answer = heard.as_ref().map_or_else(refused, |decision| name(&decision.order.disputes[0].state));
        assert_eq!(answer, expected, "{row}");
    }
    assert_eq!(table.cells().count(), 10);
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
