//! How does money go on to a connected account, and how does it come back?
//!
//! A transfer leaves a payment (`py_…`) at its destination. One that names a charge counts there when the charge
//! does. A destination charge is a charge with a transfer of its own; the platform's fee is taken at the
//! destination.

use super::Stripe;
use super::charge::{Charge, ChargeStage};
use super::emit::About;
use super::entry::Kind;
use super::event::Cause;
use super::ledger::Movement;
use super::session::IntentData;
use super::transfer::{Reversal, Transfer};
use super::values::Metadata;
use crate::desk::Desk;

/// A transfer as asked for, checked.
pub(crate) struct TransferOrder {
    pub(crate) account: String,
    /// [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) destination: String,
    pub(crate) source_transaction: Option<String>,
    pub(crate) transfer_group: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// What the platform takes of it, for a destination charge.
    pub(crate) application_fee: i64,
}

impl Stripe {
    /// Moves money to a connected account; the transfer's id.
    pub(crate) fn transfer(&mut self, order: TransferOrder, cause: &Cause, desk: &mut Desk<'_>) -> String {
        let id = self.ids.next("tr", desk.random);
        let payment = self.ids.next("py", desk.random);
        let source_available_s = order
            .source_transaction
            .as_deref()
            .and_then(|charge| self.charges.get(charge)?.balance_transaction.clone())
            .and_then(|entry| self.entries.get(&entry).map(|entry| entry.available_s));
        let out = Movement {
            description: order.description.clone(),
            available_s: source_available_s,
            ..Movement::plain(
                &order.account,
                Kind::Transfer,
                order.amount.saturating_neg(),
                &order.currency,
                &id,
            )
        };
        let balance_transaction = self.book(out, desk);
        let arrived = Movement {
            application_fee: order.application_fee,
            available_s: source_available_s,
            ..Movement::plain(&order.destination, Kind::Payment, order.amount, &order.currency, &payment)
        };
        let arrived = self.book(arrived, desk);
        self.charges.put(&payment, payment_of(&order, &payment, &id, arrived, desk));
        if let Some(charge) =
            order.source_transaction.as_deref().and_then(|charge| self.charges.get_mut(charge))
        {
            charge.transferred = charge.transferred.saturating_add(order.amount);
        }
        let transfer = Transfer {
            id: id.clone(),
            account: order.account,
            created_s: desk.now.business_ms.div_euclid(1_000),
            amount: order.amount,
            currency: order.currency,
            destination: order.destination,
            destination_payment: payment,
            source_transaction: order.source_transaction,
            transfer_group: order.transfer_group,
            description: order.description,
            metadata: order.metadata,
            balance_transaction,
            reversals: Vec::new(),
        };
        let (about, object) = (self.about_transfer(&transfer, &order.merchant), transfer.json());
        self.transfers.put(&id, transfer);
        self.emit(&about, "transfer.created", object, None, cause, desk);
        id
    }

    fn about_transfer(&self, transfer: &Transfer, merchant: &str) -> About {
        let about = transfer.source_transaction.as_deref().and_then(|charge| self.about_charge(charge));
        about.unwrap_or_else(|| About {
            account: transfer.account.clone(),
            merchant: merchant.to_owned(),
            session: String::new(),
            number: transfer.transfer_group.clone().unwrap_or_default(),
        })
    }

    /// Takes money of a transfer back; at most what is left of it.
    pub(crate) fn reverse(
        &mut self,
        id: &str,
        amount: i64,
        metadata: Metadata,
        source_refund: Option<String>,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) -> Option<Reversal> {
        let transfer = self.transfers.get(id)?.clone();
        let reversal_id = self.ids.next("trr", desk.random);
        let back = Movement::plain(
            &transfer.account,
            Kind::TransferRefund,
            amount,
            &transfer.currency,
            &reversal_id,
        );
        let balance_transaction = self.book(back, desk);
        let gone = Movement::plain(
            &transfer.destination,
            Kind::PaymentRefund,
            amount.saturating_neg(),
            &transfer.currency,
            &transfer.destination_payment,
        );
        self.book(gone, desk);
        if let Some(payment) = self.charges.get_mut(&transfer.destination_payment) {
            payment.refunded = payment.refunded.saturating_add(amount);
        }
        if let Some(charge) =
            transfer.source_transaction.as_deref().and_then(|charge| self.charges.get_mut(charge))
        {
            charge.transferred = charge.transferred.saturating_sub(amount);
        }
        let reversal = Reversal {
            id: reversal_id,
            created_s: desk.now.business_ms.div_euclid(1_000),
            amount,
            currency: transfer.currency.clone(),
            transfer: id.to_owned(),
            metadata,
            balance_transaction,
            source_refund,
        };
        let merchant = self.merchant_behind(&transfer.account).unwrap_or_default();
        let about = self.about_transfer(&transfer, &merchant);
        let transfer = self.transfers.get_mut(id)?;
        transfer.reversals.push(reversal.clone());
        let object = transfer.json();
        self.emit(&about, "transfer.reversed", object, None, cause, desk);
        Some(reversal)
    }

