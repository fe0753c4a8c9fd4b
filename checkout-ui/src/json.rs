//! How is JSON read and written?
//!
//! By the browser's own parser; these are the few steps around it. Amounts and moments are JavaScript
//! numbers on the way, exact up to 2^53 − 1, which is core's bound for money.

use js_sys::{Array, JSON, Number, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Something that can be read from a JSON value; nothing if the value is not one.
pub trait Read: Sized {
    /// Reads it.
    fn read(value: &JsValue) -> Option<Self>;
}

/// Reads JSON text as a `T`; nothing if it is not one.
#[must_use]
pub fn decode<T: Read>(text: &str) -> Option<T> {
    T::read(&JSON::parse(text).ok()?)
}

/// Writes an object as JSON text. Fields without a value are left out.
#[must_use]
pub fn encode(fields: &[(&str, JsValue)]) -> Option<String> {
    JSON::stringify(&object(fields)).ok()?.as_string()
}

/// An object with these fields. Those without a value are left out.
#[must_use]
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        if !value.is_undefined() {
            // Setting a field of a fresh plain object cannot fail.
            let _ = Reflect::set(&object, &JsValue::from_str(name), value);
        }
    }
    object.into()
}

/// A number as JavaScript has it.
#[must_use]
pub fn number(value: i64) -> JsValue {
    #[expect(clippy::cast_precision_loss, reason = "core bounds amounts by 2^53 - 1")]
    JsValue::from_f64(value as f64)
}

/// A field of an object; `undefined` where there is none.
#[must_use]
pub fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A field that holds text.
#[must_use]
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    field(object, name).as_string()
}

/// A field that holds a whole number which JavaScript carries exactly.
#[must_use]
pub fn integer(object: &JsValue, name: &str) -> Option<i64> {
    let value = field(object, name);
    #[expect(clippy::cast_possible_truncation, reason = "a safe integer fits")]
    value.as_f64().filter(|_| Number::is_safe_integer(&value)).map(|number| number as i64)
}

/// A field that holds one of a set of names.
pub fn named<T>(object: &JsValue, name: &str, of: fn(&str) -> Option<T>) -> Option<T> {
    of(&text(object, name)?)
}

/// A field that holds a list.
pub fn list<T>(object: &JsValue, name: &str, of: fn(&JsValue) -> Option<T>) -> Option<Vec<T>> {
    let list = field(object, name);
    list.dyn_ref::<Array>()?.iter().map(|value| of(&value)).collect()
}
