//! When does money settle an order, and what follows from it?
//!
//! Money settles when the order is open, or expired with everything in it still to be had. Otherwise it is
//! surplus: booked to suspense, never ignored, and sent back to where it came from.

use crate::attempt::{AttemptState, Capture};
use crate::decision::{Message, MessageKind, Subject};
use crate::entitlement::Grant;
use crate::id::{AttemptId, IdSource, ProductId, UserId};
use crate::ledger::rules::{self, Source};
use crate::method::Method;
use crate::order::draft::Draft;
use crate::order::event::{Event, SurplusReason};
use crate::order::{OrderState, Refusal};
use crate::planted::{self, Bug};
use crate::refund::{Grounds, Purpose};
use crate::time::Timestamp;

impl Draft {
    /// Takes money that a gateway holds for `attempt`.
    pub(super) fn receive(
        &mut self,
        attempt: AttemptId,
        gateway_no: String,
        paid_at: Timestamp,
        owned: &[ProductId],
        ids: &mut IdSource,
    ) -> Result<(), Refusal> {
        let surplus = self.why_surplus(owned);
        let gateway_no = Some(gateway_no);
        let capture = Capture { gateway_no: gateway_no.clone(), at: paid_at, settled: surplus.is_none() };
        let paid = self.change(attempt, AttemptState::Paid(capture))?;
        let amount = paid.amount;
        let Method::External(gateway) = paid.method else {
            return Err(Refusal::Invariant("a gateway reported money for a wallet attempt".to_owned()));
        };
        self.record(Event::AttemptPaid { attempt, gateway_no, paid_at_ms: paid_at })?;
        let Some(reason) = surplus else {
            return self.settle(attempt, Source::Gateway(gateway), ids);
        };
        self.record(Event::SurplusReceived { attempt, amount_minor: amount.minor(), reason })?;
        let order = self.decision.order.id;
        let entry = rules::surplus(ids.fresh(), cause(attempt), order, self.decision.at, gateway, amount)?;
        self.decision.entries.push(entry);
        self.tell_of_payment(MessageKind::SurplusReceived, ids);
        if planted::has(Bug::SurplusKept) {
            return Ok(());
        }
        self.request_refund(
            attempt,
            amount,
            Purpose::Surplus,
            reason.told().to_owned(),
            Grounds::default(),
            ids,
        )?;
        Ok(())
    }

    /// Spends the wallet of `user` on `attempt`, which was started in this same decision.
    pub(super) fn settle_from_wallet(
        &mut self,
        attempt: AttemptId,
        user: &UserId,
        ids: &mut IdSource,
    ) -> Result<(), Refusal> {
        let at = self.decision.at;
        self.change(attempt, AttemptState::Paid(Capture { gateway_no: None, at, settled: true }))?;
        self.record(Event::AttemptPaid { attempt, gateway_no: None, paid_at_ms: at })?;
        self.settle(attempt, Source::Wallet(user.clone()), ids)
    }

    fn why_surplus(&self, owned: &[ProductId]) -> Option<SurplusReason> {
        match self.decision.order.state {
            OrderState::Paid { .. } => Some(SurplusReason::AlreadyPaid),
            OrderState::Cancelled => Some(SurplusReason::Cancelled),
            OrderState::AwaitingPayment | OrderState::Expired => {
                let lines = &self.decision.order.lines;
                let owns = lines.iter().any(|line| owned.contains(&line.product));
                owns.then_some(SurplusReason::AlreadyOwned)
            }
        }
    }

    fn settle(&mut self, attempt: AttemptId, source: Source, ids: &mut IdSource) -> Result<(), Refusal> {
        let at = self.decision.at;
        self.decision.order.state = OrderState::Paid { attempt, at };
        self.record(Event::OrderPaid { attempt })?;
        let order = &self.decision.order;
        let (order_id, buyer) = (order.id, order.buyer);
        let entry =
            rules::sale(ids.fresh(), cause(attempt), order_id, at, source, order.total, &order.lines)?;
        let grants: Vec<Grant> = order
            .lines
            .iter()
            .map(|line| Grant {
                id: ids.fresh_for(buyer),
                buyer,
                product: line.product.clone(),
                order: order_id,
                starts_at: at,
                ends_at: None,
            })
            .collect();
        self.decision.entries.push(entry);
        self.decision.grants.extend(grants);
        self.tell_of_payment(MessageKind::OrderPaid, ids);
        Ok(())
    }

    /// Tells of the event that was recorded last.
    pub(super) fn tell_of_payment(&mut self, kind: MessageKind, ids: &mut IdSource) {
        let order = &self.decision.order;
        let (id, about, sequence) = (ids.fresh(), Subject::Payment, order.head.sequence);
        self.decision.messages.push(Message { id, kind, order: order.id, about, sequence });
    }
}

/// One capture is booked once, as a sale or as surplus.
fn cause(attempt: AttemptId) -> String {
    format!("capture:{attempt}")
}
