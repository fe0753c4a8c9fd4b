//! Is what is on the disk what the gateways know, and only once?

use std::collections::BTreeMap;

use serde_json::Value;

use super::{number, text};
use crate::actors::gateway::payments;
use crate::native::sqlite::Sqlite;
use crate::workerd::Workerd;

/// What a gateway says of a callback that tells of a payment, and of one that tells of a refund which is done.
const PAID: [&str; 3] = ["TRADE_SUCCESS", "TRANSACTION.SUCCESS", "checkout.session.completed"];
const REFUNDED: [&str; 1] = ["REFUND.SUCCESS"];

/// What a gateway knows of a payment.
pub(super) struct Payment {
    /// Our number.
    pub(super) number: String,
    pub(super) is_paid: bool,
    amount_minor: i64,
    /// Amount, and whether it is done. (Their numbers are not always ours: Stripe has none for a refund.)
    refunds: Vec<(i64, bool)>,
    /// The kinds of callbacks whose arrival we have acknowledged.
    pub(super) acknowledged: Vec<String>,
}

impl Payment {
    fn of(listed: &Value) -> Self {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let list =
            |name: &str| listed[name].as_array().unwrap_or_else(|| panic!("no {name}: {listed}")).iter();
        let refund = |refund: &Value| {
            let is_done =
                ["SUCCESS", "REFUND_SUCCESS", "succeeded"].contains(&text(refund, "status").as_str());
            (refund["amount_minor"].as_i64().expect("an amount"), is_done)
        };
        Self {
            number: text(listed, "number"),
            is_paid: listed["outcome"] == "paid" || !listed["paid_at_ms"].is_null(),
            amount_minor: listed["amount_minor"].as_i64().expect("an amount"),
            refunds: list("refunds").map(refund).collect(),
            acknowledged: list("callbacks")
                .filter(|callback| callback["acknowledged"] == true)
                .map(|callback| text(callback, "kind"))
                .collect(),
        }
    }

    fn returned_minor(&self) -> i64 {
        self.refunds.iter().filter(|(_, is_done)| *is_done).map(|(minor, _)| minor).sum()
    }
}

/// All that the gateways know. They are asked once the Worker is dead, and so know no less than it.
pub(super) async fn known(worker: &Workerd) -> Vec<Payment> {
    payments(worker).await.iter().map(Payment::of).collect()
}

/// Each learner has wanted one course, one payment of it and at most one refund, however often they said so.
pub(super) fn nothing_is_posted_twice(left: &Sqlite) {
    let none = |what: &str, sql: &str| {
        let rows = left.rows(sql, &[]);
        assert!(rows.is_empty(), "{what}: {rows:?}");
    };
    none("two orders for one wish", "SELECT buyer_id FROM orders GROUP BY buyer_id HAVING count(*) > 1");
    none("two attempts for one wish", "SELECT order_id FROM attempts GROUP BY order_id HAVING count(*) > 1");
    none("two refunds for one wish", "SELECT order_id FROM refunds GROUP BY order_id HAVING count(*) > 1");
    none(
        "two credits for one wish",
        "SELECT user_id FROM wallet_credits GROUP BY user_id HAVING count(*) > 1",
    );
    none(
        "one sale booked twice",
        "SELECT order_id FROM ledger_entries WHERE kind = 'sale' GROUP BY order_id HAVING count(*) > 1",
    );
    none(
        "money credited twice",
        "SELECT account FROM ledger_postings p JOIN ledger_entries e ON e.sequence = p.entry_sequence
         WHERE e.cause LIKE 'credit:%' AND account LIKE 'wallet:%' GROUP BY account HAVING count(*) > 1",
    );
}

/// Whatever a gateway was told was committed first; and money that is booked did come, and did go back.
pub(super) fn nothing_is_held_that_no_gateway_knows(left: &Sqlite, known: &[Payment]) {
    let attempts = by_id(left, "SELECT id, status, amount_minor FROM attempts WHERE method <> 'wallet'");
    let refunds = refunds_by_attempt(left);
    let known: BTreeMap<&str, &Payment> = known.iter().map(|known| (known.number.as_str(), known)).collect();
    for (number, payment) in &known {
        let ours = attempts.get(*number);
        let (_, minor) = ours.unwrap_or_else(|| panic!("{number} is known at a gateway and not to us"));
        assert_eq!(*minor, payment.amount_minor, "the amount of {number}");
        let ours: Vec<i64> = refunds.get(*number).into_iter().map(|(_, minor)| *minor).collect();
        let theirs: Vec<i64> = payment.refunds.iter().map(|(minor, _)| *minor).collect();
        assert!(theirs.is_empty() || theirs == ours, "of {number} went back {theirs:?}, ours is {ours:?}");
    }
    for (id, _) in attempts.iter().filter(|(_, (status, _))| status == "paid") {
        let is_paid = known.get(id.as_str()).is_some_and(|payment| payment.is_paid);
        assert!(is_paid, "{id} is paid and no gateway says so");
    }
}

/// A gateway that was answered "received" says it no more: what it said must be on the disk.
pub(super) fn what_was_acknowledged_to_a_gateway_is_kept(left: &Sqlite, known: &[Payment]) {
    let attempts = by_id(left, "SELECT id, status, amount_minor FROM attempts");
    let refunds = refunds_by_attempt(left);
    for payment in known {
        let acknowledged =
            |kinds: &[&str]| payment.acknowledged.iter().any(|kind| kinds.contains(&kind.as_str()));
        if payment.is_paid && acknowledged(&PAID) {
            assert_eq!(attempts[&payment.number].0, "paid", "{} was acknowledged", payment.number);
        }
        if acknowledged(&REFUNDED) {
            assert_eq!(refunds[&payment.number].0, "succeeded", "a refund of {}", payment.number);
        }
    }
}

/// In the end: all that was paid or went back at a gateway is paid and went back here.
pub(super) fn everything_known_is_booked(left: &Sqlite, known: &[Payment]) {
    let attempts = by_id(left, "SELECT id, status, amount_minor FROM attempts");
    let back = "SELECT a.id, '' AS status, coalesce(sum(r.amount_minor), 0) AS amount_minor FROM attempts a
                LEFT JOIN refunds r ON r.attempt_id = a.id AND r.status = 'succeeded' GROUP BY a.id";
    let back = by_id(left, back);
    for payment in known {
        let number = &payment.number;
        assert_eq!(attempts[number].0 == "paid", payment.is_paid, "{number} is {}", attempts[number].0);
        assert_eq!(back[number].1, payment.returned_minor(), "what went back of {number}");
    }
}

/// Status and amount of the refund of each attempt: there is one at most.
fn refunds_by_attempt(left: &Sqlite) -> BTreeMap<String, (String, i64)> {
    by_id(left, "SELECT attempt_id AS id, status, amount_minor FROM refunds")
}

/// Status and amount by id.
fn by_id(left: &Sqlite, sql: &str) -> BTreeMap<String, (String, i64)> {
    let rows = left.rows(sql, &[]);
    rows.iter().map(|row| (text(row, "id"), (text(row, "status"), number(row, "amount_minor")))).collect()
}
