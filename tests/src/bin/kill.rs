//! How often is the Worker killed, and what was seen to hold? (`cargo xtask kill` builds and starts this)

use std::io::{IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use coursepay_tests::kill::killed;
use coursepay_tests::native::random::Seeded;

/// As `cargo xtask kill` takes them.
#[derive(Parser)]
struct Options {
    #[arg(long)]
    times: u32,
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(Seeded::seed_of_the_moment);
    let started = Instant::now();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    // A broken promise is a panic, which has said what it is.
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(killed(seed, options.times, say))));
    match outcome {
        Ok(Ok(tally)) => {
            println!(
                "\n{} kills in {} s: {} words given, {} requests cut short, {} payments taken by gateways, {} callbacks \
                 acknowledged. Nothing lost, nothing twice (seed {seed})",
                tally.kills,
                started.elapsed().as_secs(),
                tally.words,
                tally.cut_short,
                tally.paid,
                tally.callbacks,
            );
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("\ncannot go on: {error:#}");
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("\nA promise did not hold. The same draws again: cargo xtask kill --seed {seed}");
            ExitCode::FAILURE
        }
    }
}

/// One line that is replaced by the next, where somebody watches; else a line each.
fn say(line: &str) {
    if std::io::stdout().is_terminal() {
        print!("\r\x1b[K{line}");
        // A terminal that cannot be written to is no reason to stop.
        let _ = std::io::stdout().flush();
    } else {
        println!("{line}");
    }
}
