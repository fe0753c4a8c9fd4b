//! What does the WeChat Pay of this sandbox know and do?
//!
//! API v3 with both key modes at once: payments (native, H5, JSAPI), refunds, transfers to somebody's
//! balance, statements, certificates; besides, what surrounds it inside WeChat: the login that yields an
//! openid, and the bridge by which a page asks for the payment.

mod account;
mod answer;
mod api;
mod authorization;
mod bills;
mod bridge;
mod callback;
mod caller;
mod creation;
mod errors;
mod fields;
mod fund_flow;
mod json_forms;
mod mistakes;
mod oauth;
mod order;
mod orders;
mod pay;
mod payouts;
mod people;
mod phone;
mod refund;
mod refunds;
mod routes;
pub mod seal;
mod settings;
pub mod sign;
mod statement;
mod time;
mod transfer;
mod transfers;

use std::sync::Arc;

use bytes::Bytes;
use http::Request;

pub use self::account::Account;
use self::bills::Files;
pub(crate) use self::callback::RETRY_DELAYS_MS;
use self::oauth::Logins;
use self::orders::Orders;
use self::settings::Settings;
use self::transfers::Transfers;
use crate::Gateway;
use crate::cashier::{Button, NotPayable, PaymentView};
use crate::courier::{Answer, Notice};
use crate::desk::{Desk, Moment};
use crate::faults::{Operation, Scope};
use crate::merchant::{Keys, Merchant};
use crate::pages::Lang;
use crate::records::Records;
use crate::reply::Reply;
use crate::world::Record;

/// What every merchant has on its account before the first payment: a million yuan, so that transfers and
/// refunds can be tried at once.
pub(crate) const OPENING_BALANCE_FEN: i64 = 100_000_000;

/// The gateway.
pub(crate) struct WechatPay {
    keys: Arc<Keys>,
    orders: Orders,
    transfers: Transfers,
    /// By mchid.
    settings: Records<Settings>,
    files: Files,
    logins: Logins,
}

impl WechatPay {
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self {
            keys,
            orders: Orders::new(),
            transfers: Transfers::new(),
            settings: Records::new("wechat_pay/settings"),
            files: Files::default(),
            logins: Logins::default(),
        }
    }

    /// Whether a request to this path is for this gateway.
    pub(crate) fn handles(path: &str) -> bool {
        path.starts_with("/v3/")
            || [
                oauth::AUTHORIZE_PATH,
                oauth::TOKEN_PATH,
                settings::PATH,
                bridge::SCRIPT_PATH,
                bridge::CALL_PATH,
            ]
            .contains(&path)
    }

    /// Answers a merchant's call, a browser that logs in, or a page that asks for a payment.
    pub(crate) fn handle(&mut self, request: &Request<Bytes>, lang: Lang, desk: &mut Desk<'_>) -> Reply {
        match request.uri().path() {
            oauth::AUTHORIZE_PATH => self.logins.authorize(request, &self.keys, lang, desk).into(),
            oauth::TOKEN_PATH => self.logins.token(request, &self.keys, desk).into(),
            settings::PATH => settings::answer(request, &self.keys, &mut self.settings).into(),
            bridge::SCRIPT_PATH => bridge::script(request, desk.base_url).into(),
            bridge::CALL_PATH => self.bridge(request, desk).into(),
            _ => self.call(request, desk),
        }
    }

    /// A payment as it stands, without the buyer doing anything. `None` when it is none of this gateway's.
    pub(crate) fn view(&self, token: &str, now: Moment) -> Option<PaymentView> {
        self.view_of_code(token, now)
    }

    /// The buyer opens the cashier.
    pub(crate) fn open(&mut self, token: &str, desk: &mut Desk<'_>) -> Option<PaymentView> {
        self.open_code(token, desk)
    }

    /// The buyer presses a button.
    pub(crate) fn press(
        &mut self,
        token: &str,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Option<Result<PaymentView, NotPayable>> {
        self.press_button(token, button, desk)
    }

    /// Signs a callback at the moment of sending. `None` when its merchant is gone.
    pub(crate) fn write_callback(&self, notice: &Notice, desk: &mut Desk<'_>) -> Option<Request<Bytes>> {
        let merchant = self.keys.merchants.iter().find(|merchant| merchant.id == notice.merchant)?;
        let other = self.keys.merchants.iter().find(|merchant| merchant.id != notice.merchant);
        let account = &merchant.wechat_pay;
        let real_ms = desk.real_ms(scope(merchant, &notice.number, Operation::Other));
        let other = other.map(|other| &other.wechat_pay);
        callback::write(notice, account, other, self.settings_of(&account.mchid), real_ms, desk.random)
    }

    /// Whether an answer ends a callback.
    pub(crate) fn acknowledges(answer: &Answer) -> bool {
        callback::acknowledges(answer)
    }

    /// Carries out what business time has made due: closes, ends refunds and transfers, tells the merchants.
    pub(crate) fn wake(&mut self, desk: &mut Desk<'_>) {
        let now_ms = desk.now.business_ms;
        for mut order in self.orders.due(now_ms) {
            let ended = order.settle(now_ms);
            for refund in ended.into_iter().filter_map(|place| order.refunds.get(place)) {
                self.tell_refund(&order, refund, desk);
            }
            self.orders.put(order);
        }
        for mut transfer in self.transfers.due(now_ms) {
            transfer.settle(now_ms);
            self.tell_transfer(&transfer, desk);
            self.transfers.put(transfer);
        }
    }

    /// Business time at which there is something to carry out.
    pub(crate) fn next_wake_ms(&self) -> Option<i64> {
        [self.orders.next_due_ms(), self.transfers.next_due_ms()].into_iter().flatten().min()
    }

    /// All payments.
    pub(crate) fn views(&self, now: Moment) -> Vec<PaymentView> {
        self.all_views(now)
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.orders.take_changes(records)?;
        self.transfers.take_changes(records)?;
        self.settings.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        self.orders.restore(record)?;
        self.transfers.restore(record)?;
        self.settings.restore(record).map(|_| ())
    }

    fn merchant(&self, mchid: &str) -> Option<&Merchant> {
        self.keys.merchants.iter().find(|merchant| merchant.wechat_pay.mchid == mchid)
    }

    fn settings_of(&self, mchid: &str) -> Settings {
        self.settings.get(mchid).copied().unwrap_or_default()
    }

    /// What the merchant can spend on refunds and transfers.
    fn balance_fen(&self, mchid: &str) -> i64 {
        OPENING_BALANCE_FEN
            .saturating_add(self.orders.balance_fen(mchid))
            .saturating_sub(self.transfers.taken_fen(mchid))
    }
}

/// Where in the world something happens at this gateway.
fn scope<'a>(merchant: &'a Merchant, number: &'a str, operation: Operation) -> Scope<'a> {
    Scope { gateway: Gateway::WechatPay, merchant: &merchant.id, number, operation }
}
