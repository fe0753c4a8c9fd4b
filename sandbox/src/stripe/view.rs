//! What does the buyer see of a session, and which buttons are there?

use super::Stripe;
use super::emit::about;
use super::refund::{Refund, RefundStage};
use super::session::{Life, Session};
use super::tries::Try;
use crate::Gateway;
use crate::cashier::{Button, NotPayable, Outcome, PaymentView, RefundView, STRIPE_PATH};
use crate::desk::{Desk, Moment};
use crate::faults::{Fault, Operation, Scope};
use crate::price::Price;

impl Stripe {
    /// A payment as it stands, without the buyer doing anything. `None` when it is none of this gateway's.
    pub(crate) fn view(&self, token: &str, now: Moment) -> Option<PaymentView> {
        self.view_of(self.sessions.get(token)?, now)
    }

    /// All payments.
    pub(crate) fn views(&self, now: Moment) -> Vec<PaymentView> {
        self.sessions.iter().filter_map(|(_, session)| self.view_of(session, now)).collect()
    }

    /// The buyer opens the hosted page: nothing changes.
    pub(crate) fn open(&mut self, token: &str, desk: &mut Desk<'_>) -> Option<PaymentView> {
        self.view(token, desk.now)
    }

    /// The buyer presses a button, or a bank does.
    pub(crate) fn press(
        &mut self,
        token: &str,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Option<Result<PaymentView, NotPayable>> {
        self.wake(desk);
        let session = self.sessions.get(token)?.clone();
        if let Err(reason) = self.act(&session, button, desk) {
            return Some(Err(reason));
        }
        self.view(token, desk.now).map(Ok)
    }

    fn act(&mut self, session: &Session, button: Button, desk: &mut Desk<'_>) -> Result<(), NotPayable> {
        let under_way = self.charge_under_way(session).is_some();
        match (session.life, button) {
            (Life::Open, Button::Approve) => self.try_to_pay(session, &Try::that_pays(session), desk),
            (Life::Open, Button::Decline) => self.try_to_pay(session, &Try::that_is_declined(session), desk),
            (Life::Open, Button::ApproveLater) => {
                self.try_to_pay(session, &Try::whose_money_comes_later(session), desk);
            }
            (Life::Complete, Button::Settle) if under_way => self.settle(session, desk),
            (Life::Complete, Button::Fail) if under_way => self.fail(session, desk),
            (Life::Expired, Button::Approve) if pays_after_close(session, desk) => {
                self.try_to_pay(session, &Try::that_pays(session), desk);
            }
            (Life::Complete, Button::Approve | Button::Decline | Button::ApproveLater) => {
                return Err(NotPayable::AlreadyPaid);
            }
            (Life::Expired, Button::Approve | Button::Decline | Button::ApproveLater) => {
                return Err(self.why_over(session, desk.now));
            }
            _ => return Err(NotPayable::NotOffered),
        }
        Ok(())
    }

    /// Whether time or the merchant ended a session.
    fn why_over(&self, session: &Session, now: Moment) -> NotPayable {
        if now.business_ms < session.expires_s.saturating_mul(1_000) {
            NotPayable::Closed
        } else {
            NotPayable::Expired
        }
    }

    fn view_of(&self, session: &Session, now: Moment) -> Option<PaymentView> {
        let merchant = self.keys.merchants.iter().find(|merchant| merchant.id == session.merchant)?;
        let under_way = self.charge_under_way(session).is_some();
        let outcome = match session.life {
            Life::Open if session.is_past(now.business_ms) => Outcome::Expired,
            Life::Open => Outcome::Waiting { declined: session.declined },
            Life::Complete if session.paid => Outcome::Paid,
            Life::Complete if under_way => Outcome::Processing,
            Life::Complete => Outcome::Failed,
            Life::Expired if self.why_over(session, now) == NotPayable::Closed => Outcome::Closed,
            Life::Expired => Outcome::Expired,
        };
        let buttons = match outcome {
            Outcome::Waiting { .. } => vec![Button::Approve, Button::Decline, Button::ApproveLater],
            Outcome::Processing => vec![Button::Settle, Button::Fail],
            _ => Vec::new(),
        };
        Some(PaymentView {
            gateway: Gateway::Stripe,
            merchant: merchant.id.clone(),
            merchant_name: merchant.name.clone(),
            token: session.id.clone(),
            page: format!("{STRIPE_PATH}{}", session.id),
            channel: "checkout.session".to_owned(),
            subject: session.subject(),
            price: price(session.total, &session.currency),
            status: if outcome == Outcome::Expired { Life::Expired } else { session.life }.name().to_owned(),
            outcome,
            number: session.number().to_owned(),
            gateway_number: session.intent.clone(),
            requested_at_ms: session.created_s.saturating_mul(1_000),
            expires_at_ms: session.expires_s.saturating_mul(1_000),
            paid_at_ms: session.paid_ms,
            return_url: (session.life == Life::Complete).then(|| session.success_address()),
            quit_url: session.cancel_url.clone(),
            buttons,
            refunds: self.refund_views(session),
        })
    }

    fn refund_views(&self, session: &Session) -> Vec<RefundView> {
        let charge = || {
            let intent = self.intents.get(session.intent.as_deref()?)?;
            self.charges.get(intent.latest_charge.as_deref()?)
        };
        let refunds = charge().map(|charge| charge.refunds.as_slice()).unwrap_or_default();
        refunds.iter().filter_map(|id| self.refunds.get(id)).map(refund_view).collect()
    }
}

fn refund_view(refund: &Refund) -> RefundView {
    let requested_at_ms = refund.created_s.saturating_mul(1_000);
    RefundView {
        number: refund.id.clone(),
        gateway_number: Some(refund.id.clone()),
        price: price(refund.amount, &refund.currency),
        status: refund.stage.name().to_owned(),
        reason: refund.reason.clone(),
        requested_at_ms,
        done_at_ms: (refund.stage == RefundStage::Succeeded).then_some(requested_at_ms),
    }
}

fn price(amount_minor: i64, currency: &str) -> Price {
    Price { amount_minor, currency: currency.to_ascii_uppercase() }
}

/// The fault of money that arrives after the session has expired.
fn pays_after_close(session: &Session, desk: &mut Desk<'_>) -> bool {
    let about = about(session);
    let scope = Scope {
        gateway: Gateway::Stripe,
        merchant: &about.merchant,
        number: &about.number,
        operation: Operation::Other,
    };
    desk.strikes(Fault::PayAfterClose, scope).is_some()
}
