//! What does the ledger refuse, even written by hand in SQL?

use coursepay_edge::app::ports::Param;
use coursepay_tests::native::faults::Faults;
use coursepay_tests::native::sqlite::{SqlError, Sqlite};

/// The largest amount anywhere, 2^53 − 1.
const MAX_MINOR: i64 = 9_007_199_254_740_991;

const INSERT: &str = "INSERT INTO ledger_entries (id, kind, cause, order_id, at_ms, legs)
                      VALUES (?1, 'by_hand', ?2, NULL, CAST(?3 AS INTEGER), ?4)";

fn ledger() -> Sqlite {
    Sqlite::migrated(Faults::none(1))
}

fn leg(account: &str, side: &str, amount_minor: impl std::fmt::Display, currency: &str) -> String {
    format!(
        r#"{{"account":"{account}","side":"{side}","amount_minor":{amount_minor},"currency":"{currency}"}}"#
    )
}

/// A debit of one account and a credit of another.
fn legs(debit: &str, credit: &str, amount_minor: i64) -> String {
    format!("[{},{}]", leg(debit, "debit", amount_minor, "CNY"), leg(credit, "credit", amount_minor, "CNY"))
}

fn post(db: &Sqlite, name: &str, legs: &str) -> Result<(), SqlError> {
    let cause = format!("test:{name}");
    db.run(&[(INSERT, &[name.into(), cause.into(), 1_i64.into(), legs.into()])]).map(|_| ())
}

/// 500.00 for alice, from the platform.
fn credit_alice(db: &Sqlite) {
    post(db, "credit", &legs("platform:wallet_grants", "wallet:alice", 50_000)).unwrap();
}

fn refusal(result: Result<impl std::fmt::Debug, SqlError>) -> String {
    let error = result.expect_err("this must be refused");
    assert!(error.is_constraint, "refused as a mistake in SQL, not by a rule: {}", error.message);
    error.message
}

fn balance(db: &Sqlite, account: &str) -> i64 {
    let rows = db.rows(
        "SELECT debit_balance_minor FROM ledger_postings WHERE account = ?1 ORDER BY entry_sequence DESC LIMIT 1",
        &[account.into()],
    );
    rows.first().map_or(0, |row| row.0["debit_balance_minor"].as_i64().unwrap())
}

/// Every row of the ledger, to see that a refusal left nothing.
fn everything(db: &Sqlite) -> Vec<coursepay_edge::app::ports::Row> {
    let mut rows = db.rows("SELECT * FROM ledger_entries ORDER BY sequence", &[]);
    rows.extend(db.rows("SELECT * FROM ledger_postings ORDER BY entry_sequence, leg", &[]));
    rows
}

/// Runs `attack` on a ledger with one entry; it must be refused with `expected` and change nothing.
fn refused(expected: &str, attack: impl FnOnce(&Sqlite) -> Result<(), SqlError>) {
    let db = ledger();
    credit_alice(&db);
    let before = everything(&db);
    let message = refusal(attack(&db));
    assert!(message.contains(expected), "expected {expected}, got {message}");
    assert_eq!(everything(&db), before, "a refusal must leave nothing behind");
}

fn statement(sql: &'static str) -> impl FnOnce(&Sqlite) -> Result<(), SqlError> {
    move |db| db.run(&[(sql, &[])]).map(|_| ())
}

#[test]
fn a_balanced_entry_is_posted_leg_by_leg_with_running_balances() {
    let db = ledger();
    credit_alice(&db);
    let sale = format!(
        "[{},{},{}]",
        leg("wallet:alice", "debit", 10_000, "CNY"),
        leg("creator:mei:pending", "credit", 7_000, "CNY"),
        leg("platform:fees", "credit", 3_000, "CNY"),
    );
    post(&db, "sale", &sale).unwrap();
    assert_eq!(balance(&db, "wallet:alice"), -40_000);
    assert_eq!(balance(&db, "creator:mei:pending"), -7_000);
    assert_eq!(balance(&db, "platform:fees"), -3_000);
    assert_eq!(balance(&db, "platform:wallet_grants"), 50_000);
    assert_eq!(db.rows("SELECT 1 FROM ledger_postings WHERE entry_sequence = 2", &[]).len(), 3);
}

