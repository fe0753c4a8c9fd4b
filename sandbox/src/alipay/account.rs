//! What do a merchant and Alipay agree on?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::payee::Payee;
use crate::certificate::{Authority, Certificate};
use crate::keys::{KeyMaker, KeyPair};
use crate::merchant::KeysError;
use crate::random::Random;

/// An application with its account, the two key pairs between it and the gateway, and their certificates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// The application's id.
    pub app_id: String,
    /// The account's id (2088…).
    pub seller_id: String,
    /// Signs requests; the sandbox shows it so that an SDK can be set up.
    pub app_key: KeyPair,
    /// Signs answers and notifies.
    pub gateway_key: KeyPair,
    /// Vouches for the application's key, in certificate mode.
    pub app_cert: Certificate,
    /// Vouches for the gateway's key, in certificate mode.
    pub gateway_cert: Certificate,
    /// Vouches for both.
    pub root_cert: Certificate,
}

impl Account {
    /// Makes an account with fresh ids and keys.
    pub(crate) fn generate(
        maker: KeyMaker,
        authority: &Authority,
        random: &mut Random,
    ) -> Result<Self, KeysError> {
        let app_id = format!("2021{}", random.digits(12));
        let app_key = KeyPair::made_by(maker, random)?;
        let gateway_key = KeyPair::made_by(maker, random)?;
        Ok(Self {
            seller_id: format!("2088{}", random.digits(12)),
            app_cert: authority.issue(&app_id, &app_key, random)?,
            gateway_cert: authority.issue("Alipay of the sandbox", &gateway_key, random)?,
            root_cert: authority.certificate.clone(),
            app_id,
            app_key,
            gateway_key,
        })
    }

    /// Everything an integration needs, and the gateway's private key for tests that play the gateway.
    pub(crate) fn config(&self, base_url: &str) -> Value {
        json!({
            "gateway_url": format!("{base_url}/gateway.do"),
            "app_id": self.app_id,
            "seller_id": self.seller_id,
            "app_private_key": self.app_key.private_key_base64(),
            "app_public_key": self.app_key.public_key_base64(),
            "gateway_private_key": self.gateway_key.private_key_base64(),
            "gateway_public_key": self.gateway_key.public_key_base64(),
            "app_cert": self.app_cert.pem,
            "app_cert_sn": self.app_cert.alipay_sn,
            "gateway_cert": self.gateway_cert.pem,
            "gateway_cert_sn": self.gateway_cert.alipay_sn,
            "root_cert": self.root_cert.pem,
            "root_cert_sn": self.root_cert.alipay_sn,
            "payees": Payee::all_json(),
        })
    }
}
