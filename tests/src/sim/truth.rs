//! Is what we hold what the gateways know?

use std::collections::{BTreeMap, BTreeSet};

use coursepay_edge::app::ports::Row;
use serde_json::Value;

use crate::actors::gateway::payments;
use crate::message::{Answer, Ask};
use crate::native::app::NativeApp;
use crate::target::Target as _;

/// What a gateway knows of a payment.
struct Known {
    is_paid: bool,
    amount_minor: i64,
    refunded_minor: i64,
    /// And what may have been, and came back: until we hear of that, we say that it went.
    taken_back_minor: i64,
    /// How much each refund gives back that it was asked for.
    refunds: Vec<i64>,
    /// How much each of those that it has neither paid nor refused.
    unpaid_refunds: Vec<i64>,
}

/// Whether a payment, as the sandbox lists it, was paid.
pub(super) fn is_paid(payment: &Value) -> bool {
    payment["outcome"] == "paid" || !payment["paid_at_ms"].is_null()
}

async fn known(app: &NativeApp) -> BTreeMap<String, Known> {
    let number = |value: &Value| value["number"].as_str().expect("a number").to_owned();
    let minor = |value: &Value| value["amount_minor"].as_i64().expect("an amount");
    let known = |payment: &Value| {
        let refunds = payment["refunds"].as_array().expect("refunds");
        let is_done = |refund: &&Value| {
            matches!(refund["status"].as_str(), Some("SUCCESS" | "REFUND_SUCCESS" | "succeeded"))
        };
        let is_taken_back = |refund: &&Value| refund["status"] == "failed";
        let known = Known {
            is_paid: is_paid(payment),
            amount_minor: minor(payment),
            refunded_minor: refunds.iter().filter(is_done).map(minor).sum(),
            taken_back_minor: refunds.iter().filter(is_taken_back).map(minor).sum(),
            refunds: refunds.iter().map(minor).collect(),
            unpaid_refunds: refunds.iter().filter(|refund| !is_done(refund)).map(minor).collect(),
        };
        (number(payment), known)
    };
    payments(app).await.iter().map(known).collect()
}

fn text(row: &Row, column: &str) -> String {
    row.0[column].as_str().unwrap_or_else(|| panic!("{column} is no text in {row:?}")).to_owned()
}

fn number(row: &Row, column: &str) -> i64 {
    row.0[column].as_i64().unwrap_or_else(|| panic!("{column} is no number in {row:?}"))
}

/// Money we say came did come, and money we say went did go.
pub(super) async fn nothing_is_held_that_no_gateway_knows(app: &NativeApp) {
    let known = known(app).await;
    let sql = "SELECT a.id, a.amount_minor, (SELECT coalesce(sum(amount_minor), 0) FROM refunds r
               WHERE r.attempt_id = a.id AND r.status = 'succeeded') AS refunded
               FROM attempts a WHERE a.status = 'paid' AND a.method <> 'wallet'";
    for paid in app.world.db.rows(sql, &[]) {
        let id = text(&paid, "id");
        let at_gateway = known.get(&id).unwrap_or_else(|| panic!("{id} is paid and no gateway knows it"));
        assert!(at_gateway.is_paid, "{id} is paid and its gateway says otherwise");
        assert_eq!(at_gateway.amount_minor, number(&paid, "amount_minor"), "{id}");
        let refunded = number(&paid, "refunded");
        let went = at_gateway.refunded_minor + at_gateway.taken_back_minor;
        assert!(refunded <= went, "{id}: {refunded} went back, {went} say they");
    }
    let ours = app.world.db.rows("SELECT attempt_id, amount_minor FROM refunds", &[]);
    let mut asked: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for refund in ours {
        asked.entry(text(&refund, "attempt_id")).or_default().push(number(&refund, "amount_minor"));
    }
    for (id, known) in known {
        let asked = asked.entry(id.clone()).or_default();
        // Not every gateway calls a refund by our number; each was asked for once all the same.
        for minor in known.refunds {
            let place = asked.iter().position(|asked| *asked == minor);
            asked.remove(place.unwrap_or_else(|| panic!("{id}: {minor} goes back, and nobody asked for it")));
        }
    }
}

