//! What do we log, under which names, and what never?
//!
//! One JSON line per event: `event` names it, units come last, ids are ours. Never a token, a key, a body, an
//! e-mail address, an openid or a signature.

use serde_json::json;

use crate::app::App;
use crate::app::error::ApiError;
use crate::app::ports::World;
use crate::app::router::Route;

/// A request was refused. Callbacks that do not verify are counted by these lines.
pub(super) fn refused<W: World>(app: &App<'_, W>, route: Option<&Route>, error: &ApiError) {
    let line = json!({
        "event": "request_refused",
        "route": route.map(|route| route.path),
        "status": error.code.status(),
        "code": error.code.text(),
        "cause": error.cause,
    });
    app.world.log(&line.to_string());
}

/// Something happened that an operator may want to see.
pub(super) fn note<W: World>(app: &App<'_, W>, event: &str, about: &str, detail: &str) {
    let line = json!({ "event": event, "about": about, "detail": detail });
    app.world.log(&line.to_string());
}
