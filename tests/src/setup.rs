//! Which parties, keys and variables does a test run with?

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_sandbox::{Keys, Random, alipay};

/// Where the platform's course pages live: the origin that embeds the checkout.
pub const SCHOOL_ORIGIN: &str = "https://school.example";

/// Everything the parties agreed on beforehand.
#[derive(Clone)]
pub struct Setup {
    /// The gateway's merchant, with the private keys of both sides: a test acts as either.
    pub alipay: alipay::Account,
    /// Where the gateway is, without a slash at its end.
    pub sandbox_url: String,
    /// Where Coursepay is, without a slash at its end.
    pub public_url: String,
    /// The platform's webhook endpoint.
    pub webhook_url: String,
    /// What webhooks are signed with.
    pub webhook_secret: Vec<u8>,
    /// Which key signs checkout tokens.
    pub token_kid: String,
    /// That key, used as its UTF-8 bytes.
    pub token_secret: String,
    /// The platform's API key with every scope.
    pub platform_key: String,
}

impl Setup {
    /// The parties at their addresses.
    pub fn new(public_url: &str, sandbox_url: &str, webhook_url: &str) -> Self {
        Self {
            alipay: keys().merchants[0].alipay.clone(),
            sandbox_url: sandbox_url.to_owned(),
            public_url: public_url.to_owned(),
            webhook_url: webhook_url.to_owned(),
            webhook_secret: (0..32).collect(),
            token_kid: "test-1".to_owned(),
            token_secret: "a secret that only this test run knows".to_owned(),
            platform_key: "cpk_the-platforms-own-key-of-this-test-run".to_owned(),
        }
    }

    /// The Worker's variables.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let endpoint = serde_json::json!([{
            "url": self.webhook_url,
            "secret": format!("whsec_{}", BASE64_STANDARD.encode(&self.webhook_secret)),
        }]);
        [
            ("ALIPAY_APP_ID", self.alipay.app_id.clone()),
            ("ALIPAY_SELLER_ID", self.alipay.seller_id.clone()),
            ("ALIPAY_APP_PRIVATE_KEY", self.alipay.app_key.private_key_base64().to_owned()),
            ("ALIPAY_PUBLIC_KEYS", self.alipay.gateway_key.public_key_base64().to_owned()),
            ("ALIPAY_GATEWAY_URL", format!("{}/gateway.do", self.sandbox_url)),
            ("CHECKOUT_TOKEN_KEYS", format!("{}:{}", self.token_kid, self.token_secret)),
            ("DATA_KEYS", format!("d1:{}", BASE64_STANDARD.encode([7_u8; 32]))),
            ("ALLOWED_ORIGINS", SCHOOL_ORIGIN.to_owned()),
            ("PUBLIC_URL", self.public_url.clone()),
            ("WEBHOOK_ENDPOINTS", endpoint.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// The sandbox's keys: made once in a run, because RSA keys take a while.
///
/// # Panics
/// When no key can be made.
pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::generate(&mut Random::from_seed([42; 32])).expect("RSA keys can be made"))
}
