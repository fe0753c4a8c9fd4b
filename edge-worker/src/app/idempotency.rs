//! Have we answered this before?
//!
//! The batch that creates a resource binds the key to it; the answer follows once there is one. So a repeat
//! finds, in this order: another body under the same key (422), the answer, the first request still running
//! (409), or what a crash left behind, to be resumed under the same number. What the caller can mend binds
//! no key: it is refused before the batch, or the batch fails with it.

use coursepay_core::planted::{self, Bug};
use coursepay_core::time::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, DbError, Row, Statement, World, statement};

/// How long the first request may take before a repeat may resume it: two calls to a gateway, each sent twice
/// with a time-out of 10 s, and some. Who takes longer does no harm: both go on under the same number.
const LEASE_MS: i64 = 60_000;

/// All guests share one space of keys, and the answer to a guest's key holds the order's token. A key that
/// somebody else could guess, or use by accident, is therefore taken for this one request and not remembered:
/// a repeat makes another order, which harms nobody. A UUID has 36 characters.
const SHORTEST_GUEST_KEY: usize = 16;

/// How long a key is kept: past any caller's retries, and any answer worth repeating.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How many keys one run of the cron forgets at most.
const SWEPT_AT_ONCE: i64 = 500;

/// Forgets keys that are older than anybody's retries.
///
/// # Errors
/// [`DbError`].
pub(super) async fn sweep<W: World>(app: &App<'_, W>) -> Result<(), DbError> {
    let sql = "DELETE FROM idempotency_keys WHERE (scope, key) IN (SELECT scope, key FROM idempotency_keys \
               WHERE created_at_ms < CAST(?1 AS INTEGER) ORDER BY created_at_ms LIMIT CAST(?2 AS INTEGER))";
    let oldest = app.world.now().plus_ms(KEPT_MS.saturating_neg());
    app.world.db().query(statement!(sql, oldest, SWEPT_AT_ONCE)).await.map(|_| ())
}

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    scope: String,
    key: String,
    request_sha256: String,
    now: Timestamp,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prior {
    /// Nothing: go ahead.
    New,
    /// The stored answer.
    Answered(Reply),
    /// Left behind by a crash: go on with this resource. The lease is ours now.
    Resume(String),
}

