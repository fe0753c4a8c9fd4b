//! Can the learner see whether their order's history was rewritten?

use coursepay_core::history::{StoredEvent, chain_hash};

use super::*;

/// A history of these events, chained as the Worker chains it.
fn history(bodies: &[&str]) -> Vec<StoredEvent> {
    let mut hash = [0; 32];
    (1..)
        .zip(bodies)
        .map(|(sequence, body)| {
            hash = chain_hash(&hash, body.as_bytes());
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            StoredEvent { sequence, body: (*body).to_owned(), hash }
        })
        .collect()
}

const PAID: [&str; 3] =
    ["{\"event\":\"order_created\"}", "{\"event\":\"attempt_paid\"}", "{\"event\":\"order_paid\"}"];

/// Paid, with the head of [`PAID`], and the history asked for.
fn asking() -> Checkout {
    let head = history(&PAID)[2].hash.clone();
    let mut checkout = Checkout::scanning();
    let paid =
        OrderView { status: OrderStatus::Paid, sequence: 3, head_hash: head, order_token: None, ..order() };
    checkout.hears(Msg::OrderRead(Ok(paid))).is(&Phase::Paid);
    assert!(checkout.state.can_verify());
    checkout.hears(Msg::VerifyRecord).does(&Effect::ReadHistory(saved().key()));
    assert_eq!(checkout.state.record, Record::Asking);
    checkout.hears(Msg::VerifyRecord).does_nothing();
    checkout
}

fn told(events: Vec<StoredEvent>) -> Record {
    asking().hears(Msg::HistoryRead(Ok(events))).state.record.clone()
}

#[test]
fn a_true_history_holds_and_shows_its_head() {
    let true_one = history(&PAID);
    assert_eq!(told(true_one.clone()), Record::Holds { head: true_one[2].hash.clone() });
    // What happened since follows the head that was told.
    let longer = history(&[PAID[0], PAID[1], PAID[2], "{\"event\":\"refund_requested\"}"]);
    assert_eq!(told(longer.clone()), Record::Holds { head: longer[3].hash.clone() });
}

#[test]
fn a_forged_or_truncated_history_does_not_hold() {
    let mut edited = history(&PAID);
    edited[1].body = edited[1].body.replace("paid", "void");
    assert_eq!(told(edited), Record::Broken, "its hash does not follow");
    assert_eq!(told(history(&[PAID[0], "{}", PAID[2]])), Record::Broken, "hashes made anew");
    assert_eq!(told(history(&PAID)[..2].to_vec()), Record::Broken, "the end is missing");
    assert_eq!(told(history(&PAID)[1..].to_vec()), Record::Broken, "the beginning is missing");
    assert_eq!(told(Vec::new()), Record::Broken);
}

#[test]
fn a_history_that_does_not_arrive_can_be_asked_for_again() {
    let mut checkout = asking();
    checkout.hears(Msg::HistoryRead(Err(Failure::Unreachable)));
    assert_eq!(checkout.state.record, Record::Unread);
    checkout.hears(Msg::VerifyRecord).does(&Effect::ReadHistory(saved().key()));
    checkout.hears(Msg::HistoryRead(Err(Failure::Unreadable)));
    assert_eq!(checkout.state.record, Record::Broken);
    // Nobody asked: an answer that comes late changes nothing.
    checkout.hears(Msg::HistoryRead(Ok(history(&PAID))));
    assert_eq!(checkout.state.record, Record::Broken);
}

#[test]
fn only_a_paid_order_with_a_head_is_verified() {
    Checkout::scanning().hears(Msg::VerifyRecord).does_nothing();
    let mut old = Checkout::scanning();
    let paid = OrderView { status: OrderStatus::Paid, sequence: 0, order_token: None, ..order() };
    old.hears(Msg::OrderRead(Ok(paid))).is(&Phase::Paid);
    assert!(!old.state.can_verify());
    old.hears(Msg::VerifyRecord).does_nothing();
}
