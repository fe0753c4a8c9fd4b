//! What does the Alipay of this sandbox know and do?
//!
//! `gateway.do` with RSA2 in key and certificate mode, the cashier's side of a trade, notifies, and the
//! statements' download. Trades, refunds and transfers are values with rules of their own; here is where
//! they are kept and by which names they are found.

mod account;
pub(crate) mod amount;
mod answer;
mod billing;
mod cancel;
mod creation;
mod doctor;
mod endpoints;
mod errors;
mod fields;
mod ledger;
mod method;
mod notify;
mod payee;
mod period;
mod refund;
mod refunding;
mod request;
mod sheet;
pub mod sign;
mod statement;
mod trade;
mod trading;
mod transfer;
mod transferring;
mod view;
mod zip;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode};

pub use self::account::Account;
use self::billing::Downloads;
use self::notify::Event;
pub(crate) use self::notify::RETRY_DELAYS_MS;
use self::trade::Trade;
use self::transfer::Transfer;
use crate::Gateway;
use crate::cashier::{Button, NotPayable, PaymentView};
use crate::courier::{Answer, Notice};
use crate::desk::{Desk, Moment};
use crate::faults::{Fault, Operation, Scope};
use crate::merchant::{Keys, Merchant};
use crate::pages::Lang;
use crate::records::Records;
use crate::reply::{self, Reply};
use crate::world::Record;

/// The one address of the gateway.
const PATH: &str = "/gateway.do";

/// What every merchant's balance starts with: enough to refund and transfer before the first sale.
const OPENING_BALANCE_FEN: i64 = 1_000_000 * 100;

/// The gateway.
pub(crate) struct Alipay {
    keys: Arc<Keys>,
    /// By token.
    trades: Records<Trade>,
    /// Token by (seller_id, out_trade_no).
    by_number: BTreeMap<(String, String), String>,
    /// Token by trade_no.
    by_trade_no: BTreeMap<String, String>,
    /// Business time and token of each trade to which something will happen by itself.
    due: BTreeSet<(i64, String)>,
    /// By order_id.
    transfers: Records<Transfer>,
    /// Order_id by (seller_id, out_biz_no).
    transfer_by_number: BTreeMap<(String, String), String>,
    /// What trades and transfers have made of the opening balance, by seller_id.
    earned_fen: BTreeMap<String, i64>,
    downloads: Downloads,
}

impl Alipay {
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self {
            keys,
            trades: Records::new("alipay/trades"),
            by_number: BTreeMap::new(),
            by_trade_no: BTreeMap::new(),
            due: BTreeSet::new(),
            transfers: Records::new("alipay/transfers"),
            transfer_by_number: BTreeMap::new(),
            earned_fen: BTreeMap::new(),
            downloads: Downloads::default(),
        }
    }

    /// Whether a request to this path is for this gateway.
    pub(crate) fn handles(path: &str) -> bool {
        path == PATH || path == billing::PATH
    }

    /// Answers a merchant's call.
    pub(crate) fn handle(&mut self, request: &Request<Bytes>, lang: Lang, desk: &mut Desk<'_>) -> Reply {
        let refusal = match (request.uri().path(), request.method()) {
            (PATH, &Method::GET | &Method::POST) => return self.gateway(request, lang, desk),
            (billing::PATH, &Method::GET) => return self.download(request, desk).into(),
            (billing::PATH, _) => "a statement is fetched with GET",
            _ => "gateway.do takes GET and POST",
        };
        reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", refusal).into()
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.trades.take_changes(records)?;
        self.transfers.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        if let Some(trade) = self.trades.restore(record)?.cloned() {
            self.index(&trade, None, 0);
        }
        if let Some(transfer) = self.transfers.restore(record)?.cloned() {
            self.index_transfer(&transfer);
        }
        Ok(())
    }

    /// Stores a trade under all its names.
    fn keep(&mut self, trade: Trade) {
        let before = self.trades.get(&trade.token);
        let (was_due_ms, had_earned_fen) =
            before.map_or((None, 0), |before| (before.due_ms(), before.earned_fen()));
        self.index(&trade, was_due_ms, had_earned_fen);
        let token = trade.token.clone();
        self.trades.put(&token, trade);
    }

    fn index(&mut self, trade: &Trade, was_due_ms: Option<i64>, had_earned_fen: i64) {
        let token = trade.token.clone();
        let number = (trade.seller_id.clone(), trade.out_trade_no.clone());
        self.by_number.insert(number, token.clone());
        if let Some(opened) = trade.life.opened() {
            self.by_trade_no.insert(opened.trade_no.clone(), token.clone());
        }
        if let Some(due_ms) = was_due_ms {
            self.due.remove(&(due_ms, token.clone()));
        }
        self.due.extend(trade.due_ms().map(|due_ms| (due_ms, token)));
        self.book(&trade.seller_id, trade.earned_fen().saturating_sub(had_earned_fen));
    }

    /// Stores a transfer under all its names.
    fn keep_transfer(&mut self, transfer: Transfer) {
        self.index_transfer(&transfer);
        let order_id = transfer.order_id.clone();
        self.transfers.put(&order_id, transfer);
    }

    fn index_transfer(&mut self, transfer: &Transfer) {
        let number = (transfer.seller_id.clone(), transfer.order.out_biz_no.clone());
        self.transfer_by_number.insert(number, transfer.order_id.clone());
        self.book(&transfer.seller_id, transfer.order.fen.saturating_neg());
    }

    fn book(&mut self, seller_id: &str, fen: i64) {
        let earned_fen = self.earned_fen.entry(seller_id.to_owned()).or_default();
        *earned_fen = earned_fen.saturating_add(fen);
    }

    /// What a merchant can refund or transfer.
    fn balance_fen(&self, seller_id: &str) -> i64 {
        let earned_fen = self.earned_fen.get(seller_id).copied().unwrap_or_default();
        OPENING_BALANCE_FEN.saturating_add(earned_fen)
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
        let number = trade.out_trade_no.clone();
        let merchant = self.merchant_of(&trade)?;
        let mut outcome = match button {
            Button::Approve => trade.pay(now_ms),
            Button::Decline => trade.decline(now_ms),
            _ => Err(NotPayable::NotOffered),
        };
        let scope = scope(merchant, &number, Operation::Other);
        if (button, outcome) == (Button::Approve, Err(NotPayable::Closed))
            && desk.strikes(Fault::PayAfterClose, scope).is_some()
        {
            trade.pay_closed(now_ms);
            outcome = Ok(());
        }
        if button == Button::Approve && outcome.is_ok() {
            self.tell(&trade, &Event::Paid, desk);
        }
        let view = self.view_of(&trade, now_ms)?;
        self.keep(trade);
        Some(outcome.map(|()| view))
    }

    /// Hands a notify to the courier, if the merchant asked for any.
    fn tell(&self, trade: &Trade, event: &Event<'_>, desk: &mut Desk<'_>) {
        let Some(merchant) = self.merchant_of(trade) else { return };
        if let Some(draft) = notify::notify(trade, merchant, event, desk.random) {
            desk.send(draft, scope(merchant, &trade.out_trade_no, Operation::Other));
        }
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
    pub(crate) fn wake(&mut self, desk: &mut Desk<'_>) {
        self.settle_due(desk);
    }

    /// Business time at which there is something to carry out.
    pub(crate) fn next_wake_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }
}

/// Where in the world something happens at this gateway.
fn scope<'a>(merchant: &'a Merchant, number: &'a str, operation: Operation) -> Scope<'a> {
    Scope { gateway: Gateway::Alipay, merchant: &merchant.id, number, operation }
}
