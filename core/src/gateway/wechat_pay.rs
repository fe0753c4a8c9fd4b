//! How does WeChat Pay (微信支付) take part? API v3, as a merchant that sells for itself.
//!
//! | channel | call | what the learner does | lasts |
//! |---|---|---|---|
//! | `qr` | `native` | scans a code | 2 h |
//! | `mobile` | `h5` | follows an address into WeChat, out of another browser | 5 min |
//! | `in_app` | `jsapi` | confirms in WeChat, where the page runs; needs their `openid` | 2 h |
//!
//! Requests and answers are signed with RSA, over the raw bytes. A request that repeats a number must repeat
//! every parameter; then the answer is a fresh code, address or ticket for the same payment.

mod call;
mod certificates;
mod creation;
pub mod login;
mod notice;
mod refund;
mod request;
mod seal;
pub mod sign;
pub mod statement;
mod transaction;

pub use certificates::{Certificates, PlatformCertificate, SealedCertificate};

use chrono::{DateTime, Datelike, FixedOffset};

use crate::attempt::{Attempt, Terms};
use crate::currency::Currency;
use crate::gateway::{
    Answer, Content, Fault, Gateway, Message, Moment, Operation, Payer, Prepared, RefundAnswer,
    RefundOperation, RefundTerms, Unsigned, Unverified,
};
use crate::method::{Channel, GatewayId};
use crate::time::Timestamp;

/// The documents say "no more than 127 characters"; what refuses is a count of bytes (as told of `attach`,
/// whose limit is written the same way: `字符串规则校验失败，字节数 203，大于最大值 128`), and a Chinese
/// character has three.
const LONGEST_DESCRIPTION_BYTES: usize = 127;

/// One application of one merchant at WeChat Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatPay {
    /// The merchant's number (商户号): callbacks for any other are not ours.
    pub mchid: String,
    /// The application that learners pay in. Must be bound to the merchant.
    pub appid: String,
    /// The serial number of the merchant's API certificate: by which of our keys we sign.
    pub merchant_serial_no: String,
    /// Where calls go, without a path: `https://api.mch.weixin.qq.com`.
    pub base_url: String,
    /// By which of its keys WeChat is to sign its answers (`PUB_KEY_ID_…`, or the serial number of a
    /// certificate). Without one it chooses; whoever has more than one key in use must take either.
    pub answer_key_id: Option<String>,
    /// Where a phone's browser goes after paying, where the attempt does not say so. Its domain must be
    /// registered for H5 payments.
    pub page_url: Option<String>,
}

impl Gateway for WechatPay {
    fn id(&self) -> GatewayId {
        GatewayId::WechatPay
    }

    fn channels(&self, currency: Currency) -> &'static [Channel] {
        match currency {
            Currency::Cny => &[Channel::Qr, Channel::Mobile, Channel::InApp],
            Currency::Usd | Currency::Eur | Currency::Gbp | Currency::Hkd | Currency::Sgd | Currency::Jpy => {
                &[]
            }
        }
    }

    fn terms(
        &self,
        channel: Channel,
        subject: &str,
        notify_url: String,
        return_url: Option<String>,
    ) -> Terms {
        // Only H5 leaves the page and comes back.
        let return_url = match channel {
            Channel::Mobile => return_url.or_else(|| self.page_url.clone()),
            Channel::Qr | Channel::Redirect | Channel::InApp | Channel::Balance => None,
        };
        let subject = allowed_text(subject, LONGEST_DESCRIPTION_BYTES);
        Terms { subject, notify_url, return_url, product_code: None }
    }

    fn prepare(
        &self,
        operation: Operation,
        attempt: &Attempt,
        payer: &Payer,
        moment: &Moment,
    ) -> Result<Prepared, Fault> {
        request::prepare(self, operation, attempt, payer, moment).map(Prepared::ToSign)
    }

    fn read_answer(
        &self,
        operation: Operation,
        attempt: &Attempt,
        answer: Message<'_>,
        now: Timestamp,
    ) -> Result<Unverified<Answer>, Fault> {
        request::read_answer(self, operation, attempt, answer, now)
    }

    fn hand_over(&self, ticket: &str, moment: &Moment) -> Result<Unsigned, Fault> {
        request::hand_over(self, ticket, moment)
    }

    fn prepare_refund(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        moment: &Moment,
    ) -> Result<Prepared, Fault> {
        refund::prepare(self, operation, refund, attempt, moment).map(Prepared::ToSign)
    }

    fn read_refund_answer(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        answer: Message<'_>,
        now: Timestamp,
    ) -> Result<Unverified<RefundAnswer>, Fault> {
        refund::read_answer(operation, refund, attempt, answer, now)
    }

    fn read_callback(&self, callback: Message<'_>, now: Timestamp) -> Result<Unverified<Content>, Fault> {
        notice::read(self, callback, now)
    }

    /// Nothing: status 200 or 204 alone says that a callback was taken in (开发指引, 回调通知: 接收成功,
    /// 无需返回应答报文).
    fn acknowledgement(&self) -> &'static str {
        ""
    }
}

