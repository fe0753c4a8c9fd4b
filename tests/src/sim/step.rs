//! What happens when a step is taken?

use coursepay_core::api::{RefundView, StartPayment};
use coursepay_core::method::{Channel, GatewayId, Method};
use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};

use crate::actors::gateway::payments;
use crate::actors::shopper::cart;
use crate::actors::{alipay, phone, stripe, wechat_pay};
use crate::message::{Answer, Ask, fresh_key};
use crate::native::app::NativeApp;
use crate::native::faults::Fault;
use crate::setup::SCHOOL_ORIGIN;
use crate::sim::cast::{Cast, Who, lately, place, told, unless_struck};
use crate::sim::plan::{Step, Wish};
use crate::sim::watch::Watch;
use crate::target::Target as _;

/// The ways that need no login. WeChat's page for phones shows for a few minutes only.
const WAYS: [(Method, Channel); 9] = [
    (Method::External(GatewayId::Alipay), Channel::Qr),
    (Method::External(GatewayId::Alipay), Channel::Redirect),
    (Method::External(GatewayId::Alipay), Channel::Mobile),
    (Method::External(GatewayId::WechatPay), Channel::Qr),
    (Method::External(GatewayId::WechatPay), Channel::Mobile),
    (Method::External(GatewayId::Stripe), Channel::Redirect),
    (Method::External(GatewayId::Stripe), Channel::Redirect),
    (Method::Wallet, Channel::Balance),
    (Method::Wallet, Channel::Balance),
];

