//! How does Alipay (支付宝) take part? The gateway.do protocol, signed with RSA2.
//!
//! | channel | call | way | product code |
//! |---|---|---|---|
//! | `qr` | `alipay.trade.precreate` | we POST, the answer holds the code | by contract, configurable |
//! | `redirect` | `alipay.trade.page.pay` | a signed address for the browser | `FAST_INSTANT_TRADE_PAY` |
//! | `mobile` | `alipay.trade.wap.pay` | a signed address for the browser | `QUICK_WAP_PAY` |
//!
//! Alipay writes all its times in UTC+8 without saying so; so do we, whatever the zone of the machine.

mod call;
pub mod certificates;
mod notice;
mod refund;
mod request;
pub mod sign;
pub mod statement;

use chrono::{DateTime, NaiveDateTime, TimeDelta};

use crate::attempt::{Attempt, Terms};
use crate::currency::Currency;
use crate::gateway::{
    Answer, Content, Fault, Gateway, Message, Moment, Operation, Payer, Prepared, RefundAnswer,
    RefundOperation, RefundTerms, Unverified,
};
use crate::method::{Channel, GatewayId};
use crate::time::Timestamp;

/// What precreate is contracted as where nothing else is configured.
pub const DEFAULT_PRECREATE_PRODUCT_CODE: &str = "FACE_TO_FACE_PAYMENT";

/// Alipay refuses a longer `subject`.
const LONGEST_SUBJECT_CHARS: usize = 256;

/// One application at Alipay and the account it sells for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alipay {
    /// The application's id.
    pub app_id: String,
    /// The seller's account (a 2088… number): notices for any other are not ours.
    pub seller_id: String,
    /// Where calls go, without a query: `https://openapi.alipay.com/gateway.do`.
    pub gateway_url: String,
    /// The product code for precreate, by contract; [`DEFAULT_PRECREATE_PRODUCT_CODE`] if none is given.
    pub precreate_product_code: Option<String>,
    /// The certificates that both sides know each other's keys by; none in public-key mode.
    pub certificates: Option<CertificateSns>,
}

/// How Alipay calls the certificates of an application in certificate mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSns {
    /// Of the application's own.
    pub app_sn: String,
    /// Of the roots we trust, joined with `_`.
    pub root_sn: String,
}

impl Gateway for Alipay {
    fn id(&self) -> GatewayId {
        GatewayId::Alipay
    }

    fn channels(&self, currency: Currency) -> &'static [Channel] {
        match currency {
            Currency::Cny => &[Channel::Qr, Channel::Redirect, Channel::Mobile],
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
        let (product_code, return_url) = match channel {
            Channel::Qr => {
                let configured = self.precreate_product_code.as_deref();
                (configured.or(Some(DEFAULT_PRECREATE_PRODUCT_CODE)), None)
            }
            Channel::Redirect => (Some("FAST_INSTANT_TRADE_PAY"), return_url),
            Channel::Mobile => (Some("QUICK_WAP_PAY"), return_url),
            Channel::InApp | Channel::Balance => (None, None),
        };
        Terms {
            subject: allowed_subject(subject),
            notify_url,
            return_url,
            product_code: product_code.map(str::to_owned),
        }
    }

    fn prepare(
        &self,
        operation: Operation,
        attempt: &Attempt,
        _payer: &Payer,
        moment: &Moment,
    ) -> Result<Prepared, Fault> {
        request::prepare(self, operation, attempt, moment.now).map(Prepared::ToSign)
    }

    fn read_answer(
        &self,
        operation: Operation,
        attempt: &Attempt,
        answer: Message<'_>,
        _now: Timestamp,
    ) -> Result<Unverified<Answer>, Fault> {
        request::read_answer(operation, attempt, answer)
    }

    fn prepare_refund(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        moment: &Moment,
    ) -> Result<Prepared, Fault> {
        refund::prepare(self, operation, refund, attempt, moment.now).map(Prepared::ToSign)
    }

    fn read_refund_answer(
        &self,
        operation: RefundOperation,
        refund: &RefundTerms,
        attempt: &Attempt,
        answer: Message<'_>,
        _now: Timestamp,
    ) -> Result<Unverified<RefundAnswer>, Fault> {
        refund::read_answer(operation, refund, attempt, answer)
    }

    // Alipay sends a notice for a day, always with the time of its first event: age says nothing.
    fn read_callback(&self, callback: Message<'_>, _now: Timestamp) -> Result<Unverified<Content>, Fault> {
        notice::read(self, callback.body)
    }

    fn acknowledgement(&self) -> &'static str {
        "success"
    }
}

/// A title as Alipay takes it: `/ = &` become their full-width forms, which read the same, control
/// characters become spaces, and what is too long is cut.
fn allowed_subject(title: &str) -> String {
    let allowed = |character: char| match character {
        '/' => '／',
        '=' => '＝',
        '&' => '＆',
        other if other.is_control() => ' ',
        other => other,
    };
    title.trim().chars().map(allowed).take(LONGEST_SUBJECT_CHARS).collect()
}

/// China keeps UTC+8 all year.
const SHANGHAI: TimeDelta = TimeDelta::hours(8);

/// `yyyy-MM-dd HH:mm:ss` in UTC+8, rounded down to the second. `None` for a moment no calendar has.
fn shanghai_text(at: Timestamp) -> Option<String> {
    let utc = DateTime::from_timestamp(at.seconds(), 0)?.naive_utc();
    Some(utc.checked_add_signed(SHANGHAI)?.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// The moment that Alipay means by `yyyy-MM-dd HH:mm:ss`, with or without a fraction of the last second.
pub(in crate::gateway) fn parse_shanghai(text: &str) -> Option<Timestamp> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    let utc = local.checked_sub_signed(SHANGHAI)?.and_utc();
    Some(Timestamp::from_ms(utc.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_plus_8_and_rounded_down() {
        let just_before_new_year_in_shanghai = Timestamp::from_ms(1_767_196_799_999);
        assert_eq!(shanghai_text(just_before_new_year_in_shanghai).as_deref(), Some("2025-12-31 23:59:59"));
        assert_eq!(shanghai_text(Timestamp::from_ms(i64::MAX)), None);
    }

    #[test]
    fn times_are_read_in_utc_plus_8_or_not_at_all() {
        let at = Some(Timestamp::from_ms(1_767_196_799_000));
        assert_eq!(parse_shanghai("2025-12-31 23:59:59"), at);
        assert_eq!(parse_shanghai("2025-12-31 23:59:59.320"), at.map(|at| at.plus_ms(320)));
        for text in ["", "2025-12-31", "2025-12-31T23:59:59Z", "2025-02-30 00:00:00", "31.12.2025 23:59:59"] {
            assert_eq!(parse_shanghai(text), None, "{text}");
        }
    }

    #[test]
    fn a_subject_keeps_its_meaning_without_the_characters_alipay_refuses() {
        assert_eq!(allowed_subject(" R&D: 1/2 = 一半\n"), "R＆D: 1／2 ＝ 一半");
        assert_eq!(allowed_subject(&"课".repeat(300)).chars().count(), LONGEST_SUBJECT_CHARS);
    }
}
