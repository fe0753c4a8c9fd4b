//! Which commands exist? One file each.

mod bench;
mod build;
mod deny;
mod dev;
mod fuzz;
mod http;
mod kill;
mod lint;
mod mutants;
mod process;
mod setup;
mod simulate;
mod step;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "Coursepay's commands. What is missing they install, and say so."
)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and run it: the Worker with local D1, the sandbox, the school
    Dev(dev::Options),
    /// Run every test, as CI runs it
    Test(test::Options),
    /// Build the Worker and the widget
    Build(build::Options),
    /// Look for messages that our readers do not read as they should
    Fuzz(fuzz::Options),
    /// Compare what signatures cost in the Worker with yardsticks of the same run, on workerd
    #[command(long_about = bench::ABOUT)]
    Bench(bench::Options),
    /// Kill the Worker under load, again and again, and look for what was lost or done twice
    Kill(kill::Options),
    /// Look for an order of things in which a promise does not hold
    Simulate(simulate::Options),
    /// Look for lines that could be wrong without a test noticing
    Mutants(mutants::Options),
    /// Check formatting and lints, wasm-only code included
    Lint,
    /// Check dependencies: licences, bans, sources
    Deny(deny::Options),
}

fn main() -> ExitCode {
    let command = Xtask::parse().command;
    let outcome = process::catch_signals().and_then(|()| match command {
        Command::Dev(options) => dev::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Build(options) => build::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Kill(options) => kill::run(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Mutants(options) => mutants::run(&options),
        Command::Lint => lint::run(),
        Command::Deny(options) => deny::run(&options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
