//! Which refunds does a policy refuse, and who may set it aside?

use coursepay_core::api::RefundPolicy;
use coursepay_core::id::OperatorId;
use coursepay_core::order::event::Event;
use coursepay_core::order::{Line, Order, RefundWish, Refusal};
use coursepay_core::refund::{Grounds, Override, Purpose, RefundNews, RefundReport, Usage};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, ids, paid_order, product};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The policy of the one line under it, when the refund is asked for after the payment, and what is said to be
/// used; and what comes of it.
type Row = (Option<u32>, Option<u32>, i64, Option<u32>, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // window  use           after                used           comes to
    (None,     None,         i64::MAX / 2,        None,          "refunded"),
    (None,     None,         0,                   Some(10_000),  "refunded"),
    (Some(7),  None,         0,                   None,          "refunded"),
    (Some(7),  None,         7 * DAY_MS - 1,      None,          "refunded"),
    (Some(7),  None,         7 * DAY_MS,          None,          "window over"),
    (Some(7),  None,         i64::MAX / 2,        None,          "window over"),
    (Some(0),  None,         0,                   None,          "window over"),
    (Some(u32::MAX), None,   i64::MAX / 2,        None,          "window over"),
    (None,     Some(2_000),  0,                   None,          "usage missing"),
    (None,     Some(2_000),  0,                   Some(0),       "refunded"),
    (None,     Some(2_000),  i64::MAX / 2,        Some(2_000),   "refunded"),
    (None,     Some(2_000),  0,                   Some(2_001),   "too much used"),
    (None,     Some(0),      0,                   Some(0),       "refunded"),
    (None,     Some(0),      0,                   Some(1),       "too much used"),
    (None,     Some(10_000), 0,                   Some(10_000),  "refunded"),
    (Some(7),  Some(2_000),  7 * DAY_MS - 1,      Some(2_000),   "refunded"),
    (Some(7),  Some(2_000),  7 * DAY_MS - 1,      Some(2_001),   "too much used"),
    (Some(7),  Some(2_000),  7 * DAY_MS - 1,      None,          "usage missing"),
    (Some(7),  Some(2_000),  7 * DAY_MS,          Some(0),       "window over"),
    (Some(7),  Some(2_000),  7 * DAY_MS,          None,          "window over"),
    (Some(7),  Some(2_000),  7 * DAY_MS,          Some(10_000),  "window over"),
];

/// A paid order of rust-101, under `policy`, and of ink-painting, under none.
fn sold_under(policy: RefundPolicy) -> Order {
    let mut order = paid_order();
    let is_limited = policy.window_days.is_some() || policy.max_used_bps.is_some();
    order.lines[0].refund_policy = is_limited.then_some(policy);
    order
}

fn said(used_bps: Option<u32>) -> Grounds {
    let usage = used_bps.map(|used_bps| Usage { product: product("rust-101"), used_bps });
    Grounds { usage: usage.into_iter().collect(), policy_override: None }
}

fn asked(order: &Order, wish: &RefundWish, grounds: Grounds, after_ms: i64) -> Result<Order, Refusal> {
    let reason = "不想学了".to_owned();
    let (decision, _) = order.request_refund(wish, reason, grounds, None, &mut ids(after_ms, 5))?;
    Ok(decision.order)
}

fn outcome(asked: &Result<Order, Refusal>) -> &'static str {
    match asked {
        Ok(_) => "refunded",
        Err(Refusal::RefundWindowOver { product, .. }) if product.as_str() == "rust-101" => "window over",
        Err(Refusal::TooMuchUsed { product, .. }) if product.as_str() == "rust-101" => "too much used",
        Err(Refusal::UsageMissing { product }) if product.as_str() == "rust-101" => "usage missing",
        Err(other) => panic!("{other}"),
    }
}

fn wishes() -> [RefundWish; 4] {
    let lines = |names: &[&str]| RefundWish::Lines(names.iter().map(|name| product(name)).collect());
    [
        RefundWish::Everything,
        lines(&["rust-101"]),
        lines(&["ink-painting", "rust-101"]),
        // Shared out over both.
        RefundWish::Amount(5_000),
    ]
}

#[test]
fn every_policy_is_held_to_as_the_table_says_however_the_refund_is_asked_for() {
    for (window_days, max_used_bps, after_ms, used_bps, expected) in TABLE {
        let policy = RefundPolicy { window_days: *window_days, max_used_bps: *max_used_bps };
        let order = sold_under(policy);
        for wish in wishes() {
            let asked = asked(&order, &wish, said(*used_bps), *after_ms);
            assert_eq!(outcome(&asked), *expected, "{policy:?} {wish:?} {used_bps:?} after {after_ms}");
        }
    }
}

