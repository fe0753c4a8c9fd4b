#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
// Amounts and times are added by methods that say what happens at the ends of the range.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod api;
pub mod currency;
pub mod device;
#[cfg(feature = "history")]
pub mod history;
pub mod method;
pub mod money;
pub mod time;

// What only the deciding side needs: the widget is built without it.
#[cfg(feature = "gateway")]
pub mod attempt;
#[cfg(feature = "gateway")]
pub mod decision;
#[cfg(feature = "gateway")]
pub mod dispute;
#[cfg(feature = "gateway")]
pub mod entitlement;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "gateway")]
pub mod id;
#[cfg(feature = "gateway")]
pub mod ledger;
#[cfg(feature = "gateway")]
pub mod order;
#[cfg(feature = "gateway")]
pub mod planted;
#[cfg(feature = "gateway")]
pub mod refund;
