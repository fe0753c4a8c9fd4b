//! Which steps does a seed give?
//!
//! They are drawn before anything happens: orders, payments and disputes are named by numbers that are taken modulo
//! what there is then. So any part of a plan is a plan too, and a failure can be told in fewer steps.

use coursepay_core::method::GatewayId;

use crate::native::faults::{Fault, Port};
use crate::native::random::Seeded;

/// How many steps a life of such a world has.
const STEPS: usize = 120;

/// Who learns.
pub(super) const LEARNERS: [&str; 3] = ["alice", "bo", "mei"];

/// What is sold: its name, its price in minor units, and its creator's share in basis points.
pub(super) const COURSES: [(&str, i64, u32); 3] =
    [("rust-101", 9_900, 7_000), ("ink-painting", 101, 3_333), ("go-101", 4_999, 9_999)];

const BUTTONS: [&str; 9] = [
    "approve",
    "approve",
    "approve",
    "decline",
    "approve_later",
    "approve_later",
    "settle",
    "settle",
    "fail",
];
const GATEWAYS: [GatewayId; 3] = [GatewayId::Alipay, GatewayId::WechatPay, GatewayId::Stripe];
const MISHAPS: [&str; 12] = [
    "callback_duplicated",
    "callback_delayed",
    "callback_reordered",
    "timeout_before_effect",
    "timeout_after_effect",
    "timeout_after_effect",
    "server_error",
    "system_error",
    "rate_limited",
    "refund_pending",
    "refund_abnormal",
    "refund_failed_late",
];
/// A gateway's word is lost or spoilt for good, or it takes money for what it had closed. Never both in one world: money
/// of which a gateway says nothing true, for what it has called closed, is found in its statements alone.
const SPOILT: [&str; 5] = [
    "callback_lost",
    "callback_forged",
    "callback_wrong_amount",
    "callback_for_another_merchant",
    "callback_stale",
];
const TAKEN_ALL_THE_SAME: [&str; 2] = ["pay_after_close", "paid_by_two_channels"];
const OPERATIONS: [&str; 6] = ["create", "query", "close", "refund", "refund", "refund_query"];
/// The place of the wallet among the ways to pay (`step.rs`).
const WALLET: u64 = 8;

/// What loses calls or answers. Keys are at work in the same process: they can only end with it.
const PORTS: [Port; 3] = [Port::Db, Port::Http, Port::Queue];

/// One thing that somebody does, or that goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Order {
        learner: &'static str,
        courses: Vec<&'static str>,
        strike: Option<Fault>,
    },
    Pay {
        order: u64,
        way: u64,
        strike: Option<Fault>,
    },
    /// Several at once, of one learner's orders or of one order.
    Rush {
        orders: Vec<(u64, u64)>,
    },
    Cancel {
        order: u64,
        strike: Option<Fault>,
    },
    Check {
        order: u64,
        strike: Option<Fault>,
    },
    Refund {
        order: u64,
        wish: Wish,
        strike: Option<Fault>,
    },
    /// The same refund asked for twice at once, by two people.
    RefundTwice {
        order: u64,
        wish: Wish,
    },
    /// What somebody asked before, once more under its key.
    Again {
        asked: u64,
    },
    /// In a tab of the checkout.
    Tab {
        tab: u64,
        act: Act,
        strike: Option<Fault>,
    },
    Press {
        payment: u64,
        button: &'static str,
    },
    Dispute {
        payment: u64,
    },
    Decide {
        payment: u64,
        outcome: &'static str,
    },
    /// Another shop of the same merchant has a payment at another gateway under the number of ours.
    Crossed {
        payment: u64,
        gateway: GatewayId,
    },
    Mishap {
        gateway: GatewayId,
        fault: &'static str,
        operation: &'static str,
        times: u64,
    },
    /// The platform's endpoint does not take what it is told.
    Deaf {
        times: u64,
    },
    /// The gateways' clocks and ours differ by this much from now on.
    Skew {
        ms: i64,
    },
    Cron {
        strike: Option<Fault>,
    },
    Callbacks {
        at_once: bool,
        strike: Option<Fault>,
    },
    Work {
        messages: u64,
        strike: Option<Fault>,
    },
    LoseQueue,
    RepeatQueue,
    Wait {
        ms: i64,
    },
}

/// What somebody wants back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    Rest,
    Amount(i64),
    Line(&'static str),
}

/// What somebody does in a tab.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Opens the page, or loads it again.
    Open,
    Pick(u64),
    Pay,
    /// Clicks twice, before anything was answered.
    PayTwice,
    SayPaid,
    ShowCode,
    ChangeMethod,
    TryAgain,
    /// Looks at it again, as after coming back from the gateway.
    Look,
    /// Has the order's record verified.
    VerifyRecord,
    /// What the tab does by itself: asks again, counts down, tries again.
    Tick,
}

