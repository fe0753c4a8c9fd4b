//! How do the sandbox's pages look, and in which language?
//!
//! Rendered here, without any script: what a page says can be tested as text, and it works under the
//! strictest content security policy.

mod cashier;
mod front;
mod text;

use bytes::Bytes;
use http::{Request, Response};
use maud::{DOCTYPE, Markup, html};

pub(crate) use self::cashier::cashier_page;
pub(crate) use self::text::Lang;
use crate::reply;

/// Where every page finds its style sheet.
pub(crate) const STYLE_PATH: &str = "/style.css";

/// The style sheet of all pages.
pub(crate) fn style() -> Response<Bytes> {
    reply::style(include_str!("pages/style.css"))
}

impl Lang {
    /// The language of an answer: `?lang=` first, then the browser's wish, then Chinese.
    pub(crate) fn of(request: &Request<Bytes>) -> Self {
        let wished = || request.headers().get(http::header::ACCEPT_LANGUAGE)?.to_str().ok();
        // Browsers list what they like best first; weights only repeat that order.
        Self::chosen(request)
            .or_else(|| wished()?.split(',').find_map(|tag| Self::from_tag(tag.trim())))
            .unwrap_or(Self::Zh)
    }

    /// The language in the address, if there is one.
    pub(crate) fn chosen(request: &Request<Bytes>) -> Option<Self> {
        form_urlencoded::parse(request.uri().query()?.as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, tag)| Self::from_tag(&tag))
    }
}

/// What every page has around it. `refresh` sends the browser on after some seconds.
fn layout(lang: Lang, title: &str, refresh: Option<(u8, &str)>, class: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.html_tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (title) }
                link rel="stylesheet" href=(STYLE_PATH);
                @if let Some((seconds, address)) = refresh {
                    meta http-equiv="refresh" content={ (seconds) ";url=" (address) };
                }
            }
            body class=(class) { (body) }
        }
    }
}

/// Links to the same page in the other language.
fn language_links(lang: Lang) -> Markup {
    html! {
        nav.languages {
            @for other in [Lang::Zh, Lang::En] {
                @if other == lang {
                    b { (other.name()) }
                } @else {
                    a href={ "?lang=" (other.tag()) } hreflang=(other.html_tag()) { (other.name()) }
                }
            }
        }
    }
}

/// A short message on the phone, with a way on if there is one.
pub(crate) fn message_page(lang: Lang, title: &str, detail: &str, onward: Option<&str>) -> Markup {
    let text = lang.text();
    let screen = html! {
        section.result {
            h1 { (title) }
            p { (detail) }
            @if let Some(address) = onward {
                a.button.primary href=(address) { (text.back_to_merchant) }
            }
        }
    };
    layout(lang, title, None, "stage", cashier::phone(lang, "", screen))
}

/// A question on the phone with its answers, each a name and an address.
pub(crate) fn choice_page(
    lang: Lang,
    title: &str,
    detail: &str,
    choices: impl IntoIterator<Item = (String, String)>,
) -> Markup {
    let screen = html! {
        section.result {
            h1 { (title) }
            p { (detail) }
            div.actions {
                @for (name, address) in choices { a.button.primary href=(address) { (name) } }
            }
        }
    };
    layout(lang, title, None, "stage", cashier::phone(lang, "", screen))
}

/// What a browser sees when a page or wap payment is refused, where a program would get JSON.
pub(crate) fn fault_page(lang: Lang, code: &str, sub_code: &str, reason: &str) -> Markup {
    let text = lang.text();
    let body = html! {
        main.fault {
            p.eyebrow { (text.sandbox) }
            h1 { (text.refused) }
            p { (text.refused_detail) }
            dl.facts {
                div { dt { "code" } dd { code { (code) } } }
                div { dt { "sub_code" } dd { code { (sub_code) } } }
                div { dt { "sub_msg" } dd { (reason) } }
            }
            p { a href="/" { (text.see_log) } }
        }
    };
    layout(lang, text.refused, None, "plain", body)
}
