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
//! let response = world.handle(&request, now_ms);
//! for callback in world.due_callbacks(now_ms) {
//!     let answer = Answer::Http { status: 200, body: b"success".to_vec() }; // what `callback.request` got
//!     world.callback_answered(callback.id, &answer, now_ms);
//! }
//! # Ok(())
//! # }
//! ```

pub mod alipay;
mod clock;
mod control;
mod keys;
mod log;
mod pages;
mod phone;
mod random;
mod reply;
mod schedule;
pub mod server;
pub mod store;
mod world;

pub use crate::alipay::Merchant as AlipayMerchant;
pub use crate::clock::shanghai_text;
pub use crate::keys::{KeyError, KeyPair, PublicKey};
pub use crate::random::Random;
pub use crate::schedule::{Answer, Callback, CallbackId};
pub use crate::world::{Keys, Record, RestoreError, World};

/// The gateways this sandbox plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gateway {
    /// Alipay, `gateway.do` with RSA2.
    Alipay,
}
