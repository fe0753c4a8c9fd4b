//! Which pieces of state are there, and which of them are not yet on disk as they are here?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::world::Record;

/// Values of one kind by key, each kept as one file `<folder>/<key>.json`.
#[derive(Debug)]
pub(crate) struct Records<T> {
    folder: &'static str,
    values: BTreeMap<String, T>,
    changed: BTreeSet<String>,
}

impl<T: Serialize + DeserializeOwned> Records<T> {
    /// None yet; `folder` is a relative path without a slash at its end.
    pub(crate) fn new(folder: &'static str) -> Self {
        Self { folder, values: BTreeMap::new(), changed: BTreeSet::new() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.values.get(key)
    }

    /// For changing: the value will be saved again.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        let value = self.values.get_mut(key)?;
        self.changed.insert(key.to_owned());
        Some(value)
    }

    /// Puts `value` at `key`, replacing what was there.
    pub(crate) fn put(&mut self, key: &str, value: T) {
        self.changed.insert(key.to_owned());
        self.values.insert(key.to_owned(), value);
    }

    /// Values in the order of their keys.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&String, &T)> {
        self.values.iter()
    }

    /// Appends what changed since the last call.
    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        for key in std::mem::take(&mut self.changed) {
            if let Some(value) = self.values.get(&key) {
                let contents = serde_json::to_vec(value)?;
                records.push(Record { path: format!("{}/{key}.json", self.folder), contents });
            }
        }
        Ok(())
    }

    /// Reads back a record that [`Self::take_changes`] gave; its value, or `None` when the path is not one
    /// of this folder.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<Option<&T>, serde_json::Error> {
        let key = record
            .path
            .strip_prefix(self.folder)
            .and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".json"))
            .filter(|key| !key.contains('/'));
        let Some(key) = key else { return Ok(None) };
        self.values.insert(key.to_owned(), serde_json::from_slice(&record.contents)?);
        Ok(self.values.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_given_and_comes_back_the_same() {
        let mut numbers = Records::<u8>::new("a/numbers");
        numbers.put("one", 1);
        numbers.put("two", 2);
        let mut saved = Vec::new();
        numbers.take_changes(&mut saved).unwrap();
        assert_eq!(
            saved.iter().map(|record| record.path.as_str()).collect::<Vec<_>>(),
            ["a/numbers/one.json", "a/numbers/two.json"]
        );
        *numbers.get_mut("two").unwrap() = 3;
        saved.clear();
        numbers.take_changes(&mut saved).unwrap();
        assert_eq!(saved, [Record { path: "a/numbers/two.json".to_owned(), contents: b"3".to_vec() }]);

        let mut restored = Records::<u8>::new("a/numbers");
        assert_eq!(restored.restore(&saved[0]).unwrap(), Some(&3));
        for elsewhere in ["a/other/two.json", "a/numbers/deep/two.json", "a/numbers"] {
            let record = Record { path: elsewhere.to_owned(), contents: b"3".to_vec() };
            assert_eq!(restored.restore(&record).unwrap(), None, "{elsewhere}");
        }
        assert!(restored.take_changes(&mut Vec::new()).is_ok());
    }
}
