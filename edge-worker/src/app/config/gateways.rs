//! Which gateways are on, and with which keys?
//!
//! Every verifying side takes several keys, so that none has to change on both sides at the same moment.

use coursepay_core::gateway::Gateway;
use coursepay_core::gateway::alipay::Alipay;
use coursepay_core::gateway::stripe::{self, Stripe};
use coursepay_core::gateway::wechat_pay::WechatPay;
use sha2::{Digest, Sha256};

use crate::app::config::{Flaw, Part, Variables, VerifyingKey};
use crate::app::ports::Key;

/// Where live calls to WeChat Pay go.
const WECHAT_PAY_URL: &str = "https://api.mch.weixin.qq.com";

/// A gateway with the keys we use with it.
pub struct GatewayParty {
    /// Its protocol.
    pub protocol: Box<dyn Gateway>,
    /// What proves that a request is ours.
    pub credential: Credential,
    /// Theirs, to verify with; several while they roll.
    pub verifying: Vec<VerifyingKey>,
    /// Whose certificates hold further keys of theirs, which a job fetches; `None` where none are trusted.
    pub certificates: Option<WechatPay>,
    /// What they seal callbacks with; several while they roll. Most seal none.
    pub opening: Vec<Key>,
}

/// What proves that a request is ours.
pub enum Credential {
    /// A private key that signs it.
    Rsa(Key),
    /// A secret that goes with it.
    Bearer(Key),
}

impl GatewayParty {
    /// The secret that goes with a request, where one does.
    #[must_use]
    pub const fn bearer(&self) -> Option<&Key> {
        match &self.credential {
            Credential::Bearer(secret) => Some(secret),
            Credential::Rsa(_) => None,
        }
    }
}

impl Variables<'_> {
    pub(super) fn alipay(&self) -> Part<GatewayParty> {
        let private_key = self.private_key("ALIPAY_APP_PRIVATE_KEY")?;
        let protocol = Alipay {
            app_id: self.required("ALIPAY_APP_ID")?,
            seller_id: self.required("ALIPAY_SELLER_ID")?,
            gateway_url: self.web_address("ALIPAY_GATEWAY_URL")?,
            precreate_product_code: self.optional("ALIPAY_PRECREATE_PRODUCT_CODE"),
            certificates: self.alipay_certificate_mode(&private_key)?,
        };
        let verifying = self.alipay_keys()?;
        self.callbacks_arrive()?;
        Ok(GatewayParty {
            protocol: Box::new(protocol),
            credential: Credential::Rsa(private_key),
            verifying,
            certificates: None,
            opening: Vec::new(),
        })
    }

    pub(super) fn wechat_pay(&self) -> Part<GatewayParty> {
        let keys = self.wechat_pay_keys()?;
        let protocol = WechatPay {
            mchid: self.required("WECHAT_PAY_MCHID")?,
            appid: self.required("WECHAT_PAY_APPID")?,
            merchant_serial_no: self.required("WECHAT_PAY_MERCHANT_SERIAL_NO")?,
            base_url: self.web_address_or("WECHAT_PAY_BASE_URL", WECHAT_PAY_URL)?,
            // A wish: whichever key WeChat signs with is trusted, or the answer is not believed.
            answer_key_id: keys.wanted_for_answers(),
            page_url: self.web_page("WECHAT_PAY_PAGE_URL")?,
        };
        let credential = Credential::Rsa(self.private_key("WECHAT_PAY_MERCHANT_PRIVATE_KEY")?);
        let variable = "WECHAT_PAY_API_V3_KEYS";
        let opening = self.list(variable)?.into_iter().map(|text| {
            let bytes = text.into_bytes();
            if bytes.len() != 32 {
                return Err(Flaw { variable, problem: "not a list of keys with 32 characters each" });
            }
            Ok(Key { id: format!("wechat_pay:{}", hex::encode(Sha256::digest(&bytes))), bytes })
        });
        let opening = opening.collect::<Part<_>>()?;
        self.callbacks_arrive()?;
        let certificates = keys.with_certificates.then(|| protocol.clone());
        let protocol = Box::new(protocol);
        Ok(GatewayParty { protocol, credential, verifying: keys.given, certificates, opening })
    }

    /// `STRIPE_WEBHOOK_SECRETS`: the endpoint's, both while it is rolled. Test or live is told by the secret key.
    pub(super) fn stripe(&self) -> Part<GatewayParty> {
        let variable = "STRIPE_SECRET_KEY";
        let secret = self.required(variable)?;
        let mode = secret.strip_prefix("sk_").or_else(|| secret.strip_prefix("rk_")).unwrap_or_default();
        let livemode = mode.starts_with("live_");
        if !livemode && !mode.starts_with("test_") || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Flaw { variable, problem: "not a secret key like sk_live_… or rk_test_…" });
        }
        let protocol = Stripe {
            account: self.optional("STRIPE_ACCOUNT"),
            livemode,
            base_url: self.web_address_or("STRIPE_BASE_URL", stripe::BASE_URL)?,
        };
        let credential = Credential::Bearer(Key { id: variable.to_owned(), bytes: secret.into_bytes() });
        let variable = "STRIPE_WEBHOOK_SECRETS";
        let verifying = self.list(variable)?.into_iter().map(|text| {
            // The whole text is the key, its prefix included (docs.stripe.com/webhooks/signature).
            let is_secret = text.strip_prefix("whsec_").is_some_and(|rest| rest.len() >= 16);
            let flaw = Flaw { variable, problem: "not a list of secrets like whsec_…" };
            if is_secret { Ok(VerifyingKey::new(None, text.into_bytes())) } else { Err(flaw) }
        });
        let verifying = verifying.collect::<Part<_>>()?;
        self.callbacks_arrive()?;
        let protocol = Box::new(protocol);
        Ok(GatewayParty { protocol, credential, verifying, certificates: None, opening: Vec::new() })
    }

    /// Callbacks come to the public address, so without one no payment may start.
    fn callbacks_arrive(&self) -> Part<()> {
        self.public_url().map(drop)
    }

    /// The address of a page, where one is set.
    fn web_page(&self, variable: &'static str) -> Part<Option<String>> {
        self.optional(variable).map(|_| self.web_address(variable)).transpose()
    }
}
