//! What do several pages draw alike? (gateways, outcomes, moments, facts, filters)

use maud::{Markup, html};

use super::Lang;
use super::text::{Words, common as words};
use super::visit::Visit;
use crate::Gateway;
use crate::cashier::{Outcome, PaymentView};
use crate::clock::shanghai_text;

pub(super) const GATEWAYS: [Gateway; 3] = [Gateway::Alipay, Gateway::WechatPay, Gateway::Stripe];

/// A gateway's name for people.
pub(super) fn gateway_name(lang: Lang, gateway: Gateway) -> &'static str {
    lang.say(match gateway {
        Gateway::Alipay => words::ALIPAY,
        Gateway::WechatPay => words::WECHAT_PAY,
        Gateway::Stripe => words::STRIPE,
    })
}

/// Our own sign for a gateway: a coin, a diamond, a hill. None of them is anybody's logo.
pub(super) fn gateway_mark(gateway: Gateway) -> Markup {
    html! {
        svg.gateway.(gateway.name()) viewBox="0 0 24 24" aria-hidden="true" {
            rect width="24" height="24" rx="7" {}
            @match gateway {
                Gateway::Alipay => circle cx="12" cy="12" r="4.6" {},
                Gateway::WechatPay => path d="M12 6.2 17.8 12 12 17.8 6.2 12Z" {},
                Gateway::Stripe => path d="M5.6 17 10.4 7.4 13 12.2 14.6 9.8 18.4 17Z" {},
            }
        }
    }
}

/// The sandbox's own mark: a box of sand with a hill in it.
pub(super) fn brand() -> Markup {
    html! {
        svg.mark-brand viewBox="0 0 32 32" aria-hidden="true" {
            rect.box width="32" height="32" rx="9" {}
            circle.sun cx="22" cy="10.5" r="3.2" {}
            path.sand d="M5 22.5c4.2 0 5.2-7 9-7s4.6 4.2 7 4.2 3-1.7 6-1.7V25a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2z" {}
        }
    }
}

pub(super) fn icon_clock() -> Markup {
    html! {
        svg.icon viewBox="0 0 16 16" aria-hidden="true" {
            circle cx="8" cy="8" r="6.2" {}
            path d="M8 4.4V8l2.4 1.6" {}
        }
    }
}

/// Where a payment stands, as a coloured word.
pub(super) fn state(lang: Lang, outcome: Outcome) -> Markup {
    let (class, word) = match outcome {
        Outcome::Waiting { declined: false } => ("waiting", words::WAITING),
        Outcome::Waiting { declined: true } => ("waiting", words::DECLINED),
        Outcome::Processing => ("waiting", words::PROCESSING),
        Outcome::Paid => ("good", words::PAID),
        Outcome::Failed => ("bad", words::FAILED),
        Outcome::Closed => ("over", words::CLOSED),
        Outcome::Expired => ("over", words::EXPIRED),
    };
    html! { span.state.(class) { (lang.say(word)) } }
}

/// A moment of business time, as the gateways write it.
pub(super) fn moment(ms: i64) -> Markup {
    let text = shanghai_text(ms);
    html! { time datetime={ (text) "+08:00" } { (text) } }
}

/// One line of a list of facts.
pub(super) fn fact(name: &str, value: impl maud::Render) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A value to be copied.
pub(super) fn code(value: &str) -> Markup {
    html! { code { (value) } }
}

/// What stands where nothing is yet.
pub(super) fn empty(title: &str, detail: &str) -> Markup {
    html! { div.empty { p { b { (title) } } p { (detail) } } }
}

/// Links that show some of a list only; the first one shows all.
pub(super) fn filter(visit: &Visit, name: &str, label: Words, choices: &[(&str, &str)]) -> Markup {
    let lang = visit.lang;
    let chosen = visit.filter(name);
    html! {
        div.filter role="group" aria-label=(lang.say(label)) {
            span.label aria-hidden="true" { (lang.say(label)) }
            a href=(visit.with(name, None)) aria-current=[chosen.is_none().then_some("true")] { (lang.say(words::ALL)) }
            @for (value, word) in choices {
                a href=(visit.with(name, Some(value))) aria-current=[(chosen == Some(value)).then_some("true")] { (word) }
            }
        }
    }
}

/// The filter by gateway.
pub(super) fn gateway_filter(visit: &Visit) -> Markup {
    let choices = GATEWAYS.map(|gateway| (gateway.name(), gateway_name(visit.lang, gateway)));
    filter(visit, "gateway", words::GATEWAY, &choices)
}

/// Payments, each a line that leads to its page.
pub(super) fn payment_lines(visit: &Visit, payments: &[PaymentView]) -> Markup {
    let lang = visit.lang;
    html! {
        ol.payments {
            @for view in payments {
                li {
                    a href=(visit.link(&payment_path(view))) {
                        (gateway_mark(view.gateway))
                        span.subject {
                            b { (view.subject) }
                            small { span.hidden { (gateway_name(lang, view.gateway)) " " } code { (view.number) } " " span.shop-name { (view.merchant_name) } }
                        }
                        span.at { (moment(view.requested_at_ms)) }
                        span.amount { (view.price.text()) }
                        (state(lang, view.outcome))
                    }
                }
            }
        }
    }
}

/// A payment's own page.
pub(super) fn payment_path(view: &PaymentView) -> String {
    format!("/payments/{}", view.token)
}

/// How long, in the two largest units: `3 d 2 h`.
pub(super) fn duration(lang: Lang, ms: i64) -> String {
    let seconds = ms.unsigned_abs() / 1000;
    let parts = [
        (seconds / 86_400, words::DAYS),
        (seconds / 3600 % 24, words::HOURS),
        (seconds / 60 % 60, words::MINUTES),
        (seconds % 60, words::SECONDS),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {}", lang.say(unit)))
        .collect();
    if said.is_empty() { format!("0 {}", lang.say(words::SECONDS)) } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_its_two_largest_units() {
        for (ms, zh, en) in [
            (0, "0 秒", "0 s"),
            (61_000, "1 分 1 秒", "1 min 1 s"),
            (-93_784_000, "1 天 2 小时", "1 d 2 h"),
            (i64::MIN, "106751991167 天 7 小时", "106751991167 d 7 h"),
        ] {
            assert_eq!((duration(Lang::Zh, ms).as_str(), duration(Lang::En, ms).as_str()), (zh, en));
        }
    }
}
