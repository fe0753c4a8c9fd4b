//! How do variables and secrets become the configuration?

use std::cell::OnceCell;
use std::rc::Rc;

use worker::Env;
use worker::js_sys::{JSON, Reflect};

use crate::app::config::Config;

thread_local! {
    /// Plain data, read once: variables change with a new version of the Worker, and that is a new isolate.
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// The configuration of this isolate.
pub(super) fn config(env: &Env) -> Rc<Config> {
    CONFIG.with(|config| Rc::clone(config.get_or_init(|| Rc::new(Config::read(|name| variable(env, name))))))
}

/// A variable's or secret's text. `wrangler.toml` may also hold a variable as a number, list or table: its
/// JSON is what the same value would be as text, so `WEBHOOK_ENDPOINTS` may be written either way.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?;
    if value.is_null_or_undefined() {
        return None;
    }
    value.as_string().or_else(|| JSON::stringify(&value).ok()?.as_string())
}
