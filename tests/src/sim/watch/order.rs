//! Does everything that an order holds fit together?

use std::collections::BTreeMap;

use coursepay_core::order::event::chain_hash;
use coursepay_edge::app::ports::Row;
use serde_json::Value;

use crate::native::sqlite::Sqlite;
use crate::sim::watch::{number, optional, text};

/// An order as it was last seen.
#[derive(Default)]
pub(super) struct Seen {
    sequence: i64,
    head: [u8; 32],
    status: String,
    lines: Vec<Line>,
    /// Of attempts, refunds and disputes, by their ids.
    statuses: BTreeMap<String, String>,
    refunds: Vec<Refund>,
}

struct Line {
    product: String,
    net_minor: i64,
    /// Each creator's basis points.
    shares: Vec<(String, i64)>,
}

struct Refund {
    id: String,
    attempt: String,
    status: String,
    money: String,
    amount_minor: i64,
    is_surplus: bool,
    lines: BTreeMap<String, i64>,
}

impl Refund {
    /// Whether what it gives back is gone from those who had earned it.
    fn takes(&self) -> bool {
        self.status != "failed" && self.money != "paid_after_failure"
    }

    /// Whether it holds money in `refunds:reserved`.
    fn reserves(&self) -> bool {
        matches!(self.status.as_str(), "requested" | "pending")
            || matches!(self.money.as_str(), "kept" | "taken_back")
    }
}

impl Seen {
    pub(super) const fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Whether a bank has taken some of its money, or keeps it.
    pub(super) fn is_disputed(&self) -> bool {
        self.statuses.values().any(|status| status == "open" || status == "lost")
    }

    /// What can still be given back of the sale, by line.
    pub(super) fn left(&self) -> BTreeMap<String, i64> {
        let taken = |line: &Line| -> i64 {
            let refunds = self.refunds.iter().filter(|refund| refund.takes());
            refunds.filter_map(|refund| refund.lines.get(&line.product)).sum()
        };
        self.lines.iter().map(|line| (line.product.clone(), line.net_minor - taken(line))).collect()
    }

    /// Reads on, and holds all of it together; whether a gateway is said to have moved money.
    pub(super) fn read_on(&mut self, db: &Sqlite, id: &str) -> bool {
        self.history_goes_on(db, id);
        let order = &db.rows("SELECT status, lines FROM orders WHERE id = ?1", &[id.into()])[0];
        let mut is_news = false;
        let status = text(order, "status");
        goes_on(id, "order", &self.status, &status);
        self.status = status;
        if self.lines.is_empty() {
            self.lines = lines(&text(order, "lines"));
        }
        let read = |sql: &str| db.rows(sql, &[id.into()]);
        let attempts =
            read("SELECT id, method, status, amount_minor, settled FROM attempts WHERE order_id = ?1");
        let disputes = read("SELECT id, status, amount_minor, takes FROM disputes WHERE order_id = ?1");
        let refunds = read(
            "SELECT id, attempt_id, status, coalesce(money, '') AS money, amount_minor, purpose FROM refunds
             WHERE order_id = ?1",
        );
        for (kind, row) in attempts
            .iter()
            .map(|row| ("attempt", row))
            .chain(refunds.iter().map(|row| ("refund", row)))
            .chain(disputes.iter().map(|row| ("dispute", row)))
        {
            let money = optional(row, "money").filter(|money| !money.is_empty());
            let status = money.unwrap_or_else(|| text(row, "status"));
            let known = self.statuses.entry(text(row, "id")).or_default();
            goes_on(&text(row, "id"), kind, known, &status);
            is_news |= *known != status && matches!(status.as_str(), "paid" | "succeeded");
            *known = status;
        }
        self.refunds = refunds.iter().map(refund).collect();
        let legs = read(
            "SELECT e.kind, e.cause, p.account, iif(p.side = 'credit', p.amount_minor, -p.amount_minor) AS minor
             FROM ledger_entries e JOIN ledger_postings p ON p.entry_sequence = e.sequence WHERE e.order_id = ?1",
        );
        self.money_is_booked_once(id, &attempts, &legs);
        self.no_more_goes_back_than_came(id, &attempts);
        self.accounts_hold_what_is_open(id, &attempts, &disputes, &legs);
        self.creators_have_their_shares(id, &disputes, &legs);
        self.access_is_what_is_paid(id, &disputes, db);
        self.everybody_is_told(id, db);
        is_news
    }

