//! How does the app run in a test, without the platform?
//!
//! Every port has a native side here: SQLite under D1's rules, the sandbox and the platform's webhook
//! endpoint in memory, a list for a queue, a clock that is told the time, a seeded generator, and native
//! cryptography. [`World`](world::World) puts them together. Each call passes [`Faults`](faults::Faults)
//! before and after its effect, so that a test can lose a call, lose its answer, or end the caller there.

pub mod app;
pub mod clock;
pub mod crypto;
pub mod faults;
pub mod http;
pub mod invariants;
pub mod queue;
pub mod random;
pub mod sale;
pub mod sqlite;
pub mod world;