/// The life of a world, step by step.
pub(super) fn of(seed: u64) -> Vec<Step> {
    let mut random = Seeded::new(seed.rotate_left(32) ^ 0x5157);
    let first = order(&mut random);
    let own = if random.below(2) == 0 { SPOILT.as_slice() } else { TAKEN_ALL_THE_SAME.as_slice() };
    let mishaps = [MISHAPS.as_slice(), own].concat();
    let rest = std::iter::from_fn(|| Some(drawn(&mut random, &mishaps)));
    std::iter::once(first).chain(rest).take(STEPS).collect()
}

fn pick<T: Copy>(random: &mut Seeded, all: &[T]) -> T {
    let at = usize::try_from(random.below(all.len() as u64)).expect("a place");
    all[at]
}

/// One time in three, something that is lost on the way, or a crash.
fn strike(random: &mut Seeded) -> Option<Fault> {
    let port = pick(random, &PORTS);
    let mut nth = |end| u32::try_from(random.below(end) + 1).expect("a small number");
    // A request has a handful of calls to the database, and one or two of the others.
    let (early, late) = (nth(if port == Port::Db { 5 } else { 2 }), nth(14));
    match random.below(9) {
        0 => Some(Fault::CallLost { port, nth: early }),
        1 => Some(Fault::AnswerLost { port, nth: early }),
        2 => Some(Fault::Crash { nth: late }),
        _ => None,
    }
}

fn order(random: &mut Seeded) -> Step {
    let learner = pick(random, &LEARNERS);
    let mut courses = vec![pick(random, &COURSES).0];
    let second = pick(random, &COURSES).0;
    if random.below(3) == 0 && second != courses[0] {
        courses.push(second);
    }
    Step::Order { learner, courses, strike: strike(random) }
}

fn wish(random: &mut Seeded) -> Wish {
    match random.below(5) {
        0 => Wish::Rest,
        1 => Wish::Line(pick(random, &COURSES).0),
        2 => Wish::Line("a-foreign-line"),
        // More than there is, now and then.
        _ => Wish::Amount(i64::try_from(random.below(6_000) + 1).expect("small")),
    }
}

fn act(random: &mut Seeded) -> Act {
    match random.below(16) {
        0..=1 => Act::Open,
        2..=3 => Act::Pick(random.next()),
        4..=6 => Act::Pay,
        7 => Act::PayTwice,
        8 => Act::SayPaid,
        9 => Act::ShowCode,
        10 => Act::ChangeMethod,
        11 => Act::TryAgain,
        12 => Act::Look,
        13 => Act::VerifyRecord,
        _ => Act::Tick,
    }
}

fn drawn(random: &mut Seeded, mishaps: &[&'static str]) -> Step {
    let number = random.next();
    match random.below(100) {
        0..=9 => order(random),
        10..=22 => Step::Pay { order: number, way: random.next(), strike: strike(random) },
        23..=24 => {
            // Half of the time all from wallets: each could pay one of them.
            let way = (random.below(2) == 0).then_some(WALLET);
            let one = |random: &mut Seeded| (random.next() | 1, way.unwrap_or(random.next()));
            Step::Rush { orders: (0..random.below(4) + 2).map(|_| one(random)).collect() }
        }
        25..=26 => Step::Cancel { order: number, strike: strike(random) },
        27..=30 => Step::Check { order: number, strike: strike(random) },
        31..=37 => Step::Refund { order: number, wish: wish(random), strike: strike(random) },
        38 => Step::RefundTwice { order: number, wish: wish(random) },
        39..=40 => Step::Again { asked: number },
        41..=50 => Step::Tab { tab: number, act: act(random), strike: strike(random) },
        51..=64 => Step::Press { payment: number, button: pick(random, &BUTTONS) },
        65..=66 => Step::Dispute { payment: number },
        67..=68 => Step::Decide { payment: number, outcome: pick(random, &["won", "lost"]) },
        69 => Step::Crossed { payment: number, gateway: pick(random, &GATEWAYS) },
        70..=74 => Step::Mishap {
            gateway: pick(random, &GATEWAYS),
            fault: pick(random, mishaps),
            operation: pick(random, &OPERATIONS),
            times: random.below(3) + 1,
        },
        75 => Step::Deaf { times: random.below(4) + 1 },
        76 => Step::Skew { ms: pick(random, &[-20_000, -1_500, 0, 1_500, 20_000]) },
        77..=79 => Step::Cron { strike: strike(random) },
        80..=86 => Step::Callbacks { at_once: random.below(3) == 0, strike: strike(random) },
        87..=92 => Step::Work { messages: random.below(4) + 1, strike: strike(random) },
        93 if random.below(2) == 0 => Step::LoseQueue,
        93 => Step::RepeatQueue,
        _ => {
            let waits = [500, 1_000, 5_000, 30_000, 61_000, 300_000, 1_200_000, 2_000_000, 90_000_000];
            Step::Wait { ms: pick(random, &waits) + i64::try_from(random.below(1_000)).expect("small") }
        }
    }
}
