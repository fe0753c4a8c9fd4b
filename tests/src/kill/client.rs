//! What do clients do while the Worker lives and dies?
//!
//! Each buys one course as a learner of their own, pays for it somehow and perhaps wants the money back; then the
//! next. A request that dies is repeated under its key once the Worker lives, until it is answered; one that was
//! answered is now and then repeated all the same.

use bytes::Bytes;
use coursepay_core::api::{
    Action, AttemptView, CreditWallet, OrderStatus, OrderView, RefundView, StartPayment,
};
use coursepay_core::currency::Currency;
use coursepay_core::method::{Channel, GatewayId, Method};
use http::Request;
use serde_json::{Value, json};

use super::journal::Word;
use super::{COURSES, Scene, rest};
use crate::actors::phone;
use crate::actors::shopper::cart;
use crate::actors::token::CheckoutToken;
use crate::message::{Answer, Ask};
use crate::native::random::Seeded;
use crate::setup::SCHOOL_ORIGIN;
use crate::target::Target as _;

/// How long a request that died keeps its key to itself (`edge-worker/src/app/idempotency.rs`).
pub(super) const LEASE_MS: i64 = 60_000;

/// The ways that need nobody's address and no login.
const WAYS: [(Method, Channel); 6] = [
    (Method::External(GatewayId::Alipay), Channel::Qr),
    (Method::External(GatewayId::Alipay), Channel::Redirect),
    (Method::External(GatewayId::WechatPay), Channel::Qr),
    (Method::External(GatewayId::Stripe), Channel::Redirect),
    (Method::Wallet, Channel::Balance),
    (Method::Wallet, Channel::Balance),
];

/// How often a client looks whether the money has arrived, before it goes on with something else.
const LOOKS: u32 = 12;

/// How often an answer may say "not now".
const PATIENCE: u32 = 600;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Who {
    /// The platform, with its API key.
    Platform,
    /// A learner, with a fresh token each time.
    Learner(String),
}

/// One who buys again and again.
pub(super) struct Client<'a> {
    scene: &'a Scene<'a>,
    random: Seeded,
    number: u64,
    purchases: u64,
}

impl<'a> Client<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, seed: u64, number: u64) -> Self {
        let random = Seeded::new(seed.rotate_left(16).wrapping_add(number + 1));
        Self { scene, random, number, purchases: 0 }
    }

    /// Buys until the last life, and ends what it has begun.
    pub(super) async fn buys_on(mut self) {
        self.scene.fate.living().await;
        while !self.scene.fate.is_last() {
            self.buys().await;
        }
    }

    async fn buys(&mut self) {
        self.purchases += 1;
        let name = format!("learner-{}-{}", self.number, self.purchases);
        let (learner, key) =
            (Who::Learner(name.clone()), |wish: &str| format!("{name}-{wish}-of-this-purchase"));
        let (course, minor, _) = pick(&mut self.random, &COURSES);
        let (method, channel) = pick(&mut self.random, &WAYS);
        if method == Method::Wallet {
            let body =
                CreditWallet { amount_minor: 10_000, currency: Currency::Cny, reason: "a gift".to_owned() };
            let ask = Ask::post(format!("/v1/wallets/{name}/credits")).json(&body).key(&key("credit"));
            self.insists(&Who::Platform, ask).await.expect(201);
            self.scene.journal.notes(Word::Credited { user: name.clone() });
        }
        let ask = Ask::post("/v1/orders").json(&cart(&[course])).key(&key("order"));
        let order: OrderView = self.insists(&learner, ask).await.read(201);
        self.scene.journal.notes(Word::Ordered { order: order.id.clone(), learner: name.clone() });
        if self.random.below(8) == 0 {
            return;
        }
        let return_url = (channel == Channel::Redirect).then(|| format!("{SCHOOL_ORIGIN}/paid"));
        let body = StartPayment { method, channel, return_url };
        let ask = Ask::post(format!("/v1/orders/{}/payments", order.id)).json(&body).key(&key("payment"));
        let attempt: AttemptView = self.insists(&learner, ask).await.read(201);
        self.scene.journal.notes(Word::Begun { attempt: attempt.id.clone() });
        if method != Method::Wallet && !self.approves(&attempt).await {
            return;
        }
        if !self.sees_it_paid(&learner, &order).await {
            return;
        }
        self.scene.journal.notes(Word::Paid { order: order.id.clone(), learner: name.clone() });
        let amount_minor = match self.random.below(4) {
            0 => None,
            1 => Some(i64::try_from(self.random.below(100)).expect("small") + 1),
            _ => return,
        };
        let body = amount_minor
            .map_or(json!({ "reason": "退课" }), |part| json!({ "amount_minor": part, "reason": "退课" }));
        let ask = Ask::post(format!("/v1/orders/{}/refunds", order.id)).json(&body).key(&key("refund"));
        let refund: RefundView = self.insists(&Who::Platform, ask).await.read(201);
        assert_eq!(refund.amount_minor, amount_minor.unwrap_or(minor), "what was asked for goes back");
        self.scene.journal.notes(Word::Refunded { refund: refund.id, amount_minor: refund.amount_minor });
    }

    /// Asks under one key until that is answered, and now and then once more, which must say the same.
    async fn insists(&mut self, who: &Who, ask: Ask) -> Answer {
        let answer = self.scene.insists(who, &ask).await;
        if self.random.below(5) == 0 {
            let again = self.scene.insists(who, &ask).await;
            assert_eq!(
                (again.status(), again.text()),
                (answer.status(), answer.text()),
                "said twice: {ask:?}"
            );
        }
        if answer.status().is_success() {
            self.scene.journal.has_heard(who.clone(), ask, &answer);
        }
        answer
    }

    /// Opens the cashier and presses a button there; whether that paid.
    async fn approves(&mut self, attempt: &AttemptView) -> bool {
        let worker = self.scene.worker;
        let address = match &attempt.action {
            Action::QrCode { content, .. } => content.clone(),
            Action::Redirect { url } => url.clone(),
            other => panic!("nothing to pay at: {other:?}"),
        };
        let page = phone::scan(worker, &address).await;
        // Alipay's own address leads on to the cashier.
        let cashier = page.header("location").unwrap_or(&address);
        let cashier = cashier.split(['?', '#']).next().unwrap_or(cashier);
        let button = if self.random.below(8) == 0 { "decline" } else { "approve" };
        self.scene.fate.event();
        phone::press(worker, cashier, button).await.expect(200);
        // The callback is on its way now, or will never be.
        self.scene.fate.event();
        button == "approve"
    }

    async fn sees_it_paid(&self, learner: &Who, order: &OrderView) -> bool {
        for look in 0..LOOKS {
            let ask = match look {
                4 => Ask::post(format!("/v1/orders/{}/check", order.id)),
                _ => Ask::get(format!("/v1/orders/{}", order.id)),
            };
            let seen = self.scene.tries(learner, &ask).await.filter(|answer| answer.status() == 200);
            if seen.is_some_and(|answer| answer.read::<OrderView>(200).status == OrderStatus::Paid) {
                return true;
            }
            self.scene.worker.let_work_go_on().await;
        }
        false
    }
}

