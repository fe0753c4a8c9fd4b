//! What time is it?

use coursepay_core::time::Timestamp;
use worker::Date;

/// The runtime's time in whole milliseconds. It stands still while the Worker computes and moves with every
/// await on something outside (a defence of the platform against timing attacks), so two readings without an
/// await between them are equal.
pub(super) fn now() -> Timestamp {
    // Dates end at 8.64e15 ms, far inside i64.
    Timestamp::from_ms(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}
