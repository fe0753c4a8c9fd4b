//! What does WeChat Pay report, and what does somebody report who only claims to be WeChat Pay?
//!
//! Callbacks are sealed and signed here, apart from the code that reads them and apart from the sandbox, so
//! that each can be wrong in one way.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::method::GatewayId;
use coursepay_sandbox::KeyPair;
use serde_json::{Value, json};

use crate::actors::callback::RawCallback;
use crate::actors::signature::rsa_sha256;
use crate::setup::Setup;

/// What is signed beside time and body.
const HEADER_NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";

/// A callback being put together.
#[derive(Clone, Debug)]
pub struct Callback {
    envelope: Value,
    /// What is sealed.
    plain: String,
    api_v3_key: String,
    nonce: String,
    aad: String,
}

impl Callback {
    /// What WeChat says once `merchant_no` is paid.
    pub fn paid(setup: &Setup, merchant_no: &str, amount_minor: i64) -> Self {
        let account = &setup.merchant.wechat_pay;
        let payment = json!({
            "mchid": account.mchid,
            "appid": account.appid,
            "out_trade_no": merchant_no,
            "transaction_id": format!("4200{merchant_no}"),
            "trade_type": "NATIVE",
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "bank_type": "OTHERS",
            "attach": "a+b %26 %2B &amp; \"c\"",
            "success_time": "2026-01-01T08:00:30+08:00",
            "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
            "amount": {
                "total": amount_minor, "payer_total": amount_minor, "currency": "CNY", "payer_currency": "CNY",
            },
        });
        let envelope = json!({
            "id": format!("id-of-{merchant_no}"),
            "create_time": "2026-01-01T08:00:31+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
        });
        Self {
            envelope,
            plain: payment.to_string(),
            api_v3_key: account.api_v3_key.clone(),
            nonce: "fdasflkja484".to_owned(),
            aad: "transaction".to_owned(),
        }
    }

    /// With another value in what is sealed, at this JSON pointer.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn with(self, pointer: &str, value: impl Into<Value>) -> Self {
        let mut payment: Value = serde_json::from_str(&self.plain).expect("JSON");
        *payment.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value.into();
        self.saying(&payment.to_string())
    }

    /// With this text sealed.
    pub fn saying(self, plain: &str) -> Self {
        Self { plain: plain.to_owned(), ..self }
    }

    /// What is sealed.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// With another member of the envelope.
    pub fn envelope(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.envelope[name] = value.into();
        self
    }

    /// Sealed under another APIv3 key.
    pub fn sealed_by(self, api_v3_key: &str) -> Self {
        Self { api_v3_key: api_v3_key.to_owned(), ..self }
    }

    /// The envelope with its sealed resource, which `change` may damage.
    ///
    /// # Panics
    /// When the key is none.
    pub fn body_with(&self, change: impl FnOnce(&mut Value)) -> String {
        let cipher = Aes256Gcm::new_from_slice(self.api_v3_key.as_bytes()).expect("32 bytes");
        let nonce: [u8; 12] = self.nonce.as_bytes().try_into().expect("12 bytes");
        let payload = Payload { msg: self.plain.as_bytes(), aad: self.aad.as_bytes() };
        let sealed = cipher.encrypt(&nonce.into(), payload).expect("anything can be sealed");
        let mut resource = json!({
            "original_type": self.aad,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": BASE64_STANDARD.encode(sealed),
            "associated_data": self.aad,
            "nonce": self.nonce,
        });
        change(&mut resource);
        let mut envelope = self.envelope.clone();
        envelope["resource"] = resource;
        envelope.to_string()
    }

    /// Signed at `at_ms` by `key`, which is said to be the one called `serial`.
    pub fn signed_by(&self, key: &KeyPair, serial: &str, at_ms: i64) -> RawCallback {
        signed(self.body_with(|_| ()), key, serial, at_ms)
    }
}

/// A true one: as WeChat signs for a merchant that has its public key.
pub fn true_callback(setup: &Setup, callback: &Callback, now_ms: i64) -> RawCallback {
    truly_signed(setup, callback.body_with(|_| ()), now_ms)
}

/// Any body, as WeChat signs for a merchant that has its public key.
pub fn truly_signed(setup: &Setup, body: impl AsRef<[u8]>, now_ms: i64) -> RawCallback {
    let account = &setup.merchant.wechat_pay;
    signed(body, &account.public_key, &account.public_key_id, now_ms)
}

/// Any body, signed at `at_ms` by `key`, which is said to be the one called `serial`.
pub fn signed(body: impl AsRef<[u8]>, key: &KeyPair, serial: &str, at_ms: i64) -> RawCallback {
    let (body, at_s) = (body.as_ref(), at_ms.div_euclid(1_000).to_string());
    let message = [at_s.as_bytes(), HEADER_NONCE.as_bytes(), body, b""].join(&b'\n');
    RawCallback::new(GatewayId::WechatPay, body)
        .header("content-type", "application/json")
        .header("Wechatpay-Serial", serial)
        .header("Wechatpay-Timestamp", &at_s)
        .header("Wechatpay-Nonce", HEADER_NONCE)
        .header("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
        .header("Wechatpay-Signature", &rsa_sha256(key, &message))
}
