//! How many worlds, and what of one that broke? (`cargo xtask simulate` builds and starts this)

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread::{available_parallelism, scope};
use std::time::{Duration, Instant};

use clap::Parser;
use coursepay_tests::native::random::Seeded;
use coursepay_tests::sim::{Violation, live, live_some, shortest};

/// Every so many worlds one is lived twice: the same seed must give the same trace.
const TWICE: u64 = 16;

/// As `cargo xtask simulate` takes them.
#[derive(Parser)]
struct Options {
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long)]
    seeds: Option<u64>,
    #[arg(long)]
    minutes: Option<u64>,
    #[arg(long, value_delimiter = ',')]
    steps: Vec<usize>,
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let first = options.seed.unwrap_or_else(Seeded::seed_of_the_moment);
    // A broken promise is a panic, which is told of below.
    std::panic::set_hook(Box::new(|_| {}));
    match (options.seed, options.seeds, options.minutes) {
        (Some(seed), None, None) => one(seed, &options),
        _ => many(first, &options),
    }
}

/// One world, told as it went.
fn one(seed: u64, options: &Options) -> ExitCode {
    let is_taken = |place| options.steps.is_empty() || options.steps.contains(&place);
    match live_some(seed, is_taken) {
        Ok(life) => {
            if options.trace {
                show(&life.trace);
            }
            println!("seed {seed}: {} orders, nothing broken, trace {}", life.orders, life.trace_hash());
            ExitCode::SUCCESS
        }
        Err(violation) if options.steps.is_empty() => {
            report(seed, *violation);
            ExitCode::FAILURE
        }
        Err(violation) => {
            show(&violation.trace);
            println!("\n{}\n\n{}", violation.log.join("\n"), violation.what);
            ExitCode::FAILURE
        }
    }
}

/// What all threads together have done.
struct Done {
    next: u64,
    worlds: u64,
    orders: usize,
    broken: Option<(u64, String, Option<Violation>)>,
}

/// World after world, on every core.
fn many(first: u64, options: &Options) -> ExitCode {
    let limit = options.minutes.map_or(Duration::MAX, |minutes| Duration::from_secs(minutes * 60));
    let seeds = options.seeds.unwrap_or(u64::MAX);
    let started = Instant::now();
    let done = Mutex::new(Done { next: 0, worlds: 0, orders: 0, broken: None });
    scope(|threads| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            threads.spawn(|| {
                while let Some(nth) = next(&done, seeds, started.elapsed() >= limit) {
                    let seed = first.wrapping_add(nth);
                    let lived = live(seed);
                    let is_same =
                        nth % TWICE != 0 || lived.is_err() || live(seed).ok() == lived.as_ref().ok().cloned();
                    note(&done, seed, lived, is_same, started.elapsed());
                }
            });
        }
    });
    let done = done.into_inner().expect("no thread ended while it counted");
    match done.broken {
        Some((seed, _, Some(violation))) => report(seed, violation),
        Some((seed, what, None)) => println!("seed {seed}: {what}"),
        None => {
            let (worlds, orders, seconds) = (done.worlds, done.orders, started.elapsed().as_secs().max(1));
            let rate = orders as u64 / seconds;
            println!(
                "\r{orders} orders lived in {worlds} worlds from seed {first}, {rate} a second: nothing broken"
            );
            return ExitCode::SUCCESS;
        }
    }
    ExitCode::FAILURE
}

fn next(done: &Mutex<Done>, seeds: u64, is_over: bool) -> Option<u64> {
    let mut done = done.lock().expect("no thread ended while it counted");
    let nth = done.next;
    done.next += 1;
    (nth < seeds && !is_over && done.broken.is_none()).then_some(nth)
}

fn note(
    done: &Mutex<Done>,
    seed: u64,
    lived: Result<coursepay_tests::sim::Life, Box<Violation>>,
    is_same: bool,
    elapsed: Duration,
) {
    let mut done = done.lock().expect("no thread ended while it counted");
    match lived {
        Ok(life) => {
            done.worlds += 1;
            done.orders += life.orders;
            if !is_same {
                done.broken = Some((seed, "the same seed gave another trace".to_owned(), None));
            }
        }
        // The first to break is told of.
        Err(_) if done.broken.is_some() => {}
        Err(violation) => done.broken = Some((seed, violation.what.clone(), Some(*violation))),
    }
    let is_terminal = std::io::stdout().is_terminal();
    if is_terminal || done.worlds.is_multiple_of(500) {
        let end = if is_terminal { '\r' } else { '\n' };
        print!("{} worlds, {} orders, {} s{end}", done.worlds, done.orders, elapsed.as_secs());
        // A terminal that cannot be written to is no reason to stop.
        let _ = std::io::stdout().flush();
    }
}

fn report(seed: u64, violation: Violation) {
    println!("\nseed {seed}, after {} steps: {}", violation.steps.len(), violation.what);
    println!("Looking for fewer steps that break it");
    let shorter = shortest(seed, violation);
    show(&shorter.trace);
    println!("\n{}", shorter.log.join("\n"));
    let steps: Vec<String> = shorter.steps.iter().map(usize::to_string).collect();
    println!("\n{}\n\ncargo xtask simulate --seed {seed} --steps {}", shorter.what, steps.join(","));
}

fn show(trace: &[String]) {
    for (number, line) in trace.iter().enumerate() {
        println!("{:>4}  {line}", number + 1);
    }
}
