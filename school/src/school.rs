//! What does every request share?

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;

use crate::catalogue::Catalogue;
use crate::prices::Prices;
use crate::session::SessionKey;
use crate::settings::Settings;
use crate::store::Store;

/// The time now, in milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The machine's own clock. A time before 1970 counts as 1970, at which no webhook verifies.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .unwrap_or(0)
    })
}

/// One school: what it was told, what it sells, what it remembers.
pub struct School {
    pub(crate) settings: Settings,
    pub(crate) catalogue: Catalogue,
    pub(crate) prices: Prices,
    pub(crate) session_key: SessionKey,
    pub(crate) store: Store,
    clock: Clock,
}

impl School {
    /// Opens the school whose state is in `state_folder`, with a session key of its own.
    ///
    /// # Errors
    /// The state cannot be read, or the machine has no randomness.
    pub fn open(settings: Settings, state_folder: &Path, clock: Clock) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            catalogue: Catalogue::bundled().context("the bundled catalogue")?,
            prices: Prices::new(&settings.coursepay_url).context("the HTTP client")?,
            session_key: SessionKey::random().context("a session key")?,
            store: Store::open(state_folder)?,
            settings,
            clock,
        }))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}
