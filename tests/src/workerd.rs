//! How is the built Worker run in a test, and what surrounds it?
//!
//! `tests/workerd.mjs` runs it on workerd with a D1 of its own; its first lines say how it is spoken to. The
//! sandbox and the platform's endpoint are servers in this process. All of it ends with the value; before that, the
//! Worker alone can be killed and started again.

mod link;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use coursepay_edge::app::ports::{Param, Row};
use coursepay_sandbox::store::Store;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use self::link::{Group, Link};
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
    group: Mutex<Group>,
    /// What the process around the Worker is told first.
    beginning: Value,
    received: Arc<Mutex<Vec<Request<Bytes>>>>,
    servers: [JoinHandle<()>; 2],
    _sandbox_state: tempfile::TempDir,
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
        Self::start_build(DEPLOYED, None, change).await
    }

    /// Starts everything with a D1 that is kept in `folder`, so that the Worker can be killed and started again.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub async fn start_in(folder: &Path) -> anyhow::Result<Self> {
        Self::start_build(DEPLOYED, Some(folder), |_| {}).await
    }

    /// Starts the build that can be asked about its cryptography.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub async fn start_with_probe() -> anyhow::Result<Self> {
        Self::start_build(WITH_PROBE, None, |_| {}).await
    }

    async fn start_build(
        build: &str,
        folder: Option<&Path>,
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
        let mut beginning = json!({ "variables": variables, "build": build });
        if let Some(folder) = folder {
            beginning["folder"] = folder.to_string_lossy().into();
        }
        let (link, url) = begin(&beginning).await?;
        setup.public_url = url.clone();
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
            group: Mutex::new(link.group()?),
            link: tokio::sync::Mutex::new(link),
            beginning,
            received,
            servers: [sandbox, endpoint],
            _sandbox_state: sandbox_state,
        })
    }

    /// Kills the Worker with everything around it: SIGKILL, so nobody there gets to do anything more. The sandbox
    /// and the endpoint live on.
    pub fn kill(&self) {
        self.group.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }

    /// Waits until nothing is left of a Worker that was killed: nobody listens at its port, and nobody has its
    /// database open.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn gone(&self) -> anyhow::Result<()> {
        self.link.lock().await.ended().await?;
        let address = self.setup.public_url.trim_start_matches("http://");
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Starts a Worker that is gone once more: at the same address, on the same folder, with the same variables.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub async fn start_again(&self) -> anyhow::Result<()> {
        let address = self.setup.public_url.rsplit(':').next().context("a Worker has a port")?;
        let mut beginning = self.beginning.clone();
        beginning["port"] = address.parse::<u16>()?.into();
        let (link, url) = begin(&beginning).await?;
        ensure!(url == self.setup.public_url, "the Worker is at {url} now");
        *self.group.lock().unwrap_or_else(PoisonError::into_inner) = link.group()?;
        *self.link.lock().await = link;
        Ok(())
    }

    /// The file in which workerd keeps D1. Beside it lies what is written and not yet merged into it.
    ///
    /// # Errors
    /// When nothing is kept, or it is not where it should be.
    pub fn database_file(&self) -> anyhow::Result<PathBuf> {
        let folder = self.beginning["folder"].as_str().context("nothing is kept: start it in a folder")?;
        let folder = Path::new(folder).join("d1").join("miniflare-D1DatabaseObject");
        let mut files =
            std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
        files.retain(|file| {
            file.extension().is_some_and(|end| end == "sqlite") && !file.ends_with("metadata.sqlite")
        });
        let [file] = files.as_slice() else {
            anyhow::bail!("expected one database in {}: {files:?}", folder.display())
        };
        Ok(file.clone())
    }

    /// Has the process around the Worker do something, if it lives.
    ///
    /// # Errors
    /// When it has ended before it answered.
    pub async fn command(&self, command: &Value) -> anyhow::Result<Value> {
        self.link.lock().await.say(command).await
    }

    /// Sends a request to the Worker or the sandbox, if it lives.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
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

/// Starts the process around the Worker; where the Worker is then.
async fn begin(beginning: &Value) -> anyhow::Result<(Link, String)> {
    let mut link = Link::open(beginning["build"].as_str().unwrap_or(DEPLOYED))?;
    let started = link.say(beginning).await?;
    let url = started["url"].as_str().with_context(|| format!("the Worker did not start: {started}"))?;
    Ok((link, url.to_owned()))
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
        let answer = self.command(&command).await.expect("the Worker obeys");
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
        let answer = self.command(&command).await.expect("D1 answers");
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
