//! What is a Checkout Session, and how is it written?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::objects::joined;
use super::page::Listed;
use super::values::Metadata;

/// One try of a merchant to be paid, on a page of Stripe's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// The account whose money it is.
    pub(crate) account: String,
    /// [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: String,
    pub(crate) created_s: i64,
    pub(crate) expires_s: i64,
    pub(crate) currency: String,
    pub(crate) total: i64,
    pub(crate) items: Vec<Item>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) locale: Option<String>,
    pub(crate) submit_type: Option<String>,
    pub(crate) billing_address_collection: Option<String>,
    pub(crate) customer_creation: Option<String>,
    pub(crate) allow_promotion_codes: Option<bool>,
    pub(crate) ui_mode: String,
    /// The methods the page offers.
    pub(crate) methods: Vec<String>,
    /// What the merchant narrowed the methods to (endive and later).
    pub(crate) allowed_methods: Option<Vec<String>>,
    pub(crate) intent_data: IntentData,
    pub(crate) life: Life,
    pub(crate) paid: bool,
    /// Made at the buyer's first try; shown once the session is complete.
    pub(crate) intent: Option<String>,
    /// Business time.
    pub(crate) paid_ms: Option<i64>,
    pub(crate) declined: bool,
}

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Life {
    Open,
    Complete,
    Expired,
}

impl Life {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// What the payment intent of a session will say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct IntentData {
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) transfer_group: Option<String>,
    pub(crate) transfer: Option<TransferData>,
    pub(crate) application_fee: Option<i64>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
}

/// A destination charge: where the money goes on to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TransferData {
    pub(crate) destination: String,
    /// `None`: all of it.
    pub(crate) amount: Option<i64>,
}

impl TransferData {
    pub(crate) fn json(&self) -> Value {
        match self.amount {
            Some(amount) => json!({ "destination": self.destination, "amount": amount }),
            None => json!({ "destination": self.destination }),
        }
    }
}

/// One line of what is bought.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) product: String,
    pub(crate) name: String,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    /// `unit_amount` × `quantity`.
    pub(crate) amount: i64,
    pub(crate) tax_behavior: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Listed for Session {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Session {
    /// Whether its time is over at `now_ms` of business time, told of or not.
    pub(crate) fn is_past(&self, now_ms: i64) -> bool {
        self.life == Life::Open && now_ms >= self.expires_s.saturating_mul(1000)
    }

    /// Where the browser goes once it is complete.
    pub(crate) fn success_address(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    /// The merchant's own number, by which faults and logs name it; its id, if it was given none.
    pub(crate) fn number(&self) -> &str {
        self.client_reference_id.as_deref().unwrap_or(&self.id)
    }

    /// What is bought, in one line.
    pub(crate) fn subject(&self) -> String {
        let names: Vec<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
        names.join(", ")
    }

    /// As the API answers it.
    pub(crate) fn json(&self, base_url: &str) -> Value {
        let complete = self.life == Life::Complete;
        let object = json!({
            "id": self.id,
            "object": "checkout.session",
            "adaptive_pricing": { "enabled": false },
            "after_expiration": null,
            "allow_promotion_codes": self.allow_promotion_codes,
            "allowed_payment_method_types": self.allowed_methods,
            "amount_subtotal": self.total,
            "amount_total": self.total,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": self.billing_address_collection,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "client_secret": null,
            "collected_information": null,
            "consent": null,
            "consent_collection": null,
            "created": self.created_s,
            "currency": self.currency,
            "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer": null,
            "customer_account": null,
            "customer_email": self.customer_email,
            "discounts": [],
            "expires_at": self.expires_s,
            "integration_identifier": null,
            "invoice": null,
        });
        let rest = json!({
            "invoice_creation": null,
            "livemode": false,
            "locale": self.locale,
            "managed_payments": { "enabled": false },
            "metadata": self.metadata,
            "mode": "payment",
            "origin_context": null,
            "payment_intent": self.intent.as_ref().filter(|_| complete),
            "payment_link": null,
            "payment_method_collection": "if_required",
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": self.methods,
            "payment_status": if self.paid { "paid" } else { "unpaid" },
            "permissions": null,
            "phone_number_collection": { "enabled": false },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": self.life.name(),
            "submit_type": self.submit_type,
            "subscription": null,
            "success_url": self.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": self.ui_mode,
            // The page is gone with the session.
            "url": (self.life == Life::Open).then(|| checkout_url(base_url, &self.id)),
            "wallet_options": null,
            "customer_creation": self.customer_creation.as_deref().unwrap_or("if_required"),
            "customer_details": self.customer_details(complete),
        });
        joined(object, rest)
    }

    /// Who pays: known before when the merchant said so, otherwise asked on the page.
    fn customer_details(&self, complete: bool) -> Value {
        let email = self.customer_email.as_deref();
        let asked = complete.then_some(super::checkout::BUYER_EMAIL);
        let Some(email) = email.or(asked) else { return Value::Null };
        json!({
            "address": no_address(),
            "business_name": null,
            "email": email,
            "individual_name": null,
            "name": complete.then_some(super::checkout::BUYER_NAME),
            "phone": null,
            "tax_exempt": "none",
            "tax_ids": [],
        })
    }
}

/// The page on which a session is paid.
pub(crate) fn checkout_url(base_url: &str, id: &str) -> String {
    format!("{base_url}/c/pay/{id}")
}

pub(crate) fn no_address() -> Value {
    json!({
        "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
    })
}

impl Item {
    /// As `…/line_items` answers it.
    pub(crate) fn json(&self, currency: &str, created_s: i64) -> Value {
        json!({
            "id": self.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": self.amount,
            "amount_tax": 0,
            "amount_total": self.amount,
            "currency": currency,
            "description": self.name,
            "metadata": self.metadata,
            "price": {
                "id": self.price,
                "object": "price",
                "active": false,
                "billing_scheme": "per_unit",
                "created": created_s,
                "currency": currency,
                "custom_unit_amount": null,
                "livemode": false,
                "lookup_key": null,
                "metadata": {},
                "nickname": null,
                "product": self.product,
                "recurring": null,
                "tax_behavior": self.tax_behavior.as_deref().unwrap_or("unspecified"),
                "tiers_mode": null,
                "transform_quantity": null,
                "type": "one_time",
                "unit_amount": self.unit_amount,
                "unit_amount_decimal": self.unit_amount.to_string(),
            },
            "quantity": self.quantity,
        })
    }
}
