//! Transfers to connected accounts and their reversals.

use serde_json::Value;

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::charge::ChargeStage;
use crate::stripe::currency::{check_price, check_step, read_currency};
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::page::{Page, list};
use crate::stripe::transfer::{Reversal, Transfer};
use crate::stripe::transferring::TransferOrder;

const WHAT: &str = "transfer";

impl Stripe {
    /// `POST /v1/transfers`
    pub(crate) fn create_transfer(
        &mut self,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let currency = read_currency(&params.required("currency")?, "currency")?;
        let amount = params.integer("amount")?.ok_or_else(|| Refusal::missing("amount"))?;
        if amount == 0 {
            let message = "amount: expected at least 1, got 0";
            return Err(Refusal::coded("parameter_invalid_integer", "amount", message));
        }
        check_price(amount, &currency, "amount")?;
        let destination = params.required("destination")?;
        params.word("source_type", &["bank_account", "card", "fpx"])?;
        let mut order = TransferOrder {
            account: call.account.clone(),
            merchant: call.merchant.clone(),
            amount,
            currency,
            destination,
            source_transaction: params.text("source_transaction")?,
            transfer_group: params.text("transfer_group")?,
            description: params.text("description")?,
            metadata: params.metadata()?,
            application_fee: 0,
        };
        params.finish()?;
        if !self.is_connected(&call.account, &order.destination) {
            return Err(Refusal::no_such("connected account", "destination", &order.destination));
        }
        match order.source_transaction.clone() {
            Some(charge) => self.check_source(&charge, &mut order, call)?,
            None => self.check_funds(&order, desk)?,
        }
        let id = self.transfer(order, &call.cause, desk);
        Ok(self.transfer_of(&id, call)?.json())
    }

    /// All transfers out of a charge together are at most the charge; they share its group.
    fn check_source(&self, id: &str, order: &mut TransferOrder, call: &Call) -> Result<(), Refusal> {
        let param = "source_transaction";
        let charge = self.charge_of(id, call).map_err(|_| Refusal::no_such("charge", param, id))?;
        if charge.stage == ChargeStage::Failed {
            return Err(Refusal::state(None, "source_transaction: this charge has failed").at(param));
        }
        if charge.currency != order.currency {
            let message = format!("currency: the charge is in {}", charge.currency);
            return Err(Refusal::state(None, message).at("currency"));
        }
        let left = charge.amount.saturating_sub(charge.transferred);
        if order.amount > left {
            let message = format!("amount: {} is more than the {left} left of this charge", order.amount);
            return Err(Refusal::state(None, message).at("amount"));
        }
        match (&order.transfer_group, &charge.data.transfer_group) {
            (Some(given), Some(known)) if given != known => {
                let message = format!("transfer_group: the charge belongs to {known:?}");
                Err(Refusal::state(None, message).at("transfer_group"))
            }
            (None, Some(known)) => {
                order.transfer_group = Some(known.clone());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Without a charge to draw on, the money has to be there.
    fn check_funds(&self, order: &TransferOrder, desk: &Desk<'_>) -> Result<(), Refusal> {
        let now_s = desk.now.business_ms.div_euclid(1_000);
        let (available, pending) = self.funds(&order.account, &order.currency, now_s);
        if order.amount <= available {
            return Ok(());
        }
        let message = format!(
            "{available} {} is available ({pending} more is pending): not enough for {}; \
             name a source_transaction, pay with the card 4000000000000077, or move the clock two days on",
            order.currency, order.amount
        );
        Err(Refusal::state(Some("balance_insufficient"), message))
    }

    fn transfer_of(&self, id: &str, call: &Call) -> Result<&Transfer, Refusal> {
        let own = self.transfers.get(id).filter(|transfer| transfer.account == call.account);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/transfers/{id}`
    pub(crate) fn show_transfer(&self, id: &str, params: Params, call: &Call) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.transfer_of(id, call)?.json())
    }

    /// `GET /v1/transfers`
    pub(crate) fn list_transfers(&self, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let (destination, group) = (params.text("destination")?, params.text("transfer_group")?);
        params.finish()?;
        check_cursor(&page, WHAT, |id| self.transfer_of(id, call).is_ok())?;
        let (found, has_more) = page.cut(self.transfers.iter().filter(|(_, transfer)| {
            transfer.account == call.account
                && destination.as_ref().is_none_or(|destination| transfer.destination == *destination)
                && (group.is_none() || transfer.transfer_group == group)
        }));
        Ok(list("/v1/transfers", found.into_iter().map(Transfer::json).collect(), has_more))
    }

    /// `POST /v1/transfers/{id}/reversals`
    pub(crate) fn create_reversal(
        &mut self,
        id: &str,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let amount = params.integer("amount")?;
        let metadata = params.metadata()?;
        params.text("description")?;
        let return_fee = params.boolean("refund_application_fee")?.unwrap_or_default();
        params.finish()?;
        let transfer = self.transfer_of(id, call)?;
        let remaining = transfer.remaining();
        let amount = amount.unwrap_or(remaining);
        if remaining == 0 {
            return Err(Refusal::state(None, "this transfer has been reversed in full"));
        }
        if amount <= 0 {
            let message = format!("amount: expected at least 1, got {amount}");
            return Err(Refusal::coded("parameter_invalid_integer", "amount", message));
        }
        check_step(amount, &transfer.currency, "amount")?;
        if amount > remaining {
            let message = format!("amount: {amount} is more than the {remaining} not yet reversed");
            return Err(Refusal::state(None, message).at("amount"));
        }
        let source = transfer.source_transaction.clone().filter(|_| return_fee);
        let reversal = self.reverse(id, amount, metadata, None, &call.cause, desk);
        if let Some(charge) = source {
            self.return_fee_share(&charge, desk);
        }
        Ok(reversal.as_ref().map(Reversal::json).unwrap_or_default())
    }

    /// `GET /v1/transfers/{id}/reversals`
    pub(crate) fn list_reversals(&self, id: &str, mut params: Params, call: &Call) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        params.finish()?;
        let transfer = self.transfer_of(id, call)?;
        let known = |id: &str| transfer.reversals.iter().any(|reversal| reversal.id == id);
        check_cursor(&page, "transfer reversal", known)?;
        let (found, has_more) = page.cut(transfer.reversals.iter().map(|reversal| (&reversal.id, reversal)));
        let data = found.into_iter().map(Reversal::json).collect();
        Ok(list(&format!("/v1/transfers/{id}/reversals"), data, has_more))
    }

    /// `GET /v1/transfers/{id}/reversals/{reversal}`
    pub(crate) fn show_reversal(
        &self,
        id: &str,
        reversal: &str,
        params: Params,
        call: &Call,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        let found = self.transfer_of(id, call)?.reversals.iter().find(|known| known.id == reversal);
        found.map(Reversal::json).ok_or_else(|| Refusal::not_found("transfer reversal", reversal))
    }
}
