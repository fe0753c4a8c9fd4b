//! Which parties, keys and variables does a test run with?

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_sandbox::{Keys, Merchant, Random, Reply, World, alipay};
use http::Request;

use crate::native::crypto::stand_in_variable;

/// Where the platform's course pages live: the origin that embeds the checkout.
pub const SCHOOL_ORIGIN: &str = "https://school.example";

/// Everything the parties agreed on beforehand.
#[derive(Clone)]
pub struct Setup {
    /// The gateway's merchant, with the private keys of both sides: a test acts as either.
    pub alipay: alipay::Account,
    /// The merchant at all gateways.
    pub merchant: Merchant,
    /// What Stripe signs callbacks with; made with the endpoint.
    pub stripe_webhook_secret: String,
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
        Self::with_keys(keys(), public_url, sandbox_url, webhook_url)
    }

    /// The parties at their addresses, with these keys at the gateways.
    pub fn with_keys(keys: &Keys, public_url: &str, sandbox_url: &str, webhook_url: &str) -> Self {
        Self {
            alipay: keys.merchants[0].alipay.clone(),
            merchant: keys.merchants[0].clone(),
            stripe_webhook_secret: String::new(),
            sandbox_url: sandbox_url.to_owned(),
            public_url: public_url.to_owned(),
            webhook_url: webhook_url.to_owned(),
            webhook_secret: (0..32).collect(),
            token_kid: "test-1".to_owned(),
            token_secret: "a secret that only this test run knows".to_owned(),
            platform_key: "cpk_the-platforms-own-key-of-this-test-run".to_owned(),
        }
    }

    /// Tells Stripe where its callbacks go and takes the secret that signs them. Gives the endpoint's id.
    ///
    /// # Panics
    /// When the sandbox does not answer as Stripe does.
    pub fn register_at_stripe(&mut self, sandbox: &mut World, url: &str, now_ms: i64) -> String {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("url", url), ("enabled_events[0]", "*")])
            .finish();
        let request = Request::post("/v1/webhook_endpoints")
            .header("authorization", format!("Bearer {}", self.merchant.stripe.secret_key))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.into())
            .expect("a request");
        let Reply::Answer(response) = sandbox.handle(&request, now_ms) else { panic!("no answer") };
        let endpoint: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
        let text = |name: &str| endpoint[name].as_str().unwrap_or_else(|| panic!("{endpoint}")).to_owned();
        self.stripe_webhook_secret = text("secret");
        text("id")
    }

    /// The Worker's variables.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let wechat_pay = &self.merchant.wechat_pay;
        let wechat_pay_keys = format!(
            "{}:{},{}:{}",
            wechat_pay.public_key_id,
            variable(wechat_pay.public_key.public_key_base64()),
            wechat_pay.platform_certificate.serial_no,
            variable(wechat_pay.platform_key.public_key_base64()),
        );
        let merchant_key = stand_in_variable(wechat_pay.merchant_key.private_key_base64())
            .unwrap_or_else(|| wechat_pay.merchant_key.private_key_pem());
        let endpoint = serde_json::json!([{
            "url": self.webhook_url,
            "secret": format!("whsec_{}", BASE64_STANDARD.encode(&self.webhook_secret)),
        }]);
        [
            ("ALIPAY_APP_ID", self.alipay.app_id.clone()),
            ("ALIPAY_SELLER_ID", self.alipay.seller_id.clone()),
            ("ALIPAY_APP_PRIVATE_KEY", variable(self.alipay.app_key.private_key_base64())),
            ("ALIPAY_PUBLIC_KEYS", variable(self.alipay.gateway_key.public_key_base64())),
            ("ALIPAY_GATEWAY_URL", format!("{}/gateway.do", self.sandbox_url)),
            ("WECHAT_PAY_MCHID", wechat_pay.mchid.clone()),
            ("WECHAT_PAY_APPID", wechat_pay.appid.clone()),
            ("WECHAT_PAY_MERCHANT_SERIAL_NO", wechat_pay.merchant_certificate.serial_no.clone()),
            ("WECHAT_PAY_MERCHANT_PRIVATE_KEY", merchant_key),
            ("WECHAT_PAY_PUBLIC_KEYS", wechat_pay_keys),
            ("WECHAT_PAY_API_V3_KEYS", wechat_pay.api_v3_key.clone()),
            ("WECHAT_PAY_BASE_URL", self.sandbox_url.clone()),
            ("WECHAT_PAY_APP_SECRET", wechat_pay.app_secret.clone()),
            ("WECHAT_PAY_LOGIN_PAGES_URL", self.sandbox_url.clone()),
            ("WECHAT_PAY_LOGIN_API_URL", self.sandbox_url.clone()),
            ("STRIPE_SECRET_KEY", self.merchant.stripe.secret_key.clone()),
            ("STRIPE_WEBHOOK_SECRETS", self.stripe_webhook_secret.clone()),
            ("STRIPE_BASE_URL", self.sandbox_url.clone()),
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

/// A key as a variable of the deployment, which a stand-in's own text could not be.
fn variable(text: &str) -> String {
    stand_in_variable(text).unwrap_or_else(|| text.to_owned())
}

/// The sandbox's keys: made once in a run, because RSA keys take a while.
///
/// # Panics
/// When no key can be made.
pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::generate(&mut Random::from_seed([42; 32])).expect("RSA keys can be made"))
}

/// Keys whose signatures are hashes instead of RSA, made once in a run: for what wants very many.
///
/// # Panics
/// When no key can be made.
pub fn stand_in_keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::stand_in(&mut Random::from_seed([42; 32])).expect("stand-ins can be made"))
}
