//! How is a payment asked for, looked up, closed and cancelled?

use serde_json::json;

use super::Alipay;
use super::amount::yuan_text;
use super::answer::{Fields, text};
use super::cancel::Action;
use super::creation::{Channel, Creation, read_creation};
use super::errors::Fault;
use super::fields::{asks_for, optional};
use super::notify::Event;
use super::request::VerifiedRequest;
use super::trade::{Life, Trade};
use crate::clock::shanghai_text;
use crate::desk::Desk;

impl Alipay {
    pub(super) fn precreate(
        &mut self,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Fields, Fault> {
        let token = self.create(Channel::Precreate, request, desk)?;
        let number = self.trades.get(&token).map(|trade| trade.out_trade_no.clone()).unwrap_or_default();
        Ok(vec![("out_trade_no", text(number)), ("qr_code", text(desk.cashier_url(&token)))])
    }

    /// Keeps a payment request; the same number with the same contents is the same payment. Answers the
    /// token of its cashier page.
    pub(super) fn create(
        &mut self,
        channel: Channel,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<String, Fault> {
        let now_ms = desk.now.business_ms;
        let creation = read_creation(channel, &request.biz_content, now_ms)?;
        let number = (request.merchant.alipay.seller_id.clone(), creation.out_trade_no.clone());
        let known = self.by_number.get(&number).cloned();
        let trade = match known.and_then(|token| self.current(&token, now_ms)) {
            Some((trade, _)) => repeated(trade, creation, request, now_ms)?,
            None => {
                creation.expiry?;
                Trade {
                    token: desk.random.token(),
                    app_id: request.merchant.alipay.app_id.clone(),
                    seller_id: number.0,
                    out_trade_no: number.1,
                    contents: creation.contents,
                    notify_url: request.notify_url.clone(),
                    return_url: request.return_url.clone(),
                    quit_url: creation.quit_url,
                    requested_at_ms: now_ms,
                    expires_at_ms: creation.expires_at_ms,
                    life: Life::NotOpened,
                    refunds: Vec::new(),
                }
            }
        };
        let token = trade.token.clone();
        self.keep(trade);
        Ok(token)
    }

    pub(super) fn query(&self, request: &VerifiedRequest<'_>, desk: &Desk<'_>) -> Result<Fields, Fault> {
        let trade = self.find(request, desk.now.business_ms)?;
        let opened = trade.life.opened().ok_or(Fault::NoSuchTrade)?;
        let total = yuan_text(trade.contents.total_fen);
        let paid_at_ms = trade.life.paid_at_ms();
        let moved = if paid_at_ms.is_some() { total.as_str() } else { "0.00" };
        let mut fields = vec![
            ("trade_no", text(&opened.trade_no)),
            ("out_trade_no", text(&trade.out_trade_no)),
            ("buyer_logon_id", text(&opened.buyer_logon_id)),
            ("buyer_open_id", text(&opened.buyer_open_id)),
            ("buyer_user_type", text("PRIVATE")),
            ("trade_status", text(trade.life.status())),
            ("total_amount", text(&total)),
            ("buyer_pay_amount", text(moved)),
            ("receipt_amount", text(moved)),
            ("invoice_amount", text(moved)),
            ("point_amount", text("0.00")),
        ];
        if let Some(paid_at_ms) = paid_at_ms {
            fields.push(("send_pay_date", text(shanghai_text(paid_at_ms))));
            if asks_for(&request.biz_content, "fund_bill_list") {
                fields
                    .push(("fund_bill_list", json!([{ "fund_channel": "ALIPAYACCOUNT", "amount": total }])));
            }
        }
        Ok(fields)
    }

    /// A trade closed by its merchant or by its deadline is told to nobody: the gateway's products send
    /// TRADE_CLOSED for it only by arrangement, and the merchant who closes has his answer.
    pub(super) fn close(
        &mut self,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Fields, Fault> {
        let mut trade = self.find(request, desk.now.business_ms)?;
        let outcome = trade.close(desk.now.business_ms);
        let number = trade.out_trade_no.clone();
        self.keep(trade);
        Ok(vec![("trade_no", text(outcome?.trade_no)), ("out_trade_no", text(number))])
    }

    /// A cancel of what is no trade is well too: there is nothing to be undone. It names no action then.
    pub(super) fn cancel(
        &mut self,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Fields, Fault> {
        let mut trade = match self.find(request, desk.now.business_ms) {
            Ok(trade) => trade,
            Err(Fault::NoSuchTrade) => {
                let number = optional(&request.biz_content, "out_trade_no", 64)?;
                return Ok(vec![
                    ("out_trade_no", text(number.unwrap_or_default())),
                    ("retry_flag", text("N")),
                ]);
            }
            Err(fault) => return Err(fault),
        };
        let balance_fen = self.balance_fen(&trade.seller_id);
        let action = trade.cancel(desk.now.business_ms)?;
        if let Action::Refund { now: true } = action {
            if balance_fen < trade.contents.total_fen {
                return Err(Fault::SellerBalance);
            }
            if let Some(refund) = trade.refunds.last() {
                self.tell(&trade, &Event::Refunded(refund), desk);
            }
        }
        let mut fields = vec![("out_trade_no", text(&trade.out_trade_no)), ("retry_flag", text("N"))];
        fields.extend(trade.life.opened().map(|opened| ("trade_no", text(&opened.trade_no))));
        fields.extend(action.name().map(|name| ("action", text(name))));
        self.keep(trade);
        Ok(fields)
    }

    /// The trade a call means, by `trade_no` if given, else by `out_trade_no`, among the caller's own; the
    /// deadline applied.
    pub(super) fn find(&self, request: &VerifiedRequest<'_>, now_ms: i64) -> Result<Trade, Fault> {
        let trade_no = optional(&request.biz_content, "trade_no", 64)?;
        let number = optional(&request.biz_content, "out_trade_no", 64)?;
        let token = match (trade_no, number) {
            (Some(trade_no), _) => self.by_trade_no.get(&trade_no),
            (None, Some(number)) => self.by_number.get(&(request.merchant.alipay.seller_id.clone(), number)),
            (None, None) => {
                return Err(Fault::Parameter("one of out_trade_no and trade_no must be given".to_owned()));
            }
        };
        token
            .and_then(|token| self.current(token, now_ms))
            .map(|(trade, _)| trade)
            .filter(|trade| {
                trade.seller_id == request.merchant.alipay.seller_id && trade.life != Life::NotOpened
            })
            .ok_or(Fault::NoSuchTrade)
    }
}

/// The same number again. Other contents are refused; a trade that is over says so; as long as nobody has
/// opened the cashier, the newest deadline and addresses hold.
fn repeated(
    mut trade: Trade,
    creation: Creation,
    request: &VerifiedRequest<'_>,
    now_ms: i64,
) -> Result<Trade, Fault> {
    if trade.contents != creation.contents {
        return Err(Fault::OtherContents);
    }
    match trade.life {
        Life::TradeSuccess { .. } | Life::TradeFinished { .. } => return Err(Fault::AlreadyPaid),
        Life::TradeClosed { .. } => return Err(Fault::AlreadyClosed),
        Life::WaitBuyerPay { .. } => {}
        Life::NotOpened => {
            // The very same deadline may have come near in the meantime, but not passed.
            if trade.expires_at_ms != creation.expires_at_ms || trade.is_past(now_ms) {
                creation.expiry?;
            }
            trade.expires_at_ms = creation.expires_at_ms;
            trade.notify_url.clone_from(&request.notify_url);
            trade.return_url.clone_from(&request.return_url);
            trade.quit_url = creation.quit_url;
        }
    }
    Ok(trade)
}
