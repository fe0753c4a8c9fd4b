//! Which call does an address mean?

use serde_json::Value;

use super::Stripe;
use super::call::Call;
use super::errors::Refusal;
use super::expand::check_expandable;
use super::form::Params;
use crate::desk::Desk;
use crate::faults::Operation;

/// An address of the API: `/v1/` and its segments.
pub(crate) struct Route<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) segments: &'a [&'a str],
}

impl Stripe {
    /// Carries out a call and expands what it answers.
    pub(crate) fn carry_out(
        &mut self,
        route: &Route<'_>,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let expand = params.texts("expand")?;
        check_expandable(made_by(route), &expand)?;
        let mut object = match (route.method, route.segments) {
            ("POST", ["checkout", "sessions"]) => self.create_session(params, call, desk),
            ("GET", ["checkout", "sessions"]) => self.list_sessions(params, call, desk),
            ("GET", ["checkout", "sessions", id]) => self.show_session(id, params, call, desk),
            ("POST", ["checkout", "sessions", id]) => self.update_session(id, params, call, desk),
            ("GET", ["checkout", "sessions", id, "line_items"]) => self.line_items(id, params, call),
            ("POST", ["checkout", "sessions", id, "expire"]) => self.expire_session(id, params, call, desk),
            ("GET", ["payment_intents"]) => self.list_intents(params, call),
            ("GET", ["payment_intents", "search"]) => self.search_intents(params, call),
            ("GET", ["payment_intents", id]) => self.show_intent(id, params, call),
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_intent(id, params, call),
            ("GET", ["charges"]) => self.list_charges(params, call),
            ("GET", ["charges", id]) => self.show_charge(id, params, call),
            ("POST", ["refunds"]) => self.create_refund(params, call, desk),
            ("GET", ["refunds"]) => self.list_refunds(params, call),
            ("GET", ["refunds", id]) => self.show_refund(id, params, call),
            ("POST", ["refunds", id]) => self.update_refund(id, params, call, desk),
            ("POST", ["refunds", id, "cancel"]) => self.cancel_refund(id, params, call, desk),
            ("GET", ["disputes"]) => self.list_disputes(params, call, desk),
            ("GET", ["disputes", id]) => self.show_dispute(id, params, call, desk),
            ("POST", ["disputes", id]) => self.update_dispute(id, params, call, desk),
            ("POST", ["disputes", id, "close"]) => self.close_dispute(id, params, call, desk),
            ("POST", ["transfers"]) => self.create_transfer(params, call, desk),
            ("GET", ["transfers"]) => self.list_transfers(params, call),
            ("GET", ["transfers", id]) => self.show_transfer(id, params, call),
            ("POST", ["transfers", id, "reversals"]) => self.create_reversal(id, params, call, desk),
            ("GET", ["transfers", id, "reversals"]) => self.list_reversals(id, params, call),
            ("GET", ["transfers", id, "reversals", reversal]) => {
                self.show_reversal(id, reversal, params, call)
            }
            ("GET", ["balance"]) => self.show_balance(params, call, desk),
            ("GET", ["balance_transactions"]) => self.list_entries(params, call, desk),
            ("GET", ["balance_transactions", id]) => self.show_entry(id, params, call, desk),
            ("GET", ["events"]) => self.list_events(params, call, desk),
            ("GET", ["events", id]) => self.show_event(id, params, call, desk),
            ("POST", ["webhook_endpoints"]) => self.create_endpoint(params, call, desk),
            ("GET", ["webhook_endpoints"]) => self.list_endpoints(params, call),
            ("GET", ["webhook_endpoints", id]) => self.show_endpoint(id, params, call),
            ("POST", ["webhook_endpoints", id]) => self.update_endpoint(id, params, call),
            ("DELETE", ["webhook_endpoints", id]) => self.delete_endpoint(id, params, call),
            ("GET", ["account"]) => self.show_account(&call.account, params, call),
            ("GET", ["accounts", id]) => self.show_account(id, params, call),
            ("GET", ["accounts"]) => self.list_accounts(params, call),
            ("POST", ["accounts"]) => self.create_account(params, call, desk),
            _ => Err(Refusal::unknown_address(route.method, route.path)),
        }?;
        self.expand(&mut object, &expand, &call.account, desk)?;
        Ok(object)
    }

    /// The merchant's number a call is about, as far as it can be told before the call is read.
    pub(crate) fn number_of(&self, route: &Route<'_>, params: &Params) -> String {
        let own = match route.segments {
            ["checkout", "sessions"] => params.peek("client_reference_id"),
            ["transfers"] => params.peek("transfer_group"),
            _ => None,
        };
        if let Some(own) = own {
            return own.chars().take(200).collect();
        }
        let named = ["payment_intent", "charge", "source_transaction"].map(|name| params.peek(name));
        let mut ids = route.segments.iter().copied().chain(named.into_iter().flatten());
        ids.find_map(|id| self.session_behind(id))
            .map(|session| session.number().to_owned())
            .unwrap_or_default()
    }
}

/// The kind of object a call that changes something answers.
fn made_by(route: &Route<'_>) -> Option<&'static str> {
    match (route.method, route.segments) {
        ("POST", ["checkout", ..]) => Some("checkout.session"),
        ("POST", ["refunds", ..]) => Some("refund"),
        ("POST", ["disputes", ..]) => Some("dispute"),
        ("POST", ["transfers", _, "reversals"]) => Some("transfer_reversal"),
        ("POST", ["transfers", ..]) => Some("transfer"),
        _ => None,
    }
}

/// What a call does, in the words of the faults.
pub(crate) fn operation(route: &Route<'_>) -> Operation {
    match (route.method, route.segments) {
        ("POST", ["checkout", "sessions"]) => Operation::Create,
        ("GET", ["checkout", ..] | ["payment_intents", ..] | ["charges", ..]) => Operation::Query,
        ("POST", ["checkout", "sessions", _, "expire"]) => Operation::Close,
        ("POST", ["payment_intents", _, "cancel"]) => Operation::Cancel,
        ("POST", ["refunds"]) => Operation::Refund,
        ("GET", ["refunds", ..]) => Operation::RefundQuery,
        ("POST", ["transfers", ..]) => Operation::Transfer,
        ("GET", ["transfers", ..]) => Operation::TransferQuery,
        ("GET", ["balance_transactions", ..]) => Operation::Bill,
        _ => Operation::Other,
    }
}
