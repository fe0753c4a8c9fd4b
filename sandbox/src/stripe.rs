//! What does the Stripe of this sandbox know and do?
//!
//! In: Checkout Sessions in mode payment with their hosted page, payment intents and charges as far as
//! Checkout makes them, refunds, disputes, transfers and reversals, destination and direct charges, balance and
//! balance transactions, events, webhook endpoints, accounts. Not in: prices, customers, subscriptions, payouts;
//! parameters for them are refused by name.

mod account;
mod api;
mod call;
mod capturing;
mod cards;
mod charge;
mod checkout;
mod creation;
mod currency;
mod dispute;
mod disputing;
mod emit;
mod entry;
mod errors;
mod event;
mod expand;
mod form;
mod idempotency;
mod ids;
mod intent;
mod ledger;
mod lines;
mod methods;
mod objects;
mod page;
mod refund;
mod refunding;
mod routes;
mod search;
mod session;
mod signature;
mod steer;
mod transfer;
mod transferring;
mod tries;
mod values;
mod version;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;

pub use self::account::Account;
use self::api::Connected;
use self::charge::Charge;
use self::dispute::Dispute;
pub(crate) use self::emit::RETRY_DELAYS_MS;
use self::entry::Entry;
use self::event::{Cause, Endpoint, Event};
use self::idempotency::Kept;
use self::ids::Ids;
use self::intent::Intent;
use self::refund::Refund;
use self::session::{Life, Session};
use self::transfer::Transfer;
use crate::courier::Answer;
use crate::desk::Desk;
use crate::merchant::Keys;
use crate::pages::Lang;
use crate::records::Records;
use crate::reply::Reply;
use crate::world::Record;

/// The gateway. Everything is kept by its id, whose order is that of creation.
pub(crate) struct Stripe {
    keys: Arc<Keys>,
    ids: Ids,
    sessions: Records<Session>,
    intents: Records<Intent>,
    charges: Records<Charge>,
    refunds: Records<Refund>,
    disputes: Records<Dispute>,
    transfers: Records<Transfer>,
    /// Balance transactions.
    entries: Records<Entry>,
    events: Records<Event>,
    endpoints: Records<Endpoint>,
    connected: Records<Connected>,
    /// First answers by idempotency key.
    answers: Records<Kept>,
    /// Sessions and refunds with something to come, by business time.
    due: BTreeSet<(i64, String)>,
}

impl Stripe {
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self {
            keys,
            ids: Ids::default(),
            sessions: Records::new("stripe/sessions"),
            intents: Records::new("stripe/payment_intents"),
            charges: Records::new("stripe/charges"),
            refunds: Records::new("stripe/refunds"),
            disputes: Records::new("stripe/disputes"),
            transfers: Records::new("stripe/transfers"),
            entries: Records::new("stripe/balance_transactions"),
            events: Records::new("stripe/events"),
            endpoints: Records::new("stripe/webhook_endpoints"),
            connected: Records::new("stripe/accounts"),
            answers: Records::new("stripe/idempotency_keys"),
            due: BTreeSet::new(),
        }
    }

    /// Whether a request to this path is for this gateway.
    pub(crate) fn handles(path: &str) -> bool {
        path.starts_with("/v1/") || path.starts_with(steer::PATH)
    }

    /// Answers a merchant's call, or a step of the sandbox's own.
    pub(crate) fn handle(&mut self, request: &Request<Bytes>, _lang: Lang, desk: &mut Desk<'_>) -> Reply {
        if request.uri().path().starts_with(steer::PATH) {
            return self.steer(request, desk).into();
        }
        self.api(request, desk)
    }

    /// Whether an answer ends a callback.
    pub(crate) fn acknowledges(answer: &Answer) -> bool {
        emit::acknowledges(answer)
    }

    /// Carries out what business time has made due: sessions expire, refunds come to their end.
    pub(crate) fn wake(&mut self, desk: &mut Desk<'_>) {
        let now_ms = desk.now.business_ms;
        while self.due.first().is_some_and(|(due_ms, _)| *due_ms <= now_ms) {
            let Some((_, id)) = self.due.pop_first() else { return };
            if self.sessions.get(&id).is_some_and(|session| session.is_past(now_ms)) {
                self.expire(&id, &Cause::default(), desk);
            }
            self.ripen_refund(&id, desk);
        }
    }

    /// Business time at which there is something to carry out.
    pub(crate) fn next_wake_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.sessions.take_changes(records)?;
        self.intents.take_changes(records)?;
        self.charges.take_changes(records)?;
        self.refunds.take_changes(records)?;
        self.disputes.take_changes(records)?;
        self.transfers.take_changes(records)?;
        self.entries.take_changes(records)?;
        self.events.take_changes(records)?;
        self.endpoints.take_changes(records)?;
        self.connected.take_changes(records)?;
        self.answers.take_changes(records)
    }

    /// Puts a record back; what was still to come of it is due again.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        if !record.path.starts_with("stripe/") {
            return Ok(());
        }
        if let Some(session) = self.sessions.restore(record)?
            && session.life == Life::Open
        {
            self.due.insert((session.expires_s.saturating_mul(1_000), session.id.clone()));
        }
        if let Some(refund) = self.refunds.restore(record)?
            && let Some(next) = refund.next
        {
            self.due.insert((next.at_ms, refund.id.clone()));
        }
        self.intents.restore(record)?;
        self.charges.restore(record)?;
        self.disputes.restore(record)?;
        self.transfers.restore(record)?;
        self.entries.restore(record)?;
        self.events.restore(record)?;
        self.endpoints.restore(record)?;
        self.connected.restore(record)?;
        self.answers.restore(record)?;
        let name = record.path.rsplit('/').next().unwrap_or_default();
        self.ids.seen(name.trim_end_matches(".json"));
        Ok(())
    }
}
