//! What holds after anything whatsoever, in any order, with anything lost?
//!
//! A small world lives by one seed: learners and their tabs, the platform, phones at the gateways' cashiers, banks, the
//! app with its queue and cron, and a clock that only this moves. Each step is one thing that somebody does or that
//! goes wrong ([`plan`]); after each, all that is new must hold ([`watch`]), and be what the gateways know ([`truth`]).
//! In the end faults stop, three days pass, and every order and every cent must have come to rest ([`rest`]).
//!
//! Signatures are stand-ins, but for one world in [`REAL`], because RSA would be most of the time.

mod cast;
mod plan;
mod rest;
mod shrink;
mod step;
mod tab;
mod truth;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use coursepay_core::planted::{self, Bug};
use futures::executor::block_on;
use sha2::{Digest, Sha256};

use crate::native::app::NativeApp;
use crate::native::invariants::assert_invariants;
use crate::setup::{keys, stand_in_keys};
use crate::sim::cast::Cast;
use crate::sim::watch::Watch;

pub use shrink::shortest;

/// One world in so many has real RSA.
const REAL: u64 = 64;

/// How much of the app's log is told with a violation.
const LOG_LINES: usize = 8;

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
    /// How many orders were made in it.
    pub orders: usize,
    /// The places in the plan of the steps that were taken.
    pub steps: Vec<usize>,
    /// What happened until then, a step a line.
    pub trace: Vec<String>,
    /// What the app wrote to its log last.
    pub log: Vec<String>,
    /// What did not hold.
    pub what: String,
}

/// Lives the world of `seed` to its end.
///
/// # Errors
/// [`Violation`] at the first promise that does not hold.
pub fn live(seed: u64) -> Result<Life, Box<Violation>> {
    live_some(seed, |_| true)
}

/// Lives the world of `seed`, taking those steps only whose place in its plan `is_taken`.
///
/// # Errors
/// [`Violation`] at the first promise that does not hold.
pub fn live_some(seed: u64, is_taken: impl Fn(usize) -> bool) -> Result<Life, Box<Violation>> {
    let plan = plan::of(seed).into_iter().enumerate().filter(|(place, _)| is_taken(*place)).collect();
    let mut told = Told::default();
    match catch_unwind(AssertUnwindSafe(|| block_on(lived(seed, plan, &mut told)))) {
        Ok(()) => Ok(Life { orders: told.orders, trace: told.trace }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let what = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let what = what.unwrap_or_else(|| "a panic without words".to_owned());
            let log = told.app.map(|app| app.world.log_lines()).unwrap_or_default();
            let log = log[log.len().saturating_sub(LOG_LINES)..].to_vec();
            Err(Box::new(Violation { orders: told.orders, steps: told.steps, trace: told.trace, log, what }))
        }
    }
}

/// What was told of a world so far.
#[derive(Default)]
struct Told {
    app: Option<NativeApp>,
    orders: usize,
    steps: Vec<usize>,
    trace: Vec<String>,
}

async fn lived(seed: u64, plan: Vec<(usize, plan::Step)>, told: &mut Told) {
    let keys = if seed.is_multiple_of(REAL) { keys() } else { stand_in_keys() };
    let app = NativeApp::start_among(keys, seed, |_| {});
    told.app = Some(app.clone());
    if planted::has(Bug::WalletOverdrawn) {
        let no_guard = "DROP TRIGGER ledger_postings_of_their_entry";
        app.world.db.run(&[(no_guard, &[])]).expect("the guard was there");
    }
    let mut cast = Cast::come_on(&app).await;
    let mut watch = Watch::default();
    for (place, step) in plan {
        told.steps.push(place);
        told.trace.push(format!("{step:?}"));
        let said = step.taken(&mut cast, &mut watch).await;
        if let Some(line) = told.trace.last_mut() {
            line.push_str(&format!(" → {said}"));
        }
        told.orders = cast.orders();
        watch.looks(&app).await;
    }
    told.trace.push("faults stop, and three days pass".to_owned());
    rest::comes(&app).await;
    watch.looks(&app).await;
    cast.ask_all_again().await;
    rest::comes(&app).await;
    watch.looks(&app).await;
    truth::nothing_is_held_that_no_gateway_knows(&app).await;
    truth::every_cent_has_come_to_rest(&app).await;
    truth::disputes_are_as_the_banks_say(&app).await;
    for tab in &mut cast.tabs {
        tab.shows_how_it_ended(&app).await;
    }
    // Once more by what every other test is held to: this looks at all, and not only at what is new.
    assert_invariants(&app.world.db);
}
