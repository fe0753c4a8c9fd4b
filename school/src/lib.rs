//! What does a course platform write to sell its courses through Coursepay?
//!
//! This crate is the answer, as a small platform of its own. It talks to Coursepay through the public HTTP
//! API alone and shares no code with it:
//!
//! 1. `src/pages/course.rs` embeds the checkout widget, `src/headers.rs` lets it work;
//! 2. `src/token.rs` mints the short-lived token that tells Coursepay who is buying;
//! 3. `src/webhook.rs` verifies what Coursepay reports, `src/event.rs` reads it;
//! 4. `src/store.rs` keeps the purchases and knows what each learner may open;
//! 5. `src/prices.rs` reads the price to show in the catalogue.
//!
//! `README.md` walks through them in that order. Everything is given from outside ([`Settings`], the state
//! folder, the [`Clock`]), so tests run the whole site in their own process.

mod catalogue;
mod event;
mod format;
mod headers;
mod pages;
mod prices;
mod problem;
mod routes;
mod same_origin;
mod school;
mod server;
mod session;
mod settings;
mod store;
mod text;
mod token;
mod webhook;

pub use event::{Line, Order, Payment};
pub use routes::router;
pub use school::{Clock, School, system_clock};
pub use server::serve_until;
pub use settings::{Settings, SettingsError};
pub use store::{Delivery, Purchase, Store, StoreError};
pub use token::{TOKEN_LIFETIME_S, TokenError, mint_checkout_token};
pub use webhook::{MAX_WEBHOOK_BYTES, TOLERANCE_S, Verified, WebhookError, WebhookSecret, verify_webhook};