/// A text as WeChat takes it: without control characters, and cut between two characters.
fn allowed_text(text: &str, longest_bytes: usize) -> String {
    let mut allowed = String::new();
    for character in text.trim().chars().map(|other| if other.is_control() { ' ' } else { other }) {
        if allowed.len().saturating_add(character.len_utf8()) > longest_bytes {
            break;
        }
        allowed.push(character);
    }
    allowed.truncate(allowed.trim_end().len());
    allowed
}

/// China keeps UTC+8 all year.
const SHANGHAI_OFFSET_S: i32 = 8 * 60 * 60;

/// RFC 3339 in UTC+8, rounded down to the second. `None` for a moment that has no year of four digits.
fn rfc3339_text(at: Timestamp) -> Option<String> {
    let offset = FixedOffset::east_opt(SHANGHAI_OFFSET_S)?;
    let local = DateTime::from_timestamp(at.seconds(), 0)?.with_timezone(&offset);
    (0..=9_999).contains(&local.year()).then(|| local.format("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// The moment of an RFC 3339 text.
fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    Some(Timestamp::from_ms(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_plus_8_and_rounded_down() {
        let just_before_new_year_in_shanghai = Timestamp::from_ms(1_767_196_799_999);
        let text = rfc3339_text(just_before_new_year_in_shanghai);
        assert_eq!(text.as_deref(), Some("2025-12-31T23:59:59+08:00"));
        for at in [i64::MIN, i64::MAX, 253_402_300_800_000] {
            assert_eq!(rfc3339_text(Timestamp::from_ms(at)), None);
        }
    }

    #[test]
    fn times_are_read_with_their_offset_or_not_at_all() {
        let at = Some(Timestamp::from_ms(1_767_196_799_000));
        for text in ["2025-12-31T23:59:59+08:00", "2025-12-31T15:59:59Z", "2025-12-31T15:59:59.000+00:00"] {
            assert_eq!(parse_rfc3339(text), at, "{text}");
        }
        for text in ["", "2025-12-31", "2025-12-31 23:59:59", "2025-12-31T23:59:59", "2025-02-30T00:00:00Z"] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_by_bytes_and_never_within_a_character() {
        assert_eq!(allowed_text(" R&D: \"1/2\"\n一半\u{0} ", 127), "R&D: \"1/2\" 一半");
        assert_eq!(allowed_text(&"课".repeat(60), 127), "课".repeat(42));
        assert_eq!(allowed_text(&"🦀".repeat(60), 127).len(), 124);
        assert_eq!(allowed_text(&"a ".repeat(80), 127).len(), 127);
        assert_eq!(allowed_text("ab cd", 3), "ab");
    }
}
