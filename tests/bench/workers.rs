//! How do the three Workers run?

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use coursepay_tests::setup::Setup;

use crate::connection::Connection;

/// Their names in `workers.capnp`.
const NAMES: [&str; 3] = ["ours", "yardstick", "sdk"];

/// One workerd with all three. Ends with this value.
pub(crate) struct Workers {
    process: Child,
    ports: Vec<u16>,
}

impl Workers {
    /// # Errors
    /// When something is not built, or workerd does not start.
    pub(crate) fn start(setup: &Setup) -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for built in ["edge-worker/build-probe/index.js", "target/bench/sdk.js"] {
            ensure!(root.join(built).exists(), "{built} is missing: run `cargo xtask bench`");
        }
        let ports = NAMES.iter().map(|_| free_port()).collect::<anyhow::Result<Vec<_>>>()?;
        let mut workerd = Command::new(workerd(&root)?);
        workerd.arg("serve").arg(root.join("tests/bench/workers.capnp")).stdin(Stdio::null());
        for (name, port) in NAMES.iter().zip(&ports) {
            workerd.arg(format!("--socket-addr={name}=127.0.0.1:{port}"));
        }
        let process = workerd.envs(setup.variables()).spawn().context("workerd does not start")?;
        let mut workers = Self { process, ports };
        workers.wait()?;
        Ok(workers)
    }

    /// Until the last of them listens.
    fn wait(&mut self) -> anyhow::Result<()> {
        for _ in 0..200 {
            if NAMES.iter().all(|name| self.connect(name).is_ok()) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("workerd ended with {status}: what is wrong is said above");
            }
            sleep(Duration::from_millis(50));
        }
        bail!("workerd does not listen")
    }

    /// A connection to the one of this name.
    pub(crate) fn connect(&self, name: &str) -> anyhow::Result<Connection> {
        let found = NAMES.iter().zip(&self.ports).find(|(known, _)| **known == name);
        let (_, port) = found.with_context(|| format!("no Worker is called {name}"))?;
        Connection::open(*port)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The workerd that the pinned wrangler carries.
fn workerd(root: &Path) -> anyhow::Result<String> {
    let node = std::env::var("COURSEPAY_NODE").unwrap_or_else(|_| "node".to_owned());
    let asked = Command::new(node).current_dir(root).args(["-p", "require('workerd').default"]).output();
    let output = asked.context("node does not start")?;
    ensure!(output.status.success(), "there is no workerd: run `cargo xtask bench`");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A port nobody listens on. Another process can still take it first; workerd then says so.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