impl Scene<'_> {
    /// Asks again and again, across deaths, until there is an answer that is more than "not now".
    pub(super) async fn insists(&self, who: &Who, ask: &Ask) -> Answer {
        for _ in 0..PATIENCE {
            match self.tries(who, ask).await {
                Some(answer) if !is_not_now(&answer) => return answer,
                Some(_) => self.worker.let_work_go_on().await,
                None => {}
            }
        }
        panic!("no answer to {ask:?}");
    }

    /// Asks once, while the Worker lives. No answer where it died meanwhile, or where a kept connection turned out to
    /// be one to a Worker that is dead.
    pub(super) async fn tries(&self, who: &Who, ask: &Ask) -> Option<Answer> {
        self.fate.living().await;
        let request = self.request(who, ask.clone());
        self.fate.event();
        let answer = self.worker.send(request).await.ok().map(Answer);
        match &answer {
            Some(answer) => {
                assert_ne!(answer.status(), 500, "we are wrong: {}", answer.text());
                self.fate.event();
            }
            None => self.fate.is_unanswered(),
        }
        answer
    }

    /// Asks a Worker that nobody kills now.
    pub(super) async fn asks(&self, who: &Who, ask: Ask) -> Answer {
        Answer(self.worker.call(self.request(who, ask)).await)
    }

    fn request(&self, who: &Who, ask: Ask) -> Request<Bytes> {
        let setup = self.worker.setup();
        let bearer = match who {
            Who::Platform => setup.platform_key.clone(),
            Who::Learner(user) => CheckoutToken::for_learner(setup, user, self.worker.now_ms()).signed(),
        };
        ask.bearer(Some(&bearer)).to(&setup.public_url)
    }
}

/// Whether the same question may have another answer a little later.
fn is_not_now(answer: &Answer) -> bool {
    let problem = serde_json::from_slice::<Value>(answer.0.body()).unwrap_or_default();
    matches!(answer.status().as_u16(), 429 | 503) || problem["code"] == "idempotency_in_progress"
}

/// Fires the cron as often as it is answered, each time half a minute later by all schedules.
pub(super) async fn fires_cron(scene: &Scene<'_>) {
    loop {
        scene.fate.living().await;
        if scene.fate.is_last() {
            return;
        }
        scene.fate.event();
        // What dies with the Worker is fired again by the next minute, as it always is.
        if rest::schedules_move_on(scene.worker, 30_000).await.is_ok() {
            let fired = scene.worker.command(&json!({ "scheduled": "* * * * *" })).await;
            assert!(fired.is_err() || fired.is_ok_and(|answer| answer["outcome"] == "ok"), "the cron runs");
        }
        scene.fate.event();
        scene.worker.let_work_go_on().await;
    }
}

fn pick<T: Copy>(random: &mut Seeded, all: &[T]) -> T {
    all[usize::try_from(random.below(all.len() as u64)).expect("a place")]
}
