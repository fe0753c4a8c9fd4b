//! What must hold of the database after anything whatsoever?
//!
//! Asked of the rows themselves, not through the app: a mistake in what the app shows cannot hide one in
//! what it keeps.

use std::collections::BTreeMap;

use coursepay_core::order::event::chain_hash;
use coursepay_edge::app::ports::Row;

use crate::native::sqlite::Sqlite;

/// Demands every invariant.
///
/// # Panics
/// At the first that is broken, saying which.
pub fn assert_invariants(db: &Sqlite) {
    entries_balance_and_are_posted(db);
    accounts_sum_to_nothing(db);
    history_is_chained(db);
    money_is_a_sale_or_a_surplus(db);
    surplus_is_listed_with_its_fate(db);
    refunds_are_reserved_and_within_what_came(db);
    what_banks_have_taken_is_disputed(db);
    paid_orders_are_opened_and_told(db);
}

fn entries_balance_and_are_posted(db: &Sqlite) {
    let postings = db.rows("SELECT * FROM ledger_postings ORDER BY entry_sequence, leg", &[]);
    let mut balances: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut sums: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for posting in &postings {
        let amount = if text(posting, "side") == "debit" { 1 } else { -1 } * number(posting, "amount_minor");
        let (account, currency) = (text(posting, "account"), text(posting, "currency"));
        *sums.entry((number(posting, "entry_sequence"), currency.clone())).or_default() += amount;
        let balance = balances.entry((account.clone(), currency)).or_default();
        *balance += amount;
        assert_eq!(
            *balance,
            number(posting, "debit_balance_minor"),
            "{account} runs on from its last posting"
        );
        assert!(!account.starts_with("wallet:") || *balance <= 0, "{account} is overdrawn");
    }
    for ((entry, currency), sum) in sums {
        assert_eq!(sum, 0, "entry {entry} does not balance in {currency}");
    }
    let legs = "SELECT coalesce(sum(json_array_length(legs)), 0) AS n FROM ledger_entries";
    assert_eq!(number(&db.rows(legs, &[])[0], "n"), count(postings.len()), "every leg is posted once");
}

fn accounts_sum_to_nothing(db: &Sqlite) {
    let latest = "SELECT currency, sum(debit_balance_minor) AS n FROM ledger_postings p
                  WHERE entry_sequence = (SELECT max(entry_sequence) FROM ledger_postings l
                                          WHERE l.account = p.account AND l.currency = p.currency)
                  GROUP BY currency";
    for row in db.rows(latest, &[]) {
        assert_eq!(number(&row, "n"), 0, "all accounts together hold nothing: {row:?}");
    }
}

fn history_is_chained(db: &Sqlite) {
    for order in db.rows("SELECT id, sequence, head_hash FROM orders", &[]) {
        let id = text(&order, "id");
        let sql = "SELECT sequence, body, hash FROM order_events WHERE order_id = ?1 ORDER BY sequence";
        let mut previous = [0; 32];
        let events = db.rows(sql, &[id.as_str().into()]);
        for (place, event) in events.iter().enumerate() {
            assert_eq!(number(event, "sequence"), count(place) + 1, "{id} has a gap");
            previous = chain_hash(&previous, text(event, "body").as_bytes());
            assert_eq!(hex::encode(previous), text(event, "hash"), "{id} was rewritten at {}", place + 1);
        }
        assert_eq!(number(&order, "sequence"), count(events.len()), "{id} knows its last event");
        assert_eq!(text(&order, "head_hash"), hex::encode(previous), "{id} knows its head");
    }
}

fn money_is_a_sale_or_a_surplus(db: &Sqlite) {
    let attempts = "SELECT a.id, a.amount_minor, a.settled, e.kind FROM attempts a
                    LEFT JOIN ledger_entries e ON e.cause = 'capture:' || a.id WHERE a.status = 'paid'";
    let paid = db.rows(attempts, &[]);
    let mut surplus = 0;
    for attempt in &paid {
        let expected = if number(attempt, "settled") == 1 { "sale" } else { "surplus" };
        assert_eq!(text(attempt, "kind"), expected, "the money of attempt {}", text(attempt, "id"));
        surplus += if expected == "surplus" { number(attempt, "amount_minor") } else { 0 };
    }
    let booked = "SELECT count(*) AS n FROM ledger_entries WHERE kind IN ('sale', 'surplus')";
    assert_eq!(
        number(&db.rows(booked, &[])[0], "n"),
        count(paid.len()),
        "nothing else is booked as received"
    );
    assert_eq!(
        held(db, "suspense"),
        surplus - returning(db),
        "suspense holds the surplus that is not on its way back"
    );
}

