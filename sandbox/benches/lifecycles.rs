//! How many payments a second does the engine carry, and what does real RSA cost beside it?
//!
//! A lifecycle is: create, pay, callback, query, partial refund, its callback, its query. Played once and
//! written down, then replayed on a fresh world with the same seed, so that only the engine is measured:
//! the merchant's own signing was done before.
//!
//! `cargo bench --package coursepay-sandbox`

#![expect(clippy::print_stdout, clippy::float_arithmetic, reason = "a bench prints ratios")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the player is a test's")]

#[path = "../tests/determinism/player.rs"]
mod player;

use std::time::{Duration, Instant};

use coursepay_sandbox::{Keys, KeysError, Random, World};

use crate::player::Player;

const NOW_MS: i64 = 1_767_225_600_000;

type Lifecycle = fn(&mut Player, &str);

fn main() -> Result<(), KeysError> {
    let stand_in = Keys::stand_in(&mut Random::from_seed([1; 32]))?;
    let rsa = Keys::generate(&mut Random::from_seed([1; 32]))?;
    let gateways: [(&str, Lifecycle); 3] = [
        ("Alipay", Player::alipay_lifecycle),
        ("WeChat Pay", Player::wechat_pay_lifecycle),
        ("Stripe", Player::stripe_lifecycle),
    ];
    println!("{:<12}{:>22}{:>22}{:>10}", "", "stand-in, lives/s", "real RSA, lives/s", "ratio");
    for (name, lifecycle) in gateways {
        let (fast, real) = (rate(&stand_in, lifecycle, 2_000), rate(&rsa, lifecycle, 100));
        println!("{name:<12}{fast:>22.0}{real:>22.0}{:>9.1}x", fast / real);
    }
    Ok(())
}

/// Lifecycles a second on one core: the best of five replays.
fn rate(keys: &Keys, lifecycle: Lifecycle, count: u32) -> f64 {
    let world = || World::new("http://sandbox.example", keys.clone(), [2; 32]);
    let mut player = Player::new(world(), NOW_MS);
    player.stripe_endpoint();
    for number in 0..count {
        lifecycle(&mut player, &format!("NUMBER{number}"));
    }
    let replay = || {
        let mut fresh = Player::new(world(), NOW_MS);
        let started = Instant::now();
        fresh.replay(&player.steps);
        started.elapsed()
    };
    let best = (0..5).map(|_| replay()).min().unwrap_or(Duration::MAX);
    f64::from(count) / best.as_secs_f64()
}
