//! What is done later, and who remembers to?
//!
//! Schedules live in the database (`next_at_ms`); a queue message is an id. The cron only claims what is due,
//! by moving its `next_at_ms` on, and enqueues it: one gateway call per message, because one RSA signature is
//! a good part of what an invocation may use. A message that is lost or comes twice does no harm: the claim
//! runs out, and every job reads the state it finds.

use coursepay_core::id::{AttemptId, DisputeId, OrderId, RefundId};
use coursepay_core::method::GatewayId;
use coursepay_core::order::Ending;
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::config::Config;
use crate::app::error::{ApiError, Code};
use crate::app::gateways::learned;
use crate::app::idempotency;
use crate::app::ports::{Db, DbError, Queue, Row, Statement, World, statement};
use crate::app::services::notifications;
use crate::app::services::orders::{end, remind};
use crate::app::services::payments::refunds::pursue;
use crate::app::services::payments::{ask, certificates, disputes};
use crate::app::store::{ASK_ABOUT_DISPUTES_EVERY_MS, ASK_ABOUT_REFUNDS_AGAIN_MS, ASKS_ABOUT_REFUNDS_AGAIN};
use crate::app::telemetry;

/// How much one statement claims.
const CLAIMED_AT_ONCE: usize = 50;

/// How many statements of each kind one run of the cron may take to come to the end of what is due: 200 jobs
/// of each a minute, within what one invocation may ask of D1 and of queues on the free plan.
const MOST_ROUNDS: usize = 4;

/// A unit of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub(super) enum Job {
    /// Ask a gateway about an attempt.
    Ask {
        /// Which.
        attempt: AttemptId,
    },
    /// Bring a refund on.
    Refund {
        /// Which.
        refund: RefundId,
    },
    /// Ask a gateway about a dispute.
    Dispute {
        /// Which.
        dispute: DisputeId,
    },
    /// End an order whose deadline has passed.
    Expire {
        /// Which.
        order: OrderId,
    },
    /// Tell of an order that is left unpaid.
    Remind {
        /// Which.
        order: OrderId,
    },
    /// Fetch WeChat Pay's certificates.
    FetchCertificates,
    /// Deliver a message to an endpoint.
    Deliver {
        /// Which.
        message: String,
        /// The endpoint's name.
        endpoint: String,
        /// How many tries came before: a try is made once.
        tries: i64,
    },
}

/// A queue message that could not be worked off now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLater;

/// The cron: claims what is due and puts it in the queue.
pub async fn run_scheduled<W: World>(world: &W, config: &Config) {
    let app = App { world, config };
    if let Err(error) = address_orphans(&app).await {
        telemetry::note(&app, "claim_failed", "cron", &error.to_string());
    }
    if let Err(error) = idempotency::sweep(&app).await {
        telemetry::note(&app, "sweep_failed", "cron", &error.to_string());
    }
    let claims = [
        claim_attempts(&app),
        claim_refunds(&app),
        claim_disputes(&app),
        claim_orders(&app),
        claim_deliveries(&app),
    ];
    for claim in claims.into_iter().chain(claim_certificates(&app)).chain(claim_reminders(&app)) {
        for _round in 0..MOST_ROUNDS {
            match claim_jobs(&app, claim.clone()).await {
                Ok(jobs) => {
                    join_all(jobs.iter().map(|job| enqueue(&app, job))).await;
                    if jobs.len() < CLAIMED_AT_ONCE {
                        break;
                    }
                }
                Err(error) => {
                    telemetry::note(&app, "claim_failed", "cron", &error.to_string());
                    break;
                }
            }
        }
    }
}

