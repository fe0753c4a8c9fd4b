//! What does the Alipay of this sandbox know and do?
//!
//! `gateway.do` with RSA2, the cashier's side of a trade, and notifies.

mod account;
pub(crate) mod amount;
mod creation;
mod doctor;
mod endpoints;
mod errors;
mod notify;
mod request;
pub mod sign;
mod trade;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode};

pub use self::account::Account;
pub(crate) use self::notify::RETRY_DELAYS_MS;
use self::notify::return_address;
use self::trade::{Life, Trade};
use crate::Gateway;
use crate::cashier::{self, Button, NotPayable, Outcome, PaymentView};
use crate::courier::{Answer, Notice};
use crate::desk::{Desk, Moment};
use crate::faults::{Operation, Scope};
use crate::merchant::{Keys, Merchant};
use crate::pages::Lang;
use crate::price::Price;
use crate::records::Records;
use crate::reply::{self, Reply};
use crate::world::Record;

/// The one address of the gateway.
const PATH: &str = "/gateway.do";

/// The gateway.
pub(crate) struct Alipay {
    keys: Arc<Keys>,
    /// By token.
    trades: Records<Trade>,
    /// Token by (seller_id, out_trade_no).
    by_number: BTreeMap<(String, String), String>,
    /// Token by trade_no.
    by_trade_no: BTreeMap<String, String>,
}

