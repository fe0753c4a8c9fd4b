//! What do a merchant and WeChat Pay agree on?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::certificate::{Authority, Certificate};
use crate::keys::{KeyMaker, KeyPair};
use crate::merchant::KeysError;
use crate::random::Random;

/// A merchant number with its application and the keys of both sides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// The merchant's number, ten digits.
    pub mchid: String,
    /// The application (公众号) whose users pay.
    pub appid: String,
    /// The application's secret, for OAuth.
    pub app_secret: String,
    /// 32 ASCII characters: the AES-256 key of callbacks and certificates.
    pub api_v3_key: String,
    /// Signs requests.
    pub merchant_key: KeyPair,
    /// Names that key in requests.
    pub merchant_certificate: Certificate,
    /// Signs answers and callbacks in public key mode.
    pub public_key: KeyPair,
    /// Names that key: `PUB_KEY_ID_…`.
    pub public_key_id: String,
    /// Signs answers and callbacks in platform certificate mode.
    pub platform_key: KeyPair,
    /// Names that key.
    pub platform_certificate: Certificate,
}

impl Account {
    /// Makes an account with fresh ids and keys.
    pub(crate) fn generate(
        maker: KeyMaker,
        authority: &Authority,
        random: &mut Random,
    ) -> Result<Self, KeysError> {
        let mchid = format!("16{}", random.digits(8));
        let merchant_key = KeyPair::made_by(maker, random)?;
        let platform_key = KeyPair::made_by(maker, random)?;
        let merchant_certificate = authority.issue(&mchid, &merchant_key, random)?;
        let platform_certificate = authority.issue("WeChat Pay of the sandbox", &platform_key, random)?;
        let application = random.upper_hex(8).to_lowercase();
        Ok(Self {
            appid: format!("wx{application}"),
            app_secret: random.token(),
            api_v3_key: random.alphanumeric(32),
            public_key: KeyPair::made_by(maker, random)?,
            public_key_id: format!("PUB_KEY_ID_0{mchid}{}", random.digits(20)),
            mchid,
            merchant_key,
            merchant_certificate,
            platform_key,
            platform_certificate,
        })
    }

    /// Everything an integration needs, and the gateway's private keys for tests that play the gateway.
    pub(crate) fn config(&self, base_url: &str) -> Value {
        json!({
            "base_url": base_url,
            "mchid": self.mchid,
            "appid": self.appid,
            "app_secret": self.app_secret,
            "api_v3_key": self.api_v3_key,
            "merchant_serial_no": self.merchant_certificate.serial_no,
            "merchant_private_key": self.merchant_key.private_key_pem(),
            "merchant_certificate": self.merchant_certificate.pem,
            "public_key_id": self.public_key_id,
            "public_key": self.public_key.public_key_pem(),
            "public_key_private_key": self.public_key.private_key_pem(),
            "platform_serial_no": self.platform_certificate.serial_no,
            "platform_certificate": self.platform_certificate.pem,
            "platform_private_key": self.platform_key.private_key_pem(),
        })
    }
}