    fn history_goes_on(&mut self, db: &Sqlite, id: &str) {
        let sql = "SELECT sequence, body, hash FROM order_events WHERE order_id = ?1
                   AND sequence > CAST(?2 AS INTEGER) ORDER BY sequence";
        for event in db.rows(sql, &[id.into(), self.sequence.into()]) {
            self.sequence += 1;
            assert_eq!(number(&event, "sequence"), self.sequence, "{id} has a gap");
            self.head = chain_hash(&self.head, text(&event, "body").as_bytes());
            assert_eq!(hex::encode(self.head), text(&event, "hash"), "{id} was rewritten");
        }
        let order = &db.rows("SELECT sequence, head_hash FROM orders WHERE id = ?1", &[id.into()])[0];
        assert_eq!(number(order, "sequence"), self.sequence, "{id} knows its last event");
        assert_eq!(text(order, "head_hash"), hex::encode(self.head), "{id} knows its head");
    }

    /// Each capture is one sale or one surplus, and there is no other; the sale is shared as its lines say.
    fn money_is_booked_once(&self, id: &str, attempts: &[Row], legs: &[Row]) {
        let paid: Vec<&Row> = attempts.iter().filter(|attempt| text(attempt, "status") == "paid").collect();
        let mut booked = BTreeMap::new();
        for leg in legs {
            if matches!(text(leg, "kind").as_str(), "sale" | "surplus") {
                booked.insert(text(leg, "cause"), text(leg, "kind"));
            }
        }
        let expected = paid.iter().map(|attempt| {
            let kind = if number(attempt, "settled") == 1 { "sale" } else { "surplus" };
            (format!("capture:{}", text(attempt, "id")), kind.to_owned())
        });
        assert_eq!(booked, expected.collect(), "{id}: what is booked as received");
        let settled = paid.iter().filter(|attempt| number(attempt, "settled") == 1).count();
        assert_eq!(settled, usize::from(self.status == "paid"), "{id}: payments that settled it");
        if self.status != "paid" {
            return;
        }
        let mut shared: BTreeMap<String, i64> = BTreeMap::new();
        for leg in legs.iter().filter(|leg| text(leg, "kind") == "sale" && number(leg, "minor") > 0) {
            *shared.entry(text(leg, "account")).or_default() += number(leg, "minor");
        }
        let mut due: BTreeMap<String, i64> = BTreeMap::new();
        for line in &self.lines {
            let mut rest = line.net_minor;
            for (creator, bps) in &line.shares {
                let part = share(line.net_minor, *bps);
                rest -= part;
                *due.entry(pending(creator)).or_default() += part;
            }
            *due.entry("platform:fees".to_owned()).or_default() += rest;
        }
        due.retain(|_, minor| *minor > 0);
        assert_eq!(shared, due, "{id}: who earns how much");
    }

    fn no_more_goes_back_than_came(&self, id: &str, attempts: &[Row]) {
        for attempt in attempts {
            let refunds = self.refunds.iter().filter(|refund| refund.attempt == text(attempt, "id"));
            let back: i64 =
                refunds.filter(|refund| refund.status != "failed").map(|refund| refund.amount_minor).sum();
            let is_paid = text(attempt, "status") == "paid";
            let came = if is_paid { number(attempt, "amount_minor") } else { 0 };
            assert!(back <= came, "{id}: {came} came and {back} goes back");
        }
    }

