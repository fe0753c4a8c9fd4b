//! What holds of the Worker as it is deployed, on workerd with D1?
//!
//! `cargo xtask build`, `cargo xtask build probe`, then `cargo test -p coursepay-tests --test e2e`.

mod bodies;
mod keys;
mod kill;
mod parity;
mod promises;
mod vectors;
