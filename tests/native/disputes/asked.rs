//! What if no event tells how a dispute has ended? Stripe is asked about it, and its answer counts as the event.

use bytes::Bytes;
use coursepay_core::api::DisputeStatus;
use coursepay_core::gateway::stripe::API_VERSION;
use coursepay_core::method::GatewayId;
use coursepay_tests::actors::gateway::{befalls, decides};
use coursepay_tests::message::{Answer, Ask};
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::faults::{Fault, Port};
use coursepay_tests::native::invariants::assert_invariants;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;
use futures::future::{join, join_all};
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::{Bought, all_is_well_again, bought};

const HOUR_MS: i64 = 60 * 60 * 1_000;

const OUTCOMES: [(&str, DisputeStatus); 2] = [("won", DisputeStatus::Won), ("lost", DisputeStatus::Lost)];

impl Bought<'_> {
    /// The bank takes everything back and decides, and none of the events of its decision ever comes.
    async fn is_decided_unheard(&self, outcome: &str) -> String {
        let dispute = self.is_disputed(9_900).await;
        befalls(self.app, GatewayId::Stripe, json!({ "fault": "callback_lost" })).await;
        self.is_decided(&dispute, outcome).await;
        assert_eq!(self.status().await, DisputeStatus::Open);
        dispute
    }

    async fn status(&self) -> DisputeStatus {
        let known = self.known().await;
        assert_eq!(known.len(), 1);
        known[0].status
    }

    /// The questions that Stripe was asked about the dispute, after the one when it was opened.
    fn asked(&self) -> Vec<Request<Bytes>> {
        let mut asked = self.app.world.network.asked();
        asked.retain(|request| request.uri().path().starts_with("/v1/disputes"));
        assert!(!asked.is_empty(), "no dispute is opened unasked");
        asked.split_off(1)
    }

    /// What the dispute is at Stripe, with the members of `changes` set.
    async fn told_wrongly(&self, dispute: &str, changes: &Value) -> String {
        let bearer = self.app.setup().merchant.stripe.secret_key.clone();
        let ask = Ask::get(format!("/v1/disputes/{dispute}")).bearer(Some(&bearer));
        let request = ask.to(&self.app.setup().sandbox_url);
        let mut object: Value = Answer(self.app.call_sandbox(request).await).read(200);
        let changes = changes.as_object().expect("members").clone();
        object.as_object_mut().expect("an object").extend(changes);
        object.to_string()
    }

    /// Stripe's next answer about the dispute is this one.
    fn is_answered_next(&self, dispute: &str, status: u16, body: String) {
        let mut answer = Response::new(Bytes::from(body));
        *answer.status_mut() = status.try_into().expect("a status");
        self.app.world.network.answer_next(&format!("/v1/disputes/{dispute}"), answer);
    }

    async fn quarantined(&self) -> Vec<Value> {
        let ask = Ask::get("/v1/callbacks?outcome=quarantined");
        let listed: Value = self.platform.ask(ask).await.read(200);
        listed["callbacks"].as_array().expect("a list").clone()
    }
}

/// Moves the clock on by hours, with all that is due done at each.
async fn let_hours_pass(app: &NativeApp, hours: u32) {
    for _ in 0..hours {
        app.world.clock.advance_ms(HOUR_MS);
        app.fire_cron().await;
        app.let_work_go_on().await;
    }
}

#[test]
fn how_much_a_new_dispute_takes_is_what_the_gateway_says_and_not_its_event() {
    for (outcome, _) in OUTCOMES {
        bought(async |bought| {
            befalls(bought.app, GatewayId::Stripe, json!({ "fault": "callback_wrong_amount" })).await;
            let dispute = bought.is_disputed(3_000).await;
            assert_eq!(bought.known().await[0].amount_minor, 3_000);
            assert_eq!(bought.books().await[..2], [6_900, 3_000]);
            all_is_well_again(bought.app).await;
            bought.is_decided(&dispute, outcome).await;
            let clearing = if outcome == "won" { 9_900 } else { 6_900 };
            assert_eq!(bought.books().await[..2], [clearing, 0], "{outcome}");
        });
    }
}

