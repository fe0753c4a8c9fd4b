//! What does the buyer see? (a phone with the cashier on it)

use maud::{Markup, html};

use super::{Lang, language_links, layout};
use crate::cashier::{Button, NotPayable, Outcome, PaymentView};
use crate::clock::{shanghai_format, shanghai_text};
use crate::desk::Moment;

/// Time to read "paid" before the browser goes back to the merchant.
const SECONDS_BEFORE_RETURN: u8 = 3;

/// The cashier page of one payment. `refused` says why the button just pressed did nothing.
pub(crate) fn cashier_page(
    lang: Lang,
    view: &PaymentView,
    base_url: &str,
    now: Moment,
    refused: Option<NotPayable>,
) -> Markup {
    let text = lang.text();
    let screen = html! {
        @match view.outcome {
            Outcome::Waiting { declined } => (waiting(lang, view, declined)),
            Outcome::Paid | Outcome::Processing => (paid(lang, view, refused)),
            Outcome::Closed | Outcome::Failed => (over(lang, view, text.closed, text.closed_detail)),
            Outcome::Expired => (over(lang, view, text.expired, text.expired_detail)),
        }
    };
    let body = html! {
        (phone(lang, &shanghai_format(now.business_ms, "%H:%M"), screen))
        aside.beside {
            p.eyebrow { (text.sandbox) }
            h2 { (text.aside_title) }
            p { (text.aside_detail) }
            p { (text.aside_script) }
            pre.wrap { "curl -X POST " (base_url) (view.page) "/approve\ncurl -X POST " (base_url) (view.page) "/decline" }
            div.links { a href={ "/?lang=" (lang.tag()) } { (text.aside_front) } (language_links(lang)) }
        }
    };
    let onward = view.return_url.as_deref().filter(|_| refused.is_none());
    let title = format!("{} · {}", text.cashier, view.price.text());
    layout(lang, &title, onward.map(|address| (SECONDS_BEFORE_RETURN, address)), "stage", body)
}

/// The phone around a screen; `clock` is what its status bar shows.
pub(super) fn phone(lang: Lang, clock: &str, screen: Markup) -> Markup {
    let text = lang.text();
    html! {
        main.phone {
            header.bar {
                div.status aria-hidden="true" {
                    span { (clock) }
                    span.island {}
                    (signal())
                }
                div.title { strong { (text.cashier) } span.badge { (text.sandbox) } }
            }
            div.screen { (screen) }
            footer { p { (text.no_money) } span.home aria-hidden="true" {} }
        }
    }
}

fn waiting(lang: Lang, view: &PaymentView, declined: bool) -> Markup {
    let text = lang.text();
    html! {
        (head(lang, view))
        @if declined { p.notice role="status" { (text.declined) } }
        dl.card {
            div { dt { (text.subject) } dd { (view.subject) } }
            div { dt { (text.number) } dd.code { (view.number) } }
            div { dt { (text.pay_before) } dd { (shanghai_text(view.expires_at_ms)) } }
            div { dt { (text.payment_method) } dd { (text.balance) } }
        }
        div.actions {
            (button(lang, view, Button::Approve, "primary", &format!("{} {}", text.approve, view.price.text())))
            (button(lang, view, Button::Decline, "quiet", text.decline))
            (button(lang, view, Button::Leave, "link", text.leave))
        }
    }
}

fn paid(lang: Lang, view: &PaymentView, refused: Option<NotPayable>) -> Markup {
    let text = lang.text();
    html! {
        section.result {
            (check())
            h1 { (text.paid) }
            p.amount { small { (view.price.symbol()) } (view.price.number()) }
            @match refused {
                Some(reason) => p.notice role="alert" { (refusal(lang, reason)) },
                None => p { (text.paid_detail) },
            }
        }
        dl.card {
            div { dt { (text.merchant) } dd { (view.merchant_name) } }
            div { dt { (text.subject) } dd { (view.subject) } }
            @if let Some(at_ms) = view.paid_at_ms { div { dt { (text.paid_at) } dd { (shanghai_text(at_ms)) } } }
            (numbers(lang, view))
        }
        @if let Some(address) = &view.return_url {
            div.actions {
                a.button.primary href=(address) { (text.back_to_merchant) }
                @if refused.is_none() { p.hint { (text.returning) } }
            }
        }
    }
}

fn over(lang: Lang, view: &PaymentView, title: &str, detail: &str) -> Markup {
    html! {
        section.result {
            (hourglass())
            h1 { (title) }
            p { (detail) }
        }
        dl.card {
            div { dt { (lang.text().subject) } dd { (view.subject) } }
            div { dt { (lang.text().amount) } dd { (view.price.text()) } }
            (numbers(lang, view))
        }
    }
}

fn head(lang: Lang, view: &PaymentView) -> Markup {
    html! {
        section.head {
            span.avatar aria-hidden="true" { (view.merchant_name.chars().next().unwrap_or('·')) }
            p { (lang.text().pay_to) " " strong { (view.merchant_name) } }
            p.amount { small { (view.price.symbol()) } (view.price.number()) }
        }
    }
}

fn numbers(lang: Lang, view: &PaymentView) -> Markup {
    html! {
        div { dt { (lang.text().number) } dd.code { (view.number) } }
        @if let Some(number) = &view.gateway_number {
            div { dt { (lang.text().gateway_number) } dd.code { (number) } }
        }
    }
}

fn button(lang: Lang, view: &PaymentView, button: Button, class: &str, label: &str) -> Markup {
    html! {
        form method="post" action={ (view.page) "/" (button.name()) "?lang=" (lang.tag()) } {
            button.button.(class) { (label) }
        }
    }
}

fn refusal(lang: Lang, reason: NotPayable) -> &'static str {
    match reason {
        NotPayable::AlreadyPaid => lang.text().refuse_paid,
        NotPayable::Closed => lang.text().refuse_closed,
        NotPayable::Expired | NotPayable::NotOffered => lang.text().refuse_expired,
    }
}

fn check() -> Markup {
    html! {
        svg.mark.good viewBox="0 0 64 64" aria-hidden="true" {
            circle cx="32" cy="32" r="30" {}
            path d="M19 33.5 28.5 43 46 24" {}
        }
    }
}

fn hourglass() -> Markup {
    html! {
        svg.mark viewBox="0 0 64 64" aria-hidden="true" {
            circle cx="32" cy="32" r="30" {}
            path d="M32 18v15l10 7" {}
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
