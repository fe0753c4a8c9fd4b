//! What does the merchant hear once a trade is paid, and what does the browser bring back?
//!
//! A notify is a form POST to the request's `notify_url`, signed without `sign` and `sign_type`. Only
//! status 200 with exactly `success` ends it; anything else brings it back after 4 m, 10 m, 10 m, 1 h,
//! 2 h, 6 h and 15 h: eight deliveries. Its contents and `notify_id` stay, `notify_time` is the moment of
//! sending.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};

use super::Merchant;
use super::amount::yuan_text;
use super::creation::Channel;
use super::sign::sign_notify;
use super::trade::{Life, Trade};
use crate::clock::{shanghai_format, shanghai_text};
use crate::random::Random;
use crate::schedule::{Answer, Delivery};

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Time from one unanswered delivery to the next.
const RETRY_DELAYS_MS: [i64; 7] =
    [4 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS, 15 * HOUR_MS];

/// The type the real gateway sends, which strict form parsers refuse.
const NOTIFY_TYPE: HeaderValue =
    HeaderValue::from_static("application/x-www-form-urlencoded; text/html; charset=utf-8");

/// One notify with what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notify {
    pub(crate) notify_id: String,
    pub(crate) url: String,
    /// Everything but `notify_time` and `sign`.
    params: BTreeMap<String, String>,
    pub(crate) deliveries: Vec<Delivery>,
    /// Business time of the next delivery; `None` when it was acknowledged or given up.
    pub(crate) next_at_ms: Option<i64>,
}

impl Notify {
    /// The notify about a paid trade, due at once; `None` when nobody asked for one or nothing is paid.
    pub(crate) fn about_payment(trade: &Trade, merchant: &Merchant, random: &mut Random) -> Option<Self> {
        let Life::TradeSuccess { opened, paid_at_ms } = &trade.life else { return None };
        let url = trade.notify_url.clone()?;
        let notify_id = format!("{}00222{}", shanghai_format(*paid_at_ms, "%Y%m%d"), random.digits(21));
        let total = yuan_text(trade.contents.total_fen);
        let mut params: BTreeMap<String, String> = [
            ("notify_type", "trade_status_sync"),
            ("notify_id", &notify_id),
            ("charset", "utf-8"),
            ("version", "1.0"),
            ("sign_type", "RSA2"),
            ("app_id", &trade.app_id),
            ("auth_app_id", &trade.app_id),
            ("trade_no", &opened.trade_no),
            ("out_trade_no", &trade.out_trade_no),
            ("buyer_open_id", &opened.buyer_open_id),
            ("buyer_logon_id", &opened.buyer_logon_id),
            ("seller_id", &trade.seller_id),
            ("seller_email", &merchant.email),
            ("trade_status", trade.life.status()),
            ("total_amount", &total),
            ("receipt_amount", &total),
            ("invoice_amount", &total),
            ("buyer_pay_amount", &total),
            ("point_amount", "0.00"),
            ("subject", &trade.contents.subject),
            ("gmt_create", &shanghai_text(opened.opened_at_ms)),
            ("gmt_payment", &shanghai_text(*paid_at_ms)),
            ("fund_bill_list", &format!("[{{\"amount\":\"{total}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]")),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in
            [("body", &trade.contents.body), ("passback_params", &trade.contents.passback_params)]
        {
            if let Some(value) = value {
                params.insert(name.to_owned(), value.clone());
            }
        }
        Some(Self { notify_id, url, params, deliveries: Vec::new(), next_at_ms: Some(*paid_at_ms) })
    }

    /// The request to send at `now_ms`; `None` when the address cannot be one (it was checked on arrival).
    pub(crate) fn request(&self, merchant: &Merchant, now_ms: i64) -> Option<http::Request<Bytes>> {
        let mut params = self.params.clone();
        params.insert("notify_time".to_owned(), shanghai_text(now_ms));
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(sign_notify(params, &merchant.gateway_key))
            .finish();
        http::Request::post(self.url.as_str()).header(CONTENT_TYPE, NOTIFY_TYPE).body(Bytes::from(form)).ok()
    }

    /// Notes the answer and plans the next delivery, if there is one. Answers when it is.
    pub(crate) fn answered(&mut self, answer: &Answer, now_ms: i64) -> Option<i64> {
        let acknowledged = matches!(answer, Answer::Http { status: 200, body } if body == b"success");
        let delay_ms = RETRY_DELAYS_MS.get(self.deliveries.len()).filter(|_| !acknowledged);
        self.deliveries.push(Delivery { at_ms: now_ms, answer: answer.summary(), acknowledged });
        self.next_at_ms = delay_ms.map(|delay_ms| now_ms.saturating_add(*delay_ms));
        self.next_at_ms
    }
}

/// Where the browser goes after a paid page or wap payment: the `return_url` with signed parameters.
/// As with the real gateway they name no trade status: only a query or a notify says that.
pub(crate) fn return_address(trade: &Trade, merchant: &Merchant) -> Option<String> {
    let Life::TradeSuccess { opened, paid_at_ms } = &trade.life else { return None };
    let method = match trade.contents.channel {
        Channel::Page => "alipay.trade.page.pay.return",
        Channel::Wap => "alipay.trade.wap.pay.return",
        Channel::Precreate => return None,
    };
    let params: BTreeMap<String, String> = [
        ("charset", "utf-8"),
        ("method", method),
        ("version", "1.0"),
        ("sign_type", "RSA2"),
        ("app_id", &trade.app_id),
        ("auth_app_id", &trade.app_id),
        ("seller_id", &trade.seller_id),
        ("out_trade_no", &trade.out_trade_no),
        ("trade_no", &opened.trade_no),
        ("total_amount", &yuan_text(trade.contents.total_fen)),
        ("timestamp", &shanghai_text(*paid_at_ms)),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let return_url = trade.return_url.as_deref()?;
    let (address, fragment) = return_url.split_once('#').map_or((return_url, None), |(a, f)| (a, Some(f)));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(sign_notify(params, &merchant.gateway_key))
        .finish();
    let joint = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{address}{joint}{query}{fragment}"))
}
