//! How does Stripe's account of a balance read? (`GET /v1/balance_transactions`, with `expand[]=data.source`)
//!
//! Objects a page at a time; there are no sums. A payment names its payment intent, a refund our number in its
//! metadata. What else moves the balance (payouts, fees, disputes) keeps its own name.

use serde::Deserialize;

use crate::gateway::statement::{LineKind, StatementFault, StatementLine};
use crate::gateway::stripe::currency;
use crate::gateway::stripe::session::{Expandable, Metadata, at, filled};

/// A page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its lines, the latest first.
    pub lines: Vec<StatementLine>,
    /// After which one the next page begins (`starting_after`); `None` on the last.
    pub next_after: Option<String>,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Transaction>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Transaction {
    id: String,
    amount: i64,
    fee: i64,
    currency: String,
    created: i64,
    #[serde(rename = "type")]
    kind: String,
    source: Option<Expandable<Source>>,
}

/// A charge or a refund.
#[derive(Clone, Debug, Deserialize)]
struct Source {
    payment_intent: Option<String>,
    metadata: Option<Metadata>,
}

/// Reads a page.
///
/// # Errors
/// [`StatementFault`] for what is no page, or names no payment where it must.
pub fn read(body: &[u8]) -> Result<Page, StatementFault> {
    let list: List = serde_json::from_slice(body)
        .map_err(|_| StatementFault::at(0, "not a list of balance transactions"))?;
    let next_after = if list.has_more { list.data.last().map(|last| last.id.clone()) } else { None };
    let numbered = (1..).zip(&list.data);
    let lines = numbered.map(|(number, transaction)| transaction.line(number)).collect::<Result<_, _>>()?;
    Ok(Page { lines, next_after })
}

impl Transaction {
    fn line(&self, number: usize) -> Result<StatementLine, StatementFault> {
        let fault = |what: &str| StatementFault::at(number, format!("{}: {what}", self.id));
        let source = match &self.source {
            Some(Expandable::Whole(source)) => Some(source),
            Some(Expandable::Id(_)) | None => None,
        };
        let noted = source.and_then(|source| source.metadata.as_ref());
        let note =
            |text: Option<&Option<String>>| filled(text.and_then(|text| text.as_deref())).map(str::to_owned);
        let is_negative = self.amount < 0;
        let kind = match self.kind.as_str() {
            "charge" | "payment" if !is_negative => LineKind::Payment,
            "refund" | "payment_refund" if is_negative => {
                LineKind::Refund { refund_no: note(noted.map(|noted| &noted.refund)) }
            }
            "charge" | "payment" | "refund" | "payment_refund" => {
                return Err(fault("an amount with another sign"));
            }
            other => LineKind::Other(other.to_owned()),
        };
        let payment = source.and_then(|source| source.payment_intent.clone());
        let gateway_no = match (&kind, payment) {
            (_, Some(payment)) => payment,
            (LineKind::Other(_), None) => self.id.clone(),
            (LineKind::Payment | LineKind::Refund { .. }, None) => {
                return Err(fault("there is no payment_intent"));
            }
        };
        let amount = currency::money(self.amount.saturating_abs(), &self.currency);
        Ok(StatementLine {
            kind,
            merchant_no: note(noted.map(|noted| &noted.attempt)),
            gateway_no,
            amount: amount.ok_or_else(|| fault("no amount of a currency we know"))?,
            fee_minor: self.fee,
            at: at(self.created),
        })
    }
}
