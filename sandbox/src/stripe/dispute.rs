//! What is a dispute, and how is it written?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::page::Listed;
use super::values::Metadata;

/// A buyer's bank takes the money back and asks the merchant why it should not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    pub(crate) due_s: i64,
    pub(crate) charge: String,
    pub(crate) intent: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) reason: String,
    pub(crate) stage: DisputeStage,
    pub(crate) metadata: Metadata,
    pub(crate) evidence: BTreeMap<String, String>,
    pub(crate) submissions: u32,
    pub(crate) entries: Vec<String>,
}

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeStage {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

impl DisputeStage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Won | Self::Lost)
    }
}

/// What a bank may give as its reason.
pub(crate) const REASONS: [&str; 9] = [
    "credit_not_processed",
    "duplicate",
    "fraudulent",
    "general",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
];

/// What evidence consists of.
pub(crate) const EVIDENCE: [&str; 27] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

impl Listed for Dispute {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Dispute {
    /// As the API answers it, but for `is_charge_refundable`, which the charge knows. `entries` are its balance
    /// transactions, which are always written out.
    pub(crate) fn json(&self, entries: Vec<Value>, now_s: i64) -> Value {
        let mut evidence: Map<String, Value> =
            EVIDENCE.iter().map(|name| ((*name).to_owned(), json!(self.evidence.get(*name)))).collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": entries,
            "charge": self.charge,
            "created": self.created_s,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.due_s,
                "enhanced_eligibility": {},
                "has_evidence": !self.evidence.is_empty(),
                "past_due": !self.stage.is_over() && now_s > self.due_s,
                "submission_count": self.submissions,
                "submission_method": if self.submissions > 0 { "manual" } else { "not_submitted" },
            },
            "intended_submission_method": null,
            "livemode": false,
            "metadata": self.metadata,
            "network_reason_code": "10.4",
            "payment_intent": self.intent,
            "payment_method_details": {
                "type": "card",
                "card": {
                    "brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4",
                },
            },
            "reason": self.reason,
            "status": self.stage.name(),
        })
    }
}
