//! Does everything hold? Exactly what CI runs, in the order of how soon it can fail.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::build::Effort;
use crate::process::{Group, describe};
use crate::setup::{self, Browser};
use crate::step::seconds;
use crate::workspace::{self, cargo, wrangler};
use crate::{build, lint, simulate};

#[derive(Args)]
pub(crate) struct Options {
    /// Run these parts only, on what earlier runs have built (may be given several times)
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Formatting and lints
    Lint,
    /// Unit, table, property, vector and app tests, natively
    Native,
    /// Known failures of payment systems, planted: the simulation finds each
    Planted,
    /// The official SDKs, unmodified, on our own gateway code and on the sandbox; and what its README says
    Interop,
    /// The tests of core and widget that run on wasm32 too, in Node
    Wasm,
    /// The Worker, as deployed
    Worker,
    /// The widget, as deployed, within its size budget
    Widget,
    /// wrangler deploy --dry-run
    Deploy,
    /// The built Worker on workerd, end to end
    E2e,
    /// The real page in Chromium
    Browser,
    /// Races from the browser against a slow gateway
    Races,
}

/// What has run so far, for the last lines.
#[derive(Default)]
struct Record {
    passed: Vec<(String, Duration)>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let started = Instant::now();
    let mut record = Record::default();
    let outcome = run_parts(options, &mut record);
    eprintln!();
    for (title, duration) in &record.passed {
        eprintln!("{:>12}  {title}", seconds(*duration));
    }
    let count = record.passed.len();
    let total = seconds(started.elapsed());
    match &outcome {
        Ok(()) => println!("{count} steps passed, 0 failed, in {total}"),
        Err(_) => println!("{count} steps passed, 1 failed, in {total}"),
    }
    outcome
}

fn run_parts(options: &Options, record: &mut Record) -> Result<()> {
    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    record.work("Install what is missing", setup::tools)?;
    let browser = if wanted(Part::Browser) || wanted(Part::Races) {
        Some(record.work("Find or install a browser", setup::browser)?)
    } else {
        None
    };
    let python = if wanted(Part::Interop) {
        Some(record.work("Find or install Python and its SDKs", setup::python)?)
    } else {
        None
    };
    if wanted(Part::Lint) {
        for (title, mut check) in lint::checks()? {
            record.command(title, &mut check)?;
        }
    }
    if wanted(Part::Native) {
        record.command("Native tests", &mut native_tests()?)?;
    }
    if wanted(Part::Planted) {
        record.command("Planted failures", &mut simulate::planted()?)?;
    }
    if let Some(python) = python {
        record.command("Our code and the sandbox for the SDKs", &mut counterparts()?)?;
        record.command("Interop tests", &mut interop_tests(&python)?)?;
    }
    if wanted(Part::Wasm) {
        record.command("Core's tests on wasm32", &mut wasm_tests("coursepay-core")?)?;
        record.command("The widget's tests on wasm32", &mut wasm_tests("coursepay-checkout")?)?;
    }
    if wanted(Part::Worker) {
        record.work("The Worker as deployed", || build::worker(Effort::Release))?;
    }
    if wanted(Part::Widget) {
        record.work("The widget as deployed", || build::widget(Effort::Release))?;
    }
    if wanted(Part::Deploy) {
        record.command("wrangler deploy --dry-run", &mut wrangler(&["deploy", "--dry-run"])?)?;
    }
    if wanted(Part::E2e) {
        record.work("The Worker with its probe", || build::probe(Effort::Quick))?;
        record.command("End-to-end tests", &mut end_to_end_tests()?)?;
    }
    if let Some(browser) = browser {
        record.command("Sandbox and school for the browser", &mut demo_servers()?)?;
        if wanted(Part::Browser) {
            let files = ["checkout", "history", "sandbox"];
            record.command("Browser tests", &mut browser_tests(&browser, &files)?)?;
        }
        if wanted(Part::Races) {
            record.command("Races from the browser", &mut browser_tests(&browser, &["races"])?)?;
        }
    }
    Ok(())
}

impl Record {
    /// A step whose output is worth reading as it comes: cargo's own lines stay visible.
    fn command(&mut self, title: &str, command: &mut Command) -> Result<()> {
        self.work(title, || {
            let status = Group::spawn(command)?.wait(|| ())?;
            if !status.success() {
                bail!("{title} failed with {}: what is wrong is said above", describe(status));
            }
            Ok(())
        })
    }

    /// A step that reports its own parts.
    fn work<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n── {title}");
        let started = Instant::now();
        let value = work()?;
        self.passed.push((title.to_owned(), started.elapsed()));
        Ok(value)
    }
}

/// Everything with tests that needs neither workerd nor a browser. coursepay-tests keeps its heavy targets
/// out by `test = false`.
fn native_tests() -> Result<Command> {
    let mut test = cargo(&["test", "--workspace"])?;
    // No tests of its own, and its dependencies take minutes.
    test.args(["--exclude", "xtask-wasm-bindgen"]);
    Ok(test)
}

/// The programs that the SDKs are held against.
fn counterparts() -> Result<Command> {
    let mut build = cargo(&["build", "--package", "coursepay-sandbox", "--bin", "coursepay-sandbox"])?;
    build.args(["--package", "coursepay-tests", "--bin", "speaker"]);
    Ok(build)
}

/// node itself finds the files of the pattern. Nothing in them waits longer than 20 seconds.
fn interop_tests(python: &Path) -> Result<Command> {
    let mut test = workspace::command("node")?;
    test.args(["--test", "--test-timeout=300000", "tests/interop/*.test.mjs"]).env("PYTHON", python);
    Ok(test)
}

/// Tests where the Worker and the widget run them. One package at a time: together, the widget would see a
/// core with its gateway code.
fn wasm_tests(package: &str) -> Result<Command> {
    let mut test = cargo(&["test", "--package", package, "--target", "wasm32-unknown-unknown"])?;
    test.args(["--target-dir", "target/wasm-test"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", workspace::path(setup::TEST_RUNNER))
        // A property test on 2 cores takes longer than the runner's own 20 seconds.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    Ok(test)
}

fn end_to_end_tests() -> Result<Command> {
    let mut test = cargo(&["test", "--package", "coursepay-tests", "--test", "e2e"])?;
    test.env("COURSEPAY_NODE", setup::node_path()?);
    Ok(test)
}

/// The programs that the browser tests start beside the Worker.
fn demo_servers() -> Result<Command> {
    cargo(&["build", "--package", "coursepay-sandbox", "--package", "coursepay-school"])
}

fn browser_tests(browser: &Browser, files: &[&str]) -> Result<Command> {
    let mut test = workspace::command("node")?;
    let files = files.iter().map(|name| format!("tests/browser/{name}.test.mjs"));
    test.arg("--test").args(files).env("CHROMIUM", &browser.program);
    Ok(test)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_step_that_fails_is_not_counted_as_passed() {
        let mut record = Record::default();
        record.command("good", Command::new("sh").args(["-c", "true"])).unwrap();
        let error = record.command("bad", Command::new("sh").args(["-c", "exit 2"])).unwrap_err();
        assert_eq!(error.to_string(), "bad failed with exit code 2: what is wrong is said above");
        assert_eq!(record.passed.len(), 1);
    }

    #[test]
    fn the_whole_suite_is_what_runs_without_only() {
        let script = fs::read_to_string(workspace::path(".ci/run")).unwrap();
        assert!(script.lines().any(|line| line == "exec cargo xtask test"), "{script}");
    }
}
