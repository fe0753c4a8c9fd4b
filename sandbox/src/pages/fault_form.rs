//! How is a fault armed and disarmed on a page? (the forms, what they send, and what was wrong with it)
//!
//! A form becomes the same rule that `POST /sandbox/faults` reads, so that both take and refuse alike.

use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::parts;
use super::text::{Words, common, faults as words};
use super::visit::{Pairs, Visit};
use crate::Gateway;
use crate::cashier::PaymentView;
use crate::faults::{Fault, NewRule, Operation, Rule};

/// The units of the field `by`: how they are sent, and how many milliseconds they have.
pub(super) const UNITS: [(&str, i64, Words); 4] = [
    ("s", 1_000, common::SECONDS),
    ("min", 60_000, common::MINUTES),
    ("h", 3_600_000, common::HOURS),
    ("d", 86_400_000, common::DAYS),
];

/// A form that could not be carried out, to be shown again with what was wrong.
pub(super) struct Refused {
    form: Pairs,
    /// The field to mend.
    field: &'static str,
    mistake: Words,
    /// In the words of the interface, when they are its own.
    detail: String,
}

impl Refused {
    fn new(form: &Pairs, field: &'static str, mistake: Words) -> Self {
        Self { form: form.clone(), field, mistake, detail: String::new() }
    }

    /// What [`Faults::add`](crate::faults::Faults::add) says against a rule: `field: why`.
    pub(super) fn by_rule(form: &Pairs, detail: String) -> Self {
        let (field, mistake) = match detail.split(':').next().unwrap_or_default() {
            "percent" => ("percent", words::MISTAKE_PERCENT),
            "times" => ("times", words::MISTAKE_TIMES),
            "by_ms" => ("by", words::MISTAKE_BY),
            "refund_abnormal" => ("gateway", words::MISTAKE_ABNORMAL),
            _ => ("fault", words::MISTAKE_CHOICE),
        };
        Self { form: form.clone(), field, mistake, detail }
    }

    /// What was wrong, at the top of the form.
    pub(super) fn alert(&self, visit: &Visit) -> Markup {
        let lang = visit.lang;
        html! {
            p.alert #mistake role="alert" {
                b { (lang.say(words::MISTAKE)) } " " (lang.say(self.mistake))
                @if !self.detail.is_empty() { " " code { (self.detail) } }
            }
        }
    }
}

/// Reads a form as the interface reads its JSON.
pub(super) fn read(form: &Pairs) -> Result<NewRule, Refused> {
    let mut rule = Map::new();
    for name in ["fault", "gateway", "merchant", "number", "operation"] {
        if let Some(value) = form.get(name) {
            rule.insert(name.to_owned(), Value::from(value));
        }
    }
    if !rule.contains_key("fault") {
        return Err(Refused::new(form, "fault", words::MISTAKE_FAULT));
    }
    // Only a form that is none of these pages' makes such a choice.
    let choices =
        [("fault", is::<Fault> as fn(_) -> _), ("gateway", is::<Gateway>), ("operation", is::<Operation>)];
    for (field, is_known) in choices {
        if rule.get(field).is_some_and(|choice| !is_known(choice)) {
            return Err(Refused::new(form, field, words::MISTAKE_CHOICE));
        }
    }
    if let Some(percent) = whole_number(form, "percent")? {
        let percent =
            u8::try_from(percent).map_err(|_| Refused::new(form, "percent", words::MISTAKE_PERCENT))?;
        rule.insert("percent".to_owned(), Value::from(percent));
    }
    if let Some(times) = whole_number(form, "times")? {
        let times = u32::try_from(times).map_err(|_| Refused::new(form, "times", words::MISTAKE_TIMES))?;
        rule.insert("times".to_owned(), Value::from(times));
    }
    if let Some(by) = whole_number(form, "by")? {
        let unit_ms = UNITS.iter().find(|(name, ..)| form.get("unit") == Some(name)).map(|(_, ms, _)| *ms);
        let by_ms = unit_ms
            .and_then(|unit_ms| by.checked_mul(unit_ms))
            .ok_or_else(|| Refused::new(form, "by", words::MISTAKE_BY))?;
        rule.insert("by_ms".to_owned(), Value::from(by_ms));
    }
    serde_json::from_value(Value::Object(rule))
        .map_err(|_| Refused::new(form, "fault", words::MISTAKE_CHOICE))
}

fn is<T: DeserializeOwned>(choice: &Value) -> bool {
    T::deserialize(choice).is_ok()
}

fn whole_number(form: &Pairs, field: &'static str) -> Result<Option<i64>, Refused> {
    let read = |text: &str| text.parse().map_err(|_| Refused::new(form, field, words::MISTAKE_NUMBER));
    form.get(field).map(read).transpose()
}

/// What stands in the fields: what was sent, or what the address proposes.
#[derive(Clone, Copy)]
pub(super) struct Filled<'a> {
    pub(super) visit: &'a Visit,
    pub(super) refused: Option<&'a Refused>,
}

