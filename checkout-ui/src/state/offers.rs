//! Which ways to pay does this learner see, in which order, and why is one of them closed?

use coursepay_core::api::MethodOffer;
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;

use super::{Choice, Learner, State, Wallet};

/// A way to pay on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub choice: Choice,
    /// Why it cannot be picked, if it cannot.
    pub blocked: Option<Blocked>,
}

/// Why a way to pay cannot be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The wallet does not cover the order.
    Short {
        /// By how much, where the balance is known.
        missing: Option<Money>,
    },
    /// The server has switched the method off.
    SwitchedOff,
}

const ALIPAY: Method = Method::External(GatewayId::Alipay);
const WECHAT_PAY: Method = Method::External(GatewayId::WechatPay);
const CARD: Method = Method::External(GatewayId::Stripe);

/// Inside WeChat, by WeChat.
pub(super) const IN_WECHAT: Choice = Choice { method: WECHAT_PAY, channel: Channel::InApp };

/// The ways to pay that this widget knows, in the order that fits those devices that they suit: on a phone its
/// own apps are at hand, at a desk the phone is, held up to a code. Typing comes after that.
const KNOWN: [Choice; 8] = [
    Choice { method: ALIPAY, channel: Channel::Qr },
    Choice { method: ALIPAY, channel: Channel::Mobile },
    Choice { method: WECHAT_PAY, channel: Channel::Qr },
    Choice { method: WECHAT_PAY, channel: Channel::Mobile },
    IN_WECHAT,
    Choice { method: ALIPAY, channel: Channel::Redirect },
    Choice { method: CARD, channel: Channel::Redirect },
    Choice { method: Method::Wallet, channel: Channel::Balance },
];

impl State {
    /// The ways to pay on offer: by device, narrowed to what the order allows once there is one, and before
    /// that to what the product does. A server that does not say so yet has Alipay.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let named = |offers: &[MethodOffer], choice: &Choice| {
            offers
                .iter()
                .any(|offer| offer.method == choice.method && offer.channels.contains(&choice.channel))
        };
        let of_product = self.product.as_ref().and_then(|product| product.methods.as_deref());
        let allowed = |choice: &Choice| match (self.open_order(), of_product) {
            (Some(held), _) => named(&held.view.methods, choice),
            // Whether there is a wallet is the learner's matter, not the product's.
            (None, _) if choice.method == Method::Wallet => true,
            (None, Some(offers)) => named(offers, choice),
            (None, None) => choice.method == ALIPAY,
        };
        KNOWN
            .into_iter()
            .filter(|choice| self.device.suits(choice.method, choice.channel))
            .filter(allowed)
            .filter(|choice| choice.method != Method::Wallet || self.wallet().is_some())
            .map(|choice| Offer { choice, blocked: self.blocked(choice) })
            .collect()
    }

    /// The way to pay that counts: the picked one while it can be had, else the first that can.
    #[must_use]
    pub fn chosen(&self) -> Option<Choice> {
        let open: Vec<_> =
            self.offers().into_iter().filter(|offer| offer.blocked.is_none()).map(|o| o.choice).collect();
        self.picked.filter(|picked| open.contains(picked)).or(open.first().copied())
    }

    /// The wallet, where the learner has one to spend.
    #[must_use]
    pub fn wallet(&self) -> Option<&Wallet> {
        match &self.learner {
            Learner::SignedIn { wallet: Wallet::Absent, .. } | Learner::Asking | Learner::Visitor => None,
            Learner::SignedIn { wallet, .. } => Some(wallet),
        }
    }

    fn blocked(&self, choice: Choice) -> Option<Blocked> {
        if self.switched_off.contains(&choice.method) {
            return Some(Blocked::SwitchedOff);
        }
        if choice.method != Method::Wallet {
            return None;
        }
        match (self.wallet()?, self.price()?) {
            (Wallet::Short, _) => Some(Blocked::Short { missing: None }),
            (Wallet::Holds(view), price) if view.currency != price.currency() => {
                Some(Blocked::Short { missing: Some(price) })
            }
            (Wallet::Holds(view), price) => {
                let missing = price.minor().saturating_sub(view.balance_minor);
                (missing > 0).then(|| Blocked::Short { missing: Money::new(missing, price.currency()).ok() })
            }
            (Wallet::Absent | Wallet::Unread, _) => None,
        }
    }
}
