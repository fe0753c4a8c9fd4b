//! What is left after the Worker was killed? A few times here, many times with `cargo xtask kill`.

use coursepay_tests::kill::killed;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_was_acknowledged_outlives_ten_kills_and_nothing_is_posted_twice() {
    let tally = killed(6, 10, |line| println!("{line}")).await.expect("everything starts");
    assert_eq!(tally.kills, 10);
    // Of a run in which nothing happened, nothing would be lost.
    assert!(tally.words > 50 && tally.paid > 5 && tally.callbacks > 5 && tally.cut_short > 5, "{tally:?}");
}
