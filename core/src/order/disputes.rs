//! What follows when a buyer's bank takes money back?

use crate::attempt::AttemptState;
use crate::decision::{ChangedDispute, Decision, Message, MessageKind, Subject};
use crate::dispute::{Dispute, DisputeNews, DisputeReport, DisputeState};
use crate::id::{AttemptId, DisputeId, IdSource};
use crate::ledger::rules::DisputeBooking;
use crate::method::{GatewayId, Method};
use crate::order::draft::Draft;
use crate::order::event::Event;
use crate::order::{Order, Refusal};
use crate::refund::Purpose;

impl Order {
    /// Takes in what a gateway said about a dispute over the money of `attempt`. What is known already, or would
    /// open again what is decided, is a decision without events.
    ///
    /// # Errors
    /// [`Refusal::AttemptUnknown`] for an attempt of another order, [`Refusal::NotPaid`] for one without money.
    pub fn report_dispute(
        &self,
        attempt: AttemptId,
        report: DisputeReport,
        ids: &mut IdSource,
    ) -> Result<Decision, Refusal> {
        let disputed = self.attempt(attempt)?;
        let (AttemptState::Paid(_), Method::External(gateway)) = (&disputed.state, disputed.method) else {
            return Err(Refusal::NotPaid(self.state.status()));
        };
        let mut draft = Draft::of(self.clone(), ids);
        let known = self.disputes.iter().find(|known| known.gateway_no == report.gateway_no);
        let (news, due) = (report.news, report.evidence_due_at);
        let id = match known {
            None => draft.open_dispute(attempt, gateway, report, ids)?,
            Some(known) if known.state != DisputeState::Open => return Ok(draft.decision),
            Some(known) => known.id,
        };
        match news {
            DisputeNews::Open if known.is_some_and(|known| known.evidence_due_at != due) => {
                draft.dispute_mut(id)?.evidence_due_at = due;
                draft.record(Event::DisputeUpdated { dispute: id, evidence_due_at_ms: due })?;
                draft.tell_of_dispute(MessageKind::DisputeUpdated, id, ids);
            }
            DisputeNews::Open => {}
            DisputeNews::Won => draft.win_dispute(id, gateway, ids)?,
            DisputeNews::Lost => draft.lose_dispute(id, gateway, ids)?,
        }
        Ok(draft.decision)
    }

    /// The dispute with this id.
    ///
    /// # Errors
    /// [`Refusal::DisputeUnknown`] when it is not one of this order.
    pub fn dispute(&self, id: DisputeId) -> Result<&Dispute, Refusal> {
        self.disputes.iter().find(|dispute| dispute.id == id).ok_or(Refusal::DisputeUnknown(id))
    }
}

impl Draft {
    fn open_dispute(
        &mut self,
        attempt: AttemptId,
        gateway: GatewayId,
        report: DisputeReport,
        ids: &mut IdSource,
    ) -> Result<DisputeId, Refusal> {
        let id = ids.fresh_for(self.decision.order.buyer);
        let DisputeReport { gateway_no, amount, reason, evidence_due_at, .. } = report;
        let event = Event::DisputeOpened {
            dispute: id,
            attempt,
            gateway_no: gateway_no.clone(),
            amount_minor: amount.minor(),
            reason: reason.clone(),
            evidence_due_at_ms: evidence_due_at,
        };
        let (opened_at, state) = (self.decision.at, DisputeState::Open);
        let dispute = Dispute { id, attempt, gateway_no, amount, reason, opened_at, evidence_due_at, state };
        self.decision.order.disputes.push(dispute);
        self.decision.disputes.push(ChangedDispute { id, is_new: true });
        self.record(event)?;
        let entry = self.dispute_booking(id, gateway, ids)?.opened()?;
        self.decision.entries.push(entry);
        self.tell_of_dispute(MessageKind::DisputeOpened, id, ids);
        Ok(id)
    }

    fn win_dispute(&mut self, id: DisputeId, gateway: GatewayId, ids: &mut IdSource) -> Result<(), Refusal> {
        let at = self.decision.at;
        self.dispute_mut(id)?.state = DisputeState::Won { at };
        self.record(Event::DisputeWon { dispute: id })?;
        let entry = self.dispute_booking(id, gateway, ids)?.won()?;
        self.decision.entries.push(entry);
        self.tell_of_dispute(MessageKind::DisputeWon, id, ids);
        Ok(())
    }

    /// What creators and platform were given for it goes to the buyer, as with a refund; what a refund has given
    /// back already, and the bank takes once more, is the platform's loss.
    fn lose_dispute(&mut self, id: DisputeId, gateway: GatewayId, ids: &mut IdSource) -> Result<(), Refusal> {
        let order = &self.decision.order;
        let dispute = order.dispute(id)?;
        let settled =
            matches!(&order.attempt(dispute.attempt)?.state, AttemptState::Paid(capture) if capture.settled);
        let takes =
            if settled { Purpose::Sale(order.take_at_most(dispute.amount)?) } else { Purpose::Surplus };
        let had = order.given_back_lines();
        let at = self.decision.at;
        self.dispute_mut(id)?.state = DisputeState::Lost { at, takes: takes.clone() };
        let mut revoked = self.decision.order.given_back_lines();
        revoked.retain(|product| !had.contains(product));
        self.record(Event::DisputeLost { dispute: id, purpose: takes.clone(), revoked: revoked.clone() })?;
        self.decision.revoked.extend(revoked);
        let entry = self.dispute_booking(id, gateway, ids)?.lost(&takes, &self.decision.order.lines)?;
        self.decision.entries.push(entry);
        self.tell_of_dispute(MessageKind::DisputeLost, id, ids);
        Ok(())
    }

    /// The dispute, marked as changed.
    fn dispute_mut(&mut self, id: DisputeId) -> Result<&mut Dispute, Refusal> {
        if !self.decision.disputes.iter().any(|changed| changed.id == id) {
            self.decision.disputes.push(ChangedDispute { id, is_new: false });
        }
        let dispute = self.decision.order.disputes.iter_mut().find(|dispute| dispute.id == id);
        dispute.ok_or(Refusal::DisputeUnknown(id))
    }

    fn dispute_booking(
        &self,
        id: DisputeId,
        gateway: GatewayId,
        ids: &mut IdSource,
    ) -> Result<DisputeBooking<'_>, Refusal> {
        let order = &self.decision.order;
        let (order, at, dispute) = (order.id, self.decision.at, order.dispute(id)?);
        Ok(DisputeBooking { id: ids.fresh(), order, at, gateway, dispute })
    }

    fn tell_of_dispute(&mut self, kind: MessageKind, dispute: DisputeId, ids: &mut IdSource) {
        let order = &self.decision.order;
        let (id, sequence) = (ids.fresh(), order.head.sequence);
        let message = Message { id, kind, order: order.id, about: Subject::Dispute(dispute), sequence };
        self.decision.messages.push(message);
    }
}
