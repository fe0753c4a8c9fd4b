//! How is a decision committed, and what happens when two race?
//!
//! One decision is one batch, and a batch is all or nothing. Its first statement inserts the order's next
//! event: whoever decided on an older state finds that number taken and loses whole. Every other fact it
//! relies on has a guard of its own in the same batch: the wallet's balance (a trigger on postings), ownership
//! (a partial UNIQUE index on lasting grants), one open order per cart (another), one booking per capture
//! (UNIQUE cause), no more refunded than paid (a trigger on refunds), one answer per idempotency key.
//!
//! A lost race is not a lost fact: the caller reads again and decides again ([`before_try`]). A commit whose
//! reply was lost is not a lost race: after any error that is not a constraint, the decision's id is looked
//! up before anything else is believed.

mod attempts;
mod disputes;
mod entitlements;
mod events;
mod ledger;
mod orders;
mod outbox;
mod refunds;
mod surplus;

use coursepay_core::decision::Decision;
use coursepay_core::id::{DecisionId, IdSource};
use coursepay_core::ledger::Entry;
#[cfg(feature = "planted")]
use coursepay_core::planted::{self, Bug};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Db, DbError, Statement, World, statement};

pub use disputes::ASK_EVERY_MS as ASK_ABOUT_DISPUTES_EVERY_MS;
pub use orders::{
    Loaded, load_order, load_order_of_attempt, load_order_of_dispute, load_order_of_payment,
    load_order_of_refund, read_products,
};
pub use refunds::note_last_code;
pub use refunds::{ASK_AGAIN_MS as ASK_ABOUT_REFUNDS_AGAIN_MS, ASKS_AGAIN as ASKS_ABOUT_REFUNDS_AGAIN};

/// How often a lost race is run again before the caller is asked to.
pub const MOST_TRIES: u32 = 8;

/// Why a batch was not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// Somebody else changed what this relied on: read again, decide again.
    LostRace,
    /// A wallet would go below zero.
    InsufficientFunds,
    /// An account would hold more than can be counted.
    OutOfRange,
    /// The idempotency key was bound meanwhile: look at it again.
    KeyTaken,
    /// No certain answer, and the decision was not found.
    Unavailable(String),
    /// A guard refused that should never have to: our mistake.
    Broken(String),
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::LostRace | CommitError::KeyTaken => Self::plain(Code::Busy),
            CommitError::InsufficientFunds => Self::plain(Code::InsufficientFunds),
            CommitError::OutOfRange => Self::plain(Code::AmountOutOfRange),
            CommitError::Unavailable(cause) => {
                Self { cause: Some(cause), ..Self::plain(Code::DatabaseUnavailable) }
            }
            CommitError::Broken(cause) => Self::internal(cause),
        }
    }
}

/// Commits everything `decision` changes, together with `more`, or nothing of it.
///
/// # Errors
/// [`CommitError`].
pub async fn commit<W: World>(
    app: &App<'_, W>,
    decision: &Decision,
    more: Vec<Statement>,
) -> Result<(), CommitError> {
    commit_with(app, decision, more, Vec::new()).await
}

/// The same, with `last` at the end of the batch: what changes rows that the decision itself has just made.
///
/// # Errors
/// [`CommitError`].
pub async fn commit_with<W: World>(
    app: &App<'_, W>,
    decision: &Decision,
    more: Vec<Statement>,
    last: Vec<Statement>,
) -> Result<(), CommitError> {
    if decision.is_no_op() {
        return commit_plain(app, more).await;
    }
    let mut batch = events::insert(decision);
    batch.extend(more);
    batch.push(orders::write(decision, app.config.remind_before_ms()).map_err(CommitError::Broken)?);
    batch.extend(attempts::write(decision).map_err(CommitError::Broken)?);
    batch.extend(refunds::write(decision).map_err(CommitError::Broken)?);
    batch.extend(disputes::write(decision).map_err(CommitError::Broken)?);
    batch.extend(surplus::write(decision).map_err(CommitError::Broken)?);
    batch.extend(entitlements::insert(decision));
    batch.extend(entitlements::revoke(decision));
    for entry in &decision.entries {
        batch.push(ledger::insert(entry).map_err(CommitError::Broken)?);
    }
    let messages = outbox::insert(app, decision);
    #[cfg(feature = "planted")]
    if planted::has(Bug::MessagesAfterCommit) {
        app.world.db().batch(batch).await.map_err(|_| CommitError::LostRace)?;
        return commit_plain(app, [messages, last].concat()).await;
    }
    batch.extend(messages);
    batch.extend(last);
    match app.world.db().batch(batch).await {
        Ok(_) => Ok(()),
        #[cfg(feature = "planted")]
        Err(DbError::Constraint(_)) if planted::has(Bug::SettledTwice) && !decision.grants.is_empty() => {
            book_regardless(app, decision).await
        }
        Err(DbError::Constraint(message)) => Err(read_constraint(message)),
        Err(DbError::Unavailable(cause) | DbError::Nonsense(cause)) => {
            match was_committed(app, decision.id).await {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(CommitError::Unavailable(cause)),
            }
        }
    }
}

