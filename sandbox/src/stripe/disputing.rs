//! How does a dispute go its way?
//!
//! The amount and a fee are withdrawn when it is opened. Won, the amount comes back and the fee does not; lost,
//! nothing moves any more. A charge that is disputed, or whose dispute was lost, cannot be refunded.

use serde_json::{Value, json};

use super::Stripe;
use super::charge::ChargeStage;
use super::dispute::{Dispute, DisputeStage};
use super::entry::{DISPUTE_FEE, Kind};
use super::event::Cause;
use super::ledger::Movement;
use super::objects::with_member;
use super::values::Metadata;
use crate::desk::Desk;

/// How long a merchant has to answer.
const ANSWER_S: i64 = 7 * 24 * 60 * 60;

impl Stripe {
    /// Opens a dispute over a charge; its id.
    ///
    /// # Errors
    /// In words, when this charge cannot be disputed.
    pub(crate) fn open_dispute(
        &mut self,
        charge: &str,
        reason: &str,
        amount: Option<i64>,
        desk: &mut Desk<'_>,
    ) -> Result<String, String> {
        let charge = self.charges.get(charge).cloned().ok_or("there is no such charge")?;
        if charge.stage != ChargeStage::Succeeded {
            return Err("only a charge that succeeded can be disputed".to_owned());
        }
        if charge.dispute.is_some() {
            return Err("this charge has been disputed before".to_owned());
        }
        let amount = amount.unwrap_or_else(|| charge.remaining());
        if !(1..=charge.remaining()).contains(&amount) {
            return Err(format!("amount: expected 1 to {}, got {amount}", charge.remaining()));
        }
        let id = self.ids.next("du", desk.random);
        let movement = Movement {
            stripe_fee: DISPUTE_FEE,
            description: Some(format!("Chargeback withdrawal for {}", charge.id)),
            ..Movement::plain(
                &charge.account,
                Kind::DisputeWithdrawn,
                amount.saturating_neg(),
                &charge.currency,
                &id,
            )
        };
        let entry = self.book(movement, desk);
        let created_s = desk.now.business_ms.div_euclid(1_000);
        let dispute = Dispute {
            id: id.clone(),
            account: charge.account.clone(),
            created_s,
            due_s: created_s.saturating_add(ANSWER_S),
            charge: charge.id.clone(),
            intent: charge.intent.clone(),
            amount,
            currency: charge.currency.clone(),
            reason: reason.to_owned(),
            stage: DisputeStage::NeedsResponse,
            metadata: Metadata::new(),
            evidence: std::collections::BTreeMap::new(),
            submissions: 0,
            entries: vec![entry],
        };
        self.disputes.put(&id, dispute);
        if let Some(charge) = self.charges.get_mut(&charge.id) {
            charge.dispute = Some(id.clone());
            charge.disputed = true;
        }
        for kind in ["charge.dispute.created", "charge.dispute.funds_withdrawn"] {
            self.tell_of_dispute(&id, kind, None, &Cause::default(), desk);
        }
        Ok(id)
    }

    /// The bank decides, or the merchant gives in.
    pub(crate) fn decide_dispute(
        &mut self,
        id: &str,
        outcome: DisputeStage,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) {
        let Some(mut dispute) = self.disputes.get(id).cloned().filter(|dispute| !dispute.stage.is_over())
        else {
            return;
        };
        dispute.stage = outcome;
        let won = outcome == DisputeStage::Won;
        if won {
            let movement = Movement {
                description: Some(format!("Chargeback reversal for {}", dispute.charge)),
                ..Movement::plain(
                    &dispute.account,
                    Kind::DisputeReinstated,
                    dispute.amount,
                    &dispute.currency,
                    id,
                )
            };
            dispute.entries.push(self.book(movement, desk));
            if let Some(charge) = self.charges.get_mut(&dispute.charge) {
                charge.disputed = false;
            }
        }
        self.disputes.put(id, dispute);
        if won {
            self.tell_of_dispute(id, "charge.dispute.funds_reinstated", None, cause, desk);
        }
        self.tell_of_dispute(id, "charge.dispute.closed", None, cause, desk);
    }

    /// A dispute with its balance transactions written out.
    pub(crate) fn dispute_json(&self, dispute: &Dispute, now_s: i64) -> Value {
        let entries = dispute.entries.iter().filter_map(|id| self.entries.get(id));
        let object = dispute.json(entries.map(|entry| entry.json(now_s)).collect(), now_s);
        let refundable = self.charges.get(&dispute.charge).is_some_and(|charge| !charge.disputed);
        with_member(object, "is_charge_refundable", json!(refundable))
    }

    pub(crate) fn tell_of_dispute(
        &mut self,
        id: &str,
        kind: &str,
        before: Option<Value>,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) {
        let Some(dispute) = self.disputes.get(id) else { return };
        let object = self.dispute_json(dispute, desk.now.business_ms.div_euclid(1_000));
        let Some(about) = self.about_charge(&dispute.charge) else { return };
        self.emit(&about, kind, object, before, cause, desk);
    }
}