/// Runs one queue message.
///
/// # Errors
/// [`RetryLater`] when the same message should come again.
pub async fn run_message<W: World>(world: &W, config: &Config, message: &str) -> Result<(), RetryLater> {
    let app = App { world, config };
    let Ok(job) = serde_json::from_str::<Job>(message) else {
        telemetry::note(&app, "job_unreadable", "queue", "not a job of ours");
        return Ok(());
    };
    let done = match &job {
        Job::Ask { attempt } => ask::ask(&app, *attempt).await.map(drop),
        Job::Refund { refund } => pursue::look_after(&app, *refund).await,
        Job::Dispute { dispute } => disputes::ask::ask(&app, *dispute).await,
        Job::Expire { order } => expire(&app, *order).await,
        Job::Remind { order } => remind::remind(&app, *order).await,
        Job::FetchCertificates => certificates::fetch(&app).await,
        Job::Deliver { message, endpoint, tries } => {
            notifications::deliver(&app, message, endpoint, *tries).await
        }
    };
    match done {
        Ok(()) => Ok(()),
        Err(error) => {
            let cause = error.cause.as_deref().unwrap_or(&error.detail);
            telemetry::note(&app, "job_failed", error.code.text(), cause);
            // The schedule brings asking and expiring again by itself; a lost delivery is wanted sooner.
            let is_passing = matches!(error.code, Code::DatabaseUnavailable | Code::Busy);
            if is_passing { Err(RetryLater) } else { Ok(()) }
        }
    }
}

/// Puts a job in the queue. When the queue does not take it, its schedule brings it again.
pub(super) async fn enqueue<W: World>(app: &App<'_, W>, job: &Job) {
    let Ok(message) = serde_json::to_string(job) else { return };
    if let Err(error) = app.world.queue().send(message).await {
        telemetry::note(app, "enqueue_failed", "queue", &error.to_string());
    }
}

