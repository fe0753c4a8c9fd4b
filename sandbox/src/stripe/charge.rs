//! What is a charge, and how is it written?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::checkout::{BUYER_EMAIL, BUYER_NAME};
use super::objects::joined;
use super::page::Listed;
use super::session::{IntentData, no_address};

/// One try to take the money: what refunds, disputes and transfers refer to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    /// Empty for what a transfer left at a connected account.
    pub(crate) intent: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) source_transfer: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) method: String,
    pub(crate) last4: String,
    pub(crate) payment_method: Option<String>,
    pub(crate) data: IntentData,
    pub(crate) stage: ChargeStage,
    pub(crate) failure: Option<Failure>,
    pub(crate) balance_transaction: Option<String>,
    pub(crate) failure_balance_transaction: Option<String>,
    pub(crate) application_fee: Option<String>,
    pub(crate) fee_refunded: i64,
    /// The transfer of a destination charge.
    pub(crate) transfer: Option<String>,
    /// Transfers made out of this charge, in all.
    pub(crate) transferred: i64,
    pub(crate) refunded: i64,
    pub(crate) refunds: Vec<String>,
    pub(crate) dispute: Option<String>,
    pub(crate) disputed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStage {
    Pending,
    Succeeded,
    Failed,
}

impl ChargeStage {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// Why the money was not taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) decline_code: Option<String>,
    pub(crate) message: String,
}

impl Listed for Charge {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Charge {
    /// What can still be refunded.
    pub(crate) fn remaining(&self) -> i64 {
        self.amount.saturating_sub(self.refunded)
    }

    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let data = &self.data;
        let captured = self.stage == ChargeStage::Succeeded;
        let buyer = json!({
            "address": no_address(), "email": BUYER_EMAIL, "name": BUYER_NAME, "phone": null, "tax_id": null,
        });
        let onward = data
            .transfer
            .as_ref()
            .map(|transfer| json!({ "amount": transfer.amount, "destination": transfer.destination }));
        let object = json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": if captured { self.amount } else { 0 },
            "amount_refunded": self.refunded,
            "application": null,
            "application_fee": self.application_fee,
            "application_fee_amount": data.application_fee,
            "balance_transaction": self.balance_transaction,
            "billing_details": buyer,
            "calculated_statement_descriptor": data.statement_descriptor,
            "captured": self.stage != ChargeStage::Failed,
            "created": self.created_s,
            "currency": self.currency,
            "customer": null,
            "description": data.description,
            "disputed": self.disputed,
            "failure_balance_transaction": self.failure_balance_transaction,
            "failure_code": self.failure.as_ref().map(|failure| &failure.code),
            "failure_message": self.failure.as_ref().map(|failure| &failure.message),
            "fraud_details": {},
            "livemode": false,
            "metadata": data.metadata,
            "on_behalf_of": data.on_behalf_of,
        });
        let rest = json!({
            "outcome": self.outcome(),
            "paid": captured,
            "payment_intent": self.intent,
            "payment_method": self.payment_method,
            "payment_method_details": self.method_details(),
            "receipt_email": data.receipt_email,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": captured && self.refunded == self.amount,
            "review": null,
            "shipping": null,
            "source": null,
            "source_transfer": self.source_transfer,
            "statement_descriptor": data.statement_descriptor,
            "statement_descriptor_suffix": data.statement_descriptor_suffix,
            "status": self.stage.name(),
            "transfer": self.transfer,
            "transfer_data": onward,
            "transfer_group": data.transfer_group,
        });
        joined(object, rest)
    }

    fn outcome(&self) -> Value {
        let declined = self.failure.as_ref();
        json!({
            "advice_code": declined.filter(|_| self.method == "card").map(|_| "try_again_later"),
            "network_advice_code": null,
            "network_decline_code": declined.filter(|_| self.method == "card").map(|_| "01"),
            "network_status": if declined.is_some() { "declined_by_network" } else { "approved_by_network" },
            "reason": declined.and_then(|failure| failure.decline_code.as_deref()),
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": declined.map_or("Payment complete.", |failure| failure.message.as_str()),
            "type": if declined.is_some() { "issuer_declined" } else { "authorized" },
        })
    }

    fn method_details(&self) -> Value {
        let details = match self.method.as_str() {
            "card" => json!({
                "amount_authorized": self.amount,
                "authorization_code": null,
                "brand": "visa",
                "checks": {
                    "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass",
                },
                "country": "US",
                "exp_month": 12,
                "exp_year": 2034,
                "extended_authorization": { "status": "disabled" },
                "fingerprint": "sandboxcard00001",
                "funding": "credit",
                "incremental_authorization": { "status": "unavailable" },
                "installments": null,
                "last4": self.last4,
                "mandate": null,
                "multicapture": { "status": "unavailable" },
                "network": "visa",
                "network_token": { "used": false },
                "network_transaction_id": null,
                "overcapture": { "maximum_amount_capturable": self.amount, "status": "unavailable" },
                "regulated_status": "unregulated",
                "three_d_secure": null,
                "transaction_link_id": null,
                "wallet": null,
            }),
            "alipay" => json!({ "buyer_id": null, "fingerprint": null, "transaction_id": null }),
            "wechat_pay" => {
                json!({ "fingerprint": null, "location": null, "reader": null, "transaction_id": null })
            }
            _ => json!({}),
        };
        json!({ "type": self.method, &self.method: details })
    }
}
