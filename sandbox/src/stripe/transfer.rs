//! What are transfers and their reversals, and how are they written?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::{Listed, list};
use super::values::Metadata;

/// Money moved from a platform to one of its connected accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) destination: String,
    /// The charge it leaves at the destination.
    pub(crate) destination_payment: String,
    pub(crate) source_transaction: Option<String>,
    pub(crate) transfer_group: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) balance_transaction: String,
    pub(crate) reversals: Vec<Reversal>,
}

/// Money of a transfer taken back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reversal {
    pub(crate) id: String,
    pub(crate) created_s: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) transfer: String,
    pub(crate) metadata: Metadata,
    pub(crate) balance_transaction: String,
    /// The refund for which it was reversed.
    pub(crate) source_refund: Option<String>,
}

impl Listed for Transfer {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Listed for Reversal {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

/// How many reversals a transfer shows without being asked.
const SHOWN: usize = 10;

impl Transfer {
    pub(crate) fn reversed(&self) -> i64 {
        self.reversals.iter().fold(0, |sum, reversal| sum.saturating_add(reversal.amount))
    }

    pub(crate) fn remaining(&self) -> i64 {
        self.amount.saturating_sub(self.reversed())
    }

    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let newest = self.reversals.iter().rev().take(SHOWN).map(Reversal::json).collect();
        let url = format!("/v1/transfers/{}/reversals", self.id);
        json!({
            "id": self.id,
            "object": "transfer",
            "amount": self.amount,
            "amount_reversed": self.reversed(),
            "balance_transaction": self.balance_transaction,
            "created": self.created_s,
            "currency": self.currency,
            "description": self.description,
            "destination": self.destination,
            "destination_payment": self.destination_payment,
            "livemode": false,
            "metadata": self.metadata,
            "reversals": list(&url, newest, self.reversals.len() > SHOWN),
            "reversed": self.remaining() == 0,
            "source_transaction": self.source_transaction,
            "source_type": "card",
            "transfer_group": self.transfer_group,
        })
    }
}

impl Reversal {
    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "transfer_reversal",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "created": self.created_s,
            "currency": self.currency,
            "destination_payment_refund": null,
            "metadata": self.metadata,
            "source_refund": self.source_refund,
            "transfer": self.transfer,
        })
    }
}
