//! Is a refund granted when, and only when, the tables in core/docs say so?

use std::collections::BTreeSet;

use coursepay_core::api::RefundPolicy;
use coursepay_core::attempt::{AttemptState, Capture};
use coursepay_core::dispute::{DisputeNews, DisputeReport};
use coursepay_core::id::{AttemptId, OperatorId};
use coursepay_core::order::{MAX_REFUNDS, Order, OrderState, RefundWish};
use coursepay_core::refund::{Grounds, Override, RefundNews, RefundReport, RefundState, Usage};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, cny, ids, paid_order, product};
use crate::order_table::refusal_name;
use crate::refund_table::name;
use crate::tables::Table;

const TABLES: &str = include_str!("../../docs/refund.md");

const STATES: [&str; 5] = ["awaiting", "expired", "cancelled", "paid", "paid by wallet"];
/// What was refunded before, and what that leaves of the two lines.
const BEFORE: [(&str, [i64; 2]); 6] = [
    ("nothing", [9_900, 100]),
    ("a part", [4_950, 50]),
    ("the first line", [0, 100]),
    ("everything", [0, 0]),
    ("everything, which failed", [9_900, 100]),
    ("fifty times nothing, which failed", [9_900, 100]),
];
/// Disputes over the payment, and whether they leave what the refunds left.
const DISPUTES: [(&str, bool); 4] = [("none", true), ("open", true), ("won", true), ("lost", false)];

const WINDOW: &str = "the line's window is over";
const UNTOLD: &str = "how much of the line was used is not told";
const USED: &str = "more of the line was used than may be";

/// What the two lines were sold under, and on which grounds they are to be refunded.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    /// Window in days and most use in basis points, of each line. Refunds are asked for in the first second.
    policies: [(Option<u32>, Option<u32>); 2],
    used_bps: &'static [(&'static str, u32)],
    is_set_aside: bool,
    /// Which rows of the table fit each line.
    refusing: [&'static [&'static str]; 2],
}

impl Terms {
    fn every() -> [Self; 10] {
        const FREE: (Option<u32>, Option<u32>) = (None, None);
        const OVER: (Option<u32>, Option<u32>) = (Some(0), Some(2_000));
        const FIFTH: (Option<u32>, Option<u32>) = (Some(1), Some(2_000));
        let open = Self::default();
        [
            open,
            Self { policies: [OVER, FREE], refusing: [&[WINDOW, UNTOLD], &[]], ..open },
            Self { policies: [FREE, OVER], refusing: [&[], &[WINDOW, UNTOLD]], ..open },
            Self { policies: [FIFTH, OVER], refusing: [&[UNTOLD], &[WINDOW, UNTOLD]], ..open },
            Self {
                policies: [FIFTH, FIFTH],
                used_bps: &[("ink-painting", 2_001), ("rust-101", 2_000)],
                refusing: [&[], &[USED]],
                ..open
            },
            Self {
                policies: [FIFTH, FIFTH],
                used_bps: &[("rust-101", 2_001)],
                refusing: [&[USED], &[UNTOLD]],
                ..open
            },
            Self {
                policies: [OVER, FREE],
                used_bps: &[("rust-101", 10_000)],
                refusing: [&[WINDOW, USED], &[]],
                ..open
            },
            Self { policies: [OVER, OVER], is_set_aside: true, ..open },
            Self { policies: [OVER, FREE], used_bps: &[("go-101", 0)], refusing: [&[WINDOW], &[]], ..open },
            Self { used_bps: &[("rust-101", 0), ("go-101", 0)], is_set_aside: true, ..open },
        ]
    }

    fn grounds(&self) -> Grounds {
        let usage = |(name, used_bps): &(&str, u32)| Usage { product: product(name), used_bps: *used_bps };
        let set_aside = || Override { by: OperatorId::parse("op_7").unwrap(), reason: "x".to_owned() };
        Grounds {
            usage: self.used_bps.iter().map(usage).collect(),
            policy_override: self.is_set_aside.then(set_aside),
        }
    }

    fn sell(&self, order: &mut Order) {
        for (line, (window_days, max_used_bps)) in order.lines.iter_mut().zip(self.policies) {
            line.refund_policy = Some(RefundPolicy { window_days, max_used_bps });
        }
    }
}

/// A wish in the words of the table's head, with the lines or the amount that it names.
#[derive(Clone, Debug)]
enum Wish {
    All,
    Lines(Vec<&'static str>),
    Amount(i64),
}

impl Wish {
    fn every() -> Vec<Self> {
        vec![
            Self::All,
            Self::Lines(vec!["rust-101"]),
            Self::Lines(vec!["ink-painting"]),
            Self::Lines(vec!["ink-painting", "rust-101"]),
            Self::Lines(vec!["rust-101", "go-101"]),
            Self::Amount(i64::MIN),
            Self::Amount(-1),
            Self::Amount(0),
            Self::Amount(1),
            Self::Amount(100),
            Self::Amount(101),
            Self::Amount(5_000),
            Self::Amount(5_001),
            Self::Amount(10_000),
            Self::Amount(10_001),
            Self::Amount(i64::MAX),
        ]
    }

