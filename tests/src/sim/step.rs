//! What can somebody do, and what can go wrong?

use coursepay_core::api::{OrderView, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use serde_json::{Value, json};

use crate::actors::gateway::payments;
use crate::actors::phone;
use crate::actors::platform::Platform;
use crate::actors::shopper::{Shopper, cart};
use crate::message::{Answer, Ask, fresh_key};
use crate::native::app::NativeApp;
use crate::native::faults::{Fault, Port};
use crate::native::random::Seeded;
use crate::setup::SCHOOL_ORIGIN;
use crate::target::Target as _;

const LEARNERS: [&str; 3] = ["alice", "bo", "mei"];
const COURSES: [(&str, i64, u32); 3] =
    [("rust-101", 9_900, 7_000), ("ink-painting", 101, 3_333), ("go-101", 4_999, 9_999)];

/// The ways that need nobody's address and no login.
const WAYS: [(Method, Channel); 6] = [
    (Method::External(GatewayId::Alipay), Channel::Qr),
    (Method::External(GatewayId::Alipay), Channel::Redirect),
    (Method::External(GatewayId::WechatPay), Channel::Qr),
    (Method::External(GatewayId::Stripe), Channel::Redirect),
    (Method::Wallet, Channel::Balance),
    (Method::Wallet, Channel::Balance),
];
const BUTTONS: [&str; 7] = ["approve", "approve", "approve", "decline", "approve_later", "settle", "fail"];
const GATEWAYS: [GatewayId; 3] = [GatewayId::Alipay, GatewayId::WechatPay, GatewayId::Stripe];
const MISHAPS: [&str; 15] = [
    "callback_duplicated",
    "callback_delayed",
    "callback_reordered",
    "callback_lost",
    "callback_forged",
    "callback_wrong_amount",
    "callback_for_another_merchant",
    "callback_stale",
    "pay_after_close",
    "timeout_before_effect",
    "timeout_after_effect",
    "server_error",
    "system_error",
    "rate_limited",
    "refund_pending",
];
const OPERATIONS: [&str; 5] = ["create", "query", "close", "refund", "refund_query"];
const PORTS: [Port; 4] = [Port::Db, Port::Http, Port::Queue, Port::Crypto];

/// Who is there, and what they have begun.
pub(super) struct Cast {
    /// Each order with its learner.
    orders: Vec<(&'static str, OrderView)>,
    /// The last request that somebody made, to be made again.
    last: Option<(&'static str, Ask)>,
}

impl Cast {
    /// The platform sells its courses, and learners have some balance.
    pub(super) async fn come_on(app: &NativeApp) -> Self {
        let platform = Platform::of(app).await;
        for (course, minor, bps) in COURSES {
            platform.sells(course, minor, "lin", bps).await;
        }
        for learner in LEARNERS {
            platform.credits(learner, 12_000).await;
        }
        Self { orders: Vec::new(), last: None }
    }

    pub(super) fn orders(&self) -> usize {
        self.orders.len()
    }
}

/// One thing that somebody does, or that goes wrong. Numbers are drawn whole, and taken modulo what there is.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Order { learner: &'static str, courses: Vec<&'static str> },
    Pay { order: u64, way: u64, strike: Option<Fault> },
    Cancel { order: u64, strike: Option<Fault> },
    Check { order: u64 },
    Refund { order: u64, minor: Option<i64>, strike: Option<Fault> },
    Again,
    Press { payment: u64, button: &'static str },
    Dispute { payment: u64 },
    Decide { payment: u64, outcome: &'static str },
    Mishap { gateway: GatewayId, fault: &'static str, operation: &'static str, times: u64 },
    Cron,
    Callbacks,
    Work { messages: u64, strike: Option<Fault> },
    LoseQueue,
    RepeatQueue,
    Wait { ms: i64 },
}

fn pick<T: Copy>(random: &mut Seeded, all: &[T]) -> T {
    let at = usize::try_from(random.below(all.len() as u64)).expect("a place");
    all[at]
}

/// One time in three, something that is lost on the way, or a crash.
fn strike(random: &mut Seeded) -> Option<Fault> {
    let nth = u32::try_from(random.below(14) + 1).expect("a small number");
    let port = pick(random, &PORTS);
    match random.below(9) {
        0 => Some(Fault::CallLost { port, nth: nth.min(4) }),
        1 => Some(Fault::AnswerLost { port, nth: nth.min(4) }),
        2 => Some(Fault::Crash { nth }),
        _ => None,
    }
}

impl Step {
    pub(super) fn drawn(random: &mut Seeded, cast: &Cast) -> Self {
        let (order, payment) = (random.next(), random.next());
        match random.below(if cast.orders.is_empty() { 1 } else { 38 }) {
            0..=3 => {
                let learner = pick(random, &LEARNERS);
                let mut courses = vec![pick(random, &COURSES).0];
                let second = pick(random, &COURSES).0;
                if random.below(3) == 0 && second != courses[0] {
                    courses.push(second);
                }
                Self::Order { learner, courses }
            }
            4..=9 => Self::Pay { order, way: random.next(), strike: strike(random) },
            10 => Self::Cancel { order, strike: strike(random) },
            11..=12 => Self::Check { order },
            13..=15 => {
                let minor =
                    (random.below(2) == 0).then(|| i64::try_from(random.below(6_000) + 1).expect("small"));
                Self::Refund { order, minor, strike: strike(random) }
            }
            16 => Self::Again,
            17..=22 => Self::Press { payment, button: pick(random, &BUTTONS) },
            23 => Self::Dispute { payment },
            24 => Self::Decide { payment, outcome: pick(random, &["won", "lost"]) },
            25..=26 => Self::Mishap {
                gateway: pick(random, &GATEWAYS),
                fault: pick(random, &MISHAPS),
                operation: pick(random, &OPERATIONS),
                times: random.below(3) + 1,
            },
            27..=28 => Self::Cron,
            29..=31 => Self::Callbacks,
            32..=34 => Self::Work { messages: random.below(4) + 1, strike: strike(random) },
            35 if random.below(2) == 0 => Self::LoseQueue,
            35 => Self::RepeatQueue,
            _ => {
                let ms = pick(
                    random,
                    &[500, 1_000, 5_000, 30_000, 61_000, 300_000, 1_200_000, 2_000_000, 90_000_000],
                );
                Self::Wait { ms }
            }
        }
    }

    /// Takes the step, and says what came of it.
    pub(super) async fn taken(&self, app: &NativeApp, cast: &mut Cast, random: &mut Seeded) -> String {
        match self {
            Self::Order { learner, courses } => {
                let answer = Shopper::learner(app, learner).asks_to_order(&cart(courses)).await;
                if answer.status().is_success() {
                    cast.orders.push((learner, answer.read(answer.status().as_u16())));
                }
                told(&answer)
            }
            Self::Pay { order, way, strike } => {
                let (method, channel) = WAYS[place(*way, WAYS.len())];
                let return_url = (channel == Channel::Redirect).then(|| format!("{SCHOOL_ORIGIN}/paid"));
                let body = StartPayment { method, channel, return_url };
                let (learner, order) = cast.order(*order);
                let ask = Ask::post(format!("/v1/orders/{order}/payments")).json(&body).key(&fresh_key());
                cast.last = Some((learner, ask.clone()));
                struck(app, *strike, Shopper::learner(app, learner).ask(ask)).await
            }
            Self::Cancel { order, strike } => {
                let (learner, order) = cast.order(*order);
                let ask = Ask::post(format!("/v1/orders/{order}/cancel")).key(&fresh_key());
                struck(app, *strike, Shopper::learner(app, learner).ask(ask)).await
            }
            Self::Check { order } => {
                let (learner, order) = cast.order(*order);
                told(
                    &Shopper::learner(app, learner).ask(Ask::post(format!("/v1/orders/{order}/check"))).await,
                )
            }
            Self::Refund { order, minor, strike } => {
                let (_, order) = cast.order(*order);
                let body = json!({ "amount_minor": minor, "reason": "退课" });
                let body = if minor.is_some() { body } else { json!({ "reason": "退课" }) };
                let ask = Ask::post(format!("/v1/orders/{order}/refunds")).json(&body).key(&fresh_key());
                cast.last = Some(("", ask.clone()));
                struck(app, *strike, Platform::of(app).await.ask(ask)).await
            }
            Self::Again => match cast.last.clone() {
                Some(("", ask)) => told(&Platform::of(app).await.ask(ask).await),
                Some((learner, ask)) => told(&Shopper::learner(app, learner).ask(ask).await),
                None => "nothing to repeat".to_owned(),
            },
            Self::Press { payment, button } => match chosen(app, *payment).await {
                Some(payment) => {
                    let page = payment["cashier_url"].as_str().expect("a page").to_owned();
                    phone::scan(app, &page).await;
                    phone::press(app, &page, button).await.status().to_string()
                }
                None => "no payment".to_owned(),
            },
            Self::Dispute { payment } => {
                let Some(payment) = chosen(app, *payment).await else { return "no payment".to_owned() };
                let body = json!({ "payment": payment["number"] });
                sandbox(app, Ask::post("/sandbox/stripe/disputes").json(&body)).await.status().to_string()
            }
            Self::Decide { payment, outcome } => {
                let sql = "SELECT gateway_no FROM disputes WHERE status = 'open' ORDER BY id";
                let open = app.world.db.rows(sql, &[]);
                let Some(dispute) = open.get(place(*payment, open.len().max(1))) else {
                    return "none".to_owned();
                };
                let dispute = dispute.0["gateway_no"].as_str().expect("a number");
                let ask = Ask::post(format!("/sandbox/stripe/disputes/{dispute}"))
                    .json(&json!({ "outcome": outcome }));
                sandbox(app, ask).await.status().to_string()
            }
            Self::Mishap { gateway, fault, operation, times } => {
                let mut rule = json!({ "fault": fault, "gateway": gateway.name(), "times": times });
                if !fault.starts_with("callback") && !matches!(*fault, "pay_after_close" | "refund_pending") {
                    rule["operation"] = json!(operation);
                }
                sandbox(app, Ask::post("/sandbox/faults").json(&rule)).await.status().to_string()
            }
            Self::Cron => {
                app.fire_cron().await;
                format!("{} queued", app.world.queue.len())
            }
            Self::Callbacks => format!("{} delivered", app.deliver_callbacks().await),
            Self::Work { messages, strike } => {
                let mut done = 0;
                for _ in 0..*messages {
                    plan(app, *strike);
                    let worked = app.world.faults.unless_crashed(app.work_one_message()).await;
                    app.world.faults.lift();
                    done += u64::from(worked != Some(false));
                }
                format!("{done} tried")
            }
            Self::LoseQueue => {
                app.world.queue.lose_all();
                "lost".to_owned()
            }
            Self::RepeatQueue => {
                app.world.queue.repeat_all();
                "doubled".to_owned()
            }
            Self::Wait { ms } => {
                app.world.clock.advance_ms(*ms + i64::try_from(random.below(1_000)).expect("small"));
                "later".to_owned()
            }
        }
    }
}

impl Cast {
    fn order(&self, number: u64) -> (&'static str, String) {
        let (learner, order) = &self.orders[lately(number, self.orders.len())];
        (learner, order.id.clone())
    }
}

fn place(number: u64, length: usize) -> usize {
    usize::try_from(number % length as u64).expect("a place")
}

/// Every other time the last: most of what happens is about what was begun just now.
fn lately(number: u64, length: usize) -> usize {
    if number.is_multiple_of(2) { length - 1 } else { place(number / 2, length) }
}

/// A payment that some gateway knows; of the last begun, rather.
async fn chosen(app: &NativeApp, number: u64) -> Option<Value> {
    let mut known = payments(app).await;
    known.sort_by_key(|payment| payment["requested_at_ms"].as_i64());
    (!known.is_empty()).then(|| known[lately(number, known.len())].clone())
}

async fn sandbox(app: &NativeApp, ask: Ask) -> Answer {
    Answer(app.call_sandbox(ask.to(&app.setup().sandbox_url)).await)
}

fn plan(app: &NativeApp, strike: Option<Fault>) {
    if let Some(fault) = strike {
        app.world.faults.plan(fault);
    }
}

/// Asks while `strike` threatens, and says what came of it.
async fn struck(app: &NativeApp, strike: Option<Fault>, asking: impl Future<Output = Answer>) -> String {
    plan(app, strike);
    let answer = app.world.faults.unless_crashed(asking).await;
    app.world.faults.lift();
    answer.map_or_else(|| "crashed".to_owned(), |answer| told(&answer))
}

/// An answer in a word: its status, and its code where it is a refusal.
fn told(answer: &Answer) -> String {
    let code = serde_json::from_slice::<Value>(answer.0.body()).ok();
    let code = code.and_then(|body| body["code"].as_str().map(str::to_owned)).unwrap_or_default();
    assert!(code != "internal", "we are wrong: {}", answer.text());
    format!("{} {code}", answer.status().as_u16())
}
