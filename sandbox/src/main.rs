//! How is the sandbox started? (arguments, one line when it listens, one line when it cannot)

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser;
use coursepay_sandbox::store::Store;
use coursepay_sandbox::{Random, World, server};
use rsa::rand_core::RngCore as _;
use tokio::net::TcpListener;

/// Plays the payment gateways on your desk: Alipay's gateway.do with real RSA2 signatures, a cashier page
/// to pay or decline on, and notifies with the documented retries. No account, no network, no money.
///
/// Open the printed address in a browser: it shows the ids, keys and settings for your SDK.
#[derive(Parser)]
#[command(name = "coursepay-sandbox", version)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one and prints it
    #[arg(long, default_value_t = 8790)]
    port: u16,
    /// Directory for keys and payments, made on first start and kept
    #[arg(long, value_name = "DIR", default_value = "target/sandbox")]
    state: PathBuf,
    /// How others reach the sandbox, if not by http://127.0.0.1:PORT
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("sandbox: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Before anything slow: who stops us early is heard too, and a taken port is told at once.
    let stop = stop_signal()?;
    let listener = listen(arguments.port).await?;
    let local = listener.local_addr().context("the listener has no address")?;
    let base_url = match arguments.base_url {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => url,
        Some(url) => bail!("--base-url: expected http://… or https://…, got {url}"),
        None => format!("http://{local}"),
    };

    let store = Store::open(&arguments.state)?;
    let mut random = Random::from_seed(seed());
    let keys = store.keys(&mut random, || eprintln!("sandbox: making keys, once (a few seconds)"))?;
    let mut world = World::new(&base_url, keys, seed());
    store.restore(&mut world)?;

    println!("sandbox listening on http://{local}");
    server::serve(listener, world, store, stop).await
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(
                "port {port} is in use: stop what listens there or choose another with --port (0: any free one)"
            )
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Unguessable bytes from the operating system.
fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    rsa::rand_core::OsRng.fill_bytes(&mut seed);
    seed
}

/// Resolves when the sandbox is told to stop, by Ctrl-C or by SIGTERM.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("cannot listen for SIGTERM")?;
    #[cfg(unix)]
    let mut interrupted = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
        .context("cannot listen for SIGINT")?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
