//! Who speaks, and with which keys?

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::gateway::alipay::{Alipay, CertificateSns};
use coursepay_core::gateway::stripe::Stripe;
use coursepay_core::gateway::wechat_pay::WechatPay;
use coursepay_core::gateway::{
    Claim, Gateway, KeyChoice, Outgoing, Scheme, Unsigned, Unverified, VerifyError,
};
use coursepay_edge::app::ports::{Crypto as _, Key};
use coursepay_tests::native::crypto::NativeCrypto;
use coursepay_tests::native::faults::Faults;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

/// Why something heard is not believed.
pub(crate) type Disbelief = VerifyError<String>;

/// A merchant at one gateway.
pub(crate) struct Party {
    pub(crate) protocol: Protocol,
    signing: Option<Key>,
    verifying: Vec<Key>,
    opening: Vec<Key>,
    crypto: NativeCrypto,
}

/// Its protocol.
pub(crate) enum Protocol {
    Alipay(Alipay),
    WechatPay(WechatPay),
    Stripe(Stripe),
}

/// The first line: the gateway's own settings, and keys. `private_key` and RSA keys are base64 of DER,
/// `opening` holds keys of 32 characters.
#[derive(Deserialize)]
struct Introduction {
    #[serde(flatten)]
    merchant: Merchant,
    private_key: Option<String>,
    verifying: Vec<VerifyingKey>,
    #[serde(default)]
    opening: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "gateway", rename_all = "snake_case")]
enum Merchant {
    Alipay {
        app_id: String,
        seller_id: String,
        gateway_url: String,
        certificates: Option<Certificates>,
    },
    WechatPay {
        mchid: String,
        appid: String,
        merchant_serial_no: String,
        base_url: String,
        answer_key_id: Option<String>,
    },
    Stripe {
        livemode: bool,
        base_url: String,
    },
}

#[derive(Deserialize)]
struct Certificates {
    app_sn: String,
    root_sn: String,
}

/// One of `rsa` and `secret`.
#[derive(Deserialize)]
struct VerifyingKey {
    id: String,
    rsa: Option<String>,
    secret: Option<String>,
}

impl Party {
    pub(crate) fn read(line: &str) -> anyhow::Result<Self> {
        let Introduction { merchant, private_key, verifying, opening } =
            serde_json::from_str(line).context("the first line does not say who speaks")?;
        let rsa = |id: &str, text: &str| -> anyhow::Result<Key> {
            Ok(Key { id: id.to_owned(), bytes: BASE64_STANDARD.decode(text).context("a key is not base64")? })
        };
        let verifying = verifying.into_iter().map(|key| match key {
            VerifyingKey { id, rsa: Some(text), secret: None } => rsa(&id, &text),
            VerifyingKey { id, rsa: None, secret: Some(secret) } => {
                Ok(Key { id, bytes: secret.into_bytes() })
            }
            VerifyingKey { id, .. } => anyhow::bail!("key {id} is neither rsa nor secret"),
        });
        let opening = opening.into_iter().enumerate();
        Ok(Self {
            protocol: merchant.into(),
            signing: private_key.map(|text| rsa("ours", &text)).transpose()?,
            verifying: verifying.collect::<anyhow::Result<_>>()?,
            opening: opening.map(|(at, text)| Key { id: at.to_string(), bytes: text.into_bytes() }).collect(),
            crypto: NativeCrypto::new(Faults::none(0)),
        })
    }

    /// Signs what is to be signed.
    pub(crate) async fn signed(&self, unsigned: Unsigned) -> Outgoing {
        let key = self.signing.as_ref().expect("whoever signs has a private_key");
        let signature = self.crypto.sign_rsa(key, unsigned.message()).await.expect("the key is one");
        unsigned.signed(&signature)
    }

    /// The value, if one of our keys or of the `further` ones proves it.
    pub(crate) async fn believed<T>(
        &self,
        unverified: Unverified<T>,
        further: &[Key],
    ) -> Result<T, Disbelief> {
        let check = async |claim: &Claim| self.holds(claim, further).await;
        Ok(unverified.verify(check).await?.into_inner())
    }

    async fn holds(&self, claim: &Claim, further: &[Key]) -> Result<bool, String> {
        let chosen = |key: &&Key| match &claim.key {
            KeyChoice::Any => true,
            KeyChoice::Named(id) => *id == key.id,
        };
        for key in self.verifying.iter().chain(further).filter(chosen) {
            let fits = match claim.scheme {
                Scheme::Rsa => {
                    let verdict = self.crypto.verify_rsa(key, &claim.message, &claim.signature).await;
                    verdict.map_err(|error| error.to_string())?
                }
                Scheme::Hmac => Hmac::<Sha256>::new_from_slice(&key.bytes)
                    .is_ok_and(|mac| mac.chain_update(&claim.message).verify_slice(&claim.signature).is_ok()),
            };
            if fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The plain bytes, if one of our keys opens them.
    pub(crate) async fn opened(&self, nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        for key in &self.opening {
            if let Ok(plain) = self.crypto.open(key, nonce, aad, sealed).await {
                return Some(plain);
            }
        }
        None
    }
}

impl Protocol {
    /// As the Worker knows it.
    pub(crate) fn gateway(&self) -> &dyn Gateway {
        match self {
            Self::Alipay(alipay) => alipay,
            Self::WechatPay(wechat_pay) => wechat_pay,
            Self::Stripe(stripe) => stripe,
        }
    }
}

impl From<Merchant> for Protocol {
    fn from(merchant: Merchant) -> Self {
        match merchant {
            Merchant::Alipay { app_id, seller_id, gateway_url, certificates } => Self::Alipay(Alipay {
                app_id,
                seller_id,
                gateway_url,
                precreate_product_code: None,
                certificates: certificates
                    .map(|Certificates { app_sn, root_sn }| CertificateSns { app_sn, root_sn }),
            }),
            Merchant::WechatPay { mchid, appid, merchant_serial_no, base_url, answer_key_id } => {
                let page_url = None;
                Self::WechatPay(WechatPay {
                    mchid,
                    appid,
                    merchant_serial_no,
                    base_url,
                    answer_key_id,
                    page_url,
                })
            }
            Merchant::Stripe { livemode, base_url } => {
                Self::Stripe(Stripe { account: None, livemode, base_url })
            }
        }
    }
}
