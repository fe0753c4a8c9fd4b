//! Does every command, and every report, in every state do what the tables in core/docs say?

use std::collections::BTreeSet;

use coursepay_core::api::{Action, FailureReason};
use coursepay_core::attempt::{Attempt, AttemptState, Capture, Step, Terms};
use coursepay_core::decision::Decision;
use coursepay_core::method::{Channel, GatewayId};
use coursepay_core::order::event::Event;
use coursepay_core::order::{Ending, Order, OrderState, Refusal, Report, Start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, attempt, ids, order, product};
use crate::tables::Table;

const COMMANDS: &str = include_str!("../../docs/order.md");
const REPORTS: &str = include_str!("../../docs/attempt.md");

pub(crate) fn attempt_state(name: &str) -> AttemptState {
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

#[test]
fn every_report_in_every_state_of_an_attempt_does_what_the_table_says_whatever_its_order_is() {
    let table = Table::below("An attempt", REPORTS);
    for (before, report_name, expected) in table.cells() {
        for state in STATES {
            let said = format!("{report_name} on {before}, the order is {state}");
            let order = order_in(state, Some(attempt(Channel::Qr, attempt_state(before))));
            let id = order.attempts.last().unwrap().id;
            let decision = order.report(id, report(report_name), &[], &mut ids(1_000, 5)).unwrap();
            if expected == "." {
                assert!(decision.is_no_op(), "{said}");
                assert_eq!(decision.order, order, "{said}");
                assert!(decision.attempts.is_empty() && decision.entries.is_empty(), "{said}");
            } else {
                let attempt = decision.order.attempts.last().unwrap();
                assert_eq!(attempt_name(&attempt.state), expected, "{said}");
                assert_eq!(decision.attempts.len(), 1, "{said}");
                let again = decision.order.report(id, report(report_name), &[], &mut ids(1_000, 6)).unwrap();
                assert!(again.is_no_op(), "{said}, told again");
                assert_eq!(decision.entries.is_empty(), expected != "paid", "{said}");
                let changes = decision.order.state != order.state;
                let settles = expected == "paid" && matches!(state, "awaiting" | "expired");
                assert_eq!(changes, settles, "{said}");
            }
        }
    }
    assert_eq!(table.cells().count(), 72);
}

/// An order in this state, with an attempt that is not the one which may have paid it.
fn order_in(state: &str, attempt_met: Option<Attempt>) -> Order {
    let mut order = order();
    order.state = match state {
        "awaiting" => OrderState::AwaitingPayment,
        "paid" => {
            let mut settling = attempt(Channel::Mobile, attempt_state("paid"));
            settling.id = ids(500, 9).fresh_for(order.buyer);
            let state = OrderState::Paid { attempt: settling.id, at: START };
            order.attempts.push(settling);
            state
        }
        "expired" => OrderState::Expired,
        "cancelled" => OrderState::Cancelled,
        other => panic!("no order is {other}"),
    };
    order.attempts.extend(attempt_met);
    order
}

const STATES: [&str; 4] = ["awaiting", "paid", "expired", "cancelled"];
const ATTEMPTS: [&str; 8] =
    ["none", "created", "pending", "processing", "create?", "close?", "closed", "failed"];
/// When a command comes, in milliseconds before the deadline, and which rows of the table fit then.
const TIMES: [(i64, &[&str]); 7] = [
    (1_799_000, &["before its deadline"]),
    (65_000, &["before its deadline"]),
    (64_999, &["before its deadline", "less than 65 s left"]),
    (1, &["before its deadline", "less than 65 s left"]),
    (0, &["past its deadline", "less than 65 s left"]),
    (-86_399_999, &["past its deadline", "less than 65 s left"]),
    (-86_400_000, &["24 h past its deadline", "past its deadline", "less than 65 s left"]),
];

/// Everything the answer to a command may depend on.
#[derive(Clone, Copy, Debug)]
struct Scene {
    state: &'static str,
    attempt: &'static str,
    channel: Channel,
    way_back: &'static str,
    before_deadline_ms: i64,
    fitting_by_time: &'static [&'static str],
    is_owned: bool,
}

impl Scene {
    fn all() -> impl Iterator<Item = Self> {
        let owned = [true, false].into_iter();
        let ways = [(Channel::Qr, "/a"), (Channel::Redirect, "/a"), (Channel::Qr, "/b")];
        owned.flat_map(move |is_owned| {
            STATES.into_iter().flat_map(move |state| {
                ATTEMPTS.into_iter().flat_map(move |attempt| {
                    ways.into_iter().flat_map(move |(channel, way_back)| {
                        TIMES.into_iter().map(move |(before_deadline_ms, fitting_by_time)| Self {
                            state,
                            attempt,
                            channel,
                            way_back,
                            before_deadline_ms,
                            fitting_by_time,
                            is_owned,
                        })
                    })
                })
            })
        })
    }

