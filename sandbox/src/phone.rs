//! How does a buyer approve, decline or leave? (the cashier behind every QR code and payment page)
//!
//! The same for all gateways: a gateway turns one of its payments into a [`Bill`], the page shows it, and
//! the buttons come back here. Scripts use the same buttons: `POST {content}/approve` and `/decline`
//! without a body, answered in JSON when they accept it.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use crate::log::{Direction, Entry};
use crate::pages::{Lang, cashier_page, message_page};
use crate::reply;
use crate::world::{Moment, World};

/// What the cashier page shows of a payment.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    pub(crate) token: String,
    pub(crate) cashier_url: String,
    /// Business time as a phone's status bar shows it.
    pub(crate) now: String,
    pub(crate) merchant: String,
    pub(crate) subject: String,
    /// Yuan with two decimals.
    pub(crate) amount: String,
    /// The gateway's word for where the payment stands.
    pub(crate) status: &'static str,
    pub(crate) outcome: Outcome,
    /// The merchant's number.
    pub(crate) number: String,
    /// The gateway's number, once there is one.
    pub(crate) gateway_number: Option<String>,
    pub(crate) expires_at: String,
    /// Where the browser goes once it is paid.
    pub(crate) return_url: Option<String>,
    /// Where the browser goes when the buyer leaves.
    pub(crate) quit_url: Option<String>,
}

/// Where a payment stands, as the buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Waiting { declined: bool },
    Paid { at: String },
    Closed,
    Expired,
}

/// Why a buyer cannot pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotPayable {
    AlreadyPaid,
    Closed,
    Expired,
}

impl NotPayable {
    fn code(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "already_paid",
            Self::Closed => "closed",
            Self::Expired => "expired",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "this payment was made before; nobody pays twice",
            Self::Closed => "the merchant has closed this payment",
            Self::Expired => "this payment has expired",
        }
    }
}

/// The address of a payment's cashier page: what a QR code contains.
pub(crate) fn cashier_url(base_url: &str, token: &str) -> String {
    format!("{base_url}/cashier/{token}")
}

enum Button {
    Approve,
    Decline,
    Leave,
}

impl World {
    /// Answers everything below `/cashier/`; `path` is the rest of the path.
    pub(crate) fn cashier(&mut self, request: &Request<Bytes>, path: &str, now: Moment) -> Response<Bytes> {
        let (token, action) =
            path.split_once('/').map_or((path, None), |(token, action)| (token, Some(action)));
        let button = match action {
            None => None,
            Some("approve") => Some(Button::Approve),
            Some("decline") => Some(Button::Decline),
            Some("leave") => Some(Button::Leave),
            Some(_) => return self.unknown_payment(request),
        };
        match (request.method(), button) {
            (&Method::GET, None) => self.show(request, token, now),
            (&Method::POST, Some(button)) => self.press(request, token, button, now),
            // A GET on a button (a reloaded or bookmarked address) leads back to the page.
            (&Method::GET, Some(_)) => reply::see_other(&page_address(request, token)),
            _ => reply::json_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "GET the page, POST its buttons",
            ),
        }
    }

    fn show(&mut self, request: &Request<Bytes>, token: &str, now: Moment) -> Response<Bytes> {
        let (alipay, random) = (&mut self.alipay, &mut self.random);
        match alipay.open(token, now.business_ms, random) {
            Some(bill) => reply::page(StatusCode::OK, cashier_page(Lang::of(request), &bill, None)),
            None => self.unknown_payment(request),
        }
    }

    fn press(
        &mut self,
        request: &Request<Bytes>,
        token: &str,
        button: Button,
        now: Moment,
    ) -> Response<Bytes> {
        let (alipay, random) = (&mut self.alipay, &mut self.random);
        let (name, pressed) = match button {
            Button::Leave => return self.leave(request, token, now),
            Button::Approve => ("approve", alipay.approve(token, now.business_ms, random)),
            Button::Decline => ("decline", alipay.decline(token, now.business_ms, random)),
        };
        let Some(pressed) = pressed else { return self.unknown_payment(request) };
        let bill = self.alipay.look(token, now.business_ms);
        self.log.add(Entry {
            at_ms: now.business_ms,
            direction: Direction::Buyer,
            what: name.to_owned(),
            number: bill.as_ref().map(|bill| bill.number.clone()),
            outcome: match &pressed {
                Ok(bill) => bill.status.to_owned(),
                Err(reason) => reason.code().to_owned(),
            },
            fine: pressed.is_ok(),
            diagnosis: None,
        });
        match pressed {
            Ok(bill) if wants_json(request) => reply::json(
                StatusCode::OK,
                &json!({
                    "status": bill.status,
                    "out_trade_no": bill.number,
                    "trade_no": bill.gateway_number,
                    "total_amount": bill.amount,
                    "return_url": bill.return_url,
                }),
            ),
            Ok(_) => reply::see_other(&page_address(request, token)),
            Err(reason) if wants_json(request) => {
                reply::json_error(StatusCode::CONFLICT, reason.code(), reason.message())
            }
            Err(reason) => match bill {
                Some(bill) => {
                    reply::page(StatusCode::CONFLICT, cashier_page(Lang::of(request), &bill, Some(reason)))
                }
                None => self.unknown_payment(request),
            },
        }
    }

    /// The buyer goes away without paying: nothing changes.
    fn leave(&mut self, request: &Request<Bytes>, token: &str, now: Moment) -> Response<Bytes> {
        let lang = Lang::of(request);
        match self.alipay.look(token, now.business_ms) {
            None => self.unknown_payment(request),
            Some(bill) if wants_json(request) => {
                reply::json(StatusCode::OK, &json!({ "status": bill.status, "out_trade_no": bill.number }))
            }
            Some(bill) => {
                let page =
                    message_page(lang, lang.text().left, lang.text().left_detail, bill.quit_url.as_deref());
                reply::page(StatusCode::OK, page)
            }
        }
    }

    fn unknown_payment(&self, request: &Request<Bytes>) -> Response<Bytes> {
        if wants_json(request) {
            return reply::json_error(
                StatusCode::NOT_FOUND,
                "unknown_payment",
                "no payment has this address",
            );
        }
        let lang = Lang::of(request);
        let page = message_page(lang, lang.text().unknown, lang.text().unknown_detail, None);
        reply::page(StatusCode::NOT_FOUND, page)
    }
}

/// The cashier page's own address, the chosen language kept.
fn page_address(request: &Request<Bytes>, token: &str) -> String {
    match Lang::chosen(request) {
        Some(lang) => format!("/cashier/{token}?lang={}", lang.tag()),
        None => format!("/cashier/{token}"),
    }
}

fn wants_json(request: &Request<Bytes>) -> bool {
    request
        .headers()
        .get(http::header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"))
}
