//! Who are the merchants, and with which keys do they and the gateways sign?

use serde::{Deserialize, Serialize};

use crate::certificate::{Authority, CertificateError};
use crate::keys::{KeyError, KeyMaker};
use crate::random::Random;
use crate::{alipay, stripe, wechat_pay};

/// One business with its account at each gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Merchant {
    /// How faults and pages name it: `m1`, `m2`, …
    pub id: String,
    /// The name on the cashier page.
    pub name: String,
    /// The address the gateways know.
    pub email: String,
    /// Its application and keys at Alipay.
    pub alipay: alipay::Account,
    /// Its account and keys at WeChat Pay.
    pub wechat_pay: wechat_pay::Account,
    /// Its account and keys at Stripe.
    pub stripe: stripe::Account,
}

/// Everything secret and lasting: made once, kept apart from the payments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    /// The first one is the one whose settings are shown first.
    pub merchants: Vec<Merchant>,
}

/// Why keys could not be made.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Two, so that what belongs to one can be tried on the other.
const NAMES: [&str; 2] = ["知行课堂 · Zhixing Academy", "墨池书院 · Inkpond College"];

impl Keys {
    /// Makes two merchants with real keys and certificates at each gateway (a few seconds).
    ///
    /// # Errors
    /// When no key can be made.
    pub fn generate(random: &mut Random) -> Result<Self, KeysError> {
        Self::made_by(KeyMaker::Rsa, random)
    }

    /// Makes two merchants whose signatures are hashes instead of RSA: for simulations that want thousands
    /// of payments a second. **They protect nothing and no SDK knows them.**
    ///
    /// # Errors
    /// When no key can be made.
    pub fn stand_in(random: &mut Random) -> Result<Self, KeysError> {
        Self::made_by(KeyMaker::StandIn, random)
    }

    fn made_by(maker: KeyMaker, random: &mut Random) -> Result<Self, KeysError> {
        let authority = Authority::generate(maker, random)?;
        let merchants = NAMES.into_iter().zip(1..).map(|(name, number)| {
            Ok(Merchant {
                id: format!("m{number}"),
                name: name.to_owned(),
                email: format!("seller-{}@sandbox.example", random.digits(12)),
                alipay: alipay::Account::generate(maker, &authority, random)?,
                wechat_pay: wechat_pay::Account::generate(maker, &authority, random)?,
                stripe: stripe::Account::generate(random),
            })
        });
        Ok(Self { merchants: merchants.collect::<Result<_, KeysError>>()? })
    }
}
