//! How does the Rust Worker become what workerd runs?

use std::process::Command;

use anyhow::Result;

use super::{Effort, size};
use crate::step;
use crate::{setup, workspace};

/// Builds edge-worker/build, replacing it in one move.
pub(super) fn build(effort: Effort) -> Result<()> {
    let mut build = worker_build(effort)?;
    build.args(cargo_arguments(effort));
    step::run("Build the Worker", &mut build)?;
    let files = ["index.js", "index_bg.wasm"].map(|name| workspace::path("edge-worker/build").join(name));
    eprintln!("    Worker: {} gzip -9{}", size::kilobytes(size::gzip_total(&files)?), effort_note(effort));
    Ok(())
}

/// Builds edge-worker/build-probe, which is never deployed.
pub(super) fn build_probe(effort: Effort) -> Result<()> {
    let mut build = worker_build(effort)?;
    build.args(["--out-dir", "build-probe", "--features", "probe"]).args(cargo_arguments(effort));
    step::run("Build the Worker with its probe", &mut build)
}

/// worker-build with the pinned tools.
fn worker_build(effort: Effort) -> Result<Command> {
    let mut build = workspace::command("worker-build")?;
    build
        .current_dir(workspace::path("edge-worker"))
        .env("CARGO_TARGET_DIR", workspace::path("target/worker"))
        // Without these it would download its own.
        .env("WASM_BINDGEN_BIN", workspace::path(setup::WASM_BINDGEN))
        .env("WASM_OPT_BIN", workspace::path("node_modules/binaryen/bin/wasm-opt"))
        .env("ESBUILD_BIN", workspace::path("node_modules/esbuild/bin/esbuild"));
    match effort {
        Effort::Quick => build.args(["--profile", effort.profile(), "--no-opt"]),
        Effort::Release => build.arg("--release"),
    };
    Ok(build)
}

/// What trails goes to cargo.
///
/// The Worker is compiled for size, but for core: so, a notify is verified in a tenth less time, for a twentieth more
/// bytes (`cargo xtask bench`). Here and not in the profile, because the widget has a core too, and its bytes count for
/// more.
fn cargo_arguments(effort: Effort) -> &'static [&'static str] {
    match effort {
        Effort::Quick => &["--locked"],
        Effort::Release => &["--locked", "--config", "profile.release.package.coursepay-core.opt-level=3"],
    }
}

/// Keeps a reader from quoting the size of a quick build.
pub(super) fn effort_note(effort: Effort) -> &'static str {
    match effort {
        Effort::Quick => " (not optimised: --release is)",
        Effort::Release => "",
    }
}
