//! What time is it in a test? What the test says.

use std::cell::Cell;
use std::rc::Rc;

/// 2026-01-01 00:00:00 UTC.
pub const START_MS: i64 = 1_767_225_600_000;

/// A clock that stands still until it is told otherwise.
#[derive(Clone)]
pub struct Clock(Rc<Cell<i64>>);

impl Clock {
    /// A clock at [`START_MS`].
    pub fn at_start() -> Self {
        Self(Rc::new(Cell::new(START_MS)))
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub fn now_ms(&self) -> i64 {
        self.0.get()
    }

    /// Moves on by `ms`.
    pub fn advance_ms(&self, ms: i64) {
        self.0.set(self.0.get() + ms);
    }
}
