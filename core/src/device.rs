//! Which ways to pay fit what the learner looks at the page with?
//!
//! | | Alipay | WeChat Pay | card | wallet |
//! |---|---|---|---|---|
//! | inside WeChat | no: WeChat does not let its pages open | `in_app` | `redirect` | `balance` |
//! | a phone's browser | `mobile` | `mobile` | `redirect` | `balance` |
//! | a screen that a phone can be held up to | `qr`, `redirect` | `qr` | `redirect` | `balance` |
//!
//! This says what is offered, never what is accepted. A `User-Agent` is what a browser chooses to say of
//! itself: tablets pass for desktops, and who reads the page aloud to a server says something else again. A
//! wrong guess may cost a learner a better way to pay, and must not cost the payment.

use crate::method::{Channel, GatewayId, Method};

/// What the learner looks at the page with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// A screen that a phone can be held up to.
    Desktop,
    /// A phone's browser.
    Phone,
    /// WeChat's built-in browser.
    WeChat,
}

impl Device {
    /// The device of whoever sends this `User-Agent`; `None` for what is no browser.
    ///
    /// Every browser begins with `Mozilla/`, those on phones say `Mobi` (developer.mozilla.org, "Browser
    /// detection using the user agent"), and WeChat's says `MicroMessenger` on phones and desktops alike
    /// (developers.weixin.qq.com).
    #[must_use]
    pub fn of_user_agent(text: &str) -> Option<Self> {
        // By bytes: searching text would weigh more in the widget than the rest of this file.
        let names = |name: &[u8]| text.as_bytes().windows(name.len()).any(|part| part == name);
        if names(b"MicroMessenger") {
            Some(Self::WeChat)
        } else if !text.starts_with("Mozilla/") {
            None
        } else if names(b"Mobi") {
            Some(Self::Phone)
        } else {
            Some(Self::Desktop)
        }
    }

    /// Whether a learner can well pay by `method` in the way of `channel` here.
    #[must_use]
    pub const fn suits(self, method: Method, channel: Channel) -> bool {
        match (method, channel) {
            (Method::Wallet, _) | (Method::External(GatewayId::Stripe), _) => true,
            (Method::External(GatewayId::Alipay), Channel::Redirect)
            | (Method::External(GatewayId::Alipay | GatewayId::WechatPay), Channel::Qr) => {
                matches!(self, Self::Desktop)
            }
            (Method::External(GatewayId::Alipay | GatewayId::WechatPay), Channel::Mobile) => {
                matches!(self, Self::Phone)
            }
            (Method::External(GatewayId::WechatPay), Channel::InApp) => matches!(self, Self::WeChat),
            (Method::External(GatewayId::Alipay), Channel::InApp | Channel::Balance)
            | (Method::External(GatewayId::WechatPay), Channel::Redirect | Channel::Balance) => false,
        }
    }
}
