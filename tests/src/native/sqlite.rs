//! Which database does the app meet natively?
//!
//! SQLite, of the very version that D1 embeds, held to what D1 does: numbers are bound as floating point,
//! a batch is one transaction, limits are D1's, and what D1 denies is denied. `parity` shows that the two
//! answer alike.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use coursepay_edge::app::ports::{Db, DbError, Param, Row, Statement};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::native::faults::{Faults, Port, Vanished};

/// What D1 allows a statement, as measured on workerd.
const LIMITS: [(Limit, i32); 7] = [
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
];

/// The pragmas D1 lets through; all others could switch off what we rely on.
const PRAGMAS: [&str; 14] = [
    "analysis_limit",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "ignore_check_constraints",
    "index_info",
    "index_list",
    "index_xinfo",
    "optimize",
    "quick_check",
    "recursive_triggers",
    "table_info",
    "table_list",
];

/// Functions D1 denies although SQLite has them.
const FUNCTIONS: [&str; 5] = [
    "load_extension",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_source_id",
    "sqlite_version",
];

/// A database of its own in memory.
#[derive(Clone)]
pub struct Sqlite {
    connection: Rc<Connection>,
    /// While this is set, the statement being prepared is ours (BEGIN, COMMIT) and not a caller's.
    ours: Arc<AtomicBool>,
    seen: Rc<RefCell<BTreeSet<&'static str>>>,
    faults: Faults,
}

/// Why SQLite did not run a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// Whether a constraint or a trigger refused it; anything else is a bug in the statement.
    pub is_constraint: bool,
    /// As D1 words it, without its `D1_ERROR: `.
    pub message: String,
}

impl Sqlite {
    /// A database with every migration applied.
    ///
    /// # Panics
    /// When a migration fails: no test can go on.
    pub fn migrated(faults: Faults) -> Self {
        // Applied once in a thread: a copy takes a fraction of the time.
        thread_local! {
            static MIGRATED: Sqlite = {
                let db = Sqlite::empty(Faults::none(0));
                for (name, sql) in migrations() {
                    let outcome = db.connection.execute_batch(&sql);
                    outcome.unwrap_or_else(|error| panic!("migration {name}: {error}"));
                }
                db
            };
        }
        Self { faults, ..MIGRATED.with(Self::copy) }
    }

    /// A database without tables.
    ///
    /// # Panics
    /// When SQLite cannot be set up.
    pub fn empty(faults: Faults) -> Self {
        // Used by one thread alone, so without locks.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_in_memory_with_flags(flags).expect("SQLite opens in memory");
        for (limit, value) in LIMITS {
            connection.set_limit(limit, value).expect("the limit exists");
        }
        connection.pragma_update(None, "foreign_keys", true).expect("foreign keys can be switched on");
        // Else a statement that might use a partial index is prepared anew for every value that is bound to it.
        let stable = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
        connection.set_db_config(stable, true).expect("plans can be kept");
        connection.set_prepared_statement_cache_capacity(256);
        let ours = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&ours);
        connection
            .authorizer(Some(move |context: AuthContext<'_>| authorize(&context, &asked)))
            .expect("the authorizer can be set");
        Self { connection: Rc::new(connection), ours, seen: Rc::default(), faults }
    }

    /// A database of its own with the same contents.
    ///
    /// # Panics
    /// When SQLite cannot copy it.
    pub fn copy(&self) -> Self {
        Self::filled(&self.connection, self.faults.clone())
    }

    /// What lies in a file of SQLite's that nobody has open, with what was written beside it and not yet merged. The
    /// file is left as it is.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn copy_of(file: &Path) -> Self {
        let aside = tempfile::tempdir().expect("a folder");
        let copied = aside.path().join("copy.sqlite");
        std::fs::copy(file, &copied).expect("the database can be copied");
        let log = file.with_extension("sqlite-wal");
        if log.exists() {
            std::fs::copy(&log, aside.path().join("copy.sqlite-wal")).expect("its log can be copied");
        }
        let source = Connection::open(&copied).expect("SQLite opens the copy");
        Self::filled(&source, Faults::none(1))
    }

