//! Would a test fail, if a line that counts money, moves it or believes in it were wrong?

use std::fs;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::process::{Group, describe};
use crate::step;
use crate::workspace::{self, cargo, command};

const CARGO_MUTANTS_VERSION: &str = "27.1.0";

/// Below the workspace's root. cargo-mutants adds a folder `mutants.out`.
const FINDINGS: &str = "target/mutants";

/// Where money is counted, moved, booked or believed in. What the tests of core prove, natively.
const FILES: [&str; 18] = [
    "core/src/money.rs",
    "core/src/currency.rs",
    "core/src/id.rs",
    "core/src/time.rs",
    "core/src/attempt.rs",
    "core/src/order.rs",
    "core/src/order/**/*.rs",
    "core/src/history.rs",
    "core/src/refund.rs",
    "core/src/dispute.rs",
    "core/src/decision.rs",
    "core/src/entitlement.rs",
    "core/src/ledger.rs",
    "core/src/ledger/**/*.rs",
    "core/src/gateway/failure.rs",
    "core/src/gateway/proof.rs",
    "core/src/gateway/x509.rs",
    "core/src/gateway/*/sign.rs",
];

/// Properties are tried so often for each mutant. Tables and vectors catch most before them.
const PROPERTY_CASES: &str = "24";

#[derive(Args)]
#[command(after_help = "\
Each mutant is the source with one thing changed: a comparison turned round, a branch left out, a function that answers
nothing. The tests of its package run on it and must fail. One that they pass is a line that may be wrong without anybody
noticing. Those that may live stand in .cargo/mutants.toml, each with the reason why no test can tell it.")]
pub(crate) struct Options {
    /// Change these files instead of those where money is (may be given several times)
    #[arg(long, value_name = "GLOB", default_values = FILES, hide_default_value = true)]
    file: Vec<String>,
    /// Take the k-th of n equal parts, counted from 0
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// How many mutants to run side by side; building takes turns
    #[arg(long, default_value_t = 1)]
    jobs: u32,
    /// Name the mutants and run none
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    install()?;
    let findings = workspace::path(FINDINGS);
    fs::create_dir_all(&findings).with_context(|| format!("cannot make {}", findings.display()))?;
    let mut mutants = command("cargo")?;
    mutants
        .arg("mutants")
        .arg("--output")
        .arg(&findings)
        .args(["--jobs", &options.jobs.to_string()])
        // Each run copies the sources elsewhere: what they depend on is built once all the same.
        .env("CARGO_TARGET_DIR", findings.join("build"))
        // Nobody reads where a mutant panicked.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("PROPTEST_CASES", PROPERTY_CASES);
    for glob in &options.file {
        mutants.args(["--file", glob]);
    }
    if let Some(shard) = &options.shard {
        mutants.args(["--shard", shard]);
    }
    if options.list {
        mutants.arg("--list");
    }
    let status = Group::spawn(&mut mutants)?.wait(|| ())?;
    if !status.success() {
        bail!(
            "not every mutant was caught, {}: which is said above and in {}",
            describe(status),
            findings.join("mutants.out").display()
        );
    }
    Ok(())
}

/// Installs cargo-mutants below `.tools`.
fn install() -> Result<()> {
    let listed = fs::read_to_string(workspace::path(".tools/.crates.toml")).unwrap_or_default();
    let program = workspace::path(".tools/bin/cargo-mutants");
    if program.is_file() && listed.contains(&format!("\"cargo-mutants {CARGO_MUTANTS_VERSION} ")) {
        return Ok(());
    }
    let mut install = cargo(&["install", "cargo-mutants", "--version", CARGO_MUTANTS_VERSION])?;
    install
        .args(["--root", ".tools", "--target-dir", "target/tools"])
        // It starts cargo and waits: what it gains by optimising is less than that costs.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    step::run(&format!("Build cargo-mutants {CARGO_MUTANTS_VERSION}"), &mut install)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_that_is_to_be_changed_has_moved_away() {
        for glob in FILES {
            let named = glob.split('*').next().unwrap();
            assert!(workspace::path(named).exists(), "{glob}");
        }
    }
}
