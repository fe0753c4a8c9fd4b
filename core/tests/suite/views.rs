//! What do buyer and platform see of an order, and what is stored of it?

use coursepay_core::api::{Action, MethodOffer, RefundStatus};
use coursepay_core::attempt::{Attempt, AttemptState, Terms};
use coursepay_core::decision::Decision;
use coursepay_core::dispute::{DisputeNews, DisputeReport};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::order::event::SurplusReason;
use coursepay_core::order::{Ending, Line, Order, OrderState, RefundWish, Report, Start};
use coursepay_core::refund::{Grounds, RefundNews, RefundReport};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, attempt, cny, ids, line, order, order_of, paid_order, product};
use crate::order_table::attempt_state;

fn offer() -> MethodOffer {
    MethodOffer { method: Method::Wallet, channels: vec![Channel::Balance] }
}

#[test]
fn ways_to_pay_are_offered_while_an_order_can_be_paid_and_never_after() {
    let open = order();
    assert_eq!(open.view(&[offer()]).methods, [offer()]);
    for state in [OrderState::Expired, OrderState::Cancelled, paid_order().state] {
        let over = Order { state, ..open.clone() };
        assert!(over.view(&[offer()]).methods.is_empty(), "{state:?}");
    }
}

fn after_refund_of(minor: i64) -> Order {
    let wish = RefundWish::Amount(minor);
    let (asked, refund) = paid_order()
        .request_refund(&wish, "x".to_owned(), Grounds::default(), None, &mut ids(500, 4))
        .unwrap();
    let done = RefundReport { gateway_no: None, news: RefundNews::Done { at: START } };
    asked.order.report_refund(refund, done, &mut ids(600, 4)).unwrap().order
}

#[test]
fn an_order_says_how_much_of_it_went_back() {
    assert_eq!(paid_order().view(&[]).refund_status, RefundStatus::None);
    assert_eq!(after_refund_of(1).view(&[]).refund_status, RefundStatus::Partial);
    assert_eq!(after_refund_of(9_999).view(&[]).refund_status, RefundStatus::Partial);
    assert_eq!(after_refund_of(10_000).view(&[]).refund_status, RefundStatus::Full);
}

fn numbered(state: &str, seed: u8) -> Attempt {
    let order = order();
    Attempt { id: ids(0, seed).fresh_for(order.buyer), ..attempt(Channel::Qr, attempt_state(state)) }
}

#[test]
fn the_attempt_that_paid_is_shown_else_the_live_one_else_the_latest() {
    let surplus = |mut attempt: Attempt| {
        if let AttemptState::Paid(capture) = &mut attempt.state {
            capture.settled = false;
        }
        attempt
    };
    let shown = |attempts: &[Attempt]| {
        let order = Order { attempts: attempts.to_vec(), ..order() };
        let view = order.view(&[]).attempt;
        attempts
            .iter()
            .position(|attempt| Some(attempt.id.to_string()) == view.as_ref().map(|view| view.id.clone()))
    };
    let (closed, pending, paid) = (numbered("closed", 5), numbered("pending", 6), numbered("paid", 7));
    let failed = numbered("failed", 8);
    assert_eq!(shown(&[]), None);
    assert_eq!(shown(&[closed.clone(), failed.clone()]), Some(1));
    assert_eq!(shown(&[pending.clone(), closed.clone()]), Some(0));
    assert_eq!(shown(&[paid.clone(), pending.clone()]), Some(0));
    assert_eq!(shown(&[surplus(paid), pending, failed]), Some(1));
}

#[test]
fn what_to_do_next_is_shown_only_while_it_can_be_done() {
    let action = Action::QrCode { content: "https://qr.example/1".to_owned(), expires_at_ms: 1 };
    for state in ["created", "pending", "processing", "create?", "close?", "paid", "closed", "failed"] {
        let attempt = Attempt { action: Some(action.clone()), ..numbered(state, 5) };
        let can_be_done = !matches!(state, "paid" | "closed" | "failed");
        let expected = if can_be_done { action.clone() } else { Action::None };
        assert_eq!(attempt.view().action, expected, "{state}");
        assert_eq!(attempt.view().merchant_no, attempt.id.to_string());
    }
}

#[test]
fn a_line_is_shown_and_stored_as_it_was_ordered() {
    let mut sold = line("rust-101", cny(9_900), &[("lin", 7_000)]);
    sold.price = cny(10_000);
    sold.discount = cny(100);
    let shown = order_of(vec![sold.clone()]).view(&[]).lines.remove(0);
    assert_eq!((shown.product.as_str(), shown.title.as_str()), ("rust-101", "课程 rust-101"));
    assert_eq!((shown.price_minor, shown.discount_minor, shown.net_minor), (10_000, 100, 9_900));
    let stored = serde_json::to_string(&sold).unwrap();
    assert_eq!(
        stored,
        r#"{"product":"rust-101","title":"课程 rust-101","kind":"course","currency":"CNY","price_minor":10000,"discount_minor":100,"net_minor":9900,"shares":[{"creator":"lin","bps":7000}]}"#
    );
    assert_eq!(serde_json::from_str::<Line>(&stored).unwrap(), sold);
    let negative = stored.replace("\"discount_minor\":100", "\"discount_minor\":-100");
    assert!(serde_json::from_str::<Line>(&negative).is_err(), "an amount is never below zero");
}

