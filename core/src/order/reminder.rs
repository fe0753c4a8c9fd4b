//! Is the platform told that an order is left unpaid?
//!
//! Once, before its deadline, and only while the learner can do something about it: not while money is on its way,
//! or may be, because a gateway did not answer; and not when too little time is left to pay.

use crate::attempt::AttemptState;
use crate::decision::{Decision, MessageKind};
use crate::id::IdSource;
use crate::order::draft::Draft;
use crate::order::event::Event;
use crate::order::{Order, OrderState, Refusal, SHORTEST_PAYMENT_MS};

impl Order {
    /// Tells that it is unpaid, where that should be told now; else a decision without events.
    ///
    /// # Errors
    /// [`Refusal::Invariant`], which no order of ours can cause.
    pub fn remind(&self, ids: &mut IdSource) -> Result<Decision, Refusal> {
        let can_be_paid = self.state == OrderState::AwaitingPayment
            && self.expires_at.ms_since(ids.at()) >= SHORTEST_PAYMENT_MS;
        let mut draft = Draft::of(self.clone(), ids);
        if can_be_paid && !self.is_reminded && !self.may_be_paid_already() {
            draft.decision.order.is_reminded = true;
            draft.record(Event::OrderLeftUnpaid)?;
            draft.tell_of_payment(MessageKind::OrderUnpaid, ids);
        }
        Ok(draft.decision)
    }

    fn may_be_paid_already(&self) -> bool {
        let may_be =
            |state: &AttemptState| matches!(state, AttemptState::Processing | AttemptState::Unknown(_));
        self.attempts.iter().any(|attempt| may_be(&attempt.state))
    }
}
