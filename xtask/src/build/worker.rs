//! How does the Rust Worker become what workerd runs?

use anyhow::Result;

use super::{Effort, size};
use crate::step;
use crate::{setup, workspace};

/// Runs worker-build with the pinned tools; it replaces edge-worker/build in one move.
pub(super) fn build(effort: Effort) -> Result<()> {
    let mut worker_build = workspace::command("worker-build")?;
    worker_build
        .current_dir(workspace::path("edge-worker"))
        .args(["--profile", effort.profile()])
        .env("CARGO_TARGET_DIR", workspace::path("target/worker"))
        // Without these it would download its own.
        .env("WASM_BINDGEN_BIN", workspace::path(setup::WASM_BINDGEN))
        .env("WASM_OPT_BIN", workspace::path("node_modules/binaryen/bin/wasm-opt"))
        .env("ESBUILD_BIN", workspace::path("node_modules/esbuild/bin/esbuild"));
    if effort == Effort::Quick {
        worker_build.arg("--no-opt");
    }
    // What trails goes to cargo.
    worker_build.arg("--locked");
    step::run("Build the Worker", &mut worker_build)?;
    let files = ["index.js", "index_bg.wasm"].map(|name| workspace::path("edge-worker/build").join(name));
    eprintln!("    Worker: {} gzip{}", size::kilobytes(size::gzip_total(&files)?), effort_note(effort));
    Ok(())
}

/// Keeps a reader from quoting the size of a quick build.
pub(super) fn effort_note(effort: Effort) -> &'static str {
    match effort {
        Effort::Quick => " (not optimised: --release is)",
        Effort::Release => "",
    }
}