async fn expire<W: World>(app: &App<'_, W>, order: OrderId) -> Result<(), ApiError> {
    match end::end_order(app, order, Ending::Expire).await {
        Ok(_) => Ok(()),
        // Paid or ended meanwhile: that is an end too.
        Err(error) if matches!(error.code, Code::OrderPaid | Code::OrderExpired | Code::OrderCancelled) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Messages that were committed while no endpoint was known, for want of a readable setting: the endpoints
/// of today get them.
async fn address_orphans<W: World>(app: &App<'_, W>) -> Result<(), DbError> {
    let names: Vec<&str> = app.config.webhooks.iter().flatten().map(|known| known.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = serde_json::to_string(&names).map_err(|error| DbError::Nonsense(error.to_string()))?;
    let address = "INSERT INTO outbox_deliveries (message_id, endpoint, next_at_ms) \
                   SELECT m.id, e.value, CAST(?1 AS INTEGER) FROM outbox_messages m CROSS JOIN json_each(?2) e \
                   WHERE m.id IN (SELECT id FROM outbox_messages WHERE is_addressed = 0 \
                   ORDER BY at_ms, id LIMIT CAST(?3 AS INTEGER))";
    let note = "UPDATE outbox_messages SET is_addressed = 1 WHERE id IN (SELECT id FROM outbox_messages \
                WHERE is_addressed = 0 ORDER BY at_ms, id LIMIT CAST(?1 AS INTEGER))";
    let batch = vec![
        statement!(address, app.world.now(), names, claimed_at_once()),
        statement!(note, claimed_at_once()),
    ];
    app.world.db().batch(batch).await.map(|_| ())
}

fn claimed_at_once() -> i64 {
    i64::try_from(CLAIMED_AT_ONCE).unwrap_or(i64::MAX)
}

/// Attempts to ask about; each time the wait doubles, from half a minute to sixteen.
fn claim_attempts<W: World>(app: &App<'_, W>) -> Statement {
    let sql = "UPDATE attempts SET asks = asks + 1, \
               next_at_ms = CAST(?1 AS INTEGER) + (30000 << min(asks, 5)) \
               WHERE id IN (SELECT id FROM attempts WHERE next_at_ms <= CAST(?1 AS INTEGER) \
               ORDER BY next_at_ms LIMIT CAST(?2 AS INTEGER)) \
               RETURNING json_object('job', 'ask', 'attempt', id) AS job";
    statement!(sql, app.world.now(), claimed_at_once())
}

/// Refunds to ask about; each time the wait doubles, from a minute to four hours: a bank may take days. Those that
/// have succeeded and may be taken back, from a day, and not for ever.
fn claim_refunds<W: World>(app: &App<'_, W>) -> Statement {
    let sql = "UPDATE refunds SET asks = asks + 1, next_at_ms = CASE \
               WHEN status <> 'succeeded' THEN CAST(?1 AS INTEGER) + (60000 << min(asks, 8)) \
               WHEN asks + 1 < CAST(?4 AS INTEGER) THEN CAST(?1 AS INTEGER) + (CAST(?3 AS INTEGER) << (asks + 1)) \
               END \
               WHERE id IN (SELECT id FROM refunds WHERE next_at_ms <= CAST(?1 AS INTEGER) \
               ORDER BY next_at_ms LIMIT CAST(?2 AS INTEGER)) \
               RETURNING json_object('job', 'refund', 'refund', id) AS job";
    let (again, times) = (ASK_ABOUT_REFUNDS_AGAIN_MS, ASKS_ABOUT_REFUNDS_AGAIN);
    statement!(sql, app.world.now(), claimed_at_once(), again, times)
}

/// Open disputes to ask about, once a day: a bank takes weeks.
fn claim_disputes<W: World>(app: &App<'_, W>) -> Statement {
    let sql = "UPDATE disputes SET next_at_ms = CAST(?1 AS INTEGER) + CAST(?3 AS INTEGER) \
               WHERE id IN (SELECT id FROM disputes WHERE next_at_ms <= CAST(?1 AS INTEGER) \
               ORDER BY next_at_ms LIMIT CAST(?2 AS INTEGER)) \
               RETURNING json_object('job', 'dispute', 'dispute', id) AS job";
    statement!(sql, app.world.now(), claimed_at_once(), ASK_ABOUT_DISPUTES_EVERY_MS)
}

/// Open orders past their deadline; those whose gateway does not answer come again in five minutes.
fn claim_orders<W: World>(app: &App<'_, W>) -> Statement {
    let sql = "UPDATE orders SET next_at_ms = CAST(?1 AS INTEGER) + 300000 \
               WHERE id IN (SELECT id FROM orders WHERE next_at_ms <= CAST(?1 AS INTEGER) \
               ORDER BY next_at_ms LIMIT CAST(?2 AS INTEGER)) \
               RETURNING json_object('job', 'expire', 'order', id) AS job";
    statement!(sql, app.world.now(), claimed_at_once())
}

/// Unpaid orders of which the platform is to be told; one that may be paid already comes again in a minute, until its
/// deadline.
fn claim_reminders<W: World>(app: &App<'_, W>) -> Option<Statement> {
    app.config.remind_before_ms()?;
    let sql = "UPDATE orders SET \
               remind_at_ms = iif(expires_at_ms > CAST(?1 AS INTEGER), CAST(?1 AS INTEGER) + 60000, NULL) \
               WHERE id IN (SELECT id FROM orders WHERE remind_at_ms <= CAST(?1 AS INTEGER) \
               ORDER BY remind_at_ms LIMIT CAST(?2 AS INTEGER)) \
               RETURNING json_object('job', 'remind', 'order', id) AS job";
    Some(statement!(sql, app.world.now(), claimed_at_once()))
}

/// Deliveries that are due. They move their own schedule on when they are tried.
fn claim_deliveries<W: World>(app: &App<'_, W>) -> Statement {
    let sql = "UPDATE outbox_deliveries SET next_at_ms = CAST(?1 AS INTEGER) + 60000 \
               WHERE (message_id, endpoint) IN (SELECT message_id, endpoint FROM outbox_deliveries \
               WHERE next_at_ms <= CAST(?1 AS INTEGER) ORDER BY next_at_ms LIMIT CAST(?2 AS INTEGER)) \
               RETURNING json_object('job', 'deliver', 'message', message_id, 'endpoint', endpoint, \
               'tries', tries) AS job";
    statement!(sql, app.world.now(), claimed_at_once())
}

/// WeChat Pay's certificates, where they are trusted.
fn claim_certificates<W: World>(app: &App<'_, W>) -> Option<Statement> {
    let party = app.config.gateways.get(&GatewayId::WechatPay)?.as_ref().ok()?;
    party.certificates.as_ref().map(|source| learned::claim(app, &source.mchid))
}

async fn claim_jobs<W: World>(app: &App<'_, W>, claim: Statement) -> Result<Vec<Job>, DbError> {
    #[derive(Deserialize)]
    struct JobRow {
        job: String,
    }
    let rows = app.world.db().query(claim).await?;
    rows.into_iter()
        .map(Row::read::<JobRow>)
        .map(|row| {
            row.and_then(|row| serde_json::from_str(&row.job).map_err(|e| DbError::Nonsense(e.to_string())))
        })
        .collect()
}
