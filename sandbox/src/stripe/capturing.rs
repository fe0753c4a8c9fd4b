//! Where does the money of a charge go?
//!
//! To the account it was made for, less Stripe's fee. With an application fee, that part goes to the platform: out
//! of a connected account's own charge, or at the destination of a destination charge, whose money goes on by
//! a transfer.

use super::Stripe;
use super::charge::{Charge, ChargeStage};
use super::entry::{Kind, available_from, charge_fee};
use super::event::Cause;
use super::ledger::Movement;
use super::transferring::TransferOrder;
use super::values::Metadata;
use crate::desk::Desk;

impl Stripe {
    /// Books a charge that has succeeded. `at_once`: its money counts now, not in two days.
    pub(crate) fn capture(&mut self, id: &str, at_once: bool, desk: &mut Desk<'_>) {
        let Some(charge) = self.charges.get(id).cloned() else { return };
        let now_s = desk.now.business_ms.div_euclid(1_000);
        let available_s = if at_once { now_s } else { available_from(now_s) };
        let fee = charge.data.application_fee;
        let is_direct = self.platform_of(&charge.account).is_some();
        let movement = Movement {
            stripe_fee: charge_fee(charge.amount),
            application_fee: fee.filter(|_| is_direct).unwrap_or_default(),
            description: charge.data.description.clone(),
            available_s: Some(available_s),
            ..Movement::plain(
                &charge.account,
                if charge.method == "card" { Kind::Charge } else { Kind::Payment },
                charge.amount,
                &charge.currency,
                id,
            )
        };
        let entry = self.book(movement, desk);
        let application_fee = fee.and_then(|amount| self.take_fee(&charge, amount, available_s, desk));
        if let Some(charge) = self.charges.get_mut(id) {
            charge.stage = ChargeStage::Succeeded;
            charge.balance_transaction = Some(entry);
            charge.application_fee = application_fee;
        }
        self.send_on(&charge, desk);
    }

    /// The platform's fee; its id.
    fn take_fee(
        &mut self,
        charge: &Charge,
        amount: i64,
        available_s: i64,
        desk: &mut Desk<'_>,
    ) -> Option<String> {
        let payer = charge.data.transfer.as_ref().map_or(&charge.account, |transfer| &transfer.destination);
        let platform = self.platform_of(payer)?;
        let id = self.ids.next("fee", desk.random);
        let movement = Movement {
            available_s: Some(available_s),
            ..Movement::plain(&platform, Kind::ApplicationFee, amount, &charge.currency, &id)
        };
        self.book(movement, desk);
        Some(id)
    }

    /// The transfer of a destination charge.
    fn send_on(&mut self, charge: &Charge, desk: &mut Desk<'_>) {
        let (Some(onward), Some(merchant)) = (&charge.data.transfer, self.merchant_behind(&charge.account))
        else {
            return;
        };
        let order = TransferOrder {
            account: charge.account.clone(),
            merchant,
            amount: onward.amount.unwrap_or(charge.amount),
            currency: charge.currency.clone(),
            destination: onward.destination.clone(),
            source_transaction: Some(charge.id.clone()),
            transfer_group: charge.data.transfer_group.clone(),
            description: None,
            metadata: Metadata::new(),
            application_fee: charge.data.application_fee.unwrap_or_default(),
        };
        let transfer = self.transfer(order, &Cause::default(), desk);
        if let Some(charge) = self.charges.get_mut(&charge.id) {
            charge.transfer = Some(transfer);
        }
    }
}
