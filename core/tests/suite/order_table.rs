//! What does each command come to, in each state? Two tables.

use coursepay_core::api::{Action, FailureReason};
use coursepay_core::attempt::{Attempt, AttemptState, Capture, Step, Terms};
use coursepay_core::decision::Decision;
use coursepay_core::method::{Channel, GatewayId};
use coursepay_core::order::event::Event;
use coursepay_core::order::{Ending, Order, OrderState, Refusal, Report, Start, UNKNOWN_PATIENCE_MS};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, attempt, ids, order, product};

/// Rows: what the attempt is. Columns: what the gateway is heard to say.
/// Cells: what the attempt becomes; `.` where the decision is empty and nothing changes.
const REPORTS: &str = "
                 accepted  refused  create?  close?   waiting  declined    processing  closed  paid
created          pending   failed   create?  close?   .        created     processing  closed  paid
pending          .         .        .        close?   .        pending     processing  closed  paid
processing       .         .        .        .        .        processing  .           closed  paid
create?          pending   failed   .        close?   .        create?     processing  closed  paid
close?           .         .        .        .        pending  pending     processing  closed  paid
paid             .         .        .        .        .        .           .           .       .
closed           .         .        .        .        .        closed      .           .       paid
failed           .         .        .        .        .        .           .           .       paid
";

/// Rows: order, its attempt, the time and whether the course is owned by now. Columns: commands.
/// Cells: what comes of it; a refusal by its name. Rows stand in the order in which refusals precede.
const COMMANDS: &str = "
order      attempt             time      owned  start qr      wallet        expire       cancel
paid       created qr          patience  owned  NotAwaiting   NotAwaiting   NotAwaiting  NotAwaiting
expired    created qr          patience  owned  NotAwaiting   NotAwaiting   NotAwaiting  NotAwaiting
cancelled  created qr          patience  owned  NotAwaiting   NotAwaiting   NotAwaiting  NotAwaiting
awaiting   pending qr          patience  owned  TooLate       TooLate       expired      AttemptLive
awaiting   pending qr          deadline  owned  TooLate       TooLate       AttemptLive  AttemptLive
awaiting   none                deadline  owned  TooLate       TooLate       expired      cancelled
awaiting   closed qr           deadline  -      TooLate       TooLate       expired      cancelled
awaiting   created qr          late      owned  AlreadyOwned  AlreadyOwned  TooEarly     AttemptLive
awaiting   pending qr          early     -      live          AttemptLive   TooEarly     AttemptLive
awaiting   processing qr       early     -      live          AttemptLive   TooEarly     AttemptLive
awaiting   create? qr          early     -      live          AttemptLive   TooEarly     AttemptLive
awaiting   pending redirect    late      owned  AlreadyOwned  AlreadyOwned  TooEarly     AttemptLive
awaiting   none                late      owned  AlreadyOwned  AlreadyOwned  TooEarly     cancelled
awaiting   none                late      -      TooLate       paid          TooEarly     cancelled
awaiting   pending redirect    early     owned  AlreadyOwned  AlreadyOwned  TooEarly     AttemptLive
awaiting   none                early     owned  AlreadyOwned  AlreadyOwned  TooEarly     cancelled
awaiting   pending redirect    early     -      AttemptLive   AttemptLive   TooEarly     AttemptLive
awaiting   close? qr           early     -      AttemptLive   AttemptLive   TooEarly     AttemptLive
awaiting   none                early     -      new           paid          TooEarly     cancelled
awaiting   closed qr           early     -      new           paid          TooEarly     cancelled
awaiting   failed qr           early     -      new           paid          TooEarly     cancelled
";

fn attempt_state(name: &str) -> AttemptState {
    match name {
        "created" => AttemptState::Created,
        "pending" => AttemptState::Pending,
        "processing" => AttemptState::Processing,
        "create?" => AttemptState::Unknown(Step::Create),
        "close?" => AttemptState::Unknown(Step::Close),
        "paid" => AttemptState::Paid(Capture { gateway_no: None, at: START, settled: true }),
        "closed" => AttemptState::Closed,
        "failed" => AttemptState::Failed { reason: "ACQ.INVALID_PARAMETER".to_owned() },
        other => panic!("no attempt is {other}"),
    }
}

fn attempt_name(state: &AttemptState) -> &'static str {
    match state {
        AttemptState::Created => "created",
        AttemptState::Pending => "pending",
        AttemptState::Processing => "processing",
        AttemptState::Unknown(Step::Create) => "create?",
        AttemptState::Unknown(Step::Close) => "close?",
        AttemptState::Paid(_) => "paid",
        AttemptState::Closed => "closed",
        AttemptState::Failed { .. } => "failed",
    }
}

