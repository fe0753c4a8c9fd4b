//! How do attributes become props, and how does the page hold the app?
//!
//! Rust cannot extend `HTMLElement`, so the loader (`js/loader.js`) defines the element and calls [`mount`].

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Element, HtmlElement};
use yew::{AppHandle, Renderer};

use crate::app::{App, Props};
use crate::text::Lang;

#[wasm_bindgen]
extern "C" {
    /// The element's attributes and properties, as the loader hands them over.
    pub type Attributes;
    #[wasm_bindgen(method, getter)]
    fn product(this: &Attributes) -> String;
    #[wasm_bindgen(method, getter)]
    fn api(this: &Attributes) -> String;
    #[wasm_bindgen(method, getter, js_name = tokenUrl)]
    fn token_url(this: &Attributes) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn token(this: &Attributes) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn lang(this: &Attributes) -> String;
}

/// A mounted checkout.
#[wasm_bindgen]
pub struct Handle {
    app: AppHandle<App>,
    host: HtmlElement,
}

/// Shows the checkout inside `root`; events are dispatched at `host`.
#[wasm_bindgen]
#[must_use]
pub fn mount(root: Element, attributes: &Attributes, host: HtmlElement) -> Handle {
    let props = props(attributes, &host);
    Handle { app: Renderer::<App>::with_root_and_props(root, props).render(), host }
}

#[wasm_bindgen]
impl Handle {
    /// Takes up changed attributes.
    pub fn update(&mut self, attributes: &Attributes) {
        self.app.update(props(attributes, &self.host));
    }

    /// Removes the checkout; its timers and listeners stop.
    pub fn destroy(self) {
        self.app.destroy();
    }
}

fn props(attributes: &Attributes, host: &HtmlElement) -> Props {
    Props {
        product: attributes.product(),
        api: attributes.api(),
        token_url: attributes.token_url(),
        token: attributes.token(),
        lang: Lang::from_tag(&attributes.lang()),
        host: host.clone(),
    }
}
