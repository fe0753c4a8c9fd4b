//! What holds after anything whatsoever, in any order, with anything lost?
//!
//! A small world lives by one seed: learners, the platform, phones at the gateways' cashiers, banks, the app with its
//! queue and cron, and a clock that only this moves. Each step is one thing that somebody does or that goes wrong;
//! after each, the rows must hold ([`assert_invariants`](crate::native::invariants::assert_invariants)), and from
//! time to time they are held against what the gateways know. In the end faults stop, two days pass, and every
//! order and every cent must have come to rest.

mod rest;
mod step;
mod truth;

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use sha2::{Digest as _, Sha256};

use crate::native::app::NativeApp;
use crate::native::invariants::assert_invariants;
use crate::native::random::Seeded;
use crate::setup::stand_in_keys;

/// How many steps a life of such a world has.
const STEPS: u64 = 60;

/// After how many steps what we hold true is held against what the gateways know.
const LOOKS: u64 = 15;

/// What became of one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// How many orders were made in it.
    pub orders: usize,
    /// What happened, a step a line: the same seed gives the same again.
    pub trace: Vec<String>,
}

impl Life {
    /// Of the trace, to be compared at a glance.
    #[must_use]
    pub fn trace_hash(&self) -> String {
        hex::encode(Sha256::digest(self.trace.join("\n").as_bytes()))
    }
}

/// A world in which something did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// What happened until then, a step a line.
    pub trace: Vec<String>,
    /// What did not hold.
    pub what: String,
}

/// Lives the world of `seed` to its end.
///
/// # Errors
/// [`Violation`] at the first promise that does not hold.
pub fn live(seed: u64) -> Result<Life, Box<Violation>> {
    let mut trace = Vec::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| block_on(lived(seed, &mut trace))));
    match outcome {
        Ok(orders) => Ok(Life { orders, trace }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let what = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(Box::new(Violation {
                trace,
                what: what.unwrap_or_else(|| "a panic without words".to_owned()),
            }))
        }
    }
}

async fn lived(seed: u64, trace: &mut Vec<String>) -> usize {
    let app = NativeApp::start_among(stand_in_keys(), seed, |_| {});
    let mut random = Seeded::new(seed.rotate_left(32) ^ 0x5157);
    let mut cast = step::Cast::come_on(&app).await;
    for number in 1..=STEPS {
        let step = step::Step::drawn(&mut random, &cast);
        trace.push(format!("{step:?}"));
        let said = step.taken(&app, &mut cast, &mut random).await;
        if let Some(line) = trace.last_mut() {
            line.push_str(&format!(" → {said}"));
        }
        assert_invariants(&app.world.db);
        if number % LOOKS == 0 {
            truth::nothing_is_held_that_no_gateway_knows(&app).await;
        }
    }
    trace.push("faults stop, and two days pass".to_owned());
    rest::comes(&app).await;
    assert_invariants(&app.world.db);
    truth::nothing_is_held_that_no_gateway_knows(&app).await;
    truth::every_cent_has_come_to_rest(&app).await;
    cast.orders()
}
