//! What if a buyer's bank takes a card's money back?

mod asked;

use coursepay_core::api::{DisputeStatus, DisputeView, OrderView, RefundStage};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_tests::actors::gateway::{befalls, decides, disputes};
use coursepay_tests::actors::phone;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::Shopper;
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::{NativeApp, natively};
use coursepay_tests::native::faults::Fault;
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::promises::methods::{page_of, pays};
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

/// Alice has paid a course of 99.00 by card.
pub(crate) struct Bought<'a> {
    app: &'a NativeApp,
    platform: Platform<'a, NativeApp>,
    order: OrderView,
    merchant_no: String,
}

impl<'a> Bought<'a> {
    pub(crate) async fn by_card(app: &'a NativeApp) -> Self {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = pays(app, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
        phone::approve(app, &page_of(app, &attempt).await).await;
        app.let_work_go_on().await;
        Self { app, platform, order, merchant_no: attempt.merchant_no }
    }

    /// The bank takes `amount_minor` back.
    pub(crate) async fn is_disputed(&self, amount_minor: i64) -> String {
        let body = json!({ "payment": self.merchant_no, "reason": "fraudulent", "amount": amount_minor });
        let dispute = disputes(self.app, &body).await;
        self.app.let_work_go_on().await;
        dispute
    }

    async fn is_decided(&self, dispute: &str, outcome: &str) {
        decides(self.app, dispute, outcome).await;
        self.app.let_work_go_on().await;
    }

    async fn known(&self) -> Vec<DisputeView> {
        let ask = Ask::get(format!("/v1/orders/{}/disputes", self.order.id));
        let answer: Value = self.platform.ask(ask).await.read(200);
        serde_json::from_value(answer["disputes"].clone()).unwrap()
    }

    /// What clearing, disputed, creator and platform hold.
    async fn books(&self) -> [i64; 4] {
        let mut books = [0; 4];
        let accounts =
            ["gateway:stripe:clearing", "gateway:stripe:disputed", "creator:lin:pending", "platform:fees"];
        for (held, account) in books.iter_mut().zip(accounts) {
            *held = self.platform.balance(account).await;
        }
        books
    }

    /// What the platform was told of it, oldest first.
    fn told(&self) -> Vec<String> {
        let kinds =
            self.platform.webhooks().into_iter().map(|told| told.body["type"].as_str().unwrap().to_owned());
        kinds.filter(|kind| kind.starts_with("dispute.")).collect()
    }
}

/// From now on nothing goes wrong at the gateways; what is lost or late stays so.
async fn all_is_well_again(app: &NativeApp) {
    let stop = Ask::get("/sandbox/faults").method(Method::DELETE).to(&app.setup().sandbox_url);
    assert!(app.call_sandbox(stop).await.status().is_success());
}

