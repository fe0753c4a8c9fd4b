//! How are the fields of biz_content read?

use serde_json::{Map, Value};

use super::errors::Fault;

/// A text field. A number counts as its text, as with the real gateway; an empty text counts as absent.
pub(crate) fn optional(
    fields: &Map<String, Value>,
    name: &str,
    longest: usize,
) -> Result<Option<String>, Fault> {
    let text = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(Fault::Parameter(format!("{name}: expected a text"))),
    };
    let length = text.chars().count();
    if length > longest {
        return Err(Fault::Parameter(format!("{name}: at most {longest} characters, got {length}")));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A text field that must be there.
pub(crate) fn required(fields: &Map<String, Value>, name: &str, longest: usize) -> Result<String, Fault> {
    optional(fields, name, longest)?.ok_or_else(|| Fault::Parameter(format!("{name} is missing")))
}

/// A text field that must have this one value.
pub(crate) fn exactly(fields: &Map<String, Value>, name: &str, value: &str) -> Result<(), Fault> {
    match required(fields, name, 64)? {
        text if text == value => Ok(()),
        text => Err(Fault::Parameter(format!("{name}: expected {value}, got {text:?}"))),
    }
}

/// A field that is an object itself.
pub(crate) fn object<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a Map<String, Value>, Fault> {
    fields
        .get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| Fault::Parameter(format!("{name}: expected an object")))
}

/// Whether `query_options` asks for this addition to the answer.
pub(crate) fn asks_for(fields: &Map<String, Value>, option: &str) -> bool {
    let options = fields.get("query_options").and_then(Value::as_array);
    options.is_some_and(|options| options.iter().any(|given| given == option))
}
