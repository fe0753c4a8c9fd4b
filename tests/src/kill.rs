//! What is left of what was acknowledged when the Worker is killed, at any moment, and started again?
//!
//! The built Worker runs on workerd, with D1 in a folder. Clients buy, pay, ask for refunds and repeat themselves
//! ([`client`]); the sandbox calls back, sometimes twice and sometimes never; cron fires. After a drawn number of
//! events, which are requests as they leave and answers as they come, the whole process group is killed by SIGKILL
//! ([`fate`]). The rows that the kill has left on the disk are then asked for every invariant, for every word that was
//! given ([`journal`]) and for what the gateways know ([`truth`]), before the Worker is started again on the same
//! folder, at the same address; then it must still say what it has said. In the end everything must come to rest
//! ([`rest`]).
//!
//! The draws follow from a seed. What two processes and a network make of them does not, so a seed brings back the
//! story and not the microsecond.

mod client;
mod fate;
mod journal;
mod rest;
mod truth;

use coursepay_core::method::GatewayId;
use coursepay_edge::app::ports::Row;
use futures::future::{join, join_all};
use serde_json::json;

use self::client::Client;
use self::fate::Fate;
use self::journal::Journal;
use crate::actors::gateway::befalls;
use crate::actors::platform::Platform;
use crate::native::invariants::assert_invariants;
use crate::native::random::Seeded;
use crate::native::sqlite::Sqlite;
use crate::workerd::Workerd;

/// How many buy at the same time.
const CLIENTS: u64 = 6;

/// The most events of a life.
const LONGEST_LIFE: u64 = 240;

/// What is on sale, with its price in minor units and the creator's share in basis points.
const COURSES: [(&str, i64, u32); 3] =
    [("rust-101", 9_900, 7_000), ("ink-painting", 1_001, 3_333), ("go-101", 4_999, 9_999)];

/// What was seen to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often the Worker was killed.
    pub kills: u32,
    /// How many requests died with it and were repeated under the same key.
    pub cut_short: usize,
    /// How many words were given: orders, payments, refunds, credits.
    pub words: usize,
    /// How many payments the gateways took.
    pub paid: usize,
    /// How many callbacks they were told to have arrived.
    pub callbacks: usize,
}

/// Everybody, on one Worker.
struct Scene<'a> {
    worker: &'a Workerd,
    fate: Fate<'a>,
    journal: Journal,
}

/// Kills the Worker `times` times under load and starts it again; `say` hears of each life.
///
/// # Errors
/// When the Worker is not built, or something cannot be started.
///
/// # Panics
/// At the first promise that does not hold.
pub async fn killed(seed: u64, times: u32, say: impl Fn(&str)) -> anyhow::Result<Tally> {
    let folder = tempfile::tempdir()?;
    let worker = Workerd::start_in(folder.path()).await?;
    open_shop(&worker).await;
    let scene = Scene { worker: &worker, fate: Fate::of(&worker), journal: Journal::default() };
    let clients = (0..CLIENTS).map(|number| Client::new(&scene, seed, number));
    let load = join(join_all(clients.map(Client::buys_on)), client::fires_cron(&scene));
    let lives = async {
        let mut random = Seeded::new(seed);
        for life in 1..=times {
            let events = random.below(LONGEST_LIFE) + 1;
            scene.fate.lets_live(events).await;
            say(&format!("life {life} of {times}: killed after {events} events; {}", scene.journal.tally()));
            worker.gone().await?;
            let left = Sqlite::copy_of(&worker.database_file()?);
            let known = truth::known(&worker).await;
            holds(&scene, &left, &known);
            worker.start_again().await?;
            rest::time_passes(&worker, client::LEASE_MS).await;
            scene.journal.is_still_said(&scene).await;
        }
        scene.fate.lets_live_on();
        anyhow::Ok(())
    };
    let ((_, ()), lives) = join(load, lives).await;
    lives?;
    say("everything comes to rest");
    rest::comes(&worker).await;
    worker.kill();
    worker.gone().await?;
    let left = Sqlite::copy_of(&worker.database_file()?);
    let known = truth::known(&worker).await;
    holds(&scene, &left, &known);
    truth::everything_known_is_booked(&left, &known);
    rest::everybody_was_told(&worker, &left);
    let (words, cut_short) = (scene.journal.len(), scene.fate.cut_short());
    let paid = known.iter().filter(|payment| payment.is_paid).count();
    let callbacks = known.iter().map(|payment| payment.acknowledged.len()).sum();
    Ok(Tally { kills: times, cut_short, words, paid, callbacks })
}

/// The platform sells its courses; callbacks come late, twice or never now and then.
async fn open_shop(worker: &Workerd) {
    let platform = Platform::of(worker).await;
    for (course, minor, bps) in COURSES {
        platform.sells(course, minor, "lin", bps).await;
    }
    for gateway in [GatewayId::Alipay, GatewayId::WechatPay, GatewayId::Stripe] {
        for (fault, percent) in
            [("callback_duplicated", 30), ("callback_lost", 10), ("callback_reordered", 10)]
        {
            befalls(worker, gateway, json!({ "fault": fault, "percent": percent })).await;
        }
        befalls(worker, gateway, json!({ "fault": "refund_pending", "percent": 20, "by_ms": 60_000 })).await;
    }
}

/// What must hold of the rows whenever the Worker is dead.
fn holds(scene: &Scene<'_>, left: &Sqlite, known: &[truth::Payment]) {
    let sound = left.rows("PRAGMA quick_check", &[]);
    assert_eq!(text(&sound[0], "quick_check"), "ok", "the file is sound");
    assert_invariants(left);
    scene.journal.is_kept_in(left);
    truth::nothing_is_posted_twice(left);
    truth::nothing_is_held_that_no_gateway_knows(left, known);
    truth::what_was_acknowledged_to_a_gateway_is_kept(left, known);
}

fn text(row: &Row, column: &str) -> String {
    row.0[column].as_str().unwrap_or_else(|| panic!("{column} is no text in {row:?}")).to_owned()
}

fn number(row: &Row, column: &str) -> i64 {
    row.0[column].as_i64().unwrap_or_else(|| panic!("{column} is no number in {row:?}"))
}
