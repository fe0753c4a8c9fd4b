//! What does every page have around it? (the head of the document, navigation, the language switch)

use maud::{DOCTYPE, Markup, html};

use super::text::common as words;
use super::visit::Visit;
use super::{ICON_PATH, Lang, STYLE_PATH, parts};
use crate::clock::shanghai_format;

/// The pages of the navigation, in its order.
const PAGES: [(&str, super::text::Words); 6] = [
    ("/", words::OVERVIEW),
    ("/payments", words::PAYMENTS),
    ("/log", words::LOG),
    ("/mailbox", words::MAILBOX),
    ("/faults", words::FAULTS),
    ("/clock", words::CLOCK),
];

/// A page with the navigation. Its title is the one `h1`, unless the body brings its own.
pub(super) fn page(visit: &Visit, title: &str, body: &Markup) -> Markup {
    let lang = visit.lang;
    let whole = html! {
        a.skip href="#content" { (lang.say(words::SKIP)) }
        header.top {
            div.wide {
                a.brand href=(visit.link("/")) { (parts::brand()) span { i { "Coursepay " } b { (lang.say(words::SANDBOX)) } } }
                nav.pages aria-label=(lang.say(words::NAVIGATION)) {
                    @for (path, name) in PAGES {
                        a href=(visit.link(path)) aria-current=[current(visit.path(), path)] { (lang.say(name)) }
                    }
                }
                div.tools { (clock(visit)) (languages(lang, |other| visit.in_language(other))) }
            }
        }
        main #content.wide { (body) }
    };
    let title = format!("{title} · {}", lang.say(words::PRODUCT));
    document(lang, &title, None, "console", &whole)
}

/// How the navigation marks where one is: the page itself, or the list a page belongs to.
fn current(here: &str, path: &str) -> Option<&'static str> {
    let below = path != "/" && here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    if here == path { Some("page") } else { below.then_some("true") }
}

/// Business time on every page: most surprises with expiry and dates end here.
fn clock(visit: &Visit) -> Markup {
    let moved = visit.now.business_ms != visit.now.real_ms;
    html! {
        a.chip.moved[moved] href=(visit.link("/clock")) {
            span.hidden { (visit.lang.say(words::BUSINESS_TIME)) " " }
            (parts::icon_clock())
            (shanghai_format(visit.now.business_ms, "%m-%d %H:%M"))
            @if moved { " " b { (visit.lang.say(words::MOVED)) } }
        }
    }
}

/// Links to the same page in the other language.
pub(super) fn languages(lang: Lang, address: impl Fn(Lang) -> String) -> Markup {
    html! {
        nav.languages aria-label=(lang.say(words::LANGUAGES)) {
            @for other in Lang::ALL {
                @if other == lang {
                    b lang=(other.html_tag()) { (other.name()) }
                } @else {
                    a href=(address(other)) lang=(other.html_tag()) hreflang=(other.html_tag()) { (other.name()) }
                }
            }
        }
    }
}

/// A whole document. `refresh` sends the browser on after some seconds.
pub(super) fn document(
    lang: Lang,
    title: &str,
    refresh: Option<(u8, &str)>,
    class: &str,
    body: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.html_tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(STYLE_PATH);
                link rel="icon" type="image/svg+xml" href=(ICON_PATH);
                @if let Some((seconds, address)) = refresh {
                    meta http-equiv="refresh" content={ (seconds) ";url=" (address) };
                }
            }
            body class=(class) { (body) }
        }
    }
}
