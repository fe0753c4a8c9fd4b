//! What may a payment request say? (the biz_content of page pay, wap pay and precreate)

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::amount::{LARGEST_FEN, parse_yuan};
use super::errors::Fault;
use super::fields::{optional, required};
use crate::clock::{parse_shanghai, shanghai_format};

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A payment may wait between one minute and fifteen days for its buyer.
const SHORTEST_WAIT_MS: i64 = MINUTE_MS;
const LONGEST_WAIT_MS: i64 = 15 * DAY_MS;
/// Without any time given, a QR code dies after two hours; a page waits the full fifteen days.
const QR_WAIT_MS: i64 = 2 * HOUR_MS;

/// What a payment is about. Frozen under its number: the same number must say the same again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub(crate) channel: Channel,
    pub(crate) product_code: String,
    pub(crate) total_fen: i64,
    pub(crate) subject: String,
    pub(crate) body: Option<String>,
    pub(crate) passback_params: Option<String>,
}

/// How the buyer comes to the cashier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Page,
    Wap,
    Precreate,
}

impl Channel {
    /// The end of the call's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Page => "page.pay",
            Self::Wap => "wap.pay",
            Self::Precreate => "precreate",
        }
    }

    /// Product codes that go with the channel; the first one is meant when none is needed.
    fn product_codes(self) -> &'static [&'static str] {
        match self {
            Self::Page => &["FAST_INSTANT_TRADE_PAY"],
            // The documentation spells it both ways.
            Self::Wap => &["QUICK_WAP_WAY", "QUICK_WAP_PAY"],
            Self::Precreate => &["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"],
        }
    }
}

/// A payment request that may become a trade.
pub(crate) struct Creation {
    pub(crate) out_trade_no: String,
    pub(crate) contents: Contents,
    pub(crate) quit_url: Option<String>,
    pub(crate) expires_at_ms: i64,
    /// Whether `expires_at_ms` is one a new payment may have (a repeat may come late).
    pub(crate) expiry: Result<(), Fault>,
}

/// Reads the contents of a creating call; `now_ms` is business time. The amount, the number and the texts
/// are judged as documented for the three calls; fields the sandbox does not know are let pass.
pub(crate) fn read_creation(
    channel: Channel,
    fields: &Map<String, Value>,
    now_ms: i64,
) -> Result<Creation, Fault> {
    let (expires_at_ms, expiry) = read_expiry(channel, fields, now_ms)?;
    Ok(Creation {
        out_trade_no: out_trade_no(&required(fields, "out_trade_no", 64)?)?,
        contents: Contents {
            channel,
            total_fen: total_fen(&required(fields, "total_amount", 12)?)?,
            subject: subject(required(fields, "subject", 256)?)?,
            product_code: product_code(channel, optional(fields, "product_code", 64)?)?,
            body: optional(fields, "body", 128)?,
            passback_params: optional(fields, "passback_params", 512)?,
        },
        quit_url: optional(fields, "quit_url", 400)?.filter(|url| url.starts_with("http")),
        expires_at_ms,
        expiry,
    })
}

/// Letters, digits, `_`; `-` too, which the documentation leaves out and the gateway takes.
fn out_trade_no(text: &str) -> Result<String, Fault> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(Fault::Parameter(format!("out_trade_no: letters, digits and _ only, got {text:?}")))
    }
}

fn total_fen(text: &str) -> Result<i64, Fault> {
    match parse_yuan(text) {
        Some(fen) if fen > LARGEST_FEN => Err(Fault::AmountTooLarge),
        Some(fen) if fen > 0 => Ok(fen),
        _ => Err(Fault::Parameter(format!(
            "total_amount: expected yuan from 0.01, two decimals, got {text:?}"
        ))),
    }
}

