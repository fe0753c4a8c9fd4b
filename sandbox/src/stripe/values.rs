//! Which texts, numbers and lists does a parameter accept?

use std::collections::BTreeMap;

use super::errors::Refusal;
use super::form::{Node, Params};

/// A merchant's own notes on an object.
pub(crate) type Metadata = BTreeMap<String, String>;

/// docs.stripe.com/api/metadata: 50 keys of 40 characters with values of 500.
const MOST_KEYS: usize = 50;
const LONGEST_KEY: usize = 40;
const LONGEST_VALUE: usize = 500;

/// The longest text of a parameter without a limit of its own.
const LONGEST_TEXT: usize = 5_000;

/// The words of a list that is written as one text.
pub(crate) fn words_of(list: &'static str) -> Vec<&'static str> {
    list.split_ascii_whitespace().collect()
}

impl Params {
    /// Takes a text of at most `longest` characters; an empty one is refused.
    pub(crate) fn text_up_to(&mut self, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
        let Some(text) = self.raw(name)? else { return Ok(None) };
        let path = self.path_of(name);
        if text.is_empty() {
            return Err(Refusal::empty(&path));
        }
        let length = text.chars().count();
        if length > longest {
            let message = format!("{path}: at most {longest} characters, got {length}");
            return Err(Refusal::invalid(message).at(path));
        }
        Ok(Some(text))
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        self.text_up_to(name, LONGEST_TEXT)
    }

    /// Takes a text that must be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::missing(&self.path_of(name)))
    }

    /// Takes a text where an empty one means: none any more.
    pub(crate) fn clearable(&mut self, name: &str) -> Result<Option<Option<String>>, Refusal> {
        if self.peek(name) == Some("") {
            self.nodes.remove(name);
            return Ok(Some(None));
        }
        Ok(self.text(name)?.map(Some))
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.raw(name)? else { return Ok(None) };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if plain => Ok(Some(number)),
            _ => Err(Refusal::integer(&self.path_of(name), &text)),
        }
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.raw(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => {
                let path = self.path_of(name);
                Err(Refusal::invalid(format!("{path}: expected true or false, got {other:?}")).at(path))
            }
        }
    }

    /// Takes one of a few words.
    pub(crate) fn word(
        &mut self,
        name: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => {
                let path = self.path_of(name);
                let message = format!("{path}: expected one of {}, got {text:?}", words.join(", "));
                Err(Refusal::invalid(message).at(path))
            }
        }
    }

    /// Takes a list of words.
    pub(crate) fn words(&mut self, name: &str, words: &[&str]) -> Result<Vec<String>, Refusal> {
        let given = self.texts(name)?;
        match given.iter().position(|text| !words.contains(&text.as_str())) {
            None => Ok(given),
            Some(place) => {
                let path = format!("{}[{place}]", self.path_of(name));
                Err(Refusal::invalid(format!("{path}: not a value that is known here")).at(path))
            }
        }
    }

    /// Takes an absolute http(s) address; `{CHECKOUT_SESSION_ID}` may stand in it.
    pub(crate) fn address(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let plain = text.replace("{CHECKOUT_SESSION_ID}", "id");
        let uri = plain.parse::<http::Uri>().ok();
        let fine = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        });
        if fine {
            return Ok(Some(text));
        }
        let path = self.path_of(name);
        Err(Refusal::coded(
            "url_invalid",
            &path,
            format!("{path}: expected an http(s) address, got {text:?}"),
        ))
    }

    /// Takes a mail address: something before and after one `@`, a dot behind it.
    pub(crate) fn email(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text_up_to(name, 800)? else { return Ok(None) };
        let fine = text.split_once('@').is_some_and(|(who, host)| {
            let dotted = host.split('.').count() > 1 && host.split('.').all(|label| !label.is_empty());
            !who.is_empty() && dotted && !text.contains(char::is_whitespace) && !host.contains('@')
        });
        if fine {
            return Ok(Some(text));
        }
        let path = self.path_of(name);
        Err(Refusal::coded("email_invalid", &path, format!("{path}: expected a mail address, got {text:?}")))
    }

    /// Takes metadata as given: an empty value deletes its key, an empty text deletes all.
    pub(crate) fn metadata_change(&mut self) -> Result<MetadataChange, Refusal> {
        const NAME: &str = "metadata";
        if self.peek(NAME) == Some("") {
            self.nodes.remove(NAME);
            return Ok(MetadataChange { all: true, values: Metadata::new() });
        }
        let Some(group) = self.group(NAME)? else { return Ok(MetadataChange::default()) };
        let mut values = Metadata::new();
        for (key, node) in &group.nodes {
            let path = group.path_of(key);
            let Node::Text(value) = node else {
                return Err(Refusal::invalid(format!("{path}: metadata does not nest")).at(path));
            };
            if key.is_empty() || key.chars().count() > LONGEST_KEY {
                let message = format!("{path}: a key has 1 to {LONGEST_KEY} characters");
                return Err(Refusal::invalid(message).at(path));
            }
            if value.chars().count() > LONGEST_VALUE {
                let message = format!("{path}: a value has at most {LONGEST_VALUE} characters");
                return Err(Refusal::invalid(message).at(path));
            }
            values.insert(key.clone(), value.clone());
        }
        if values.len() > MOST_KEYS {
            let path = self.path_of(NAME);
            return Err(Refusal::invalid(format!("{path}: at most {MOST_KEYS} keys")).at(path));
        }
        Ok(MetadataChange { all: false, values })
    }

    /// Takes the metadata of something new.
    pub(crate) fn metadata(&mut self) -> Result<Metadata, Refusal> {
        let mut metadata = Metadata::new();
        self.metadata_change()?.apply(&mut metadata)?;
        Ok(metadata)
    }
}

