//! What do Alipay's callbacks say?
//!
//! A callback is a form, signed over its decoded values: it is split on `&` first and decoded once, and no
//! value is touched afterwards. A refund is told to the same address as a payment, with the same status,
//! and is told apart by its marks alone. Empty values count as absent: they are not always signed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use crate::currency::Currency;
use crate::gateway::alipay::{Alipay, parse_shanghai, sign};
use crate::gateway::{
    Claim, Content, Fault, KeyChoice, Misfit, News, Notice, Payment, RefundStanding, Scheme, Unverified,
};
use crate::money::Money;

/// No callback of a few dozen short fields is longer.
const LARGEST_BYTES: usize = 64 * 1024;

/// See [`crate::gateway::Gateway::read_callback`].
pub(super) fn read(alipay: &Alipay, body: &[u8]) -> Result<Unverified<Content>, Fault> {
    let fields = Fields(parse_form(body)?);
    if fields.get("charset").is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(Fault::Malformed("charset is not utf-8"));
    }
    if fields.get("sign_type").is_some_and(|kind| kind != "RSA2") {
        return Err(Fault::Malformed("sign_type is not RSA2"));
    }
    let sign = fields.get("sign").ok_or(Fault::Malformed("sign is missing"))?;
    let signature = sign::from_base64(sign).ok_or(Fault::Malformed("sign is not base64"))?;
    let key = fields.get("alipay_cert_sn").map_or(KeyChoice::Any, |sn| KeyChoice::Named(sn.to_owned()));
    let claims = sign::notice_texts(&fields.0)
        .into_iter()
        .map(|text| Claim {
            scheme: Scheme::Rsa,
            key: key.clone(),
            message: text.into_bytes(),
            signature: signature.clone(),
        })
        .collect();
    Ok(Unverified::new(claims, Content::Open(fields.notice(alipay))))
}

/// A form's fields, decoded once.
fn parse_form(body: &[u8]) -> Result<BTreeMap<String, String>, Fault> {
    if body.len() > LARGEST_BYTES {
        return Err(Fault::Malformed("the callback is larger than any of alipay's"));
    }
    let mut fields = BTreeMap::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        // Two readers could take two different values for the signed one.
        if fields.insert(name, value).is_some() {
            return Err(Fault::Malformed("a field stands twice"));
        }
    }
    Ok(fields)
}

/// Undoes `application/x-www-form-urlencoded`: `+` is a space, `%XX` a byte of UTF-8.
fn decode(encoded: &[u8]) -> Result<String, Fault> {
    let mut spaced = Cow::Borrowed(encoded);
    // Names, numbers and amounts, and so most of a form, hold neither.
    if encoded.contains(&b'+') {
        spaced = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    }
    let decoded = percent_decode(&spaced).decode_utf8();
    decoded.map(String::from).map_err(|_| Fault::Malformed("the callback is not utf-8"))
}

struct Fields(BTreeMap<String, String>);

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn require(&self, field: &'static str) -> Result<&str, Misfit> {
        self.get(field).ok_or(Misfit::Unreadable { field })
    }

    fn notice(&self, alipay: &Alipay) -> Notice {
        let part = |name| self.get(name).unwrap_or_default();
        Notice {
            // Without notify_time, which is another with every repeat.
            key: ["notify_id", "out_trade_no", "trade_status", "refund_fee"].map(part).join("|"),
            merchant_no: part("out_trade_no").to_owned(),
            news: self.news(alipay).unwrap_or_else(News::Misfit),
        }
    }

    fn news(&self, alipay: &Alipay) -> Result<News, Misfit> {
        let app_id = self.require("app_id")?;
        if app_id != alipay.app_id {
            return Err(Misfit::OtherApp { expected: alipay.app_id.clone(), got: app_id.to_owned() });
        }
        let seller_id = self.require("seller_id")?;
        if seller_id != alipay.seller_id {
            return Err(Misfit::OtherSeller {
                expected: alipay.seller_id.clone(),
                got: seller_id.to_owned(),
            });
        }
        let merchant_no = self.require("out_trade_no")?.to_owned();
        let status = self.require("trade_status")?;
        if self.tells_of_a_refund() {
            return self.refund();
        }
        match status {
            "WAIT_BUYER_PAY" => Ok(News::Waiting),
            "TRADE_CLOSED" => Ok(News::Closed),
            "TRADE_SUCCESS" | "TRADE_FINISHED" => Ok(News::Paid(Payment {
                merchant_no,
                gateway_no: self.require("trade_no")?.to_owned(),
                amount: self.amount("total_amount")?,
                at: self.get("gmt_payment").and_then(parse_shanghai),
            })),
            got => Err(Misfit::UnknownStatus { got: got.to_owned() }),
        }
    }

    /// A notice comes when a refund is done. Its `refund_fee` is the sum of all refunds so far, so the amount
    /// of this one is not in it.
    fn refund(&self) -> Result<News, Misfit> {
        let refund_no = self.get("out_biz_no").ok_or(Misfit::UnexpectedRefund)?.to_owned();
        let at = self.get("gmt_refund").and_then(parse_shanghai);
        Ok(News::Refund { refund_no, amount: None, standing: RefundStanding::Done { at } })
    }

    /// A fee of 0.00 is no refund.
    fn tells_of_a_refund(&self) -> bool {
        let refunded =
            self.get("refund_fee").is_some() && self.amount("refund_fee").map_or(true, |fee| !fee.is_zero());
        refunded || self.get("gmt_refund").is_some() || self.get("out_biz_no").is_some()
    }

    fn amount(&self, field: &'static str) -> Result<Money, Misfit> {
        Money::from_major_text(self.require(field)?, Currency::Cny).map_err(|_| Misfit::Unreadable { field })
    }
}
