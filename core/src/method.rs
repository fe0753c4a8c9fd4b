//! With what, and in which way, can an order be paid?
//!
//! A method is the platform's own wallet or an external gateway. The wallet settles inside the order's own
//! batch and has no protocol; everything else goes through [`GatewayId`].

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An external payment gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GatewayId {
    /// Alipay (支付宝), gateway.do with RSA2.
    Alipay,
    /// WeChat Pay (微信支付), API v3.
    WechatPay,
    /// Cards, through Stripe.
    Stripe,
}

impl GatewayId {
    /// Every gateway.
    pub const ALL: [Self; 3] = [Self::Alipay, Self::WechatPay, Self::Stripe];

    /// Its name in addresses, the ledger and storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alipay => "alipay",
            Self::WechatPay => "wechat_pay",
            Self::Stripe => "stripe",
        }
    }

    /// Whether it calls a refund done while the buyer's bank may still send it back, weeks later
    /// (docs.stripe.com/refunds#failed-refunds). The others are done when the buyer has the money.
    #[must_use]
    pub const fn may_take_refunds_back(self) -> bool {
        match self {
            Self::Stripe => true,
            Self::Alipay | Self::WechatPay => false,
        }
    }
}

/// With what an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// The learner's closed-loop balance on this platform.
    Wallet,
    /// Money from outside.
    External(GatewayId),
}

impl Method {
    /// Its name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::External(GatewayId::Alipay) => "alipay",
            Self::External(GatewayId::WechatPay) => "wechat_pay",
            // Learners pay by card; who takes it is the platform's business.
            Self::External(GatewayId::Stripe) => "card",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let methods = GatewayId::ALL.into_iter().map(Self::External).chain([Self::Wallet]);
        methods.into_iter().find(|method| method.name() == name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| de::Error::unknown_variant(&name, &["alipay", "wechat_pay", "card", "wallet"]))
    }
}

/// In which way the learner meets the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A code on this screen, scanned with a phone.
    Qr,
    /// The gateway's page, in a desktop browser.
    Redirect,
    /// The gateway's page or app, in a phone's browser.
    Mobile,
    /// Inside the gateway's own app.
    InApp,
    /// The wallet's balance.
    Balance,
}

impl Channel {
    /// Its name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Redirect => "redirect",
            Self::Mobile => "mobile",
            Self::InApp => "in_app",
            Self::Balance => "balance",
        }
    }

    /// The channel of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Qr, Self::Redirect, Self::Mobile, Self::InApp, Self::Balance]
            .into_iter()
            .find(|channel| channel.name() == name)
    }
}
