//! What does the Alipay of this sandbox know and do?
//!
//! In scope: `gateway.do` with RSA2 (page pay, wap pay, precreate, query, close), the cashier's side of a
//! trade, notifies with their retries. Not yet: refunds, transfers, bills, certificate mode, notifies
//! about closed trades.

pub(crate) mod amount;
mod creation;
mod doctor;
mod endpoints;
mod errors;
mod notify;
mod request;
pub mod sign;
mod trade;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::amount::yuan_text;
use self::notify::{Notify, return_address};
use self::trade::{Life, Trade};
use crate::clock::{shanghai_format, shanghai_text};
use crate::keys::{KeyError, KeyPair};
use crate::log::{Direction, Entry};
use crate::phone::{Bill, NotPayable, Outcome, cashier_url};
use crate::random::Random;
use crate::schedule::{Answer, Schedule};

/// One merchant with its application and the two key pairs between it and the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Merchant {
    /// The name on the cashier page.
    pub name: String,
    /// The account's mail address, as notifies carry it.
    pub email: String,
    /// The application's id.
    pub app_id: String,
    /// The account's id (2088…).
    pub seller_id: String,
    /// Signs requests; the sandbox shows it so that an SDK can be set up.
    pub app_key: KeyPair,
    /// Signs answers and notifies.
    pub gateway_key: KeyPair,
}

impl Merchant {
    /// Makes a merchant with fresh ids and keys.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn generate(name: &str, random: &mut Random) -> Result<Self, KeyError> {
        let seller = random.digits(12);
        Ok(Self {
            name: name.to_owned(),
            email: format!("seller-{seller}@sandbox.example"),
            app_id: format!("2021{}", random.digits(12)),
            seller_id: format!("2088{seller}"),
            app_key: KeyPair::generate(random)?,
            gateway_key: KeyPair::generate(random)?,
        })
    }
}

/// Where a notify is kept: the trade's token and its place in the trade's list.
type NotifyKey = (String, usize);

/// The gateway: merchants, trades and what is to be sent.
pub(crate) struct Alipay {
    base_url: String,
    merchants: Vec<Arc<Merchant>>,
    /// By token.
    trades: BTreeMap<String, Trade>,
    /// Token by (seller_id, out_trade_no).
    by_number: BTreeMap<(String, String), String>,
    /// Token by trade_no.
    by_trade_no: BTreeMap<String, String>,
    notifies: Schedule<NotifyKey>,
    /// Tokens of trades that are not yet on disk as they are here.
    changed: BTreeSet<String>,
}

impl Alipay {
    pub(crate) fn new(base_url: &str, merchants: Vec<Arc<Merchant>>) -> Self {
        Self {
            base_url: base_url.to_owned(),
            merchants,
            trades: BTreeMap::new(),
            by_number: BTreeMap::new(),
            by_trade_no: BTreeMap::new(),
            notifies: Schedule::default(),
            changed: BTreeSet::new(),
        }
    }

    /// Puts a trade back as [`Self::take_changes`] gave it, its unanswered notifies due again.
    pub(crate) fn restore(&mut self, record: &[u8]) -> Result<(), serde_json::Error> {
        let trade: Trade = serde_json::from_slice(record)?;
        for (place, notify) in trade.notifies.iter().enumerate() {
            if let Some(due_ms) = notify.next_at_ms {
                self.notifies.plan(due_ms, (trade.token.clone(), place));
            }
        }
        self.keep(trade);
        self.changed.clear();
        Ok(())
    }

    /// Trades changed since the last time, as (token, record).
    pub(crate) fn take_changes(&mut self) -> Result<Vec<(String, Vec<u8>)>, serde_json::Error> {
        std::mem::take(&mut self.changed)
            .into_iter()
            .filter_map(|token| self.trades.get(&token).map(|trade| Ok((token, serde_json::to_vec(trade)?))))
            .collect()
    }

    /// Stores a trade under all its names.
    fn keep(&mut self, trade: Trade) {
        let token = trade.token.clone();
        self.by_number.insert((trade.seller_id.clone(), trade.out_trade_no.clone()), token.clone());
        if let Some(opened) = trade.life.opened() {
            self.by_trade_no.insert(opened.trade_no.clone(), token.clone());
        }
        self.changed.insert(token.clone());
        self.trades.insert(token, trade);
    }

