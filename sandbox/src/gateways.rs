//! Which gateway is meant?

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde::{Deserialize, Serialize};

use crate::alipay::{self, Alipay};
use crate::cashier::{Button, NotPayable, PaymentView};
use crate::courier::{Answer, Notice};
use crate::desk::{Desk, Moment};
use crate::merchant::Keys;
use crate::pages::Lang;
use crate::reply::Reply;
use crate::stripe::{self, Stripe};
use crate::wechat_pay::{self, WechatPay};
use crate::world::Record;

/// The gateways this sandbox plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gateway {
    /// Alipay, `gateway.do` with RSA2.
    Alipay,
    /// WeChat Pay API v3.
    WechatPay,
    /// Stripe.
    Stripe,
}

impl Gateway {
    /// As programs read it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alipay => "alipay",
            Self::WechatPay => "wechat_pay",
            Self::Stripe => "stripe",
        }
    }

    /// Whether an answer ends a callback.
    pub(crate) fn acknowledges(self, answer: &Answer) -> bool {
        match self {
            Self::Alipay => Alipay::acknowledges(answer),
            Self::WechatPay => WechatPay::acknowledges(answer),
            Self::Stripe => Stripe::acknowledges(answer),
        }
    }

    /// Time from one unanswered delivery of a callback to the next.
    pub(crate) fn retry_delays_ms(self) -> &'static [i64] {
        match self {
            Self::Alipay => alipay::RETRY_DELAYS_MS,
            Self::WechatPay => wechat_pay::RETRY_DELAYS_MS,
            Self::Stripe => stripe::RETRY_DELAYS_MS,
        }
    }
}

/// One of each.
pub(crate) struct Gateways {
    alipay: Alipay,
    wechat_pay: WechatPay,
    stripe: Stripe,
}

impl Gateways {
    pub(crate) fn new(keys: &Arc<Keys>) -> Self {
        Self {
            alipay: Alipay::new(Arc::clone(keys)),
            wechat_pay: WechatPay::new(Arc::clone(keys)),
            stripe: Stripe::new(Arc::clone(keys)),
        }
    }

    /// Answers a merchant's call; `None` when the path is none of a gateway's.
    pub(crate) fn handle(
        &mut self,
        request: &Request<Bytes>,
        lang: Lang,
        desk: &mut Desk<'_>,
    ) -> Option<Reply> {
        let path = request.uri().path();
        if Alipay::handles(path) {
            Some(self.alipay.handle(request, lang, desk))
        } else if WechatPay::handles(path) {
            Some(self.wechat_pay.handle(request, lang, desk))
        } else if Stripe::handles(path) {
            Some(self.stripe.handle(request, lang, desk))
        } else {
            None
        }
    }

    pub(crate) fn view(&self, token: &str, now: Moment) -> Option<PaymentView> {
        self.alipay
            .view(token, now)
            .or_else(|| self.wechat_pay.view(token, now))
            .or_else(|| self.stripe.view(token, now))
    }

    pub(crate) fn open(&mut self, token: &str, desk: &mut Desk<'_>) -> Option<PaymentView> {
        self.alipay
            .open(token, desk)
            .or_else(|| self.wechat_pay.open(token, desk))
            .or_else(|| self.stripe.open(token, desk))
    }

    /// The browser is to go to `address` afterwards: WeChat's links for phone browsers alone say so there.
    pub(crate) fn send_back(&mut self, token: &str, address: &str) {
        self.wechat_pay.send_back(token, address);
    }

    /// The buyer goes away: only a page inside WeChat waits to hear of it.
    pub(crate) fn leave(&mut self, token: &str, desk: &mut Desk<'_>) {
        self.wechat_pay.leave(token, desk);
    }

    pub(crate) fn press(
        &mut self,
        token: &str,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Option<Result<PaymentView, NotPayable>> {
        self.alipay
            .press(token, button, desk)
            .or_else(|| self.wechat_pay.press(token, button, desk))
            .or_else(|| self.stripe.press(token, button, desk))
    }

    pub(crate) fn write_callback(&self, notice: &Notice, desk: &mut Desk<'_>) -> Option<Request<Bytes>> {
        match notice.gateway {
            Gateway::Alipay => self.alipay.write_callback(notice, desk),
            Gateway::WechatPay => self.wechat_pay.write_callback(notice, desk),
            Gateway::Stripe => self.stripe.write_callback(notice, desk),
        }
    }

    pub(crate) fn wake(&mut self, desk: &mut Desk<'_>) {
        self.alipay.wake(desk);
        self.wechat_pay.wake(desk);
        self.stripe.wake(desk);
    }

    /// Business time at which there is something to carry out.
    pub(crate) fn next_wake_ms(&self) -> Option<i64> {
        [self.alipay.next_wake_ms(), self.wechat_pay.next_wake_ms(), self.stripe.next_wake_ms()]
            .into_iter()
            .flatten()
            .min()
    }

    /// All payments, oldest first.
    pub(crate) fn views(&self, now: Moment) -> Vec<PaymentView> {
        let mut views = self.alipay.views(now);
        views.extend(self.wechat_pay.views(now));
        views.extend(self.stripe.views(now));
        views.sort_by(|a, b| (a.requested_at_ms, &a.number).cmp(&(b.requested_at_ms, &b.number)));
        views
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.alipay.take_changes(records)?;
        self.wechat_pay.take_changes(records)?;
        self.stripe.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        self.alipay.restore(record)?;
        self.wechat_pay.restore(record)?;
        self.stripe.restore(record)
    }
}