impl Step {
    /// Takes the step, and says what came of it.
    pub(super) async fn taken(&self, cast: &mut Cast<'_>, watch: &mut Watch) -> String {
        let app = cast.app;
        match self {
            Self::Order { learner, courses, strike } => {
                let ask = Ask::post("/v1/orders").json(&cart(courses)).key(&fresh_key());
                told(cast.ask(Who::Learner(learner), ask, *strike).await.as_ref())
            }
            Self::Pay { order, way, strike } => {
                let Some((learner, ask)) = payment(cast, *order, *way) else { return nothing() };
                told(cast.ask(learner, ask, *strike).await.as_ref())
            }
            Self::Rush { orders } => {
                let asks = orders.iter().filter_map(|(order, way)| payment(cast, *order, *way)).collect();
                let answers = cast.ask_at_once(asks).await;
                answers.iter().map(|answer| told(Some(answer))).collect::<Vec<_>>().join(", ")
            }
            Self::Cancel { order, strike } => {
                let Some((learner, order)) = cast.order(*order) else { return nothing() };
                let ask = Ask::post(format!("/v1/orders/{}/cancel", order)).key(&fresh_key());
                told(cast.ask(Who::Learner(learner), ask, *strike).await.as_ref())
            }
            Self::Check { order, strike } => {
                let Some((learner, order)) = cast.order(*order) else { return nothing() };
                let ask = Ask::post(format!("/v1/orders/{}/check", order));
                let shopper = crate::actors::shopper::Shopper::learner(app, learner);
                told(unless_struck(app, *strike, shopper.ask(ask)).await.as_ref())
            }
            Self::Refund { order, wish, strike } => {
                let Some((ask, expected)) = refund(cast, watch, *order, *wish) else { return nothing() };
                let answer = cast.ask(Who::Platform, ask, *strike).await;
                if let Some(answer) = answer.as_ref().filter(|answer| answer.status().is_success()) {
                    let refund: RefundView = answer.read(answer.status().as_u16());
                    let expected = expected.unwrap_or(refund.amount_minor);
                    assert_eq!(refund.amount_minor, expected, "a refund gives back what was asked for");
                }
                told(answer.as_ref())
            }
            Self::RefundTwice { order, wish } => {
                let asks = [(); 2].map(|()| refund(cast, watch, *order, *wish));
                let asks = asks.into_iter().flatten().map(|(ask, _)| (Who::Platform, ask)).collect();
                let answers = cast.ask_at_once(asks).await;
                answers.iter().map(|answer| told(Some(answer))).collect::<Vec<_>>().join(", ")
            }
            Self::Again { asked } => told(cast.repeat(*asked).await.as_ref()),
            Self::Tab { tab, act, strike } => {
                let Some(at) = place(*tab, cast.tabs.len()) else { return nothing() };
                cast.tabs[at].acts(app, *act, *strike).await
            }
            Self::Press { payment, button } => match chosen(app, *payment).await {
                Some(payment) => {
                    let page = payment["cashier_url"].as_str().expect("a page").to_owned();
                    phone::scan(app, &page).await;
                    let pressed = phone::press(app, &page, button).await;
                    format!("{} {}", payment["gateway"].as_str().unwrap_or_default(), pressed.status())
                }
                None => nothing(),
            },
            Self::Dispute { payment } => {
                let Some(payment) = chosen(app, *payment).await else { return nothing() };
                let body = json!({ "payment": payment["number"] });
                sandbox(app, Ask::post("/sandbox/stripe/disputes").json(&body)).await.status().to_string()
            }
            Self::Decide { payment, outcome } => {
                let sql = "SELECT gateway_no FROM disputes WHERE status = 'open' ORDER BY id";
                let open = app.world.db.rows(sql, &[]);
                let Some(at) = place(*payment, open.len()) else { return nothing() };
                let dispute = open[at].0["gateway_no"].as_str().expect("a number");
                let ask = Ask::post(format!("/sandbox/stripe/disputes/{dispute}"));
                sandbox(app, ask.json(&json!({ "outcome": outcome }))).await.status().to_string()
            }
            Self::Crossed { payment, gateway } => crossed(app, *payment, *gateway).await,
            Self::Mishap { gateway, fault, operation, times } => {
                let mut rule = json!({ "fault": fault, "gateway": gateway.name(), "times": times });
                let is_of_calls =
                    ["timeout", "server", "system", "rate"].iter().any(|kind| fault.starts_with(kind));
                if is_of_calls {
                    rule["operation"] = json!(operation);
                }
                sandbox(app, Ask::post("/sandbox/faults").json(&rule)).await.status().to_string()
            }
            Self::Deaf { times } => {
                let times = usize::try_from(*times).expect("a small number");
                app.world.network.endpoint_answers(&vec![StatusCode::SERVICE_UNAVAILABLE; times]);
                "the endpoint is deaf".to_owned()
            }
            Self::Skew { ms } => {
                app.world.network.skew(*ms);
                "the clocks differ".to_owned()
            }
            Self::Cron { strike } => {
                unless_struck(app, *strike, app.fire_cron()).await;
                format!("{} queued", app.world.queue.len())
            }
            Self::Callbacks { at_once, strike } => callbacks(app, watch, *at_once, *strike).await,
            Self::Work { messages, strike } => {
                let mut done = 0;
                for _ in 0..*messages {
                    let worked = unless_struck(app, *strike, app.work_one_message()).await;
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
                app.world.clock.advance_ms(*ms);
                "later".to_owned()
            }
        }
    }
}

fn nothing() -> String {
    "nothing there".to_owned()
}

fn payment(cast: &Cast<'_>, order: u64, way: u64) -> Option<(Who, Ask)> {
    let (method, channel) = WAYS[place(way, WAYS.len())?];
    let return_url =
        matches!(channel, Channel::Redirect | Channel::Mobile).then(|| format!("{SCHOOL_ORIGIN}/paid"));
    let (learner, order) = cast.order(order)?;
    let ask = Ask::post(format!("/v1/orders/{}/payments", order));
    Some((Who::Learner(learner), ask.json(&StartPayment { method, channel, return_url }).key(&fresh_key())))
}

/// The request for a refund, and how much it must give back where it is granted.
fn refund(cast: &Cast<'_>, watch: &Watch, order: u64, wish: Wish) -> Option<(Ask, Option<i64>)> {
    let (_, order) = cast.order(order)?;
    let left = watch.left_of(&order);
    let (body, expected) = match wish {
        Wish::Rest => (json!({ "reason": "退课" }), left.map(|left| left.values().sum())),
        Wish::Amount(minor) => (json!({ "amount_minor": minor, "reason": "退课" }), Some(minor)),
        Wish::Line(course) => {
            let body = json!({ "lines": [{ "product": course }], "reason": "退课" });
            // Of a line that is not there, nothing.
            (body, left.map(|left| left.get(course).copied().unwrap_or_default()))
        }
    };
    let ask = Ask::post(format!("/v1/orders/{}/refunds", order)).json(&body).key(&fresh_key());
    Some((ask, expected))
}

/// Delivers the callbacks that are due, one after the other or all at once, and holds each that is acknowledged to
/// what it told.
async fn callbacks(app: &NativeApp, watch: &Watch, at_once: bool, strike: Option<Fault>) -> String {
    let due = app.world.network.due_callbacks();
    let count = due.len();
    let deliver = async |callback: coursepay_sandbox::Callback, strike: Option<Fault>| {
        let body = callback.request.body().clone();
        match unless_struck(app, strike, app.call(callback.request)).await {
            Some(response) => {
                app.world.network.callback_answered(callback.id, &response);
                if response.status().is_success() {
                    watch.is_taken_in(app, &body).await;
                }
            }
            None => app.world.network.callback_lost(callback.id),
        }
    };
    if at_once {
        join_all(due.into_iter().map(|callback| deliver(callback, None))).await;
    } else {
        for callback in due {
            deliver(callback, strike).await;
        }
    }
    format!("{count} delivered")
}

/// A true callback of one gateway's about a number that we gave to another, or about another payment of its own.
async fn crossed(app: &NativeApp, payment: u64, gateway: GatewayId) -> String {
    let sql = "SELECT id, method, amount_minor FROM attempts WHERE method <> 'wallet' ORDER BY id";
    let attempts = app.world.db.rows(sql, &[]);
    let Some(at) = lately(payment, attempts.len()) else { return nothing() };
    let attempt = &attempts[at].0;
    let method = Method::External(gateway);
    if attempt["method"].as_str() == Some(method.name()) {
        return "its own gateway's".to_owned();
    }
    let number = attempt["id"].as_str().expect("an id");
    let minor = attempt["amount_minor"].as_i64().expect("an amount");
    let (setup, now_ms) = (app.setup(), app.now_ms());
    let answer = match gateway {
        GatewayId::Alipay => {
            let paid = alipay::Notify::paid(setup, number, minor, now_ms);
            alipay::notify(app, &paid.signed_by(&setup.alipay.gateway_key)).await
        }
        GatewayId::WechatPay => {
            let paid = wechat_pay::Callback::paid(setup, number, minor);
            wechat_pay::true_callback(setup, &paid, now_ms).sent_to(app).await
        }
        GatewayId::Stripe => {
            let paid = stripe::Event::paid(number, minor, now_ms);
            stripe::true_callback(setup, &paid, now_ms).sent_to(app).await
        }
    };
    told(Some(&answer))
}

/// A payment that some gateway knows; of the last begun, rather.
async fn chosen(app: &NativeApp, number: u64) -> Option<Value> {
    let mut known = payments(app).await;
    known.sort_by_key(|payment| payment["requested_at_ms"].as_i64());
    let at = lately(number, known.len())?;
    Some(known.swap_remove(at))
}

async fn sandbox(app: &NativeApp, ask: Ask) -> Answer {
    Answer(app.call_sandbox(ask.to(&app.setup().sandbox_url)).await)
}