#[test]
fn a_new_dispute_whose_gateway_does_not_answer_is_opened_when_its_event_comes_again() {
    bought(async |bought| {
        befalls(bought.app, GatewayId::Stripe, json!({ "fault": "server_error" })).await;
        bought.is_disputed(9_900).await;
        assert!(bought.known().await.is_empty());
        assert_eq!(bought.books().await, [9_900, 0, 6_930, 2_970]);
        all_is_well_again(bought.app).await;
        bought.app.let_minutes_pass(120).await;
        assert_eq!(bought.status().await, DisputeStatus::Open);
        assert_eq!(bought.books().await, [0, 9_900, 6_930, 2_970]);
    });
}

#[test]
fn a_dispute_whose_end_nobody_tells_of_ends_as_if_it_had_been_told() {
    for (outcome, status) in OUTCOMES {
        let what_is_left = async |bought: &Bought<'_>| {
            assert_eq!(bought.status().await, status);
            let webhook = bought.platform.webhooks().pop().unwrap().body["data"].clone();
            let opens = bought.platform.opens("alice", "rust-101").await;
            (bought.books().await, opens, bought.told(), webhook["revoked"].clone())
        };
        let told = std::cell::OnceCell::new();
        bought(async |bought| {
            let dispute = bought.is_disputed(9_900).await;
            bought.is_decided(&dispute, outcome).await;
            told.set(what_is_left(bought).await).unwrap();
        });
        bought(async |bought| {
            bought.is_decided_unheard(outcome).await;
            let_hours_pass(bought.app, 25).await;
            assert_eq!(what_is_left(bought).await, *told.get().unwrap(), "{outcome}");
        });
    }
}

#[test]
fn stripe_is_asked_once_a_day_and_no_more_once_the_bank_has_decided() {
    bought(async |bought| {
        let dispute = bought.is_disputed(9_900).await;
        let_hours_pass(bought.app, 23).await;
        assert!(bought.asked().is_empty(), "its event is likelier to come by itself");
        for days in 1..=5 {
            let_hours_pass(bought.app, 24).await;
            assert_eq!(bought.asked().len(), days);
        }
        assert_eq!(bought.status().await, DisputeStatus::Open);
        assert_eq!(bought.told(), ["dispute.opened"], "nothing new is not told");
        befalls(bought.app, GatewayId::Stripe, json!({ "fault": "callback_lost" })).await;
        bought.is_decided(&dispute, "won").await;
        let_hours_pass(bought.app, 5 * 24).await;
        assert_eq!((bought.status().await, bought.asked().len()), (DisputeStatus::Won, 6));

        let secret = &bought.app.setup().merchant.stripe.secret_key;
        for request in bought.asked() {
            assert_eq!(request.method(), Method::GET);
            assert_eq!(request.uri().path(), format!("/v1/disputes/{dispute}"));
            assert_eq!(request.uri().query(), None);
            assert_eq!(request.headers()["authorization"], format!("Bearer {secret}"));
            assert_eq!(request.headers()["stripe-version"], API_VERSION);
            let others = request.headers().iter().filter(|(name, _)| *name != "authorization");
            assert!(others.into_iter().all(|(_, value)| !value.to_str().unwrap().contains(secret)));
        }
    });
}

#[test]
fn a_dispute_that_is_decided_by_its_event_is_not_asked_about() {
    for (outcome, status) in OUTCOMES {
        bought(async |bought| {
            let dispute = bought.is_disputed(9_900).await;
            bought.is_decided(&dispute, outcome).await;
            let_hours_pass(bought.app, 49).await;
            assert_eq!((bought.status().await, bought.asked().len()), (status, 0));
        });
    }
}

#[test]
fn a_question_without_an_answer_is_asked_again_a_day_later() {
    for fault in
        ["timeout_before_effect", "timeout_after_effect", "server_error", "rate_limited", "system_error"]
    {
        bought(async |bought| {
            bought.is_decided_unheard("lost").await;
            let before = bought.books().await;
            befalls(bought.app, GatewayId::Stripe, json!({ "fault": fault, "operation": "other" })).await;
            let_hours_pass(bought.app, 47).await;
            assert!(!bought.asked().is_empty());
            assert_eq!(
                (bought.status().await, bought.books().await),
                (DisputeStatus::Open, before),
                "{fault}"
            );
            all_is_well_again(bought.app).await;
            let_hours_pass(bought.app, 1).await;
            assert_eq!(
                (bought.status().await, bought.books().await),
                (DisputeStatus::Lost, [0; 4]),
                "{fault}"
            );
        });
    }
    for fault in
        [Fault::CallLost { port: Port::Http, nth: 1 }, Fault::AnswerLost { port: Port::Http, nth: 1 }]
    {
        bought(async |bought| {
            bought.is_decided_unheard("lost").await;
            bought.app.world.faults.plan(fault);
            let_hours_pass(bought.app, 24).await;
            assert!(bought.app.world.faults.lift());
            assert_eq!(bought.status().await, DisputeStatus::Open);
            let_hours_pass(bought.app, 24).await;
            assert_eq!(bought.status().await, DisputeStatus::Lost);
        });
    }
}

