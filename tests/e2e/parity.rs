//! Do the database of the native tests and D1 answer the same statements alike?
//!
//! Each statement runs on both, in order; rows, and the texts of errors, must be the same. What the app
//! relies on, and what could make a native test pass where D1 would fail, is here.

use coursepay_edge::app::ports::{Param, Row};
use coursepay_tests::native::faults::Faults;
use coursepay_tests::native::sqlite::Sqlite;
use coursepay_tests::target::Target as _;
use coursepay_tests::workerd::Workerd;
use serde_json::Value;

type Outcome = Result<Vec<Row>, String>;

async fn both(worker: &Workerd, native: &Sqlite, sql: &str, params: &[Param]) -> (Outcome, Outcome) {
    let here = native.run(&[(sql, params)]);
    let here = here.map(|mut results| results.pop().unwrap_or_default()).map_err(|error| error.message);
    (here, worker.sql(sql, params).await)
}

/// What both must say alike.
const STATEMENTS: &[(&str, &[i64])] = &[
    // Numbers arrive as floating point, and what is made of them.
    ("SELECT typeof(?1) AS t", &[5]),
    ("SELECT typeof(CAST(?1 AS INTEGER)) AS t", &[5]),
    ("SELECT ?1 / 2 AS n", &[5]),
    ("SELECT CAST(?1 AS INTEGER) / 2 AS n", &[5]),
    ("SELECT ?1 || '' AS t", &[5]),
    ("SELECT CAST(?1 AS INTEGER) || '' AS t", &[9_007_199_254_740_991]),
    ("SELECT CAST(?1 AS INTEGER) AS n", &[9_007_199_254_740_991]),
    ("SELECT CAST(?1 AS INTEGER) AS n", &[-9_007_199_254_740_991]),
    ("SELECT 9007199254740992 + ?1 AS n", &[1]),
    ("SELECT 5 AS i, 5.0 AS whole, 5.5 AS r, 'x' AS t, NULL AS n, 1 = 1 AS b", &[]),
    ("SELECT sum(value) AS n FROM json_each('[1, 2, 3]')", &[]),
    ("SELECT 1 WHERE 5 IN (?1)", &[5]),
    ("SELECT '5' = ?1 AS same", &[5]),
    // Strict tables and constraints, by name and by column.
    (
        "CREATE TABLE parity (id TEXT PRIMARY KEY, n INTEGER NOT NULL CONSTRAINT n_not_negative CHECK (n >= 0), \
      u TEXT CONSTRAINT u_once UNIQUE, p TEXT REFERENCES parity (id)) STRICT",
        &[],
    ),
    ("CREATE UNIQUE INDEX parity_pair ON parity (n, u) WHERE n > 5", &[]),
    ("INSERT INTO parity (id, n, u) VALUES ('a', ?1, 'x')", &[1]),
    ("INSERT INTO parity (id, n, u) VALUES ('half', ?1 + 0.5, 'h')", &[1]),
    ("INSERT INTO parity (id, n) VALUES ('text', 'no number')", &[]),
    ("INSERT INTO parity (id, n) VALUES ('a', 2)", &[]),
    ("INSERT INTO parity (id, n, u) VALUES ('b', 2, 'x')", &[]),
    ("INSERT INTO parity (id, n) VALUES ('b', ?1)", &[-1]),
    ("INSERT INTO parity (id, n) VALUES ('b', NULL)", &[]),
    ("INSERT INTO parity (id, n, p) VALUES ('b', 2, 'nobody')", &[]),
    ("INSERT INTO parity (id, n, u) VALUES ('c', 7, 'c') RETURNING id, n", &[]),
    ("INSERT INTO parity (id, n) VALUES ('c', 1) ON CONFLICT DO NOTHING RETURNING id", &[]),
    (
        "INSERT INTO parity (id, n) VALUES ('c', 1) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n RETURNING n",
        &[],
    ),
    (
        "INSERT INTO parity (id, n) VALUES ('c', 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n WHERE n < 0 RETURNING n",
        &[],
    ),
    ("UPDATE parity SET n = n - CAST(?1 AS INTEGER) WHERE id = 'c'", &[9]),
    ("UPDATE parity SET n = n + 1 WHERE id = 'nobody' RETURNING id", &[]),
    ("SELECT id, n, u, p FROM parity ORDER BY id", &[]),
    ("DELETE FROM parity WHERE id = 'a' RETURNING id", &[]),
    // Triggers, and what they raise.
    ("CREATE TRIGGER parity_frozen BEFORE UPDATE ON parity BEGIN SELECT RAISE(ABORT, 'frozen'); END", &[]),
    ("UPDATE parity SET n = 3", &[]),
    ("UPDATE OR IGNORE parity SET n = 3", &[]),
    ("UPDATE OR REPLACE parity SET n = 3", &[]),
    ("CREATE TRIGGER parity_kept BEFORE DELETE ON parity BEGIN SELECT RAISE(ABORT, 'kept'); END", &[]),
    ("DELETE FROM parity", &[]),
    ("INSERT OR REPLACE INTO parity (id, n) VALUES ('c', 1) RETURNING n", &[]),
    // The ledger, written by hand.
    ("INSERT INTO ledger_entries (id, kind, cause, at_ms, legs) VALUES ('e', 'k', 'c', 1, '[]')", &[]),
    (
        "INSERT INTO ledger_entries (id, kind, cause, at_ms, legs) VALUES ('e', 'k', 'c', 1, '[{\"account\":\"a\",\
      \"side\":\"debit\",\"amount_minor\":1,\"currency\":\"CNY\"},{\"account\":\"b\",\"side\":\"credit\",\
      \"amount_minor\":2,\"currency\":\"CNY\"}]')",
        &[],
    ),
    (
        "INSERT INTO ledger_entries (id, kind, cause, at_ms, legs) VALUES ('e', 'k', 'c', 1, '[{\"account\":\"wallet:x\",\
      \"side\":\"debit\",\"amount_minor\":1,\"currency\":\"CNY\"},{\"account\":\"b\",\"side\":\"credit\",\
      \"amount_minor\":1,\"currency\":\"CNY\"}]')",
        &[],
    ),
    (
        "INSERT INTO ledger_entries (id, kind, cause, at_ms, legs) VALUES ('e', 'k', 'c', 1, '[{\"account\":\"a\",\
      \"side\":\"debit\",\"amount_minor\":1,\"currency\":\"CNY\"},{\"account\":\"b\",\"side\":\"credit\",\
      \"amount_minor\":1,\"currency\":\"CNY\"}]') RETURNING sequence",
        &[],
    ),
    ("SELECT * FROM ledger_postings", &[]),
    ("UPDATE ledger_entries SET legs = '[]'", &[]),
    ("DELETE FROM ledger_postings", &[]),
    ("UPDATE ledger_postings SET amount_minor = 2", &[]),
    ("INSERT INTO ledger_postings VALUES (1, 5, 'a', 'CNY', 'debit', 1, 1)", &[]),
    // Functions the app and its triggers use.
    ("SELECT json_valid('[1') AS v, json_type('{}') AS t, json_array_length('[1,2]') AS n", &[]),
    ("SELECT '{\"a\":9007199254740991}' ->> '$.a' AS n, json_object('k', 1, 's', 'x') AS o", &[]),
    (
        "SELECT iif(?1 = 1, 'one', 'other') AS t, coalesce(NULL, 2) AS c, min(?1, 5) AS m, 30000 << 3 AS s",
        &[1],
    ),
    ("SELECT json_type('not json')", &[]),
    ("SELECT 9223372036854775807 + 1 AS n", &[]),
    ("SELECT sum(value) FROM json_each('[9223372036854775807, 1]')", &[]),
    ("SELECT \"a literal, not a column\" AS t", &[]),
    // What is wrong.
    ("SELEC 1", &[]),
    ("SELECT * FROM nowhere", &[]),
    ("SELECT nothing FROM parity", &[]),
    ("SELECT nope(1)", &[]),
];

