//! What does the merchant hear of a trade, and what does the browser bring back?
//!
//! Told are a payment (TRADE_SUCCESS), each refund that is done (TRADE_SUCCESS while something is left,
//! TRADE_CLOSED once all is given back) and the end of the window for refunds (TRADE_FINISHED). A trade
//! that closes unpaid is told to nobody: its merchant closed it or knows its deadline.
//!
//! A notify is a form POST to the request's `notify_url`, signed without `sign` and `sign_type`. Only
//! status 200 with exactly `success` ends it; anything else brings it back after 4 m, 10 m, 10 m, 1 h,
//! 2 h, 6 h and 15 h: eight deliveries. Its contents and `notify_id` stay, `notify_time` is the moment of
//! sending.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::amount::{parse_yuan, yuan_text};
use super::creation::Channel;
use super::refund::Refund;
use super::sign::sign_notify;
use super::trade::{Life, Trade};
use crate::Gateway;
use crate::clock::{shanghai_format, shanghai_text};
use crate::courier::{Answer, Draft, Notice, Twist};
use crate::merchant::Merchant;
use crate::random::Random;

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Time from one unanswered delivery to the next.
pub(crate) const RETRY_DELAYS_MS: &[i64] =
    &[4 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS, 15 * HOUR_MS];

/// A stale notify says it was sent so long ago.
const STALE_MS: i64 = 24 * HOUR_MS;

/// The type the real gateway sends, which strict form parsers refuse.
const NOTIFY_TYPE: HeaderValue =
    HeaderValue::from_static("application/x-www-form-urlencoded; text/html; charset=utf-8");

/// What there is to tell.
pub(crate) enum Event<'a> {
    Paid,
    Refunded(&'a Refund),
    Finished { at_ms: i64 },
}

/// A notify about a trade as it stands after `event`, due at once; `None` when nobody asked for one.
pub(crate) fn notify(
    trade: &Trade,
    merchant: &Merchant,
    event: &Event<'_>,
    random: &mut Random,
) -> Option<Draft> {
    let opened = trade.life.opened()?;
    let paid_at_ms = trade.life.paid_at_ms()?;
    let url = trade.notify_url.clone()?;
    let day = match event {
        Event::Paid => paid_at_ms,
        Event::Refunded(refund) => refund.progress.done_at_ms()?,
        Event::Finished { at_ms } => *at_ms,
    };
    let notify_id = format!("{}00222{}", shanghai_format(day, "%Y%m%d"), random.digits(21));
    let mut params: BTreeMap<&str, String> = [
        ("notify_type", "trade_status_sync"),
        ("notify_id", notify_id.as_str()),
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
        ("total_amount", &yuan_text(trade.contents.total_fen)),
        ("subject", &trade.contents.subject),
        ("gmt_create", &shanghai_text(opened.opened_at_ms)),
        ("gmt_payment", &shanghai_text(paid_at_ms)),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    params.extend(trade.contents.body.clone().map(|body| ("body", body)));
    params.extend(trade.contents.passback_params.clone().map(|text| ("passback_params", text)));
    match event {
        Event::Paid => params.extend(amounts(trade)),
        Event::Refunded(refund) => params.extend(given_back(trade, refund)),
        Event::Finished { at_ms } => {
            params.extend(amounts(trade));
            params.insert("gmt_close", shanghai_text(*at_ms));
        }
    }
    Some(Draft {
        gateway: Gateway::Alipay,
        merchant: merchant.id.clone(),
        token: trade.token.clone(),
        number: trade.out_trade_no.clone(),
        kind: trade.life.status().to_owned(),
        url,
        content: json!(params),
        id: notify_id,
    })
}

/// Who paid how much with what. A notify about a refund has none of it.
fn amounts(trade: &Trade) -> [(&'static str, String); 5] {
    let total = yuan_text(trade.contents.total_fen);
    [
        ("fund_bill_list", format!("[{{\"amount\":\"{total}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]")),
        ("receipt_amount", total.clone()),
        ("invoice_amount", total.clone()),
        ("buyer_pay_amount", total),
        ("point_amount", "0.00".to_owned()),
    ]
}

/// `refund_fee` is all that has been given back so far, `out_biz_no` the number of this refund.
fn given_back(trade: &Trade, refund: &Refund) -> Vec<(&'static str, String)> {
    let mut params =
        vec![("refund_fee", yuan_text(trade.given_back_fen())), ("out_biz_no", refund.number.clone())];
    let done_at_ms = refund.progress.done_at_ms().unwrap_or_default();
    params.push(("gmt_refund", shanghai_format(done_at_ms, "%Y-%m-%d %H:%M:%S%.3f")));
    if let Life::TradeClosed { closed_at_ms, .. } = trade.life {
        params.push(("gmt_close", shanghai_text(closed_at_ms)));
    }
    params
}

/// The request that carries a notify at `now_ms`; `None` when the address cannot be one (it was checked on
/// arrival).
pub(crate) fn write(
    notice: &Notice,
    merchant: &Merchant,
    other: Option<&Merchant>,
    now_ms: i64,
    random: &mut Random,
) -> Option<http::Request<Bytes>> {
    let mut params: BTreeMap<String, String> = serde_json::from_value(notice.content.clone()).ok()?;
    let mut sent_at_ms = now_ms;
    let mut signature = None;
    match notice.twist {
        None => {}
        Some(Twist::Stale) => sent_at_ms = now_ms.saturating_sub(STALE_MS),
        Some(Twist::WrongAmount) => {
            let more = params.get("total_amount").and_then(|text| parse_yuan(text))?.saturating_add(1);
            params.insert("total_amount".to_owned(), yuan_text(more));
        }
        Some(Twist::OtherMerchant) => {
            let other = &other?.alipay;
            for (name, value) in
                [("app_id", &other.app_id), ("auth_app_id", &other.app_id), ("seller_id", &other.seller_id)]
            {
                params.insert(name.to_owned(), value.clone());
            }
        }
        // As long as a real one, and nobody's.
        Some(Twist::Forged) => signature = Some(BASE64.encode(random.upper_hex(128))),
    }
    params.insert("notify_time".to_owned(), shanghai_text(sent_at_ms));
    let mut params = sign_notify(params, &merchant.alipay.gateway_key);
    params.extend(signature.map(|forged| ("sign".to_owned(), forged)));
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    http::Request::post(notice.url.as_str()).header(CONTENT_TYPE, NOTIFY_TYPE).body(Bytes::from(form)).ok()
}

/// Whether an answer ends a notify: status 200 with exactly `success`.
pub(crate) fn acknowledges(answer: &Answer) -> bool {
    matches!(answer, Answer::Http { status: 200, body } if body == b"success")
}

/// Where the browser goes after a paid page or wap payment: the `return_url` with signed parameters.
/// As with the real gateway they name no trade status: only a query or a notify says that.
pub(crate) fn return_address(trade: &Trade, merchant: &Merchant) -> Option<String> {
    let (opened, paid_at_ms) = (trade.life.opened()?, trade.life.paid_at_ms()?);
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
        ("timestamp", &shanghai_text(paid_at_ms)),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let return_url = trade.return_url.as_deref()?;
    let (address, fragment) = return_url.split_once('#').map_or((return_url, None), |(a, f)| (a, Some(f)));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(sign_notify(params, &merchant.alipay.gateway_key))
        .finish();
    let joint = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{address}{joint}{query}{fragment}"))
}
