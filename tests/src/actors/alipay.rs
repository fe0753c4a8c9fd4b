//! What does Alipay report, and what does somebody report who only claims to be Alipay?
//!
//! Notifies are put together and signed here, apart from the code that reads them and apart from the
//! sandbox, so that each can be wrong in one way.

use std::collections::BTreeMap;

use coursepay_core::method::GatewayId;
use coursepay_sandbox::{KeyPair, shanghai_text};

use crate::actors::callback::RawCallback;
use crate::actors::signature::{rsa_sha1, rsa_sha256};
use crate::message::Answer;
use crate::setup::Setup;
use crate::target::Target;

/// A notify being put together.
#[derive(Clone, Debug)]
pub struct Notify {
    params: BTreeMap<String, String>,
}

impl Notify {
    /// What Alipay says once the trade of `merchant_no` is paid.
    pub fn paid(setup: &Setup, merchant_no: &str, amount_minor: i64, now_ms: i64) -> Self {
        let yuan = format!("{}.{:02}", amount_minor / 100, amount_minor % 100);
        let now = shanghai_text(now_ms);
        let params = [
            ("notify_time", now.as_str()),
            ("notify_type", "trade_status_sync"),
            ("notify_id", &format!("notify-of-{merchant_no}")),
            ("charset", "utf-8"),
            ("version", "1.0"),
            ("sign_type", "RSA2"),
            ("app_id", &setup.alipay.app_id),
            ("auth_app_id", &setup.alipay.app_id),
            ("seller_id", &setup.alipay.seller_id),
            ("trade_no", &format!("2026{merchant_no}")),
            ("out_trade_no", merchant_no),
            ("buyer_open_id", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"),
            ("trade_status", "TRADE_SUCCESS"),
            ("total_amount", &yuan),
            ("receipt_amount", &yuan),
            ("buyer_pay_amount", &yuan),
            ("subject", "A course + \"more\" & so on = 100%"),
            ("gmt_create", &now),
            ("gmt_payment", &now),
            ("fund_bill_list", &format!(r#"[{{"amount":"{yuan}","fundChannel":"ALIPAYACCOUNT"}}]"#)),
        ];
        Self { params: params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// A notify of any fields.
    pub const fn of(params: BTreeMap<String, String>) -> Self {
        Self { params }
    }

    /// Its fields.
    pub const fn params(&self) -> &BTreeMap<String, String> {
        &self.params
    }

    /// With another value.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.params.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Without this parameter.
    pub fn without(mut self, name: &str) -> Self {
        self.params.remove(name);
        self
    }

    /// The form, signed by `key` over its parameters in order, without `sign_type`.
    ///
    /// # Panics
    /// When the key is none.
    pub fn signed_by(&self, key: &KeyPair) -> String {
        self.form(&rsa_sha256(key, self.covered().as_bytes()))
    }

    /// The form, signed in the older way that `sign_type=RSA` stands for, whatever it says.
    ///
    /// # Panics
    /// When the key is none.
    pub fn signed_with_sha1_by(&self, key: &KeyPair) -> String {
        self.form(&rsa_sha1(key, self.covered().as_bytes()))
    }

    fn covered(&self) -> String {
        let covered: Vec<String> = self
            .params
            .iter()
            .filter(|(name, value)| name.as_str() != "sign_type" && !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        covered.join("&")
    }

    /// The form with this text for a signature.
    pub fn form(&self, sign: &str) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&self.params).append_pair("sign", sign);
        form.finish()
    }
}

/// A notify's body, with what else Alipay sends.
pub fn callback(body: impl Into<Vec<u8>>) -> RawCallback {
    RawCallback::new(GatewayId::Alipay, body)
        .header("content-type", "application/x-www-form-urlencoded; text/html; charset=utf-8")
}

/// Sends a notify's body, as Alipay sends it.
pub async fn notify<T: Target>(target: &T, body: &str) -> Answer {
    callback(body).sent_to(target).await
}

/// Reports the trade of `merchant_no` as paid, as Alipay itself does, and must be acknowledged.
pub async fn notify_paid<T: Target>(target: &T, merchant_no: &str, amount_minor: i64) {
    let setup = target.setup();
    let paid = Notify::paid(setup, merchant_no, amount_minor, target.now_ms());
    assert_acknowledged(&notify(target, &paid.signed_by(&setup.alipay.gateway_key)).await);
}

/// Demands the seven bytes that end Alipay's retries.
///
/// # Panics
/// When the answer is anything else.
#[track_caller]
pub fn assert_acknowledged(answer: &Answer) {
    answer.expect(200);
    assert_eq!(answer.text(), "success");
}
