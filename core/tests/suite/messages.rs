//! What is the platform told, and what do its books say of it?

use coursepay_core::decision::MessageKind;
use coursepay_core::id::CreditId;
use coursepay_core::ledger::rules::wallet_credit;
use coursepay_core::order::RefundWish;
use coursepay_core::refund::Grounds;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, cny, ids, order, paid_order};

#[test]
fn each_message_has_the_name_that_the_api_documents() {
    let documented = include_str!("../../../docs/api.md");
    for (kind, name) in [
        (MessageKind::OrderPaid, "order.paid"),
        (MessageKind::RefundSucceeded, "refund.succeeded"),
        (MessageKind::RefundFailed, "refund.failed"),
        (MessageKind::RefundOverdue, "refund.overdue"),
        (MessageKind::RefundNeedsAttention, "refund.needs_attention"),
        (MessageKind::DisputeOpened, "dispute.opened"),
        (MessageKind::DisputeUpdated, "dispute.updated"),
        (MessageKind::DisputeWon, "dispute.won"),
        (MessageKind::DisputeLost, "dispute.lost"),
    ] {
        assert_eq!(kind.name(), name);
        assert!(documented.contains(name), "{name}");
    }
}

#[test]
fn every_entry_of_an_order_names_it_and_a_credit_names_none() {
    let open = order();
    let sale = open.pay_by_wallet(&alice(), &[], &mut ids(1_000, 5)).unwrap();
    let paid = paid_order();
    let wish = RefundWish::Everything;
    let (refund, _) =
        paid.request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(1_000, 5)).unwrap();
    for (order, decision) in [(open, sale), (paid, refund)] {
        assert!(!decision.entries.is_empty());
        for entry in &decision.entries {
            assert_eq!((entry.order(), entry.at()), (Some(order.id), decision.at), "{}", entry.cause());
        }
    }
    let mut ids = ids(1_000, 5);
    let credit: CreditId = ids.fresh();
    let entry = wallet_credit(ids.fresh(), credit, START, alice(), cny(500)).unwrap();
    assert_eq!((entry.order(), entry.cause()), (None, format!("credit:{credit}").as_str()));
}