#[test]
fn an_entry_that_does_not_balance_is_refused() {
    refused("ledger_unbalanced", |db| {
        let legs = format!(
            "[{},{}]",
            leg("suspense", "debit", 100, "CNY"),
            leg("platform:fees", "credit", 99, "CNY")
        );
        post(db, "unbalanced", &legs)
    });
}

#[test]
fn an_entry_that_balances_only_across_currencies_is_refused() {
    refused("ledger_unbalanced", |db| {
        let legs = format!(
            "[{},{}]",
            leg("suspense", "debit", 100, "CNY"),
            leg("platform:fees", "credit", 100, "USD")
        );
        post(db, "mixed", &legs)
    });
}

#[test]
fn an_entry_with_one_leg_or_none_is_refused() {
    for legs in ["[]", &format!("[{}]", leg("suspense", "debit", 1, "CNY"))] {
        refused("ledger_legs_malformed", |db| post(db, "short", legs));
    }
}

#[test]
fn legs_that_are_not_legs_are_refused() {
    let good = leg("suspense", "credit", 1, "CNY");
    for bad in [
        "1".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        leg("suspense", "left", 1, "CNY"),
        leg("suspense", "debit", 0, "CNY"),
        leg("suspense", "debit", -1, "CNY"),
        leg("suspense", "debit", 1.5, "CNY"),
        leg("suspense", "debit", "\"1\"", "CNY"),
        leg("suspense", "debit", "null", "CNY"),
        leg("suspense", "debit", "1e0", "CNY"),
        leg("suspense", "debit", MAX_MINOR + 1, "CNY"),
        r#"{"account":7,"side":"debit","amount_minor":1,"currency":"CNY"}"#.to_owned(),
        r#"{"account":"suspense","side":"debit","amount_minor":1}"#.to_owned(),
    ] {
        refused("ledger_legs_malformed", |db| post(db, "malformed", &format!("[{bad},{good}]")));
    }
    for text in ["", "legs", "{}", "null", "[1", "{\"a\":1,\"b\":2}"] {
        refused("ledger_legs_malformed", |db| post(db, "malformed", text));
    }
}

#[test]
fn an_amount_above_what_javascript_holds_is_refused_even_where_it_balances() {
    refused("ledger_legs_malformed", |db| {
        post(db, "large", &legs("suspense", "platform:fees", MAX_MINOR + 1))
    });
}

#[test]
fn a_balance_above_what_javascript_holds_is_refused() {
    let db = ledger();
    post(&db, "one", &legs("platform:wallet_grants", "platform:fees", MAX_MINOR)).unwrap();
    let message = refusal(post(&db, "two", &legs("platform:wallet_grants", "platform:fees", 1)));
    assert!(message.contains("ledger_balance_range"), "{message}");
    assert_eq!(balance(&db, "platform:wallet_grants"), MAX_MINOR);
}

#[test]
fn many_large_legs_do_not_wrap_around_into_balance() {
    // 2048 debits of 2^53 − 1 exceed what an i64 sum can hold.
    let debits: Vec<String> =
        (0..2_048).map(|n| leg(&format!("creator:c{n}:pending"), "debit", MAX_MINOR, "CNY")).collect();
    let text = format!("[{},{}]", debits.join(","), leg("suspense", "credit", 1, "CNY"));
    let db = ledger();
    assert!(post(&db, "many", &text).is_err());
    assert_eq!(everything(&db), []);
}

#[test]
fn an_account_named_twice_in_one_entry_is_refused() {
    refused("ledger_account_repeated", |db| {
        let legs = format!(
            "[{},{},{}]",
            leg("suspense", "debit", 2, "CNY"),
            leg("platform:fees", "credit", 1, "CNY"),
            leg("platform:fees", "credit", 1, "CNY"),
        );
        post(db, "twice", &legs)
    });
}

#[test]
fn one_cause_is_booked_once() {
    refused("ledger_entry_exists", |db| {
        post(db, "credit", &legs("platform:wallet_grants", "wallet:alice", 50_000))
    });
}

