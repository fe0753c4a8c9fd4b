//! `coursepay-school`: a demo course platform beside a Coursepay Worker.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use coursepay_school::{School, Settings, serve_until, system_clock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const ENVIRONMENT: &str = "\
Environment:
  COURSEPAY_URL          the Worker as this server reaches it, e.g. http://127.0.0.1:8787
  COURSEPAY_PUBLIC_URL   the Worker as a browser reaches it, e.g. http://pay.localhost:8787
  CHECKOUT_TOKEN_KID     id of the key that signs checkout tokens
  CHECKOUT_TOKEN_SECRET  that key: at least 32 bytes of text, the same that the Worker has under this id
  WEBHOOK_SECRET         whsec_…, several separated by commas while one is being replaced

The pages are at http://127.0.0.1:PORT and, in Chromium and Firefox, http://school.localhost:PORT, which
is another site than http://pay.localhost: as in real life, the shop and the till are not one.";

/// A demo course platform: sells three courses through Coursepay, the way an integrator would.
#[derive(Parser)]
#[command(name = "coursepay-school", version, after_help = ENVIRONMENT)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8791)]
    port: u16,

    /// Folder that keeps the purchases across restarts; made if absent.
    #[arg(long, value_name = "DIR", default_value = "target/school")]
    state: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("school: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let school = School::open(settings, &arguments.state, system_clock())?;
    let listener = listen(arguments.port).await?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut terminated = signal(SignalKind::terminate()).context("listening for SIGTERM")?;

    println!("school listening on http://{}", listener.local_addr()?);
    serve_until(school, listener, async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
    .await
    .context("serving")
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is in use: stop what listens there, or choose another with --port")
        }
        Err(error) => Err(error).context(format!("listening on 127.0.0.1:{port}")),
    }
}