/// What the banks have decided is what we know, of every dispute that we were told of.
pub(super) async fn disputes_are_as_the_banks_say(app: &NativeApp) {
    let secret = format!("Bearer {}", app.setup().merchant.stripe.secret_key);
    let ask = Ask::get("/v1/disputes?limit=100").header("authorization", &secret);
    let listing: Value = Answer(app.call_sandbox(ask.to(&app.setup().sandbox_url)).await).read(200);
    for dispute in listing["data"].as_array().expect("disputes") {
        let id = dispute["id"].as_str().expect("an id");
        let sql = "SELECT status FROM disputes WHERE gateway_no = ?1";
        let ours = app.world.db.rows(sql, &[id.into()]);
        let Some(ours) = ours.first() else { continue };
        let theirs = match dispute["status"].as_str() {
            Some("won") => "won",
            Some("lost") => "lost",
            _ => "open",
        };
        assert_eq!(text(ours, "status"), theirs, "dispute {id}");
    }
}

/// Nothing is open, nothing is lost, and clearing is what the gateways hold for us.
pub(super) async fn every_cent_has_come_to_rest(app: &NativeApp) {
    let none = |what: &str, sql: &str| {
        let rows = app.world.db.rows(sql, &[]);
        assert!(rows.is_empty(), "{what}: {rows:?}");
    };
    none("orders that wait", "SELECT id FROM orders WHERE status = 'awaiting_payment'");
    let at_gateways = known(app).await;
    let sql =
        "SELECT attempt_id, amount_minor, is_overdue FROM refunds WHERE status IN ('requested', 'pending')";
    for waiting in app.world.db.rows(sql, &[]) {
        // Some never go on by themselves: the platform was told, and the money stays set aside.
        let known = &at_gateways[&text(&waiting, "attempt_id")];
        let waits_there = known.unpaid_refunds.contains(&number(&waiting, "amount_minor"));
        assert!(waits_there && number(&waiting, "is_overdue") == 1, "a refund waits: {waiting:?}");
    }
    none(
        "messages that nobody heard",
        "SELECT message_id FROM outbox_deliveries WHERE delivered_at_ms IS NULL",
    );
    let heard: BTreeSet<String> = app
        .webhooks()
        .iter()
        .filter_map(|webhook| Some(webhook.headers().get("webhook-id")?.to_str().ok()?.to_owned()))
        .collect();
    for message in app.world.db.rows("SELECT id FROM outbox_messages", &[]) {
        assert!(heard.contains(&text(&message, "id")), "{message:?} is said to be delivered");
    }
    for (id, known) in at_gateways {
        let ours =
            app.world.db.rows("SELECT status, method FROM attempts WHERE id = ?1", &[id.as_str().into()]);
        let ours = ours.first().unwrap_or_else(|| panic!("{id} is known at a gateway and not to us"));
        if known.is_paid {
            assert_eq!(text(ours, "status"), "paid", "{id} was paid at its gateway");
            let back = "SELECT coalesce(sum(amount_minor), 0) AS n FROM refunds
                        WHERE attempt_id = ?1 AND status = 'succeeded'";
            let back = number(&app.world.db.rows(back, &[id.as_str().into()])[0], "n");
            assert_eq!(back, known.refunded_minor, "{id}: what went back");
        } else {
            assert_ne!(text(ours, "status"), "paid", "{id}");
        }
    }
    // Where a gateway would not pay it back, somebody was told.
    let surplus = "SELECT a.id FROM attempts a WHERE a.settled = 0 AND NOT EXISTS
                   (SELECT 1 FROM refunds r WHERE r.attempt_id = a.id AND (r.is_overdue = 1
                   OR r.status IN ('succeeded', 'needs_attention', 'failed')))
                   AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.attempt_id = a.id)";
    none("surplus that did not go back", surplus);
}
