//! What does this tab remember across a reload?
//!
//! The order with its token, and the intents that have not been answered: per API and product, in
//! `sessionStorage`, so that a tab forgets when it is closed. A learner's own token is never kept. Where
//! storage is forbidden the checkout works all the same, only without memory.

use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::Storage;

use crate::browser::window;
use crate::intent::Intent;
use crate::json;
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
        self.set("order", order);
    }

    /// The unanswered intent.
    pub(crate) fn intent(&self, wish: Wish) -> Option<Intent> {
        self.get(wish.slot())
    }

    /// Remembers the intent, or forgets it.
    pub(crate) fn set_intent(&self, wish: Wish, intent: Option<&Intent>) {
        self.set(wish.slot(), intent);
    }

    fn get<T: DeserializeOwned>(&self, slot: &str) -> Option<T> {
        let text = storage()?.get_item(&format!("{}{slot}", self.prefix)).ok()??;
        json::decode(&text)
    }

    fn set<T: Serialize>(&self, slot: &str, value: Option<&T>) {
        let Some(storage) = storage() else { return };
        let name = format!("{}{slot}", self.prefix);
        let _ = match value.and_then(json::encode) {
            Some(text) => storage.set_item(&name, &text),
            None => storage.remove_item(&name),
        };
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}