    fn accounts_hold_what_is_open(&self, id: &str, attempts: &[Row], disputes: &[Row], legs: &[Row]) {
        let held = |account: &str| -> i64 {
            legs.iter().filter(|leg| text(leg, "account") == account).map(|leg| number(leg, "minor")).sum()
        };
        let reserved: i64 =
            self.refunds.iter().filter(|refund| refund.reserves()).map(|refund| refund.amount_minor).sum();
        assert_eq!(held("refunds:reserved"), reserved, "{id}: what is set aside for refunds");
        let open = disputes.iter().filter(|dispute| text(dispute, "status") == "open");
        let open: i64 = open.map(|dispute| number(dispute, "amount_minor")).sum();
        assert_eq!(-held("gateway:stripe:disputed"), open, "{id}: what banks have taken for now");
        let surplus = attempts
            .iter()
            .filter(|attempt| text(attempt, "status") == "paid" && number(attempt, "settled") == 0)
            .map(|attempt| number(attempt, "amount_minor"))
            .sum::<i64>();
        let returning = self.refunds.iter().filter(|refund| {
            (refund.is_surplus && refund.status != "failed")
                || (!refund.is_surplus && refund.money == "paid_after_failure")
        });
        let returning: i64 = returning.map(|refund| refund.amount_minor).sum();
        let lost = disputes.iter().filter(|dispute| {
            text(dispute, "status") == "lost"
                && optional(dispute, "takes").is_some_and(|takes| takes.contains("surplus"))
        });
        let lost: i64 = lost.map(|dispute| number(dispute, "amount_minor")).sum();
        assert_eq!(held("suspense"), surplus - returning - lost, "{id}: surplus that is not on its way back");
    }

    /// Creators have their share of what was not given back, to the unit; of an order wholly given back, nothing.
    fn creators_have_their_shares(&self, id: &str, disputes: &[Row], legs: &[Row]) {
        if self.status != "paid" || disputes.iter().any(|dispute| text(dispute, "status") == "lost") {
            return;
        }
        let left = self.left();
        let has_failed = self.refunds.iter().any(|refund| !refund.is_surplus && !refund.takes());
        let mut due: BTreeMap<String, i64> = BTreeMap::new();
        for line in &self.lines {
            let given = line.net_minor - left[&line.product];
            for (creator, bps) in &line.shares {
                let part = share(line.net_minor, *bps) - share(given, *bps);
                *due.entry(pending(creator)).or_default() += part;
            }
        }
        for (account, minor) in due {
            let of_it = legs.iter().filter(|leg| text(leg, "account") == account);
            let held: i64 = of_it.map(|leg| number(leg, "minor")).sum();
            // A failed refund gives back what it had taken, which may have been rounded the other way.
            let tolerated = if has_failed && left.values().any(|minor| *minor > 0) { 2 } else { 0 };
            assert!((held - minor).abs() <= tolerated, "{id}: {account} is due {minor} and has {held}");
        }
    }

    fn access_is_what_is_paid(&self, id: &str, disputes: &[Row], db: &Sqlite) {
        let sql = "SELECT product_id, revoked_at_ms IS NOT NULL AS is_revoked FROM entitlements WHERE order_id = ?1";
        let grants = db.rows(sql, &[id.into()]);
        let expected = if self.status == "paid" { self.lines.len() } else { 0 };
        assert_eq!(grants.len(), expected, "{id}: what it opens");
        if disputes.iter().any(|dispute| text(dispute, "status") == "lost") {
            return;
        }
        for line in &self.lines {
            let done = self.refunds.iter().filter(|refund| {
                refund.status == "succeeded"
                    || matches!(refund.money.as_str(), "taken_back" | "paid_after_failure")
            });
            let back: i64 = done.clone().filter_map(|refund| refund.lines.get(&line.product)).sum();
            let grant = grants.iter().find(|grant| text(grant, "product_id") == line.product);
            let Some(grant) = grant else { continue };
            // What somebody must look at first is left to them.
            let is_odd = done.clone().any(|refund| !refund.money.is_empty());
            let is_revoked = number(grant, "is_revoked") == 1;
            assert!(
                is_odd || is_revoked == (back >= line.net_minor),
                "{id}: {} of {} is back, and {} is revoked: {is_revoked}",
                back,
                line.net_minor,
                line.product
            );
        }
    }