impl Key {
    /// The key of a call.
    ///
    /// # Errors
    /// 400 when it is missing or malformed.
    pub(super) fn of<W: World>(app: &App<'_, W>, call: &Call) -> Result<Self, ApiError> {
        let value = call
            .headers
            .get("idempotency-key")
            .ok_or_else(|| ApiError::plain(Code::IdempotencyKeyMissing))?;
        let key = value
            .to_str()
            .ok()
            .filter(|key| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()))
            .ok_or_else(|| ApiError::plain(Code::IdempotencyKeyInvalid))?;
        let params: Vec<&str> = call.params.iter().map(|(_, value)| value.as_str()).collect();
        let mut space = call.identity.idempotency_space();
        if call.identity == Identity::Nobody && key.len() < SHORTEST_GUEST_KEY {
            let mut nobody_else = [0_u8; 16];
            app.world.random(&mut nobody_else);
            space.push_str(&hex::encode(nobody_else));
        }
        let scope = format!("{space}\n{}\n{}\n{}", call.method, call.route, params.join("\n"));
        Ok(Self {
            scope: hex::encode(Sha256::digest(scope.as_bytes())),
            key: key.to_owned(),
            request_sha256: hex::encode(Sha256::digest(&call.body)),
            now: call.now,
        })
    }

    /// The statement that reads what is known of the key, for a batch of reads.
    #[must_use]
    pub(super) fn read(&self) -> Statement {
        let sql = "SELECT request_sha256, resource_id, lease_until_ms, answer_status, answer_body \
                   FROM idempotency_keys WHERE scope = ?1 AND key = ?2";
        statement!(sql, self.scope.as_str(), self.key.as_str())
    }

    /// What the rows of [`Key::read`] mean. Takes over a lease that ran out.
    ///
    /// # Errors
    /// 422 for another body, 409 while the first request runs.
    pub(super) async fn judge<W: World>(&self, app: &App<'_, W>, rows: Vec<Row>) -> Result<Prior, ApiError> {
        let Some(row) = rows.into_iter().next() else { return Ok(Prior::New) };
        let row: KeyRow = row.read()?;
        if row.request_sha256 != self.request_sha256 {
            return Err(ApiError::plain(Code::IdempotencyKeyReused));
        }
        if let (Some(status), Some(body)) = (row.answer_status, row.answer_body) {
            let reply = Reply { status, content_type: "application/json", body, location: None };
            return Ok(Prior::Answered(reply));
        }
        let is_stuck = planted::has(Bug::KeyStuckAfterCrash);
        if is_stuck || row.lease_until_ms > self.now.ms() || !self.take_over(app, row.lease_until_ms).await? {
            return Err(ApiError::plain(Code::IdempotencyInProgress));
        }
        Ok(Prior::Resume(row.resource_id))
    }

    async fn take_over<W: World>(&self, app: &App<'_, W>, seen_lease_ms: i64) -> Result<bool, DbError> {
        let sql = "UPDATE idempotency_keys SET lease_until_ms = CAST(?3 AS INTEGER) \
                   WHERE scope = ?1 AND key = ?2 AND answer_status IS NULL \
                   AND lease_until_ms = CAST(?4 AS INTEGER) RETURNING resource_id";
        let lease_until = self.now.plus_ms(LEASE_MS);
        let taken = statement!(sql, self.scope.as_str(), self.key.as_str(), lease_until, seen_lease_ms);
        Ok(!app.world.db().query(taken).await?.is_empty())
    }

    /// Reads and judges in a round trip of its own.
    ///
    /// # Errors
    /// As [`Key::judge`].
    pub(super) async fn look_up<W: World>(&self, app: &App<'_, W>) -> Result<Prior, ApiError> {
        let rows = app.world.db().query(self.read()).await?;
        self.judge(app, rows).await
    }

    /// The answer to the same request, sent twice at once, where the other one came first; `refusal` where
    /// there is none yet.
    ///
    /// # Errors
    /// `refusal`, or as [`Key::judge`].
    pub(super) async fn twin_or<W: World>(
        &self,
        app: &App<'_, W>,
        refusal: ApiError,
    ) -> Result<Reply, ApiError> {
        match self.look_up(app).await? {
            Prior::Answered(reply) => return Ok(reply),
            Prior::New => {}
            // Looking took the lease over; nobody runs with it here.
            Prior::Resume(resource) => self.let_go(app, &resource).await?,
        }
        Err(refusal)
    }

    /// The statement that binds the key to `resource_id`, with the answer where there is one already.
    #[must_use]
    pub(super) fn bind(&self, resource_id: String, answer: Option<&Reply>) -> Statement {
        let sql = "INSERT INTO idempotency_keys \
                   (scope, key, request_sha256, resource_id, lease_until_ms, answer_status, answer_body, \
                   created_at_ms) VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), CAST(?6 AS INTEGER), ?7, \
                   CAST(?8 AS INTEGER))";
        statement!(
            sql,
            self.scope.as_str(),
            self.key.as_str(),
            self.request_sha256.as_str(),
            resource_id,
            self.now.plus_ms(LEASE_MS),
            answer.map(|reply| i64::from(reply.status)),
            answer.map(|reply| reply.body.as_str()),
            self.now,
        )
    }

    /// The statement that stores the answer to a bound key. One that is there already stays.
    #[must_use]
    pub(super) fn answering(&self, resource_id: &str, reply: &Reply) -> Statement {
        let sql = "UPDATE idempotency_keys SET answer_status = CAST(?3 AS INTEGER), answer_body = ?4 \
                   WHERE scope = ?1 AND key = ?2 AND answer_status IS NULL AND resource_id = ?5";
        let status = i64::from(reply.status);
        let body = reply.body.as_str();
        statement!(sql, self.scope.as_str(), self.key.as_str(), status, body, resource_id)
    }

    /// Ends the lease: the next repeat resumes at once.
    ///
    /// # Errors
    /// 503 when the database does not take it; the lease then runs out by itself.
    pub(super) async fn let_go<W: World>(&self, app: &App<'_, W>, resource_id: &str) -> Result<(), ApiError> {
        let sql = "UPDATE idempotency_keys SET lease_until_ms = 0 \
                   WHERE scope = ?1 AND key = ?2 AND answer_status IS NULL AND resource_id = ?3";
        app.world.db().query(statement!(sql, self.scope.as_str(), self.key.as_str(), resource_id)).await?;
        Ok(())
    }

    /// Forgets the key: the caller may mend what was refused and use it again.
    ///
    /// # Errors
    /// 503 when the database does not take it.
    pub(super) async fn unbind<W: World>(&self, app: &App<'_, W>, resource_id: &str) -> Result<(), ApiError> {
        let sql = "DELETE FROM idempotency_keys \
                   WHERE scope = ?1 AND key = ?2 AND answer_status IS NULL AND resource_id = ?3";
        app.world.db().query(statement!(sql, self.scope.as_str(), self.key.as_str(), resource_id)).await?;
        Ok(())
    }
}

#[derive(Deserialize)]
struct KeyRow {
    request_sha256: String,
    resource_id: String,
    lease_until_ms: i64,
    answer_status: Option<u16>,
    answer_body: Option<String>,
}