    fn column(&self) -> &'static str {
        match self {
            Self::All => "all of it",
            Self::Lines(_) => "some lines",
            Self::Amount(_) => "an amount",
        }
    }

    fn said(&self) -> RefundWish {
        match self {
            Self::All => RefundWish::Everything,
            Self::Lines(names) => RefundWish::Lines(names.iter().map(|name| product(name)).collect()),
            Self::Amount(minor) => RefundWish::Amount(*minor),
        }
    }
}

#[derive(Debug)]
struct Scene {
    state: &'static str,
    before: &'static str,
    dispute: &'static str,
    left: [i64; 2],
    wish: Wish,
    terms: Terms,
}

impl Scene {
    fn fits(&self, row: &str) -> bool {
        let [first, second] = self.left;
        match (row, &self.wish) {
            ("not paid", _) => !self.state.starts_with("paid"),
            ("its payment is disputed", _) => self.dispute == "open",
            ("refunded 50 times", _) => self.before.starts_with("fifty"),
            ("a line is not in it", Wish::Lines(names)) => names.contains(&"go-101"),
            ("a line is given back", Wish::Lines(names)) => {
                (names.contains(&"rust-101") && first == 0)
                    || (names.contains(&"ink-painting") && second == 0)
            }
            ("more than is left, or nothing", Wish::Amount(minor)) => *minor < 1 || *minor > first + second,
            ("nothing is left", _) => first + second == 0,
            ("use is told of what is not in it", _) => {
                self.terms.used_bps.iter().any(|(name, _)| *name == "go-101")
            }
            (WINDOW | UNTOLD | USED, _) => {
                let refusing = self.terms.refusing.iter().zip(self.takes());
                let refusing =
                    refusing.filter(|(rows, taken)| !rows.is_empty() && *taken).map(|(rows, _)| rows);
                refusing.take(1).any(|rows| rows.contains(&row))
            }
            ("paid by wallet", _) => self.state == row,
            ("else", _) => true,
            _ => false,
        }
    }

    /// Whether money is taken of each line.
    fn takes(&self) -> [bool; 2] {
        let [first, second] = self.left;
        match &self.wish {
            Wish::All => [first > 0, second > 0],
            Wish::Lines(names) => [names.contains(&"rust-101"), names.contains(&"ink-painting")],
            // Its part is rounded down, and the first line that has it gives what that leaves.
            Wish::Amount(minor) => [first > 0, minor.saturating_mul(second) >= first + second],
        }
    }

    /// What asking comes to, in the table's words.
    fn answer(&self, order: &Order) -> String {
        match ask_on(self.terms.grounds(), order, &self.wish.said(), 7) {
            Ok(asked) => {
                let refund = asked.refunds.last().unwrap();
                assert_eq!(refund.amount, cny(self.granted_minor()), "{self:?}");
                name(&refund.state).to_owned()
            }
            Err(refusal) => refusal,
        }
    }

    /// What is to go back where it is granted, in minor units.
    fn granted_minor(&self) -> i64 {
        let [first, second] = self.left;
        match &self.wish {
            Wish::All => first + second,
            Wish::Lines(names) => {
                let of = |name, left| if names.contains(&name) { left } else { 0 };
                of("rust-101", first) + of("ink-painting", second)
            }
            Wish::Amount(minor) => *minor,
        }
    }
}

fn ask(order: &Order, wish: &RefundWish, seed: u8) -> Result<Order, String> {
    ask_on(Grounds::default(), order, wish, seed)
}

fn ask_on(grounds: Grounds, order: &Order, wish: &RefundWish, seed: u8) -> Result<Order, String> {
    let reason = "不想学了".to_owned();
    let asked = order.request_refund(wish, reason, grounds, Some(&alice()), &mut ids(1_000, seed));
    asked.map(|(decision, _)| decision.order).map_err(|refusal| refusal_name(&refusal))
}

fn failed() -> RefundState {
    RefundState::Failed { code: "CLOSED".to_owned() }
}

fn dispute(order: &Order, attempt: AttemptId, news: DisputeNews) -> Order {
    let (gateway_no, reason) = ("du_1".to_owned(), "fraudulent".to_owned());
    let report = DisputeReport { gateway_no, amount: cny(10_000), reason, evidence_due_at: None, news };
    order.report_dispute(attempt, report, &mut ids(2_000, 8)).unwrap().order
}

