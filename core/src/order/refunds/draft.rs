//! What follows from a refund's step: its event, its entry, who is told.

use crate::decision::{ChangedRefund, Message, MessageKind, Subject};
use crate::id::{AttemptId, IdSource, RefundId};
use crate::ledger::rules::{Booking, Source};
use crate::money::Money;
use crate::order::Refusal;
use crate::order::draft::Draft;
use crate::order::event::Event;
use crate::refund::{Grounds, Purpose, Refund, RefundState, Stranded};
use crate::time::Timestamp;

impl Draft {
    /// Asks for money of `attempt` back: reserved in this very decision.
    pub(in crate::order) fn request_refund(
        &mut self,
        attempt: AttemptId,
        amount: Money,
        purpose: Purpose,
        reason: String,
        grounds: Grounds,
        ids: &mut IdSource,
    ) -> Result<RefundId, Refusal> {
        let id = ids.fresh_for(self.decision.order.buyer);
        let event = Event::RefundRequested {
            refund: id,
            attempt,
            amount_minor: amount.minor(),
            purpose: purpose.clone(),
            reason: reason.clone(),
            usage: grounds.usage,
            policy_override: grounds.policy_override.clone(),
        };
        let refund = Refund {
            id,
            attempt,
            amount,
            purpose,
            reason,
            policy_override: grounds.policy_override,
            created_at: self.decision.at,
            state: RefundState::Requested,
            gateway_no: None,
            last_code: None,
            is_overdue: false,
        };
        self.decision.order.refunds.push(refund);
        self.decision.refunds.push(ChangedRefund { id, is_new: true });
        self.record(event)?;
        let entry = self.booking(id, ids)?.requested(&self.decision.order.lines)?;
        self.decision.entries.push(entry);
        Ok(id)
    }

    pub(super) fn refund_overdue(&mut self, id: RefundId, ids: &mut IdSource) -> Result<(), Refusal> {
        self.refund_mut(id)?.is_overdue = true;
        self.record(Event::RefundOverdue { refund: id })?;
        self.tell_of_refund(MessageKind::RefundOverdue, id, ids);
        Ok(())
    }

    pub(super) fn refund_pending(&mut self, id: RefundId, gateway_no: Option<String>) -> Result<(), Refusal> {
        self.change_refund(id, RefundState::Pending, gateway_no)?;
        self.record(Event::RefundPending { refund: id })
    }

    pub(super) fn refund_succeeded(
        &mut self,
        id: RefundId,
        gateway_no: Option<String>,
        at: Timestamp,
        source: Source,
        ids: &mut IdSource,
    ) -> Result<(), Refusal> {
        let had = self.decision.order.given_back_lines();
        self.change_refund(id, RefundState::Succeeded { at }, gateway_no)?;
        let mut revoked = self.decision.order.given_back_lines();
        revoked.retain(|product| !had.contains(product));
        self.record(Event::RefundSucceeded { refund: id, succeeded_at_ms: at, revoked: revoked.clone() })?;
        self.decision.revoked.extend(revoked);
        let entry = self.booking(id, ids)?.succeeded(source)?;
        self.decision.entries.push(entry);
        self.tell_of_refund(MessageKind::RefundSucceeded, id, ids);
        Ok(())
    }

    pub(super) fn refund_failed(
        &mut self,
        id: RefundId,
        gateway_no: Option<String>,
        code: String,
        ids: &mut IdSource,
    ) -> Result<(), Refusal> {
        self.change_refund(id, RefundState::Failed { code: code.clone() }, gateway_no)?;
        self.record(Event::RefundFailed { refund: id, code })?;
        let entry = self.booking(id, ids)?.failed(&self.decision.order.lines)?;
        self.decision.entries.push(entry);
        self.tell_of_refund(MessageKind::RefundFailed, id, ids);
        Ok(())
    }

    pub(super) fn refund_stranded(
        &mut self,
        id: RefundId,
        gateway_no: Option<String>,
        code: String,
        money: Stranded,
        source: Source,
        ids: &mut IdSource,
    ) -> Result<(), Refusal> {
        self.change_refund(id, RefundState::NeedsAttention { code: code.clone(), money }, gateway_no)?;
        self.record(Event::RefundNeedsAttention { refund: id, code, money })?;
        let booking = self.booking(id, ids)?;
        let entry = match money {
            Stranded::Kept => None,
            Stranded::TakenBack => Some(booking.taken_back(source)?),
            Stranded::PaidAfterFailure => Some(booking.paid_after_failure(source)?),
        };
        self.decision.entries.extend(entry);
        self.tell_of_refund(MessageKind::RefundNeedsAttention, id, ids);
        Ok(())
    }

    fn change_refund(
        &mut self,
        id: RefundId,
        state: RefundState,
        gateway_no: Option<String>,
    ) -> Result<(), Refusal> {
        let refund = self.refund_mut(id)?;
        refund.state = state;
        refund.last_code = None;
        refund.gateway_no = gateway_no.or_else(|| refund.gateway_no.take());
        Ok(())
    }

    /// The refund, marked as changed.
    fn refund_mut(&mut self, id: RefundId) -> Result<&mut Refund, Refusal> {
        if !self.decision.refunds.iter().any(|changed| changed.id == id) {
            self.decision.refunds.push(ChangedRefund { id, is_new: false });
        }
        let refund = self.decision.order.refunds.iter_mut().find(|refund| refund.id == id);
        refund.ok_or(Refusal::RefundUnknown(id))
    }

    fn booking(&self, id: RefundId, ids: &mut IdSource) -> Result<Booking<'_>, Refusal> {
        let order = &self.decision.order;
        Ok(Booking { id: ids.fresh(), order: order.id, at: self.decision.at, refund: order.refund(id)? })
    }

    fn tell_of_refund(&mut self, kind: MessageKind, refund: RefundId, ids: &mut IdSource) {
        let order = &self.decision.order;
        let (id, sequence) = (ids.fresh(), order.head.sequence);
        let message = Message { id, kind, order: order.id, about: Subject::Refund(refund), sequence };
        self.decision.messages.push(message);
    }
}
