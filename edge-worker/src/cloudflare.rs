//! How does Cloudflare run the app?
//!
//! Three events come in, each with its environment: a request, the clock's cron, and messages of the queue.
//! Every event gets ports of its own, made from that environment ([`Cloudflare`]); what an isolate keeps
//! between events is plain data and imported keys. This folder decides nothing: what a request means stands in
//! [`crate::app`], which is what the native tests run too. Without a database binding the port answers
//! "unavailable", so the app says 503 and its health route says why.
//!
//! Absent on purpose: futures, channels or streams in statics. A future belongs to the event that made it, and
//! the runtime refuses to wake it from another.

mod clock;
mod d1;
mod fetch;
#[cfg(feature = "probe")]
mod probe;
mod queue;
mod random;
mod variables;
mod webcrypto;
mod wire;

use std::time::Duration;

use coursepay_core::time::Timestamp;
use futures::channel::oneshot;
use worker::{
    Context, Delay, Env, MessageBatch, MessageExt, ScheduleContext, ScheduledEvent, console_log, event,
    web_sys,
};

use self::d1::D1;
use self::fetch::Fetch;
use self::queue::JobQueue;
use self::webcrypto::WebCrypto;
use crate::app;
use crate::app::ports::World;

/// Name of the D1 binding (`wrangler.toml`).
const DATABASE: &str = "DB";
/// Name of the queue binding (`wrangler.toml`).
const JOBS: &str = "JOBS";

/// The world as one event sees it.
struct Cloudflare {
    db: D1,
    http: Fetch,
    queue: JobQueue,
    crypto: WebCrypto,
}

impl Cloudflare {
    /// The ports of one event. A binding that is missing shows when it is used.
    fn new(env: &Env) -> Self {
        Self { db: D1::new(env, DATABASE), http: Fetch, queue: JobQueue::new(env, JOBS), crypto: WebCrypto }
    }
}

impl World for Cloudflare {
    type Db = D1;
    type Http = Fetch;
    type Queue = JobQueue;
    type Crypto = WebCrypto;

    fn db(&self) -> &D1 {
        &self.db
    }

    fn http(&self) -> &Fetch {
        &self.http
    }

    fn queue(&self) -> &JobQueue {
        &self.queue
    }

    fn crypto(&self) -> &WebCrypto {
        &self.crypto
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random(&self, bytes: &mut [u8]) {
        random::fill(bytes);
    }

    async fn pause_ms(&self, ms: u32) {
        Delay::from(Duration::from_millis(ms.into())).await;
    }

    fn log(&self, line: &str) {
        console_log!("{line}");
    }
}

/// Answers one request.
///
/// A client that goes away cancels this function at whichever await it stands, so the app does not run in it:
/// it runs in `wait_until`, which outlives the client by up to 30 s, and hands its answer over a channel made for
/// this request. What has begun, a gateway call and the commit after it above all, is finished.
/// (workerd on one's own machine cancels nobody, so no test shows the difference.)
///
/// # Errors
/// When the app's answer is no HTTP response; the runtime then answers 500.
#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> worker::Result<web_sys::Response> {
    // At most one byte more than the app takes: enough for it to see that the body is too long.
    let request = match wire::read_request(&request, app::MAX_BODY_BYTES.saturating_add(1)).await {
        Ok(request) => request,
        Err(unreadable) => return wire::write_response(&unreadable.answer()),
    };
    let (hand_over, answer) = oneshot::channel();
    context.wait_until(async move {
        let world = Cloudflare::new(&env);
        let config = variables::config(&env);
        #[cfg(feature = "probe")]
        if let Some(response) = probe::handle(&app::App { world: &world, config: &config }, &request).await {
            let _ = hand_over.send(response);
            return;
        }
        let response = app::handle(&world, &config, request).await;
        // Nobody takes it when the client is gone; the work is done all the same.
        let _ = hand_over.send(response);
    });
    match answer.await {
        Ok(response) => wire::write_response(&response),
        Err(oneshot::Canceled) => Err("the app ended without an answer".into()),
    }
}

/// Runs what is due, once a minute (`wrangler.toml`). There is nobody to report a failure to: the app logs it,
/// and what was not done is still due next minute.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    app::run_scheduled(&Cloudflare::new(&env), &variables::config(&env)).await;
}

/// Runs messages one by one, each acknowledged or asked for again by itself.
///
/// # Errors
/// Never: an error here becomes a panic in the runtime's glue and brings the whole batch back.
#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, _context: Context) -> worker::Result<()> {
    let world = Cloudflare::new(&env);
    let config = variables::config(&env);
    for message in batch.raw_iter() {
        let Some(text) = message.body().as_string() else {
            // Not ours, and no other delivery would make it text.
            world.log(r#"{"event":"message_dropped","reason":"not text"}"#);
            message.ack();
            continue;
        };
        match app::run_message(&world, &config, &text).await {
            Ok(()) => message.ack(),
            Err(app::RetryLater) => message.retry(),
        }
    }
    Ok(())
}
