//! What does a developer want to know beside the cashier? (its QR code, its buttons for scripts, the ways on)

use maud::{Markup, html};

use super::layout::languages;
use super::text::{cashier as words, common};
use super::{Lang, parts, qr};
use crate::Gateway;
use crate::cashier::PaymentView;

/// All of it, beside the phone.
pub(super) fn beside(lang: Lang, view: &PaymentView, base_url: &str) -> Markup {
    let detail = match view.gateway {
        Gateway::WechatPay => words::BESIDE_WECHAT,
        _ => words::BESIDE_ALIPAY,
    };
    html! {
        aside.beside {
            div.line {
                p.eyebrow { (parts::brand()) (lang.say(words::BESIDE)) }
                (languages(lang, |other| format!("?lang={}", other.tag())))
            }
            h2 { (lang.say(words::BESIDE_TITLE)) }
            p { (lang.say(detail)) }
            div.scan {
                (qr::qr(&format!("{base_url}{}", view.page), lang.say(words::QR)))
                p { (lang.say(words::QR_DETAIL)) }
            }
            (scripts(lang, view, base_url))
            (ways_on(lang, view))
        }
    }
}

/// The buttons as scripts press them.
pub(super) fn scripts(lang: Lang, view: &PaymentView, base_url: &str) -> Markup {
    html! {
        @if !view.buttons.is_empty() {
            p { (lang.say(words::SCRIPTS)) }
            pre.wrap tabindex="0" {
                "at=" (base_url) (view.page) "\n"
                @for button in &view.buttons { "curl -X POST $at/" (button.name()) "\n" }
            }
        }
    }
}

/// To the payment's own page, its faults, and the overview.
pub(super) fn ways_on(lang: Lang, view: &PaymentView) -> Markup {
    let payment = format!("{}?lang={}", parts::payment_path(view), lang.tag());
    html! {
        nav.ways aria-label=(lang.say(common::NAVIGATION)) {
            a href=(payment) { (lang.say(words::DETAILS)) }
            a href={ (payment) "#faults" } { (lang.say(words::ARM)) }
            a href={ "/?lang=" (lang.tag()) } { (lang.say(common::OVERVIEW)) }
        }
    }
}
