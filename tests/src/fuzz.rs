//! Whatever bytes come from outside, does reading them end in a value or an error, in time, and without a
//! panic?
//!
//! A [`Target`] is one reader with true messages to begin with: they are made anew for every run, by the
//! sandbox and the actors, so that none is stored and none grows old. [`engine`] changes them ([`mutate`]) and
//! keeps what comes to something new. What a reader *says* of a message stands here for which of its lines
//! were reached: it needs no instrumented build, and these readers give every refusal its own words.
//!
//! Signatures stop nobody here: readers are called past them, and where the whole app is asked, what was
//! changed is signed afterwards.

mod app;
mod callbacks;
mod certificates;
pub mod engine;
mod exchange;
mod gateways;
mod mutate;
mod raw;
mod settings;

use coursepay_core::gateway::Fault;

/// One reader of bytes from outside.
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it reads, in a few words.
    pub reads: &'static str,
    /// How often it is run in the tests of every day, which may not take long.
    pub daily: u64,
    prepare: fn() -> Play,
}

/// A target, ready to be run.
struct Play {
    /// True messages.
    seeds: Vec<Vec<u8>>,
    read: Read,
}

/// Reads one input and says what it came to. Panics where something does not hold.
type Read = Box<dyn FnMut(&[u8]) -> String>;

/// Every target.
#[rustfmt::skip]
pub const TARGETS: &[Target] = &[
    target("alipay_callback", "a callback of Alipay", 200, gateways::alipay_callback),
    target("alipay_create", "Alipay's answer to a creation", 200, gateways::alipay_create),
    target("alipay_query", "Alipay's answer to a query", 200, gateways::alipay_query),
    target("alipay_close", "Alipay's answer to a close", 200, gateways::alipay_close),
    target("alipay_refund", "Alipay's answer to a refund", 200, gateways::alipay_refund),
    target("alipay_refund_query", "Alipay's answer about a refund", 200, gateways::alipay_refund_query),
    target("wechat_pay_callback", "a callback of WeChat Pay, still sealed", 200, gateways::wechat_pay_callback),
    target("wechat_pay_resource", "what a callback of WeChat Pay holds, opened", 200, gateways::wechat_pay_resource),
    target("wechat_pay_create", "WeChat Pay's answer to a creation", 200, gateways::wechat_pay_create),
    target("wechat_pay_query", "WeChat Pay's answer to a query", 200, gateways::wechat_pay_query),
    target("wechat_pay_close", "WeChat Pay's answer to a close", 200, gateways::wechat_pay_close),
    target("wechat_pay_refund", "WeChat Pay's answer to a refund", 200, gateways::wechat_pay_refund),
    target("wechat_pay_refund_query", "WeChat Pay's answer about a refund", 200, gateways::wechat_pay_refund_query),
    target("wechat_pay_certificates", "WeChat Pay's list of its certificates", 200, certificates::list),
    target("wechat_pay_certificate_pem", "one of them, opened", 200, certificates::pem),
    target("wechat_pay_certificate_der", "one of them, without its wrapping (X.509)", 200, certificates::der),
    target("stripe_callback", "an event of Stripe", 200, gateways::stripe_callback),
    target("stripe_create", "Stripe's answer to a creation", 200, gateways::stripe_create),
    target("stripe_query", "Stripe's answer to a query", 200, gateways::stripe_query),
    target("stripe_close", "Stripe's answer to a close", 200, gateways::stripe_close),
    target("stripe_refund", "Stripe's answer to a refund", 200, gateways::stripe_refund),
    target("stripe_refund_query", "Stripe's answer about a refund", 200, gateways::stripe_refund_query),
    target("stripe_dispute_query", "Stripe's answer about a dispute", 200, gateways::stripe_dispute_query),
    target("alipay_certificates", "Alipay's certificates as they are configured", 200, certificates::alipay),
    target("private_key", "a private key as it is configured", 200, certificates::private_key),
    target("config", "the variables of a deployment", 100, settings::config),
    target("app_request", "any request to the app", 100, app::request),
    target("app_bearer", "the header that says who is asking", 100, app::bearer),
    target("app_checkout_token", "a checkout token, signed as it then is", 100, app::checkout_token),
    target("app_alipay_notify", "a notify to the app, signed as it then is", 30, callbacks::alipay),
    target("app_wechat_pay_resource", "a callback to the app, sealed and signed as it then is", 30, callbacks::wechat_pay),
    target("app_stripe_event", "an event to the app, signed as it then is", 30, callbacks::stripe),
];

const fn target(name: &'static str, reads: &'static str, daily: u64, prepare: fn() -> Play) -> Target {
    Target { name, reads, daily, prepare }
}

/// What came of reading: the value's shape, or the refusal's own words.
fn outcome<T: std::fmt::Debug>(read: &Result<T, Fault>) -> String {
    match read {
        Ok(value) => shape(value),
        Err(fault) => fault.to_string().chars().filter(|character| !character.is_ascii_digit()).collect(),
    }
}

/// What a value is, without what it holds: names stay; texts, numbers and how many of them go. Two inputs of one
/// shape took the same way.
fn shape(value: &impl std::fmt::Debug) -> String {
    let mut shape = String::new();
    let (mut in_text, mut escaped) = (false, false);
    for character in format!("{value:?}").chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            ',' if shape.ends_with(',') => {}
            kept if !in_text && !kept.is_ascii_digit() && kept != ' ' => shape.push(kept),
            _ => {}
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_value_is_its_names() {
        assert_eq!(shape(&Some(("a\"b", 17))), "Some((,))");
        assert_eq!(shape(&[1, 2, 3]), shape(&[4, 5]));
    }

    #[test]
    fn a_refusal_is_told_from_another_by_its_words() {
        assert_eq!(outcome::<()>(&Err(Fault::Malformed("no sign"))), "malformed: no sign");
        assert_eq!(outcome::<()>(&Err(Fault::Status(502))), outcome::<()>(&Err(Fault::Status(404))));
    }
}
