//! What does this tab remember across a reload?
//!
//! The order with its token, and the intents that have not been answered: per API and product, in
//! `sessionStorage`, so that a tab forgets when it is closed. A learner's own token is never kept. Where
//! storage is forbidden the checkout works all the same, only without memory.

use web_sys::Storage;

use crate::browser::window;
use crate::intent::Intent;
use crate::json::{self, Read};
use crate::state::SavedOrder;

/// The memory of one checkout.
pub(crate) struct Memory {
    prefix: String,
}

/// Which wish an intent is for.
#[derive(Clone, Copy)]
pub(crate) enum Wish {
    /// To have an order.
    Order,
    /// To pay it.
    Payment,
}

impl Wish {
    const fn slot(self) -> &'static str {
        match self {
            Self::Order => "order-intent",
            Self::Payment => "payment-intent",
        }
    }
}

impl Memory {
    /// The memory for buying `product` through `api`.
    pub(crate) fn new(api: &str, product: &str) -> Self {
        Self { prefix: format!("coursepay:{api}:{product}:") }
    }

    /// The order this tab left off with.
    pub(crate) fn order(&self) -> Option<SavedOrder> {
        self.get("order")
    }

    /// Remembers the order, or forgets it.
    pub(crate) fn set_order(&self, order: Option<&SavedOrder>) {
        let text = order.and_then(|order| {
            json::encode(&[
                ("id", order.id.as_str().into()),
                ("token", order.token.as_deref().into()),
                ("owner", order.owner.as_deref().into()),
                ("at_gateway", order.at_gateway.into()),
                ("logging_in", order.logging_in.into()),
                ("told_paid", order.told_paid.into()),
            ])
        });
        self.set("order", text.as_deref());
    }

    /// The unanswered intent.
    pub(crate) fn intent(&self, wish: Wish) -> Option<Intent> {
        self.get(wish.slot())
    }

    /// Remembers the intent, or forgets it.
    pub(crate) fn set_intent(&self, wish: Wish, intent: Option<&Intent>) {
        let text = intent.and_then(|intent| {
            json::encode(&[("wish", intent.wish.as_str().into()), ("key", intent.key.as_str().into())])
        });
        self.set(wish.slot(), text.as_deref());
    }

    fn get<T: Read>(&self, slot: &str) -> Option<T> {
        json::decode(&storage()?.get_item(&self.name(slot)).ok()??)
    }

    fn set(&self, slot: &str, text: Option<&str>) {
        let Some(storage) = storage() else { return };
        let _ = match text {
            Some(text) => storage.set_item(&self.name(slot), text),
            None => storage.remove_item(&self.name(slot)),
        };
    }

    fn name(&self, slot: &str) -> String {
        [&self.prefix, slot].concat()
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}
