//! What is known of one payment? (facts, refunds, callbacks with every delivery, faults in force here)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};
use serde_json::Value;

use super::fault_form::{self, Refused};
use super::layout::page;
use super::message::unknown_page;
use super::parts::{self, code, fact, moment};
use super::text::{Words, cashier, common, payments as words};
use super::visit::Visit;
use crate::cashier::{Button, PaymentView, RefundView};
use crate::courier::{Notice, Twist};
use crate::faults::Rule;
use crate::reply;
use crate::world::World;

impl World {
    /// The page of one payment; `refused` is a fault that could not be armed for it.
    pub(super) fn payment_page(
        &self,
        visit: &Visit,
        token: &str,
        refused: Option<&Refused>,
    ) -> Response<Bytes> {
        let Some(view) = self.view(token, visit.now) else { return unknown_page(visit) };
        let lang = visit.lang;
        let notices: Vec<&Notice> = self.courier.about(token).collect();
        let rules: Vec<&Rule> = self.faults.rules().iter().filter(|rule| concerns(rule, &view)).collect();
        let body = html! {
            header.title.payment {
                p.eyebrow {
                    (parts::gateway_mark(view.gateway)) (parts::gateway_name(lang, view.gateway)) " · " (view.merchant_name)
                }
                h1 { (view.subject) }
                p.sum { span.amount { (view.price.text()) } (parts::state(lang, view.outcome)) }
                p.buttons {
                    a.button.primary href=(visit.link(&view.page)) { (lang.say(words::OPEN_CASHIER)) }
                    a.button.quiet href=(visit.link_to("/log", "number", &view.number)) { (lang.say(words::IN_THE_LOG)) }
                }
            }
            (bank(visit, &view))
            div.columns {
                div {
                    section { h2 { (lang.say(words::CALLBACKS)) } (callbacks(visit, &notices)) }
                    section { h2 { (lang.say(words::REFUNDS)) } (refunds(visit, &view.refunds)) }
                }
                div {
                    section { h2 { (lang.say(words::FACTS)) } (facts(visit, &view)) }
                    section #faults {
                        h2 { (lang.say(words::FAULTS)) }
                        @if rules.is_empty() { p.sub { (lang.say(words::NO_FAULTS)) } }
                        (fault_form::armed(visit, &rules, Some(token)))
                        h3 { (lang.say(words::ARM_HERE)) }
                        (fault_form::small(visit, &view, refused))
                    }
                }
            }
        };
        let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let title = format!("{} {}", view.subject, view.price.text());
        reply::page(status, page(visit, &title, &body))
    }
}

/// Whether a rule can strike this payment.
fn concerns(rule: &Rule, view: &PaymentView) -> bool {
    rule.gateway.is_none_or(|gateway| gateway == view.gateway)
        && rule.merchant.as_ref().is_none_or(|merchant| *merchant == view.merchant)
        && rule.number.as_ref().is_none_or(|number| *number == view.number)
}

/// What the banks may do while the money is on its way.
fn bank(visit: &Visit, view: &PaymentView) -> Markup {
    let lang = visit.lang;
    let offered = [(Button::Settle, "primary", cashier::SETTLE), (Button::Fail, "danger", cashier::FAIL)]
        .into_iter()
        .filter(|(button, ..)| view.buttons.contains(button));
    let buttons: Vec<(Button, &str, Words)> = offered.collect();
    html! {
        @if !buttons.is_empty() {
            section.bank {
                div { h2 { (lang.say(words::BANK)) } p.sub { (lang.say(words::BANK_DETAIL)) } }
                div.buttons { @for (button, class, word) in buttons {
                    form method="post" action=(visit.link(&format!("{}/{}", view.page, button.name()))) {
                        button.button.(class) { (lang.say(word)) }
                    }
                } }
            }
        }
    }
}