/// What whoever has no guard does: books what somebody else has booked.
#[cfg(feature = "planted")]
async fn book_regardless<W: World>(app: &App<'_, W>, decision: &Decision) -> Result<(), CommitError> {
    let mut again = Vec::new();
    for entry in &decision.entries {
        let mut statement = ledger::insert(entry).map_err(CommitError::Broken)?;
        if let Some(crate::app::ports::Param::Text(cause)) = statement.params.get_mut(2) {
            cause.push_str(":again");
        }
        again.push(statement);
    }
    commit_plain(app, again).await
}

/// Commits one ledger entry that belongs to no order, together with `more`.
///
/// # Errors
/// [`CommitError`]; after [`CommitError::Unavailable`] the caller's idempotency key tells what happened.
pub async fn commit_entry<W: World>(
    app: &App<'_, W>,
    entry: &Entry,
    more: Vec<Statement>,
) -> Result<(), CommitError> {
    let mut batch = more;
    batch.push(ledger::insert(entry).map_err(CommitError::Broken)?);
    commit_plain(app, batch).await
}

/// Commits statements that decide nothing about an order: all of them, or none.
///
/// # Errors
/// [`CommitError`].
pub async fn commit_plain<W: World>(app: &App<'_, W>, statements: Vec<Statement>) -> Result<(), CommitError> {
    if statements.is_empty() {
        return Ok(());
    }
    match app.world.db().batch(statements).await {
        Ok(_) => Ok(()),
        Err(DbError::Constraint(message)) => Err(read_constraint(message)),
        Err(DbError::Unavailable(cause) | DbError::Nonsense(cause)) => Err(CommitError::Unavailable(cause)),
    }
}

async fn was_committed<W: World>(app: &App<'_, W>, decision: DecisionId) -> Result<bool, DbError> {
    let sql = "SELECT 1 AS found FROM order_events WHERE decision_id = ?1 LIMIT 1";
    Ok(!app.world.db().query(statement!(sql, decision.to_string())).await?.is_empty())
}

/// Which guard spoke. UNIQUE errors name table and columns, CHECK and RAISE their own names.
fn read_constraint(message: String) -> CommitError {
    const RACES: [&str; 6] = [
        "order_events_conflict",
        "order_events.order_id",
        "orders.buyer_id",
        "entitlements.buyer_id",
        "buyers.user_id",
        "ledger_entry_exists",
    ];
    if message.contains("insufficient_funds") {
        CommitError::InsufficientFunds
    } else if message.contains("ledger_balance_range") {
        CommitError::OutOfRange
    } else if message.contains("idempotency_keys.") {
        CommitError::KeyTaken
    } else if RACES.iter().any(|guard| message.contains(guard)) {
        CommitError::LostRace
    } else {
        CommitError::Broken(message)
    }
}

/// Reads an order once more: as it is after a race was lost.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn reload<W: World>(app: &App<'_, W>, loaded: &Loaded) -> Result<Loaded, ApiError> {
    let found = load_order(app, loaded.order.id).await?;
    found.ok_or_else(|| ApiError::plain(Code::OrderNotFound))
}

/// Waits before a lost race is run again: a few milliseconds more each time, with jitter, so that the same
/// two do not meet again.
///
/// # Errors
/// 503 after [`MOST_TRIES`].
pub async fn before_try<W: World>(app: &App<'_, W>, tries: u32) -> Result<(), ApiError> {
    if tries == 0 {
        return Ok(());
    }
    if tries >= MOST_TRIES {
        return Err(ApiError::plain(Code::Busy));
    }
    let mut jitter = [0_u8; 1];
    app.world.random(&mut jitter);
    let [jitter] = jitter;
    app.world.pause_ms(tries.saturating_mul(4).saturating_add(u32::from(jitter % 16))).await;
    Ok(())
}

/// Fresh ids, dated now.
pub fn ids<W: World>(app: &App<'_, W>) -> IdSource {
    let mut seed = [0_u8; 16];
    app.world.random(&mut seed);
    IdSource::new(app.world.now(), seed)
}
