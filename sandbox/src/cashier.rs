//! How does a buyer approve, decline or leave? (the cashier behind every QR code and payment page)
//!
//! The same for all gateways: a gateway turns one of its payments into a [`PaymentView`], the page shows
//! it, and the buttons come back here. Scripts use the same buttons: `POST {content}/approve` and
//! `/decline` without a body, answered in JSON when they accept it.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::Gateway;
use crate::desk::Moment;
use crate::faults::{Fault, Operation, Scope};
use crate::log::{Direction, Entry};
use crate::pages::{Lang, cashier_page, left_page, unknown_payment_page};
use crate::price::Price;
use crate::reply;
use crate::world::World;

/// A payment as people see it: on the cashier, in lists, as JSON.
#[derive(Debug, Clone)]
pub(crate) struct PaymentView {
    pub(crate) gateway: Gateway,
    /// [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: String,
    pub(crate) merchant_name: String,
    /// The secret part of the cashier's address.
    pub(crate) token: String,
    /// The path of the cashier page.
    pub(crate) page: String,
    /// How the buyer was sent here, in the gateway's word: `precreate`, `native`, `checkout.session`, …
    pub(crate) channel: String,
    pub(crate) subject: String,
    pub(crate) price: Price,
    /// The gateway's word for where the payment stands.
    pub(crate) status: String,
    pub(crate) outcome: Outcome,
    /// The merchant's number.
    pub(crate) number: String,
    /// The gateway's number, once there is one.
    pub(crate) gateway_number: Option<String>,
    /// Business time.
    pub(crate) requested_at_ms: i64,
    pub(crate) expires_at_ms: i64,
    pub(crate) paid_at_ms: Option<i64>,
    /// Where the browser goes once it is paid.
    pub(crate) return_url: Option<String>,
    /// Where the browser goes when the buyer leaves.
    pub(crate) quit_url: Option<String>,
    /// What the cashier offers besides [`Button::Leave`].
    pub(crate) buttons: Vec<Button>,
    pub(crate) refunds: Vec<RefundView>,
}

/// A refund as people see it.
#[derive(Debug, Clone)]
pub(crate) struct RefundView {
    /// The merchant's number.
    pub(crate) number: String,
    pub(crate) gateway_number: Option<String>,
    pub(crate) price: Price,
    /// The gateway's word for where it stands.
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// Business time.
    pub(crate) requested_at_ms: i64,
    pub(crate) done_at_ms: Option<i64>,
}

/// Where a payment stands, as the buyer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Waiting {
        /// The buyer's last try failed.
        declined: bool,
    },
    /// The buyer has agreed; the money is on its way.
    Processing,
    Paid,
    /// The money on its way did not arrive.
    Failed,
    Closed,
    Expired,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Closed => "closed",
            Self::Expired => "expired",
        }
    }
}

/// Why a button did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotPayable {
    AlreadyPaid,
    Closed,
    Expired,
    /// This payment has no such button now.
    NotOffered,
}

impl NotPayable {
    fn code(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "already_paid",
            Self::Closed => "closed",
            Self::Expired => "expired",
            Self::NotOffered => "not_offered",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::AlreadyPaid => "this payment was made before; nobody pays twice",
            Self::Closed => "the merchant has closed this payment",
            Self::Expired => "this payment has expired",
            Self::NotOffered => "this payment offers no such step now",
        }
    }
}

/// What a buyer can do, and for payments whose money takes days what the banks can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Button {
    Approve,
    Decline,
    /// Agrees to pay by a method whose money comes later.
    ApproveLater,
    /// The money has come.
    Settle,
    /// The money does not come.
    Fail,
    Leave,
}

impl Button {
    const ALL: [Self; 6] =
        [Self::Approve, Self::Decline, Self::ApproveLater, Self::Settle, Self::Fail, Self::Leave];

    /// The last part of its address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::ApproveLater => "approve_later",
            Self::Settle => "settle",
            Self::Fail => "fail",
            Self::Leave => "leave",
        }
    }
}

/// Where the cashier's pages are, apart from Stripe's own.
pub(crate) const PATH: &str = "/cashier/";
/// Where Stripe's hosted pages are.
pub(crate) const STRIPE_PATH: &str = "/c/pay/";

impl PaymentView {
    /// For programs.
    pub(crate) fn json(&self, base_url: &str) -> Value {
        let refunds: Vec<Value> = self.refunds.iter().map(RefundView::json).collect();
        json!({
            "gateway": self.gateway.name(),
            "merchant": self.merchant,
            "channel": self.channel,
            "number": self.number,
            "gateway_number": self.gateway_number,
            "subject": self.subject,
            "amount_minor": self.price.amount_minor,
            "currency": self.price.currency,
            "status": self.status,
            "outcome": self.outcome.name(),
            "requested_at_ms": self.requested_at_ms,
            "expires_at_ms": self.expires_at_ms,
            "paid_at_ms": self.paid_at_ms,
            "cashier_url": format!("{base_url}{}", self.page),
            "return_url": self.return_url,
            "refunds": refunds,
        })
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            gateway: self.gateway,
            merchant: &self.merchant,
            number: &self.number,
            operation: Operation::Other,
        }
    }
}

impl RefundView {
    fn json(&self) -> Value {
        json!({
            "number": self.number,
            "gateway_number": self.gateway_number,
            "amount_minor": self.price.amount_minor,
            "status": self.status,
            "reason": self.reason,
            "requested_at_ms": self.requested_at_ms,
            "done_at_ms": self.done_at_ms,
        })
    }
}