fn report(name: &str) -> Report {
    match name {
        "accepted" => {
            let content = "https://qr.example/1".to_owned();
            let action = Action::QrCode { content, expires_at_ms: START.ms() };
            Report::Accepted { action, gateway_ref: Some("cs_1".to_owned()) }
        }
        "refused" => Report::Refused("ACQ.INVALID_PARAMETER".to_owned()),
        "create?" => Report::Unanswered(Step::Create),
        "close?" => Report::Unanswered(Step::Close),
        "waiting" => Report::Waiting,
        "declined" => Report::Declined("insufficient_funds".to_owned()),
        "processing" => Report::Processing,
        "closed" => Report::Closed,
        "paid" => Report::Paid { gateway_no: "2026".to_owned(), at: START },
        other => panic!("nothing is reported as {other}"),
    }
}

type Row = Vec<&'static str>;

/// Splits a table into its head and its rows; cells are parted by two spaces or more.
fn table(text: &'static str) -> (Row, Vec<Row>) {
    let cells =
        |line: &'static str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let mut lines = text.lines().filter(|line| !line.is_empty()).map(cells);
    (lines.next().unwrap(), lines.collect())
}

fn with_attempt(mut order: Order, attempt: Attempt) -> Order {
    order.attempts.push(attempt);
    order
}

#[test]
fn the_readme_shows_the_table_of_reports_as_it_is() {
    let (reports, rows) = table(REPORTS);
    let shown: Vec<Row> = include_str!("../../README.md")
        .lines()
        .skip_while(|line| !line.starts_with("| attempt |"))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(shown[0][1..], reports);
    assert_eq!(shown[2..], rows);
}