/// What both must refuse, each in its own words.
const DENIED: [&str; 11] = [
    "BEGIN",
    "SAVEPOINT s",
    "COMMIT",
    "ATTACH DATABASE ':memory:' AS other",
    "CREATE TEMP TABLE t (a)",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA writable_schema = ON",
    "PRAGMA user_version",
    "SELECT load_extension('x')",
    "SELECT sqlite_version()",
    "SELECT sqlite_compileoption_used('x')",
];

/// The message without what only one side adds: where in the statement an error is.
fn essence(error: &str) -> &str {
    let error = error.split(" at offset").next().unwrap_or(error);
    error.split(": SQLITE_ERROR").next().unwrap_or(error)
}

fn alike(here: &Outcome, there: &Outcome) -> bool {
    match (here, there) {
        (Ok(here), Ok(there)) => rounded(here) == rounded(there),
        (Err(here), Err(there)) => essence(here) == essence(there),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

/// The values, numbers beyond 2^53 as the floating point they are on the way from D1.
fn rounded(rows: &[Row]) -> Vec<Vec<(&String, Value)>> {
    let round = |value: &Value| match value.as_f64() {
        Some(number) if number.abs() > 9_007_199_254_740_992.0 => number.into(),
        _ => value.clone(),
    };
    rows.iter().map(|row| row.0.iter().map(|(name, value)| (name, round(value))).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_native_database_and_d1_answer_alike() {
    let worker = Workerd::start().await.expect("the Worker starts");
    let native = Sqlite::migrated(Faults::none(1));
    let mut differ = Vec::new();
    for (sql, numbers) in STATEMENTS {
        let params: Vec<Param> = numbers.iter().map(|number| Param::from(*number)).collect();
        let (here, there) = both(&worker, &native, sql, &params).await;
        if !alike(&here, &there) {
            differ.push(format!("{sql}\n  here:  {here:?}\n  there: {there:?}"));
        }
    }
    for sql in DENIED {
        let (here, there) = both(&worker, &native, sql, &[]).await;
        if here.is_ok() || there.is_ok() {
            differ.push(format!("{sql} must be refused\n  here:  {here:?}\n  there: {there:?}"));
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_native_database_has_the_limits_of_d1() {
    let worker = Workerd::start().await.expect("the Worker starts");
    let native = Sqlite::empty(Faults::none(1));
    let numbered = |n: usize| (1..=n).map(|n| format!("?{n}")).collect::<Vec<_>>().join(",");
    let repeated = |text: &str, n: usize, between: &str| vec![text; n].join(between);
    let cases: Vec<(&str, String, usize, bool)> = vec![
        ("100 parameters", format!("SELECT {}", numbered(100)), 100, true),
        ("101 parameters", format!("SELECT {}", numbered(101)), 101, false),
        ("5 terms", repeated("SELECT 1", 5, " UNION ALL "), 0, true),
        ("6 terms", repeated("SELECT 1", 6, " UNION ALL "), 0, false),
        (
            "600 rows of values",
            format!("SELECT count(*) FROM (VALUES {})", repeated("(1)", 600, ",")),
            0,
            true,
        ),
        ("100 columns", format!("SELECT {}", repeated("1", 100, ",")), 0, true),
        ("101 columns", format!("SELECT {}", repeated("1", 101, ",")), 0, false),
        ("an expression 95 deep", format!("SELECT {}", repeated("1", 95, "+")), 0, true),
        ("an expression 110 deep", format!("SELECT {}", repeated("1", 110, "+")), 0, false),
        ("a pattern of 50 bytes", format!("SELECT 'x' LIKE '{}'", "a".repeat(50)), 0, true),
        ("a pattern of 51 bytes", format!("SELECT 'x' LIKE '{}'", "a".repeat(51)), 0, false),
        // More is refused natively, as Cloudflare documents it; workerd takes it.
        ("32 arguments", format!("SELECT max({})", repeated("1", 32, ",")), 0, true),
        ("a statement of 99 KB", format!("SELECT '{}'", "x".repeat(99_000)), 0, true),
        ("a statement of 101 KB", format!("SELECT '{}'", "x".repeat(101_000)), 0, false),
    ];
    for (what, sql, params, allowed) in cases {
        let params = vec![Param::Null; params];
        let (here, there) = both(&worker, &native, &sql, &params).await;
        assert_eq!((here.is_ok(), there.is_ok()), (allowed, allowed), "{what}: {here:?} {there:?}");
    }
}