impl World {
    /// Answers everything below the cashier's paths; `path` is what follows them.
    pub(crate) fn cashier(&mut self, request: &Request<Bytes>, path: &str, now: Moment) -> Response<Bytes> {
        let (token, action) =
            path.split_once('/').map_or((path, None), |(token, action)| (token, Some(action)));
        let button = match action {
            None => None,
            Some(action) => match Button::ALL.into_iter().find(|button| button.name() == action) {
                None => return unknown_payment(request),
                known => known,
            },
        };
        match (request.method(), button) {
            (&Method::GET, None) => self.show(request, token, now),
            (&Method::POST, Some(Button::Leave)) => self.leave(request, token, now),
            (&Method::POST, Some(button)) => self.press(request, token, button, now),
            // A GET on a button (a reloaded or bookmarked address) leads back to the page.
            (&Method::GET, Some(_)) => match self.view(token, now) {
                Some(view) => reply::see_other(&page_address(request, &view)),
                None => unknown_payment(request),
            },
            _ => reply::json_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "GET the page, POST its buttons",
            ),
        }
    }

    fn show(&mut self, request: &Request<Bytes>, token: &str, now: Moment) -> Response<Bytes> {
        let (gateways, mut desk) = self.parts(now);
        if let Some(address) = redirect_url(request) {
            gateways.send_back(token, &address);
        }
        match gateways.open(token, &mut desk) {
            Some(view) => {
                let page = cashier_page(Lang::of(request), &view, &self.base_url, now, None);
                reply::page(StatusCode::OK, page)
            }
            None => unknown_payment(request),
        }
    }

    fn press(
        &mut self,
        request: &Request<Bytes>,
        token: &str,
        button: Button,
        now: Moment,
    ) -> Response<Bytes> {
        let (gateways, mut desk) = self.parts(now);
        let Some(pressed) = gateways.press(token, button, &mut desk) else { return unknown_payment(request) };
        let Some(view) = self.view(token, now) else { return unknown_payment(request) };
        self.log.add(Entry {
            at_ms: now.business_ms,
            gateway: Some(view.gateway),
            direction: Direction::Buyer,
            what: button.name().to_owned(),
            number: Some(view.number.clone()),
            outcome: match &pressed {
                Ok(view) => view.status.clone(),
                Err(reason) => reason.code().to_owned(),
            },
            fine: pressed.is_ok(),
            diagnosis: None,
        });
        if button == Button::Approve && pressed.is_ok() {
            self.pay_elsewhere_too(&view, now);
        }
        match pressed {
            Ok(view) if wants_json(request) => reply::json(StatusCode::OK, &view.json(&self.base_url)),
            Ok(view) => reply::see_other(&page_address(request, &view)),
            Err(reason) if wants_json(request) => {
                reply::json_error(StatusCode::CONFLICT, reason.code(), reason.message())
            }
            Err(reason) => {
                let page = cashier_page(Lang::of(request), &view, &self.base_url, now, Some(reason));
                reply::page(StatusCode::CONFLICT, page)
            }
        }
    }

    /// The fault of a buyer who pays one order by two channels: whatever else waits at any gateway for the
    /// same merchant, subject and amount is paid as well.
    fn pay_elsewhere_too(&mut self, paid: &PaymentView, now: Moment) {
        let (gateways, mut desk) = self.parts(now);
        if desk.strikes(Fault::PaidByTwoChannels, paid.scope()).is_none() {
            return;
        }
        let twins = gateways.views(now).into_iter().filter(|other| {
            other.token != paid.token
                && other.merchant == paid.merchant
                && other.price == paid.price
                && other.subject == paid.subject
                && matches!(other.outcome, Outcome::Waiting { .. })
        });
        for twin in twins {
            let _ = gateways.press(&twin.token, Button::Approve, &mut desk);
        }
    }

    /// The buyer goes away without paying: no payment changes.
    fn leave(&mut self, request: &Request<Bytes>, token: &str, now: Moment) -> Response<Bytes> {
        let lang = Lang::of(request);
        let (gateways, mut desk) = self.parts(now);
        gateways.leave(token, &mut desk);
        match self.view(token, now) {
            None => unknown_payment(request),
            Some(view) if wants_json(request) => reply::json(StatusCode::OK, &view.json(&self.base_url)),
            Some(view) => reply::page(StatusCode::OK, left_page(lang, &view)),
        }
    }
}

fn unknown_payment(request: &Request<Bytes>) -> Response<Bytes> {
    if wants_json(request) {
        return reply::json_error(StatusCode::NOT_FOUND, "unknown_payment", "no payment has this address");
    }
    reply::page(StatusCode::NOT_FOUND, unknown_payment_page(Lang::of(request)))
}

/// The cashier page's own address, the chosen language kept.
fn page_address(request: &Request<Bytes>, view: &PaymentView) -> String {
    match Lang::chosen(request) {
        Some(lang) => format!("{}?lang={}", view.page, lang.tag()),
        None => view.page.clone(),
    }
}

/// What a merchant appended to a link of WeChat's for phone browsers: where the browser goes afterwards.
fn redirect_url(request: &Request<Bytes>) -> Option<String> {
    form_urlencoded::parse(request.uri().query()?.as_bytes())
        .find(|(name, _)| name == "redirect_url")
        .map(|(_, address)| address.into_owned())
}

fn wants_json(request: &Request<Bytes>) -> bool {
    request
        .headers()
        .get(http::header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"))
}
