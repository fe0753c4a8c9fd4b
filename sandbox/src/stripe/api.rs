//! What does each call of the API do?
//!
//! One file a resource. Every call takes its parameters first, so that what does not validate has changed
//! nothing, and refuses whatever is left of them.

mod accounts;
mod balance;
mod disputes;
mod endpoints;
mod events;
mod payments;
mod refunds;
mod sessions;
mod transfers;

pub(crate) use self::accounts::Connected;

use super::errors::Refusal;
use super::page::Page;

/// The cursor of a list has to be the id of something the account has.
fn check_cursor(page: &Page, what: &str, known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    match page.cursor() {
        Some((name, id)) if !known(id) => Err(Refusal::no_such(what, name, id)),
        _ => Ok(()),
    }
}