fn facts(visit: &Visit, view: &PaymentView) -> Markup {
    let lang = visit.lang;
    html! {
        dl.facts {
            (fact(lang.say(common::NUMBER), code(&view.number)))
            @if let Some(number) = &view.gateway_number { (fact(lang.say(cashier::GATEWAY_NUMBER), code(number))) }
            (fact(lang.say(words::GATEWAY_STATUS), code(&view.status)))
            (fact(lang.say(cashier::CHANNEL), code(&view.channel)))
            (fact(lang.say(common::MERCHANT), html! { code { (view.merchant) } " " (view.merchant_name) }))
            (fact(lang.say(words::REQUESTED_AT), moment(view.requested_at_ms)))
            (fact(lang.say(words::EXPIRES_AT), moment(view.expires_at_ms)))
            @if let Some(at_ms) = view.paid_at_ms { (fact(lang.say(cashier::PAID_AT), moment(at_ms))) }
            @if let Some(url) = &view.return_url { (fact(lang.say(words::RETURN_URL), code(url))) }
        }
    }
}

fn refunds(visit: &Visit, refunds: &[RefundView]) -> Markup {
    let lang = visit.lang;
    html! {
        @if refunds.is_empty() { p.sub { (lang.say(words::NO_REFUNDS)) } } @else {
            ol.events { @for refund in refunds {
                li {
                    p.line { b { (refund.price.text()) } code { (refund.status) } span.push { (moment(refund.requested_at_ms)) } }
                    dl.facts {
                        (fact(lang.say(words::REFUND_NUMBER), code(&refund.number)))
                        @if let Some(number) = &refund.gateway_number { (fact(lang.say(cashier::GATEWAY_NUMBER), code(number))) }
                        @if let Some(reason) = &refund.reason { (fact(lang.say(words::REFUND_REASON), reason)) }
                        @if let Some(at_ms) = refund.done_at_ms { (fact(lang.say(words::DONE_AT), moment(at_ms))) }
                    }
                }
            } }
        }
    }
}

fn callbacks(visit: &Visit, notices: &[&Notice]) -> Markup {
    let lang = visit.lang;
    html! {
        @if notices.is_empty() { p.sub { (lang.say(words::NO_CALLBACKS)) } } @else {
            ol.events { @for notice in notices { li { (callback(visit, notice)) } } }
        }
    }
}

fn callback(visit: &Visit, notice: &Notice) -> Markup {
    let lang = visit.lang;
    let (class, word) = if notice.is_acknowledged() {
        ("good", words::ACKNOWLEDGED)
    } else if notice.next_at_ms.is_some() {
        ("waiting", words::PENDING)
    } else {
        ("bad", words::GIVEN_UP)
    };
    html! {
        p.line {
            b { code { (notice.kind) } }
            @for word in befallen(notice) { span.state.warn { (lang.say(word)) } }
            span.state.(class) { (lang.say(word)) }
            span.push { (moment(notice.posted_at_ms)) }
        }
        p.sub.wrap { (notice.url) }
        @if !notice.deliveries.is_empty() {
            ol.deliveries { @for delivery in &notice.deliveries {
                li.good[delivery.acknowledged] {
                    (moment(delivery.at_ms)) " " code { (delivery.answer) }
                    span.hidden { " " (lang.say(if delivery.acknowledged { words::ACKNOWLEDGED } else { words::NOT_ACKNOWLEDGED })) }
                }
            } }
        }
        @if let Some(at_ms) = notice.next_at_ms { p.sub { (lang.say(words::NEXT_TRY)) " " (moment(at_ms)) } }
        details { summary { (lang.say(words::CONTENT)) } pre.wrap tabindex="0" { (pretty(&notice.content)) } }
    }
}

/// What the faults have done to a callback.
fn befallen(notice: &Notice) -> impl Iterator<Item = Words> {
    let twist = notice.twist.map(|twist| match twist {
        Twist::Forged => words::FORGED,
        Twist::WrongAmount => words::WRONG_AMOUNT,
        Twist::OtherMerchant => words::OTHER_MERCHANT,
        Twist::Stale => words::STALE,
    });
    twist.into_iter().chain(notice.lost.then_some(words::LOST))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
