//! What is a payment intent, and how is it written?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errors::doc_url;
use super::objects::joined;
use super::page::Listed;
use super::session::IntentData;

/// The payment behind a session, made when the buyer first tries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    pub(crate) session: String,
    pub(crate) client_secret: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) methods: Vec<String>,
    pub(crate) allowed_methods: Option<Vec<String>>,
    pub(crate) data: IntentData,
    pub(crate) stage: Stage,
    pub(crate) latest_charge: Option<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) last_error: Option<LastError>,
    pub(crate) canceled_s: Option<i64>,
}

/// `status`, as far as a session gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    RequiresPaymentMethod,
    Processing,
    Succeeded,
    Canceled,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// Why the last try failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LastError {
    pub(crate) charge: String,
    pub(crate) code: String,
    pub(crate) decline_code: Option<String>,
    pub(crate) message: String,
    pub(crate) method: String,
}

impl LastError {
    fn json(&self) -> Value {
        let mut error = json!({
            "type": if self.method == "card" { "card_error" } else { "invalid_request_error" },
            "charge": self.charge,
            "code": self.code,
            "doc_url": doc_url(&self.code),
            "message": self.message,
            "payment_method_type": self.method,
        });
        if let (Some(decline_code), Value::Object(error)) = (&self.decline_code, &mut error) {
            error.insert("decline_code".to_owned(), json!(decline_code));
        }
        error
    }
}

impl Listed for Intent {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Intent {
    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let data = &self.data;
        let received = if self.stage == Stage::Succeeded { self.amount } else { 0 };
        let object = json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": self.allowed_methods,
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": received,
            "application": null,
            "application_fee_amount": data.application_fee,
            "automatic_payment_methods": null,
            "canceled_at": self.canceled_s,
            // A session that expires takes its payment with it.
            "cancellation_reason": self.canceled_s.map(|_| "expired"),
            "capture_method": "automatic_async",
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created_s,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "description": data.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_error.as_ref().map(LastError::json),
            "latest_charge": self.latest_charge,
        });
        let rest = json!({
            "livemode": false,
            "managed_payments": { "enabled": false },
            "metadata": data.metadata,
            "next_action": null,
            "on_behalf_of": data.on_behalf_of,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": self.methods,
            "payment_record": null,
            "processing": null,
            "receipt_email": data.receipt_email,
            "review": null,
            "setup_future_usage": null,
            "shipping": null,
            "source": null,
            "statement_descriptor": data.statement_descriptor,
            "statement_descriptor_suffix": data.statement_descriptor_suffix,
            "status": self.stage.name(),
            "transfer_data": data.transfer.as_ref().map(|transfer| transfer.json()),
            "transfer_group": data.transfer_group,
        });
        joined(object, rest)
    }
}
