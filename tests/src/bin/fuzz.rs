//! How long, on which targets, and where does a finding go? (`cargo xtask fuzz` builds and starts this)

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use coursepay_tests::fuzz::engine::{Finding, Run, replay};
use coursepay_tests::fuzz::{TARGETS, Target};
use coursepay_tests::native::random::Seeded;

/// How often a run that goes on says how far it is: on a terminal, and where lines stay.
const SIGN_OF_LIFE: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(20)];

/// As `cargo xtask fuzz` takes them.
#[derive(Parser)]
struct Options {
    #[arg(long)]
    seconds: u64,
    #[arg(long)]
    target: Vec<String>,
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long)]
    replay: Option<PathBuf>,
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was found.
fn run(options: &Options) -> Result<bool> {
    if options.list {
        for target in TARGETS {
            println!("{:28}{}", target.name, target.reads);
        }
        return Ok(true);
    }
    let targets = chosen(&options.target)?;
    if let Some(path) = &options.replay {
        let [target] = targets.as_slice() else { bail!("say which --target the input is for") };
        let input = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        println!("{}: {}", target.name, replay(target, &input));
        return Ok(true);
    }
    let seed = options.seed.unwrap_or_else(Seeded::seed_of_the_moment);
    println!("{} targets, {} s together, seed {seed}", targets.len(), options.seconds);
    let count = u32::try_from(targets.len()).context("too many targets")?;
    let share = Duration::from_secs(options.seconds) / count;
    let mut found = 0;
    for target in &targets {
        if let Some(finding) = fuzz(target, seed, share) {
            report(target, seed, &finding)?;
            found += 1;
        }
    }
    match found {
        0 => println!("nothing found"),
        _ => println!("{found} of {count} targets have a finding"),
    }
    Ok(found == 0)
}

/// The targets of these names, or all.
fn chosen(names: &[String]) -> Result<Vec<&'static Target>> {
    if names.is_empty() {
        return Ok(TARGETS.iter().collect());
    }
    let named = |name: &String| {
        let found = TARGETS.iter().find(|target| target.name == *name);
        found.with_context(|| format!("there is no target {name}: see --list"))
    };
    names.iter().map(named).collect()
}

/// Runs a target for `share`, or up to its first finding.
fn fuzz(target: &Target, seed: u64, share: Duration) -> Option<Finding> {
    let is_live = std::io::stdout().is_terminal();
    let every = SIGN_OF_LIFE[usize::from(!is_live)];
    let mut run = Run::new(target, seed);
    let (started, mut said) = (Instant::now(), Instant::now());
    let mut finding = None;
    while finding.is_none() && started.elapsed() < share {
        finding = run.step().err();
        if said.elapsed() >= every {
            said = Instant::now();
            let line = line(target, &run, started.elapsed());
            if is_live {
                print!("\r{line}");
                let _ = std::io::stdout().flush();
            } else {
                println!("{line} …");
            }
        }
    }
    println!("{}{}", if is_live { "\r" } else { "" }, line(target, &run, started.elapsed()));
    finding
}

fn line(target: &Target, run: &Run, elapsed: Duration) -> String {
    let executions = u128::from(run.executions());
    let per_second = executions * 1_000 / elapsed.as_millis().max(1);
    format!("{:28}{executions:>10} executions {per_second:>8}/s {:>7} outcomes", target.name, run.outcomes())
}

/// Keeps a finding, and says how to see it again.
fn report(target: &Target, seed: u64, finding: &Finding) -> Result<()> {
    let folder = Path::new("target/fuzz-findings");
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(format!("{}-{seed}", target.name));
    fs::write(&path, &finding.input).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\n{}, which reads {}, failed at execution {}:", target.name, target.reads, finding.execution);
    println!("  {}", finding.what);
    println!("  seed   {seed}");
    println!("  input  {} ({} bytes)", path.display(), finding.input.len());
    println!("  again  cargo xtask fuzz --target {} --replay {}\n", target.name, path.display());
    Ok(())
}