    fn order(&self) -> Order {
        let met = (self.attempt != "none").then(|| {
            let mut met = attempt(self.channel, attempt_state(self.attempt));
            met.terms.return_url = Some(self.way_back.to_owned());
            met
        });
        order_in(self.state, met)
    }

    /// Whether a row of the table speaks of this.
    fn fits(&self, row: &str) -> bool {
        let is_live = !matches!(self.attempt, "none" | "closed" | "failed");
        match row {
            "paid" | "expired" | "cancelled" => self.state == row,
            "something in it owned by now" => self.is_owned,
            // Commands ask for QR, and for /a afterwards.
            "the same attempt can be paid" => {
                is_live && self.attempt != "close?" && self.channel == Channel::Qr && self.way_back == "/a"
            }
            "money is on its way, or may be" => {
                matches!(self.attempt, "processing" | "create?" | "close?")
            }
            "an attempt is live" => is_live,
            "else" => true,
            by_time => self.fitting_by_time.contains(&by_time),
        }
    }

    /// What `command` comes to, in the table's words.
    fn answer(&self, command: &str) -> String {
        let order = self.order();
        let owned = if self.is_owned { vec![product("rust-101")] } else { Vec::new() };
        let lifetime_ms = order.expires_at.ms_since(START);
        let mut ids = ids(lifetime_ms - self.before_deadline_ms, 6);
        let ids = &mut ids;
        match command {
            "start a payment" => {
                let terms = Terms { return_url: Some("/a".to_owned()), ..Terms::default() };
                match order.start_payment(GatewayId::Alipay, Channel::Qr, terms, &owned, ids) {
                    Ok(Start::New(decision, id)) => {
                        assert_eq!(decision.order.attempts.last().unwrap().id, id, "{self:?}");
                        "new attempt".to_owned()
                    }
                    Ok(Start::Live(id)) => {
                        assert_eq!(order.live_attempt().unwrap().id, id, "{self:?}");
                        "that one".to_owned()
                    }
                    Err(refusal) => refusal_name(&refusal),
                }
            }
            "pay by wallet" => ended(order.pay_by_wallet(&alice(), &owned, ids)),
            "expire" => ended(order.end(Ending::Expire, ids)),
            "cancel" => ended(order.end(Ending::Cancel, ids)),
            "money arrives" => {
                let id = order.attempts.last().unwrap().id;
                let decision = order.report(id, report("paid"), &owned, ids).unwrap();
                match decision.entries[0].kind().name() {
                    "sale" => ended(Ok(decision)),
                    kind => kind.to_owned(),
                }
            }
            "remind" => {
                let decision = order.remind(ids).unwrap();
                assert!(decision.order.remind(ids).unwrap().is_no_op(), "once: {self:?}");
                match decision.messages.first() {
                    Some(message) => message.kind.name().to_owned(),
                    None => ".".to_owned(),
                }
            }
            other => panic!("nobody asks to {other}"),
        }
    }
}

pub(crate) fn refusal_name(refusal: &Refusal) -> String {
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
    let table = Table::below("An order", COMMANDS);
    let mut used = BTreeSet::new();
    for scene in Scene::all() {
        for command in &table.columns {
            if *command == "money arrives" && scene.attempt == "none" {
                continue;
            }
            let row = table.first(command, |row| scene.fits(row));
            assert_eq!(scene.answer(command), table.cell(row, command), "{command}: {scene:?}");
            used.insert((row.name, *command));
        }
    }
    let unused =
        table.cells().filter(|(row, column, cell)| !cell.is_empty() && !used.contains(&(*row, *column)));
    assert_eq!(unused.count(), 0, "the table says what never applies");
}

#[test]
fn money_that_comes_late_settles_an_expired_order_and_never_a_cancelled_or_paid_one() {
    let late = Scene::all().find(|scene| scene.attempt == "closed").unwrap();
    for (state, owned, settles) in [
        ("awaiting", "-", true),
        ("expired", "-", true),
        ("awaiting", "owned", false),
        ("expired", "owned", false),
        ("cancelled", "-", false),
        ("paid", "-", false),
    ] {
        let order = Scene { state, ..late }.order();
        let owned = if owned == "owned" { vec![product("rust-101")] } else { Vec::new() };
        let id = order.attempts.last().unwrap().id;
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
        let mut order = order_in("awaiting", Some(attempt(Channel::Qr, AttemptState::Created)));
        let id = order.attempts[0].id;
        for said in &reports {
            order = order.report(id, said.clone(), &[], &mut ids(after_ms, 5)).unwrap().order;
        }
        assert_eq!(order.attempts[0].view().failure, expected, "{reports:?}");
    }
}

#[test]
fn what_a_gateway_calls_an_attempt_is_kept_with_it_and_with_its_event() {
    let order = order_in("awaiting", Some(attempt(Channel::Redirect, AttemptState::Created)));
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
