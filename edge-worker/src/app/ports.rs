//! What do we need from the world?
//!
//! One trait, [`World`], names the six ports. In the Worker they are D1, fetch, Queues, the runtime's clock
//! and random bytes, and WebCrypto; in tests they are SQLite, the sandbox in memory, a list, a clock that is
//! told the time, a seeded generator and native cryptography. No `Send` bounds: a Worker has one thread, and
//! what JavaScript hands out cannot leave it.

use bytes::Bytes;
use coursepay_core::time::Timestamp;
use serde::de::DeserializeOwned;

/// Everything outside.
#[expect(async_fn_in_trait, reason = "one thread: callers never need the futures to be Send")]
pub trait World {
    /// The database.
    type Db: Db;
    /// The way out.
    type Http: Http;
    /// Work for later.
    type Queue: Queue;
    /// Keys at work.
    type Crypto: Crypto;

    /// The database.
    fn db(&self) -> &Self::Db;
    /// The way out.
    fn http(&self) -> &Self::Http;
    /// Work for later.
    fn queue(&self) -> &Self::Queue;
    /// Keys at work.
    fn crypto(&self) -> &Self::Crypto;
    /// The time. Nothing a request or a variable says can move it.
    fn now(&self) -> Timestamp;
    /// Fills `bytes` with unpredictable ones.
    fn random(&self, bytes: &mut [u8]);
    /// Waits a moment before a lost race is run again.
    async fn pause_ms(&self, ms: u32);
    /// Writes one line of log: JSON, no personal data, no secrets.
    fn log(&self, line: &str);
}

/// A statement with its parameters. Numbers reach D1 as floating point, so every statement says
/// `CAST(?n AS INTEGER)` where it means a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// One SQL statement with `?1`, `?2`, …
    pub sql: &'static str,
    /// Their values.
    pub params: Vec<Param>,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// NULL
    Null,
    /// A number of at most 53 bits, which is what the way to D1 carries exactly.
    Integer(i64),
    /// Text
    Text(String),
}

impl From<i64> for Param {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Timestamp> for Param {
    fn from(value: Timestamp) -> Self {
        Self::Integer(value.ms())
    }
}

impl From<&str> for Param {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Makes a [`Statement`]: `statement!("SELECT … WHERE id = ?1", id.to_string())`.
macro_rules! statement {
    ($sql:expr $(, $param:expr)* $(,)?) => {
        $crate::app::ports::Statement { sql: $sql, params: vec![$($crate::app::ports::Param::from($param)),*] }
    };
}
pub(crate) use statement;

/// A row: column names with their values, as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub serde_json::Map<String, serde_json::Value>);

impl Row {
    /// Reads the row as a struct with a field per column.
    ///
    /// # Errors
    /// [`DbError::Nonsense`] when a column is missing or of another type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, DbError> {
        serde_json::from_value(serde_json::Value::Object(self.0))
            .map_err(|e| DbError::Nonsense(e.to_string()))
    }
}

/// The database: D1, or SQLite under D1's rules.
#[expect(async_fn_in_trait, reason = "one thread: callers never need the futures to be Send")]
pub trait Db {
    /// Runs the statements as one transaction: all of them, or none. Gives each one's rows.
    ///
    /// # Errors
    /// [`DbError`]. After [`DbError::Unavailable`] the batch may or may not have been committed.
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, DbError>;

    /// Runs one statement and gives its rows.
    ///
    /// # Errors
    /// [`DbError`], as [`Db::batch`].
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let mut results = self.batch(vec![statement]).await?;
        Ok(results.pop().unwrap_or_default())
    }
}

/// Why the database did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// A constraint or a trigger refused the batch; nothing of it was kept. Carries SQLite's message, which
    /// names table and columns (UNIQUE) or the constraint (CHECK, RAISE).
    #[error("constraint: {0}")]
    Constraint(String),
    /// No answer, or no certain one.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// What is stored is not what we write.
    #[error("stored nonsense: {0}")]
    Nonsense(String),
}

/// The way out.
#[expect(async_fn_in_trait, reason = "one thread: callers never need the futures to be Send")]
pub trait Http {
    /// Sends a request, follows no redirect, and gives whatever answers within `timeout_ms`, cut off with an
    /// error above 1 MiB.
    ///
    /// # Errors
    /// [`HttpError`]: whether the request arrived is not known.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout_ms: u32,
    ) -> Result<http::Response<Bytes>, HttpError>;
}

/// No answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct HttpError(pub String);

/// Work for later, at least once, in no order.
#[expect(async_fn_in_trait, reason = "one thread: callers never need the futures to be Send")]
pub trait Queue {
    /// Puts a message (JSON text) in the queue.
    ///
    /// # Errors
    /// [`QueueError`] when it was not taken. The schedule in the database finds the work again.
    async fn send(&self, message: String) -> Result<(), QueueError>;
}

/// The queue did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("queue: {0}")]
pub struct QueueError(pub String);

/// A key, as bytes that never show in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What it is called, unique among keys of one use; a cache goes by it.
    pub id: String,
    /// PKCS#8 (private) or SPKI (public) DER for RSA; 32 raw bytes for AES.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Keys at work. Implementations import a key once and keep it by [`Key::id`].
#[expect(async_fn_in_trait, reason = "one thread: callers never need the futures to be Send")]
pub trait Crypto {
    /// RSASSA-PKCS1-v1_5 with SHA-256 over `message`.
    ///
    /// # Errors
    /// [`CryptoError`] for a key that is none.
    async fn sign_rsa(&self, private: &Key, message: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// Whether `signature` is one of `message` by `public`.
    ///
    /// # Errors
    /// [`CryptoError`] for a key that is none; a bad signature is `false`.
    async fn verify_rsa(&self, public: &Key, message: &[u8], signature: &[u8]) -> Result<bool, CryptoError>;

    /// AES-256-GCM: ciphertext with its 16-byte tag at the end. A nonce is never used twice with one key.
    ///
    /// # Errors
    /// [`CryptoError`] for a key that is none.
    async fn seal(
        &self,
        key: &Key,
        nonce: &[u8; 12],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, CryptoError>;

    /// Undoes [`Crypto::seal`].
    ///
    /// # Errors
    /// [`CryptoError`] when key, nonce, `aad` or a byte differ.
    async fn open(
        &self,
        key: &Key,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, CryptoError>;
}

/// A key could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {key}: {what}")]
pub struct CryptoError {
    /// Its id.
    pub key: String,
    /// What went wrong, without the key.
    pub what: String,
}
