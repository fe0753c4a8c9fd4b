//! Is there any order of things in which a promise does not hold?

use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;

use crate::process::{Group, describe};
use crate::workspace::cargo;

#[derive(Args)]
#[command(after_help = "\
Each seed is a small world: learners and their tabs, the platform, phones at the gateways' cashiers, banks, the app with
its queue and cron, and clocks. A hundred and twenty things happen in it, calls and answers are lost, handlers are dropped
where they stand, requests come at once, and gateways misbehave; after each, the books, the histories, access and messages
must hold. Then faults stop, and every order and every cent must come to rest. What breaks is shown in the fewest steps
that were found to break it, with the command that repeats it.")]
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
    /// With one seed: these steps of it only
    #[arg(long, value_delimiter = ',', requires = "seed")]
    steps: Vec<u64>,
    /// With one seed: show what happens
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Plant known failures of payment systems, one after the other, and see that each is found
    #[arg(long, conflicts_with_all = ["seeds", "minutes", "steps", "trace"])]
    planted: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.planted {
        let mut planted = planted()?;
        if let Some(seed) = options.seed {
            planted.args(["--seed", &seed.to_string()]);
        }
        return finish(&mut planted, "a planted failure was not found: the table above says which");
    }
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
    if !options.steps.is_empty() {
        let steps: Vec<String> = options.steps.iter().map(u64::to_string).collect();
        simulate.args(["--steps", &steps.join(",")]);
    }
    if options.trace {
        simulate.arg("--trace");
    }
    eprintln!("Building the worlds with optimisation and every check; the first time this takes minutes");
    finish(&mut simulate, "a world broke: what happened in it is shown above")
}

/// The command that plants each known failure and looks for it; as tests are built, because most of it is building.
pub(crate) fn planted() -> Result<Command> {
    let (package, features) = ("coursepay-tests", "planted");
    let run = ["run", "--quiet", "--package", package, "--features", features, "--bin", "planted", "--"];
    cargo(&run)
}

fn finish(command: &mut Command, what: &str) -> Result<()> {
    let status = Group::spawn(command)?.wait(|| ())?;
    if !status.success() {
        bail!("{what} ({})", describe(status));
    }
    Ok(())
}
