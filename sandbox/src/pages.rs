//! Which page is at which address, and in which language?
//!
//! Rendered here, without any script: what a page says can be tested as text, and it works under the
//! strictest content security policy. Forms are plain POSTs that lead back to a page.

mod beside;
mod cashier;
mod checkout;
mod clock;
mod doctor;
mod fault_form;
mod faults;
mod front;
mod layout;
mod log;
mod mailbox;
mod message;
mod parts;
mod payment;
mod payments;
mod phone;
mod qr;
mod settings;
mod snippets;
mod text;
mod visit;

use bytes::Bytes;
use http::{Method, Request, Response};

pub(crate) use self::cashier::cashier_page;
pub(crate) use self::message::{choice_page, fault_page, left_page, unknown_payment_page};
pub(crate) use self::text::Lang;
use self::visit::{Pairs, Visit};
use crate::desk::Moment;
use crate::reply;
use crate::world::World;

/// Where every page finds its style sheet.
const STYLE_PATH: &str = "/style.css";

/// The sandbox's mark, for browser tabs.
const ICON_PATH: &str = "/icon.svg";

/// The style sheet of all pages.
const STYLE: &str = concat!(
    include_str!("pages/style/base.css"),
    include_str!("pages/style/console.css"),
    include_str!("pages/style/cashier.css"),
    include_str!("pages/style/checkout.css"),
);

/// The addresses of pages that have a fixed one.
pub(crate) const PATHS: [&str; 8] =
    ["/", STYLE_PATH, ICON_PATH, "/payments", "/log", "/mailbox", "/faults", "/clock"];

impl World {
    /// The page at this address, or what comes of a form sent to it; `None` when there is neither.
    pub(crate) fn pages(
        &mut self,
        request: &Request<Bytes>,
        method: &Method,
        now: Moment,
    ) -> Option<Response<Bytes>> {
        let visit = Visit::of(request, now);
        let parts: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let page = match (method.as_str(), parts.as_slice()) {
            ("GET", ["style.css"]) => reply::style(STYLE),
            ("GET", ["icon.svg"]) => reply::icon(include_str!("pages/style/icon.svg")),
            ("GET", [""]) => self.front_page(&visit),
            ("GET", ["payments"]) => self.payments_page(&visit),
            ("GET", ["payments", token]) => self.payment_page(&visit, token, None),
            ("GET", ["log"]) => self.log_page(&visit),
            ("GET", ["mailbox"]) => self.mailbox_page(&visit),
            ("GET", ["mailbox", id]) => self.email_page(&visit, id),
            ("GET", ["mailbox", id, "html"]) => self.email_html(&visit, id),
            ("GET", ["faults"]) => self.faults_page(&visit, None),
            ("GET", ["clock"]) => self.clock_page(&visit, false),
            ("GET", _) if wants_page(request) => message::unknown_page(&visit),
            ("POST", [form, ..]) if PATHS.iter().any(|path| path.strip_prefix('/') == Some(form)) => {
                if is_foreign(request) {
                    return Some(reply::json_error(http::StatusCode::FORBIDDEN, "foreign_form", FOREIGN));
                }
                let form = Pairs::read(request.body());
                match parts.as_slice() {
                    ["faults"] => self.arm_fault(&visit, &form),
                    ["faults", id, "remove"] => self.disarm_fault(&visit, id, &form),
                    ["clock"] => self.turn_clock(&visit, &form),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(page)
    }
}

const FOREIGN: &str = "the sandbox takes the forms of its own pages only";

/// Whether a page of another site sent this form: browsers say so.
fn is_foreign(request: &Request<Bytes>) -> bool {
    request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// Whether a person asks, not a program.
fn wants_page(request: &Request<Bytes>) -> bool {
    request
        .headers()
        .get(http::header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

impl Lang {
    /// The language of an answer: `?lang=` first, then the browser's wish, then Chinese.
    pub(crate) fn of(request: &Request<Bytes>) -> Self {
        let wished = || request.headers().get(http::header::ACCEPT_LANGUAGE)?.to_str().ok();
        // Browsers list what they like best first; weights only repeat that order.
        Self::chosen(request)
            .or_else(|| wished()?.split(',').find_map(|tag| Self::from_tag(tag.trim())))
            .unwrap_or(Self::Zh)
    }

    /// The language in the address, if there is one.
    pub(crate) fn chosen(request: &Request<Bytes>) -> Option<Self> {
        form_urlencoded::parse(request.uri().query()?.as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, tag)| Self::from_tag(&tag))
    }
}
