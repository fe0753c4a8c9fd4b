//! What does the overview tell? (what this is, the newest payments, the settings of an SDK)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use super::layout::page;
use super::text::{common, front as words};
use super::visit::Visit;
use super::{log, parts, settings};
use crate::cashier::{Outcome, PaymentView};
use crate::reply;
use crate::world::World;

/// How many payments the overview lists.
const LISTED: usize = 6;
/// A wrong signature so many events ago is still news.
const FRESH: usize = 20;

impl World {
    pub(super) fn front_page(&self, visit: &Visit) -> Response<Bytes> {
        let lang = visit.lang;
        let payments = self.gateways.views(visit.now);
        let waiting = payments.iter().filter(|view| matches!(view.outcome, Outcome::Waiting { .. })).count();
        let counts = [
            ("/payments", payments.len(), words::COUNT),
            ("/payments?outcome=waiting", waiting, words::COUNT_WAITING),
            ("/faults", self.faults.rules().len(), words::COUNT_FAULTS),
        ];
        let newest: Vec<PaymentView> = payments.into_iter().rev().take(LISTED).collect();
        let body = html! {
            section.hero {
                div {
                    h1 { (lang.say(words::TITLE)) }
                    p.lead { (lang.say(words::LEAD)) }
                    p.buttons {
                        a.button.primary href="#settings" { (lang.say(words::CONNECT)) }
                        a.button.quiet href=(visit.link("/faults")) { (lang.say(words::MAKE_FAULT)) }
                    }
                }
                ul.counts {
                    @for (path, count, word) in counts {
                        li { a href=(link(visit, path)) { b { (count) } " " (lang.say(word)) } }
                    }
                }
            }
            section {
                div.heading {
                    h2 { (lang.say(words::NEWEST)) }
                    @if !newest.is_empty() { a href=(visit.link("/payments")) { (lang.say(words::ALL_PAYMENTS)) " →" } }
                }
                @if newest.is_empty() {
                    (parts::empty(lang.say(words::NO_PAYMENTS), lang.say(words::NO_PAYMENTS_DETAIL)))
                } @else {
                    (parts::payment_lines(visit, &newest))
                }
            }
            (self.newest_diagnosis(visit))
            (settings::section(visit, &self.keys.merchants, &self.base_url))
            (for_scripts(visit, &self.base_url))
        };
        reply::page(StatusCode::OK, page(visit, lang.say(common::OVERVIEW), &body))
    }
}

impl World {
    /// Why the last signature did not fit: whoever sets up an SDK looks here first.
    fn newest_diagnosis(&self, visit: &Visit) -> Markup {
        let lang = visit.lang;
        let newest = self.log.newest_first().take(FRESH).find(|entry| entry.diagnosis.is_some());
        html! {
            @if let Some(entry) = newest {
                section {
                    div.heading {
                        h2 { (lang.say(words::NEWEST_DIAGNOSIS)) }
                        a href=(visit.link("/log")) { (lang.say(words::WHOLE_LOG)) " →" }
                    }
                    (log::lines(visit, &[entry], self.gateways.views(visit.now)))
                }
            }
        }
    }
}

/// A page with or without a filter.
fn link(visit: &Visit, path: &str) -> String {
    match path.split_once("?outcome=") {
        Some((path, outcome)) => visit.link_to(path, "outcome", outcome),
        None => visit.link(path),
    }
}

fn for_scripts(visit: &Visit, base_url: &str) -> Markup {
    let lang = visit.lang;
    html! {
        section {
            h2 { (lang.say(words::SCRIPTS)) }
            p.sub { (lang.say(words::SCRIPTS_DETAIL)) }
            pre tabindex="0" {
                @for name in ["config.json", "payments.json", "callbacks.json", "log.json", "emails.json", "faults", "clock"] {
                    "curl " (base_url) "/sandbox/" (name) "\n"
                }
            }
        }
    }
}
