//! What happens when the buyer acts on the hosted page?
//!
//! The payment intent is made at the first try. A declined try leaves the session open. A method whose money
//! comes later completes the session unpaid; the banks settle or fail it afterwards.

use super::Stripe;
use super::cards::{self, Effect};
use super::charge::{Charge, ChargeStage, Failure};
use super::emit::{About, about};
use super::event::Cause;
use super::intent::{Intent, LastError, Stage};
use super::session::{Life, Session};
use super::tries::{Try, TryOutcome};
use crate::desk::Desk;

/// Who pays here.
pub(crate) const BUYER_EMAIL: &str = "buyer@sandbox.example";
pub(crate) const BUYER_NAME: &str = "Sandbox Buyer";

impl Stripe {
    /// The buyer tries to pay; whether this is allowed has been checked.
    pub(crate) fn try_to_pay(&mut self, session: &Session, attempt: &Try, desk: &mut Desk<'_>) {
        let about = about(session);
        let intent = self.intent_for(session, &about, desk);
        let charge = self.charge_for(session, &intent, attempt, desk);
        if let Some(intent) = self.intents.get_mut(&intent) {
            intent.latest_charge = Some(charge.clone());
        }
        match &attempt.outcome {
            TryOutcome::Paid { at_once } => {
                self.succeed(&session.id, &charge, *at_once, "checkout.session.completed", desk);
                if let Some(Effect::Disputed(reason)) = attempt.card.as_deref().and_then(cards::effect) {
                    // A charge just paid can be disputed: there is nothing to say here if not.
                    let _ = self.open_dispute(&charge, reason, None, desk);
                }
            }
            TryOutcome::Declined(failure) => {
                self.refuse(&session.id, &charge, failure, desk);
                if let Some(session) = self.sessions.get_mut(&session.id) {
                    session.declined = true;
                }
            }
            TryOutcome::Later => {
                self.advance(&session.id, &intent, Stage::Processing, None);
                self.tell_of_intent(&intent, "payment_intent.processing", &about, desk);
                self.tell_of_charge(&charge, "charge.pending", &Cause::default(), desk);
                self.tell_of_session(&session.id, "checkout.session.completed", &Cause::default(), desk);
            }
        }
    }

    /// The money on its way has come.
    pub(crate) fn settle(&mut self, session: &Session, desk: &mut Desk<'_>) {
        if let Some(charge) = self.charge_under_way(session) {
            self.succeed(&session.id, &charge, false, "checkout.session.async_payment_succeeded", desk);
        }
    }

    /// The money on its way does not come.
    pub(crate) fn fail(&mut self, session: &Session, desk: &mut Desk<'_>) {
        let Some(charge) = self.charge_under_way(session) else { return };
        let failure = Failure {
            code: "payment_intent_payment_attempt_failed".to_owned(),
            decline_code: None,
            message: "the buyer's bank did not pay".to_owned(),
        };
        self.refuse(&session.id, &charge, &failure, desk);
        self.tell_of_session(&session.id, "checkout.session.async_payment_failed", &Cause::default(), desk);
    }

    /// The charge that waits for a bank.
    pub(crate) fn charge_under_way(&self, session: &Session) -> Option<String> {
        let charge = self.intents.get(session.intent.as_deref()?)?.latest_charge.as_deref()?;
        let pending = self.charges.get(charge)?.stage == ChargeStage::Pending;
        pending.then(|| charge.to_owned())
    }

    /// Its time is over, or the merchant ends it.
    pub(crate) fn expire(&mut self, id: &str, cause: &Cause, desk: &mut Desk<'_>) {
        let now_s = desk.now.business_ms.div_euclid(1_000);
        let Some(session) = self.sessions.get_mut(id).filter(|session| session.life == Life::Open) else {
            return;
        };
        session.life = Life::Expired;
        let (about, intent) = (about(session), session.intent.clone());
        if let Some(intent) = intent {
            if let Some(intent) = self.intents.get_mut(&intent) {
                intent.stage = Stage::Canceled;
                intent.canceled_s = Some(now_s);
            }
            self.tell_of_intent(&intent, "payment_intent.canceled", &about, desk);
        }
        self.tell_of_session(id, "checkout.session.expired", cause, desk);
    }

    fn succeed(&mut self, session: &str, charge: &str, at_once: bool, kind: &str, desk: &mut Desk<'_>) {
        self.capture(charge, at_once, desk);
        let Some(intent) = self.charges.get(charge).and_then(|charge| charge.intent.clone()) else { return };
        self.advance(session, &intent, Stage::Succeeded, Some(desk.now.business_ms));
        let Some(about) = self.about_charge(charge) else { return };
        self.tell_of_charge(charge, "charge.succeeded", &Cause::default(), desk);
        self.tell_of_intent(&intent, "payment_intent.succeeded", &about, desk);
        self.tell_of_session(session, kind, &Cause::default(), desk);
    }

