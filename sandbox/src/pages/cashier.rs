//! What does the buyer see at Alipay and WeChat Pay? (a phone with the cashier on it)

use maud::{Markup, html};

use super::beside::beside;
use super::layout::document;
use super::phone::{Look, Mark, avatar, phone};
use super::text::{Words, cashier as words, common};
use super::{Lang, checkout, parts};
use crate::Gateway;
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
    let look = Look::of(view.gateway);
    let (title, body, class) = match look {
        Look::Plain => (words::CHECKOUT, checkout::checkout(lang, view, base_url, refused), "checkout"),
        Look::Alipay | Look::WechatPay => {
            let clock = shanghai_format(now.business_ms, "%H:%M");
            let body = html! {
                (phone(lang, look, &clock, &screen(lang, view, refused)))
                (beside(lang, view, base_url))
            };
            (words::CASHIER, body, look.stage())
        }
    };
    let title = format!("{} · {}", lang.say(title), view.price.text());
    document(lang, &title, onward(view, refused), class, &body)
}

/// Where the browser goes by itself: back to the merchant, once there is nothing left to press or to read.
fn onward(view: &PaymentView, refused: Option<NotPayable>) -> Option<(u8, &str)> {
    let over = view.outcome == Outcome::Paid && view.buttons.is_empty() && refused.is_none();
    let address = view.return_url.as_deref().filter(|_| over)?;
    Some((SECONDS_BEFORE_RETURN, address))
}

fn screen(lang: Lang, view: &PaymentView, refused: Option<NotPayable>) -> Markup {
    let over = |mark, title, detail| over(lang, view, mark, title, detail, refused);
    match view.outcome {
        Outcome::Waiting { declined } => waiting(lang, view, declined, refused),
        Outcome::Paid => paid(lang, view, refused),
        Outcome::Processing => over(Mark::Wait, words::PROCESSING, words::PROCESSING_DETAIL),
        Outcome::Failed => over(Mark::Bad, words::FAILED, words::FAILED_DETAIL),
        Outcome::Closed => over(Mark::Bad, words::CLOSED, words::CLOSED_DETAIL),
        Outcome::Expired => over(Mark::Wait, words::EXPIRED, words::EXPIRED_DETAIL),
    }
}

fn waiting(lang: Lang, view: &PaymentView, declined: bool, refused: Option<NotPayable>) -> Markup {
    let method = match view.gateway {
        Gateway::WechatPay => words::CHANGE,
        _ => words::BALANCE,
    };
    html! {
        section.head {
            (avatar(view))
            p { (lang.say(words::PAY_TO)) " " strong { (view.merchant_name) } }
            h1.amount { small { (view.price.symbol()) } (view.price.number()) }
        }
        (said(lang, refused))
        @if declined && refused.is_none() { p.notice role="status" { (lang.say(words::DECLINED)) } }
        dl.card {
            (parts::fact(lang.say(common::SUBJECT), &view.subject))
            (parts::fact(lang.say(common::NUMBER), parts::code(&view.number)))
            (parts::fact(lang.say(words::PAY_BEFORE), shanghai_text(view.expires_at_ms)))
            (parts::fact(lang.say(words::PAYMENT_METHOD), lang.say(method)))
        }
        div.actions {
            (buttons(lang, view))
            (button(lang, view, Button::Leave, "link", lang.say(words::LEAVE)))
        }
    }
}

fn paid(lang: Lang, view: &PaymentView, refused: Option<NotPayable>) -> Markup {
    html! {
        section.result {
            (Mark::Good.draw())
            h1 { (lang.say(words::PAID)) }
            p.amount { small { (view.price.symbol()) } (view.price.number()) }
            @if refused.is_none() { p { (lang.say(words::PAID_DETAIL)) } }
        }
        (said(lang, refused))
        (facts(lang, view))
        div.actions {
            (buttons(lang, view))
            @if let Some(address) = &view.return_url {
                a.button.primary href=(address) { (lang.say(words::BACK)) }
                @if onward(view, refused).is_some() { p.hint { (lang.say(words::RETURNING)) } }
            }
        }
    }
}

