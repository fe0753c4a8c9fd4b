//! What must be there before anything runs, and who installs it?
//!
//! Each part checks first and works only if it must, so a second run says nothing and takes no time.

mod apt;
mod browser;
mod node;
mod python;
mod stamp;
mod wasm_tools;

use std::path::PathBuf;

use anyhow::Result;

pub(crate) use browser::Browser;
pub(crate) use wasm_tools::{TEST_RUNNER, WASM_BINDGEN};

use crate::workspace;

/// Everything that building and running needs.
pub(crate) fn tools() -> Result<()> {
    wasm_tools::wasm_target()?;
    wasm_tools::std_source()?;
    node::packages()?;
    node::check()?;
    wasm_tools::wasm_bindgen()?;
    wasm_tools::worker_build()
}

/// What `test` needs besides: a browser and a font for Chinese screenshots.
pub(crate) fn browser() -> Result<Browser> {
    browser::install()
}

/// What the interop tests need besides: a Python with the SDKs that the sandbox's README names.
pub(crate) fn python() -> Result<PathBuf> {
    python::install()
}

/// The Node that runs wrangler and the tests' JavaScript.
pub(crate) fn node_path() -> Result<PathBuf> {
    node::check()?;
    workspace::find_program("node").ok_or_else(|| anyhow::anyhow!("node is not on PATH"))
}
