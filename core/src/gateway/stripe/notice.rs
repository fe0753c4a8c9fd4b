//! What do Stripe's callbacks say?
//!
//! | event | about | news |
//! |---|---|---|
//! | `checkout.session.completed` | session | paid, or processing while `unpaid` |
//! | `checkout.session.async_payment_succeeded` | session | paid |
//! | `checkout.session.async_payment_failed` | session | closed: a complete session takes no second try |
//! | `checkout.session.expired` | session | closed |
//! | `payment_intent.payment_failed` | payment | declined; the session stays open |
//! | `refund.created`, `.updated`, `.failed`, `charge.refund.updated` | refund | refund |
//! | `charge.dispute.created`, `.updated`, `.closed`, `.funds_withdrawn`, `.funds_reinstated` | dispute | dispute |
//!
//! The steps of a payment (`payment_intent.succeeded`, `charge.succeeded`, …) and `charge.refunded`, which
//! names no refund, say nothing that these do not: they are redundant. Whatever else an endpoint is sent has no
//! use and is put aside; so are inquiries, which move no money. Events come more than once and in any order.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::gateway::stripe::dispute::Dispute;
use crate::gateway::stripe::refund::Refund;
use crate::gateway::stripe::session::{Metadata, Owner, Session, at, filled};
use crate::gateway::stripe::{Stripe, sign};
use crate::gateway::{Content, Fault, Message, Misfit, News, Notice, Payment, Unverified};
use crate::time::Timestamp;

/// An event holds one object and what changed of it; with the fullest metadata it stays far below this.
const LARGEST_BYTES: usize = 256 * 1024;

/// An event. What is declared loosely here is missing in "thin" events (`v2.core.event`), which an endpoint
/// may be set to by mistake: they verify, so they are put aside instead of being sent again for days.
#[derive(Deserialize)]
struct Event<'a> {
    id: String,
    object: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    created: Option<serde_json::Value>,
    livemode: Option<bool>,
    account: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

/// Whom any object names.
#[derive(Default, Deserialize)]
struct Subject {
    id: Option<String>,
    client_reference_id: Option<String>,
    metadata: Option<Metadata>,
}

/// A payment whose last try failed.
#[derive(Deserialize)]
struct FailedPayment {
    last_payment_error: Option<PaymentError>,
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
}

/// See [`crate::gateway::Gateway::read_callback`].
pub(super) fn read(
    stripe: &Stripe,
    callback: Message<'_>,
    now: Timestamp,
) -> Result<Unverified<Content>, Fault> {
    if callback.body.len() > LARGEST_BYTES {
        return Err(Fault::Malformed("the callback is larger than any of stripe's"));
    }
    let header = callback
        .header("stripe-signature")
        .ok_or(Fault::Malformed("stripe-signature is missing or stands twice"))?;
    let claims = sign::claims(header, callback.body, now)?;
    let event: Event<'_> =
        serde_json::from_slice(callback.body).map_err(|_| Fault::Malformed("the callback is no event"))?;
    Ok(Unverified::new(claims, Content::Open(event.notice(stripe))))
}

