//! What does a page say that has little to say? (gone, unknown, refused)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use super::layout::{document, page};
use super::phone::{Look, phone};
use super::text::{cashier, common};
use super::visit::Visit;
use super::{Lang, parts};
use crate::Gateway;
use crate::cashier::PaymentView;
use crate::reply;

/// The sandbox has nothing at this address.
pub(super) fn unknown_page(visit: &Visit) -> Response<Bytes> {
    let lang = visit.lang;
    let body = html! {
        section.lonely {
            p.eyebrow { "404" }
            h1 { (lang.say(common::NOT_FOUND)) }
            p.lead { (lang.say(common::NOT_FOUND_DETAIL)) }
            p { a.button.primary href=(visit.link("/")) { (lang.say(common::TO_OVERVIEW)) } }
        }
    };
    reply::page(StatusCode::NOT_FOUND, page(visit, lang.say(common::NOT_FOUND), &body))
}

/// The buyer has left the cashier.
pub(crate) fn left_page(lang: Lang, view: &PaymentView) -> Markup {
    let look = Look::of(view.gateway);
    message(lang, look, lang.say(cashier::LEFT), lang.say(cashier::LEFT_DETAIL), view.quit_url.as_deref())
}

/// A cashier's address that belongs to no payment.
pub(crate) fn unknown_payment_page(lang: Lang) -> Markup {
    message(lang, Look::Plain, lang.say(cashier::UNKNOWN), lang.say(cashier::UNKNOWN_DETAIL), None)
}

/// A short message on the phone, with a way on if there is one.
fn message(lang: Lang, look: Look, title: &str, detail: &str, onward: Option<&str>) -> Markup {
    let screen = html! {
        section.result {
            h1 { (title) }
            p { (detail) }
            @if let Some(address) = onward {
                a.button.primary href=(address) { (lang.say(cashier::BACK)) }
            }
        }
    };
    document(lang, title, None, look.stage(), &phone(lang, look, "", &screen))
}

/// A question on the phone with its answers, each a name and an address.
pub(crate) fn choice_page(
    lang: Lang,
    title: &str,
    detail: &str,
    choices: impl IntoIterator<Item = (String, String)>,
) -> Markup {
    let look = Look::of(Gateway::WechatPay);
    let screen = html! {
        section.result {
            h1 { (title) }
            p { (detail) }
            div.actions {
                @for (name, address) in choices { a.button.primary href=(address) { (name) } }
            }
        }
    };
    document(lang, title, None, look.stage(), &phone(lang, look, "", &screen))
}

/// What a browser sees when a page or wap payment is refused, where a program would get JSON.
pub(crate) fn fault_page(lang: Lang, code: &str, sub_code: &str, reason: &str) -> Markup {
    let body = html! {
        main.refused {
            p.eyebrow { (parts::brand()) (lang.say(common::PRODUCT)) }
            h1 { (lang.say(common::REFUSED)) }
            p.lead { (lang.say(common::REFUSED_DETAIL)) }
            dl.facts.panel {
                (parts::fact("code", parts::code(code)))
                (parts::fact("sub_code", parts::code(sub_code)))
                (parts::fact("sub_msg", reason))
            }
            p { a href={ "/log?lang=" (lang.tag()) } { (lang.say(common::SEE_LOG)) " →" } }
        }
    };
    document(lang, lang.say(common::REFUSED), None, "console", &body)
}