    fn refuse(&mut self, session: &str, charge: &str, failure: &Failure, desk: &mut Desk<'_>) {
        let Some(failed) = self.charges.get_mut(charge) else { return };
        failed.stage = ChargeStage::Failed;
        failed.failure = Some(failure.clone());
        let (intent, method) = (failed.intent.clone(), failed.method.clone());
        let Some((intent, about)) = intent.zip(self.sessions.get(session).map(about)) else { return };
        if let Some(intent) = self.intents.get_mut(&intent) {
            intent.stage = Stage::RequiresPaymentMethod;
            intent.payment_method = None;
            intent.last_error = Some(LastError {
                charge: charge.to_owned(),
                code: failure.code.clone(),
                decline_code: failure.decline_code.clone(),
                message: failure.message.clone(),
                method,
            });
        }
        self.tell_of_charge(charge, "charge.failed", &Cause::default(), desk);
        self.tell_of_intent(&intent, "payment_intent.payment_failed", &about, desk);
    }

    /// The session is complete and its intent at `stage`.
    fn advance(&mut self, session: &str, intent: &str, stage: Stage, paid_ms: Option<i64>) {
        if let Some(intent) = self.intents.get_mut(intent) {
            intent.stage = stage;
            intent.last_error = None;
            intent.canceled_s = None;
        }
        if let Some(session) = self.sessions.get_mut(session) {
            session.life = Life::Complete;
            session.declined = false;
            session.paid = paid_ms.is_some();
            session.paid_ms = paid_ms;
        }
    }

    /// The session's payment intent, made if there is none yet.
    fn intent_for(&mut self, session: &Session, about: &About, desk: &mut Desk<'_>) -> String {
        if let Some(intent) = &session.intent {
            return intent.clone();
        }
        let id = self.ids.next("pi", desk.random);
        let intent = Intent {
            client_secret: format!("{id}_secret_{}", desk.random.alphanumeric(25)),
            id: id.clone(),
            account: session.account.clone(),
            created_s: desk.now.business_ms.div_euclid(1_000),
            session: session.id.clone(),
            amount: session.total,
            currency: session.currency.clone(),
            methods: session.methods.clone(),
            allowed_methods: session.allowed_methods.clone(),
            data: session.intent_data.clone(),
            stage: Stage::RequiresPaymentMethod,
            latest_charge: None,
            payment_method: None,
            last_error: None,
            canceled_s: None,
        };
        self.intents.put(&id, intent);
        if let Some(session) = self.sessions.get_mut(&session.id) {
            session.intent = Some(id.clone());
        }
        self.tell_of_intent(&id, "payment_intent.created", about, desk);
        id
    }

    fn charge_for(&mut self, session: &Session, intent: &str, attempt: &Try, desk: &mut Desk<'_>) -> String {
        // Stripe calls what is not a card a payment.
        let id = self.ids.next(if attempt.card.is_some() { "ch" } else { "py" }, desk.random);
        let payment_method = self.ids.next("pm", desk.random);
        let charge = Charge {
            id: id.clone(),
            account: session.account.clone(),
            created_s: desk.now.business_ms.div_euclid(1_000),
            intent: Some(intent.to_owned()),
            session: Some(session.id.clone()),
            source_transfer: None,
            amount: session.total,
            currency: session.currency.clone(),
            method: attempt.method.clone(),
            last4: attempt.card.as_deref().map(cards::last4).unwrap_or_default(),
            payment_method: Some(payment_method.clone()),
            data: session.intent_data.clone(),
            stage: attempt.stage(),
            failure: None,
            balance_transaction: None,
            failure_balance_transaction: None,
            application_fee: None,
            fee_refunded: 0,
            transfer: None,
            transferred: 0,
            refunded: 0,
            refunds: Vec::new(),
            dispute: None,
            disputed: false,
        };
        self.charges.put(&id, charge);
        if let Some(intent) = self.intents.get_mut(intent) {
            intent.payment_method = Some(payment_method);
        }
        id
    }

    fn tell_of_intent(&mut self, id: &str, kind: &str, about: &About, desk: &mut Desk<'_>) {
        if let Some(object) = self.intents.get(id).map(Intent::json) {
            self.emit(about, kind, object, None, &Cause::default(), desk);
        }
    }

    fn tell_of_session(&mut self, id: &str, kind: &str, cause: &Cause, desk: &mut Desk<'_>) {
        let Some(session) = self.sessions.get(id) else { return };
        let (about, object) = (about(session), session.json(desk.base_url));
        self.emit(&about, kind, object, None, cause, desk);
    }

    pub(crate) fn tell_of_charge(&mut self, id: &str, kind: &str, cause: &Cause, desk: &mut Desk<'_>) {
        let Some(object) = self.charges.get(id).map(Charge::json) else { return };
        let Some(about) = self.about_charge(id) else { return };
        self.emit(&about, kind, object, None, cause, desk);
    }
}
