//! What does the Stripe of this sandbox know and do?

mod account;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};

pub use self::account::Account;
use crate::cashier::{Button, NotPayable, PaymentView};
use crate::courier::{Answer, Notice};
use crate::desk::{Desk, Moment};
use crate::merchant::Keys;
use crate::pages::Lang;
use crate::reply::{self, Reply};
use crate::world::Record;

/// Time from one unanswered delivery of a callback to the next.
pub(crate) const RETRY_DELAYS_MS: &[i64] = &[];

/// The gateway.
pub(crate) struct Stripe {
    keys: Arc<Keys>,
}

impl Stripe {
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self { keys }
    }

    /// Whether a request to this path is for this gateway.
    pub(crate) fn handles(path: &str) -> bool {
        path.starts_with("/v1/")
    }

    /// Answers a merchant's call.
    pub(crate) fn handle(&mut self, _request: &Request<Bytes>, _lang: Lang, _desk: &mut Desk<'_>) -> Reply {
        Reply::Answer(reply::json_error(StatusCode::NOT_FOUND, "not_found", "nothing is here"))
    }

    /// A payment as it stands, without the buyer doing anything. `None` when it is none of this gateway's.
    pub(crate) fn view(&self, _token: &str, _now: Moment) -> Option<PaymentView> {
        None
    }

    /// The buyer opens the cashier.
    pub(crate) fn open(&mut self, _token: &str, _desk: &mut Desk<'_>) -> Option<PaymentView> {
        None
    }

    /// The buyer presses a button.
    pub(crate) fn press(
        &mut self,
        _token: &str,
        _button: Button,
        _desk: &mut Desk<'_>,
    ) -> Option<Result<PaymentView, NotPayable>> {
        None
    }

    /// Signs a callback at the moment of sending. `None` when its merchant is gone.
    pub(crate) fn write_callback(&self, _notice: &Notice, _desk: &mut Desk<'_>) -> Option<Request<Bytes>> {
        None
    }

    /// Whether an answer ends a callback.
    pub(crate) fn acknowledges(_answer: &Answer) -> bool {
        false
    }

    /// Carries out what business time has made due.
    pub(crate) fn wake(&mut self, _desk: &mut Desk<'_>) {}

    /// Business time at which there is something to carry out.
    pub(crate) fn next_wake_ms(&self) -> Option<i64> {
        None
    }

    /// All payments.
    pub(crate) fn views(&self, _now: Moment) -> Vec<PaymentView> {
        Vec::new()
    }

    pub(crate) fn take_changes(&mut self, _records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        Ok(())
    }

    pub(crate) fn restore(&mut self, _record: &Record) -> Result<(), serde_json::Error> {
        Ok(())
    }
}