#[test]
fn a_wallet_below_zero_is_refused_by_name() {
    refused("insufficient_funds", |db| {
        post(db, "spend", &legs("wallet:alice", "creator:mei:pending", 50_001))
    });
    refused("insufficient_funds", |db| post(db, "spend", &legs("wallet:bo", "creator:mei:pending", 1)));
}

#[test]
fn a_wallet_can_be_spent_to_the_last_cent() {
    let db = ledger();
    credit_alice(&db);
    post(&db, "spend", &legs("wallet:alice", "creator:mei:pending", 50_000)).unwrap();
    assert_eq!(balance(&db, "wallet:alice"), 0);
}

#[test]
fn a_posting_that_no_entry_has_is_refused() {
    const POSTING: &str = "INSERT INTO ledger_postings
        (entry_sequence, leg, account, currency, side, amount_minor, debit_balance_minor)";
    for (values, expected) in [
        // Of an entry that does not exist, of a leg that does not exist, again, and again with other contents.
        ("VALUES (9, 0, 'suspense', 'CNY', 'debit', 1, 1)", "ledger_posting_stray"),
        ("VALUES (1, 2, 'suspense', 'CNY', 'debit', 1, 1)", "ledger_posting_stray"),
        ("VALUES (1, 1, 'wallet:alice', 'CNY', 'credit', 50000, -50000)", "ledger_posting_exists"),
        ("VALUES (1, 1, 'wallet:bo', 'CNY', 'credit', 50000, -50000)", "ledger_posting_exists"),
    ] {
        refused(expected, |db| db.run(&[(&format!("{POSTING} {values}"), &[])]).map(|_| ()));
        let replacing = POSTING.replacen("INSERT", "INSERT OR REPLACE", 1);
        refused(expected, |db| db.run(&[(&format!("{replacing} {values}"), &[])]).map(|_| ()));
    }
}

#[test]
fn history_is_not_rewritten_updated_or_deleted() {
    for sql in [
        "UPDATE ledger_entries SET legs = '[]'",
        "UPDATE ledger_entries SET sequence = 7",
        "UPDATE OR REPLACE ledger_entries SET cause = 'other'",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_postings SET amount_minor = 1",
        "UPDATE ledger_postings SET debit_balance_minor = -99999 WHERE account = 'wallet:alice'",
        "DELETE FROM ledger_postings",
    ] {
        refused("ledger_append_only", statement(sql));
    }
}

#[test]
fn an_entry_is_not_replaced() {
    for (id, cause, sequence) in
        [("credit", "other", "9"), ("other", "test:credit", "9"), ("other", "other", "1")]
    {
        refused("ledger_entry_exists", |db| {
            let sql = format!(
                "INSERT OR REPLACE INTO ledger_entries (sequence, id, kind, cause, order_id, at_ms, legs)
                 VALUES ({sequence}, '{id}', 'by_hand', '{cause}', NULL, 1, ?1)",
            );
            let legs = legs("platform:wallet_grants", "wallet:alice", 1);
            db.run(&[(&sql, &[Param::from(legs)])]).map(|_| ())
        });
    }
}

#[test]
fn an_upsert_does_not_change_an_entry() {
    refused("ledger_entry_exists", |db| {
        let sql = "INSERT INTO ledger_entries (id, kind, cause, order_id, at_ms, legs)
                   VALUES ('credit', 'by_hand', 'test:credit', NULL, 1, ?1)
                   ON CONFLICT (id) DO UPDATE SET legs = excluded.legs";
        let legs = legs("platform:wallet_grants", "wallet:alice", 1);
        db.run(&[(sql, &[Param::from(legs)])]).map(|_| ())
    });
}

