//! How are keys and certificates written in a variable?
//!
//! As the gateways' own tools write them: PEM, or the base64 in it. Whatever is malformed is named by its
//! variable and never shown.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::gateway::alipay::CertificateSns;
use coursepay_core::gateway::alipay::certificates::{Certificate, certificates, root_sn};
use sha2::{Digest, Sha256};

use crate::app::config::{Flaw, MISSING, Part, Variables};
use crate::app::ports::Key;

/// Stands in `WECHAT_PAY_PUBLIC_KEYS` for the keys out of WeChat's certificates.
const CERTIFICATES: &str = "certificates";

/// What WeChat calls the keys that have no certificate by.
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// A key of a gateway's that we verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    /// What signatures call it by; `None` where they name no key.
    pub name: Option<String>,
    /// The key. Its id is its fingerprint, so no two keys ever share one, whatever they are called.
    pub key: Key,
}

impl VerifyingKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(name: Option<&str>, bytes: Vec<u8>) -> Self {
        let id = hex::encode(Sha256::digest(&bytes));
        Self { name: name.map(str::to_owned), key: Key { id, bytes } }
    }
}

/// By which keys WeChat signs.
pub(super) struct WechatPayKeys {
    /// Those that are given.
    pub(super) given: Vec<VerifyingKey>,
    /// Whether those out of its certificates are trusted too.
    pub(super) with_certificates: bool,
}

impl WechatPayKeys {
    /// The first of the keys that have no certificate. While a merchant changes from certificates to its public
    /// key, every request has to ask for that one: else WeChat goes on answering by a certificate and never ends
    /// the change. Before it has begun, the wish is passed over (pay.weixin.qq.com/doc/v3/merchant/4012154180).
    pub(super) fn wanted_for_answers(&self) -> Option<String> {
        self.given.iter().filter_map(|known| known.name.clone()).find(|name| name.starts_with(PUBLIC_KEY_ID))
    }
}

impl Variables<'_> {
    /// The one private key of this variable.
    pub(super) fn private_key(&self, variable: &'static str) -> Part<Key> {
        let keys = self.list(variable)?;
        let [text] =
            <[String; 1]>::try_from(keys).map_err(|_| Flaw { variable, problem: "more than one key" })?;
        Ok(VerifyingKey::new(None, der(variable, &text)?).key)
    }

    /// A list of `id:key`, `PUB_KEY_ID_…` or a platform certificate's serial number and the public key; in it, the
    /// word `certificates` for those that WeChat hands out itself. They are trusted only where it stands: so a
    /// forgotten variable switches the gateway off, and taking the word away takes the certificates away.
    pub(super) fn wechat_pay_keys(&self) -> Part<WechatPayKeys> {
        let variable = "WECHAT_PAY_PUBLIC_KEYS";
        let (words, items): (Vec<_>, Vec<_>) =
            self.list(variable)?.into_iter().partition(|item| item == CERTIFICATES);
        let given = items.iter().map(|item| match item.split_once(':') {
            Some((id, text)) if !id.trim().is_empty() => {
                Ok(VerifyingKey::new(Some(id.trim()), der(variable, text)?))
            }
            Some(_) | None => Err(Flaw { variable, problem: "not a list of id:key" }),
        });
        Ok(WechatPayKeys { given: given.collect::<Part<_>>()?, with_certificates: !words.is_empty() })
    }

    /// Alipay's keys: bare ones, which no signature names, and those of its certificates, named by their numbers.
    /// Either variable may be left out for the other; both together trust both.
    pub(super) fn alipay_keys(&self) -> Part<Vec<VerifyingKey>> {
        let variable = "ALIPAY_CERTIFICATES";
        let in_certificates = self.certificates(variable)?.unwrap_or_default();
        let mut keys: Vec<VerifyingKey> = in_certificates
            .into_iter()
            .map(|certificate| VerifyingKey::new(Some(&certificate.sn), certificate.public_key))
            .collect();
        let variable = "ALIPAY_PUBLIC_KEYS";
        if keys.is_empty() || self.optional(variable).is_some() {
            for text in self.list(variable)? {
                keys.push(VerifyingKey::new(None, der(variable, &text)?));
            }
        }
        Ok(keys)
    }

    /// How requests name the certificates of certificate mode; `None` in key mode, where neither the
    /// application's certificate nor the roots are given.
    pub(super) fn alipay_certificate_mode(&self, private_key: &Key) -> Part<Option<CertificateSns>> {
        let (app, roots) = ("ALIPAY_APP_CERTIFICATE", "ALIPAY_ROOT_CERTIFICATES");
        if self.optional(app).is_none() && self.optional(roots).is_none() {
            return Ok(None);
        }
        let missing = |variable| Flaw { variable, problem: MISSING };
        let own = self.certificates(app)?.ok_or(missing(app))?;
        let [own] = <[Certificate; 1]>::try_from(own)
            .map_err(|_| Flaw { variable: app, problem: "more than one certificate" })?;
        if !own.is_of(&private_key.bytes) {
            return Err(Flaw { variable: app, problem: "not of the key in ALIPAY_APP_PRIVATE_KEY" });
        }
        let problem = "not PEM certificates, one of them signed with RSA";
        let root_sn = root_sn(&self.required(roots)?).ok_or(Flaw { variable: roots, problem })?;
        // In this mode answers name a certificate, and bare keys have no name.
        self.required("ALIPAY_CERTIFICATES")?;
        Ok(Some(CertificateSns { app_sn: own.sn, root_sn }))
    }

    /// The certificates of this variable, at least one; `None` where it is not set.
    fn certificates(&self, variable: &'static str) -> Part<Option<Vec<Certificate>>> {
        let Some(text) = self.optional(variable) else { return Ok(None) };
        let problem = "not certificates of RSA keys, as PEM or base64";
        let read = certificates(&text).filter(|all| !all.is_empty());
        read.map(Some).ok_or(Flaw { variable, problem })
    }
}

/// The bytes of a key as base64 of DER, or as PEM.
fn der(variable: &'static str, text: &str) -> Part<Vec<u8>> {
    let flaw = Flaw { variable, problem: "not base64 of a DER key, or PEM" };
    let base64: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let bytes = BASE64_STANDARD.decode(base64).map_err(|_| flaw.clone())?;
    // Every DER key is a SEQUENCE; an RSA-2048 public key has 270 bytes or more.
    if bytes.first() == Some(&0x30) && bytes.len() >= 256 { Ok(bytes) } else { Err(flaw) }
}
