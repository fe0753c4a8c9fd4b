//! What is to go wrong? (the rules in force, and a form that explains every fault)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use super::fault_form::{self, Filled, Refused};
use super::layout::page;
use super::message::unknown_page;
use super::parts;
use super::text::{common, faults as words};
use super::visit::{Pairs, Visit};
use crate::faults::{Fault, Rule};
use crate::reply;
use crate::world::World;

/// In place of an id: all rules.
const ALL: &str = "all";

impl World {
    /// The page; `refused` is a form that could not be carried out.
    pub(super) fn faults_page(&self, visit: &Visit, refused: Option<&Refused>) -> Response<Bytes> {
        let lang = visit.lang;
        let rules: Vec<&Rule> = self.faults.rules().iter().rev().collect();
        let body = html! {
            header.title { h1 { (lang.say(common::FAULTS)) } p.lead { (lang.say(words::LEAD)) } }
            section #armed {
                div.heading {
                    h2 { (lang.say(words::ARMED)) }
                    @if rules.len() > 1 {
                        form method="post" action=(visit.link(&format!("/faults/{ALL}/remove"))) {
                            button.button.quiet.small { (lang.say(words::REMOVE_ALL)) }
                        }
                    }
                }
                @if rules.is_empty() { p.sub { (lang.say(words::NONE_ARMED)) } }
                (fault_form::armed(visit, &rules, None))
            }
            (self.form(Filled { visit, refused }))
            section {
                h2 { (lang.say(words::SCRIPTS)) }
                pre.wrap tabindex="0" {
                    "curl -X POST " (self.base_url) "/sandbox/faults -d '{\"fault\":\"callback_lost\",\"gateway\":\"alipay\",\"times\":1}'\n"
                    "curl -X DELETE " (self.base_url) "/sandbox/faults"
                }
            }
        };
        let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        reply::page(status, page(visit, lang.say(common::FAULTS), &body))
    }

    fn form(&self, filled: Filled<'_>) -> Markup {
        let lang = filled.visit.lang;
        let merchants: Vec<(&str, &str)> = self
            .keys
            .merchants
            .iter()
            .map(|merchant| (merchant.id.as_str(), merchant.name.as_str()))
            .collect();
        let gateways = parts::GATEWAYS.map(|gateway| (gateway.name(), parts::gateway_name(lang, gateway)));
        let operations = words::OPERATIONS.map(|(_, name, word)| (name, lang.say(word)));
        html! {
            form.armory #arm method="post" action=(filled.visit.link("/faults")) {
                h2 { (lang.say(words::ARM_ONE)) }
                @if let Some(refused) = filled.refused { (refused.alert(filled.visit)) }
                div.catalogue {
                    @for (group, faults) in words::GROUPS {
                        fieldset {
                            legend { (lang.say(group)) }
                            @for fault in faults { (choice(filled, *fault)) }
                        }
                    }
                }
                div.scope { div.sticky {
                    h3 { (lang.say(words::WHERE)) }
                    (filled.choice("gateway", common::GATEWAY, words::ANY, &gateways))
                    (filled.choice("merchant", common::MERCHANT, words::ANY, &merchants))
                    (filled.field("number", common::NUMBER, Some(words::NUMBER_HINT), "", false))
                    (filled.choice("operation", words::OPERATION, words::ANY, &operations))
                    h3 { (lang.say(words::HOW_OFTEN)) }
                    div.pair {
                        (filled.field("percent", words::PERCENT, None, "100", true))
                        (filled.field("times", words::TIMES, Some(words::TIMES_HINT), "1", true))
                    }
                    (filled.time())
                    p.sub { (parts::icon_clock()) " " (lang.say(words::BY_HINT)) }
                    button.button.primary { (lang.say(words::ARM)) }
                } }
            }
        }
    }

    /// Arms what a form asks for, and leads back to where it was sent from.
    pub(super) fn arm_fault(&mut self, visit: &Visit, form: &Pairs) -> Response<Bytes> {
        let armed = fault_form::read(form)
            .and_then(|rule| self.faults.add(rule).map_err(|mistake| Refused::by_rule(form, mistake)));
        match (armed, form.get("token")) {
            (Ok(_), _) => self.back(visit, form),
            (Err(refused), Some(token)) => {
                self.payment_page(&visit.at(&format!("/payments/{token}")), token, Some(&refused))
            }
            (Err(refused), None) => self.faults_page(visit, Some(&refused)),
        }
    }

    /// Removes one rule, or all.
    pub(super) fn disarm_fault(&mut self, visit: &Visit, id: &str, form: &Pairs) -> Response<Bytes> {
        let id = match id {
            ALL => None,
            id => match id.parse() {
                Ok(id) => Some(id),
                Err(_) => return unknown_page(visit),
            },
        };
        if self.faults.remove(id) || id.is_none() { self.back(visit, form) } else { unknown_page(visit) }
    }

    /// The page a form was sent from.
    fn back(&self, visit: &Visit, form: &Pairs) -> Response<Bytes> {
        match form.get("token").filter(|token| self.view(token, visit.now).is_some()) {
            Some(token) => reply::see_other(&visit.link(&format!("/payments/{token}#faults"))),
            None => reply::see_other(&visit.link("/faults#armed")),
        }
    }
}

/// A fault to choose, with what it does and when it is met.
fn choice(filled: Filled<'_>, fault: Fault) -> Markup {
    let lang = filled.visit.lang;
    let about = words::about_fault(fault);
    html! {
        label.fault {
            input type="radio" name="fault" value=(fault.name()) required checked[filled.value("fault") == Some(fault.name())];
            span {
                b { (lang.say(about.name)) } @if fault.takes_time() { " " (parts::icon_clock()) span.hidden { (lang.say(words::TIMED)) } } " " code { (fault.name()) }
                span.does { (lang.say(about.does)) }
                span.met { (lang.say(words::MET)) (lang.say(about.met)) }
            }
        }
    }
}
