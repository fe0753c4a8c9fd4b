//! How is the buyer's phone drawn? (the frame, its status bar, the marks on its screen)

use maud::{Markup, html};

use super::Lang;
use super::text::{Words, cashier as words, common};
use crate::Gateway;
use crate::cashier::PaymentView;

/// Whose cashier is on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Alipay,
    WechatPay,
    Plain,
}

impl Look {
    pub(super) fn of(gateway: Gateway) -> Self {
        match gateway {
            Gateway::Alipay => Self::Alipay,
            Gateway::WechatPay => Self::WechatPay,
            Gateway::Stripe => Self::Plain,
        }
    }

    /// The class of the document's body.
    pub(super) fn stage(self) -> &'static str {
        match self {
            Self::Alipay => "stage alipay",
            Self::WechatPay => "stage wechat_pay",
            Self::Plain => "stage plain",
        }
    }

    fn title(self) -> Words {
        match self {
            Self::Alipay => common::ALIPAY,
            Self::WechatPay => common::WECHAT_PAY,
            Self::Plain => words::CASHIER,
        }
    }
}

/// The phone around a screen; `clock` is what its status bar shows.
pub(super) fn phone(lang: Lang, look: Look, clock: &str, screen: &Markup) -> Markup {
    html! {
        main.phone {
            header.bar {
                div.status aria-hidden="true" {
                    span { (clock) }
                    span.island {}
                    (signal())
                }
                p.title { strong { (lang.say(look.title())) } span.badge { (lang.say(common::SANDBOX)) } }
            }
            div.screen { (screen) }
            footer { p { (lang.say(words::NO_MONEY)) } span.home aria-hidden="true" {} }
        }
    }
}

/// The merchant's picture: the first letter of its name.
pub(super) fn avatar(view: &PaymentView) -> Markup {
    html! { span.avatar aria-hidden="true" { (view.merchant_name.chars().next().unwrap_or('·')) } }
}

/// The large sign above a result.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    Good,
    Wait,
    Bad,
}

impl Mark {
    pub(super) fn draw(self) -> Markup {
        let (class, path) = match self {
            Self::Good => ("good", "M19 33.5 28.5 43 46 24"),
            Self::Wait => ("wait", "M32 18v15l10 7"),
            Self::Bad => ("bad", "M23 23 41 41M41 23 23 41"),
        };
        html! {
            svg.mark.(class) viewBox="0 0 64 64" aria-hidden="true" {
                circle cx="32" cy="32" r="30" {}
                path d=(path) {}
            }
        }
    }
}

fn signal() -> Markup {
    html! {
        svg.signal viewBox="0 0 46 14" preserveAspectRatio="xMaxYMid meet" aria-hidden="true" {
            rect x="0" y="9" width="3" height="5" rx="1" {}
            rect x="5" y="6" width="3" height="8" rx="1" {}
            rect x="10" y="3" width="3" height="11" rx="1" {}
            rect x="15" y="0" width="3" height="14" rx="1" {}
            rect.outline x="24.5" y="1.5" width="18" height="11" rx="3" {}
            rect x="26.5" y="3.5" width="12" height="7" rx="1.5" {}
            rect x="44" y="5" width="2" height="4" rx="1" {}
        }
    }
}
