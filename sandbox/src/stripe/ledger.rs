//! How does an account's money move?

use serde_json::{Value, json};

use super::Stripe;
use super::entry::{Entry, Kind};
use crate::desk::Desk;

/// One movement to be booked.
pub(crate) struct Movement<'a> {
    pub(crate) account: &'a str,
    pub(crate) kind: Kind,
    pub(crate) amount: i64,
    pub(crate) stripe_fee: i64,
    pub(crate) application_fee: i64,
    pub(crate) currency: &'a str,
    pub(crate) source: &'a str,
    pub(crate) description: Option<String>,
    /// `None`: at once.
    pub(crate) available_s: Option<i64>,
}

impl<'a> Movement<'a> {
    /// A movement without fees that counts at once.
    pub(crate) fn plain(
        account: &'a str,
        kind: Kind,
        amount: i64,
        currency: &'a str,
        source: &'a str,
    ) -> Self {
        Self {
            account,
            kind,
            amount,
            stripe_fee: 0,
            application_fee: 0,
            currency,
            source,
            description: None,
            available_s: None,
        }
    }
}

impl Stripe {
    /// Books a movement; the id of its balance transaction.
    pub(crate) fn book(&mut self, movement: Movement<'_>, desk: &mut Desk<'_>) -> String {
        let id = self.ids.next("txn", desk.random);
        let created_s = desk.now.business_ms.div_euclid(1_000);
        let entry = Entry {
            id: id.clone(),
            account: movement.account.to_owned(),
            created_s,
            available_s: movement.available_s.unwrap_or(created_s),
            kind: movement.kind,
            amount: movement.amount,
            stripe_fee: movement.stripe_fee,
            application_fee: movement.application_fee,
            currency: movement.currency.to_owned(),
            source: movement.source.to_owned(),
            description: movement.description,
        };
        self.entries.put(&id, entry);
        id
    }

    /// What an account has in one currency: (available, pending).
    pub(crate) fn funds(&self, account: &str, currency: &str, now_s: i64) -> (i64, i64) {
        let own = self.entries.iter().map(|(_, entry)| entry);
        own.filter(|entry| entry.account == account && entry.currency == currency).fold(
            (0_i64, 0_i64),
            |(available, pending), entry| {
                if entry.available_s <= now_s {
                    (available.saturating_add(entry.net()), pending)
                } else {
                    (available, pending.saturating_add(entry.net()))
                }
            },
        )
    }

    /// `GET /v1/balance`.
    pub(crate) fn balance_json(&self, account: &str, now_s: i64) -> Value {
        let mut currencies: Vec<&str> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.account == account)
            .map(|(_, entry)| entry.currency.as_str())
            .collect();
        currencies.sort_unstable();
        currencies.dedup();
        if currencies.is_empty() {
            currencies.push("usd");
        }
        let (mut available, mut pending) = (Vec::new(), Vec::new());
        for currency in currencies {
            let (there, coming) = self.funds(account, currency, now_s);
            let line = |amount: i64| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } });
            available.push(line(there));
            pending.push(line(coming));
        }
        json!({ "object": "balance", "available": available, "livemode": false, "pending": pending })
    }
}
