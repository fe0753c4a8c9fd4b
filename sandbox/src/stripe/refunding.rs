//! How does a refund go its way, and what comes of it later?
//!
//! A refund counts against its charge from the start; one that ends without the buyer getting the money counts
//! no more. Its balance transaction is booked when the money leaves: at once, except where the buyer has to act
//! first. A failure books the money back (`refund_failure`), days or weeks later if need be.

use serde_json::{Value, json};

use super::Stripe;
use super::cards::{self, Effect};
use super::entry::Kind;
use super::event::Cause;
use super::ledger::Movement;
use super::refund::{Next, Refund, RefundStage};
use super::values::Metadata;
use crate::Gateway;
use crate::desk::Desk;
use crate::faults::{Operation, RefundFault, Scope};

/// A refund that waits for its buyer is given up after so long.
const ACTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// How long the test cards for late outcomes take.
const CARD_MS: i64 = 60 * 60 * 1000;

/// A refund as asked for, checked.
pub(crate) struct RefundOrder {
    pub(crate) charge: String,
    pub(crate) amount: i64,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) reverse_transfer: bool,
    pub(crate) refund_application_fee: bool,
}

impl Stripe {
    /// Starts a refund; its id.
    pub(crate) fn refund(
        &mut self,
        order: RefundOrder,
        merchant: &str,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) -> String {
        let id = self.ids.next("re", desk.random);
        let Some(charge) = self.charges.get(&order.charge).cloned() else { return id };
        let number = self.number_behind(&charge.id);
        let scope =
            Scope { gateway: Gateway::Stripe, merchant, number: &number, operation: Operation::Refund };
        let fault = desk.faults.refund(scope, desk.random);
        let now_ms = desk.now.business_ms;
        let (stage, next) = outlook(fault, &charge.last4, now_ms);
        let mut refund = Refund {
            id: id.clone(),
            account: charge.account.clone(),
            created_s: now_ms.div_euclid(1_000),
            charge: charge.id.clone(),
            intent: charge.intent.clone(),
            amount: order.amount,
            currency: charge.currency.clone(),
            method: charge.method.clone(),
            payment_method: charge.payment_method.clone(),
            reason: order.reason,
            metadata: order.metadata,
            stage,
            next,
            balance_transaction: None,
            failure_balance_transaction: None,
            failure_reason: None,
            transfer_reversal: None,
        };
        if stage != RefundStage::RequiresAction {
            refund.balance_transaction = Some(self.book_refund(&refund, desk));
        }
        if let Some(charge) = self.charges.get_mut(&order.charge) {
            charge.refunded = charge.refunded.saturating_add(order.amount);
            charge.refunds.push(id.clone());
        }
        if order.reverse_transfer {
            refund.transfer_reversal = self.reverse_share(&charge.id, &id, cause, desk);
        }
        if order.refund_application_fee {
            self.return_fee_share(&charge.id, desk);
        }
        self.due.extend(next.map(|next| (next.at_ms, id.clone())));
        self.refunds.put(&id, refund);
        self.tell_of_charge(&charge.id, "charge.refunded", cause, desk);
        self.tell_of_refund(&id, &["refund.created"], None, cause, desk);
        id
    }

    fn book_refund(&mut self, refund: &Refund, desk: &mut Desk<'_>) -> String {
        let kind = if refund.method == "card" { Kind::Refund } else { Kind::PaymentRefund };
        let amount = refund.amount.saturating_neg();
        let movement = Movement {
            description: Some("REFUND FOR CHARGE".to_owned()),
            ..Movement::plain(&refund.account, kind, amount, &refund.currency, &refund.id)
        };
        self.book(movement, desk)
    }

    /// Carries out what was to become of a refund by now.
    pub(crate) fn ripen_refund(&mut self, id: &str, desk: &mut Desk<'_>) {
        let now_ms = desk.now.business_ms;
        let due = self.refunds.get(id).and_then(|refund| refund.next).filter(|next| next.at_ms <= now_ms);
        let Some(next) = due else { return };
        if next.becomes == RefundStage::Succeeded {
            if let Some(refund) = self.refunds.get_mut(id) {
                refund.stage = RefundStage::Succeeded;
                refund.next = None;
            }
            let before = json!({ "status": RefundStage::Pending.name() });
            let kinds = ["refund.updated", "charge.refund.updated"];
            self.tell_of_refund(id, &kinds, Some(before), &Cause::default(), desk);
        } else {
            self.end_refund(id, next.becomes, &Cause::default(), desk);
        }
    }

    /// The buyer does not get the money: it is the merchant's again.
    pub(crate) fn end_refund(&mut self, id: &str, stage: RefundStage, cause: &Cause, desk: &mut Desk<'_>) {
        let Some(mut refund) = self.refunds.get(id).cloned() else { return };
        let before = json!({ "status": refund.stage.name() });
        if !refund.stage.counts() {
            return;
        }
        refund.stage = stage;
        refund.next = None;
        if stage == RefundStage::Failed {
            refund.failure_reason = Some("expired_or_canceled_card".to_owned());
        }
        if refund.balance_transaction.is_some() {
            let movement = Movement::plain(
                &refund.account,
                Kind::RefundFailure,
                refund.amount,
                &refund.currency,
                &refund.id,
            );
            refund.failure_balance_transaction = Some(self.book(movement, desk));
        }
        if let Some(charge) = self.charges.get_mut(&refund.charge) {
            charge.refunded = charge.refunded.saturating_sub(refund.amount);
        }
        self.refunds.put(id, refund);
        let kinds: &[&str] = if stage == RefundStage::Failed {
            &["refund.failed", "refund.updated", "charge.refund.updated"]
        } else {
            &["refund.updated", "charge.refund.updated"]
        };
        self.tell_of_refund(id, kinds, Some(before), cause, desk);
    }

    /// Tells of a refund. Only `*.updated` says what it was before.
    pub(crate) fn tell_of_refund(
        &mut self,
        id: &str,
        kinds: &[&str],
        before: Option<Value>,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) {
        let Some(refund) = self.refunds.get(id) else { return };
        let (object, charge) = (refund.json(), refund.charge.clone());
        let Some(about) = self.about_charge(&charge) else { return };
        for kind in kinds {
            let before = before.clone().filter(|_| kind.ends_with(".updated"));
            self.emit(&about, kind, object.clone(), before, cause, desk);
        }
    }
}

/// Where a refund starts and what becomes of it: as a fault wants it, else as the card is known for.
fn outlook(fault: Option<RefundFault>, card: &str, now_ms: i64) -> (RefundStage, Option<Next>) {
    let fault = fault.or_else(|| match cards::by_last4(card) {
        Some(Effect::RefundPends) => Some(RefundFault::Pending { for_ms: CARD_MS }),
        Some(Effect::RefundFails) => Some(RefundFault::FailedLate { after_ms: CARD_MS }),
        _ => None,
    });
    let next = |after_ms: i64, becomes| Some(Next { at_ms: now_ms.saturating_add(after_ms), becomes });
    match fault {
        None => (RefundStage::Succeeded, None),
        Some(RefundFault::Pending { for_ms }) => (RefundStage::Pending, next(for_ms, RefundStage::Succeeded)),
        Some(RefundFault::Abnormal) => (RefundStage::RequiresAction, next(ACTION_MS, RefundStage::Failed)),
        Some(RefundFault::FailedLate { after_ms }) => {
            (RefundStage::Succeeded, next(after_ms, RefundStage::Failed))
        }
    }
}
