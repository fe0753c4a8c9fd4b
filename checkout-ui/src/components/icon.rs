//! Which pictures do we draw? Our own line icons, on a grid of 24.

use crate::components::el::{El, el};

pub(crate) const SCAN: &str =
    "M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2M7.5 12h9";
pub(crate) const WINDOW: &str =
    "M4 7a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM4 9.5h16M7 7.25h.01M9.5 7.25h.01";
pub(crate) const PHONE: &str = "M8 3.5h8a1.5 1.5 0 0 1 1.5 1.5v14a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 19V5A1.5 1.5 0 0 1 8 3.5zM10.75 17.75h2.5";
pub(crate) const CHAT: &str = "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 17h-7l-4.5 3.5V17H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 5zM8.5 11h.01M12 11h.01M15.5 11h.01";
pub(crate) const CARD: &str = "M5 5.5h14a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 17V7A1.5 1.5 0 0 1 5 5.5zM3.5 9.75h17M7 14.75h3.5";
pub(crate) const WALLET: &str = "M18.5 8.5V7A1.5 1.5 0 0 0 17 5.5H6a2 2 0 0 0 0 4h12.5A1.5 1.5 0 0 1 20 11v6.5a1.5 1.5 0 0 1-1.5 1.5H6a2 2 0 0 1-2-2V7.5M16 14.25h.01";
pub(crate) const LOCK: &str =
    "M7 11V8a5 5 0 0 1 10 0v3M6.5 11h11a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z";
pub(crate) const CHECK: &str = "M6.5 12.5l3.7 3.7 7.3-8";
pub(crate) const CROSS: &str = "M8 8l8 8M16 8l-8 8";
pub(crate) const CLOCK: &str = "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 7.5V12l3 2.2";
pub(crate) const CLOUD: &str =
    "M7.5 17.5h8.8a3.4 3.4 0 0 0 .6-6.75 5 5 0 0 0-9.5-1.2A4 4 0 0 0 7.5 17.5zM4.5 4.5l15 15";
pub(crate) const BOOK: &str = "M12 7.2C10.3 6 8.3 5.6 5.5 5.6v11.3c2.8 0 4.8.4 6.5 1.6 1.7-1.2 3.7-1.6 6.5-1.6V5.6c-2.8 0-4.8.4-6.5 1.6zM12 7.2v11.3";

/// An icon that only decorates.
pub(crate) fn icon(path: &'static str) -> El {
    canvas().class("icon").child(el("path").set("d", path))
}

/// An empty picture on the grid, unknown to screen readers.
pub(crate) fn canvas() -> El {
    el("svg").set("viewBox", "0 0 24 24").set("aria-hidden", "true")
}
