//! What of the browser do we touch, besides fetching and drawing?

use coursepay_core::device::Device;
use js_sys::{Date, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    CustomEvent, CustomEventInit, Document, EventTarget, HtmlElement, Url, VisibilityState, Window,
};

use crate::json;
use crate::state::{Event, Login};

/// The page's window.
pub(crate) fn window() -> Window {
    // The widget is only ever mounted by a page.
    js_sys::global().unchecked_into()
}

/// The page's document.
pub(crate) fn document() -> Option<Document> {
    window().document()
}

/// This device's clock, in milliseconds.
pub(crate) fn local_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a date in milliseconds is far below 2^53")]
    let ms = Date::now() as i64;
    ms
}

/// Whether the learner can see the page.
pub(crate) fn is_visible() -> bool {
    document().is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Where the page is looked at.
pub(crate) fn device() -> Device {
    let agent = window().navigator().user_agent().unwrap_or_default();
    Device::of_user_agent(&agent).unwrap_or(Device::Desktop)
}

/// The page's own address, where a gateway sends the learner back to.
pub(crate) fn page_address() -> Option<String> {
    let mut address = window().location().href().ok()?;
    if let Some(hash) = address.bytes().position(|byte| byte == b'#') {
        address.truncate(hash);
    }
    Some(address)
}

thread_local! {
    static LOGIN: Option<Login> = take_login();
}

/// How the login ended that the page was opened after, for every checkout on it.
pub(crate) fn login() -> Option<Login> {
    LOGIN.with(|login| *login)
}

/// Reads the outcome in the page's address and takes it out of there: neither a reload nor an address that is
/// passed on shall tell it again.
fn take_login() -> Option<Login> {
    const NAME: &str = "wechat_login";
    let url = Url::new(&window().location().href().ok()?).ok()?;
    let query = url.search_params();
    let outcome = query.get(NAME)?;
    query.delete(NAME);
    // What WeChat has in its own address stays behind in the page's.
    if url.hash() == "#wechat_redirect" {
        url.set_hash("");
    }
    // A page that may not change its history is told twice, and the payment once.
    if let Ok(history) = window().history() {
        let state = history.state().unwrap_or_default();
        let _ = history.replace_state_with_url(&state, "", Some(&url.href()));
    }
    Some(Login::of_outcome(&outcome))
}

/// Leaves for another address.
pub(crate) fn go_to(address: &str) {
    // What can go wrong here is a page that is being left already.
    let _ = window().location().assign(address);
}

/// A new Idempotency-Key: 128 random bits in hex.
pub(crate) fn fresh_key() -> String {
    let bytes = Uint8Array::new_with_length(16);
    match window().crypto().and_then(|crypto| crypto.get_random_values_with_array_buffer_view(&bytes)) {
        Ok(_) => bytes.to_vec().iter().map(|byte| format!("{byte:02x}")).collect(),
        // No randomness, no key: the server will say so.
        Err(_) => String::new(),
    }
}

/// Tells the page about `event`, as a DOM event of the element.
pub(crate) fn tell(host: &HtmlElement, event: &Event) {
    let (name, field, value) = match event {
        Event::Order { order_id } => ("coursepay:order", "order_id", order_id),
        Event::Paid { order_id } => ("coursepay:paid", "order_id", order_id),
        Event::Error { code } => ("coursepay:error", "code", code),
    };
    let detail = json::object(&[(field, value.as_str().into())]);
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_detail(&detail);
    if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) {
        let _ = host.dispatch_event(&event);
    }
}

/// Listens to an event until dropped.
#[must_use = "dropping it stops listening"]
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    handler: Closure<dyn FnMut()>,
}

impl Listener {
    /// Calls `handler` whenever `name` happens at `target`.
    pub(crate) fn new(target: &EventTarget, name: &'static str, handler: impl FnMut() + 'static) -> Self {
        let handler = Closure::new(handler);
        let _ = target.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
        Self { target: target.clone(), name, handler }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let handler = self.handler.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, handler);
    }
}
