//! Accounts: one's own, and those connected to it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::page::{Listed, Page, list};
use crate::stripe::values::Metadata;

/// An account made by `POST /v1/accounts`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Connected {
    pub(crate) id: String,
    /// The account it is connected to.
    pub(crate) platform: String,
    pub(crate) created_s: i64,
    pub(crate) email: Option<String>,
    pub(crate) country: String,
    pub(crate) kind: String,
    pub(crate) metadata: Metadata,
}

impl Listed for Connected {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Stripe {
    /// `POST /v1/accounts`: an account that can be paid at once; onboarding is not played.
    pub(crate) fn create_account(
        &mut self,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let kind = params.word("type", &["custom", "express", "standard"])?.unwrap_or("standard").to_owned();
        let country = params.text_up_to("country", 2)?.unwrap_or_else(|| "US".to_owned());
        let email = params.email("email")?;
        let metadata = params.metadata()?;
        params.ignore(&["business_profile", "business_type", "capabilities", "controller"]);
        params.finish()?;
        if call.account != call.platform {
            return Err(Refusal::invalid("a connected account has no accounts of its own"));
        }
        let id = self.ids.next("acct", desk.random);
        let created_s = desk.now.business_ms.div_euclid(1_000);
        let platform = call.platform.clone();
        self.connected
            .put(&id, Connected { id: id.clone(), platform, created_s, email, country, kind, metadata });
        Ok(self.account_json(&id).unwrap_or_default())
    }

    /// `GET /v1/account` and `GET /v1/accounts/{id}`
    pub(crate) fn show_account(&self, id: &str, params: Params, call: &Call) -> Result<Value, Refusal> {
        params.finish()?;
        if id != call.account && !self.is_connected(&call.account, id) {
            return Err(Refusal::account(id));
        }
        self.account_json(id).ok_or_else(|| Refusal::account(id))
    }

    /// `GET /v1/accounts`: those that were made, and those that came with the keys.
    pub(crate) fn list_accounts(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        params.finish()?;
        let given: Vec<(String, Connected)> = self
            .keys
            .merchants
            .iter()
            .filter(|merchant| merchant.stripe.id == call.account)
            .flat_map(|merchant| &merchant.stripe.connected_accounts)
            .map(|id| (id.clone(), given(id, &call.account)))
            .collect();
        check_cursor(&page, "account", |id| self.is_connected(&call.account, id))?;
        let made = self.connected.iter().filter(|(_, account)| account.platform == call.account);
        let mut all: Vec<(&String, &Connected)> = made.collect();
        all.extend(given.iter().map(|(id, account)| (id, account)));
        all.sort_by_key(|(id, _)| *id);
        let (found, has_more) = page.cut(all.into_iter());
        let data = found.into_iter().map(json_of).collect();
        Ok(list("/v1/accounts", data, has_more))
    }

    /// Whether `account` is connected to `platform`.
    pub(crate) fn is_connected(&self, platform: &str, account: &str) -> bool {
        self.platform_of(account).is_some_and(|known| known == platform)
    }

    /// The account to which `account` is connected.
    pub(crate) fn platform_of(&self, account: &str) -> Option<String> {
        if let Some(made) = self.connected.get(account) {
            return Some(made.platform.clone());
        }
        let mut merchants = self.keys.merchants.iter().map(|merchant| &merchant.stripe);
        let platform = merchants.find(|known| known.connected_accounts.iter().any(|id| id == account))?;
        Some(platform.id.clone())
    }

    /// The [`Merchant::id`](crate::Merchant::id) to whose account `account` belongs or is connected.
    pub(crate) fn merchant_behind(&self, account: &str) -> Option<String> {
        let platform = self.platform_of(account).unwrap_or_else(|| account.to_owned());
        let merchant = self.keys.merchants.iter().find(|merchant| merchant.stripe.id == platform)?;
        Some(merchant.id.clone())
    }

    /// Any account as the API answers it.
    pub(crate) fn account_json(&self, id: &str) -> Option<Value> {
        if let Some(made) = self.connected.get(id) {
            return Some(json_of(made));
        }
        if let Some(platform) = self.platform_of(id) {
            return Some(json_of(&given(id, &platform)));
        }
        let merchant = self.keys.merchants.iter().find(|merchant| merchant.stripe.id == id)?;
        let mut own = given(id, id);
        own.email = Some(merchant.email.clone());
        Some(json_of(&own))
    }
}

/// An account that was there from the start.
fn given(id: &str, platform: &str) -> Connected {
    Connected {
        id: id.to_owned(),
        platform: platform.to_owned(),
        created_s: 0,
        email: None,
        country: "US".to_owned(),
        kind: "standard".to_owned(),
        metadata: Metadata::new(),
    }
}

fn json_of(account: &Connected) -> Value {
    let nothing_due = json!({
        "alternatives": [], "current_deadline": null, "currently_due": [], "disabled_reason": null, "errors": [],
        "eventually_due": [], "past_due": [], "pending_verification": [],
    });
    json!({
        "id": account.id,
        "object": "account",
        "business_profile": null,
        "business_type": null,
        "capabilities": { "card_payments": "active", "transfers": "active" },
        "charges_enabled": true,
        "country": account.country,
        "created": account.created_s,
        "default_currency": "usd",
        "details_submitted": true,
        "email": account.email,
        "external_accounts": list(&format!("/v1/accounts/{}/external_accounts", account.id), Vec::new(), false),
        "future_requirements": nothing_due,
        "metadata": account.metadata,
        "payouts_enabled": true,
        "requirements": nothing_due,
        "settings": null,
        "type": account.kind,
    })
}
