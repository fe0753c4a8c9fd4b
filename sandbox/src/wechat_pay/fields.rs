//! How is the body of a call read without letting anything slip? (types, lengths, nothing unknown, no null)

use serde_json::{Map, Value};

use super::errors::Refusal;

/// An object of the body and where it stands, as a JSON pointer.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    pointer: String,
}

type Read<T> = Result<T, Refusal>;

/// Reads a body as JSON; it must be an object without a `null` anywhere.
pub(crate) fn parse_body(body: &str) -> Read<Map<String, Value>> {
    let value: Value = serde_json::from_str(body)
        .map_err(|error| Refusal::body("/", format!("the body is not JSON: {error}")))?;
    if let Some(pointer) = find_null(&value, "") {
        return Err(Refusal::NullField(pointer));
    }
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::body("/", "the body must be a JSON object")),
    }
}

fn find_null(value: &Value, pointer: &str) -> Option<String> {
    match value {
        Value::Null => Some(pointer.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(place, item)| find_null(item, &format!("{pointer}/{place}")))
        }
        Value::Object(members) => {
            members.iter().find_map(|(name, member)| find_null(member, &format!("{pointer}/{name}")))
        }
        _ => None,
    }
}

impl<'a> Fields<'a> {
    /// The whole body; every field must be one of `known`.
    pub(crate) fn whole(object: &'a Map<String, Value>, known: &[&str]) -> Read<Self> {
        Self::at(object, String::new(), known)
    }

    fn at(object: &'a Map<String, Value>, pointer: String, known: &[&str]) -> Read<Self> {
        match object.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::ExtraField(format!("{pointer}/{name}"))),
            None => Ok(Self { object, pointer }),
        }
    }

    pub(crate) fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    fn missing(&self, name: &str) -> Refusal {
        Refusal::body(self.pointer(name), "is missing")
    }

    fn wrong(&self, name: &str, issue: &str) -> Refusal {
        Refusal::body(self.pointer(name), issue)
    }

    /// A text of at most `longest` characters, if given.
    pub(crate) fn optional_text(&self, name: &str, longest: usize) -> Read<Option<String>> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() > longest => {
                Err(self.wrong(name, &format!("is longer than {longest} characters")))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "must be a string")),
        }
    }

    /// A text of 1 to `longest` characters.
    pub(crate) fn text(&self, name: &str, longest: usize) -> Read<String> {
        self.optional_text(name, longest)?.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// A whole number between `least` and `most`.
    pub(crate) fn integer(&self, name: &str, least: i64, most: i64) -> Read<i64> {
        let value = self.object.get(name).ok_or_else(|| self.missing(name))?;
        let number = value.as_i64().ok_or_else(|| self.wrong(name, "must be a whole number"))?;
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        Err(Refusal::Range {
            field: self.pointer(name),
            location: "body",
            issue: format!("must be from {least} to {most}"),
        })
    }

    pub(crate) fn optional_bool(&self, name: &str) -> Read<Option<bool>> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(self.wrong(name, "must be true or false")),
        }
    }

    /// An object inside, if given, with the fields it may have.
    pub(crate) fn optional_object(&self, name: &str, known: &[&str]) -> Read<Option<Fields<'a>>> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Self::at(object, self.pointer(name), known).map(Some),
            Some(_) => Err(self.wrong(name, "must be an object")),
        }
    }

    pub(crate) fn object(&self, name: &str, known: &[&str]) -> Read<Fields<'a>> {
        self.optional_object(name, known)?.ok_or_else(|| self.missing(name))
    }

    /// A list of objects; an absent one is empty.
    pub(crate) fn objects(&self, name: &str, known: &[&str]) -> Read<Vec<Fields<'a>>> {
        let items = match self.object.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.wrong(name, "must be a list")),
        };
        let read = |(place, item): (usize, &'a Value)| match item {
            Value::Object(object) => Self::at(object, format!("{}/{place}", self.pointer(name)), known),
            _ => Err(self.wrong(name, "must be a list of objects")),
        };
        items.iter().enumerate().map(read).collect()
    }

    /// A merchant's number: 1 to `longest` of the allowed characters, at least `shortest`.
    pub(crate) fn number(&self, name: &str, shortest: usize, longest: usize, marks: &str) -> Read<String> {
        let text = self.text(name, longest)?;
        if text.len() < shortest {
            return Err(self.wrong(name, &format!("is shorter than {shortest} characters")));
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || marks.contains(letter);
        if text.chars().all(allowed) {
            return Ok(text);
        }
        Err(self.wrong(name, &format!("may hold letters, digits and {marks}")))
    }

    /// The address of a callback, without a query. https is what the real gateway insists on; plain http to
    /// this machine is the sandbox's leniency.
    pub(crate) fn optional_callback_url(&self, name: &str) -> Read<Option<String>> {
        let Some(text) = self.optional_text(name, 255)? else { return Ok(None) };
        let usable = text.parse::<http::Uri>().is_ok_and(|uri| {
            let host = uri.host().unwrap_or_default();
            let is_secure = uri.scheme_str() == Some("https") && !host.is_empty();
            let is_local = uri.scheme_str() == Some("http") && is_loopback(host);
            (is_secure || is_local) && uri.query().is_none()
        });
        if usable && !text.contains('?') && !text.contains('#') {
            return Ok(Some(text));
        }
        Err(self
            .wrong(name, "must be an absolute https address without a query (http: to this machine only)"))
    }

    pub(crate) fn callback_url(&self, name: &str) -> Read<String> {
        self.optional_callback_url(name)?.ok_or_else(|| self.missing(name))
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