#[test]
fn a_line_that_is_not_touched_is_not_asked_about() {
    let order = sold_under(RefundPolicy { window_days: Some(0), max_used_bps: Some(0) });
    let other = RefundWish::Lines(vec![product("ink-painting")]);
    let refunded = asked(&order, &other, Grounds::default(), DAY_MS).unwrap();
    assert_eq!(refunded.refunds[0].lines().len(), 1);
    // One cent of all that is left falls on the first line alone, and this one's policy is over.
    assert_eq!(outcome(&asked(&order, &RefundWish::Amount(1), Grounds::default(), DAY_MS)), "window over");
    // Given back already, it is not touched by what is left.
    let mut back = order.clone();
    back.lines[0].refund_policy = None;
    let wish = RefundWish::Lines(vec![product("rust-101")]);
    let mut back = asked(&back, &wish, Grounds::default(), 0).unwrap();
    back.lines[0].refund_policy = order.lines[0].refund_policy;
    asked(&back, &RefundWish::Everything, Grounds::default(), DAY_MS).unwrap();
}

#[test]
fn the_refusal_says_what_was_expected() {
    let order = sold_under(RefundPolicy { window_days: Some(7), max_used_bps: Some(2_000) });
    let everything = RefundWish::Everything;
    let over = asked(&order, &everything, said(Some(0)), 8 * DAY_MS).unwrap_err();
    let ended_at_ms = START.ms() + 7 * DAY_MS;
    assert_eq!(over, Refusal::RefundWindowOver { product: product("rust-101"), ended_at_ms });
    let used = asked(&order, &everything, said(Some(2_001)), 0).unwrap_err();
    let expected = Refusal::TooMuchUsed { product: product("rust-101"), max_bps: 2_000, got_bps: 2_001 };
    assert_eq!(used, expected);
    let foreign = Usage { product: product("go-101"), used_bps: 0 };
    let grounds = Grounds { usage: vec![foreign], policy_override: None };
    let refused = asked(&order, &everything, grounds, 0).unwrap_err();
    assert_eq!(refused, Refusal::UsageUnknown { product: product("go-101") });
}

#[test]
fn an_operator_sets_a_policy_aside_and_the_history_says_who_and_why() {
    let order = sold_under(RefundPolicy { window_days: Some(0), max_used_bps: Some(0) });
    let set_aside =
        Override { by: OperatorId::parse("op_7").unwrap(), reason: "the video was broken".to_owned() };
    let grounds = Grounds { policy_override: Some(set_aside.clone()), ..said(Some(9_000)) };
    let reason = "不想学了".to_owned();
    let (decision, refund) =
        order.request_refund(&RefundWish::Everything, reason, grounds, None, &mut ids(DAY_MS, 5)).unwrap();
    let Event::RefundRequested { usage, policy_override, .. } = &decision.events[0].event else {
        panic!("{:?}", decision.events)
    };
    assert_eq!((usage, policy_override), (&said(Some(9_000)).usage, &Some(set_aside)));
    let body = &decision.events[0].body;
    assert!(body.contains(r#""override":{"by":"op_7","reason":"the video was broken"}"#), "{body}");
    let view = decision.order.refund(refund).unwrap().view(order.id);
    assert_eq!(view.policy_override.unwrap().by, "op_7");
}

#[test]
fn what_is_impossible_is_not_made_possible_by_an_override() {
    let by = OperatorId::parse("op_7").unwrap();
    let set_aside = Override { by, reason: "x".to_owned() };
    let grounds = Grounds { usage: Vec::new(), policy_override: Some(set_aside) };
    let refused = asked(&paid_order(), &RefundWish::Amount(10_001), grounds, 0).unwrap_err();
    assert_eq!(refused, Refusal::RefundTooLarge { left_minor: 10_000, got_minor: 10_001 });
}

#[test]
fn surplus_goes_back_whatever_the_policies_say() {
    let mut order = sold_under(RefundPolicy { window_days: Some(0), max_used_bps: Some(0) });
    order.attempts[0].state = coursepay_core::attempt::AttemptState::Closed;
    order.state = coursepay_core::order::OrderState::Cancelled;
    let attempt = order.attempts[0].id;
    let paid = coursepay_core::order::Report::Paid { gateway_no: "2026".to_owned(), at: START };
    let order = order.report(attempt, paid, &[], &mut ids(DAY_MS, 6)).unwrap().order;
    assert_eq!(order.refunds[0].purpose, Purpose::Surplus);
    let failed = RefundReport { gateway_no: None, news: RefundNews::Failed { code: "CLOSED".to_owned() } };
    let order = order.report_refund(order.refunds[0].id, failed, &mut ids(DAY_MS, 7)).unwrap().order;
    order.return_surplus(attempt, "退款".to_owned(), &mut ids(2 * DAY_MS, 8)).unwrap();
}

#[test]
fn a_line_without_a_policy_reads_and_writes_as_before_there_were_any() {
    let before = r#"{"product":"rust-101","title":"t","kind":"course","currency":"CNY","price_minor":1,"discount_minor":0,"net_minor":1,"shares":[]}"#;
    let line: Line = serde_json::from_str(before).unwrap();
    assert_eq!(line.refund_policy, None);
    assert_eq!(serde_json::to_string(&line).unwrap(), before);
    let (decision, _) = paid_order()
        .request_refund(&RefundWish::Everything, "r".to_owned(), Grounds::default(), None, &mut ids(0, 5))
        .unwrap();
    let body = &decision.events[0].body;
    assert!(!body.contains("usage") && !body.contains("override"), "{body}");
    assert_eq!(serde_json::from_str::<Event>(body).unwrap(), decision.events[0].event);
}