    /// A database of its own with what is in `source`.
    fn filled(source: &Connection, faults: Faults) -> Self {
        let mut filled = Self::empty(faults);
        let connection = Rc::get_mut(&mut filled.connection).expect("nobody else has it yet");
        let backup = Backup::new(source, connection).expect("a copy can begin");
        assert_eq!(backup.step(-1).expect("every page can be copied"), StepResult::Done);
        drop(backup);
        filled
    }

    /// Runs the statements as D1's `batch` does, past any fault: for tests that look, or write by hand.
    ///
    /// # Errors
    /// [`SqlError`]; nothing of the batch was kept.
    pub fn run(&self, statements: &[(&str, &[Param])]) -> Result<Vec<Vec<Row>>, SqlError> {
        self.transaction("BEGIN IMMEDIATE");
        let results = statements.iter().map(|(sql, params)| self.execute(sql, params)).collect();
        self.transaction(if Result::is_ok(&results) { "COMMIT" } else { "ROLLBACK" });
        results
    }

    /// The rows of one query.
    ///
    /// # Panics
    /// When the query fails.
    pub fn rows(&self, sql: &str, params: &[Param]) -> Vec<Row> {
        let mut results =
            self.run(&[(sql, params)]).unwrap_or_else(|error| panic!("{sql}: {}", error.message));
        results.pop().unwrap_or_default()
    }

    /// Every statement that came through the port so far.
    pub fn statements_seen(&self) -> BTreeSet<&'static str> {
        self.seen.borrow().clone()
    }

    /// How SQLite would carry out a statement: one line per step.
    ///
    /// # Panics
    /// When it does not understand it.
    pub fn plan(&self, sql: &str) -> Vec<String> {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement =
            self.connection.prepare(&explain).unwrap_or_else(|error| panic!("{sql}: {error}"));
        // Parameters stay unbound (NULL): the plan does not depend on them.
        let steps = statement.raw_query().mapped(|row| row.get("detail")).collect::<Result<_, _>>();
        steps.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Every row of every table, by table: to see that something left nothing behind.
    ///
    /// # Panics
    /// When a table cannot be read.
    pub fn contents(&self) -> BTreeMap<String, Vec<Row>> {
        let tables = self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", &[]);
        tables
            .iter()
            .map(|table| table.0["name"].as_str().expect("a table has a name").to_owned())
            .map(|name| (name.clone(), self.rows(&format!("SELECT * FROM \"{name}\" ORDER BY 1, 2"), &[])))
            .collect()
    }

    fn transaction(&self, sql: &str) {
        self.ours.store(true, Ordering::Relaxed);
        let outcome = self.connection.execute_batch(sql);
        self.ours.store(false, Ordering::Relaxed);
        // An ON CONFLICT ROLLBACK has ended the transaction by itself.
        if !(sql == "ROLLBACK" && self.connection.is_autocommit()) {
            outcome.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }

    fn execute(&self, sql: &str, params: &[Param]) -> Result<Vec<Row>, SqlError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| SqlError::of(&error))?;
        if statement.parameter_count() != params.len() {
            let (expected, got) = (statement.parameter_count(), params.len());
            let message = format!("Wrong number of parameter bindings for SQL query: {got} for {expected}");
            return Err(SqlError { is_constraint: false, message });
        }
        for (index, param) in params.iter().enumerate() {
            let value = match param {
                Param::Null => Value::Null,
                #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers, as D1 gets them")]
                Param::Integer(number) => Value::Real(*number as f64),
                Param::Text(text) => Value::Text(text.clone()),
            };
            statement.raw_bind_parameter(index + 1, value).map_err(|error| SqlError::of(&error))?;
        }
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.raw_query();
        let mut read = Vec::new();
        while let Some(row) = rows.next().map_err(|error| SqlError::of(&error))? {
            let mut columns = serde_json::Map::new();
            for (index, name) in names.iter().enumerate() {
                columns.insert(name.clone(), json(row.get_ref(index).expect("the column exists")));
            }
            read.push(Row(columns));
        }
        Ok(read)
    }
}

