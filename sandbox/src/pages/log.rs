//! What happened lately? (calls, callbacks and buttons, narrowed by gateway, number, or to failures)

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use super::layout::page;
use super::text::{common, log as words};
use super::visit::Visit;
use super::{doctor, parts};
use crate::Gateway;
use crate::cashier::PaymentView;
use crate::log::{Direction, Entry};
use crate::reply;
use crate::world::World;

/// Payments' pages by gateway and number.
type Pages = BTreeMap<(Gateway, String), String>;

impl World {
    pub(super) fn log_page(&self, visit: &Visit) -> Response<Bytes> {
        let lang = visit.lang;
        let fits = |entry: &&Entry| {
            visit.filter("gateway").is_none_or(|wanted| entry.gateway.is_some_and(|is| is.name() == wanted))
                && visit.filter("number").is_none_or(|wanted| entry.number.as_deref() == Some(wanted))
                && (visit.filter("show") != Some("failed") || !entry.fine)
        };
        let entries: Vec<&Entry> = self.log.newest_first().filter(fits).collect();
        let body = html! {
            header.title { h1 { (lang.say(common::LOG)) } p.lead { (lang.say(words::LEAD)) } }
            div.filters {
                (parts::gateway_filter(visit))
                (parts::filter(visit, "show", words::WHICH, &[("failed", lang.say(words::FAILURES))]))
                @if let Some(number) = visit.filter("number") {
                    div.filter {
                        span.label { (lang.say(words::ONLY_NUMBER)) }
                        a.on href=(visit.with("number", None)) { code { (number) } " ✕" }
                    }
                }
            }
            @if entries.is_empty() {
                (parts::empty(lang.say(words::NOTHING), lang.say(words::NOTHING_DETAIL)))
            } @else {
                (lines(visit, &entries, self.gateways.views(visit.now)))
            }
        };
        reply::page(StatusCode::OK, page(visit, lang.say(common::LOG), &body))
    }
}

/// Lines of the log, their numbers linked to `payments`.
pub(super) fn lines(visit: &Visit, entries: &[&Entry], payments: Vec<PaymentView>) -> Markup {
    let pages: Pages = payments
        .into_iter()
        .map(|view| (parts::payment_path(&view), view))
        .map(|(path, view)| ((view.gateway, view.number), path))
        .collect();
    html! {
        ol.log { @for entry in entries { li.bad[!entry.fine] { (line(visit, entry, &pages)) } } }
    }
}

fn line(visit: &Visit, entry: &Entry, pages: &Pages) -> Markup {
    let lang = visit.lang;
    html! {
        div.line {
            (parts::moment(entry.at_ms))
            (direction(visit, entry.direction))
            @if let Some(gateway) = entry.gateway {
                (parts::gateway_mark(gateway)) span.hidden { (parts::gateway_name(lang, gateway)) }
            }
            span.what {
                (entry.what)
                @if let Some(number) = &entry.number { " " (number_link(visit, entry, number, pages)) }
            }
            span.outcome { (entry.outcome) }
        }
        @if let Some(diagnosis) = &entry.diagnosis { (doctor::diagnosis(lang, diagnosis)) }
    }
}

/// The number leads to its payment; without one, to whatever else is known of it.
fn number_link(visit: &Visit, entry: &Entry, number: &str, pages: &Pages) -> Markup {
    let payment = entry.gateway.and_then(|gateway| pages.get(&(gateway, number.to_owned())));
    let address = match payment {
        Some(path) => visit.link(path),
        None => visit.with("number", Some(number)),
    };
    html! { a href=(address) { code { (number) } } }
}

fn direction(visit: &Visit, direction: Direction) -> Markup {
    let (class, word) = match direction {
        Direction::Call => ("call", words::CALL),
        Direction::Callback => ("callback", words::CALLBACK),
        Direction::Buyer => ("buyer", words::BUYER),
    };
    html! { span.kind.(class) { (visit.lang.say(word)) } }
}