impl Event<'_> {
    fn notice(&self, stripe: &Stripe) -> Notice {
        let subject: Subject = self.object().unwrap_or_default();
        let noted = subject.metadata.and_then(|metadata| metadata.attempt);
        let object_id = subject.id.unwrap_or_default();
        Notice {
            // Two events are rarely made of one change: type and object tell them apart, the id tells
            // repeats.
            key: [self.id.as_str(), self.kind(), &object_id].join("|"),
            merchant_no: subject
                .client_reference_id
                .filter(|no| !no.is_empty())
                .or(noted)
                .unwrap_or_default(),
            news: self.news(stripe).unwrap_or_else(News::Misfit),
        }
    }

    fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// `data.object`, as what it should be.
    fn object<'d, T: Deserialize<'d>>(&'d self) -> Result<T, Misfit> {
        let unreadable = Misfit::Unreadable { field: "data.object" };
        let Some(data) = self.data else { return Err(unreadable) };
        let Ok(Data { object }) = serde_json::from_str(data.get()) else { return Err(unreadable) };
        serde_json::from_str(object.get()).map_err(|_| unreadable)
    }

    /// When it happened.
    fn at(&self) -> Option<Timestamp> {
        self.created.as_ref().and_then(serde_json::Value::as_i64).map(at)
    }

    fn no_use(&self) -> Misfit {
        Misfit::NoUse { kind: self.kind().to_owned() }
    }

    fn news(&self, stripe: &Stripe) -> Result<News, Misfit> {
        if self.object.as_deref() != Some("event") {
            return Err(Misfit::NoUse { kind: self.object.clone().unwrap_or_default() });
        }
        let livemode = self.livemode.ok_or(Misfit::Unreadable { field: "livemode" })?;
        if livemode != stripe.livemode {
            return Err(Misfit::OtherMode { expected: stripe.livemode, got: livemode });
        }
        if let Some(got) = self.account.as_ref().filter(|got| Some(*got) != stripe.account.as_ref()) {
            let expected = stripe.account.clone().unwrap_or_else(|| "the endpoint's own".to_owned());
            return Err(Misfit::OtherSeller { expected, got: got.clone() });
        }
        match filled(self.kind.as_deref()).ok_or(Misfit::Unreadable { field: "type" })? {
            "checkout.session.completed" => self.completed(),
            "checkout.session.async_payment_succeeded" => match self.completed()? {
                paid @ News::Paid(_) => Ok(paid),
                _ => Err(Misfit::UnknownStatus { got: "succeeded, yet unpaid".to_owned() }),
            },
            "checkout.session.async_payment_failed" | "checkout.session.expired" => {
                self.our_session().map(|_| News::Closed)
            }
            "payment_intent.payment_failed" => self.declined(),
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => self.refund(),
            "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated" => self.dispute(),
            // The steps of a payment and the sums of its refunds, which the events above tell of.
            "payment_intent.created"
            | "payment_intent.processing"
            | "payment_intent.succeeded"
            | "payment_intent.canceled"
            | "charge.pending"
            | "charge.succeeded"
            | "charge.failed"
            | "charge.updated"
            | "charge.refunded" => Ok(News::Redundant),
            _ => Err(self.no_use()),
        }
    }

    /// The session, and whose it is.
    fn our_session(&self) -> Result<(Session, String), Misfit> {
        let session: Session = self.object()?;
        let number = match session.owner() {
            Owner::Attempt(number) => number.to_owned(),
            Owner::Other(got) => return Err(Misfit::UnknownNumber { got: got.to_owned() }),
            // Another shop, or a payment link, of the same account.
            Owner::Nobody => return Err(self.no_use()),
        };
        if session.livemode != self.livemode.unwrap_or_default() {
            return Err(Misfit::Unreadable { field: "livemode" });
        }
        Ok((session, number))
    }

    fn completed(&self) -> Result<News, Misfit> {
        let (session, merchant_no) = self.our_session()?;
        match session.payment_status.as_deref().unwrap_or_default() {
            "paid" => {
                let gateway_no =
                    session.payment_id().ok_or(Misfit::Unreadable { field: "payment_intent" })?;
                Ok(News::Paid(Payment {
                    merchant_no,
                    gateway_no: gateway_no.to_owned(),
                    amount: session.total().ok_or(Misfit::Unreadable { field: "amount_total" })?,
                    at: self.at(),
                }))
            }
            "unpaid" => Ok(News::Processing),
            got => Err(Misfit::UnknownStatus { got: got.to_owned() }),
        }
    }

    fn declined(&self) -> Result<News, Misfit> {
        let subject: Subject = self.object()?;
        if subject.metadata.and_then(|metadata| metadata.attempt).is_none() {
            return Err(self.no_use());
        }
        let payment: FailedPayment = self.object()?;
        let code = payment.last_payment_error.and_then(|error| error.decline_code.or(error.code));
        Ok(News::Declined { code: code.unwrap_or_default() })
    }

    fn dispute(&self) -> Result<News, Misfit> {
        let dispute: Dispute = self.object()?;
        let (payment_no, report) = dispute.report(self.kind())?;
        Ok(News::Dispute { payment_no, report })
    }

    fn refund(&self) -> Result<News, Misfit> {
        let refund: Refund = self.object()?;
        let refund_no = refund.number().ok_or(Misfit::UnexpectedRefund)?.to_owned();
        let amount = refund.money().ok_or(Misfit::Unreadable { field: "amount" })?;
        let standing = refund
            .standing(self.at())
            .ok_or_else(|| Misfit::UnknownStatus { got: refund.status().to_owned() })?;
        Ok(News::Refund { refund_no, amount: Some(amount), standing })
    }
}