    /// Reverses as much of a destination charge's transfer as has been refunded of the charge by now; the
    /// shares of several partial refunds add up to the whole.
    pub(crate) fn reverse_share(
        &mut self,
        charge: &str,
        refund: &str,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) -> Option<String> {
        let charge = self.charges.get(charge)?;
        let id = charge.transfer.clone()?;
        let transfer = self.transfers.get(&id)?;
        let due = share(transfer.amount, charge.refunded, charge.amount).saturating_sub(transfer.reversed());
        let amount = due.clamp(0, transfer.remaining());
        if amount == 0 {
            return None;
        }
        self.reverse(&id, amount, Metadata::new(), Some(refund.to_owned()), cause, desk)
            .map(|reversal| reversal.id)
    }

    /// The same for the platform's fee.
    pub(crate) fn return_fee_share(&mut self, charge: &str, desk: &mut Desk<'_>) {
        let Some(charge) = self.charges.get(charge).cloned() else { return };
        let (Some(fee), Some(amount)) = (&charge.application_fee, charge.data.application_fee) else {
            return;
        };
        let due = share(amount, charge.refunded, charge.amount).saturating_sub(charge.fee_refunded);
        if due <= 0 {
            return;
        }
        let payer = match &charge.data.transfer {
            Some(transfer) => transfer.destination.clone(),
            None => charge.account.clone(),
        };
        let Some(platform) = self.platform_of(&payer) else { return };
        let taken = Movement::plain(
            &platform,
            Kind::ApplicationFeeRefund,
            due.saturating_neg(),
            &charge.currency,
            fee,
        );
        self.book(taken, desk);
        let given = Movement::plain(&payer, Kind::ApplicationFeeRefund, due, &charge.currency, fee);
        self.book(given, desk);
        if let Some(charge) = self.charges.get_mut(&charge.id) {
            charge.fee_refunded = charge.fee_refunded.saturating_add(due);
        }
    }
}

/// The part of `whole` that `part` is of `total`, rounded down; no overflow on the way.
fn share(whole: i64, part: i64, total: i64) -> i64 {
    let product = i128::from(whole).saturating_mul(i128::from(part));
    product.checked_div(i128::from(total)).and_then(|share| i64::try_from(share).ok()).unwrap_or_default()
}

/// What a transfer leaves at its destination.
fn payment_of(order: &TransferOrder, id: &str, transfer: &str, entry: String, desk: &Desk<'_>) -> Charge {
    Charge {
        id: id.to_owned(),
        account: order.destination.clone(),
        created_s: desk.now.business_ms.div_euclid(1_000),
        intent: None,
        session: None,
        source_transfer: Some(transfer.to_owned()),
        amount: order.amount,
        currency: order.currency.clone(),
        method: "stripe_account".to_owned(),
        last4: String::new(),
        payment_method: None,
        data: IntentData { transfer_group: order.transfer_group.clone(), ..IntentData::default() },
        stage: ChargeStage::Succeeded,
        failure: None,
        balance_transaction: Some(entry),
        failure_balance_transaction: None,
        application_fee: None,
        fee_refunded: 0,
        transfer: None,
        transferred: 0,
        refunded: 0,
        refunds: Vec::new(),
        dispute: None,
        disputed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_rounded_down_and_the_last_one_completes_the_whole() {
        assert_eq!(share(70, 33, 100), 23);
        assert_eq!(share(70, 100, 100), 70);
        assert_eq!(share(i64::MAX, i64::MAX, i64::MAX), i64::MAX);
        assert_eq!(share(1, 1, 0), 0);
    }
}
