//! Is what we hold what the gateways know?

use std::collections::BTreeMap;

use coursepay_edge::app::ports::Row;
use serde_json::Value;

use crate::actors::gateway::payments;
use crate::native::app::NativeApp;

/// What a gateway knows of a payment.
struct Known {
    is_paid: bool,
    amount_minor: i64,
    refunded_minor: i64,
}

async fn known(app: &NativeApp) -> BTreeMap<String, Known> {
    let known = |payment: &Value| {
        let refunds = payment["refunds"].as_array().expect("refunds").iter();
        let done = refunds.filter(|refund| {
            matches!(refund["status"].as_str(), Some("SUCCESS" | "REFUND_SUCCESS" | "succeeded"))
        });
        let refunded_minor = done.map(|refund| refund["amount_minor"].as_i64().expect("an amount")).sum();
        let number = payment["number"].as_str().expect("a number").to_owned();
        let is_paid = payment["outcome"] == "paid" || !payment["paid_at_ms"].is_null();
        (
            number,
            Known {
                is_paid,
                amount_minor: payment["amount_minor"].as_i64().expect("an amount"),
                refunded_minor,
            },
        )
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
        assert!(
            refunded <= at_gateway.refunded_minor,
            "{id}: {refunded} went back, {} say they",
            at_gateway.refunded_minor
        );
    }
}

/// Nothing is open, nothing is lost, and clearing is what the gateways hold for us.
pub(super) async fn every_cent_has_come_to_rest(app: &NativeApp) {
    let none = |what: &str, sql: &str| {
        let rows = app.world.db.rows(sql, &[]);
        assert!(rows.is_empty(), "{what}: {rows:?}");
    };
    none("orders that wait", "SELECT id FROM orders WHERE status = 'awaiting_payment'");
    none(
        "refunds that wait",
        "SELECT id, status, code FROM refunds WHERE status IN ('requested', 'pending')",
    );
    none(
        "messages that nobody heard",
        "SELECT message_id FROM outbox_deliveries WHERE delivered_at_ms IS NULL",
    );
    for (id, known) in known(app).await {
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
    let surplus = "SELECT a.id FROM attempts a WHERE a.settled = 0 AND NOT EXISTS
                   (SELECT 1 FROM refunds r WHERE r.attempt_id = a.id AND r.status IN ('succeeded', 'needs_attention'))
                   AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.attempt_id = a.id)";
    none("surplus that did not go back", surplus);
}
