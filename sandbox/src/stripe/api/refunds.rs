//! Refunds: create, retrieve, list, change, cancel.

use serde_json::Value;

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::charge::{Charge, ChargeStage};
use crate::stripe::currency::check_step;
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::page::{Page, list};
use crate::stripe::refund::{Refund, RefundStage};
use crate::stripe::refunding::RefundOrder;

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];
const WHAT: &str = "refund";

impl Stripe {
    /// `POST /v1/refunds`
    pub(crate) fn create_refund(
        &mut self,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.not_played(&["currency", "customer", "instructions_email", "origin"])?;
        let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
        let amount = params.integer("amount")?;
        let reason = params.word("reason", &REASONS)?.map(str::to_owned);
        let metadata = params.metadata()?;
        let reverse_transfer = params.boolean("reverse_transfer")?.unwrap_or_default();
        let refund_application_fee = params.boolean("refund_application_fee")?.unwrap_or_default();
        params.finish()?;
        let charge = self.charge_to_refund(intent.as_deref(), charge.as_deref(), call)?;
        let amount = refundable(charge, amount)?;
        if reverse_transfer && charge.transfer.is_none() {
            let message = "reverse_transfer: no transfer belongs to this charge";
            return Err(Refusal::state(None, message).at("reverse_transfer"));
        }
        if refund_application_fee && charge.application_fee.is_none() {
            let message = "refund_application_fee: no fee was taken from this charge";
            return Err(Refusal::state(None, message).at("refund_application_fee"));
        }
        let charge = charge.id.clone();
        let order =
            RefundOrder { charge, amount, reason, metadata, reverse_transfer, refund_application_fee };
        let id = self.refund(order, &call.merchant, &call.cause, desk);
        Ok(self.refund_of(&id, call)?.json())
    }

    fn charge_to_refund(
        &self,
        intent: Option<&str>,
        charge: Option<&str>,
        call: &Call,
    ) -> Result<&Charge, Refusal> {
        let of_intent = |id: &str| {
            let intent = self
                .intent_of(id, call)
                .map_err(|_| Refusal::no_such("payment_intent", "payment_intent", id))?;
            let charge = intent.latest_charge.as_deref().and_then(|id| self.charges.get(id));
            charge.ok_or_else(|| {
                let message = "this payment intent has no charge that could be refunded";
                Refusal::state(Some("payment_intent_unexpected_state"), message).at("payment_intent")
            })
        };
        let of_charge =
            |id: &str| self.charge_of(id, call).map_err(|_| Refusal::no_such("charge", "charge", id));
        match (intent, charge) {
            (Some(intent), None) => of_intent(intent),
            (None, Some(charge)) => of_charge(charge),
            (Some(intent), Some(charge)) => {
                let found = of_charge(charge)?;
                if found.intent.as_deref() == Some(intent) {
                    return Ok(found);
                }
                let message = "charge: it does not belong to this payment_intent";
                Err(Refusal::invalid(message).at("charge"))
            }
            (None, None) => Err(Refusal::missing("payment_intent")),
        }
    }

    pub(crate) fn refund_of(&self, id: &str, call: &Call) -> Result<&Refund, Refusal> {
        let own = self.refunds.get(id).filter(|refund| refund.account == call.account);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/refunds/{id}`
    pub(crate) fn show_refund(&self, id: &str, params: Params, call: &Call) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.refund_of(id, call)?.json())
    }

    /// `GET /v1/refunds`
    pub(crate) fn list_refunds(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
        params.finish()?;
        check_cursor(&page, WHAT, |id| self.refund_of(id, call).is_ok())?;
        if let Some(id) = intent.as_deref().filter(|id| self.intent_of(id, call).is_err()) {
            return Err(Refusal::no_such("payment_intent", "payment_intent", id));
        }
        if let Some(id) = charge.as_deref().filter(|id| self.charge_of(id, call).is_err()) {
            return Err(Refusal::no_such("charge", "charge", id));
        }
        let (found, has_more) = page.cut(self.refunds.iter().filter(|(_, refund)| {
            refund.account == call.account
                && (intent.is_none() || refund.intent == intent)
                && charge.as_ref().is_none_or(|charge| refund.charge == *charge)
        }));
        Ok(list("/v1/refunds", found.into_iter().map(Refund::json).collect(), has_more))
    }

    /// `POST /v1/refunds/{id}`: only notes can be changed.
    pub(crate) fn update_refund(
        &mut self,
        id: &str,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let change = params.metadata_change()?;
        params.finish()?;
        self.refund_of(id, call)?;
        let refund = self.refunds.get_mut(id).ok_or_else(|| Refusal::not_found(WHAT, id))?;
        let before = serde_json::json!({ "metadata": refund.metadata });
        change.apply(&mut refund.metadata)?;
        let object = refund.json();
        self.tell_of_refund(
            id,
            &["refund.updated", "charge.refund.updated"],
            Some(before),
            &call.cause,
            desk,
        );
        Ok(object)
    }

    /// `POST /v1/refunds/{id}/cancel`: only one that waits for the buyer.
    pub(crate) fn cancel_refund(
        &mut self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        let stage = self.refund_of(id, call)?.stage;
        if stage != RefundStage::RequiresAction {
            let message =
                format!("only a refund that requires action can be cancelled; this one is {}", stage.name());
            return Err(Refusal::state(None, message));
        }
        self.end_refund(id, RefundStage::Canceled, &call.cause, desk);
        Ok(self.refund_of(id, call)?.json())
    }
}

/// How much of `charge` is to be refunded, if that much can be.
fn refundable(charge: &Charge, amount: Option<i64>) -> Result<i64, Refusal> {
    if charge.stage != ChargeStage::Succeeded {
        let message = "this charge has not succeeded: there is nothing to refund";
        return Err(Refusal::state(Some("charge_not_refundable"), message));
    }
    if charge.disputed {
        let message = "the bank has taken this charge back: it cannot be refunded as well";
        return Err(Refusal::state(Some("charge_disputed"), message));
    }
    let remaining = charge.remaining();
    if remaining == 0 {
        let message = format!("charge {} has been refunded in full", charge.id);
        return Err(Refusal::state(Some("charge_already_refunded"), message));
    }
    let Some(amount) = amount else { return Ok(remaining) };
    if amount <= 0 {
        let message = format!("amount: expected at least 1, got {amount}");
        return Err(Refusal::coded("parameter_invalid_integer", "amount", message));
    }
    check_step(amount, &charge.currency, "amount")?;
    if amount > remaining {
        let message = format!("amount: {amount} is more than the {remaining} not yet refunded");
        return Err(Refusal::state(None, message).at("amount"));
    }
    Ok(amount)
}