    fn merchant_of(&self, trade: &Trade) -> Option<Arc<Merchant>> {
        self.merchants.iter().find(|merchant| merchant.app_id == trade.app_id).cloned()
    }

    /// The trade behind a cashier's address as it is now, its deadline applied.
    fn current(&self, token: &str, now_ms: i64) -> Option<(Trade, bool)> {
        let mut trade = self.trades.get(token)?.clone();
        let changed = trade.settle_expiry(now_ms);
        Some((trade, changed))
    }

    /// The buyer opens the cashier: what it shows. `None` when no payment has this address.
    pub(crate) fn open(&mut self, token: &str, now_ms: i64, random: &mut Random) -> Option<Bill> {
        let (mut trade, mut changed) = self.current(token, now_ms)?;
        changed |= trade.open(now_ms, random);
        let bill = self.bill(&trade, now_ms);
        if changed {
            self.keep(trade);
        }
        Some(bill)
    }

    /// A payment as it stands, without the buyer doing anything.
    pub(crate) fn look(&self, token: &str, now_ms: i64) -> Option<Bill> {
        let (trade, _) = self.current(token, now_ms)?;
        Some(self.bill(&trade, now_ms))
    }

    /// The buyer pays.
    pub(crate) fn approve(
        &mut self,
        token: &str,
        now_ms: i64,
        random: &mut Random,
    ) -> Option<Result<Bill, NotPayable>> {
        self.act(token, now_ms, random, |trade, merchant, random| {
            trade.pay(now_ms)?;
            trade.notifies.extend(Notify::about_payment(trade, merchant, random));
            Ok(())
        })
    }

    /// The buyer's payment is declined.
    pub(crate) fn decline(
        &mut self,
        token: &str,
        now_ms: i64,
        random: &mut Random,
    ) -> Option<Result<Bill, NotPayable>> {
        self.act(token, now_ms, random, |trade, _, _| trade.decline(now_ms))
    }

    /// Opens the cashier and does one thing there.
    fn act(
        &mut self,
        token: &str,
        now_ms: i64,
        random: &mut Random,
        action: impl FnOnce(&mut Trade, &Merchant, &mut Random) -> Result<(), NotPayable>,
    ) -> Option<Result<Bill, NotPayable>> {
        let (mut trade, _) = self.current(token, now_ms)?;
        let merchant = self.merchant_of(&trade)?;
        trade.open(now_ms, random);
        let known_notifies = trade.notifies.len();
        let outcome = action(&mut trade, &merchant, random);
        for (place, notify) in trade.notifies.iter().enumerate().skip(known_notifies) {
            if let Some(due_ms) = notify.next_at_ms {
                self.notifies.plan(due_ms, (token.to_owned(), place));
            }
        }
        let bill = self.bill(&trade, now_ms);
        self.keep(trade);
        Some(outcome.map(|()| bill))
    }

    fn bill(&self, trade: &Trade, now_ms: i64) -> Bill {
        let merchant = self.merchant_of(trade);
        let outcome = match &trade.life {
            Life::NotOpened if trade.is_past(now_ms) => Outcome::Expired,
            Life::NotOpened => Outcome::Waiting { declined: false },
            Life::WaitBuyerPay { declined_at_ms, .. } => {
                Outcome::Waiting { declined: declined_at_ms.is_some() }
            }
            Life::TradeSuccess { paid_at_ms, .. } => Outcome::Paid { at: shanghai_text(*paid_at_ms) },
            Life::TradeClosed { closed_at_ms, .. } if *closed_at_ms < trade.expires_at_ms => Outcome::Closed,
            Life::TradeClosed { .. } => Outcome::Expired,
        };
        Bill {
            token: trade.token.clone(),
            cashier_url: cashier_url(&self.base_url, &trade.token),
            now: shanghai_format(now_ms, "%H:%M"),
            merchant: merchant.as_ref().map(|merchant| merchant.name.clone()).unwrap_or_default(),
            subject: trade.contents.subject.clone(),
            amount: yuan_text(trade.contents.total_fen),
            status: trade.life.status(),
            outcome,
            number: trade.out_trade_no.clone(),
            gateway_number: trade.life.opened().map(|opened| opened.trade_no.clone()),
            expires_at: shanghai_text(trade.expires_at_ms),
            return_url: merchant.and_then(|merchant| return_address(trade, &merchant)),
            quit_url: trade.quit_url.clone(),
        }
    }

