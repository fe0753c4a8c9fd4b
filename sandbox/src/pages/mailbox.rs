//! Which e-mails has the platform sent? (a list, and each of them on a page of its own)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use super::layout::page;
use super::message::unknown_page;
use super::parts;
use super::text::{common, mailbox as words};
use super::visit::Visit;
use crate::mailbox::Email;
use crate::world::World;
use crate::{mailbox, reply};

/// How much of a message the list shows, in characters.
const GLIMPSE: usize = 90;

impl World {
    pub(super) fn mailbox_page(&self, visit: &Visit) -> Response<Bytes> {
        let lang = visit.lang;
        let emails: Vec<&Email> = self.mailbox.newest_first().collect();
        let body = html! {
            header.title { h1 { (lang.say(common::MAILBOX)) } p.lead { (lang.say(words::LEAD)) } }
            @if emails.is_empty() {
                (parts::empty(lang.say(words::NOTHING), lang.say(words::NOTHING_DETAIL)))
            } @else {
                ol.emails { @for email in emails {
                    li { a href=(visit.link(&format!("/mailbox/{}", email.id))) {
                        span.to { (email.to.join(", ")) }
                        span.subject { b { (subject(visit, email)) } small { (glimpse(email)) } }
                        span.at { (parts::moment(email.at_ms)) }
                    } }
                } }
            }
            section { h2 { (lang.say(words::HOW_TO)) } (how_to(&self.base_url)) }
        };
        reply::page(StatusCode::OK, page(visit, lang.say(common::MAILBOX), &body))
    }

    pub(super) fn email_page(&self, visit: &Visit, id: &str) -> Response<Bytes> {
        let Some(email) = self.mailbox.newest_first().find(|email| email.id == id) else {
            return unknown_page(visit);
        };
        let lang = visit.lang;
        let body = html! {
            header.title {
                p.eyebrow { a href=(visit.link("/mailbox")) { "← " (lang.say(words::BACK)) } }
                h1 { (subject(visit, email)) }
            }
            section.letter {
                dl.facts {
                    (parts::fact(lang.say(words::FROM), &email.from))
                    (parts::fact(lang.say(words::TO), email.to.join(", ")))
                    (parts::fact(lang.say(words::AT), parts::moment(email.at_ms)))
                }
                @if let Some(text) = &email.text {
                    h2 { (lang.say(words::TEXT)) }
                    pre.paper tabindex="0" { (text) }
                }
                @if let Some(source) = &email.html {
                    h2 { (lang.say(words::PREVIEW)) }
                    p.sub { (lang.say(words::PREVIEW_DETAIL)) }
                    iframe sandbox="" src=(visit.link(&format!("/mailbox/{id}/html"))) title=(lang.say(words::PREVIEW)) {}
                    details { summary { (lang.say(words::HTML_SOURCE)) } pre.wrap tabindex="0" { (source) } }
                }
            }
        };
        reply::page(StatusCode::OK, page(visit, subject(visit, email), &body))
    }

    /// The HTML of an e-mail as its author wrote it, under a policy that lets it do nothing.
    pub(super) fn email_html(&self, visit: &Visit, id: &str) -> Response<Bytes> {
        let email = self.mailbox.newest_first().find(|email| email.id == id);
        match email.and_then(|email| email.html.as_deref()) {
            Some(source) => reply::foreign_document(source),
            None => unknown_page(visit),
        }
    }
}

fn subject<'a>(visit: &Visit, email: &'a Email) -> &'a str {
    match email.subject.trim() {
        "" => visit.lang.say(words::NO_SUBJECT),
        subject => subject,
    }
}

fn glimpse(email: &Email) -> String {
    email.text.as_deref().unwrap_or("HTML").chars().take(GLIMPSE).collect()
}

fn how_to(base_url: &str) -> Markup {
    html! {
        pre.wrap tabindex="0" {
            "curl " (base_url) (mailbox::PATH) " -H 'Authorization: Bearer any' -H 'Content-Type: application/json' \\\n  -d '"
            r#"{"from":"school@example.com","to":"lin@example.com","subject":"Receipt","text":"Thank you!"}"#
            "'"
        }
    }
}