impl Filled<'_> {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match self.refused {
            Some(refused) => refused.form.get(name),
            None => self.visit.filter(name),
        }
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.refused.is_some_and(|refused| refused.field == name)
    }

    /// A labelled choice; `any` is the word for none of them.
    pub(super) fn choice(&self, name: &str, label: Words, any: Words, choices: &[(&str, &str)]) -> Markup {
        let lang = self.visit.lang;
        html! {
            label { (lang.say(label))
                select name=(name) aria-invalid=[self.is_wrong(name).then_some("true")] aria-describedby=[self.is_wrong(name).then_some("mistake")] {
                    option value="" { (lang.say(any)) }
                    @for (value, word) in choices {
                        option value=(value) selected[self.value(name) == Some(value)] { (word) }
                    }
                }
            }
        }
    }

    /// A labelled field for a line of text or a number; `usual` stands there at first.
    pub(super) fn field(
        &self,
        name: &str,
        label: Words,
        hint: Option<Words>,
        usual: &str,
        number: bool,
    ) -> Markup {
        let lang = self.visit.lang;
        let usual = if self.refused.is_some() { "" } else { usual };
        html! {
            label { (lang.say(label))
                input name=(name) value=(self.value(name).unwrap_or(usual)) autocomplete="off" inputmode=[number.then_some("numeric")]
                    placeholder=[hint.map(|hint| lang.say(hint))]
                    aria-invalid=[self.is_wrong(name).then_some("true")] aria-describedby=[self.is_wrong(name).then_some("mistake")];
            }
        }
    }

    /// How long, with its unit.
    pub(super) fn time(&self) -> Markup {
        let lang = self.visit.lang;
        let chosen = self.value("unit").unwrap_or("min");
        html! {
            div.pair {
                (self.field("by", words::BY, None, "", true))
                label { (lang.say(words::UNIT))
                    select name="unit" { @for (name, _, word) in UNITS {
                        option value=(name) selected[name == chosen] { (lang.say(word)) }
                    } }
                }
            }
        }
    }
}

/// The form on a payment's own page: the rule is for this payment only.
pub(super) fn small(visit: &Visit, view: &PaymentView, refused: Option<&Refused>) -> Markup {
    let lang = visit.lang;
    let filled = Filled { visit, refused };
    html! {
        form.arm method="post" action=(visit.link("/faults")) {
            @if let Some(refused) = refused { (refused.alert(visit)) }
            input type="hidden" name="gateway" value=(view.gateway.name());
            input type="hidden" name="merchant" value=(view.merchant);
            input type="hidden" name="number" value=(view.number);
            input type="hidden" name="token" value=(view.token);
            label { (lang.say(words::FAULT))
                select name="fault" required {
                    option value="" { (lang.say(words::WHICH)) }
                    @for (group, faults) in words::GROUPS {
                        optgroup label=(lang.say(group)) { @for fault in faults {
                            option value=(fault.name()) selected[filled.value("fault") == Some(fault.name())] {
                                (lang.say(words::about_fault(*fault).name)) @if fault.takes_time() { (lang.say(words::TIMED)) }
                            }
                        } }
                    }
                }
            }
            (filled.field("times", words::TIMES, Some(words::TIMES_HINT), "1", true))
            (filled.time())
            p.sub { (lang.say(words::BY_HINT_SMALL)) }
            button.button.primary { (lang.say(words::ARM)) }
        }
    }
}

/// The rules in force, each with a button to remove it; `token` says to which payment's page that leads back.
pub(super) fn armed(visit: &Visit, rules: &[&Rule], token: Option<&str>) -> Markup {
    let lang = visit.lang;
    html! {
        @if !rules.is_empty() {
            ol.rules { @for rule in rules {
                li.spent[rule.times == Some(0)] {
                    div {
                        p { b { (lang.say(words::about_fault(rule.fault).name)) } " " code { (rule.fault.name()) } }
                        p.sub { (scope(visit, rule)) }
                        p.sub { (extent(visit, rule)) }
                    }
                    form method="post" action=(visit.link(&format!("/faults/{}/remove", rule.id))) {
                        @if let Some(token) = token { input type="hidden" name="token" value=(token); }
                        button.button.quiet.small {
                            (lang.say(words::REMOVE)) span.hidden { " " (lang.say(words::about_fault(rule.fault).name)) " " (rule.id) }
                        }
                    }
                }
            } }
        }
    }
}

/// Where a rule strikes.
fn scope(visit: &Visit, rule: &Rule) -> Markup {
    let lang = visit.lang;
    let operation = words::OPERATIONS.into_iter().find(|(operation, ..)| Some(*operation) == rule.operation);
    let anywhere =
        rule.gateway.is_none() && rule.merchant.is_none() && rule.number.is_none() && operation.is_none();
    html! {
        @if anywhere { (lang.say(words::ANYWHERE)) }
        @if let Some(gateway) = rule.gateway { span.tag { (parts::gateway_name(lang, gateway)) } " " }
        @if let Some(merchant) = &rule.merchant { span.tag { (merchant) } " " }
        @if let Some(number) = &rule.number { span.tag { code { (number) } } " " }
        @if let Some((_, _, word)) = operation { span.tag { (lang.say(word)) } }
    }
}

/// How often and how long.
fn extent(visit: &Visit, rule: &Rule) -> Markup {
    let lang = visit.lang;
    html! {
        (rule.percent) " %"
        " · " @match rule.times {
            None => (lang.say(words::ENDLESS)),
            Some(0) => (lang.say(words::USED_UP)),
            Some(times) => { (lang.say(words::TIMES_LEFT)) " " (times) " ×" },
        }
        @if let Some(by_ms) = rule.by_ms {
            " · " (parts::icon_clock()) " " @if by_ms < 0 { "−" } (parts::duration(lang, by_ms))
        }
        " · " (lang.say(words::STRUCK)) " " b { (rule.struck) } " ×"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_chosen() {
        let mut offered: Vec<Fault> =
            words::GROUPS.iter().flat_map(|(_, faults)| faults.iter().copied()).collect();
        offered.sort_unstable();
        assert_eq!(offered, Fault::ALL);
    }

    #[test]
    fn every_operation_is_named_as_the_interface_names_it() {
        for (operation, name, _) in words::OPERATIONS {
            assert_eq!(serde_json::to_value(operation).unwrap(), name);
        }
    }
}
