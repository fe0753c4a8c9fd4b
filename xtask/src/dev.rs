//! How does the whole thing run on a desk?
//!
//! The Worker on workerd with a local D1, the sandbox and the school, until Ctrl-C. What they keep lies in
//! target/dev, their output in target/dev/logs.

mod cron;
mod manifest;
mod secrets;
mod seed;
mod servers;
mod settings;
mod stripe;

use std::fs::{self, File, TryLockError};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::build::{self, Effort};
use crate::http::Client;
use crate::process::{refuse_if_stopped, stop_requested};
use crate::workspace::{self, cargo};
use crate::{setup, step};

use cron::Cron;
use manifest::Manifest;
use secrets::Secrets;
use servers::Server;

#[derive(Args)]
pub(crate) struct Options {
    /// Forget what earlier runs kept: database, keys, sandbox
    #[arg(long)]
    fresh: bool,
    /// Where the Worker listens
    #[arg(long, default_value_t = 8787, value_name = "PORT")]
    port: u16,
    /// Where the sandbox listens
    #[arg(long, default_value_t = 8790, value_name = "PORT")]
    sandbox_port: u16,
    /// Where the school listens
    #[arg(long, default_value_t = 8791, value_name = "PORT")]
    school_port: u16,
    /// Build Worker and widget as they are deployed (slower)
    #[arg(long)]
    release: bool,
}

/// What a run keeps lies here.
const FOLDER: &str = "target/dev";

/// Where the three are reached from this machine.
struct Urls {
    worker: String,
    sandbox: String,
    school: String,
    /// As a browser reaches them: two different sites, as in real life.
    worker_public: String,
    school_public: String,
}

impl Urls {
    fn new(options: &Options) -> Self {
        let loopback = |port| format!("http://127.0.0.1:{port}");
        Self {
            worker: loopback(options.port),
            sandbox: loopback(options.sandbox_port),
            school: loopback(options.school_port),
            worker_public: format!("http://pay.localhost:{}", options.port),
            school_public: format!("http://school.localhost:{}", options.school_port),
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let _lock = lock()?;
    check_ports(options)?;
    if options.fresh {
        forget()?;
    }
    fs::create_dir_all(workspace::path(FOLDER)).with_context(|| format!("cannot make {FOLDER}"))?;
    manifest::remove()?;
    setup::tools()?;
    build_everything(Effort::from_release(options.release))?;
    serve(options)
}

fn build_everything(effort: Effort) -> Result<()> {
    let mut natively = cargo(&["build", "--package", "coursepay-sandbox", "--package", "coursepay-school"])?;
    step::run("Build the sandbox and the school", &mut natively)?;
    build::worker(effort)?;
    build::widget(effort)
}

/// Starts everything and runs until we are asked to stop. Whatever happens, dropping the servers ends them.
fn serve(options: &Options) -> Result<()> {
    let urls = Urls::new(options);
    let client = Client::new();
    let mut running = Vec::new();

    running.push(servers::sandbox(options.sandbox_port)?);
    let sandbox = step::step("Start the sandbox", |_| {
        wait_for(&client, &format!("{}/sandbox/config.json", urls.sandbox), &mut running)
    })?;
    let sandbox = settings::read_sandbox(&sandbox)?;
    let secrets = Secrets::load_or_make()?;
    let stripe_secret = step::step("Tell the sandbox's Stripe where events go", |_| {
        stripe::endpoint(&client, &sandbox.stripe, &format!("{}/v1/callbacks/stripe", urls.worker))
    })?;
    settings::write_worker_variables(&urls, &sandbox, stripe_secret, &secrets)?;

    step::step("Apply the migrations", |step| step.run(&mut servers::migrate()?))?;
    step::step("Store the platform's API key", |step| {
        step.run(&mut servers::execute_sql(&secrets.insert_api_key_sql())?)
    })?;
    running.push(servers::worker(options.port)?);
    step::step("Start the Worker", |_| {
        wait_for(&client, &format!("{}/v1/health", urls.worker), &mut running)
    })?;
    running.push(servers::school(options.school_port, &urls, &secrets)?);
    step::step("Start the school", |_| wait_for(&client, &format!("{}/", urls.school), &mut running))?;
    step::step("Seed the demo catalogue", |_| {
        seed::catalogue(&client, &urls.worker, secrets.platform_api_key())
    })?;

    let _manifest = Manifest::write(&urls, &sandbox, &secrets)?;
    println!("\n  School   {}/", urls.school_public);
    println!("  Worker   {}/v1/health", urls.worker);
    println!("  Sandbox  {}/", urls.sandbox);
    println!("  Manifest {FOLDER}/manifest.json, logs {FOLDER}/logs/\n  Ctrl-C stops everything.\n");
    let outcome = watch(&client, &urls, &mut running);
    println!("Stopping.");
    // The last started goes first: nobody is asked by one that is still there.
    while running.pop().is_some() {}
    outcome
}

fn watch(client: &Client, urls: &Urls, running: &mut [Server]) -> Result<()> {
    let mut cron = Cron::start(&urls.worker);
    while !stop_requested() {
        check_alive(running)?;
        cron.call_when_due(client);
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Asks until the answer is a success; what a last refusal said otherwise.
fn wait_for(client: &Client, url: &str, running: &mut [Server]) -> Result<String> {
    const PATIENCE: Duration = Duration::from_secs(90);
    let started = std::time::Instant::now();
    loop {
        refuse_if_stopped()?;
        check_alive(running)?;
        let last = match client.get(url) {
            Ok(answer) if answer.is_success() => return Ok(answer.body),
            Ok(answer) => format!("{} {}", answer.status, answer.body.trim()),
            Err(error) => format!("{error:#}"),
        };
        if started.elapsed() > PATIENCE {
            bail!("{url} does not answer with success after {} s; last: {last}", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// An error that names the first server that has ended.
fn check_alive(running: &mut [Server]) -> Result<()> {
    running.iter_mut().try_for_each(Server::check_alive)
}

/// One run a checkout: two would share a database.
fn lock() -> Result<File> {
    let path = workspace::path("target/dev.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("`cargo xtask dev` already runs in this checkout: stop it first")
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn forget() -> Result<()> {
    let folder = workspace::path(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Before anything is built: a port in use would only show after minutes.
fn check_ports(options: &Options) -> Result<()> {
    let ports = [
        (options.port, "the Worker", "--port"),
        (options.sandbox_port, "the sandbox", "--sandbox-port"),
        (options.school_port, "the school", "--school-port"),
    ];
    for (port, whose, option) in ports {
        if ports.iter().filter(|(other, ..)| *other == port).count() > 1 {
            bail!("port {port} is given twice: each of Worker, sandbox and school needs its own");
        }
        if let Err(error) = TcpListener::bind(("127.0.0.1", port)) {
            bail!(
                "port {port} for {whose} cannot be had ({error}): stop what uses it, or choose another by {option}"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(port: u16, sandbox_port: u16, school_port: u16) -> Options {
        Options { fresh: false, port, sandbox_port, school_port, release: false }
    }

    #[test]
    fn a_port_in_use_is_named_with_the_option_that_changes_it() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = check_ports(&options(0, port, 1)).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--sandbox-port"), "{error}");
    }

    #[test]
    fn one_port_does_not_serve_two() {
        let error = check_ports(&options(40_001, 40_002, 40_001)).unwrap_err().to_string();
        assert_eq!(error, "port 40001 is given twice: each of Worker, sandbox and school needs its own");
    }
}
