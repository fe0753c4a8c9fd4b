//! The balance and its transactions: Stripe's statement, and where the faults of statements strike.

use serde_json::{Value, json};

use super::check_cursor;
use crate::Gateway;
use crate::desk::Desk;
use crate::faults::{Operation, Scope, tamper};
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::entry::Entry;
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::page::{Page, list};

const WHAT: &str = "balance transaction";

impl Stripe {
    /// `GET /v1/balance`
    pub(crate) fn show_balance(
        &self,
        params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.balance_json(&call.account, desk.now.business_ms.div_euclid(1_000)))
    }

    fn entry_of(&self, id: &str, call: &Call) -> Result<&Entry, Refusal> {
        let own = self.entries.get(id).filter(|entry| entry.account == call.account);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/balance_transactions/{id}`
    pub(crate) fn show_entry(
        &self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(self.entry_of(id, call)?.json(desk.now.business_ms.div_euclid(1_000)))
    }

    /// `GET /v1/balance_transactions`. Faults strike the page that is answered: its first line is missing, its
    /// last one altered, and a line that belongs to nothing stands at its top (a cursor is taken from its end).
    pub(crate) fn list_entries(
        &mut self,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let (kind, source) = (params.text("type")?, params.text("source")?);
        let currency = params.text("currency")?;
        if let Some(payout) = params.text("payout")? {
            // No account of the sandbox is ever paid out.
            return Err(Refusal::no_such("payout", "payout", &payout));
        }
        params.finish()?;
        check_cursor(&page, WHAT, |id| self.entry_of(id, call).is_ok())?;
        let (found, has_more) = page.cut(self.entries.iter().filter(|(_, entry)| {
            entry.account == call.account
                && kind.as_ref().is_none_or(|kind| entry.kind.name() == kind)
                && source.as_ref().is_none_or(|source| entry.source == *source)
                && currency.as_ref().is_none_or(|currency| entry.currency == *currency)
        }));
        let now_s = desk.now.business_ms.div_euclid(1_000);
        let mut lines: Vec<Value> = found.into_iter().map(|entry| entry.json(now_s)).collect();
        let scope = Scope {
            gateway: Gateway::Stripe,
            merchant: &call.merchant,
            number: "",
            operation: Operation::Bill,
        };
        let faults = desk.faults.bill(scope, desk.random);
        if !faults.is_empty() {
            let (id, source) = (self.ids.next("txn", desk.random), self.ids.next("ch", desk.random));
            tamper(&mut lines, &faults, raise, |line| of_nothing(line, &id, &source));
            bring_up(&mut lines, &id);
        }
        Ok(list("/v1/balance_transactions", lines, has_more))
    }
}

/// One minor unit more than was moved.
fn raise(line: &mut Value) {
    for name in ["amount", "net"] {
        if let Some(member) = line.get_mut(name)
            && let Some(amount) = member.as_i64()
        {
            *member = json!(amount.saturating_add(1));
        }
    }
}

/// A line like `line` about a charge that does not exist.
fn of_nothing(line: &Value, id: &str, source: &str) -> Value {
    let mut line = line.clone();
    if let Value::Object(members) = &mut line {
        members.insert("id".to_owned(), json!(id));
        members.insert("source".to_owned(), json!(source));
    }
    line
}

/// Puts the line with this id first, if there is one.
fn bring_up(lines: &mut Vec<Value>, id: &str) {
    if let Some(place) = lines.iter().position(|line| line.get("id").is_some_and(|known| known == id)) {
        let line = lines.remove(place);
        lines.insert(0, line);
    }
}
