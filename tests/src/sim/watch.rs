//! What must hold after every step, of all that is new since the last?
//!
//! Asked of the rows themselves. What an order's rows hold is computed here once more from its frozen lines, apart
//! from the code that booked it.

mod books;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use coursepay_edge::app::ports::Row;
use serde_json::Value;

use crate::actors::gateway::payments;
use crate::native::app::NativeApp;
use crate::sim::truth;
use crate::sim::watch::books::Books;
use crate::sim::watch::order::Seen;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Watch {
    books: Books,
    orders: BTreeMap<String, Seen>,
}

impl Watch {
    /// Looks at what is new.
    ///
    /// # Panics
    /// At the first promise that does not hold.
    pub(super) async fn looks(&mut self, app: &NativeApp) {
        let db = &app.world.db;
        let mut touched = self.books.post(db);
        for order in db.rows("SELECT id, sequence FROM orders", &[]) {
            let (id, sequence) = (text(&order, "id"), number(&order, "sequence"));
            if self.orders.get(&id).is_none_or(|seen| seen.sequence() != sequence) {
                touched.insert(id);
            }
        }
        let mut is_news_of_gateways = false;
        for id in touched {
            let seen = self.orders.entry(id.clone()).or_default();
            is_news_of_gateways |= seen.read_on(db, &id);
        }
        if is_news_of_gateways {
            truth::nothing_is_held_that_no_gateway_knows(app).await;
        }
    }

    /// What can still be given back of an order's sale, by line; `None` where a bank has taken some of it.
    pub(super) fn left_of(&self, order: &str) -> Option<BTreeMap<String, i64>> {
        self.orders.get(order).filter(|seen| !seen.is_disputed()).map(Seen::left)
    }

    /// A callback that was acknowledged is in the inbox, or tells of nothing; and where it tells of money, the
    /// money is booked.
    pub(super) async fn is_taken_in(&self, app: &NativeApp, body: &Bytes) {
        let sql = "SELECT merchant_no, outcome FROM callbacks WHERE instr(notice_key, ?1) > 0
                   ORDER BY last_at_ms DESC LIMIT 1";
        let rows = app.world.db.rows(sql, &[notice_id(body).as_str().into()]);
        let Some(row) = rows.first() else {
            assert!(tells_of_nothing(body), "acknowledged and not kept: {}", String::from_utf8_lossy(body));
            return;
        };
        let (merchant_no, outcome) = (text(row, "merchant_no"), text(row, "outcome"));
        let sql = "SELECT status FROM attempts WHERE id = ?1";
        let attempts = app.world.db.rows(sql, &[merchant_no.as_str().into()]);
        let attempt = attempts.first().filter(|_| outcome == "taken" && tells_of_payment(body));
        let Some(attempt) = attempt else { return };
        let known = payments(app).await;
        let is_paid = known.iter().any(|known| known["number"] == *merchant_no && truth::is_paid(known));
        let status = text(attempt, "status");
        assert!(!is_paid || status == "paid", "{merchant_no}: acknowledged as paid, and {status}");
    }
}

/// What a gateway calls its notice, the same with every repeat.
fn notice_id(body: &[u8]) -> String {
    let of_json =
        serde_json::from_slice::<Value>(body).ok().and_then(|event| Some(event["id"].as_str()?.to_owned()));
    let of_form =
        || form_urlencoded::parse(body).find(|(name, _)| name == "notify_id").map(|(_, id)| id.into_owned());
    of_json.or_else(of_form).expect("a notice has an id")
}

/// Whether a notice says that a payment was made.
fn tells_of_payment(body: &[u8]) -> bool {
    let Ok(event) = serde_json::from_slice::<Value>(body) else {
        return form_urlencoded::parse(body)
            .any(|(name, value)| name == "trade_status" && value == "TRADE_SUCCESS");
    };
    match event["type"].as_str() {
        Some("checkout.session.completed") => event["data"]["object"]["payment_status"] == "paid",
        Some(kind) => kind == "checkout.session.async_payment_succeeded",
        None => event["event_type"] == "TRANSACTION.SUCCESS",
    }
}

/// Whether a notice is of a kind that leaves no trace: a trade that waits, an event nobody asked for.
fn tells_of_nothing(body: &[u8]) -> bool {
    const MATTER: [&str; 8] = [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.closed",
    ];
    match serde_json::from_slice::<Value>(body) {
        Ok(event) => event["type"].as_str().is_some_and(|kind| !MATTER.contains(&kind)),
        Err(_) => String::from_utf8_lossy(body).contains("trade_status=WAIT_BUYER_PAY"),
    }
}

/// Which orders changed.
type Touched = BTreeSet<String>;

fn text(row: &Row, column: &str) -> String {
    optional(row, column).unwrap_or_else(|| panic!("{column} is no text in {row:?}"))
}

fn optional(row: &Row, column: &str) -> Option<String> {
    row.0.get(column)?.as_str().map(str::to_owned)
}

fn number(row: &Row, column: &str) -> i64 {
    row.0[column].as_i64().unwrap_or_else(|| panic!("{column} is no number in {row:?}"))
}
