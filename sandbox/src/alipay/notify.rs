//! What does the merchant hear once a trade is paid, and what does the browser bring back?
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

/// A notify about a trade as it stands, due at once; `None` when nobody asked for one.
pub(crate) fn notify(trade: &Trade, merchant: &Merchant, random: &mut Random) -> Option<Draft> {
    let opened = trade.life.opened()?;
    let Life::TradeSuccess { paid_at_ms, .. } = &trade.life else { return None };
    let url = trade.notify_url.clone()?;
    let notify_id = format!("{}00222{}", shanghai_format(*paid_at_ms, "%Y%m%d"), random.digits(21));
    let total = yuan_text(trade.contents.total_fen);
    let mut params: BTreeMap<&str, &str> = BTreeMap::new();
    let created = shanghai_text(opened.opened_at_ms);
    let paid = shanghai_text(*paid_at_ms);
    let funds = format!("[{{\"amount\":\"{total}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]");
    params.extend([
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
        ("total_amount", &total),
        ("receipt_amount", &total),
        ("invoice_amount", &total),
        ("buyer_pay_amount", &total),
        ("point_amount", "0.00"),
        ("subject", &trade.contents.subject),
        ("gmt_create", &created),
        ("gmt_payment", &paid),
        ("fund_bill_list", &funds),
    ]);
    params.extend(trade.contents.body.as_deref().map(|body| ("body", body)));
    params.extend(trade.contents.passback_params.as_deref().map(|text| ("passback_params", text)));
    Some(Draft {
        gateway: Gateway::Alipay,
        merchant: merchant.id.clone(),
        token: trade.token.clone(),
        number: trade.out_trade_no.clone(),
        kind: trade.life.status().to_owned(),
        url,
        content: json!(params),
        id: notify_id.clone(),
    })
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
        .extend_pairs(sign_notify(params, &merchant.alipay.gateway_key))
        .finish();
    let joint = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{address}{joint}{query}{fragment}"))
}