#[test]
fn an_answer_that_does_not_say_what_the_bank_decided_decides_nothing() {
    let refused = |code: &str| {
        json!({ "error": { "type": "invalid_request_error", "code": code, "message": "…" } }).to_string()
    };
    let changed = [
        json!({ "status": "settled" }),
        json!({ "status": "warning_closed" }),
        json!({ "id": "du_1Another" }),
        json!({ "livemode": true }),
        json!({ "object": "refund" }),
        json!({ "payment_intent": null }),
    ];
    for at in 0..changed.len() + 4 {
        bought(async |bought| {
            let dispute = bought.is_decided_unheard("lost").await;
            let before = bought.books().await;
            let (status, body) = match at.checked_sub(changed.len()) {
                None => (200, bought.told_wrongly(&dispute, &changed[at]).await),
                Some(0) => (404, refused("resource_missing")),
                Some(1) => (401, refused("api_key_expired")),
                Some(2) => (200, "<html>all is well</html>".to_owned()),
                Some(_) => (500, bought.told_wrongly(&dispute, &json!({})).await),
            };
            bought.is_answered_next(&dispute, status, body.clone());
            let_hours_pass(bought.app, 24).await;
            assert_eq!(bought.asked().len(), 1);
            assert_eq!(
                (bought.status().await, bought.books().await),
                (DisputeStatus::Open, before),
                "{body}"
            );
            let_hours_pass(bought.app, 24).await;
            assert_eq!(bought.status().await, DisputeStatus::Lost, "{body}");
        });
    }
}

#[test]
fn an_answer_about_another_amount_or_payment_is_put_aside_and_changes_nothing() {
    for (changes, why) in [
        (json!({ "amount": 9_899 }), "expected 9900, got 9899"),
        (json!({ "amount": 9_901 }), "expected 9900, got 9901"),
        (json!({ "amount": 0 }), "expected 9900, got 0"),
        (json!({ "currency": "usd" }), "expected CNY, got USD"),
        (json!({ "payment_intent": "pi_another" }), "unknown merchant number pi_another"),
    ] {
        bought(async |bought| {
            let dispute = bought.is_decided_unheard("lost").await;
            let before = (bought.books().await, bought.known().await, bought.told());
            bought.is_answered_next(&dispute, 200, bought.told_wrongly(&dispute, &changes).await);
            let_hours_pass(bought.app, 24).await;
            assert_eq!((bought.books().await, bought.known().await, bought.told()), before, "{changes}");
            assert!(bought.platform.opens("alice", "rust-101").await);
            let apart = bought.quarantined().await;
            assert_eq!(apart.len(), 1, "{apart:?}");
            assert_eq!((apart[0]["detail"].as_str(), apart[0]["deliveries"].as_i64()), (Some(why), Some(1)));
            assert_eq!(apart[0]["merchant_no"], bought.merchant_no);
            assert!(apart[0]["notice_key"].as_str().unwrap().ends_with(&dispute), "{apart:?}");
            // The truth, a day later.
            let_hours_pass(bought.app, 24).await;
            assert_eq!(bought.status().await, DisputeStatus::Lost);
        });
    }
}

#[test]
fn an_event_about_another_amount_than_was_opened_is_put_aside_and_the_answer_decides() {
    for (outcome, status) in OUTCOMES {
        bought(async |bought| {
            let dispute = bought.is_disputed(3_000).await;
            befalls(bought.app, GatewayId::Stripe, json!({ "fault": "callback_wrong_amount" })).await;
            bought.is_decided(&dispute, outcome).await;
            assert_eq!(bought.status().await, DisputeStatus::Open);
            assert_eq!(bought.quarantined().await[0]["detail"], "expected 3000, got 3001");
            let_hours_pass(bought.app, 24).await;
            assert_eq!(bought.status().await, status);
        });
    }
}

