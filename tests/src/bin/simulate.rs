//! How many worlds, and what of one that broke? (`cargo xtask simulate` builds and starts this)

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use coursepay_tests::native::random::Seeded;
use coursepay_tests::sim::{Violation, live};

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
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let first = options.seed.unwrap_or_else(Seeded::seed_of_the_moment);
    let seeds = match (options.seed, options.seeds, options.minutes) {
        (Some(_), None, None) => 1,
        (_, Some(seeds), _) => seeds,
        (_, None, _) => u64::MAX,
    };
    let limit = options.minutes.map_or(Duration::MAX, |minutes| Duration::from_secs(minutes * 60));
    // A broken promise is a panic, which is told of below.
    std::panic::set_hook(Box::new(|_| {}));
    let (started, mut orders) = (Instant::now(), 0);
    for nth in 0..seeds {
        if started.elapsed() >= limit {
            break;
        }
        let seed = first.wrapping_add(nth);
        match live(seed) {
            Ok(life) => {
                orders += life.orders;
                let is_same = nth % TWICE != 0 || live(seed).is_ok_and(|again| again == life);
                if !is_same {
                    println!("seed {seed}: the same seed gave another trace");
                    return ExitCode::FAILURE;
                }
                if options.trace {
                    show(&life.trace);
                    println!("trace {}", life.trace_hash());
                }
                say(nth + 1, orders, started.elapsed());
            }
            Err(violation) => {
                report(seed, &violation);
                return ExitCode::FAILURE;
            }
        }
    }
    let seconds = started.elapsed().as_secs().max(1);
    println!(
        "\r{orders} orders in worlds from seed {first}, {} a second, nothing broken",
        orders as u64 / seconds
    );
    ExitCode::SUCCESS
}

fn say(worlds: u64, orders: usize, elapsed: Duration) {
    if std::io::stdout().is_terminal() || worlds.is_multiple_of(50) {
        let end = if std::io::stdout().is_terminal() { '\r' } else { '\n' };
        print!("{worlds} worlds, {orders} orders, {} s{end}", elapsed.as_secs());
        // A terminal that cannot be written to is no reason to stop.
        let _ = std::io::stdout().flush();
    }
}

fn report(seed: u64, violation: &Violation) {
    println!("\nseed {seed}, after {} steps: {}\n", violation.trace.len(), violation.what);
    show(&violation.trace);
    println!("\ncargo xtask simulate --seed {seed}");
}

fn show(trace: &[String]) {
    for (number, line) in trace.iter().enumerate() {
        println!("{:>4}  {line}", number + 1);
    }
}
