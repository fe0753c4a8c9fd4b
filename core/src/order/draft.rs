//! How is a decision put together?

use crate::api::FailureReason;
use crate::attempt::{Attempt, AttemptState};
use crate::decision::{ChangedAttempt, Decision};
use crate::gateway::failure;
use crate::id::{AttemptId, IdSource};
use crate::order::event::{self, Event, Head};
use crate::order::{Order, Refusal};

/// A decision being made.
pub(super) struct Draft {
    pub(super) decision: Decision,
}

impl Draft {
    pub(super) fn of(order: Order, ids: &mut IdSource) -> Self {
        Self {
            decision: Decision {
                id: ids.fresh(),
                at: ids.at(),
                order,
                is_new_order: false,
                events: Vec::new(),
                attempts: Vec::new(),
                refunds: Vec::new(),
                disputes: Vec::new(),
                entries: Vec::new(),
                grants: Vec::new(),
                revoked: Vec::new(),
                messages: Vec::new(),
            },
        }
    }

    pub(super) fn record(&mut self, event: Event) -> Result<(), Refusal> {
        let Decision { id, at, order, events, .. } = &mut self.decision;
        let recorded = event::record(order.id, order.head, *id, *at, event)
            .map_err(|error| Refusal::Invariant(error.to_string()))?;
        order.head = Head { sequence: recorded.sequence, hash: recorded.hash };
        events.push(recorded);
        Ok(())
    }

    pub(super) fn start(&mut self, attempt: Attempt) -> Result<(), Refusal> {
        self.decision.attempts.push(ChangedAttempt { id: attempt.id, is_new: true });
        let event = Event::AttemptStarted {
            attempt: attempt.id,
            method: attempt.method,
            channel: attempt.channel,
            amount_minor: attempt.amount.minor(),
        };
        self.decision.order.attempts.push(attempt);
        self.record(event)
    }

    /// Notes why a try to pay `attempt` was turned down. The first decline is the attempt's: told again, or after
    /// another, it changes nothing. It says more than that the attempt ended.
    pub(super) fn decline(&mut self, attempt: AttemptId, code: String) -> Result<(), Refusal> {
        let known = self.decision.order.attempt(attempt)?.failure;
        let reason = failure::of_decline(&code);
        let is_end = |reason| matches!(reason, FailureReason::Cancelled | FailureReason::TimedOut);
        if known.is_some_and(|known| !is_end(known) || is_end(reason)) {
            return Ok(());
        }
        self.attempt_mut(attempt)?.failure = Some(reason);
        self.record(Event::AttemptDeclined { attempt, code })
    }

    pub(super) fn change(&mut self, id: AttemptId, state: AttemptState) -> Result<&mut Attempt, Refusal> {
        let attempt = self.attempt_mut(id)?;
        attempt.state = state;
        Ok(attempt)
    }

    /// The attempt, marked as changed.
    fn attempt_mut(&mut self, id: AttemptId) -> Result<&mut Attempt, Refusal> {
        if !self.decision.attempts.iter().any(|changed| changed.id == id) {
            self.decision.attempts.push(ChangedAttempt { id, is_new: false });
        }
        let attempts = &mut self.decision.order.attempts;
        attempts.iter_mut().find(|attempt| attempt.id == id).ok_or(Refusal::AttemptUnknown(id))
    }
}
