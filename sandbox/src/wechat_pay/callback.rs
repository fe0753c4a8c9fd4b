//! What does a merchant hear by itself, and how is it written?
//!
//! The content is sealed with the APIv3 key, the whole body signed at the moment of sending: every retry
//! has the same `id` and a fresh timestamp.

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account::Account;
use super::answer::{Signed, SigningKey};
use super::seal::{ALGORITHM, NONCE_LENGTH, seal};
use super::settings::Settings;
use super::time::rfc3339;
use crate::Gateway;
use crate::courier::{Answer, Draft, Notice, Twist};
use crate::merchant::Merchant;
use crate::random::Random;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Time from one unanswered delivery of a callback to the next.
pub(crate) const RETRY_DELAYS_MS: &[i64] = &[
    15 * SECOND_MS,
    15 * SECOND_MS,
    30 * SECOND_MS,
    3 * MINUTE_MS,
    10 * MINUTE_MS,
    20 * MINUTE_MS,
    30 * MINUTE_MS,
    30 * MINUTE_MS,
    30 * MINUTE_MS,
    60 * MINUTE_MS,
    3 * HOUR_MS,
    3 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    6 * HOUR_MS,
];

/// How old a stale callback is dated.
const STALE_MS: i64 = 10 * MINUTE_MS;

/// What happened, in the words of the callback's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Paid,
    RefundSuccess,
    RefundAbnormal,
    RefundClosed,
    TransferFinished,
}

impl Event {
    fn event_type(self) -> &'static str {
        match self {
            Self::Paid => "TRANSACTION.SUCCESS",
            Self::RefundSuccess => "REFUND.SUCCESS",
            Self::RefundAbnormal => "REFUND.ABNORMAL",
            Self::RefundClosed => "REFUND.CLOSED",
            Self::TransferFinished => "MCHTRANSFER.BILL.FINISHED",
        }
    }

    fn summary(self) -> &'static str {
        match self {
            Self::Paid => "支付成功",
            Self::RefundSuccess => "退款成功",
            Self::RefundAbnormal => "退款异常",
            Self::RefundClosed => "退款关闭",
            Self::TransferFinished => "商家转账单据终态通知",
        }
    }

    /// `original_type`, which is the associated data too.
    fn original_type(self) -> &'static str {
        match self {
            Self::Paid => "transaction",
            Self::RefundSuccess | Self::RefundAbnormal | Self::RefundClosed => "refund",
            Self::TransferFinished => "mch_payment",
        }
    }
}

/// What the courier keeps until the callback is written.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    create_time: String,
    summary: String,
    original_type: String,
    resource: Value,
}

/// What a callback is about.
pub(crate) struct Subject<'a> {
    pub(crate) merchant: &'a Merchant,
    pub(crate) token: &'a str,
    pub(crate) number: &'a str,
    pub(crate) url: &'a str,
}

/// A callback to hand to the courier.
pub(crate) fn draft(
    event: Event,
    subject: &Subject<'_>,
    resource: Value,
    now_ms: i64,
    random: &mut Random,
) -> Draft {
    let content = Content {
        create_time: rfc3339(now_ms),
        summary: event.summary().to_owned(),
        original_type: event.original_type().to_owned(),
        resource,
    };
    Draft {
        gateway: Gateway::WechatPay,
        merchant: subject.merchant.id.clone(),
        id: uuid(&random.token()),
        token: subject.token.to_owned(),
        number: subject.number.to_owned(),
        kind: event.event_type().to_owned(),
        url: subject.url.to_owned(),
        content: json!(content),
    }
}

/// 32 hex digits in the groups of a UUID.
fn uuid(token: &str) -> String {
    let mut text = String::new();
    for (place, digit) in token.chars().enumerate() {
        if [8, 12, 16, 20].contains(&place) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// Writes a callback for sending at `real_ms`, wrong in the way its fault says. `other` is another merchant.
pub(crate) fn write(
    notice: &Notice,
    account: &Account,
    other: Option<&Account>,
    settings: Settings,
    real_ms: i64,
    random: &mut Random,
) -> Option<Request<Bytes>> {
    let mut content: Content = serde_json::from_value(notice.content.clone()).ok()?;
    match (notice.twist, other) {
        (Some(Twist::WrongAmount), _) => raise_amount(&mut content.resource),
        (Some(Twist::OtherMerchant), Some(other)) => readdress(&mut content.resource, other),
        _ => {}
    }
    let nonce = random.alphanumeric(NONCE_LENGTH);
    let plain = content.resource.to_string();
    let body = json!({
        "id": notice.id,
        "create_time": content.create_time,
        "resource_type": "encrypt-resource",
        "event_type": notice.kind,
        "summary": content.summary,
        "resource": {
            "original_type": content.original_type,
            "algorithm": ALGORITHM,
            "ciphertext": seal(&account.api_v3_key, &nonce, &content.original_type, plain.as_bytes())?,
            "associated_data": content.original_type,
            "nonce": nonce,
        },
    })
    .to_string();

    let dated_ms = match notice.twist {
        Some(Twist::Stale) => real_ms.saturating_sub(STALE_MS),
        _ => real_ms,
    };
    let key = SigningKey::drawn(settings, random);
    let mut signed = Signed::over(&body, key.pair(account), settings, dated_ms, random);
    if notice.twist == Some(Twist::Forged) {
        signed.signature = forged_signature(random);
    }
    let mut request = Request::post(notice.url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "*/*")
        .header(USER_AGENT, "Mozilla/4.0");
    for (name, value) in signed.headers() {
        request = request.header(name, value);
    }
    request.body(Bytes::from(body)).ok()
}

/// Has the length of a signature and fits no key.
fn forged_signature(random: &mut Random) -> String {
    use base64::Engine as _;
    let bytes = hex::decode(random.upper_hex(256)).unwrap_or_default();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// One fen more than was moved.
fn raise_amount(resource: &mut Value) {
    let raise = |value: Option<&mut Value>| {
        if let Some(value) = value
            && let Some(fen) = value.as_i64()
        {
            *value = json!(fen.saturating_add(1));
        }
    };
    raise(resource.pointer_mut("/amount/total"));
    raise(resource.pointer_mut("/amount/refund"));
    raise(resource.get_mut("transfer_amount"));
}

/// The ids of another merchant in place of the receiver's.
fn readdress(resource: &mut Value, other: &Account) {
    for (name, value) in [("mchid", &other.mchid), ("mch_id", &other.mchid), ("appid", &other.appid)] {
        if let Some(place) = resource.get_mut(name) {
            *place = json!(value);
        }
    }
}

/// Whether an answer ends a callback: the status alone says so.
pub(crate) fn acknowledges(answer: &Answer) -> bool {
    matches!(answer, Answer::Http { status: 200 | 204, .. })
}