/// What a call does to metadata.
#[derive(Debug, Clone, Default)]
pub(crate) struct MetadataChange {
    /// Everything goes.
    all: bool,
    values: Metadata,
}

impl MetadataChange {
    /// Changes `metadata`, or refuses when it would have too many keys.
    pub(crate) fn apply(self, metadata: &mut Metadata) -> Result<(), Refusal> {
        let mut changed = if self.all { Metadata::new() } else { metadata.clone() };
        for (key, value) in self.values {
            if value.is_empty() {
                changed.remove(&key);
            } else {
                changed.insert(key, value);
            }
        }
        if changed.len() > MOST_KEYS {
            return Err(Refusal::invalid(format!("metadata: at most {MOST_KEYS} keys")).at("metadata"));
        }
        *metadata = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        Params::parse(text).unwrap()
    }

    #[test]
    fn only_plain_integers_are_integers() {
        assert_eq!(params("n=-12").integer("n").unwrap(), Some(-12));
        for wrong in ["", "1.0", "+1", "1e3", " 1", "１", "99999999999999999999", "-"] {
            let refusal = params(&format!("n={}", wrong.replace('+', "%2B"))).integer("n").unwrap_err();
            assert_eq!(refusal.code, Some("parameter_invalid_integer"), "{wrong}");
        }
    }

    #[test]
    fn addresses_and_mail_addresses_are_checked() {
        assert!(params("u=https://a.example/x?s={CHECKOUT_SESSION_ID}").address("u").is_ok());
        for wrong in ["a.example", "ftp://a.example", "https://", "/x", "javascript:alert(1)"] {
            assert!(params(&format!("u={wrong}")).address("u").is_err(), "{wrong}");
        }
        assert!(params("e=a@b.example").email("e").is_ok());
        for wrong in ["a", "@b.c", "a@b", "a@b..c", "a+b@c.d"] {
            assert!(params(&format!("e={wrong}")).email("e").is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_has_its_limits() {
        let many: Vec<String> = (0..51).map(|key| format!("metadata[k{key}]=v")).collect();
        assert!(params(&many[..50].join("&")).metadata().is_ok());
        assert!(params(&many.join("&")).metadata().is_err());
        assert!(params(&format!("metadata[{}]=v", "k".repeat(41))).metadata().is_err());
        assert!(params(&format!("metadata[k]={}", "文".repeat(500))).metadata().is_ok());
        assert!(params(&format!("metadata[k]={}", "v".repeat(501))).metadata().is_err());
        assert!(params("metadata[k][l]=v").metadata().is_err());
    }

    #[test]
    fn an_empty_value_deletes_a_key() {
        let mut metadata = params("metadata[a]=1&metadata[b]=2").metadata().unwrap();
        params("metadata[a]=").metadata_change().unwrap().apply(&mut metadata).unwrap();
        assert_eq!(metadata, Metadata::from([("b".to_owned(), "2".to_owned())]));
        params("metadata=").metadata_change().unwrap().apply(&mut metadata).unwrap();
        assert!(metadata.is_empty());
    }
}
