//! Payment intents and charges: retrieve and list. They are made by Checkout, when the buyer acts.

use serde_json::{Value, json};

use super::check_cursor;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::charge::Charge;
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::intent::Intent;
use crate::stripe::page::{Page, list};
use crate::stripe::search::{self, Clause};

impl Stripe {
    pub(crate) fn intent_of(&self, id: &str, call: &Call) -> Result<&Intent, Refusal> {
        let own = self.intents.get(id).filter(|intent| intent.account == call.account);
        own.ok_or_else(|| Refusal::not_found("payment_intent", id))
    }

    pub(crate) fn charge_of(&self, id: &str, call: &Call) -> Result<&Charge, Refusal> {
        let own = self.charges.get(id).filter(|charge| charge.account == call.account);
        own.ok_or_else(|| Refusal::not_found("charge", id))
    }

    /// `GET /v1/payment_intents/{id}`
    pub(crate) fn show_intent(&self, id: &str, params: Params, call: &Call) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.intent_of(id, call)?.json())
    }

    /// `GET /v1/payment_intents`
    pub(crate) fn list_intents(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        params.not_played(&["customer", "customer_account"])?;
        params.finish()?;
        check_cursor(&page, "payment_intent", |id| self.intent_of(id, call).is_ok())?;
        let own = self.intents.iter().filter(|(_, intent)| intent.account == call.account);
        let (found, has_more) = page.cut(own);
        Ok(list("/v1/payment_intents", found.into_iter().map(Intent::json).collect(), has_more))
    }

    /// `GET /v1/payment_intents/search`, without delay: the real one may be a minute behind.
    pub(crate) fn search_intents(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let query = params.text("query")?.ok_or_else(|| Refusal::missing("query"))?;
        let clauses = search::parse(&query)?;
        // A search has no cursor, and its dates are clauses.
        params.not_played(&["page", "created", "starting_after", "ending_before"])?;
        let page = Page::take(&mut params)?;
        params.finish()?;
        let fits = |intent: &Intent| {
            clauses.iter().all(|clause| match clause {
                Clause::Metadata { key, value } => intent.data.metadata.get(key) == Some(value),
                Clause::Field { name, value } => {
                    intent.json().get(name).and_then(Value::as_str) == Some(value)
                }
            })
        };
        let own = self.intents.iter().filter(|(_, intent)| intent.account == call.account && fits(intent));
        let (found, has_more) = page.cut(own);
        Ok(json!({
            "object": "search_result",
            "url": "/v1/payment_intents/search",
            "data": found.into_iter().map(Intent::json).collect::<Vec<_>>(),
            "has_more": has_more,
            "next_page": null,
        }))
    }

    /// `POST /v1/payment_intents/{id}/cancel`: never, for all of them belong to a session.
    pub(crate) fn cancel_intent(&self, id: &str, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        params.word(
            "cancellation_reason",
            &["abandoned", "duplicate", "fraudulent", "requested_by_customer"],
        )?;
        params.finish()?;
        self.intent_of(id, call)?;
        let message = "this payment intent belongs to a Checkout Session: expire the session instead";
        Err(Refusal::state(Some("payment_intent_unexpected_state"), message))
    }

    /// `GET /v1/charges/{id}`
    pub(crate) fn show_charge(&self, id: &str, params: Params, call: &Call) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.charge_of(id, call)?.json())
    }

    /// `GET /v1/charges`
    pub(crate) fn list_charges(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let intent = params.text("payment_intent")?;
        let group = params.text("transfer_group")?;
        params.not_played(&["customer"])?;
        params.finish()?;
        check_cursor(&page, "charge", |id| self.charge_of(id, call).is_ok())?;
        let (found, has_more) = page.cut(self.charges.iter().filter(|(_, charge)| {
            charge.account == call.account
                && (intent.is_none() || charge.intent == intent)
                && (group.is_none() || charge.data.transfer_group == group)
        }));
        Ok(list("/v1/charges", found.into_iter().map(Charge::json).collect(), has_more))
    }
}
