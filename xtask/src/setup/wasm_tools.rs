//! Can this machine build WebAssembly: the target, wasm-bindgen, worker-build?

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::step;
use crate::workspace::{self, cargo, command, find_program};

/// Built from this workspace's lock file; see `xtask/wasm-bindgen`.
pub(crate) const WASM_BINDGEN: &str = "target/tools/tools/wasm-bindgen-cli";
/// Runs wasm32 test binaries in Node.
pub(crate) const TEST_RUNNER: &str = "target/tools/tools/wasm-bindgen-test-runner";

const WORKER_BUILD_VERSION: &str = "0.8.7";
const TARGET: &str = "wasm32-unknown-unknown";

/// Adds rustc's wasm32 standard library through rustup.
pub(super) fn wasm_target() -> Result<()> {
    let mut rustc = command("rustc")?;
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let output = rustc.output().context("cannot run rustc: install Rust from https://rustup.rs")?;
    let libraries = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let installed = fs::read_dir(&libraries).is_ok_and(|mut files| files.next().is_some());
    if output.status.success() && installed {
        return Ok(());
    }
    if find_program("rustup").is_none() {
        bail!(
            "this Rust cannot build for {TARGET}, and there is no rustup to add it: \
             install Rust from https://rustup.rs, or your distribution's std for {TARGET}"
        );
    }
    step::run(&format!("Add Rust's {TARGET} target"), command("rustup")?.args(["target", "add", TARGET]))
}

/// Adds the standard library's source, which the widget's release build compiles anew.
pub(super) fn std_source() -> Result<()> {
    let output = command("rustc")?.args(["--print", "sysroot"]).output().context("cannot run rustc")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file() {
        return Ok(());
    }
    if find_program("rustup").is_none() {
        bail!("the standard library's source is missing and there is no rustup to add it: install rust-src");
    }
    step::run("Add the standard library's source", command("rustup")?.args(["component", "add", "rust-src"]))
}

/// Builds wasm-bindgen and its test runner at the library's version.
pub(super) fn wasm_bindgen() -> Result<()> {
    let wanted = locked_version(&read_lock_file()?, "wasm-bindgen")
        .context("Cargo.lock names no wasm-bindgen: is it complete?")?;
    if workspace::path(TEST_RUNNER).is_file() && built_version().is_some_and(|built| built == wanted) {
        return Ok(());
    }
    let mut build = cargo(&[
        "build",
        "--package",
        "xtask-wasm-bindgen",
        "--profile",
        "tools",
        "--target-dir",
        "target/tools",
    ])?;
    step::run(&format!("Build wasm-bindgen {wanted}"), &mut build)
}

/// Installs worker-build below `.tools`.
pub(super) fn worker_build() -> Result<()> {
    let listed = fs::read_to_string(workspace::path(".tools/.crates.toml")).unwrap_or_default();
    let program = workspace::path(".tools/bin/worker-build");
    if program.is_file() && listed.contains(&format!("\"worker-build {WORKER_BUILD_VERSION} ")) {
        return Ok(());
    }
    openssl()?;
    let mut install = cargo(&["install", "worker-build", "--version", WORKER_BUILD_VERSION])?;
    install
        .args(["--root", ".tools", "--target-dir", "target/tools"])
        // It starts other programs and copies files: what it gains by optimising is less than that costs.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    step::run(&format!("Build worker-build {WORKER_BUILD_VERSION}"), &mut install)
}

/// worker-build's downloader links OpenSSL (on macOS the system's own TLS), which cargo cannot bring along.
fn openssl() -> Result<()> {
    if cfg!(target_os = "macos") {
        return Ok(());
    }
    let found =
        Command::new("pkg-config").args(["--exists", "openssl"]).status().is_ok_and(|found| found.success());
    if found {
        Ok(())
    } else {
        apt::install(&["pkg-config", "libssl-dev"], "worker-build is built with them")
    }
}

fn built_version() -> Option<String> {
    let output = Command::new(workspace::path(WASM_BINDGEN)).arg("--version").output().ok()?;
    // "wasm-bindgen 0.2.130"
    String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1).map(str::to_owned)
}

fn read_lock_file() -> Result<String> {
    fs::read_to_string(workspace::path("Cargo.lock")).context("cannot read Cargo.lock")
}

/// The version of a package in a lock file that holds it once.
fn locked_version(lock_file: &str, package: &str) -> Option<String> {
    let mut lines = lock_file.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_a_lock_file() {
        let text = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(text, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(text, "wasm"), None);
    }

    #[test]
    fn our_own_lock_file_names_wasm_bindgen_and_the_runner_alike() {
        let lock = read_lock_file().unwrap();
        assert_eq!(locked_version(&lock, "wasm-bindgen"), locked_version(&lock, "wasm-bindgen-cli"));
    }
}