/// A paid order with this behind it; by wallet there are no disputes, for no bank is in between.
fn order_with(state: &str, before: &str, disputed: &str) -> Option<Order> {
    let mut order = paid_order();
    if state == "paid by wallet" {
        order.state = OrderState::AwaitingPayment;
        order.attempts.clear();
        order = order.pay_by_wallet(&alice(), &[], &mut ids(500, 3)).unwrap().order;
    }
    let first_line = RefundWish::Lines(vec![product("rust-101")]);
    order = match before {
        "nothing" => order,
        "a part" => ask(&order, &RefundWish::Amount(5_000), 5).unwrap(),
        "the first line" => ask(&order, &first_line, 5).unwrap(),
        _ => ask(&order, &RefundWish::Everything, 5).unwrap(),
    };
    if before.ends_with("failed") {
        order.refunds[0].state = failed();
    }
    while before.starts_with("fifty") && order.refunds.len() < MAX_REFUNDS {
        order.refunds.push(order.refunds[0].clone());
    }
    let attempt = order.attempts[0].id;
    order = match disputed {
        "none" => order,
        _ if state == "paid by wallet" => return None,
        "open" => dispute(&order, attempt, DisputeNews::Open),
        "won" => dispute(&order, attempt, DisputeNews::Won),
        _ => dispute(&order, attempt, DisputeNews::Lost),
    };
    order.state = match state {
        "awaiting" => OrderState::AwaitingPayment,
        "expired" => OrderState::Expired,
        "cancelled" => OrderState::Cancelled,
        _ => order.state,
    };
    Some(order)
}

#[test]
fn every_refund_asked_for_in_every_state_of_an_order_gets_the_tables_answer() {
    let table = Table::below("An order", TABLES);
    let mut used = BTreeSet::new();
    for state in STATES {
        for (before, left) in BEFORE {
            for (disputed, leaves) in DISPUTES {
                let Some(mut order) = order_with(state, before, disputed) else { continue };
                let left = if leaves { left } else { [0, 0] };
                for terms in Terms::every() {
                    terms.sell(&mut order);
                    for wish in Wish::every() {
                        let scene = Scene { state, before, dispute: disputed, left, wish, terms };
                        let column = scene.wish.column();
                        let row = table.first(column, |row| scene.fits(row));
                        assert_eq!(scene.answer(&order), table.cell(row, column), "{scene:?}");
                        used.insert((row.name, column));
                    }
                }
            }
        }
    }
    let all = table.cells().filter(|(_, _, cell)| !cell.is_empty());
    assert_eq!(used, all.map(|(row, column, _)| (row, column)).collect(), "a cell that never applies");
}

/// An order with a payment that a row of the table of surplus names.
fn payment(row: &str) -> Order {
    let mut order = paid_order();
    if row == "settled the order" {
        return order;
    }
    // Money for an order that was cancelled: its return is asked for in the decision that books it.
    order.state = OrderState::Cancelled;
    order.attempts[0].state = AttemptState::Closed;
    let attempt = order.attempts[0].id;
    if row == "not paid" {
        return order;
    }
    let paid = coursepay_core::order::Report::Paid { gateway_no: "2026".to_owned(), at: START };
    order = order.report(attempt, paid, &[], &mut ids(1_000, 5)).unwrap().order;
    if row == "on its way back, or there" {
        return order;
    }
    let news = RefundNews::Failed { code: "CLOSED".to_owned() };
    let report = RefundReport { gateway_no: None, news };
    order = order.report_refund(order.refunds[0].id, report, &mut ids(2_000, 6)).unwrap().order;
    match row {
        "disputed" => dispute(&order, attempt, DisputeNews::Open),
        "refunded 50 times" => {
            while order.refunds.len() < MAX_REFUNDS {
                order.refunds.push(order.refunds[0].clone());
            }
            order
        }
        _ => order,
    }
}

fn ask_for_surplus(order: &Order) -> Result<Order, String> {
    let again = order.return_surplus(order.attempts[0].id, "多付款退回".to_owned(), &mut ids(3_000, 9));
    again.map(|(decision, _)| decision.order).map_err(|refusal| refusal_name(&refusal))
}

#[test]
fn surplus_asked_for_again_gets_the_tables_answer() {
    let table = Table::below("A payment", TABLES);
    for (row, _, expected) in table.cells() {
        let asked = ask_for_surplus(&payment(row));
        let answer = asked
            .map_or_else(|refusal| refusal, |order| name(&order.refunds.last().unwrap().state).to_owned());
        assert_eq!(answer, expected, "{row}");
    }
    assert_eq!(table.cells().count(), 6);
}

#[test]
fn surplus_that_is_there_is_not_sent_once_more() {
    let mut order = payment("on its way back, or there");
    for state in [RefundState::Pending, RefundState::Succeeded { at: START }] {
        order.refunds[0].state = state;
        assert_eq!(ask_for_surplus(&order), Err("NothingToRefund".to_owned()));
    }
}

#[test]
fn a_dispute_over_one_payment_holds_up_no_refund_of_another() {
    let mut order = paid_order();
    let surplus = Capture { gateway_no: None, at: START, settled: false };
    let mut second = order.attempts[0].clone();
    second.id = ids(900, 4).fresh_for(order.buyer);
    second.state = AttemptState::Paid(surplus);
    order.attempts.push(second);
    let order = dispute(&order, order.attempts[1].id, DisputeNews::Open);
    assert!(ask(&order, &RefundWish::Everything, 7).is_ok());
}
