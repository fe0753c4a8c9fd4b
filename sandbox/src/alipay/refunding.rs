//! How is a refund asked for and looked up, and what follows once it is done?

use serde_json::{Value, json};

use super::Alipay;
use super::amount::yuan_text;
use super::answer::{Fields, text};
use super::errors::Fault;
use super::fields::{asks_for, required};
use super::notify::Event;
use super::refund::{Accepted, Happening, Progress, RefundOrder};
use super::request::VerifiedRequest;
use super::scope;
use super::trade::Trade;
use crate::clock::shanghai_text;
use crate::desk::Desk;
use crate::faults::Operation;

impl Alipay {
    /// `fund_change` says whether this very call moved the money: a repeat does not, nor does a refund that
    /// takes its time. `refund_fee` is all that was given back of the trade, or is on its way.
    pub(super) fn refund(
        &mut self,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Fields, Fault> {
        let now_ms = desk.now.business_ms;
        let order = RefundOrder::read(&request.biz_content)?;
        let mut trade = self.find(request, now_ms)?;
        let mut moved_fen = None;
        if let Accepted::New(mut refund) = trade.accept_refund(order, now_ms)? {
            if refund.fen > self.balance_fen(&trade.seller_id) {
                return Err(Fault::SellerBalance);
            }
            let scope = scope(request.merchant, &trade.out_trade_no, Operation::Refund);
            let fault = desk.faults.refund(scope, desk.random);
            refund.progress = Progress::starting(fault, now_ms);
            trade.add_refund(refund.clone());
            if refund.progress.done_at_ms().is_some() {
                moved_fen = Some(refund.fen);
                self.tell(&trade, &Event::Refunded(&refund), desk);
            }
            self.keep(trade.clone());
        }
        Ok(refund_fields(request, &trade, moved_fen))
    }

    /// Only a refund that is done is spoken of; of one that is under way, has failed or was never asked for
    /// the answer is silent, with code 10000 all the same.
    pub(super) fn refund_query(
        &self,
        request: &VerifiedRequest<'_>,
        desk: &Desk<'_>,
    ) -> Result<Fields, Fault> {
        let number = required(&request.biz_content, "out_request_no", 64)?;
        let trade = self.find(request, desk.now.business_ms)?;
        let done = trade.refund(&number).and_then(|refund| Some((refund, refund.progress.done_at_ms()?)));
        let Some((refund, done_at_ms)) = done else { return Ok(Vec::new()) };
        let trade_no = trade.life.opened().map(|opened| opened.trade_no.as_str()).unwrap_or_default();
        let mut fields = vec![
            ("trade_no", text(trade_no)),
            ("out_trade_no", text(&trade.out_trade_no)),
            ("out_request_no", text(&refund.number)),
            ("total_amount", text(yuan_text(trade.contents.total_fen))),
            ("refund_amount", text(yuan_text(refund.fen))),
            ("refund_status", text(refund.progress.status())),
        ];
        fields.extend(refund.reason.as_ref().map(|reason| ("refund_reason", text(reason))));
        if asks_for(&request.biz_content, "gmt_refund_pay") {
            fields.push(("gmt_refund_pay", text(shanghai_text(done_at_ms))));
        }
        if asks_for(&request.biz_content, "refund_detail_item_list") {
            fields.push(("refund_detail_item_list", money_back(refund.fen)));
            fields.push(("send_back_fee", text(yuan_text(refund.fen))));
        }
        Ok(fields)
    }

    /// Lets happen what business time has made due, one thing after the other.
    pub(super) fn settle_due(&mut self, desk: &mut Desk<'_>) {
        let now_ms = desk.now.business_ms;
        while self.due.first().is_some_and(|(due_ms, _)| *due_ms <= now_ms) {
            // Kept again below, the trade is noted for whatever comes next.
            let Some((_, token)) = self.due.pop_first() else { break };
            let Some(mut trade) = self.trades.get(&token).cloned() else { continue };
            match trade.settle_next(now_ms) {
                Some(Happening::Refunded(refund)) => self.tell(&trade, &Event::Refunded(&refund), desk),
                Some(Happening::Finished { at_ms }) => self.tell(&trade, &Event::Finished { at_ms }, desk),
                Some(Happening::RefundFailed) | None => {}
            }
            self.keep(trade);
        }
    }
}

/// The answer to a refund; `moved_fen` is what this very call moved.
fn refund_fields(request: &VerifiedRequest<'_>, trade: &Trade, moved_fen: Option<i64>) -> Fields {
    let mut fields = vec![
        ("out_trade_no", text(&trade.out_trade_no)),
        ("refund_fee", text(yuan_text(trade.refunded_fen()))),
        ("fund_change", text(if moved_fen.is_some() { "Y" } else { "N" })),
    ];
    if let Some(opened) = trade.life.opened() {
        fields.extend([
            ("trade_no", text(&opened.trade_no)),
            ("buyer_logon_id", text(&opened.buyer_logon_id)),
            ("buyer_open_id", text(&opened.buyer_open_id)),
        ]);
    }
    if asks_for(&request.biz_content, "refund_detail_item_list")
        && let Some(fen) = moved_fen
    {
        fields.push(("refund_detail_item_list", money_back(fen)));
        fields.push(("send_back_fee", text(yuan_text(fen))));
    }
    fields
}

/// Where the money went back to.
fn money_back(fen: i64) -> Value {
    json!([{ "fund_channel": "ALIPAYACCOUNT", "amount": yuan_text(fen) }])
}
