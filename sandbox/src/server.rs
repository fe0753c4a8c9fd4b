//! How do requests come in and callbacks go out? (the shell: it listens, sends, saves, and holds no rule)

#![expect(clippy::disallowed_methods, reason = "this is the shell: it brings the real clock")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::reply;
use crate::schedule::{Answer, Callback};
use crate::store::Store;
use crate::world::World;

/// Larger bodies are refused unread.
const LARGEST_BODY: usize = 64 * 1024;
/// How long a receiver may take over a callback.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a callback's answer, what is read at most: `success` has seven bytes.
const LARGEST_ANSWER: usize = 1024;
/// How long open connections may take once the sandbox is told to stop.
const FAREWELL: Duration = Duration::from_secs(2);

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
        .timeout(CALLBACK_TIMEOUT)
        .no_proxy()
        .build()
        .context("cannot set up the HTTP client")?;
    let shell = Arc::new(Shell { kept: Mutex::new(Kept { world, store }), client, changed: Notify::new() });
    let sender = tokio::spawn(send_callbacks(Arc::clone(&shell)));

    let app = Router::new().fallback(answer).with_state(shell);
    let stopping = Arc::new(Notify::new());
    let told = Arc::clone(&stopping);
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        told.notify_one();
    });
    let served = tokio::select! {
        served = async { server.await } => served,
        // A connection that does not end must not keep the sandbox alive.
        () = async { stopping.notified().await; tokio::time::sleep(FAREWELL).await } => Ok(()),
    };
    sender.abort();
    served.context("the listener broke")
}

/// Answers one request.
async fn answer(State(shell): State<Arc<Shell>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let response = match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => {
            let mut kept = shell.kept();
            let response = kept.world.handle(&http::Request::from_parts(parts, body), now_ms());
            match kept.save() {
                Ok(()) => response,
                Err(()) => reply::json_error(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "not_saved",
                    "the state could not be saved; standard error says why",
                ),
            }
        }
        Err(_) => reply::json_error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "a body may have 64 KB at most and must arrive whole",
        ),
    };
    shell.changed.notify_one();
    response.map(Body::from)
}

/// Sends what is due, then sleeps until the next callback is or something changes.
async fn send_callbacks(shell: Arc<Shell>) {
    loop {
        let (due, next_at_ms) = {
            let world = &mut shell.kept().world;
            (world.due_callbacks(now_ms()), world.next_callback_at_ms())
        };
        for callback in due {
            tokio::spawn(deliver(Arc::clone(&shell), callback));
        }
        let wait_ms = next_at_ms.map(|at_ms| at_ms.saturating_sub(now_ms()).max(0).unsigned_abs());
        tokio::select! {
            () = shell.changed.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(wait_ms.unwrap_or_default())), if wait_ms.is_some() => {}
        }
    }
}

/// Sends one callback and tells the world what came of it.
async fn deliver(shell: Arc<Shell>, callback: Callback) {
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

async fn send(client: &reqwest::Client, request: http::Request<Bytes>) -> Result<Answer, reqwest::Error> {
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
