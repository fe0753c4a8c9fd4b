//! How is JSON written here?

use serde::Serialize;
use serde_json::Value;

/// One object with the members of both: those of the API are too many for a single `json!`.
pub(crate) fn joined(mut object: Value, rest: Value) -> Value {
    if let (Value::Object(object), Value::Object(rest)) = (&mut object, rest) {
        object.extend(rest);
    }
    object
}

/// An object with one more member, which is moved: `json!` would copy it.
pub(crate) fn with_member(mut object: Value, name: &str, member: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.insert(name.to_owned(), member);
    }
    object
}

/// JSON in lines with two blanks, as the API and its webhooks write it: whoever parses and writes it again
/// before checking a signature finds out here.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    // Only maps with keys that are no texts fail, and there are none.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