#[test]
fn another_time_for_evidence_is_heard_of_by_asking() {
    bought(async |bought| {
        let dispute = bought.is_disputed(9_900).await;
        let due_s = bought.app.now_ms() / 1_000 + 20 * 24 * 60 * 60;
        let moved = json!({ "evidence_details": { "due_by": due_s } });
        bought.is_answered_next(&dispute, 200, bought.told_wrongly(&dispute, &moved).await);
        let_hours_pass(bought.app, 24).await;
        let known = &bought.known().await[0];
        assert_eq!((known.status, known.evidence_due_at_ms), (DisputeStatus::Open, Some(due_s * 1_000)));
        assert_eq!(bought.told(), ["dispute.opened", "dispute.updated"]);
    });
}

#[test]
fn an_event_and_an_answer_that_come_at_once_are_one_end() {
    let mut asked = 0;
    for seed in 1..=12 {
        for (outcome, status) in OUTCOMES {
            let app = NativeApp::start_with(seed, |_| {});
            block_on(async {
                let bought = Bought::by_card(&app).await;
                let dispute = bought.is_disputed(9_900).await;
                app.hold_callbacks(true);
                decides(&app, &dispute, outcome).await;
                app.world.clock.advance_ms(24 * HOUR_MS);
                app.fire_cron().await;
                let events = app.world.network.due_callbacks();
                assert_eq!((events.is_empty(), app.world.queue.len()), (false, 1));
                let calls = events.into_iter().map(|event| app.call(event.request));
                let (answers, _) = join(join_all(calls), app.work_one_message()).await;
                assert!(answers.iter().all(|answer| answer.status().is_success()), "{seed} {outcome}");
                app.let_work_go_on().await;
                assert_eq!(bought.status().await, status, "{seed}");
                asked += bought.asked().len();
                let expected = if outcome == "won" { [9_900, 0, 6_930, 2_970] } else { [0; 4] };
                assert_eq!(bought.books().await, expected, "{seed} {outcome}");
                assert_eq!(bought.told(), ["dispute.opened".to_owned(), format!("dispute.{outcome}")]);
            });
            assert_invariants(&app.world.db);
        }
    }
    assert!(asked > 0, "no answer has met an event");
}

#[test]
fn a_question_that_its_event_has_overtaken_is_not_asked() {
    bought(async |bought| {
        let dispute = bought.is_disputed(9_900).await;
        bought.app.world.clock.advance_ms(24 * HOUR_MS);
        bought.app.fire_cron().await;
        assert_eq!(bought.app.world.queue.len(), 1);
        decides(bought.app, &dispute, "won").await;
        assert!(bought.app.deliver_callbacks().await > 0);
        assert!(bought.app.drain_queue().await > 0);
        assert_eq!((bought.status().await, bought.asked().len()), (DisputeStatus::Won, 0));
    });
}

#[test]
fn a_crash_anywhere_in_asking_is_made_up_for_by_the_next_day() {
    for nth in 1.. {
        let app = NativeApp::start();
        let has_crashed = block_on(async {
            let bought = Bought::by_card(&app).await;
            bought.is_decided_unheard("lost").await;
            app.world.clock.advance_ms(24 * HOUR_MS);
            app.world.faults.plan(Fault::Crash { nth });
            let asking = async {
                app.fire_cron().await;
                app.drain_queue().await;
            };
            let has_crashed = app.world.faults.unless_crashed(asking).await.is_none();
            app.world.faults.lift();
            app.let_work_go_on().await;
            let_hours_pass(&app, 25).await;
            assert_eq!(bought.status().await, DisputeStatus::Lost, "{nth}");
            assert_eq!(bought.books().await, [0; 4], "{nth}");
            let mut told = bought.told();
            // What was being delivered is delivered again: the platform knows a repeat by its `webhook-id`.
            told.dedup();
            assert_eq!(told, ["dispute.opened", "dispute.lost"], "{nth}");
            has_crashed
        });
        assert_invariants(&app.world.db);
        if !has_crashed {
            assert!(nth > 8, "only {nth} awaits");
            break;
        }
    }
}
