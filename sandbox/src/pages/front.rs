//! What does the front page tell? (what this is, ids and keys, payments, the request log)

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use maud::{Markup, html};

use super::{Lang, language_links, layout};
use crate::cashier::{Outcome, PaymentView};
use crate::clock::shanghai_text;
use crate::desk::Moment;
use crate::log::{Diagnosis, Direction, Entry, RequestLog};
use crate::merchant::Merchant;
use crate::reply;
use crate::world::World;

/// Everything on the front page.
struct Front<'a> {
    merchants: &'a [Merchant],
    gateway_url: String,
    base_url: &'a str,
    business_ms: i64,
    offset_ms: i64,
    payments: Vec<PaymentView>,
    log: &'a RequestLog,
}

/// The front page.
fn front_page(lang: Lang, front: &Front<'_>) -> Markup {
    let text = lang.text();
    let body = html! {
        div.front {
            header {
                div.top { p.eyebrow { "Coursepay " (text.sandbox) } (language_links(lang)) }
                h1 { (text.front_title) }
                p.lead { (text.front_detail) }
                p.time {
                    (text.business_time) " " b { (shanghai_text(front.business_ms)) }
                    @if front.offset_ms != 0 { span.badge { (text.moved) } }
                }
            }
            section {
                h2 { (text.payments) }
                (payments(lang, &front.payments))
            }
            @for merchant in front.merchants {
                section {
                    h2 { "Alipay · " (text.settings) }
                    p.sub { (text.settings_detail) }
                    (settings(lang, merchant, &front.gateway_url))
                }
            }
            section {
                h2 { (text.log) }
                (log(lang, front.log))
            }
            section {
                h2 { (text.for_scripts) }
                pre {
                    "curl " (front.base_url) "/sandbox/config.json\n"
                    "curl " (front.base_url) "/sandbox/trades.json\n"
                    "curl -X POST " (front.base_url) "/sandbox/clock -d '{\"advance_ms\":3600000}'"
                }
                p.sub { (text.not_yet) }
            }
        }
    };
    layout(lang, &format!("Coursepay {}", text.sandbox), None, "plain", body)
}

fn payments(lang: Lang, views: &[PaymentView]) -> Markup {
    let text = lang.text();
    html! {
        @if views.is_empty() { p.sub { (text.no_payments) } } @else {
            div.scroll { table {
                thead { tr {
                    th { (text.number) } th { (text.subject) } th.right { (text.amount) } th { (text.status) } th {}
                } }
                tbody { @for view in views { tr {
                    td.code { (view.number) }
                    td { (view.subject) }
                    td.right { (view.price.text()) }
                    td { (state(lang, view.outcome)) }
                    td.right { a href={ (view.page) "?lang=" (lang.tag()) } { (text.open_cashier) } }
                } } }
            } }
        }
    }
}

fn state(lang: Lang, outcome: Outcome) -> Markup {
    let text = lang.text();
    let (class, word) = match outcome {
        Outcome::Waiting { .. } => ("waiting", text.waiting_short),
        Outcome::Paid => ("good", text.paid_short),
        Outcome::Processing => ("waiting", text.waiting_short),
        Outcome::Closed | Outcome::Failed => ("over", text.closed_short),
        Outcome::Expired => ("over", text.expired_short),
    };
    html! { span.state.(class) { (word) } }
}

fn settings(lang: Lang, merchant: &Merchant, gateway_url: &str) -> Markup {
    let text = lang.text();
    html! {
        dl.facts {
            div { dt { (text.merchant) } dd { (merchant.name) } }
            div { dt { "gateway" } dd { code { (gateway_url) } } }
            div { dt { "app_id" } dd { code { (merchant.alipay.app_id) } } }
            div { dt { "seller_id" } dd { code { (merchant.alipay.seller_id) } } }
        }
        (key(text.gateway_public_key, merchant.alipay.gateway_key.public_key_base64()))
        (key(text.private_key, merchant.alipay.app_key.private_key_base64()))
        details {
            summary { (text.sdk) }
            pre.wrap {
                "import { AlipaySdk } from 'alipay-sdk';\n\n"
                "const alipay = new AlipaySdk({\n"
                "  gateway: '" (gateway_url) "',\n"
                "  appId: '" (merchant.alipay.app_id) "',\n"
                "  keyType: 'PKCS8',\n"
                "  privateKey: '" (merchant.alipay.app_key.private_key_base64()) "',\n"
                "  alipayPublicKey: '" (merchant.alipay.gateway_key.public_key_base64()) "',\n"
                "});"
            }
        }
    }
}

fn key(name: &str, base64: &str) -> Markup {
    html! { details { summary { (name) } pre.wrap { (base64) } } }
}

fn log(lang: Lang, log: &RequestLog) -> Markup {
    let entries: Vec<&Entry> = log.newest_first().collect();
    html! {
        @if entries.is_empty() { p.sub { (lang.text().no_log) } }
        ol.log { @for entry in entries {
            li {
                div.line {
                    time { (shanghai_text(entry.at_ms)) }
                    (direction(lang, entry.direction))
                    span.what {
                        (entry.what)
                        @if let Some(number) = &entry.number { " " code { (number) } }
                    }
                    span.outcome.bad[!entry.fine] { (entry.outcome) }
                }
                @if let Some(diagnosis) = &entry.diagnosis { (doctor(lang, diagnosis)) }
            }
        } }
    }
}

fn direction(lang: Lang, direction: Direction) -> Markup {
    let text = lang.text();
    let (class, word) = match direction {
        Direction::Call => ("call", text.call),
        Direction::Callback => ("callback", text.callback),
        Direction::Buyer => ("buyer", text.buyer),
    };
    html! { span.kind.(class) { (word) } }
}

/// Why a signature did not fit: the two texts, marked from the first byte that differs.
fn doctor(lang: Lang, diagnosis: &Diagnosis) -> Markup {
    let text = lang.text();
    html! {
        div.doctor {
            p { b { (lang.cause(diagnosis.cause)) } }
            p { (text.expected_text) }
            (marked(&diagnosis.expected, diagnosis.differs_at))
            @if let Some(signed) = &diagnosis.signed {
                p {
                    (text.signed_text)
                    @if let Some(at) = diagnosis.differs_at { " · " (text.differs) ": " b { (at) } }
                }
                (marked(signed, diagnosis.differs_at))
            }
        }
    }
}

fn marked(whole: &str, differs_at: Option<usize>) -> Markup {
    // A difference inside a character is shown from that character on.
    let at = differs_at.map_or(whole.len(), |at| whole.floor_char_boundary(at));
    let (same, other) = whole.split_at_checked(at).unwrap_or((whole, ""));
    html! { pre.wrap { (same) @if !other.is_empty() { mark { (other) } } } }
}

impl World {
    /// How many payments the front page lists.
    const LISTED: usize = 12;

    pub(crate) fn front_page(&self, request: &Request<Bytes>, now: Moment) -> Response<Bytes> {
        let view = Front {
            merchants: &self.keys.merchants,
            gateway_url: format!("{}/gateway.do", self.base_url),
            base_url: &self.base_url,
            business_ms: now.business_ms,
            offset_ms: self.clock.offset_ms(),
            payments: self.gateways.views(now).into_iter().rev().take(Self::LISTED).collect(),
            log: &self.log,
        };
        reply::page(StatusCode::OK, front_page(Lang::of(request), &view))
    }
}