fn subject(text: String) -> Result<String, Fault> {
    match text.chars().find(|character| matches!(character, '/' | '=' | '&') || character.is_control()) {
        Some(wrong) => Err(Fault::Parameter(format!("subject: must not contain {wrong:?}"))),
        None => Ok(text),
    }
}

fn product_code(channel: Channel, given: Option<String>) -> Result<String, Fault> {
    let known = channel.product_codes();
    match given {
        Some(code) if known.contains(&code.as_str()) => Ok(code),
        Some(code) => Err(Fault::Parameter(format!("product_code: expected one of {known:?}, got {code:?}"))),
        // Only precreate has a default.
        None if channel == Channel::Precreate => Ok(known.first().copied().unwrap_or_default().to_owned()),
        None => Err(Fault::Parameter("product_code is missing".to_owned())),
    }
}

/// When the payment ends, and whether a new one may end then. `time_expire` beats `timeout_express`.
fn read_expiry(
    channel: Channel,
    fields: &Map<String, Value>,
    now_ms: i64,
) -> Result<(i64, Result<(), Fault>), Fault> {
    let (name, at_ms) = if let Some(text) = optional(fields, "time_expire", 32)? {
        let at_ms = parse_shanghai(&text).ok_or_else(|| {
            Fault::Parameter(format!("time_expire: expected yyyy-MM-dd HH:mm:ss, got {text:?}"))
        })?;
        ("time_expire", at_ms)
    } else if let Some(text) = optional(fields, "timeout_express", 6)? {
        let wait_ms = timeout_ms(&text, now_ms).ok_or_else(|| {
            Fault::Parameter(format!("timeout_express: expected 1m to 15d or 1c, got {text:?}"))
        })?;
        return Ok((now_ms.saturating_add(wait_ms), Ok(())));
    } else {
        let wait_ms = if channel == Channel::Precreate { QR_WAIT_MS } else { LONGEST_WAIT_MS };
        return Ok((now_ms.saturating_add(wait_ms), Ok(())));
    };
    let wait_ms = at_ms.saturating_sub(now_ms);
    let expiry = if (SHORTEST_WAIT_MS..=LONGEST_WAIT_MS).contains(&wait_ms) {
        Ok(())
    } else {
        Err(Fault::Parameter(format!("{name}: must be 1 minute to 15 days ahead, is {} s", wait_ms / 1000)))
    };
    Ok((at_ms, expiry))
}

/// `30m`, `2h`, `1d`, or `1c`: until the end of the day in Shanghai.
fn timeout_ms(text: &str, now_ms: i64) -> Option<i64> {
    if text == "1c" {
        let midnight = format!("{} 23:59:59", shanghai_format(now_ms, "%Y-%m-%d"));
        return Some(parse_shanghai(&midnight)?.saturating_sub(now_ms).max(SHORTEST_WAIT_MS));
    }
    let (unit_at, unit) = text.char_indices().next_back()?;
    let unit_ms = match unit {
        'm' => MINUTE_MS,
        'h' => HOUR_MS,
        'd' => DAY_MS,
        _ => return None,
    };
    let count = text.get(..unit_at).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let wait_ms = count.parse::<i64>().ok()?.checked_mul(unit_ms)?;
    (SHORTEST_WAIT_MS..=LONGEST_WAIT_MS).contains(&wait_ms).then_some(wait_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_counted_in_minutes_hours_days_or_to_the_end_of_the_day() {
        let now_ms = parse_shanghai("2026-01-01 22:59:59").unwrap();
        assert_eq!(timeout_ms("30m", now_ms), Some(30 * MINUTE_MS));
        assert_eq!(timeout_ms("15d", now_ms), Some(LONGEST_WAIT_MS));
        assert_eq!(timeout_ms("1c", now_ms), Some(HOUR_MS));
        for wrong in ["", "m", "0m", "16d", "1.5h", "1w", "2c", "-1m", "分"] {
            assert_eq!(timeout_ms(wrong, now_ms), None, "{wrong}");
        }
    }
}
