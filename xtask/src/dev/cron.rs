//! Who fires the cron, when it never fires by itself locally?

use std::time::{Duration, Instant};

use crate::http::Client;
use crate::step::seconds;

/// As often as wrangler.toml's `* * * * *`.
const INTERVAL: Duration = Duration::from_secs(60);

/// Calls the Worker's scheduled handler once a minute.
pub(super) struct Cron {
    url: String,
    next: Instant,
    calls: u64,
}

impl Cron {
    pub(super) fn start(worker: &str) -> Self {
        let url = format!("{worker}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*");
        Self { url, next: Instant::now() + INTERVAL, calls: 0 }
    }

    /// Calls the handler if a minute is over, and says how it went. A failure is not the end: it is said
    /// again a minute later.
    pub(super) fn call_when_due(&mut self, client: &Client) {
        if Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + INTERVAL;
        self.calls += 1;
        let started = Instant::now();
        let outcome = match client.get(&self.url) {
            Ok(answer) if answer.is_success() => "done".to_owned(),
            Ok(answer) => format!("answered {} {}", answer.status, answer.body.trim()),
            Err(error) => format!("failed: {error:#}"),
        };
        println!("  minute {}: scheduled handler {outcome} ({})", self.calls, seconds(started.elapsed()));
    }
}