    /// Notifies due at `now_ms`, ready to send.
    pub(crate) fn due_notifies(&mut self, now_ms: i64) -> Vec<(u64, http::Request<Bytes>)> {
        let due = self.notifies.take_due(now_ms);
        let request = |(token, place): &NotifyKey| {
            let trade = self.trades.get(token)?;
            trade.notifies.get(*place)?.request(self.merchant_of(trade)?.as_ref(), now_ms)
        };
        due.iter().filter_map(|(number, key)| Some((*number, request(key)?))).collect()
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.notifies.next_due_ms()
    }

    /// Notes what came of a notify. `None` when it was not in flight.
    pub(crate) fn notify_answered(&mut self, number: u64, answer: &Answer, now_ms: i64) -> Option<Entry> {
        let key = self.notifies.land(number)?;
        let trade = self.trades.get_mut(&key.0)?;
        let notify = trade.notifies.get_mut(key.1)?;
        let next_ms = notify.answered(answer, now_ms);
        let acknowledged = notify.deliveries.last().is_some_and(|delivery| delivery.acknowledged);
        let what_next = match next_ms {
            Some(next_ms) => format!(", again at {}", shanghai_text(next_ms)),
            None if acknowledged => String::new(),
            None => ", given up".to_owned(),
        };
        let entry = Entry {
            at_ms: now_ms,
            direction: Direction::Callback,
            what: notify.url.clone(),
            number: Some(trade.out_trade_no.clone()),
            outcome: format!("{}{what_next}", answer.summary()),
            fine: acknowledged,
            diagnosis: None,
        };
        self.changed.insert(key.0.clone());
        if let Some(next_ms) = next_ms {
            self.notifies.plan(next_ms, key);
        }
        Some(entry)
    }

    /// All payments as programs read them, oldest first.
    pub(crate) fn trades_json(&self, now_ms: i64) -> Vec<Value> {
        self.oldest_first(now_ms).iter().map(|trade| trade_json(trade, &self.base_url)).collect()
    }

    /// The newest payments as people see them.
    pub(crate) fn newest_bills(&self, count: usize, now_ms: i64) -> Vec<Bill> {
        self.oldest_first(now_ms).iter().rev().take(count).map(|trade| self.bill(trade, now_ms)).collect()
    }

    fn oldest_first(&self, now_ms: i64) -> Vec<Trade> {
        let mut trades: Vec<Trade> =
            self.trades.keys().filter_map(|token| Some(self.current(token, now_ms)?.0)).collect();
        trades
            .sort_by(|a, b| (a.requested_at_ms, &a.out_trade_no).cmp(&(b.requested_at_ms, &b.out_trade_no)));
        trades
    }
}

fn trade_json(trade: &Trade, base_url: &str) -> Value {
    let notifies: Vec<Value> = trade
        .notifies
        .iter()
        .map(|notify| {
            json!({
                "notify_id": notify.notify_id,
                "url": notify.url,
                "deliveries": notify.deliveries,
                "acknowledged": notify.deliveries.last().is_some_and(|delivery| delivery.acknowledged),
                "next_at_ms": notify.next_at_ms,
            })
        })
        .collect();
    json!({
        "gateway": "alipay",
        "app_id": trade.app_id,
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.life.opened().map(|opened| &opened.trade_no),
        "status": trade.life.status(),
        "total_amount": yuan_text(trade.contents.total_fen),
        "subject": trade.contents.subject,
        "requested_at_ms": trade.requested_at_ms,
        "expires_at_ms": trade.expires_at_ms,
        "cashier_url": cashier_url(base_url, &trade.token),
        "notifies": notifies,
    })
}
