//! Where is the money that could not settle an order?

use crate::api::{SurplusFate, SurplusView};
use crate::attempt::{Attempt, AttemptState};
use crate::dispute::DisputeState;
use crate::id::AttemptId;
use crate::order::Order;
use crate::refund::RefundState;

impl Order {
    /// Every piece of it, in the order in which it was tried to be paid, as the buyer sees it.
    pub(super) fn surplus(&self) -> Vec<SurplusView> {
        let view = |attempt: &Attempt| {
            let fate = self.surplus_fate(attempt.id)?;
            Some(SurplusView { attempt: attempt.id.to_string(), amount_minor: attempt.amount.minor(), fate })
        };
        self.attempts.iter().filter_map(view).collect()
    }

    /// What has become of the money of `attempt`; `None` where it is no surplus.
    ///
    /// What a bank still has to decide, or somebody has to look at, comes before what is over. A return that has
    /// failed for good waits for somebody as well, who sends it once more; unless the bank took it meanwhile.
    #[must_use]
    pub fn surplus_fate(&self, attempt: AttemptId) -> Option<SurplusFate> {
        let paid = self.attempt(attempt).ok()?;
        if !matches!(&paid.state, AttemptState::Paid(capture) if !capture.settled) {
            return None;
        }
        let of_it = || self.refunds.iter().filter(move |refund| refund.attempt == attempt);
        let is_any = |wanted: fn(&RefundState) -> bool| of_it().any(|refund| wanted(&refund.state));
        let is_disputed = |wanted: fn(&DisputeState) -> bool| {
            self.disputes.iter().any(|dispute| dispute.attempt == attempt && wanted(&dispute.state))
        };
        Some(if is_disputed(|state| *state == DisputeState::Open) {
            SurplusFate::Disputed
        } else if is_any(|state| matches!(state, RefundState::NeedsAttention { .. })) {
            SurplusFate::NeedsAttention
        } else if is_disputed(|state| matches!(state, DisputeState::Lost { .. })) {
            SurplusFate::Lost
        } else if is_any(|state| matches!(state, RefundState::Requested | RefundState::Pending)) {
            SurplusFate::Returning
        } else if is_any(|state| matches!(state, RefundState::Succeeded { .. })) {
            SurplusFate::Returned
        } else {
            SurplusFate::NeedsAttention
        })
    }
}
