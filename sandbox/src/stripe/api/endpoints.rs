//! Webhook endpoints: create, retrieve, list, change, delete.

use serde_json::{Value, json};

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::errors::Refusal;
use crate::stripe::event::Endpoint;
use crate::stripe::form::Params;
use crate::stripe::page::{Page, list};
use crate::stripe::version::Version;

const WHAT: &str = "webhook endpoint";
/// docs.stripe.com/webhooks: so many endpoints an account.
const MOST: usize = 16;

impl Stripe {
    /// `POST /v1/webhook_endpoints`: the only answer that tells the secret.
    pub(crate) fn create_endpoint(
        &mut self,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let url = params.address("url")?.ok_or_else(|| Refusal::missing("url"))?;
        let enabled_events = take_kinds(&mut params)?.ok_or_else(|| Refusal::missing("enabled_events"))?;
        let api_version = params.text("api_version")?;
        if let Some(version) = api_version.as_deref().filter(|text| Version::parse(text).is_none()) {
            let message = format!("api_version: {version:?} is no version of the API");
            return Err(Refusal::invalid(message).at("api_version"));
        }
        let connect = params.boolean("connect")?.unwrap_or_default();
        let description = params.clearable("description")?.flatten();
        let metadata = params.metadata()?;
        params.finish()?;
        let own = self.endpoints.iter().filter(|(_, known)| known.account == call.account && !known.deleted);
        if own.count() >= MOST {
            return Err(Refusal::state(None, format!("an account has at most {MOST} webhook endpoints")));
        }
        let id = self.ids.next("we", desk.random);
        let endpoint = Endpoint {
            id: id.clone(),
            account: call.account.clone(),
            merchant: call.merchant.clone(),
            created_s: desk.now.business_ms.div_euclid(1_000),
            url,
            enabled_events,
            api_version,
            description,
            metadata,
            connect,
            disabled: false,
            deleted: false,
            secret: format!("whsec_{}", desk.random.alphanumeric(32)),
            old_secret: None,
        };
        let object = endpoint.json(true);
        self.endpoints.put(&id, endpoint);
        Ok(object)
    }

    fn endpoint_of(&self, id: &str, call: &Call) -> Result<&Endpoint, Refusal> {
        let own = self.endpoints.get(id).filter(|known| known.account == call.account && !known.deleted);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    fn endpoint_to_change(&mut self, id: &str, call: &Call) -> Result<&mut Endpoint, Refusal> {
        self.endpoint_of(id, call)?;
        self.endpoints.get_mut(id).ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/webhook_endpoints/{id}`
    pub(crate) fn show_endpoint(&self, id: &str, params: Params, call: &Call) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.endpoint_of(id, call)?.json(false))
    }

    /// `GET /v1/webhook_endpoints`
    pub(crate) fn list_endpoints(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        params.finish()?;
        check_cursor(&page, WHAT, |id| self.endpoint_of(id, call).is_ok())?;
        let own = self.endpoints.iter().filter(|(_, known)| known.account == call.account && !known.deleted);
        let (found, has_more) = page.cut(own);
        let data = found.into_iter().map(|endpoint| endpoint.json(false)).collect();
        Ok(list("/v1/webhook_endpoints", data, has_more))
    }

    /// `POST /v1/webhook_endpoints/{id}`
    pub(crate) fn update_endpoint(
        &mut self,
        id: &str,
        mut params: Params,
        call: &Call,
    ) -> Result<Value, Refusal> {
        let (url, kinds) = (params.address("url")?, take_kinds(&mut params)?);
        let disabled = params.boolean("disabled")?;
        let description = params.clearable("description")?;
        let change = params.metadata_change()?;
        params.finish()?;
        let endpoint = self.endpoint_to_change(id, call)?;
        change.apply(&mut endpoint.metadata)?;
        endpoint.url = url.unwrap_or_else(|| endpoint.url.clone());
        endpoint.enabled_events = kinds.unwrap_or_else(|| endpoint.enabled_events.clone());
        endpoint.disabled = disabled.unwrap_or(endpoint.disabled);
        endpoint.description = description.unwrap_or_else(|| endpoint.description.clone());
        Ok(endpoint.json(false))
    }

    /// `DELETE /v1/webhook_endpoints/{id}`: what is under way there goes nowhere any more.
    pub(crate) fn delete_endpoint(
        &mut self,
        id: &str,
        params: Params,
        call: &Call,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        self.endpoint_to_change(id, call)?.deleted = true;
        Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
    }
}

/// `enabled_events`: at least one; `*` stands alone.
fn take_kinds(params: &mut Params) -> Result<Option<Vec<String>>, Refusal> {
    if !params.has("enabled_events") {
        return Ok(None);
    }
    let kinds = params.texts("enabled_events")?;
    if kinds.is_empty() {
        return Err(Refusal::empty("enabled_events"));
    }
    if kinds.len() > 1 && kinds.iter().any(|kind| kind == "*") {
        return Err(Refusal::invalid("enabled_events: * means all, and stands alone").at("enabled_events"));
    }
    let is_name = |kind: &String| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.';
        kind == "*" || (kind.contains('.') && kind.bytes().all(allowed))
    };
    match kinds.iter().find(|kind| !is_name(kind)) {
        Some(wrong) => {
            let message = format!("enabled_events: {wrong:?} is no type of event");
            Err(Refusal::invalid(message).at("enabled_events"))
        }
        None => Ok(Some(kinds)),
    }
}
