//! What does Stripe say of a dispute, in answers and in events alike?
//!
//! | status | means |
//! |---|---|
//! | `needs_response`, `under_review` | open |
//! | `won` | ours |
//! | `lost` | the buyer's |
//! | `warning_needs_response`, `warning_under_review`, `warning_closed`, `prevented` | no use: no money moved |
//!
//! Events tell of it first. One that never comes is made good by asking, which only repeats what they say: an
//! answer that says nothing of the bank's decision is no decision, and the question is asked again.

use serde::Deserialize;

use crate::dispute::{DisputeNews, DisputeReport};
use crate::gateway::stripe::call::{self, Reply};
use crate::gateway::stripe::session::at;
use crate::gateway::stripe::{Stripe, currency};
use crate::gateway::{DisputeAnswer, Fault, GatewayRequest, Message, Misfit};

/// A dispute.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    livemode: Option<bool>,
    reason: Option<String>,
    payment_intent: Option<String>,
    evidence_details: Option<EvidenceDetails>,
}

#[derive(Clone, Debug, Deserialize)]
struct EvidenceDetails {
    due_by: Option<i64>,
}

impl Dispute {
    /// Stripe's number of the payment, and what is said of the dispute over it by an object of this `kind`.
    ///
    /// # Errors
    /// The [`Misfit`]: a status without use for us, or a field that cannot be read.
    pub(super) fn report(self, kind: &str) -> Result<(String, DisputeReport), Misfit> {
        let news = match self.status.as_str() {
            "needs_response" | "under_review" => DisputeNews::Open,
            "won" => DisputeNews::Won,
            "lost" => DisputeNews::Lost,
            // The bank asks, and has taken nothing back.
            "warning_needs_response" | "warning_under_review" | "warning_closed" | "prevented" => {
                return Err(Misfit::NoUse { kind: format!("{kind} {}", self.status) });
            }
            got => return Err(Misfit::UnknownStatus { got: got.to_owned() }),
        };
        let payment_no = self.payment_intent.ok_or(Misfit::Unreadable { field: "payment_intent" })?;
        let amount = currency::money(self.amount, &self.currency);
        let report = DisputeReport {
            gateway_no: self.id,
            amount: amount.ok_or(Misfit::Unreadable { field: "amount" })?,
            reason: self.reason.unwrap_or_default(),
            evidence_due_at: self.evidence_details.and_then(|details| details.due_by).map(at),
            news,
        };
        Ok((payment_no, report))
    }
}

/// See [`crate::gateway::Gateway::prepare_dispute_query`].
pub(super) fn prepare(stripe: &Stripe, gateway_no: &str) -> Result<GatewayRequest, Fault> {
    if !call::is_id(gateway_no) {
        return Err(Fault::Unsupported("the kept id is not one of stripe's"));
    }
    Ok(call::get(stripe, &format!("/v1/disputes/{gateway_no}"), &[]))
}

/// The object that was asked for.
#[derive(Deserialize)]
#[serde(tag = "object")]
enum Found {
    #[serde(rename = "dispute")]
    Dispute(Dispute),
}

/// See [`crate::gateway::Gateway::read_dispute_answer`].
pub(super) fn read_answer(
    stripe: &Stripe,
    gateway_no: &str,
    answer: Message<'_>,
) -> Result<DisputeAnswer, Fault> {
    let found = match call::read(answer)? {
        Reply::Done(Found::Dispute(found)) => found,
        // A dispute does not vanish: a missing one is asked for with the key of another account.
        Reply::Refused(refusal) => return Ok(DisputeAnswer::Unclear { code: refusal.code }),
    };
    if found.id != gateway_no {
        return Err(Fault::Malformed("the answer is about another dispute"));
    }
    if found.livemode != Some(stripe.livemode) {
        return Err(Fault::Malformed("the dispute is of another mode"));
    }
    Ok(match found.report("dispute") {
        Ok((payment_no, report)) => DisputeAnswer::Known { payment_no, report },
        Err(misfit) => DisputeAnswer::Unclear { code: misfit.to_string() },
    })
}
