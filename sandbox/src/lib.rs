#![doc = include_str!("../README.md")]
//!
//! # Inside
//!
//! The engine is pure: [`World`] takes requests and the real time, and gives responses and the callbacks
//! to send. It has no clock, no randomness of its own (a seed is passed in) and touches neither network nor
//! disk; `clippy.toml` keeps it so. [`server`] and [`store`] are the shell around it: they listen, send,
//! save, and hold no rule.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (request, now_ms) = (http::Request::new(bytes::Bytes::new()), 0);
//! use coursepay_sandbox::{Answer, Keys, Random, World};
//!
//! let keys = Keys::generate(&mut Random::from_seed([1; 32]))?;
//! let mut world = World::new("http://127.0.0.1:8790", keys, [2; 32]);
//! let reply = world.handle(&request, now_ms);
//! for callback in world.due_callbacks(now_ms) {
//!     let answer = Answer::Http { status: 200, body: b"success".to_vec() }; // what `callback.request` got
//!     world.callback_answered(callback.id, &answer, now_ms);
//! }
//! # Ok(())
//! # }
//! ```

pub mod alipay;
mod cashier;
mod certificate;
mod clock;
mod control;
mod courier;
mod desk;
mod doctor;
mod faults;
mod gateways;
mod keys;
mod log;
mod mailbox;
mod merchant;
mod pages;
mod price;
mod random;
mod records;
mod reply;
pub mod server;
pub mod store;
pub mod stripe;
pub mod wechat_pay;
mod world;

pub use crate::certificate::{Certificate, CertificateError};
pub use crate::clock::shanghai_text;
pub use crate::courier::{Answer, Callback, CallbackId};
pub use crate::gateways::Gateway;
pub use crate::keys::{KeyError, KeyPair, PublicKey};
pub use crate::merchant::{Keys, KeysError, Merchant};
pub use crate::random::Random;
pub use crate::reply::Reply;
pub use crate::world::{Record, RestoreError, World};
