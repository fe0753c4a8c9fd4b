//! How is it shown that Coursepay does what it says?
//!
//! [`actors`] speak HTTP as the platform, a learner, a guest or Alipay would. They are the same whether
//! behind the [`Target`](target::Target) stands the app in this process ([`native`]: SQLite, the sandbox in
//! memory, a clock that is told the time) or the built Worker ([`workerd`]). What holds is stated once, in
//! [`promises`], and shown on both; what needs a hand on the clock or a fault at a chosen moment is shown
//! natively.

pub mod actors;
pub mod fuzz;
pub mod kill;
pub mod message;
pub mod native;
pub mod promises;
pub mod setup;
pub mod sim;
pub mod target;
pub mod workerd;