fn bought(story: impl AsyncFn(&Bought<'_>)) {
    natively(async |app| story(&Bought::by_card(app).await).await);
}

#[test]
fn a_dispute_that_is_won_leaves_everything_as_it_was() {
    bought(async |bought| {
        let before = bought.books().await;
        let dispute = bought.is_disputed(9_900).await;
        assert_eq!(bought.books().await, [0, 9_900, 6_930, 2_970]);
        let known = &bought.known().await[0];
        assert_eq!(
            (known.status, known.amount_minor, known.gateway_no.as_str()),
            (DisputeStatus::Open, 9_900, &*dispute)
        );
        assert!(known.evidence_due_at_ms.is_some() && known.closed_at_ms.is_none());
        assert!(bought.platform.opens("alice", "rust-101").await, "nothing is decided");
        bought.is_decided(&dispute, "won").await;
        assert_eq!(bought.books().await, before);
        assert_eq!(bought.known().await[0].status, DisputeStatus::Won);
        assert_eq!(bought.told(), ["dispute.opened", "dispute.won"]);
    });
}

#[test]
fn a_dispute_that_is_lost_takes_what_the_sale_gave_and_closes_the_course() {
    bought(async |bought| {
        let dispute = bought.is_disputed(9_900).await;
        bought.is_decided(&dispute, "lost").await;
        assert_eq!(bought.books().await, [0; 4]);
        assert!(!bought.platform.opens("alice", "rust-101").await);
        assert_eq!(bought.told(), ["dispute.opened", "dispute.lost"]);
        let last = bought.platform.webhooks().pop().unwrap().body;
        assert_eq!(last["data"]["revoked"], json!(["rust-101"]));
        assert_eq!(last["data"]["dispute"]["gateway_no"], dispute);
    });
}

#[test]
fn nothing_is_refunded_while_a_dispute_is_open_and_what_is_left_afterwards() {
    bought(async |bought| {
        let dispute = bought.is_disputed(3_000).await;
        let body = json!({ "reason": "退课" });
        bought.platform.asks_to_refund(&bought.order.id, &body).await.refused(409, "dispute_open");
        bought.is_decided(&dispute, "won").await;
        let refund = bought.platform.refunds(&bought.order.id, &body).await;
        bought.app.let_work_go_on().await;
        assert_eq!(bought.platform.refund(&refund.id).await.status, RefundStage::Succeeded);
        assert_eq!(refund.amount_minor, 9_900);
    });
}

#[test]
fn events_of_a_dispute_that_come_twice_or_in_another_order_are_one_dispute() {
    for fault in ["callback_duplicated", "callback_reordered", "callback_forged"] {
        for outcome in ["won", "lost"] {
            bought(async |bought| {
                befalls(bought.app, GatewayId::Stripe, json!({ "fault": fault })).await;
                bought.app.hold_callbacks(true);
                let dispute = bought.is_disputed(9_900).await;
                bought.is_decided(&dispute, outcome).await;
                bought.app.hold_callbacks(false);
                bought.app.let_minutes_pass(60).await;
                let expected = if outcome == "won" { [9_900, 0, 6_930, 2_970] } else { [0; 4] };
                assert_eq!(bought.books().await, expected, "{fault} {outcome}");
                assert_eq!(bought.known().await.len(), 1, "{fault} {outcome}");
            });
        }
    }
}

#[test]
fn a_dispute_over_no_payment_of_ours_is_put_aside_and_changes_nothing() {
    bought(async |bought| {
        let before = bought.books().await;
        bought.app.sql("UPDATE attempts SET gateway_no = 'pi_another'", &[]).await.unwrap();
        bought.is_disputed(9_900).await;
        assert_eq!(bought.books().await, before);
        let listed: Value =
            bought.platform.ask(Ask::get("/v1/callbacks?outcome=quarantined")).await.read(200);
        let detail = listed["callbacks"][0]["detail"].as_str().unwrap();
        assert!(detail.starts_with("unknown merchant number pi_"), "{detail}");
        assert!(
            listed["callbacks"][0]["merchant_no"].as_str().unwrap().starts_with("pi_"),
            "it says which payment"
        );
    });
}

#[test]
fn a_dispute_over_a_payment_that_we_hear_of_later_is_opened_by_its_next_event() {
    natively(async |app| {
        let platform = Platform::of(app).await;
        platform.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let attempt = pays(app, &alice, &order.id, GatewayId::Stripe, Channel::Redirect).await;
        let late = json!({ "fault": "callback_delayed", "by_ms": 60 * 60_000 });
        befalls(app, GatewayId::Stripe, late).await;
        phone::approve(app, &page_of(app, &attempt).await).await;
        all_is_well_again(app).await;
        let bought = Bought { app, platform, order, merchant_no: attempt.merchant_no };
        let dispute = bought.is_disputed(9_900).await;
        assert!(bought.known().await.is_empty());
        assert_eq!(bought.books().await, [0; 4]);
        let listed: Value =
            bought.platform.ask(Ask::get("/v1/callbacks?outcome=quarantined")).await.read(200);
        let apart = listed["callbacks"].as_array().unwrap();
        assert!(!apart.is_empty(), "acknowledged and put aside");
        assert!(apart.iter().all(|one| one["merchant_no"].as_str().unwrap().starts_with("pi_")));
        alice.checks(&bought.order).await.expect(200);
        assert_eq!(bought.books().await, [9_900, 0, 6_930, 2_970]);
        bought.is_decided(&dispute, "lost").await;
        assert_eq!(bought.books().await, [0; 4]);
        assert_eq!(bought.told(), ["dispute.opened", "dispute.lost"]);
    });
}

#[test]
fn open_disputes_are_listed_for_those_who_answer_them() {
    bought(async |bought| {
        let listed = async |query: &str| -> Vec<DisputeView> {
            let answer: Value = bought.platform.ask(Ask::get(format!("/v1/disputes{query}"))).await.read(200);
            serde_json::from_value(answer["disputes"].clone()).unwrap()
        };
        assert!(listed("").await.is_empty());
        let dispute = bought.is_disputed(9_900).await;
        assert_eq!(listed("").await, bought.known().await);
        bought.is_decided(&dispute, "lost").await;
        assert!(listed("?status=open").await.is_empty());
        assert_eq!(listed("?status=lost").await, bought.known().await);
        bought.platform.ask(Ask::get("/v1/disputes?status=x")).await.refused(400, "invalid_field");
    });
}

/// The events that tell of a dispute, taken off the wire.
async fn events_of_a_dispute(bought: &Bought<'_>) -> Vec<http::Request<bytes::Bytes>> {
    disputes(bought.app, &json!({ "payment": bought.merchant_no })).await;
    let due = bought.app.world.network.due_callbacks().into_iter();
    let events: Vec<_> = due.map(|callback| callback.request).collect();
    assert!(!events.is_empty());
    events
}

#[test]
fn a_crash_anywhere_in_an_event_of_a_dispute_is_made_up_for_by_its_next_delivery() {
    for nth in 1.. {
        let app = NativeApp::start();
        let has_crashed = block_on(async {
            let bought = Bought::by_card(&app).await;
            let mut has_crashed = false;
            for event in events_of_a_dispute(&bought).await {
                app.world.faults.plan(Fault::Crash { nth });
                let answer = app.world.faults.unless_crashed(app.call(event.clone())).await;
                app.world.faults.lift();
                has_crashed |= answer.is_none();
                assert!(app.call(event).await.status().is_success(), "{nth}");
            }
            assert_eq!(bought.books().await, [0, 9_900, 6_930, 2_970], "{nth}");
            has_crashed
        });
        assert_invariants(&app.world.db);
        if !has_crashed {
            assert!(nth > 4, "only {nth} awaits");
            break;
        }
    }
}

#[test]
fn events_of_a_dispute_that_come_many_times_at_once_are_one_dispute() {
    bought(async |bought| {
        let events = events_of_a_dispute(bought).await;
        let calls = events.iter().flat_map(|event| std::iter::repeat_n(event, 5));
        let answers = futures::future::join_all(calls.map(|event| bought.app.call(event.clone()))).await;
        assert!(answers.iter().all(|answer| answer.status().is_success()));
        assert_eq!(bought.books().await, [0, 9_900, 6_930, 2_970]);
        assert_eq!(bought.known().await.len(), 1);
    });
}