fn over(
    lang: Lang,
    view: &PaymentView,
    mark: Mark,
    title: Words,
    detail: Words,
    refused: Option<NotPayable>,
) -> Markup {
    html! {
        section.result {
            (mark.draw())
            h1 { (lang.say(title)) }
            p { (lang.say(detail)) }
        }
        (said(lang, refused))
        (facts(lang, view))
        div.actions {
            (buttons(lang, view))
            @if let Some(address) = view.quit_url.as_ref().or(view.return_url.as_ref()) {
                a.button.quiet href=(address) { (lang.say(words::BACK)) }
            }
        }
    }
}

fn facts(lang: Lang, view: &PaymentView) -> Markup {
    html! {
        dl.card {
            (parts::fact(lang.say(common::MERCHANT), &view.merchant_name))
            (parts::fact(lang.say(common::SUBJECT), &view.subject))
            @if view.outcome != Outcome::Paid { (parts::fact(lang.say(common::AMOUNT), view.price.text())) }
            @if let Some(at_ms) = view.paid_at_ms { (parts::fact(lang.say(words::PAID_AT), shanghai_text(at_ms))) }
            (parts::fact(lang.say(common::NUMBER), parts::code(&view.number)))
            @if let Some(number) = &view.gateway_number {
                (parts::fact(lang.say(words::GATEWAY_NUMBER), parts::code(number)))
            }
        }
    }
}

/// What the gateway offers now.
fn buttons(lang: Lang, view: &PaymentView) -> Markup {
    html! {
        @for offered in &view.buttons {
            @match offered {
                Button::Approve => {
                    @let word = if view.gateway == Gateway::WechatPay { words::APPROVE_NOW } else { words::APPROVE };
                    (button(lang, view, *offered, "primary", &format!("{} {}", lang.say(word), view.price.text())))
                }
                Button::Decline => (button(lang, view, *offered, "danger", lang.say(words::DECLINE))),
                Button::ApproveLater => (button(lang, view, *offered, "quiet", lang.say(words::LATER))),
                Button::Settle => (button(lang, view, *offered, "primary", lang.say(words::SETTLE))),
                Button::Fail => (button(lang, view, *offered, "danger", lang.say(words::FAIL))),
                Button::Leave => {}
            }
        }
    }
}

fn button(lang: Lang, view: &PaymentView, button: Button, class: &str, label: &str) -> Markup {
    html! {
        form method="post" action=(button_address(lang, view, button)) { button.button.(class) { (label) } }
    }
}

/// Where a button sends its press.
pub(super) fn button_address(lang: Lang, view: &PaymentView, button: Button) -> String {
    format!("{}/{}?lang={}", view.page, button.name(), lang.tag())
}

