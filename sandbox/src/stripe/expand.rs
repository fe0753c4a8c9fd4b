//! How do ids in an answer become the objects themselves? (`expand[]=data.payment_intent`)

use serde_json::Value;

use super::Stripe;
use super::errors::Refusal;
use super::page::list;
use super::refund::Refund;
use crate::desk::Desk;

/// Stripe expands four levels deep.
const DEEPEST: usize = 4;

/// Which members of which objects can be expanded. Some are null for want of what they would show.
const EXPANDABLE: [(&str, &[&str]); 11] = [
    ("list", &["data"]),
    ("search_result", &["data"]),
    (
        "checkout.session",
        &["payment_intent", "line_items", "customer", "invoice", "setup_intent", "subscription"],
    ),
    (
        "payment_intent",
        &["latest_charge", "payment_method", "customer", "on_behalf_of", "review", "transfer_data"],
    ),
    (
        "charge",
        &[
            "application_fee",
            "balance_transaction",
            "customer",
            "failure_balance_transaction",
            "on_behalf_of",
            "payment_intent",
            "refunds",
            "review",
            "source_transfer",
            "transfer",
            "transfer_data",
        ],
    ),
    (
        "refund",
        &[
            "balance_transaction",
            "charge",
            "failure_balance_transaction",
            "payment_intent",
            "transfer_reversal",
        ],
    ),
    ("dispute", &["charge", "payment_intent"]),
    (
        "transfer",
        &["balance_transaction", "destination", "destination_payment", "reversals", "source_transaction"],
    ),
    ("transfer_reversal", &["balance_transaction", "source_refund", "transfer"]),
    ("balance_transaction", &["source"]),
    // What has no `object` of its own: transfer_data.
    ("", &["destination"]),
];

fn members_of(kind: &str) -> &'static [&'static str] {
    EXPANDABLE.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, members)| members)
}

fn not_expandable(path: &str) -> Refusal {
    Refusal::invalid(format!("expand: {path:?} is not to be expanded")).at("expand")
}

/// Refuses what cannot be expanded in an object of a kind before that object is made.
pub(crate) fn check_expandable(kind: Option<&str>, paths: &[String]) -> Result<(), Refusal> {
    let Some(kind) = kind else { return Ok(()) };
    let first = |path: &String| path.split('.').next().unwrap_or_default().to_owned();
    match paths.iter().find(|path| !members_of(kind).contains(&first(path).as_str())) {
        Some(path) => Err(not_expandable(path)),
        None => Ok(()),
    }
}

impl Stripe {
    /// Expands all `paths` in `object`.
    pub(crate) fn expand(
        &self,
        object: &mut Value,
        paths: &[String],
        account: &str,
        desk: &Desk<'_>,
    ) -> Result<(), Refusal> {
        for path in paths {
            let segments: Vec<&str> = path.split('.').collect();
            if segments.len() > DEEPEST {
                let message = format!("expand: at most {DEEPEST} levels, got {path:?}");
                return Err(Refusal::invalid(message).at("expand"));
            }
            self.expand_path(object, &segments, path, account, desk)?;
        }
        Ok(())
    }

    fn expand_path(
        &self,
        value: &mut Value,
        segments: &[&str],
        path: &str,
        account: &str,
        desk: &Desk<'_>,
    ) -> Result<(), Refusal> {
        if let Value::Array(elements) = value {
            return elements
                .iter_mut()
                .try_for_each(|element| self.expand_path(element, segments, path, account, desk));
        }
        let (Some((first, rest)), Value::Object(object)) = (segments.split_first(), value) else {
            return Ok(());
        };
        let kind = object.get("object").and_then(Value::as_str).unwrap_or_default();
        if !members_of(kind).contains(first) {
            return Err(not_expandable(path));
        }
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(included) = self.included(kind, first, &id, account) {
            object.insert((*first).to_owned(), included);
        }
        let Some(member) = object.get_mut(*first) else { return Ok(()) };
        if let Some(whole) = member.as_str().and_then(|id| self.render(id, account, desk)) {
            *member = whole;
        }
        self.expand_path(member, rest, path, account, desk)
    }

    /// Lists that an object has only when they are asked for.
    fn included(&self, kind: &str, member: &str, id: &str, account: &str) -> Option<Value> {
        match (kind, member) {
            ("checkout.session", "line_items") => {
                let session = self.sessions.get(id)?;
                let items = session.items.iter().map(|item| item.json(&session.currency, session.created_s));
                Some(list(&format!("/v1/checkout/sessions/{id}/line_items"), items.collect(), false))
            }
            ("charge", "refunds") => {
                let charge = self.charges.get(id).filter(|charge| charge.account == account)?;
                let refunds = charge.refunds.iter().rev().filter_map(|id| self.refunds.get(id));
                let newest: Vec<Value> = refunds.map(Refund::json).take(10).collect();
                let has_more = charge.refunds.len() > newest.len();
                Some(list(&format!("/v1/charges/{id}/refunds"), newest, has_more))
            }
            _ => None,
        }
    }

    /// Any object of an account by its id.
    pub(crate) fn render(&self, id: &str, account: &str, desk: &Desk<'_>) -> Option<Value> {
        let now_s = desk.now.business_ms.div_euclid(1_000);
        let (prefix, _) = id.split_once('_')?;
        match prefix {
            "cs" => {
                let session = self.sessions.get(id).filter(|session| session.account == account)?;
                Some(session.json(desk.base_url))
            }
            "pi" => Some(self.intents.get(id).filter(|intent| intent.account == account)?.json()),
            // A platform may look at what its transfers left at a connected account.
            "ch" | "py" => Some(self.charges.get(id)?.json()),
            "re" => Some(self.refunds.get(id).filter(|refund| refund.account == account)?.json()),
            "du" => {
                let dispute = self.disputes.get(id).filter(|dispute| dispute.account == account)?;
                Some(self.dispute_json(dispute, now_s))
            }
            "tr" => Some(self.transfers.get(id).filter(|transfer| transfer.account == account)?.json()),
            "trr" => self
                .transfers
                .iter()
                .flat_map(|(_, transfer)| &transfer.reversals)
                .find(|reversal| reversal.id == id)
                .map(super::transfer::Reversal::json),
            "txn" => Some(self.entries.get(id).filter(|entry| entry.account == account)?.json(now_s)),
            "acct" => self.account_json(id),
            _ => None,
        }
    }
}
