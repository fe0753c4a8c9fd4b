//! What is a refund, and how is it written?

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::page::Listed;
use super::values::Metadata;

/// Money going back to the buyer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    pub(crate) charge: String,
    pub(crate) intent: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) method: String,
    pub(crate) payment_method: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) stage: RefundStage,
    /// What business time will make of it.
    pub(crate) next: Option<Next>,
    pub(crate) balance_transaction: Option<String>,
    pub(crate) failure_balance_transaction: Option<String>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) transfer_reversal: Option<String>,
}

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStage {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
}

impl RefundStage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the charge counts it as refunded.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Self::Pending | Self::RequiresAction | Self::Succeeded)
    }
}

/// A change that comes with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Next {
    /// Business time.
    pub(crate) at_ms: i64,
    pub(crate) becomes: RefundStage,
}

impl Listed for Refund {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Refund {
    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let object = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "charge": self.charge,
            "created": self.created_s,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "destination_details": self.destination_details(),
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "payment_method": self.payment_method,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.stage.name(),
            "transfer_reversal": self.transfer_reversal,
        });
        let Value::Object(mut object) = object else { return object };
        self.add_what_is_sometimes_there(&mut object);
        Value::Object(object)
    }

    fn add_what_is_sometimes_there(&self, object: &mut Map<String, Value>) {
        if let Some(reason) = &self.failure_reason {
            object.insert("failure_reason".to_owned(), json!(reason));
        }
        if let Some(entry) = &self.failure_balance_transaction {
            object.insert("failure_balance_transaction".to_owned(), json!(entry));
        }
        if self.stage == RefundStage::Pending {
            object.insert("pending_reason".to_owned(), json!("processing"));
        }
        if let (RefundStage::RequiresAction, Some(next)) = (self.stage, self.next) {
            let action = json!({
                "type": "display_details",
                "display_details": {
                    "email_sent": {
                        "email_sent_at": self.created_s, "email_sent_to": super::checkout::BUYER_EMAIL,
                    },
                    "expires_at": next.at_ms / 1000,
                },
            });
            object.insert("next_action".to_owned(), action);
        }
    }

    fn destination_details(&self) -> Value {
        let details = match self.method.as_str() {
            "card" => json!({
                "reference": null, "reference_status": "pending", "reference_type": "acquirer_reference_number",
                "type": "refund",
            }),
            _ => json!({}),
        };
        json!({ "type": self.method, &self.method: details })
    }
}