impl Db for Sqlite {
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, DbError> {
        let lost = |Vanished| DbError::Unavailable("Network connection lost.".to_owned());
        self.faults.before(Port::Db).await.map_err(lost)?;
        self.seen.borrow_mut().extend(statements.iter().map(|statement| statement.sql));
        let run: Vec<(&str, &[Param])> =
            statements.iter().map(|statement| (statement.sql, statement.params.as_slice())).collect();
        let results = self.run(&run);
        self.faults.after(Port::Db).await.map_err(lost)?;
        results.map_err(|error| {
            // A test should stop at a statement that SQLite does not understand, not see it retried.
            assert!(error.is_constraint, "a statement is wrong: {}\nin {run:#?}", error.message);
            DbError::Constraint(error.message)
        })
    }
}

impl SqlError {
    fn of(error: &rusqlite::Error) -> Self {
        let (code, message) = match error {
            rusqlite::Error::SqliteFailure(code, message) => (*code, message.clone()),
            rusqlite::Error::SqlInputError { error, msg, offset, .. } => {
                let place = if *offset >= 0 { format!(" at offset {offset}") } else { String::new() };
                (*error, Some(format!("{msg}{place}")))
            }
            other => return Self { is_constraint: false, message: other.to_string() },
        };
        let message = message.unwrap_or_else(|| code.to_string());
        let primary = primary_name(code.extended_code & 0xff);
        let extended = constraint_name(code.extended_code);
        let message = match extended {
            Some(extended) => format!("{message}: {primary} (extended: {extended})"),
            None => format!("{message}: {primary}"),
        };
        Self { is_constraint: extended.is_some(), message }
    }
}

fn primary_name(code: i32) -> &'static str {
    match code {
        rusqlite::ffi::SQLITE_AUTH => "SQLITE_AUTH",
        rusqlite::ffi::SQLITE_CONSTRAINT => "SQLITE_CONSTRAINT",
        rusqlite::ffi::SQLITE_MISMATCH => "SQLITE_MISMATCH",
        rusqlite::ffi::SQLITE_TOOBIG => "SQLITE_TOOBIG",
        _ => "SQLITE_ERROR",
    }
}

fn constraint_name(extended: i32) -> Option<&'static str> {
    Some(match extended {
        rusqlite::ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        rusqlite::ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT_DATATYPE",
        rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        rusqlite::ffi::SQLITE_CONSTRAINT_ROWID => "SQLITE_CONSTRAINT_ROWID",
        rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        _ => return None,
    })
}

fn authorize(context: &AuthContext<'_>, ours: &AtomicBool) -> Authorization {
    let allowed = match context.action {
        AuthAction::Transaction { .. } => ours.load(Ordering::Relaxed),
        AuthAction::Savepoint { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => false,
        AuthAction::Pragma { pragma_name, .. } => PRAGMAS.contains(&pragma_name),
        AuthAction::Function { function_name } => !FUNCTIONS.contains(&function_name),
        AuthAction::CreateVtable { module_name, .. } => module_name == "fts5",
        _ => true,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

/// A value as D1 hands it out: numbers are JavaScript's, so a whole one has no `.0`.
fn json(value: ValueRef<'_>) -> serde_json::Value {
    /// 2^63: reals from here on are no `i64`.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    match value {
        ValueRef::Null => serde_json::Value::Null,
        ValueRef::Integer(number) => number.into(),
        #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
        ValueRef::Real(number) if number.fract() == 0.0 && number.abs() < BEYOND => (number as i64).into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.into(),
    }
}

/// The migrations by name, in the order in which wrangler applies them.
///
/// # Panics
/// When the folder cannot be read.
pub fn migrations() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge-worker/migrations");
    let read = std::fs::read_dir(&folder).expect("edge-worker/migrations can be read");
    let mut paths: Vec<PathBuf> = read.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a migration can be read"))
        })
        .collect()
}