fn surplus_is_listed_with_its_fate(db: &Sqlite) {
    let unlisted = "SELECT a.id FROM attempts a LEFT JOIN surplus s ON s.attempt_id = a.id
                    AND s.amount_minor = a.amount_minor AND s.currency = a.currency AND s.order_id = a.order_id
                    WHERE iif(a.settled = 0, 1, 0) <> (s.attempt_id IS NOT NULL)";
    assert!(db.rows(unlisted, &[]).is_empty(), "surplus is listed, and nothing else");
    let fates = "SELECT s.fate,
                 (SELECT group_concat(status) FROM disputes WHERE attempt_id = s.attempt_id) AS disputes,
                 (SELECT group_concat(status) FROM refunds WHERE attempt_id = s.attempt_id) AS refunds
                 FROM surplus s";
    for row in db.rows(fates, &[]) {
        let has = |column: &str, status: &str| row.0[column].as_str().is_some_and(|all| all.contains(status));
        let expected = if has("disputes", "open") {
            "disputed"
        } else if has("refunds", "needs_attention") {
            "needs_attention"
        } else if has("disputes", "lost") {
            "lost"
        } else if has("refunds", "requested") || has("refunds", "pending") {
            "returning"
        } else if has("refunds", "succeeded") {
            "returned"
        } else {
            "needs_attention"
        };
        assert_eq!(text(&row, "fate"), expected, "{row:?}");
    }
}

/// What an account of credits holds.
fn held(db: &Sqlite, account: &str) -> i64 {
    let sql = "SELECT coalesce(sum(iif(side = 'credit', amount_minor, -amount_minor)), 0) AS n
               FROM ledger_postings WHERE account = ?1";
    number(&db.rows(sql, &[account.into()])[0], "n")
}

/// How much of surplus is on its way back or there, or was lost to a bank; and what was paid out that was not
/// to be.
fn returning(db: &Sqlite) -> i64 {
    let sql = "SELECT coalesce(sum(amount_minor), 0) AS n FROM refunds
               WHERE (purpose ->> '$.purpose' = 'surplus' AND status <> 'failed')
               OR (purpose ->> '$.purpose' = 'sale' AND money IS 'paid_after_failure')";
    let lost = "SELECT coalesce(sum(amount_minor), 0) AS n FROM disputes
                WHERE status = 'lost' AND takes ->> '$.purpose' = 'surplus'";
    number(&db.rows(sql, &[])[0], "n") + number(&db.rows(lost, &[])[0], "n")
}

fn what_banks_have_taken_is_disputed(db: &Sqlite) {
    let open = "SELECT coalesce(sum(amount_minor), 0) AS n FROM disputes WHERE status = 'open'";
    let held: i64 = ["alipay", "wechat_pay", "stripe"]
        .iter()
        .map(|gateway| held(db, &format!("gateway:{gateway}:disputed")))
        .sum();
    assert_eq!(
        -held,
        number(&db.rows(open, &[])[0], "n"),
        "what banks have taken back is neither ours nor lost"
    );
}

fn refunds_are_reserved_and_within_what_came(db: &Sqlite) {
    let set_aside = "SELECT coalesce(sum(amount_minor), 0) AS n FROM refunds
                     WHERE status IN ('requested', 'pending') OR money IN ('kept', 'taken_back')";
    let set_aside = number(&db.rows(set_aside, &[])[0], "n");
    assert_eq!(held(db, "refunds:reserved"), set_aside, "what is on its way back is set aside");
    let beyond = "SELECT a.id FROM attempts a JOIN refunds r ON r.attempt_id = a.id
                  WHERE r.status <> 'failed' GROUP BY a.id
                  HAVING sum(r.amount_minor) > iif(a.status = 'paid', a.amount_minor, 0)";
    assert!(db.rows(beyond, &[]).is_empty(), "no more goes back than came");
    let out = "SELECT coalesce(sum(amount_minor), 0) AS n FROM refunds WHERE status = 'succeeded'";
    let booked = "SELECT coalesce(sum(iif(l.kind = 'refund_succeeded', 1, -1) * p.amount_minor), 0) AS n
                  FROM ledger_entries l JOIN ledger_postings p ON p.entry_sequence = l.sequence
                  WHERE l.kind IN ('refund_succeeded', 'refund_taken_back') AND p.account = 'refunds:reserved'";
    assert_eq!(
        number(&db.rows(booked, &[])[0], "n"),
        number(&db.rows(out, &[])[0], "n"),
        "what went back is booked"
    );
}

fn paid_orders_are_opened_and_told(db: &Sqlite) {
    let orders = "SELECT o.id, o.status, json_array_length(o.lines) AS lines,
                  (SELECT count(*) FROM entitlements e WHERE e.order_id = o.id) AS grants,
                  (SELECT count(*) FROM outbox_messages m WHERE m.order_id = o.id AND m.kind = 'order.paid') AS messages,
                  (SELECT count(*) FROM attempts a WHERE a.order_id = o.id AND a.settled = 1) AS settled
                  FROM orders o";
    for order in db.rows(orders, &[]) {
        let is_paid = text(&order, "status") == "paid";
        let expected = if is_paid { (number(&order, "lines"), 1, 1) } else { (0, 0, 0) };
        let found = (number(&order, "grants"), number(&order, "messages"), number(&order, "settled"));
        assert_eq!(found, expected, "grants, messages, settling attempts of {order:?}");
    }
}

fn text(row: &Row, column: &str) -> String {
    row.0[column].as_str().unwrap_or_else(|| panic!("{column} is no text in {row:?}")).to_owned()
}

fn number(row: &Row, column: &str) -> i64 {
    row.0[column].as_i64().unwrap_or_else(|| panic!("{column} is no number in {row:?}"))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).expect("a length fits")
}
