//! How do the wire types cross to JavaScript's JSON and back?
//!
//! The browser brings a JSON parser; carrying a second one would cost more than the whole reducer. Amounts
//! and moments are JavaScript numbers on the way, exact up to 2^53 − 1, which is core's bound for money.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads JSON text as a `T`; nothing if it is not one.
#[must_use]
pub fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_wasm_bindgen::from_value(js_sys::JSON::parse(text).ok()?).ok()
}

/// Writes a `T` as JSON text.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Option<String> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).ok()?;
    js_sys::JSON::stringify(&value).ok()?.as_string()
}
