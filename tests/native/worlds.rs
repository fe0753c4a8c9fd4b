//! Does every promise hold in worlds where anything happens in any order?

use coursepay_tests::sim::live;

/// A few worlds each time, always the same, the last with real RSA; many with `cargo xtask simulate`.
#[test]
fn whatever_happens_in_a_world_every_order_and_every_cent_comes_to_rest() {
    for seed in 1..=64 {
        if let Err(violation) = live(seed) {
            panic!("seed {seed}: {}\n{}", violation.what, violation.trace.join("\n"));
        }
    }
}

#[test]
fn the_same_seed_is_the_same_world_and_another_one_another() {
    let [one, again, other] = [7, 7, 8].map(|seed| live(seed).unwrap().trace_hash());
    assert_eq!(one, again);
    assert_ne!(one, other);
}
