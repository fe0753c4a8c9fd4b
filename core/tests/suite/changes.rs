//! Does a decision name all that it changes, and nothing else? Storage writes what is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use coursepay_core::decision::{Decision, MessageKind, Subject};
use coursepay_core::dispute::{DisputeNews, DisputeReport};
use coursepay_core::order::{Ending, Order, RefundWish, Report};
use coursepay_core::refund::{Grounds, REFUND_PATIENCE_MS, RefundNews, RefundReport};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, cny, ids, order, paid_order};

/// Fails unless `decision` names each attempt, refund and dispute that is not as it was in `before`, once.
pub(crate) fn are_all_named(before: &Order, decision: &Decision) {
    let after = &decision.order;
    let attempts =
        |order: &Order| order.attempts.iter().map(|one| (one.id.to_string(), one.clone())).collect();
    let named = decision.attempts.iter().map(|one| (one.id.to_string(), one.is_new));
    agree(&attempts(before), &attempts(after), named.collect());
    let refunds = |order: &Order| order.refunds.iter().map(|one| (one.id.to_string(), one.clone())).collect();
    let named = decision.refunds.iter().map(|one| (one.id.to_string(), one.is_new));
    agree(&refunds(before), &refunds(after), named.collect());
    let disputes =
        |order: &Order| order.disputes.iter().map(|one| (one.id.to_string(), one.clone())).collect();
    let named = decision.disputes.iter().map(|one| (one.id.to_string(), one.is_new));
    agree(&disputes(before), &disputes(after), named.collect());
    for message in &decision.messages {
        assert_eq!(message.order, after.id);
        assert!((before.head.sequence + 1..=after.head.sequence).contains(&message.sequence), "{message:?}");
        match message.about {
            Subject::Payment => {
                let is_left_unpaid = message.kind == MessageKind::OrderUnpaid;
                assert_eq!(decision.attempts.is_empty(), is_left_unpaid, "{message:?}");
            }
            Subject::Refund(id) => assert!(decision.refunds.iter().any(|refund| refund.id == id)),
            Subject::Dispute(id) => assert!(decision.disputes.iter().any(|dispute| dispute.id == id)),
        }
    }
    let messages: BTreeSet<_> = decision.messages.iter().map(|message| message.id).collect();
    assert_eq!(messages.len(), decision.messages.len());
}

fn agree<T: PartialEq + Debug>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    named: Vec<(String, bool)>,
) {
    let changed = after.iter().filter(|(id, one)| before.get(*id) != Some(one));
    let changed: BTreeMap<String, bool> =
        changed.map(|(id, _)| (id.clone(), !before.contains_key(id))).collect();
    assert_eq!(named.len(), changed.len(), "{named:?}");
    assert_eq!(BTreeMap::from_iter(named), changed);
    assert!(before.keys().all(|id| after.contains_key(id)), "nothing disappears");
}

fn checked(before: &Order, decision: Decision) -> Order {
    are_all_named(before, &decision);
    decision.order
}

#[test]
fn a_payment_names_its_attempt_as_new_when_it_starts_and_as_changed_afterwards() {
    let open = order();
    checked(&open, open.pay_by_wallet(&alice(), &[], &mut ids(500, 4)).unwrap());
    checked(&open, open.end(Ending::Cancel, &mut ids(500, 4)).unwrap());
    checked(&open, open.remind(&mut ids(500, 4)).unwrap());
    let (gateway, channel) = (coursepay_core::method::GatewayId::Alipay, coursepay_core::method::Channel::Qr);
    let started = open.start_payment(gateway, channel, Default::default(), &[], &mut ids(500, 4));
    let Ok(coursepay_core::order::Start::New(started, id)) = started else { panic!("{started:?}") };
    let started = checked(&open, *started);
    let paid = Report::Paid { gateway_no: "2026".to_owned(), at: START };
    let settled = checked(&started, started.report(id, paid.clone(), &[], &mut ids(600, 5)).unwrap());
    checked(&settled, settled.report(id, paid, &[], &mut ids(700, 6)).unwrap());
}

#[test]
fn a_refund_is_named_once_by_each_of_its_steps() {
    let paid = paid_order();
    let mut order = paid.clone();
    for (seed, minor) in [(4, 100), (5, 200)] {
        let wish = RefundWish::Amount(minor);
        let (asked, _) = order
            .request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(500, seed))
            .unwrap();
        order = checked(&order, asked);
    }
    let late = order.tell_of_delay(order.refunds[1].id, &mut ids(500 + REFUND_PATIENCE_MS, 6)).unwrap();
    checked(&order, late);
    for news in [
        RefundNews::Pending,
        RefundNews::Done { at: START },
        RefundNews::Failed { code: "X".to_owned() },
        RefundNews::Stuck { code: "X".to_owned() },
    ] {
        for place in [0, 1] {
            let report = RefundReport { gateway_no: None, news: news.clone() };
            let heard = order.report_refund(order.refunds[place].id, report, &mut ids(600, 7)).unwrap();
            checked(&order, heard);
        }
    }
}

#[test]
fn a_dispute_is_named_once_as_new_even_where_it_is_decided_at_once() {
    let report = |gateway_no: &str, news| DisputeReport {
        gateway_no: gateway_no.to_owned(),
        amount: cny(100),
        reason: "fraudulent".to_owned(),
        evidence_due_at: None,
        news,
    };
    let paid = paid_order();
    let attempt = paid.attempts[0].id;
    for first in [DisputeNews::Open, DisputeNews::Won, DisputeNews::Lost] {
        let heard = paid.report_dispute(attempt, report("du_1", first), &mut ids(500, 4)).unwrap();
        let one = checked(&paid, heard);
        let heard = one.report_dispute(attempt, report("du_2", DisputeNews::Open), &mut ids(600, 5)).unwrap();
        let two = checked(&one, heard);
        for (gateway_no, last) in
            [("du_1", DisputeNews::Won), ("du_2", DisputeNews::Lost), ("du_2", DisputeNews::Open)]
        {
            checked(&two, two.report_dispute(attempt, report(gateway_no, last), &mut ids(700, 6)).unwrap());
        }
    }
}
