//! How does money go back through Stripe?
//!
//! A refund is made once per number: the number is its Idempotency-Key, and stands in its metadata so that it
//! can be found without the id that a lost answer held. Keys live for a day, so **whoever repeats a refund
//! asks first**, and repeats it only where the answer is [`RefundAnswer::Absent`].
//!
//! `failed` means that the money is back at the platform and the buyer has none of it. It can come weeks
//! after `succeeded` (a closed card, a dead account). One object cannot tell which came first: we give where
//! it stands, and the refund's own state machine, which knows, makes a failure after a success into one for a
//! person.

use serde::Deserialize;

use crate::attempt::{Attempt, AttemptState, Capture};
use crate::gateway::stripe::call::{self, Refusal, Reply, Verdict};
use crate::gateway::stripe::session::{Metadata, filled};
use crate::gateway::stripe::{Stripe, currency};
use crate::gateway::{
    Fault, GatewayRequest, Message, RefundAnswer, RefundOperation, RefundStanding, RefundTerms,
};
use crate::money::Money;
use crate::time::Timestamp;

const REFUNDS: &str = "/v1/refunds";

/// See [`crate::gateway::Gateway::prepare_refund`].
pub(super) fn prepare(
    stripe: &Stripe,
    operation: RefundOperation,
    refund: &RefundTerms,
    attempt: &Attempt,
) -> Result<GatewayRequest, Fault> {
    if refund.amount.currency() != attempt.amount.currency() {
        return Err(Fault::Unsupported("stripe refunds in the currency of the payment"));
    }
    let amount = currency::amount(refund.amount)?.to_string();
    let payment = payment_id(attempt).ok_or(Fault::Unsupported("there is no payment to refund"))?;
    match (operation, refund.gateway_no.as_deref()) {
        (RefundOperation::Request, _) => {
            let number = refund.number.to_string();
            let attempt = attempt.id.to_string();
            let fields = [
                ("payment_intent", payment),
                ("amount", &amount),
                ("metadata[refund]", &number),
                ("metadata[attempt]", &attempt),
            ];
            Ok(call::post(stripe, REFUNDS, number.clone(), &fields))
        }
        (RefundOperation::Query, Some(id)) if call::is_id(id) => {
            Ok(call::get(stripe, &format!("{REFUNDS}/{id}"), &[]))
        }
        (RefundOperation::Query, Some(_)) => Err(Fault::Unsupported("the kept id is not one of stripe's")),
        (RefundOperation::Query, None) => {
            Ok(call::get(stripe, REFUNDS, &[("payment_intent", payment), ("limit", "100")]))
        }
    }
}

/// Stripe's number of what was paid.
fn payment_id(attempt: &Attempt) -> Option<&str> {
    match &attempt.state {
        AttemptState::Paid(Capture { gateway_no: Some(id), .. }) if call::is_id(id) => Some(id),
        _ => None,
    }
}

/// A refund, in answers and in events.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Refund {
    id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    failure_reason: Option<String>,
    payment_intent: Option<String>,
    metadata: Option<Metadata>,
}

impl Refund {
    /// Our number of it; none on one that we did not ask for.
    pub(super) fn number(&self) -> Option<&str> {
        filled(self.metadata.as_ref()?.refund.as_deref())
    }

    /// How much goes back.
    pub(super) fn money(&self) -> Option<Money> {
        currency::money(self.amount, &self.currency)
    }

    /// Where it stands; `None` for a status that Stripe's documents do not have. `at` is when it was said.
    pub(super) fn standing(&self, at: Option<Timestamp>) -> Option<RefundStanding> {
        let status = self.status.as_deref().unwrap_or_default();
        match status {
            "succeeded" => Some(RefundStanding::Done { at }),
            // The buyer has to say where to, by a mail from Stripe.
            "pending" | "requires_action" => Some(RefundStanding::Pending),
            "failed" | "canceled" => {
                let code = filled(self.failure_reason.as_deref()).unwrap_or(status).to_owned();
                Some(RefundStanding::Failed { code })
            }
            _ => None,
        }
    }

    /// What it is called where it does not stand as any we know.
    pub(super) fn status(&self) -> &str {
        self.status.as_deref().unwrap_or_default()
    }
}

/// A refund, or all of one payment.
#[derive(Deserialize)]
#[serde(tag = "object")]
enum Found {
    #[serde(rename = "refund")]
    One(Refund),
    #[serde(rename = "list")]
    All { data: Vec<Refund>, has_more: bool },
}

/// See [`crate::gateway::Gateway::read_refund_answer`].
pub(super) fn read_answer(
    operation: RefundOperation,
    refund: &RefundTerms,
    attempt: &Attempt,
    answer: Message<'_>,
) -> Result<RefundAnswer, Fault> {
    let number = refund.number.to_string();
    match call::read(answer)? {
        Reply::Done(Found::One(found)) => known(&found, &number, refund, attempt),
        Reply::Done(Found::All { data, has_more }) if operation == RefundOperation::Query => {
            match data.iter().find(|found| found.number() == Some(&number)) {
                Some(found) => known(found, &number, refund, attempt),
                None if has_more => {
                    Ok(RefundAnswer::Unclear { code: "more refunds than one page".to_owned() })
                }
                None => Ok(RefundAnswer::Absent),
            }
        }
        Reply::Done(Found::All { .. }) => Err(Fault::Malformed("the answer is not the object asked for")),
        Reply::Refused(refusal) => Ok(refused(operation, refusal)),
    }
}

fn known(
    found: &Refund,
    number: &str,
    refund: &RefundTerms,
    attempt: &Attempt,
) -> Result<RefundAnswer, Fault> {
    if found.number() != Some(number) {
        return Err(Fault::Malformed("the answer is about another refund"));
    }
    if found.payment_intent.as_deref() != payment_id(attempt) {
        return Err(Fault::Malformed("the answer is about another payment"));
    }
    if found.money() != Some(refund.amount) {
        return Err(Fault::Malformed("the answer is about another amount"));
    }
    // An answer does not say when the money arrived.
    Ok(match found.standing(None) {
        Some(standing) => RefundAnswer::Known { gateway_no: Some(found.id.clone()), standing },
        None => RefundAnswer::Unclear { code: format!("status {}", found.status()) },
    })
}

/// Only a no to this very refund is one. A key that is not accepted, or that belongs to another account, says
/// nothing about what an earlier call under the same number has done.
fn refused(operation: RefundOperation, refusal: Refusal) -> RefundAnswer {
    match (operation, refusal.verdict(), refusal.code.as_str()) {
        // The platform's balance is short of it for now: asked for again, later, under the same number.
        (_, _, "resource_missing" | "balance_insufficient") => RefundAnswer::Unclear { code: refusal.code },
        // All of it has gone back already, by somebody else's hand: ours is not needed, but our books say
        // otherwise.
        (RefundOperation::Request, Verdict::No, "charge_already_refunded") => RefundAnswer::Known {
            gateway_no: None,
            standing: RefundStanding::NeedsAttention { code: refusal.code },
        },
        (RefundOperation::Request, Verdict::No, _) => {
            RefundAnswer::Known { gateway_no: None, standing: RefundStanding::Failed { code: refusal.code } }
        }
        _ => RefundAnswer::Unclear { code: refusal.code },
    }
}