#[test]
fn every_report_in_every_state_of_an_attempt_does_what_the_table_says() {
    let (reports, rows) = table(REPORTS);
    let mut cells = 0;
    for row in rows {
        let (before, outcomes) = row.split_first().unwrap();
        for (report_name, expected) in reports.iter().zip(outcomes) {
            let said = format!("{report_name} on {before}");
            let order = with_attempt(order(), attempt(Channel::Qr, attempt_state(before)));
            let id = order.attempts[0].id;
            let decision = order.report(id, report(report_name), &[], &mut ids(1_000, 5)).unwrap();
            if *expected == "." {
                assert!(decision.is_no_op(), "{said}");
                assert_eq!(decision.order, order, "{said}");
                assert!(decision.attempts.is_empty() && decision.entries.is_empty(), "{said}");
            } else {
                assert_eq!(attempt_name(&decision.order.attempts[0].state), *expected, "{said}");
                assert_eq!(decision.attempts.len(), 1, "{said}");
                let again = decision.order.report(id, report(report_name), &[], &mut ids(1_000, 6)).unwrap();
                assert!(again.is_no_op(), "{said}, told again");
                assert_eq!(decision.entries.len(), usize::from(*expected == "paid"), "{said}");
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 72);
}

fn order_in(row: &[&str]) -> (Order, i64) {
    let mut order = order();
    if row[1] != "none" {
        let (state, channel) = row[1].split_once(' ').unwrap();
        order.attempts.push(attempt(Channel::from_name(channel).unwrap(), attempt_state(state)));
    }
    order.state = match row[0] {
        "awaiting" => OrderState::AwaitingPayment,
        "paid" => OrderState::Paid { attempt: order.attempts[0].id, at: START },
        "expired" => OrderState::Expired,
        "cancelled" => OrderState::Cancelled,
        other => panic!("no order is {other}"),
    };
    let lifetime_ms = order.expires_at.ms_since(START);
    let after_ms = match row[2] {
        "early" => 1_000,
        // A millisecond less than a gateway needs.
        "late" => lifetime_ms - 64_999,
        "deadline" => lifetime_ms,
        "patience" => lifetime_ms + UNKNOWN_PATIENCE_MS,
        other => panic!("no time is {other}"),
    };
    (order, after_ms)
}

fn refusal_name(refusal: &Refusal) -> String {
    format!("{refusal:?}").split([' ', '(', '{']).next().unwrap().to_owned()
}

fn ended(decision: Result<Decision, Refusal>) -> String {
    match decision.map(|decision| decision.order.state) {
        Ok(OrderState::AwaitingPayment) => "awaiting".to_owned(),
        Ok(OrderState::Paid { .. }) => "paid".to_owned(),
        Ok(OrderState::Expired) => "expired".to_owned(),
        Ok(OrderState::Cancelled) => "cancelled".to_owned(),
        Err(refusal) => refusal_name(&refusal),
    }
}

#[test]
fn every_command_in_every_state_of_an_order_does_what_the_table_says() {
    let (_, rows) = table(COMMANDS);
    for row in rows {
        let (order, after_ms) = order_in(&row);
        let owned = if row[3] == "owned" { vec![product("rust-101")] } else { Vec::new() };
        let ids = || ids(after_ms, 6);
        let started =
            order.start_payment(GatewayId::Alipay, Channel::Qr, Terms::default(), &owned, &mut ids());
        let started = match started {
            Ok(Start::New(decision, id)) => {
                assert_eq!(decision.order.attempts.last().unwrap().id, id, "{row:?}");
                "new".to_owned()
            }
            Ok(Start::Live(id)) => {
                assert_eq!(order.live_attempt().unwrap().id, id, "{row:?}");
                "live".to_owned()
            }
            Err(refusal) => refusal_name(&refusal),
        };
        let outcomes = [
            started,
            ended(order.pay_by_wallet(&alice(), &owned, &mut ids())),
            ended(order.end(Ending::Expire, &mut ids())),
            ended(order.end(Ending::Cancel, &mut ids())),
        ];
        assert_eq!(outcomes.as_slice(), &row[4..], "{row:?}");
    }
}

#[test]
fn money_that_comes_late_settles_an_expired_order_and_never_a_cancelled_or_paid_one() {
    for (state, owned, settles) in [
        ("awaiting", "-", true),
        ("expired", "-", true),
        ("awaiting", "owned", false),
        ("expired", "owned", false),
        ("cancelled", "-", false),
        ("paid", "-", false),
    ] {
        let (order, _) = order_in(&[state, "closed qr", "early"]);
        let owned = if owned == "owned" { vec![product("rust-101")] } else { Vec::new() };
        let id = order.attempts[0].id;
        let decision = order.report(id, report("paid"), &owned, &mut ids(2_000, 7)).unwrap();
        let kinds: Vec<&str> = decision.entries.iter().map(|entry| entry.kind().name()).collect();
        let expected: &[&str] = if settles { &["sale"] } else { &["surplus", "refund_requested"] };
        assert_eq!(kinds, expected, "{state} {owned:?}");
        assert_eq!(decision.grants.len(), usize::from(settles), "{state} {owned:?}");
        let told: Vec<&str> = decision.messages.iter().map(|message| message.kind.name()).collect();
        let expected = if settles { "order.paid" } else { "surplus.received" };
        assert_eq!(told, [expected], "{state} {owned:?}");
        assert_eq!(decision.order.state == order.state, !settles, "{state} {owned:?}");
    }
}

#[test]
fn an_attempt_that_ends_unpaid_says_why() {
    use FailureReason::{Cancelled, Declined, InsufficientBalance, Refused, TimedOut};
    let lifetime_ms = order().expires_at.ms_since(START);
    let declined = |code: &str| Report::Declined(code.to_owned());
    let refused = |code: &str| Report::Refused(code.to_owned());
    let rows: Vec<(Vec<Report>, i64, Option<FailureReason>)> = vec![
        (vec![Report::Processing], 0, None),
        (vec![Report::Closed], lifetime_ms - 1, Some(Cancelled)),
        (vec![Report::Closed], lifetime_ms, Some(TimedOut)),
        (vec![refused("ACQ.INVALID_PARAMETER")], 0, Some(Refused)),
        (vec![refused("ACQ.BUYER_BALANCE_NOT_ENOUGH")], 0, Some(InsufficientBalance)),
        (vec![declined("insufficient_funds")], 0, Some(InsufficientBalance)),
        (vec![declined("do_not_honor"), Report::Closed], lifetime_ms, Some(Declined)),
        // Told in another order than it happened.
        (vec![Report::Closed, declined("do_not_honor")], 0, Some(Declined)),
        // The first is told, however often they are told again.
        (vec![declined("insufficient_funds"), declined("do_not_honor")], 0, Some(InsufficientBalance)),
        (vec![declined("do_not_honor"), report("paid")], 0, None),
    ];
    for (reports, after_ms, expected) in rows {
        let mut order = with_attempt(order(), attempt(Channel::Qr, AttemptState::Created));
        let id = order.attempts[0].id;
        for said in &reports {
            order = order.report(id, said.clone(), &[], &mut ids(after_ms, 5)).unwrap().order;
        }
        assert_eq!(order.attempts[0].view().failure, expected, "{reports:?}");
    }
}

#[test]
fn what_a_gateway_calls_an_attempt_is_kept_with_it_and_with_its_event() {
    let order = with_attempt(order(), attempt(Channel::Redirect, AttemptState::Created));
    let id = order.attempts[0].id;
    let decision = order.report(id, report("accepted"), &[], &mut ids(1_000, 5)).unwrap();
    assert_eq!(decision.order.attempts[0].gateway_ref.as_deref(), Some("cs_1"));
    assert!(decision.events[0].body.contains(r#""gateway_ref":"cs_1""#), "{}", decision.events[0].body);
}

#[test]
fn an_event_stored_without_a_gateways_name_still_reads_and_is_written_as_it_was() {
    let stored = format!(r#"{{"event":"attempt_pending","attempt":"{}"}}"#, order().id);
    let read: Event = serde_json::from_str(&stored).unwrap();
    assert!(matches!(read, Event::AttemptPending { action: None, gateway_ref: None, .. }), "{read:?}");
    assert_eq!(serde_json::to_string(&read).unwrap(), stored);
}
