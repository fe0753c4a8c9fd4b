//! What is being tested, and what surrounds it?
//!
//! One suite, two servers: the app in this process and the built Worker stand behind the same trait.

use bytes::Bytes;
use coursepay_edge::app::ports::{Param, Row};
use http::{Request, Response};

use crate::message::{Answer, Ask};
use crate::setup::Setup;

/// Coursepay with its database, the sandbox it pays through, and the endpoint it reports to.
pub trait Target {
    /// What the parties agreed on.
    fn setup(&self) -> &Setup;

    /// The time, as Coursepay sees it.
    fn now_ms(&self) -> i64;

    /// Sends a request to Coursepay.
    fn call(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>>;

    /// Sends a request to the sandbox.
    fn call_sandbox(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>>;

    /// Fires the cron of one minute.
    fn fire_cron(&self) -> impl Future<Output = ()>;

    /// Lets callbacks and queued work go on: all there is, or for a moment.
    fn let_work_go_on(&self) -> impl Future<Output = ()>;

    /// How often [`Target::let_work_go_on`] is enough for anything that happens by itself.
    fn patience(&self) -> u32;

    /// Runs a statement on Coursepay's database, past Coursepay.
    fn sql(&self, sql: &str, params: &[Param]) -> impl Future<Output = Result<Vec<Row>, String>>;

    /// What the platform's endpoint received, oldest first.
    fn webhooks(&self) -> Vec<Request<Bytes>>;

    /// Asks Coursepay.
    fn ask(&self, ask: Ask) -> impl Future<Output = Answer> {
        async { Answer(self.call(ask.to(&self.setup().public_url)).await) }
    }

    /// Lets work go on until `holds`.
    ///
    /// # Panics
    /// When it never does; `what` says what was waited for.
    fn until(&self, what: &str, holds: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
        async move {
            for _ in 0..self.patience() {
                self.let_work_go_on().await;
                if holds().await {
                    return;
                }
            }
            panic!("waited in vain until {what}");
        }
    }
}
