//! Does every reader of bytes from outside still read a few changed messages as it should?
//!
//! The long runs are `cargo xtask fuzz`; these keep the targets alive, always with the same changes.

use coursepay_tests::fuzz::engine::Run;
use coursepay_tests::fuzz::{TARGETS, Target};

const SEED: u64 = 1;

fn run_daily(targets: impl Iterator<Item = &'static Target>) {
    for target in targets {
        let mut run = Run::new(target, SEED);
        for _ in 0..target.daily.max(run.seeds()) {
            if let Err(finding) = run.step() {
                let input = String::from_utf8_lossy(&finding.input);
                panic!(
                    "{} failed at execution {}: {}\n{input}",
                    target.name, finding.execution, finding.what
                );
            }
        }
        assert!(run.outcomes() > 1, "{} comes to the same whatever it reads", target.name);
    }
}

#[test]
fn changed_answers_callbacks_and_keys_are_read_or_refused() {
    run_daily(TARGETS.iter().filter(|target| !target.name.starts_with("app_")));
}

#[test]
fn changed_requests_are_answered_as_every_request_is() {
    run_daily(TARGETS.iter().filter(|target| target.name.starts_with("app_")));
}