/// Why the button just pressed did nothing.
pub(super) fn said(lang: Lang, refused: Option<NotPayable>) -> Markup {
    let word = refused.map(|reason| match reason {
        NotPayable::AlreadyPaid => words::REFUSE_PAID,
        NotPayable::Closed => words::REFUSE_CLOSED,
        NotPayable::Expired => words::REFUSE_EXPIRED,
        NotPayable::NotOffered => words::REFUSE_NOT_OFFERED,
    });
    html! { @if let Some(word) = word { p.notice role="alert" { (lang.say(word)) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::Price;

    const WAITING: Outcome = Outcome::Waiting { declined: false };

    fn view(gateway: Gateway, outcome: Outcome, buttons: &[Button]) -> PaymentView {
        let page = match gateway {
            Gateway::Stripe => "/c/pay/t".to_owned(),
            _ => "/cashier/t".to_owned(),
        };
        PaymentView {
            gateway,
            merchant: "m1".to_owned(),
            merchant_name: "知行课堂 · Zhixing Academy".to_owned(),
            token: "t".to_owned(),
            page,
            channel: "native".to_owned(),
            subject: "<b>Rust 入门</b>".to_owned(),
            price: Price::cny(9_900),
            status: "OPEN".to_owned(),
            outcome,
            number: "N1".to_owned(),
            gateway_number: Some("G1".to_owned()),
            requested_at_ms: 0,
            expires_at_ms: 1_767_225_600_000,
            paid_at_ms: (outcome == Outcome::Paid).then_some(1_767_225_600_000),
            return_url: Some("http://shop.example/thanks?a=1&b=2".to_owned()),
            quit_url: Some("http://shop.example/cart".to_owned()),
            buttons: buttons.to_vec(),
            refunds: Vec::new(),
        }
    }

    fn shown(lang: Lang, view: &PaymentView, refused: Option<NotPayable>) -> String {
        let now = Moment { real_ms: 0, business_ms: 0 };
        cashier_page(lang, view, "http://sandbox.example", now, refused).into_string()
    }

    #[test]
    fn every_outcome_has_its_page_at_every_gateway() {
        for (outcome, phone, hosted) in [
            (WAITING, words::PAY_TO, super::super::text::checkout::PAY_WITH),
            (
                Outcome::Waiting { declined: true },
                words::DECLINED,
                super::super::text::checkout::CARD_DECLINED,
            ),
            (Outcome::Processing, words::PROCESSING, super::super::text::checkout::PROCESSING),
            (Outcome::Paid, words::PAID, super::super::text::checkout::PAID),
            (Outcome::Failed, words::FAILED, super::super::text::checkout::FAILED),
            (Outcome::Closed, words::CLOSED, super::super::text::checkout::EXPIRED),
            (Outcome::Expired, words::EXPIRED, super::super::text::checkout::EXPIRED),
        ] {
            for gateway in parts::GATEWAYS {
                for lang in Lang::ALL {
                    let page = shown(lang, &view(gateway, outcome, &[]), None);
                    let words = if gateway == Gateway::Stripe { hosted } else { phone };
                    assert!(page.contains(lang.say(words)), "{gateway:?} {outcome:?} {lang:?}");
                    assert_eq!(page.matches("<h1").count(), 1, "{gateway:?} {outcome:?}");
                    assert!(page.contains("&lt;b&gt;Rust") && !page.contains("<b>Rust"));
                }
            }
        }
    }

    #[test]
    fn what_the_gateway_offers_can_be_pressed_whatever_the_outcome() {
        let all = [Button::Approve, Button::Decline, Button::ApproveLater, Button::Settle, Button::Fail];
        for gateway in parts::GATEWAYS {
            for outcome in [WAITING, Outcome::Processing, Outcome::Closed, Outcome::Expired] {
                let view = view(gateway, outcome, &all);
                let page = shown(Lang::En, &view, None);
                for button in all {
                    let address = format!("action=\"{}/{}?lang=en\"", view.page, button.name());
                    assert!(page.contains(&address), "{gateway:?} {outcome:?} {button:?}");
                }
            }
        }
    }

    #[test]
    fn the_browser_goes_back_to_the_merchant_once_all_is_done_and_said() {
        for gateway in parts::GATEWAYS {
            let goes_back = |outcome, buttons: &[Button], refused| {
                shown(Lang::En, &view(gateway, outcome, buttons), refused)
                    .contains("content=\"3;url=http://shop.example/thanks?a=1&amp;b=2\"")
            };
            assert!(goes_back(Outcome::Paid, &[], None), "{gateway:?}");
            assert!(!goes_back(Outcome::Paid, &[], Some(NotPayable::AlreadyPaid)), "a refusal wants reading");
            assert!(
                !goes_back(Outcome::Processing, &[Button::Settle], None),
                "the bank has something to press"
            );
            assert!(!goes_back(WAITING, &[Button::Approve], None));
        }
    }
}
