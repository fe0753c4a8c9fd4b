//! Who gives what, when money goes back in several parts and some of them fail?

use coursepay_core::ledger::Entry;
use coursepay_core::order::{Order, RefundWish};
use coursepay_core::refund::{Grounds, RefundNews, RefundReport};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, ids, moved, paid_order, product};

const GIVERS: [&str; 3] = ["creator:lin:pending", "creator:mei:pending", "platform:fees"];

fn asked(order: &Order, minor: i64, seed: u8) -> (Order, Vec<Entry>) {
    let wish = RefundWish::Amount(minor);
    let (decision, _) =
        order.request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(1_000, seed)).unwrap();
    (decision.order, decision.entries)
}

fn heard(order: &Order, place: usize, news: RefundNews, seed: u8) -> (Order, Vec<Entry>) {
    let report = RefundReport { gateway_no: None, news };
    let decision = order.report_refund(order.refunds[place].id, report, &mut ids(2_000, seed)).unwrap();
    (decision.order, decision.entries)
}

fn failed() -> RefundNews {
    RefundNews::Failed { code: "CLOSED".to_owned() }
}

#[test]
fn what_is_asked_for_again_after_it_failed_is_taken_from_everyone_again() {
    let (order, first) = asked(&paid_order(), 3_333, 5);
    let (order, _) = heard(&order, 0, failed(), 6);
    let (_, again) = asked(&order, 3_333, 7);
    for account in GIVERS {
        assert_ne!(moved(&first, account), 0, "{account}");
        assert_eq!(moved(&again, account), moved(&first, account), "{account}");
    }
}

#[test]
fn what_was_paid_after_it_had_failed_is_borne_by_nobody_and_cannot_be_asked_for_again() {
    let (order, _) = asked(&paid_order(), 10_000, 5);
    let (order, _) = heard(&order, 0, failed(), 6);
    let (order, paid) = heard(&order, 0, RefundNews::Done { at: START }, 7);
    for account in GIVERS {
        assert_eq!(moved(&paid, account), 0, "{account}");
    }
    assert_eq!(moved(&paid, "suspense"), 10_000);
    let everything = RefundWish::Everything;
    assert!(
        order
            .request_refund(&everything, "x".to_owned(), Grounds::default(), None, &mut ids(3_000, 8))
            .is_err()
    );
}

#[test]
fn a_refund_names_no_line_that_it_takes_nothing_of() {
    for wish in [RefundWish::Lines(vec![product("ink-painting")]), RefundWish::Amount(1)] {
        let asked = paid_order()
            .request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(1_000, 5))
            .unwrap();
        let lines = asked.0.order.refunds[0].lines();
        assert_eq!(lines.len(), 1, "{wish:?}");
        assert!(lines[0].amount_minor > 0, "{wish:?}");
    }
}
