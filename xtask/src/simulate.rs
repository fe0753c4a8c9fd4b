//! Is there any order of things in which a promise does not hold?

use anyhow::{Result, bail};
use clap::Args;

use crate::process::{Group, describe};
use crate::workspace::cargo;

#[derive(Args)]
#[command(after_help = "\
Each seed is a small world: learners, the platform, phones at the gateways' cashiers, banks, the app with its queue
and cron, and a clock. Sixty things happen in it, calls and answers are lost, handlers are dropped where they stand,
and gateways misbehave; after each, the books and the histories must hold. Then faults stop, and every order and
every cent must come to rest. What breaks is shown with all that led to it, and the command that repeats it.")]
pub(crate) struct Options {
    /// Begin with this world; alone, live this one only
    #[arg(long)]
    seed: Option<u64>,
    /// How many worlds
    #[arg(long)]
    seeds: Option<u64>,
    /// For how long
    #[arg(long)]
    minutes: Option<u64>,
    /// Show what happens
    #[arg(long)]
    trace: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut simulate = cargo(&[
        "run",
        "--quiet",
        "--profile",
        "fuzz",
        "--package",
        "coursepay-tests",
        "--bin",
        "simulate",
        "--",
    ])?;
    let minutes =
        options.minutes.or_else(|| (options.seed.is_none() && options.seeds.is_none()).then_some(1));
    for (name, value) in [("--seed", options.seed), ("--seeds", options.seeds), ("--minutes", minutes)] {
        if let Some(value) = value {
            simulate.args([name, &value.to_string()]);
        }
    }
    if options.trace {
        simulate.arg("--trace");
    }
    eprintln!("Building the worlds with optimisation and every check; the first time this takes minutes");
    let status = Group::spawn(&mut simulate)?.wait(|| ())?;
    if !status.success() {
        bail!("a world broke, {}: what happened in it is shown above", describe(status));
    }
    Ok(())
}
