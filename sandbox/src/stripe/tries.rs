//! With what does a buyer try to pay, and what comes of it?

use super::cards::{self, Effect};
use super::charge::{ChargeStage, Failure};
use super::session::Session;

/// How a buyer tries to pay.
#[derive(Debug, Clone)]
pub(crate) struct Try {
    pub(crate) method: String,
    /// The card's number, if it is one.
    pub(crate) card: Option<String>,
    pub(crate) outcome: TryOutcome,
}

/// What comes of a try.
#[derive(Debug, Clone)]
pub(crate) enum TryOutcome {
    Paid { at_once: bool },
    Declined(Failure),
    Later,
}

impl Try {
    /// With the first method the page offers: a card that pays, if it takes cards.
    pub(crate) fn that_pays(session: &Session) -> Self {
        let card = session.methods.iter().any(|method| method == "card");
        let first = session.methods.first().map_or("card", String::as_str);
        Self {
            method: if card { "card" } else { first }.to_owned(),
            card: card.then(|| cards::PAYING.to_owned()),
            outcome: TryOutcome::Paid { at_once: false },
        }
    }

    /// The same, refused.
    pub(crate) fn that_is_declined(session: &Session) -> Self {
        let paying = Self::that_pays(session);
        if paying.method == "card" {
            return Self {
                card: Some(cards::DECLINED.to_owned()),
                outcome: declined("card_declined", "generic_decline"),
                ..paying
            };
        }
        let message = format!("the buyer did not confirm with {}", paying.method);
        let code = "payment_intent_authentication_failure".to_owned();
        Self { outcome: TryOutcome::Declined(Failure { code, decline_code: None, message }), ..paying }
    }

    /// By a bank, whose answer takes days.
    pub(crate) fn whose_money_comes_later(session: &Session) -> Self {
        let offered = session.methods.iter().find(|method| LATER.iter().any(|(_, later)| later == method));
        let usual =
            LATER.iter().find(|(currency, _)| *currency == session.currency).map(|(_, method)| *method);
        let method = offered.map_or(usual.unwrap_or("customer_balance"), String::as_str).to_owned();
        Self { method, card: None, outcome: TryOutcome::Later }
    }

    /// With a test card; `None` when this number is none.
    pub(crate) fn with_card(number: &str) -> Option<Self> {
        let outcome = match cards::effect(number)? {
            Effect::Declines(code, reason) => declined(code, reason),
            effect => TryOutcome::Paid { at_once: effect == Effect::PaysAtOnce },
        };
        Some(Self { method: "card".to_owned(), card: Some(number.to_owned()), outcome })
    }

    pub(crate) fn stage(&self) -> ChargeStage {
        match self.outcome {
            TryOutcome::Paid { .. } => ChargeStage::Succeeded,
            TryOutcome::Declined(_) => ChargeStage::Failed,
            TryOutcome::Later => ChargeStage::Pending,
        }
    }
}

/// Methods whose money comes later, by currency.
const LATER: [(&str, &str); 8] = [
    ("usd", "us_bank_account"),
    ("eur", "sepa_debit"),
    ("gbp", "bacs_debit"),
    ("jpy", "konbini"),
    ("cad", "acss_debit"),
    ("aud", "au_becs_debit"),
    ("mxn", "oxxo"),
    ("brl", "boleto"),
];

fn declined(code: &str, reason: &str) -> TryOutcome {
    TryOutcome::Declined(Failure {
        code: code.to_owned(),
        decline_code: Some(reason.to_owned()),
        message: format!("the card was declined: {reason}"),
    })
}
