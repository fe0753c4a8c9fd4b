//! May we use what we depend on? (deny.toml says what is allowed)

use anyhow::{Result, bail};
use clap::Args;

use crate::step;
use crate::workspace::{cargo, command, find_program};

const CARGO_DENY_VERSION: &str = "0.20.2";

#[derive(Args)]
pub(crate) struct Options {
    /// Install cargo-deny below .tools first (several minutes)
    #[arg(long)]
    install: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if find_program("cargo-deny").is_none() {
        if !options.install {
            bail!(
                "cargo-deny is missing: run `cargo xtask deny --install` (several minutes), or install it yourself"
            );
        }
        let mut install = cargo(&["install", "cargo-deny", "--version", CARGO_DENY_VERSION])?;
        install
            .args(["--root", ".tools", "--target-dir", "target/tools"])
            .env("CARGO_PROFILE_RELEASE_LTO", "off");
        step::run(&format!("Build cargo-deny {CARGO_DENY_VERSION}"), &mut install)?;
    }
    let mut check = command("cargo-deny")?;
    // Advisories change from day to day and need the network: ask for them with `cargo deny check advisories`.
    check.args(["--locked", "check", "bans", "licenses", "sources"]);
    step::run("Check dependencies", &mut check)
}
