//! How does a trade look to people and scripts?

use super::Alipay;
use super::notify::return_address;
use super::refund::Refund;
use super::trade::{Life, Trade};
use crate::Gateway;
use crate::cashier::{self, Button, Outcome, PaymentView, RefundView};
use crate::price::Price;

impl Alipay {
    pub(super) fn view_of(&self, trade: &Trade, now_ms: i64) -> Option<PaymentView> {
        let merchant = self.merchant_of(trade)?;
        let paid_at_ms = trade.life.paid_at_ms();
        let outcome = match &trade.life {
            // What was given back since is told by the refunds.
            _ if paid_at_ms.is_some() => Outcome::Paid,
            Life::NotOpened if !trade.is_past(now_ms) => Outcome::Waiting { declined: false },
            Life::WaitBuyerPay { declined_at_ms, .. } => {
                Outcome::Waiting { declined: declined_at_ms.is_some() }
            }
            Life::TradeClosed { closed_at_ms, .. } if *closed_at_ms < trade.expires_at_ms => Outcome::Closed,
            _ => Outcome::Expired,
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
            refunds: trade.refunds.iter().map(view_of_refund).collect(),
        })
    }
}

fn view_of_refund(refund: &Refund) -> RefundView {
    RefundView {
        number: refund.number.clone(),
        gateway_number: None,
        price: Price::cny(refund.fen),
        status: refund.progress.status().to_owned(),
        reason: refund.reason.clone(),
        requested_at_ms: refund.requested_at_ms,
        done_at_ms: refund.progress.done_at_ms(),
    }
}
