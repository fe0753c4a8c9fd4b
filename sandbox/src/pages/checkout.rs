//! What does the buyer see at Stripe? (the hosted page: the order beside the ways to pay)

use maud::{Markup, html};

use super::Lang;
use super::beside::{scripts, ways_on};
use super::cashier::{button_address, said};
use super::layout::languages;
use super::parts;
use super::phone::{Mark, avatar};
use super::text::{Words, cashier, checkout as words, common};
use crate::cashier::{Button, NotPayable, Outcome, PaymentView};

/// The body of the hosted page. `refused` says why the button just pressed did nothing.
pub(super) fn checkout(
    lang: Lang,
    view: &PaymentView,
    base_url: &str,
    refused: Option<NotPayable>,
) -> Markup {
    html! {
        main.split {
            (order(lang, view))
            section.till aria-labelledby="till" {
                div {
                    (till(lang, view, refused))
                    footer { p { (lang.say(cashier::NO_MONEY)) } }
                }
            }
        }
        aside.beside.under {
            p.eyebrow { (parts::brand()) (lang.say(cashier::BESIDE)) }
            (scripts(lang, view, base_url))
            (ways_on(lang, view))
        }
    }
}

/// Who wants how much for what.
fn order(lang: Lang, view: &PaymentView) -> Markup {
    html! {
        section.order aria-label=(lang.say(words::SUMMARY)) {
            div {
                div.line {
                    p.shop { (avatar(view)) strong { (view.merchant_name) } }
                    span.badge { (lang.say(words::TEST_MODE)) }
                }
                p.for { (view.subject) }
                h1.amount { (view.price.text()) small { " " (view.price.currency) } }
                dl.lines {
                    div { dt { (view.subject) } dd { (view.price.text()) } }
                    div.total { dt { (lang.say(words::TOTAL)) } dd { (view.price.text()) } }
                }
                div.line.foot {
                    @if let Some(address) = &view.quit_url {
                        a href=(address) { "← " (lang.say(words::BACK_TO)) " " (view.merchant_name) }
                    }
                    (languages(lang, |other| format!("?lang={}", other.tag())))
                }
            }
        }
    }
}

fn till(lang: Lang, view: &PaymentView, refused: Option<NotPayable>) -> Markup {
    match view.outcome {
        Outcome::Waiting { declined } => ways_to_pay(lang, view, declined, refused),
        Outcome::Processing => bank(lang, view, refused),
        Outcome::Paid => result(lang, view, Mark::Good, words::PAID, words::PAID_DETAIL, refused),
        Outcome::Failed => result(lang, view, Mark::Bad, words::FAILED, words::FAILED_DETAIL, refused),
        Outcome::Closed | Outcome::Expired => {
            result(lang, view, Mark::Wait, words::EXPIRED, words::EXPIRED_DETAIL, refused)
        }
    }
}

fn ways_to_pay(lang: Lang, view: &PaymentView, declined: bool, refused: Option<NotPayable>) -> Markup {
    html! {
        h2 #till { (lang.say(words::PAY_WITH)) }
        div.plastic aria-hidden="true" {
            span { (lang.say(words::CARD)) }
            span.chip-gold {}
            b { "4242  4242  4242  4242" }
            small { (lang.say(words::HOLDER)) } small { "12 / 34" }
        }
        p.sub { (lang.say(words::CARD_DETAIL)) }
        (said(lang, refused))
        @if declined && refused.is_none() { p.notice.bad role="status" { (lang.say(words::CARD_DECLINED)) } }
        div.choices { (choices(lang, view)) }
    }
}

fn bank(lang: Lang, view: &PaymentView, refused: Option<NotPayable>) -> Markup {
    html! {
        div.result {
            (Mark::Wait.draw())
            h2 #till { (lang.say(words::PROCESSING)) }
            p { (lang.say(words::PROCESSING_DETAIL)) }
        }
        (said(lang, refused))
        div.choices { (choices(lang, view)) }
        @if let Some(address) = &view.return_url { a.button.quiet href=(address) { (lang.say(cashier::BACK)) } }
    }
}

fn result(
    lang: Lang,
    view: &PaymentView,
    mark: Mark,
    title: Words,
    detail: Words,
    refused: Option<NotPayable>,
) -> Markup {
    let onward = if view.outcome == Outcome::Paid { &view.return_url } else { &view.quit_url };
    html! {
        div.result {
            (mark.draw())
            h2 #till { (lang.say(title)) }
            p { (lang.say(detail)) }
        }
        (said(lang, refused))
        dl.facts {
            (parts::fact(lang.say(common::AMOUNT), view.price.text()))
            @if let Some(at_ms) = view.paid_at_ms { (parts::fact(lang.say(cashier::PAID_AT), parts::moment(at_ms))) }
            @if let Some(number) = &view.gateway_number { (parts::fact(lang.say(words::REFERENCE), parts::code(number))) }
        }
        div.choices { (choices(lang, view)) }
        @if let Some(address) = onward {
            a.button.primary href=(address) { (lang.say(cashier::BACK)) }
            @if view.outcome == Outcome::Paid && view.buttons.is_empty() && refused.is_none() {
                p.hint { (lang.say(cashier::RETURNING)) }
            }
        }
    }
}

/// What the sandbox lets the buyer, or the buyer's bank, do now.
fn choices(lang: Lang, view: &PaymentView) -> Markup {
    html! {
        @for button in &view.buttons {
            @let (class, word, detail) = match button {
                Button::Approve => ("primary", words::PAY, words::PAY_DETAIL),
                Button::Decline => ("danger", words::DECLINE, words::DECLINE_DETAIL),
                Button::ApproveLater => ("quiet", words::LATER, words::LATER_DETAIL),
                Button::Settle => ("primary", words::SETTLE, words::SETTLE_DETAIL),
                Button::Fail => ("danger", words::FAIL, words::FAIL_DETAIL),
                Button::Leave => ("link", cashier::LEAVE, cashier::LEFT_DETAIL),
            };
            form method="post" action=(button_address(lang, view, *button)) {
                button.button.(class) {
                    (lang.say(word)) @if *button == Button::Approve { " " (view.price.text()) }
                    small { (lang.say(detail)) }
                }
            }
        }
    }
}
