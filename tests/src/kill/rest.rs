//! How does time pass for a Worker whose clock is the machine's, and how does everything come to rest?
//!
//! Nobody moves that clock. What is due is a row, so rows are moved instead: a schedule that comes earlier by a minute
//! is one for which a minute has passed.

use std::collections::BTreeMap;

use coursepay_edge::app::ports::Param;
use http::Method;
use serde_json::{Value, json};

use super::{number, text};
use crate::actors::webhook::Webhook;
use crate::message::{Answer, Ask};
use crate::native::sqlite::Sqlite;
use crate::target::Target as _;
use crate::workerd::Workerd;

/// Longer than any gateway waits before it calls back again, but for the last times.
const LATER_MS: i64 = 60 * 60 * 1_000;

/// What is asked again, and told again, by itself.
const SCHEDULED: [&str; 3] = ["attempts", "refunds", "outbox_deliveries"];

/// What is not at rest.
const OPEN: &str = "SELECT 'order ' || id AS what FROM orders WHERE status = 'awaiting_payment'
    UNION ALL SELECT 'refund ' || id FROM refunds WHERE status IN ('requested', 'pending')
    UNION ALL SELECT 'message ' || message_id FROM outbox_deliveries WHERE delivered_at_ms IS NULL";

/// Lets `ms` pass by every schedule.
///
/// # Errors
/// When the Worker dies meanwhile.
pub(super) async fn schedules_move_on(worker: &Workerd, ms: i64) -> anyhow::Result<()> {
    for table in SCHEDULED {
        let sql = format!(
            "UPDATE {table} SET next_at_ms = max(1, next_at_ms - CAST(?1 AS INTEGER)) WHERE next_at_ms > 1"
        );
        worker.command(&json!({ "sql": sql, "params": [ms] })).await?;
    }
    Ok(())
}

/// Lets `ms` pass after a Worker was killed: what it held while it ran runs out, and gateways call again.
pub(super) async fn time_passes(worker: &Workerd, ms: i64) {
    schedules_move_on(worker, ms).await.expect("nobody kills it now");
    let leases = "UPDATE idempotency_keys SET lease_until_ms = lease_until_ms - CAST(?1 AS INTEGER)
                  WHERE answer_status IS NULL";
    worker.sql(leases, &[Param::from(ms)]).await.expect("leases run out");
    // Ahead for as long as it takes to deliver, and back: deadlines go by the clock that nobody moves.
    let soon_ms = worker.now_ms() + 5 * 60_000;
    sets_gateways_clock(worker, soon_ms).await;
    let callbacks = || Ask::get("/sandbox/callbacks.json").to(&worker.setup().sandbox_url);
    worker
        .until("what is due is delivered", async || {
            let listed: Value = Answer(worker.call_sandbox(callbacks()).await).read(200);
            let listed = listed["callbacks"].as_array().expect("callbacks");
            !listed
                .iter()
                .any(|callback| callback["next_at_ms"].as_i64().is_some_and(|due_ms| due_ms <= soon_ms))
        })
        .await;
    sets_gateways_clock(worker, worker.now_ms()).await;
}

async fn sets_gateways_clock(worker: &Workerd, at_ms: i64) {
    let ask = Ask::post("/sandbox/clock").json(&json!({ "set_ms": at_ms }));
    Answer(worker.call_sandbox(ask.to(&worker.setup().sandbox_url)).await).expect(200);
}

/// Nothing goes wrong any more, orders that nobody pays end, and minutes pass until nothing is left to do.
pub(super) async fn comes(worker: &Workerd) {
    let stop = Ask::get("/sandbox/faults").method(Method::DELETE).to(&worker.setup().sandbox_url);
    Answer(worker.call_sandbox(stop).await).expect(200);
    sets_gateways_clock(worker, worker.now_ms() + LATER_MS).await;
    let over = "UPDATE orders SET expires_at_ms = created_at_ms + 1, next_at_ms = 1 WHERE status = 'awaiting_payment'";
    worker
        .until("everything has come to rest", async || {
            worker.sql(over, &[]).await.expect("orders come to their end");
            schedules_move_on(worker, LATER_MS).await.expect("nobody kills it now");
            worker.fire_cron().await;
            worker.sql(OPEN, &[]).await.expect("what is open").is_empty()
        })
        .await;
}

/// The platform has heard of every paid order, and whatever it heard twice had the same id.
pub(super) fn everybody_was_told(worker: &Workerd, left: &Sqlite) {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in worker.webhooks() {
        let webhook = Webhook::verified(&request, &worker.setup().webhook_secret);
        if webhook.body["type"] == "order.paid" {
            let order = webhook.body["data"]["order"]["id"].as_str().map(str::to_owned);
            let ids = told.entry(order.unwrap_or_else(|| panic!("no order: {}", webhook.body))).or_default();
            if !ids.contains(&webhook.id) {
                ids.push(webhook.id);
            }
        }
    }
    for order in left.rows("SELECT id, (status = 'paid') AS paid FROM orders", &[]) {
        let ids = told.get(&text(&order, "id")).map_or(0, Vec::len);
        assert_eq!(
            i64::try_from(ids).expect("a length"),
            number(&order, "paid"),
            "told of {}",
            text(&order, "id")
        );
    }
}
