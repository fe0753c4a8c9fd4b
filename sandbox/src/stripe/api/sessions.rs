//! Checkout Sessions: create, retrieve, list, change, their lines, expire.

use serde_json::Value;

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::creation::Creation;
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::lines::NewItem;
use crate::stripe::page::{Page, list};
use crate::stripe::session::{IntentData, Item, Life, Session};

const WHAT: &str = "checkout session";

impl Stripe {
    /// `POST /v1/checkout/sessions`
    pub(crate) fn create_session(
        &mut self,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let created_s = desk.now.business_ms.div_euclid(1_000);
        let creation = Creation::take(&mut params, &call.version, created_s)?;
        params.finish()?;
        self.check_destinations(&creation.intent_data, call)?;
        let id = self.ids.next_session(desk.random);
        let items = creation.items.into_iter().map(|item| self.line(item, desk)).collect();
        let session = Session {
            id: id.clone(),
            account: call.account.clone(),
            merchant: call.merchant.clone(),
            created_s,
            expires_s: creation.expires_s,
            currency: creation.currency,
            total: creation.total,
            items,
            success_url: creation.success_url,
            cancel_url: creation.cancel_url,
            client_reference_id: creation.client_reference_id,
            customer_email: creation.customer_email,
            metadata: creation.metadata,
            locale: creation.locale,
            submit_type: creation.submit_type,
            billing_address_collection: creation.billing_address_collection,
            customer_creation: creation.customer_creation,
            allow_promotion_codes: creation.allow_promotion_codes,
            ui_mode: call.version.hosted().to_owned(),
            methods: creation.methods,
            allowed_methods: creation.allowed_methods,
            intent_data: creation.intent_data,
            life: Life::Open,
            paid: false,
            intent: None,
            paid_ms: None,
            declined: false,
        };
        let object = session.json(desk.base_url);
        self.due.insert((session.expires_s.saturating_mul(1_000), id.clone()));
        self.sessions.put(&id, session);
        Ok(object)
    }

    fn line(&mut self, item: NewItem, desk: &mut Desk<'_>) -> Item {
        Item {
            id: self.ids.next("li", desk.random),
            price: self.ids.next("price", desk.random),
            product: item.product.unwrap_or_else(|| format!("prod_{}", desk.random.alphanumeric(14))),
            name: item.name,
            unit_amount: item.unit_amount,
            quantity: item.quantity,
            amount: item.amount,
            tax_behavior: item.tax_behavior,
            metadata: item.metadata,
        }
    }

    /// Money goes on to connected accounts only, and only a platform takes a fee.
    fn check_destinations(&self, data: &IntentData, call: &Call) -> Result<(), Refusal> {
        let transfer = data.transfer.as_ref().map(|transfer| &transfer.destination);
        for (account, param) in [
            (transfer, "payment_intent_data[transfer_data][destination]"),
            (data.on_behalf_of.as_ref(), "payment_intent_data[on_behalf_of]"),
        ] {
            if let Some(account) = account.filter(|account| !self.is_connected(&call.account, account)) {
                return Err(Refusal::no_such("connected account", param, account));
            }
        }
        if data.application_fee.is_some() && data.transfer.is_none() && call.account == call.platform {
            let param = "payment_intent_data[application_fee_amount]";
            let message =
                format!("{param}: a fee is taken from a connected account; name one in transfer_data");
            return Err(Refusal::invalid(message).at(param));
        }
        Ok(())
    }

    fn session_of(&self, id: &str, call: &Call) -> Result<&Session, Refusal> {
        let own = self.sessions.get(id).filter(|session| session.account == call.account);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/checkout/sessions/{id}`
    pub(crate) fn show_session(
        &self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.session_of(id, call)?.json(desk.base_url))
    }

    /// `GET /v1/checkout/sessions`
    pub(crate) fn list_sessions(
        &self,
        mut params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let intent = params.text("payment_intent")?;
        let status = params.word("status", &["complete", "expired", "open"])?;
        params.not_played(&[
            "customer",
            "customer_account",
            "customer_details",
            "payment_link",
            "subscription",
        ])?;
        params.finish()?;
        check_cursor(&page, WHAT, |id| self.session_of(id, call).is_ok())?;
        let (found, has_more) = page.cut(self.sessions.iter().filter(|(_, session)| {
            session.account == call.account
                && status.is_none_or(|status| session.life.name() == status)
                && (intent.is_none() || session.intent == intent)
        }));
        let data = found.into_iter().map(|session| session.json(desk.base_url)).collect();
        Ok(list("/v1/checkout/sessions", data, has_more))
    }

    /// `POST /v1/checkout/sessions/{id}`: only notes can be changed.
    pub(crate) fn update_session(
        &mut self,
        id: &str,
        mut params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        let change = params.metadata_change()?;
        params.not_played(&["collected_information", "line_items", "shipping_options"])?;
        params.finish()?;
        self.session_of(id, call)?;
        let session = self.sessions.get_mut(id).ok_or_else(|| Refusal::not_found(WHAT, id))?;
        change.apply(&mut session.metadata)?;
        Ok(session.json(desk.base_url))
    }

    /// `GET /v1/checkout/sessions/{id}/line_items`
    pub(crate) fn line_items(&self, id: &str, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let limit = params.integer("limit")?.unwrap_or(10);
        if !(1..=100).contains(&limit) {
            return Err(Refusal::coded("parameter_invalid_integer", "limit", "limit: expected 1 to 100"));
        }
        let cursor = params.text("starting_after")?;
        params.finish()?;
        let session = self.session_of(id, call)?;
        let start = match &cursor {
            None => 0,
            Some(cursor) => {
                let place = session.items.iter().position(|item| item.id == *cursor);
                place
                    .ok_or_else(|| Refusal::no_such("line item", "starting_after", cursor))?
                    .saturating_add(1)
            }
        };
        let limit = usize::try_from(limit).unwrap_or_default();
        let rest = session.items.iter().skip(start);
        let has_more = rest.len() > limit;
        let data = rest.take(limit).map(|item| item.json(&session.currency, session.created_s)).collect();
        Ok(list(&format!("/v1/checkout/sessions/{id}/line_items"), data, has_more))
    }

    /// `POST /v1/checkout/sessions/{id}/expire`: only open ones.
    pub(crate) fn expire_session(
        &mut self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        let status = self.session_of(id, call)?.life;
        if status != Life::Open {
            let message = format!("only an open session can be expired; this one is {}", status.name());
            return Err(Refusal::state(None, message));
        }
        self.expire(id, &call.cause, desk);
        Ok(self.session_of(id, call)?.json(desk.base_url))
    }
}
