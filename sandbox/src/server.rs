//! How do requests come in and callbacks go out? (the shell: it listens, sends, saves, and holds no rule)

#![expect(clippy::disallowed_methods, reason = "this is the shell: it brings the real clock")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::courier::{Answer, Callback};
use crate::mailbox;
use crate::reply::{self, Reply};
use crate::store::Store;
use crate::world::World;

/// Larger bodies are refused unread.
const LARGEST_BODY: usize = 64 * 1024;
/// Of an e-mail: HTML is long.
const LARGEST_EMAIL: usize = 1024 * 1024;
/// How long a receiver may take over a callback.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a callback's answer, what is read at most: `success` has seven bytes.
const LARGEST_ANSWER: usize = 1024;
/// How long open connections may take once the sandbox is told to stop.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long to wait before accepting again what could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// The world and where it is kept.
struct Kept {
    world: World,
    store: Store,
}

impl Kept {
    /// Saves what changed; the disk's refusal is told on standard error.
    fn save(&mut self) -> Result<(), ()> {
        self.store.save(&mut self.world).map_err(|error| eprintln!("sandbox: {error:#}"))
    }
}

/// What all connections share.
struct Shell {
    kept: Mutex<Kept>,
    client: reqwest::Client,
    /// Told after every request: a callback may be due, or the clock may have moved.
    changed: Notify,
}

impl Shell {
    /// A panic would be a bug of ours; serving on from the last state beats refusing everybody.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `world` on `listener` until `stop` resolves, saving every change in `store` before its answer
/// leaves.
///
/// # Errors
/// When the listener breaks or the HTTP client cannot be set up.
pub async fn serve(
    listener: TcpListener,
    world: World,
    store: Store,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // A receiver may close a kept connection at the very moment it is used again: the callback would be
        // lost until its retry.
        .pool_max_idle_per_host(0)
        .timeout(CALLBACK_TIMEOUT)
        .no_proxy()
        .build()
        .context("cannot set up the HTTP client")?;
    let shell = Arc::new(Shell { kept: Mutex::new(Kept { world, store }), client, changed: Notify::new() });
    let sender = tokio::spawn(send_callbacks(Arc::clone(&shell)));
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => serve_connection(stream, &shell, &connections),
                // Too many open files, most likely: those that end make room.
                Err(error) => {
                    eprintln!("sandbox: cannot accept a connection: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            () = &mut stop => break,
        }
    }
    // A connection that does not end must not keep the sandbox alive.
    let _ = tokio::time::timeout(FAREWELL, connections.shutdown()).await;
    sender.abort();
    Ok(())
}

/// Serves one connection in a task of its own.
fn serve_connection(stream: TcpStream, shell: &Arc<Shell>, connections: &GracefulShutdown) {
    let shell = Arc::clone(shell);
    let service = service_fn(move |request| answer(Arc::clone(&shell), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    // An error is a caller who went away or one we hang up on.
    tokio::spawn(async move { connection.await.ok() });
}

/// Breaks the connection off without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is broken off")]
struct HangUp;

/// Answers one request, or hangs up.
async fn answer(shell: Arc<Shell>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, HangUp> {
    let (parts, body) = request.into_parts();
    let largest = if parts.uri.path() == mailbox::PATH { LARGEST_EMAIL } else { LARGEST_BODY };
    let reply = match Limited::new(body, largest).collect().await {
        Ok(body) => {
            let mut kept = shell.kept();
            let reply = kept.world.handle(&Request::from_parts(parts, body.to_bytes()), now_ms());
            match kept.save() {
                Ok(()) => reply,
                Err(()) => Reply::Answer(reply::json_error(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "not_saved",
                    "the state could not be saved; standard error says why",
                )),
            }
        }
        Err(_) => Reply::Answer(reply::json_error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "a body may have 64 KB at most (an e-mail 1 MB) and must arrive whole",
        )),
    };
    shell.changed.notify_one();
    match reply {
        Reply::Answer(response) => Ok(response.map(Full::new)),
        Reply::Silence { hold_ms } => {
            tokio::time::sleep(Duration::from_millis(hold_ms)).await;
            Err(HangUp)
        }
    }
}

/// Sends what is due, then sleeps until the next callback is or something changes.
async fn send_callbacks(shell: Arc<Shell>) {
    loop {
        let (due, next_at_ms) = take_due(&mut shell.kept());
        // What goes to one receiver goes in the order it became due.
        let mut by_receiver: BTreeMap<String, Vec<Callback>> = BTreeMap::new();
        for callback in due {
            by_receiver.entry(callback.request.uri().to_string()).or_default().push(callback);
        }
        for callbacks in by_receiver.into_values() {
            tokio::spawn(deliver(Arc::clone(&shell), callbacks));
        }
        let wait_ms = next_at_ms.map(|at_ms| at_ms.saturating_sub(now_ms()).max(0).unsigned_abs());
        tokio::select! {
            () = shell.changed.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(wait_ms.unwrap_or_default())), if wait_ms.is_some() => {}
        }
    }
}

/// What is due, and when to look again. Time itself may have changed something, and nobody is told of what is
/// not kept.
fn take_due(kept: &mut Kept) -> (Vec<Callback>, Option<i64>) {
    let mut due = kept.world.due_callbacks(now_ms());
    if kept.save().is_err() {
        let answer = Answer::Failed { reason: "not sent: the state could not be saved".to_owned() };
        for callback in due.drain(..) {
            kept.world.callback_answered(callback.id, &answer, now_ms());
        }
    }
    (due, kept.world.next_callback_at_ms())
}

/// Sends callbacks one after the other and tells the world what came of each.
async fn deliver(shell: Arc<Shell>, callbacks: Vec<Callback>) {
    for callback in callbacks {
        let answer = match send(&shell.client, callback.request).await {
            Ok(answer) => answer,
            Err(error) => Answer::Failed { reason: reason_of(&error) },
        };
        {
            let mut kept = shell.kept();
            kept.world.callback_answered(callback.id, &answer, now_ms());
            // Told already; the next save tries again.
            let _ = kept.save();
        }
        shell.changed.notify_one();
    }
}

async fn send(client: &reqwest::Client, request: Request<Bytes>) -> Result<Answer, reqwest::Error> {
    let mut response = client.execute(request.try_into()?).await?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < LARGEST_ANSWER
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(Answer::Http { status, body })
}

/// An error with its causes in one line, without the address the log shows anyway.
fn reason_of(error: &reqwest::Error) -> String {
    let mut reason = if error.is_timeout() { "no answer within 10 s".to_owned() } else { String::new() };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if !reason.is_empty() {
            reason.push_str(": ");
        }
        reason.push_str(&inner.to_string());
        cause = inner.source();
    }
    if reason.is_empty() { error.to_string() } else { reason }
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}