    fn everybody_is_told(&self, id: &str, db: &Sqlite) {
        let sql = "SELECT m.kind, coalesce(m.refund_id, m.dispute_id, '') AS about,
                   (SELECT count(*) FROM outbox_deliveries d WHERE d.message_id = m.id) AS deliveries
                   FROM outbox_messages m WHERE m.order_id = ?1";
        let mut told: BTreeMap<(String, String), i64> = BTreeMap::new();
        for message in db.rows(sql, &[id.into()]) {
            assert_eq!(number(&message, "deliveries"), 1, "{id}: {message:?} goes to the one endpoint");
            *told.entry((text(&message, "kind"), text(&message, "about"))).or_default() += 1;
        }
        let count =
            |kind: &str, about: &str| told.get(&(kind.to_owned(), about.to_owned())).copied().unwrap_or(0);
        assert_eq!(count("order.paid", ""), i64::from(self.status == "paid"), "{id}: told that it is paid");
        for refund in &self.refunds {
            let kind = match (refund.status.as_str(), refund.money.as_str()) {
                ("succeeded", _) => "refund.succeeded",
                ("failed", _) => "refund.failed",
                ("needs_attention", _) => "refund.needs_attention",
                _ => continue,
            };
            assert_eq!(count(kind, &refund.id), 1, "{id}: told {kind}");
        }
        for (dispute, status) in
            self.statuses.iter().filter(|(_, status)| ["won", "lost"].contains(&status.as_str()))
        {
            assert_eq!(count(&format!("dispute.{status}"), dispute), 1, "{id}: told of its dispute");
        }
    }
}

fn share(minor: i64, bps: i64) -> i64 {
    minor * bps / 10_000
}

fn pending(creator: &str) -> String {
    format!("creator:{creator}:pending")
}

fn lines(json: &str) -> Vec<Line> {
    let lines: Vec<Value> = serde_json::from_str(json).expect("lines");
    let line = |line: &Value| Line {
        product: line["product"].as_str().expect("a product").to_owned(),
        net_minor: line["net_minor"].as_i64().expect("an amount"),
        shares: line["shares"].as_array().expect("shares").iter().map(share_of).collect(),
    };
    lines.iter().map(line).collect()
}

fn share_of(share: &Value) -> (String, i64) {
    (share["creator"].as_str().expect("a creator").to_owned(), share["bps"].as_i64().expect("basis points"))
}

fn refund(row: &Row) -> Refund {
    let purpose: Value = serde_json::from_str(&text(row, "purpose")).expect("a purpose");
    let lines = purpose["lines"].as_array().into_iter().flatten();
    let line = |line: &Value| {
        let product = line["product"].as_str().expect("a product").to_owned();
        (product, line["amount_minor"].as_i64().expect("an amount"))
    };
    Refund {
        id: text(row, "id"),
        attempt: text(row, "attempt_id"),
        status: text(row, "status"),
        money: text(row, "money"),
        amount_minor: number(row, "amount_minor"),
        is_surplus: purpose["purpose"] == "surplus",
        lines: lines.map(line).collect(),
    }
}

/// No state is left for one that comes before it.
fn goes_on(id: &str, kind: &str, from: &str, to: &str) {
    let may = match (kind, from) {
        (_, from) if from.is_empty() || from == to => true,
        ("order", "awaiting_payment") => true,
        ("order", "expired") => to == "paid",
        ("attempt", "created" | "pending" | "processing" | "unknown") => to != "created",
        ("attempt", "closed" | "failed") => to == "paid",
        ("refund", "requested") => true,
        ("refund", "pending") => to != "requested",
        ("refund", "succeeded") => to == "taken_back",
        ("refund", "failed") => to == "paid_after_failure",
        ("refund", "kept") => matches!(to, "succeeded" | "failed"),
        ("dispute", "open") => true,
        _ => false,
    };
    assert!(may, "{kind} {id} went from {from} to {to}");
}
