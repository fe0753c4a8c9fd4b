//! What can be done here that no call of Stripe's can? (`/sandbox/stripe/…`)
//!
//! Buyers dispute, banks decide, secrets are rolled in the dashboard, cards are typed into the hosted page.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Stripe;
use super::dispute::{DisputeStage, REASONS};
use super::event::Cause;
use super::session::Life;
use super::tries::Try;
use crate::desk::Desk;
use crate::reply;

/// Where these steps are.
pub(crate) const PATH: &str = "/sandbox/stripe/";

/// An old secret goes on signing for at most so long.
const LONGEST_ROLL_MS: i64 = 24 * 60 * 60 * 1000;

/// The body of `POST /sandbox/stripe/disputes`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDispute {
    charge: Option<String>,
    payment_intent: Option<String>,
    /// A session, or the merchant's own number.
    payment: Option<String>,
    reason: Option<String>,
    amount: Option<i64>,
}

/// The body of `POST /sandbox/stripe/disputes/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    outcome: Verdict,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Won,
    Lost,
}

/// The body of `POST /sandbox/stripe/webhook_endpoints/{id}/roll`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roll {
    expires_in_ms: Option<i64>,
}

/// The body of `POST /sandbox/stripe/sessions/{id}/pay`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    card: String,
}

/// Why nothing was done: status, code, reason.
type Mistake = (StatusCode, &'static str, String);

impl Stripe {
    /// Answers everything below [`PATH`].
    pub(crate) fn steer(&mut self, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Response<Bytes> {
        if request.method() != Method::POST {
            let reason = "the steps below /sandbox/stripe/ are POSTs";
            return reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", reason);
        }
        let path = request.uri().path().trim_start_matches(PATH).to_owned();
        let segments: Vec<&str> = path.split('/').collect();
        let done = match segments.as_slice() {
            ["disputes"] => self.dispute_anew(request, desk),
            ["disputes", id] => self.decide(id, request, desk),
            ["webhook_endpoints", id, "roll"] => self.roll(id, request, desk),
            ["sessions", id, "pay"] => self.pay_by_card(id, request, desk),
            _ => Err(not_found("nothing is at this path")),
        };
        match done {
            Ok(answer) => reply::json(StatusCode::OK, &answer),
            Err((status, code, reason)) => reply::json_error(status, code, &reason),
        }
    }

    fn dispute_anew(&mut self, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Result<Value, Mistake> {
        let new: NewDispute = read(request)?;
        let reason = new.reason.as_deref().unwrap_or("fraudulent");
        if !REASONS.contains(&reason) {
            return Err(invalid(format!("reason: expected one of {}", REASONS.join(", "))));
        }
        let charge =
            self.charge_named(&new).ok_or_else(|| not_found("no payment is named so, or none paid"))?;
        let id = self.open_dispute(&charge, reason, new.amount, desk).map_err(conflict)?;
        Ok(self.dispute_answer(&id, desk))
    }

    fn charge_named(&self, new: &NewDispute) -> Option<String> {
        let of_intent = |id: &str| self.intents.get(id)?.latest_charge.clone();
        match (&new.charge, &new.payment_intent, &new.payment) {
            (Some(charge), None, None) => Some(charge.clone()),
            (None, Some(intent), None) => of_intent(intent),
            (None, None, Some(payment)) => {
                let mut newest_first = self.sessions.iter().rev().map(|(_, session)| session);
                let named = |number: &str| number == payment;
                let session = newest_first
                    .find(|session| named(&session.id) || (session.paid && named(session.number())))?;
                of_intent(session.intent.as_deref()?)
            }
            _ => None,
        }
    }

    fn decide(&mut self, id: &str, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Result<Value, Mistake> {
        let decision: Decision = read(request)?;
        let dispute = self.disputes.get(id).ok_or_else(|| not_found("no dispute has this id"))?;
        if dispute.stage.is_over() {
            return Err(conflict(format!("this dispute is {} already", dispute.stage.name())));
        }
        let outcome = match decision.outcome {
            Verdict::Won => DisputeStage::Won,
            Verdict::Lost => DisputeStage::Lost,
        };
        self.decide_dispute(id, outcome, &Cause::default(), desk);
        Ok(self.dispute_answer(id, desk))
    }

    fn dispute_answer(&self, id: &str, desk: &Desk<'_>) -> Value {
        let now_s = desk.now.business_ms.div_euclid(1_000);
        self.disputes.get(id).map(|dispute| self.dispute_json(dispute, now_s)).unwrap_or_default()
    }

    fn roll(&mut self, id: &str, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Result<Value, Mistake> {
        let roll: Roll = if request.body().is_empty() { Roll::default() } else { read(request)? };
        let expires_in_ms = roll.expires_in_ms.unwrap_or(LONGEST_ROLL_MS);
        if !(0..=LONGEST_ROLL_MS).contains(&expires_in_ms) {
            return Err(invalid(format!("expires_in_ms: expected 0 to {LONGEST_ROLL_MS}")));
        }
        let until_ms = desk.now.business_ms.saturating_add(expires_in_ms);
        let secret = format!("whsec_{}", desk.random.alphanumeric(32));
        let endpoint = self.endpoints.get_mut(id).filter(|endpoint| !endpoint.deleted);
        let endpoint = endpoint.ok_or_else(|| not_found("no webhook endpoint has this id"))?;
        let old = std::mem::replace(&mut endpoint.secret, secret);
        endpoint.old_secret = Some((old, until_ms));
        Ok(json!({ "id": id, "secret": endpoint.secret, "old_secret_expires_at_ms": until_ms }))
    }

    fn pay_by_card(
        &mut self,
        id: &str,
        request: &Request<Bytes>,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Mistake> {
        let card: Card = read(request)?;
        let attempt = Try::with_card(&card.card).ok_or_else(|| {
            invalid("card: not one of the test cards of docs.stripe.com/testing".to_owned())
        })?;
        let session = self.sessions.get(id).cloned().ok_or_else(|| not_found("no session has this id"))?;
        if session.life != Life::Open {
            return Err(conflict(format!("this session is {}", session.life.name())));
        }
        if !session.methods.contains(&attempt.method) {
            return Err(conflict("this session takes no cards".to_owned()));
        }
        self.try_to_pay(&session, &attempt, desk);
        Ok(self.sessions.get(id).map(|session| session.json(desk.base_url)).unwrap_or_default())
    }
}

fn read<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, Mistake> {
    serde_json::from_slice(request.body()).map_err(|error| invalid(error.to_string()))
}

fn invalid(reason: String) -> Mistake {
    (StatusCode::BAD_REQUEST, "invalid_body", reason)
}

fn conflict(reason: String) -> Mistake {
    (StatusCode::CONFLICT, "conflict", reason)
}

fn not_found(reason: &str) -> Mistake {
    (StatusCode::NOT_FOUND, "not_found", reason.to_owned())
}