#[test]
fn an_entry_is_not_put_before_another() {
    // A balance is its account's latest posting: one slipped in before it would be posted and yet not count.
    for sequence in ["0", "-1"] {
        let db = ledger();
        credit_alice(&db);
        let before = everything(&db);
        let sql = format!(
            "INSERT INTO ledger_entries (sequence, id, kind, cause, order_id, at_ms, legs)
             VALUES ({sequence}, 'early', 'by_hand', 'early', NULL, 1, ?1)",
        );
        let legs = legs("wallet:alice", "creator:mei:pending", 50_000);
        refusal(db.run(&[(&sql, &[Param::from(legs)])]));
        assert_eq!(everything(&db), before);
    }
}

#[test]
fn no_conflict_clause_gets_around_a_rule() {
    // A trigger's statements inherit the clause of the statement that fired it: a rule that OR IGNORE could
    // turn into a skipped posting would be none.
    for clause in ["OR IGNORE", "OR REPLACE", "OR FAIL", "OR ROLLBACK", "OR ABORT"] {
        for (expected, text) in [
            ("insufficient_funds", legs("wallet:alice", "creator:mei:pending", 50_001)),
            ("ledger_balance_range", legs("platform:wallet_grants", "platform:fees", MAX_MINOR)),
            ("ledger_unbalanced", {
                let (debit, credit) =
                    (leg("suspense", "debit", 2, "CNY"), leg("platform:fees", "credit", 1, "CNY"));
                format!("[{debit},{credit}]")
            }),
        ] {
            refused(expected, |db| {
                let sql = INSERT.replacen("INSERT", &format!("INSERT {clause}"), 1);
                db.run(&[(&sql, &["by-hand".into(), "by-hand".into(), 1_i64.into(), text.into()])])
                    .map(|_| ())
            });
        }
    }
}

#[test]
fn a_leg_that_says_two_things_is_refused() {
    let good = leg("platform:fees", "credit", 1, "CNY");
    for bad in [
        r#"{"account":"suspense","side":"debit","amount_minor":1,"amount_minor":9,"currency":"CNY"}"#,
        r#"{"account":"suspense","side":"debit","amount_minor":1,"currency":"CNY","currency":"USD"}"#,
        r#"{"account":"suspense","side":"debit","amount_minor":1,"currency":"CNY","note":"x"}"#,
    ] {
        refused("ledger_legs_malformed", |db| post(db, "ambiguous", &format!("[{bad},{good}]")));
    }
}

#[test]
fn an_orders_history_has_no_gap_no_second_truth_and_no_eraser() {
    const EVENT: &str = "INSERT INTO order_events (order_id, sequence, decision_id, kind, at_ms, body, hash)
                         VALUES ('o', CAST(?1 AS INTEGER), 'd', 'k', 1, '{}', 'h')";
    let db = ledger();
    db.run(&[(EVENT, &[1_i64.into()])]).unwrap();
    for sequence in [0_i64, 1, 3, -1] {
        assert!(refusal(db.run(&[(EVENT, &[sequence.into()])])).contains("order_events_conflict"));
        let replacing = EVENT.replacen("INSERT", "INSERT OR REPLACE", 1);
        assert!(refusal(db.run(&[(&replacing, &[sequence.into()])])).contains("order_events_conflict"));
    }
    for sql in [
        "UPDATE order_events SET body = '{\"x\":1}'",
        "UPDATE OR REPLACE order_events SET sequence = 2",
        "DELETE FROM order_events",
    ] {
        assert!(refusal(db.run(&[(sql, &[])])).contains("order_events_append_only"), "{sql}");
    }
    db.run(&[(EVENT, &[2_i64.into()])]).unwrap();
    assert_eq!(db.rows("SELECT sequence FROM order_events", &[]).len(), 2);
}

#[test]
fn a_refused_statement_takes_its_whole_batch_back() {
    let db = ledger();
    credit_alice(&db);
    let before = everything(&db);
    let good = legs("wallet:alice", "creator:mei:pending", 10_000);
    let bad = legs("wallet:alice", "creator:mei:pending", 40_001);
    let result = db.run(&[
        (INSERT, &["good".into(), "good".into(), 1_i64.into(), good.into()]),
        (INSERT, &["bad".into(), "bad".into(), 1_i64.into(), bad.into()]),
    ]);
    assert!(refusal(result).contains("insufficient_funds"));
    assert_eq!(everything(&db), before);
}
