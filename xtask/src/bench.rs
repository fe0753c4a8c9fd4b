//! How quick is our work at a gateway's signatures, as a ratio to a yardstick of the same run?

use std::fs;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::build::{self, Effort};
use crate::process::{Group, describe};
use crate::setup;
use crate::step;
use crate::workspace::{self, cargo};

/// What the SDK's CommonJS parts ask for their node: modules with.
const BANNER: &str =
    "--banner:js=import{createRequire as of}from\"node:module\";const require=of(\"/sdk.js\");";

pub(crate) const ABOUT: &str = "\
Measure, in one run on one workerd, what signing a page of Alipay costs against a request with one raw WebCrypto \
signature, and what verifying a notify of Alipay costs against the official SDK on a Worker of its own.

Builds the Worker as it is deployed, but with its probe, and runs three Workers side by side. What is compared is asked \
by turns and timed from outside; each ratio is the median of all rounds, with the least and the most. Ratios are all \
that may be quoted: microseconds are this machine's, now. The quieter it is, the narrower they lie.";

#[derive(Args)]
pub(crate) struct Options {
    /// How many ratios to measure of each comparison
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    setup::tools()?;
    build::probe(Effort::Release)?;
    bundle_sdk()?;
    step::run("Build the bench", &mut bench(&["--no-run"])?)?;
    let mut measure = bench(&[])?;
    measure
        .arg("--quiet")
        .env("BENCH_ROUNDS", options.rounds.to_string())
        .env("COURSEPAY_NODE", setup::node_path()?);
    let status = Group::spawn(&mut measure)?.wait(|| ())?;
    if !status.success() {
        bail!("the bench failed with {}: what is wrong is said above", describe(status));
    }
    Ok(())
}

/// alipay-sdk and what it needs in one file, as wrangler would make it of a shop's Worker.
fn bundle_sdk() -> Result<()> {
    let folder = workspace::path("target/bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut esbuild = workspace::command("node")?;
    esbuild
        .arg(workspace::path("node_modules/esbuild/bin/esbuild"))
        .arg("tests/bench/sdk.mjs")
        .args(["--bundle", "--format=esm", "--platform=node", "--conditions=workerd,worker", "--minify"])
        .args([BANNER, "--outfile=target/bench/sdk.js", "--log-level=warning"]);
    step::run("Bundle alipay-sdk", &mut esbuild)
}

/// The driver only waits, and its dependencies are built for the tests already: the profile of the tests.
fn bench(arguments: &[&str]) -> Result<std::process::Command> {
    let mut bench = cargo(&["bench", "--package", "coursepay-tests", "--bench", "worker"])?;
    bench.args(["--profile", "dev"]).args(arguments);
    Ok(bench)
}
