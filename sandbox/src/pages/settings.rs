//! Which settings does an SDK need? (ids, keys, and lines to paste, of one merchant at each gateway)

use maud::{Markup, html};

use super::text::{Words, common, front as words};
use super::visit::Visit;
use super::{parts, snippets};
use crate::Gateway;
use crate::merchant::Merchant;

/// A text to be copied, under its name.
struct Key<'a> {
    name: Words,
    text: std::borrow::Cow<'a, str>,
}

impl<'a> Key<'a> {
    fn new(name: Words, text: impl Into<std::borrow::Cow<'a, str>>) -> Self {
        Self { name, text: text.into() }
    }
}

/// The settings of the merchant that the address names, or of the first one.
pub(super) fn section(visit: &Visit, merchants: &[Merchant], base_url: &str) -> Markup {
    let lang = visit.lang;
    let chosen = merchants
        .iter()
        .find(|merchant| Some(merchant.id.as_str()) == visit.filter("merchant"))
        .or(merchants.first());
    html! {
        section #settings {
            div.heading {
                h2 { (lang.say(words::SETTINGS)) }
                nav.tabs aria-label=(lang.say(common::MERCHANT)) {
                    @for merchant in merchants {
                        @let here = chosen.is_some_and(|chosen| chosen.id == merchant.id);
                        a href={ (visit.with("merchant", Some(&merchant.id))) "#settings" } aria-current=[here.then_some("true")] {
                            code { (merchant.id) } " " (merchant.name)
                        }
                    }
                }
            }
            p.sub { (lang.say(words::SETTINGS_DETAIL)) }
            @if let Some(merchant) = chosen {
                div.accounts {
                    @for gateway in parts::GATEWAYS { (account(visit, gateway, merchant, base_url)) }
                }
            }
        }
    }
}

/// A merchant's account at one gateway.
fn account(visit: &Visit, gateway: Gateway, merchant: &Merchant, base_url: &str) -> Markup {
    let lang = visit.lang;
    let (address, paths) = match gateway {
        Gateway::Alipay => (format!("{base_url}/gateway.do"), "alipay.trade.*, alipay.fund.*, alipay.data.*"),
        Gateway::WechatPay => (base_url.to_owned(), "/v3/pay/…, /v3/refund/…, /v3/bill/…"),
        Gateway::Stripe => (base_url.to_owned(), "/v1/checkout/sessions, /v1/refunds, …"),
    };
    html! {
        article.account {
            header { (parts::gateway_mark(gateway)) h3 { (parts::gateway_name(lang, gateway)) } }
            dl.facts {
                (parts::fact(lang.say(words::ADDRESS), parts::code(&address)))
                (parts::fact(lang.say(words::CALLS), parts::code(paths)))
                @for (name, value) in ids(gateway, merchant) { (parts::fact(name, parts::code(value))) }
            }
            div.copy {
                @for (position, snippet) in snippets::of(gateway, merchant, base_url).into_iter().enumerate() {
                    details open[position == 0] {
                        summary { (snippet.language) " · " code { (snippet.package) } }
                        pre tabindex="0" { (snippet.text) }
                    }
                }
                @let keys = keys(gateway, merchant);
                @if keys.is_empty() { p.sub { (lang.say(words::WEBHOOK_SECRET)) } } @else {
                    details {
                        summary { (lang.say(words::KEYS)) }
                        @for key in keys { h4 { (lang.say(key.name)) } pre.wrap tabindex="0" { (key.text) } }
                    }
                }
            }
        }
    }
}

/// Ids and short secrets, by their names in `config.json`.
fn ids(gateway: Gateway, merchant: &Merchant) -> Vec<(&'static str, &str)> {
    let Merchant { alipay, wechat_pay, stripe, .. } = merchant;
    match gateway {
        Gateway::Alipay => vec![
            ("app_id", &alipay.app_id),
            ("seller_id", &alipay.seller_id),
            ("app_cert_sn", &alipay.app_cert.alipay_sn),
            ("root_cert_sn", &alipay.root_cert.alipay_sn),
        ],
        Gateway::WechatPay => vec![
            ("mchid", &wechat_pay.mchid),
            ("appid", &wechat_pay.appid),
            ("app_secret", &wechat_pay.app_secret),
            ("api_v3_key", &wechat_pay.api_v3_key),
            ("merchant_serial_no", &wechat_pay.merchant_certificate.serial_no),
            ("public_key_id", &wechat_pay.public_key_id),
            ("platform_serial_no", &wechat_pay.platform_certificate.serial_no),
        ],
        Gateway::Stripe => {
            let mut ids: Vec<(&str, &str)> = vec![
                ("account", &stripe.id),
                ("secret_key", &stripe.secret_key),
                ("publishable_key", &stripe.publishable_key),
            ];
            ids.extend(stripe.connected_accounts.iter().map(|id| ("connected_accounts", id.as_str())));
            ids
        }
    }
}

fn keys(gateway: Gateway, merchant: &Merchant) -> Vec<Key<'_>> {
    let Merchant { alipay, wechat_pay, .. } = merchant;
    match gateway {
        Gateway::Alipay => vec![
            Key::new(words::APP_PRIVATE_KEY, alipay.app_key.private_key_base64()),
            Key::new(words::ALIPAY_PUBLIC_KEY, alipay.gateway_key.public_key_base64()),
            Key::new(words::APP_CERT, &alipay.app_cert.pem),
            Key::new(words::ALIPAY_CERT, &alipay.gateway_cert.pem),
            Key::new(words::ROOT_CERT, &alipay.root_cert.pem),
        ],
        Gateway::WechatPay => vec![
            Key::new(words::MERCHANT_PRIVATE_KEY, wechat_pay.merchant_key.private_key_pem()),
            Key::new(words::WECHAT_PUBLIC_KEY, wechat_pay.public_key.public_key_pem()),
            Key::new(words::PLATFORM_CERT, &wechat_pay.platform_certificate.pem),
        ],
        Gateway::Stripe => Vec::new(),
    }
}
