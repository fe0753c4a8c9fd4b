//! Is none of the failures that the simulation plants in the Worker?

use std::path::Path;

#[test]
fn the_worker_was_built_without_the_failures_that_the_simulation_plants() {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge-worker/build/index_bg.wasm");
    let wasm = std::fs::read(&built).expect("the Worker is built");
    let holds = |text: &str| wasm.windows(text.len()).any(|window| window == text.as_bytes());
    // Our own words are found where they are, so what is not found is not there.
    assert!(holds("order_events_conflict"));
    // What only the planted failures say (store.rs, report.rs).
    assert!(!holds("as the browser says"));
    assert!(!holds(":again"));
}
