//! How quick is our work at a gateway's signatures, against yardsticks in the same run?
//!
//! `cargo xtask bench` builds everything and runs this. Three Workers run in one workerd, each with an isolate of
//! its own ([`workers.capnp`](../workers.capnp)): ours, as deployed but for its probe; the least that a
//! signature costs; and the official SDK. A request asks one of them for its work N times over.
//!
//! - workerd's clock stands still while a Worker works, so time is taken here, on one kept connection each.
//! - Both sides of a comparison are asked by turns, request by request, so that whatever else the machine does meets
//!   both; a round gives one ratio of medians, and what is printed are the ratios' median, least and most.
//! - "with its request" is N = 1, HTTP and all; "the request" is N = 0. "alone" is what each further repetition
//!   within a request adds.

mod connection;
mod figures;
mod workers;

use std::time::Duration;

use anyhow::ensure;
use coursepay_tests::actors::alipay::Notify;
use coursepay_tests::setup::Setup;

use connection::Connection;
use figures::{Ratio, each, median};
use workers::Workers;

/// How often each side of a comparison is asked in a round.
const REQUESTS: usize = 150;

/// How often the work is repeated in one request, to tell it from the request.
const REPEATS: u32 = 21;

/// Before anything is measured: the engine optimises what runs often.
const WARM_UP: usize = 400;

/// One side of a comparison.
struct Side<'a> {
    connection: Connection,
    path: &'a str,
    body: String,
}

impl Side<'_> {
    /// How long the work takes, `times` over, with its request.
    fn time(&mut self, times: u32) -> anyhow::Result<Duration> {
        let (answer, duration) = self.connection.post(&format!("{}?{times}", self.path), &self.body)?;
        ensure!(!answer.starts_with(b"error"), "{}", String::from_utf8_lossy(&answer));
        Ok(duration)
    }

    fn answer(&mut self) -> anyhow::Result<String> {
        let (answer, _) = self.connection.post(&format!("{}?1", self.path), &self.body)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A comparison, and what is aimed at.
struct Comparison<'a> {
    title: &'a str,
    aim: &'a str,
    ours: Side<'a>,
    yardstick: Side<'a>,
}

fn main() -> anyhow::Result<()> {
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    eprintln!("  … keys, and three Workers in one workerd");
    let setup = Setup::new("https://pay.example", "https://openapi.example", "https://platform.example");
    let workers = Workers::start(&setup)?;
    let side =
        |name, path, body| Ok::<_, anyhow::Error>(Side { connection: workers.connect(name)?, path, body });

    let mut ours = side("ours", "/__probe/bench/page", String::new())?;
    let address = ours.answer()?;
    let message = signed_text(&address)?;
    eprintln!("    an address of {} bytes, of which {} are signed", address.len(), message.len());
    let page = Comparison {
        title: "a page of Alipay signed / a request with one raw WebCrypto signature",
        aim: "with its request at most 1.2",
        ours,
        yardstick: side("yardstick", "/", message)?,
    };
    page.run(rounds)?;

    // A connection that nothing came over for seconds is closed, so these are opened now.
    let number = "01JZ0M7Q4R8Y2K3N5P6T7V9WXA";
    let notify = Notify::paid(&setup, number, 9_900, 1_782_835_198_000).signed_by(&setup.alipay.gateway_key);
    eprintln!("    a notify of {} bytes", notify.len());
    let mut ours = side("ours", "/__probe/bench/notify", notify.clone())?;
    let mut yardstick = side("sdk", "/", notify)?;
    ensure!([ours.answer()?, yardstick.answer()?] == [number, number], "one of them does not believe it");
    let title = "a notify of Alipay verified / the same by alipay-sdk";
    Comparison { title, aim: "at most 0.5", ours, yardstick }.run(rounds)
}

impl Comparison<'_> {
    fn run(mut self, rounds: usize) -> anyhow::Result<()> {
        eprintln!("  … {}", self.title);
        for _ in 0..WARM_UP {
            self.ours.time(1)?;
            self.yardstick.time(1)?;
        }
        let [mut request, mut with_request, mut alone] = [(); 3].map(|()| Ratio::default());
        for round in 1..=rounds {
            let none = self.round(0, REQUESTS)?;
            request.add(none.0, none.1);
            let [once, often] = [self.round(1, REQUESTS)?, self.round(REPEATS, REQUESTS / 5)?];
            with_request.add(once.0, once.1);
            let further = REPEATS - 1;
            alone.add(each(once.0, often.0, further), each(once.1, often.1, further));
            eprintln!("    round {round} of {rounds}: with its request {}", with_request.last());
        }
        println!("{}", self.title);
        println!("    with its request  {with_request}");
        println!("    the request       {request}");
        println!("    alone             {alone}");
        println!("    aim: {}", self.aim);
        Ok(())
    }

    /// The medians of both sides, asked by turns, in microseconds.
    fn round(&mut self, times: u32, requests: usize) -> anyhow::Result<(f64, f64)> {
        let mut ours = Vec::with_capacity(requests);
        let mut theirs = Vec::with_capacity(requests);
        for _ in 0..requests {
            ours.push(self.ours.time(times)?);
            theirs.push(self.yardstick.time(times)?);
        }
        Ok((median(&mut ours), median(&mut theirs)))
    }
}

/// The text that an address's signature covers: all parameters but `sign`, which stand in order.
fn signed_text(address: &str) -> anyhow::Result<String> {
    let (_, query) = address.split_once('?').ok_or_else(|| anyhow::anyhow!("no address: {address}"))?;
    let fields = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "sign");
    Ok(fields.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}
