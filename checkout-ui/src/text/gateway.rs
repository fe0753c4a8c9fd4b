//! What do we call a way to pay, and what do we say while the learner is on it?

use coursepay_core::method::{Channel, GatewayId, Method};

use super::{Lang, Text};
use crate::state::{Choice, State};

/// What is said while the learner pays, by whom they pay through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Above a code.
    pub scan: Text,
    /// Below it.
    pub scan_hint: Text,
    /// For those who cannot see it.
    pub code: Text,
    /// While the learner is, or should be, at the gateway.
    pub going: Text,
    /// What leads them there once more.
    pub open: Text,
}

const ALIPAY: Words = Words {
    scan: Text::ScanAlipay,
    scan_hint: Text::ScanAlipayHint,
    code: Text::AlipayCode,
    going: Text::InAlipay,
    open: Text::OpenAlipay,
};
const WECHAT_PAY: Words = Words {
    scan: Text::ScanWechat,
    scan_hint: Text::ScanWechatHint,
    code: Text::WechatCode,
    going: Text::InWechat,
    open: Text::OpenWechat,
};
/// There are no codes for cards.
const CARD: Words = Words { going: Text::AtStripe, open: Text::OpenStripe, ..ALIPAY };

impl State {
    /// The words for the payment under way.
    #[must_use]
    pub fn words(&self) -> Words {
        match self.attempt().map(|attempt| attempt.method) {
            Some(Method::External(GatewayId::WechatPay)) => WECHAT_PAY,
            Some(Method::External(GatewayId::Stripe)) => CARD,
            Some(Method::External(GatewayId::Alipay) | Method::Wallet) | None => ALIPAY,
        }
    }
}

impl Lang {
    /// The name of a way to pay, and the line below it.
    #[must_use]
    pub const fn choice(self, choice: Choice) -> (&'static str, &'static str) {
        let (name, hint) = match (choice.method, choice.channel) {
            (Method::Wallet, _) => (Text::Wallet, Text::WalletHint),
            (Method::External(GatewayId::Stripe), _) => (Text::Card, Text::CardHint),
            (Method::External(GatewayId::WechatPay), Channel::Qr) => (Text::WechatQr, Text::WechatQrHint),
            (Method::External(GatewayId::WechatPay), Channel::InApp) => {
                (Text::WechatPay, Text::WechatInAppHint)
            }
            (Method::External(GatewayId::WechatPay), _) => (Text::WechatPay, Text::WechatMobileHint),
            (Method::External(GatewayId::Alipay), Channel::Qr) => (Text::AlipayQr, Text::AlipayQrHint),
            (Method::External(GatewayId::Alipay), Channel::Mobile) => {
                (Text::AlipayMobile, Text::AlipayMobileHint)
            }
            (Method::External(GatewayId::Alipay), _) => (Text::AlipayRedirect, Text::AlipayRedirectHint),
        };
        (self.say(name), self.say(hint))
    }
}
