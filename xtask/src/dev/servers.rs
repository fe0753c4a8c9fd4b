//! Which programs run, with which arguments, and where does their output go?

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::secrets::Secrets;
use super::settings::WORKER_VARIABLES;
use super::{FOLDER, Urls};
use crate::process::{Group, describe};
use crate::step::tail;
use crate::workspace::{self, command, wrangler};

/// wrangler's D1, kept from run to run.
const DATABASE_FOLDER: &str = "target/dev/d1";

/// A program that runs until this value goes.
pub(super) struct Server {
    name: &'static str,
    log: PathBuf,
    group: Group,
}

impl Server {
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let log = workspace::path(FOLDER).join("logs").join(format!("{name}.log"));
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let file = Arc::new(Mutex::new(file));
        let mut group = Group::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        if let Some(stdout) = group.child_mut().stdout.take() {
            keep_output(name, stdout, Arc::clone(&file));
        }
        if let Some(stderr) = group.child_mut().stderr.take() {
            keep_output(name, stderr, file);
        }
        Ok(Self { name, log, group })
    }

    /// An error with the last of its output once it has ended: none of ours ends by itself.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.group.ended()? {
            bail!(
                "the {} has ended by itself with {}; its log {} ends with:\n{}",
                self.name,
                describe(status),
                self.log.display(),
                tail(&self.log, 20)
            );
        }
        Ok(())
    }
}

pub(super) fn sandbox(port: u16) -> Result<Server> {
    let mut sandbox = command(workspace::path("target/debug/coursepay-sandbox"))?;
    sandbox.args(["--port", &port.to_string(), "--state"]).arg(workspace::path(FOLDER).join("sandbox"));
    Server::start("sandbox", &mut sandbox)
}

pub(super) fn worker(port: u16) -> Result<Server> {
    let mut worker = wrangler(&["dev", "--ip", "127.0.0.1", "--port", &port.to_string()])?;
    // Any free port: several of these may run on one machine.
    worker.args(["--inspector-port", "0"]);
    worker.args(["--persist-to", DATABASE_FOLDER, "--env-file", WORKER_VARIABLES]);
    worker.args(["--show-interactive-dev-session", "false"]);
    // It looks up where this machine is in the world, for nothing that we use.
    worker.env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    Server::start("worker", &mut worker)
}

pub(super) fn school(port: u16, urls: &Urls, secrets: &Secrets) -> Result<Server> {
    let token = secrets.checkout_token();
    let mut school = command(workspace::path("target/debug/coursepay-school"))?;
    school
        .args(["--port", &port.to_string()])
        .env("COURSEPAY_URL", &urls.worker)
        .env("COURSEPAY_PUBLIC_URL", &urls.worker_public)
        .env("CHECKOUT_TOKEN_KID", &token.kid)
        .env("CHECKOUT_TOKEN_SECRET", &token.secret)
        .env("WEBHOOK_SECRET", secrets.webhook_secret());
    Server::start("school", &mut school)
}

/// Brings the local database up to date.
pub(super) fn migrate() -> Result<Command> {
    wrangler(&["d1", "migrations", "apply", "DB", "--local", "--persist-to", DATABASE_FOLDER])
}

/// Runs one statement on the local database.
pub(super) fn execute_sql(sql: &str) -> Result<Command> {
    wrangler(&["d1", "execute", "DB", "--local", "--persist-to", DATABASE_FOLDER, "--command", sql])
}

/// Copies a pipe into the log, and what looks like trouble to the terminal too.
fn keep_output(name: &'static str, pipe: impl Read + Send + 'static, log: Arc<Mutex<File>>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            if is_trouble(line) {
                eprintln!("  [{name}] {}", line.trim_start());
            }
            if let Ok(mut file) = log.lock() {
                let _written = writeln!(file, "{line}");
            }
        }
    });
}

fn is_trouble(line: &str) -> bool {
    ["[ERROR]", "ERROR", "panicked at", "✘", "Uncaught"].iter().any(|mark| line.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_from_talk() {
        assert!(is_trouble("✘ [ERROR] Uncaught Error: x"));
        assert!(is_trouble("thread 'main' panicked at src/main.rs:1:1:"));
        assert!(!is_trouble("[wrangler:info] GET /v1/health 200 OK (3ms)"));
    }
}