impl Alipay {
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self {
            keys,
            trades: Records::new("alipay/trades"),
            by_number: BTreeMap::new(),
            by_trade_no: BTreeMap::new(),
        }
    }

    /// Whether a request to this path is for this gateway.
    pub(crate) fn handles(path: &str) -> bool {
        path == PATH
    }

    /// Answers a merchant's call.
    pub(crate) fn handle(&mut self, request: &Request<Bytes>, lang: Lang, desk: &mut Desk<'_>) -> Reply {
        if matches!(*request.method(), Method::GET | Method::POST) {
            return self.gateway(request, lang, desk);
        }
        let refusal = "gateway.do takes GET and POST";
        reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", refusal).into()
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.trades.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        if let Some(trade) = self.trades.restore(record)?.cloned() {
            self.index(&trade);
        }
        Ok(())
    }

    /// Stores a trade under all its names.
    fn keep(&mut self, trade: Trade) {
        self.index(&trade);
        let token = trade.token.clone();
        self.trades.put(&token, trade);
    }

    fn index(&mut self, trade: &Trade) {
        let number = (trade.seller_id.clone(), trade.out_trade_no.clone());
        self.by_number.insert(number, trade.token.clone());
        if let Some(opened) = trade.life.opened() {
            self.by_trade_no.insert(opened.trade_no.clone(), trade.token.clone());
        }
    }

    fn merchant_of(&self, trade: &Trade) -> Option<&Merchant> {
        self.keys.merchants.iter().find(|merchant| merchant.alipay.app_id == trade.app_id)
    }

    /// The trade behind a cashier's address as it is now, its deadline applied, and whether that changed it.
    fn current(&self, token: &str, now_ms: i64) -> Option<(Trade, bool)> {
        let mut trade = self.trades.get(token)?.clone();
        let changed = trade.settle_expiry(now_ms);
        Some((trade, changed))
    }

    /// A payment as it stands, without the buyer doing anything.
    pub(crate) fn view(&self, token: &str, now: Moment) -> Option<PaymentView> {
        let (trade, _) = self.current(token, now.business_ms)?;
        self.view_of(&trade, now.business_ms)
    }

    /// All payments.
    pub(crate) fn views(&self, now: Moment) -> Vec<PaymentView> {
        self.trades.iter().filter_map(|(token, _)| self.view(token, now)).collect()
    }

    /// The buyer opens the cashier.
    pub(crate) fn open(&mut self, token: &str, desk: &mut Desk<'_>) -> Option<PaymentView> {
        let now_ms = desk.now.business_ms;
        let (mut trade, mut changed) = self.current(token, now_ms)?;
        changed |= trade.open(now_ms, desk.random);
        let view = self.view_of(&trade, now_ms);
        if changed {
            self.keep(trade);
        }
        view
    }

    /// The buyer presses a button.
    pub(crate) fn press(
        &mut self,
        token: &str,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Option<Result<PaymentView, NotPayable>> {
        let now_ms = desk.now.business_ms;
        let (mut trade, _) = self.current(token, now_ms)?;
        trade.open(now_ms, desk.random);
        let outcome = match button {
            Button::Approve => trade.pay(now_ms),
            Button::Decline => trade.decline(now_ms),
            _ => Err(NotPayable::NotOffered),
        };
        let merchant = self.merchant_of(&trade)?;
        if button == Button::Approve
            && outcome.is_ok()
            && let Some(draft) = notify::notify(&trade, merchant, desk.random)
        {
            let number = trade.out_trade_no.as_str();
            desk.send(draft, scope(merchant, number, Operation::Other));
        }
        let view = self.view_of(&trade, now_ms)?;
        self.keep(trade);
        Some(outcome.map(|()| view))
    }

    fn view_of(&self, trade: &Trade, now_ms: i64) -> Option<PaymentView> {
        let merchant = self.merchant_of(trade)?;
        let (outcome, paid_at_ms) = match &trade.life {
            Life::NotOpened if trade.is_past(now_ms) => (Outcome::Expired, None),
            Life::NotOpened => (Outcome::Waiting { declined: false }, None),
            Life::WaitBuyerPay { declined_at_ms, .. } => {
                (Outcome::Waiting { declined: declined_at_ms.is_some() }, None)
            }
            Life::TradeSuccess { paid_at_ms, .. } => (Outcome::Paid, Some(*paid_at_ms)),
            Life::TradeClosed { closed_at_ms, .. } if *closed_at_ms < trade.expires_at_ms => {
                (Outcome::Closed, None)
            }
            Life::TradeClosed { .. } => (Outcome::Expired, None),
        };
        let buttons = match outcome {
            Outcome::Waiting { .. } => vec![Button::Approve, Button::Decline],
            _ => Vec::new(),
        };
        Some(PaymentView {
            gateway: Gateway::Alipay,
            merchant: merchant.id.clone(),
            merchant_name: merchant.name.clone(),
            token: trade.token.clone(),
            page: format!("{}{}", cashier::PATH, trade.token),
            channel: trade.contents.channel.name().to_owned(),
            subject: trade.contents.subject.clone(),
            price: Price::cny(trade.contents.total_fen),
            status: trade.life.status().to_owned(),
            outcome,
            number: trade.out_trade_no.clone(),
            gateway_number: trade.life.opened().map(|opened| opened.trade_no.clone()),
            requested_at_ms: trade.requested_at_ms,
            expires_at_ms: trade.expires_at_ms,
            paid_at_ms,
            return_url: return_address(trade, merchant),
            quit_url: trade.quit_url.clone(),
            buttons,
            refunds: Vec::new(),
        })
    }

    /// Signs a notify at the moment of sending. `None` when its merchant is gone.
    pub(crate) fn write_callback(&self, notice: &Notice, desk: &mut Desk<'_>) -> Option<Request<Bytes>> {
        let merchant = self.keys.merchants.iter().find(|merchant| merchant.id == notice.merchant)?;
        let other = self.keys.merchants.iter().find(|merchant| merchant.id != notice.merchant);
        notify::write(notice, merchant, other, desk.now.business_ms, desk.random)
    }

    /// Whether an answer ends a notify.
    pub(crate) fn acknowledges(answer: &Answer) -> bool {
        notify::acknowledges(answer)
    }

    /// Carries out what business time has made due.
    pub(crate) fn wake(&mut self, _desk: &mut Desk<'_>) {}

    /// Business time at which there is something to carry out.
    pub(crate) fn next_wake_ms(&self) -> Option<i64> {
        None
    }
}

/// Where in the world something happens at this gateway.
fn scope<'a>(merchant: &'a Merchant, number: &'a str, operation: Operation) -> Scope<'a> {
    Scope { gateway: Gateway::Alipay, merchant: &merchant.id, number, operation }
}
