//! What is a balance transaction, what does Stripe charge, and when is money there?
//!
//! The list of balance transactions is Stripe's statement: every movement of an account's money with its fee.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::Listed;

const DAY_S: i64 = 24 * 60 * 60;

/// A charge costs 2.9 % and 30 minor units (the published US card price), rounded half up.
pub(crate) fn charge_fee(amount: i64) -> i64 {
    let permille = amount.saturating_mul(29).saturating_add(500) / 1_000;
    permille.saturating_add(30).min(amount)
}

/// What a dispute costs, won or lost, in minor units of its currency.
pub(crate) const DISPUTE_FEE: i64 = 1_500;

/// Paid money is there two calendar days later, at midnight UTC.
pub(crate) fn available_from(created_s: i64) -> i64 {
    created_s.div_euclid(DAY_S).saturating_add(2).saturating_mul(DAY_S)
}

/// One movement of an account's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    pub(crate) available_s: i64,
    pub(crate) kind: Kind,
    pub(crate) amount: i64,
    /// Kept by Stripe.
    pub(crate) stripe_fee: i64,
    /// Kept by the platform.
    pub(crate) application_fee: i64,
    pub(crate) currency: String,
    pub(crate) source: String,
    pub(crate) description: Option<String>,
}

/// `type`, and the `reporting_category` it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A card was charged.
    Charge,
    /// Any other method, and what a transfer leaves at a connected account.
    Payment,
    Refund,
    PaymentRefund,
    RefundFailure,
    Transfer,
    TransferRefund,
    DisputeWithdrawn,
    DisputeReinstated,
    ApplicationFee,
    ApplicationFeeRefund,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::PaymentRefund => "payment_refund",
            Self::RefundFailure => "refund_failure",
            Self::Transfer => "transfer",
            Self::TransferRefund => "transfer_refund",
            Self::DisputeWithdrawn | Self::DisputeReinstated => "adjustment",
            Self::ApplicationFee => "application_fee",
            Self::ApplicationFeeRefund => "application_fee_refund",
        }
    }

    fn category(self) -> &'static str {
        match self {
            Self::Charge | Self::Payment => "charge",
            Self::Refund | Self::PaymentRefund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Transfer => "transfer",
            Self::TransferRefund => "transfer_reversal",
            Self::DisputeWithdrawn => "dispute",
            Self::DisputeReinstated => "dispute_reversal",
            Self::ApplicationFee => "platform_earning",
            Self::ApplicationFeeRefund => "platform_earning_refund",
        }
    }
}

impl Listed for Entry {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Entry {
    pub(crate) fn net(&self) -> i64 {
        self.amount.saturating_sub(self.fee())
    }

    fn fee(&self) -> i64 {
        self.stripe_fee.saturating_add(self.application_fee)
    }

    /// As the API answers it.
    pub(crate) fn json(&self, now_s: i64) -> Value {
        let fees = [
            (self.stripe_fee, "stripe_fee", "Stripe processing fees"),
            (self.application_fee, "application_fee", "Application fee"),
        ];
        let fee_details: Vec<Value> = fees
            .into_iter()
            .filter(|(amount, ..)| *amount != 0)
            .map(|(amount, kind, description)| {
                json!({
                    "amount": amount, "application": null, "currency": self.currency,
                    "description": description, "type": kind,
                })
            })
            .collect();
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.available_s,
            "balance_type": "payments",
            "created": self.created_s,
            "currency": self.currency,
            "description": self.description,
            "exchange_rate": null,
            "fee": self.fee(),
            "fee_details": fee_details,
            "net": self.net(),
            "reporting_category": self.kind.category(),
            "source": self.source,
            "status": if self.available_s <= now_s { "available" } else { "pending" },
            "type": self.kind.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_whole_units_rounded_half_up() {
        for (amount, fee) in
            [(10_000, 320), (50, 31), (1_000, 59), (1_017, 59), (1_018, 60), (40, 31), (20, 20)]
        {
            assert_eq!(charge_fee(amount), fee, "{amount}");
        }
    }

    #[test]
    fn money_is_there_two_midnights_later() {
        assert_eq!(available_from(0), 2 * DAY_S);
        assert_eq!(available_from(DAY_S - 1), 2 * DAY_S);
        assert_eq!(available_from(DAY_S), 3 * DAY_S);
    }
}
