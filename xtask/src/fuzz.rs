//! Is there any message from outside that our readers do not read as they should?

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::process::{Group, describe};
use crate::workspace::cargo;

#[derive(Args)]
#[command(after_help = "\
Each target is a reader of bytes from outside. It begins with true messages, changes them, and keeps what comes to
something new. Time is shared evenly. A finding is a panic, an arithmetic overflow, a promise that does not hold,
or a read that takes 5 s: its input is kept in target/fuzz-findings, and the command that repeats it is printed.")]
pub(crate) struct Options {
    /// How long to run, all targets together
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Run this target only (may be given several times)
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// Make the same changes again as the run that printed this number
    #[arg(long)]
    seed: Option<u64>,
    /// Read one kept input, with its --target, and show what comes of it
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    replay: Option<PathBuf>,
    /// Name the targets, and what each reads
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut fuzz =
        cargo(&["run", "--quiet", "--profile", "fuzz", "--package", "coursepay-tests", "--bin", "fuzz"])?;
    fuzz.args(["--", "--seconds", &options.seconds.to_string()]);
    for name in &options.target {
        fuzz.args(["--target", name]);
    }
    if let Some(seed) = options.seed {
        fuzz.args(["--seed", &seed.to_string()]);
    }
    if let Some(path) = &options.replay {
        fuzz.arg("--replay").arg(path);
    }
    if options.list {
        fuzz.arg("--list");
    }
    eprintln!("Building the targets with optimisation and every check; the first time this takes minutes");
    let status = Group::spawn(&mut fuzz)?.wait(|| ())?;
    if !status.success() {
        bail!("fuzzing ended with {}: what is wrong is said above", describe(status));
    }
    Ok(())
}