#[test]
fn a_refund_is_shown_with_its_lines_its_money_and_the_gateways_word() {
    let wish = RefundWish::Lines(vec![product("rust-101")]);
    let (asked, id) = paid_order()
        .request_refund(&wish, "不想学了".to_owned(), Grounds::default(), None, &mut ids(500, 4))
        .unwrap();
    let view = |order: &Order| order.refund(id).unwrap().view(order.id);
    let first = view(&asked.order);
    assert_eq!(
        (first.order, first.attempt),
        (asked.order.id.to_string(), asked.order.attempts[0].id.to_string())
    );
    assert_eq!((first.amount_minor, first.reason.as_str()), (9_900, "不想学了"));
    assert_eq!(first.created_at_ms, START.ms() + 500);
    assert_eq!((first.lines[0].product.as_str(), first.lines[0].amount_minor), ("rust-101", 9_900));
    assert_eq!((first.gateway_code, first.money, first.succeeded_at_ms), (None, None, None));
    let refund = asked.order.refund(id).unwrap();
    assert_eq!((refund.of_line(&product("rust-101")), refund.of_line(&product("ink-painting"))), (9_900, 0));
    let heard = |news| {
        let report = RefundReport { gateway_no: None, news };
        view(&asked.order.report_refund(id, report, &mut ids(600, 4)).unwrap().order)
    };
    assert_eq!(heard(RefundNews::Done { at: START.plus_ms(7) }).succeeded_at_ms, Some(START.ms() + 7));
    let stuck = heard(RefundNews::Stuck { code: "ABNORMAL".to_owned() });
    assert_eq!(stuck.gateway_code.as_deref(), Some("ABNORMAL"));
    assert!(stuck.money.is_some());
}

#[test]
fn a_dispute_is_shown_with_its_deadline_and_its_end() {
    let report = |news| DisputeReport {
        gateway_no: "du_1".to_owned(),
        amount: cny(10_000),
        reason: "fraudulent".to_owned(),
        evidence_due_at: Some(START.plus_ms(9)),
        news,
    };
    let order = paid_order();
    for (news, closed_at_ms) in [
        (DisputeNews::Open, None),
        (DisputeNews::Won, Some(START.ms() + 500)),
        (DisputeNews::Lost, Some(START.ms() + 500)),
    ] {
        let heard = order.report_dispute(order.attempts[0].id, report(news), &mut ids(500, 4)).unwrap().order;
        let view = heard.disputes[0].view(heard.id);
        assert_eq!((view.order, view.attempt), (order.id.to_string(), order.attempts[0].id.to_string()));
        assert_eq!((view.gateway_no.as_str(), view.reason.as_str()), ("du_1", "fraudulent"));
        assert_eq!((view.amount_minor, view.evidence_due_at_ms), (10_000, Some(START.ms() + 9)));
        assert_eq!((view.opened_at_ms, view.closed_at_ms), (START.ms() + 500, closed_at_ms), "{news:?}");
    }
}

#[test]
fn every_event_is_stored_under_the_name_it_is_told_by() {
    let named = |decision: &Decision| {
        for recorded in &decision.events {
            let stored: serde_json::Value = serde_json::from_str(&recorded.body).unwrap();
            assert_eq!(stored["event"], recorded.event.name());
            assert_eq!(stored["sequence"], recorded.sequence);
        }
        assert!(!decision.events.is_empty());
    };
    let open = order();
    named(&open.pay_by_wallet(&alice(), &[], &mut ids(500, 4)).unwrap());
    named(&open.end(Ending::Cancel, &mut ids(500, 4)).unwrap());
    named(&open.end(Ending::Expire, &mut ids(1_800_000, 4)).unwrap());
    let started = open.start_payment(GatewayId::Alipay, Channel::Qr, Terms::default(), &[], &mut ids(500, 4));
    let Ok(Start::New(started, id)) = started else { panic!("{started:?}") };
    named(&started);
    for report in [Report::Processing, Report::Closed, Report::Refused("X".to_owned())] {
        named(&started.order.report(id, report, &[], &mut ids(600, 4)).unwrap());
    }
}

#[test]
fn why_money_could_not_settle_is_stored_under_the_name_it_is_told_by() {
    for (reason, name) in [
        (SurplusReason::AlreadyPaid, "already_paid"),
        (SurplusReason::Cancelled, "cancelled"),
        (SurplusReason::AlreadyOwned, "already_owned"),
    ] {
        assert_eq!(reason.name(), name);
        assert_eq!(serde_json::to_value(reason).unwrap(), name);
    }
}

#[test]
fn a_buyer_whose_money_could_not_settle_reads_why_it_goes_back() {
    let told = [SurplusReason::AlreadyPaid, SurplusReason::Cancelled, SurplusReason::AlreadyOwned]
        .map(SurplusReason::told);
    let mut cancelled = order();
    cancelled.attempts.push(numbered("closed", 5));
    cancelled.state = OrderState::Cancelled;
    let paid = Report::Paid { gateway_no: "2026".to_owned(), at: START };
    let decision = cancelled.report(cancelled.attempts[0].id, paid, &[], &mut ids(600, 4)).unwrap();
    assert_eq!(decision.order.refunds[0].reason, told[1]);
    for text in told {
        assert!(text.ends_with("退回"), "{text}");
    }
    assert_eq!(std::collections::BTreeSet::from(told).len(), 3);
}
