//! Which checks read the code without running it?

use std::process::Command;

use anyhow::Result;

use crate::setup;
use crate::step;
use crate::workspace::cargo;

/// Every check by name, in the order of how soon it can fail.
pub(crate) fn checks() -> Result<Vec<(&'static str, Command)>> {
    // `cargo fmt` takes no --locked.
    let mut fmt = crate::workspace::command("cargo")?;
    fmt.args(["fmt", "--all", "--", "--check"]);
    Ok(vec![
        ("Formatting", fmt),
        ("Lints, native code", clippy_native()?),
        ("Lints, the Worker's probe", clippy_probe()?),
        ("Lints, the Worker's wasm code", clippy_worker()?),
        // Not "release": the widget's release build has a standard library of its own.
        ("Lints, the widget's wasm code", clippy_wasm("coursepay-checkout", "target/ui", "wasm-dev")?),
    ])
}

pub(crate) fn run() -> Result<()> {
    setup::tools()?;
    checks()?.into_iter().try_for_each(|(title, mut command)| step::run(title, &mut command))
}

fn clippy_native() -> Result<Command> {
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets"])?;
    // Two lines of code that would have wasm-bindgen's whole command line checked once more.
    clippy.args(["--exclude", "xtask-wasm-bindgen", "--", "-D", "warnings"]);
    Ok(clippy)
}

/// Its routes lead to code that a feature brings, and that nothing else builds natively.
fn clippy_probe() -> Result<Command> {
    let mut clippy = cargo(&["clippy", "--package", "coursepay-edge", "--lib", "--features", "probe"])?;
    clippy.args(["--", "-D", "warnings"]);
    Ok(clippy)
}

fn clippy_worker() -> Result<Command> {
    let mut clippy = clippy_wasm("coursepay-edge", "target/worker", "release")?;
    // worker-build sets it, and it changes what wasm-bindgen's macros expand to.
    clippy.env("WASM_BINDGEN_USE_JS_SYS", "1");
    Ok(clippy)
}

/// With a profile and in a folder that a build uses too, so that the procedural macros are there already.
fn clippy_wasm(package: &str, target_dir: &str, profile: &str) -> Result<Command> {
    let mut clippy = cargo(&["clippy", "--package", package, "--lib", "--profile", profile])?;
    clippy.args(["--target", "wasm32-unknown-unknown", "--target-dir", target_dir, "--", "-D", "warnings"]);
    Ok(clippy)
}
