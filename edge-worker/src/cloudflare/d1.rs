//! How do statements run on D1?
//!
//! A batch is one request to the database and one transaction there; a single statement is one request
//! without the batch. Without a session every statement goes to the primary, so nothing here reads stale rows.
//!
//! Numbers come back as JavaScript numbers. What is not a whole number of at most 53 bits becomes a JSON float,
//! which no integer field accepts: a rounded amount is refused, never used.

use serde_json::{Map, Value};
use wasm_bindgen::JsValue;
use worker::js_sys;
use worker::{D1Database, D1PreparedStatement, D1Result, Env, Error};

use crate::app::ports::{Db, DbError, Param, Row, Statement};

/// The largest integer that a JavaScript number carries exactly, in both directions: 2^53 − 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The database of one event.
pub(super) struct D1(Result<D1Database, String>);

impl D1 {
    /// The database bound as `binding`.
    pub(super) fn new(env: &Env, binding: &str) -> Self {
        Self(env.d1(binding).map_err(|error| format!("binding {binding}: {error}")))
    }

    fn database(&self) -> Result<&D1Database, DbError> {
        self.0.as_ref().map_err(|missing| DbError::Unavailable(missing.clone()))
    }
}

impl Db for D1 {
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, DbError> {
        // D1 calls an empty batch an error; here it is nothing to do.
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        let database = self.database()?;
        let statements = statements.into_iter().map(|s| bind(database, s)).collect::<Result<_, _>>()?;
        let results = database.batch(statements).await.map_err(|error| failure(&error))?;
        results.iter().map(rows).collect()
    }

    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let statement = bind(self.database()?, statement)?;
        // `run` would be the same call without the rows.
        let result = statement.all().await.map_err(|error| failure(&error))?;
        rows(&result)
    }
}

fn bind(database: &D1Database, statement: Statement) -> Result<D1PreparedStatement, DbError> {
    let params: Vec<JsValue> = statement.params.into_iter().map(value).collect();
    database.prepare(statement.sql).bind(&params).map_err(|error| failure(&error))
}

/// D1 takes no BigInt. A larger integer goes as text, which the statement's `CAST(?n AS INTEGER)` reads exactly.
fn value(param: Param) -> JsValue {
    match param {
        Param::Null => JsValue::NULL,
        Param::Integer(i) if i.unsigned_abs() <= MAX_SAFE_INTEGER => JsValue::from_f64(i as f64),
        Param::Integer(i) => JsValue::from_str(&i.to_string()),
        Param::Text(text) => JsValue::from_str(&text),
    }
}

fn rows(result: &D1Result) -> Result<Vec<Row>, DbError> {
    let rows = result.results::<Map<String, Value>>().map_err(|error| DbError::Nonsense(text(&error)))?;
    Ok(rows.into_iter().map(Row).collect())
}

/// Whether the database refused, or nobody knows. SQLite's refusals end in their code, which is
/// `SQLITE_CONSTRAINT` for UNIQUE, CHECK, STRICT columns and RAISE(ABORT) alike.
fn failure(error: &Error) -> DbError {
    let text = text(error);
    if text.contains("SQLITE_CONSTRAINT") || text.contains("constraint failed") {
        DbError::Constraint(text)
    } else {
        DbError::Unavailable(text)
    }
}

/// The message as JavaScript gave it. Formatting a `D1Error` with `{}` panics when its cause is no string, and
/// its `cause()` loses what has none, so neither is used.
fn text(error: &Error) -> String {
    match error {
        Error::D1(error) => AsRef::<js_sys::Error>::as_ref(error).message().into(),
        Error::UnknownJsError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
