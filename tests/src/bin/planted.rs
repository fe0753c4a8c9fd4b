//! In how many lives of an order is each planted failure found? (`cargo xtask simulate --planted` builds and starts this)
//!
//! Each is one that real payment systems have had, planted in a world that lives like any other. Worlds are lived,
//! always the same, until something does not hold; what takes more lives than the budget fails the run.

use std::process::ExitCode;
use std::sync::Mutex;
use std::thread::{available_parallelism, scope};
use std::time::Instant;

use clap::Parser;
use coursepay_core::planted::{Bug, plant};
use coursepay_tests::sim::live;

/// In how many lives of an order each failure must be found.
const BUDGET: usize = 6_000;

/// As `cargo xtask simulate --planted` takes them.
#[derive(Parser)]
struct Options {
    /// The first world's seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// This failure alone, by its name in the table
    #[arg(long)]
    only: Option<String>,
}

/// How a failure was found.
struct Found {
    bug: Bug,
    worlds: u64,
    orders: usize,
    seed: u64,
    /// What did not hold; `None` where nothing was found within the budget.
    what: Option<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // A broken promise is a panic, which is told of below.
    std::panic::set_hook(Box::new(|_| {}));
    let is_wanted = |bug: &Bug| options.only.as_ref().is_none_or(|name| *name == format!("{bug:?}"));
    let waiting: Vec<Bug> = Bug::ALL.into_iter().rev().filter(is_wanted).collect();
    if waiting.is_empty() {
        eprintln!("no failure of that name; the table shows all: {:?}", Bug::ALL);
        return ExitCode::FAILURE;
    }
    let waiting = Mutex::new(waiting);
    let found = Mutex::new(Vec::new());
    let started = Instant::now();
    println!("{:<28} {:>6} {:>6}  {:<20}  what did not hold", "planted", "lives", "worlds", "seed");
    scope(|threads| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            threads.spawn(|| {
                while let Some(bug) = waiting.lock().expect("no thread ended while it drew").pop() {
                    let result = find(bug, options.seed);
                    show(&result);
                    found.lock().expect("no thread ended while it noted").push(result);
                }
            });
        }
    });
    let found = found.into_inner().expect("no thread ended while it noted");
    let missed: Vec<String> =
        found.iter().filter(|one| one.what.is_none()).map(|one| format!("{:?}", one.bug)).collect();
    let most = found.iter().map(|one| one.orders).max().unwrap_or_default();
    println!(
        "{} planted, the last found after {most} of {BUDGET} lives; {} s",
        found.len(),
        started.elapsed().as_secs()
    );
    if missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("not found within {BUDGET} lives: {}", missed.join(", "));
    ExitCode::FAILURE
}

/// Lives worlds with a failure in them until it shows.
fn find(bug: Bug, first: u64) -> Found {
    plant(Some(bug));
    let mut found = Found { bug, worlds: 0, orders: 0, seed: first, what: None };
    while found.orders < BUDGET && found.what.is_none() {
        found.seed = first.wrapping_add(found.worlds);
        found.worlds += 1;
        match live(found.seed) {
            Ok(life) => found.orders += life.orders,
            Err(violation) => {
                found.orders += violation.orders.max(1);
                found.what = Some(violation.what);
            }
        }
    }
    plant(None);
    found
}

fn show(found: &Found) {
    let what = found.what.as_deref().unwrap_or("nothing").replace('\n', " ");
    let what: String = what.chars().take(110).collect();
    let (bug, orders, worlds, seed) = (format!("{:?}", found.bug), found.orders, found.worlds, found.seed);
    println!("{bug:<28} {orders:>6} {worlds:>6}  {seed:<20}  {what}");
}
