//! How does the state survive a restart?
//!
//! One directory: `keys.json` (readable by its owner alone) and one file per payment, callback and so on. Every
//! file is written beside its place and then renamed into it, so a reader finds the old or the new one,
//! never half of one. A lock keeps a second sandbox out of the same directory.

#![expect(clippy::disallowed_methods, reason = "this is the shell: it is here to touch the disk")]

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::merchant::Keys;
use crate::random::Random;
use crate::world::{Record, World};

/// The folder of what this version of the sandbox writes: another version's state is neither read nor
/// touched.
const FORMAT: &str = "v3";
/// What one answer changed, while its files are being written. Found at a start, it is carried out first: all
/// of it was changed, or none.
const BATCH: &str = "batch";
/// Where the keys are kept.
const KEYS: &str = "keys.json";

/// A state directory that is ours while this value lives.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// What the disk refused the last time: written before anything newer.
    unsaved: Vec<Record>,
    /// Held, not read: the lock ends with it.
    _lock: File,
}

impl Store {
    /// Opens or makes the directory.
    ///
    /// # Errors
    /// When it cannot be made or another sandbox uses it.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let dir = &dir.join(FORMAT);
        fs::create_dir_all(dir)
            .with_context(|| format!("cannot make the state directory {}", dir.display()))?;
        let path = dir.join("lock");
        let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), unsaved: Vec::new(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => {
                bail!("another sandbox uses {}: stop it or choose another --state", dir.display())
            }
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// The keys of an earlier start, or new ones, kept before they are used. `made` is told beforehand when
    /// new ones are made, for that takes a moment.
    ///
    /// # Errors
    /// When they cannot be read, made or kept.
    pub fn keys(&self, random: &mut Random, made: impl FnOnce()) -> anyhow::Result<Keys> {
        let path = self.dir.join(KEYS);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("{} holds no keys of this version; remove it to make new ones", path.display())
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                made();
                let keys = Keys::generate(random)?;
                self.write(KEYS, &serde_json::to_vec_pretty(&keys)?)?;
                Ok(keys)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Gives a new world what an earlier one left here.
    ///
    /// # Errors
    /// When a file cannot be read; the message names it.
    pub fn restore(&self, world: &mut World) -> anyhow::Result<()> {
        self.finish_batch()?;
        let mut paths = Vec::new();
        self.list(Path::new(""), &mut paths)?;
        // In the order of their names, so that two restarts from one directory are alike.
        paths.sort();
        for path in paths.into_iter().filter(|path| path != KEYS) {
            let contents = fs::read(self.dir.join(&path)).with_context(|| format!("cannot read {path}"))?;
            world.restore(&Record { path, contents })?;
        }
        Ok(())
    }

    /// Writes what an earlier life was about to.
    fn finish_batch(&self) -> anyhow::Result<()> {
        let path = self.dir.join(BATCH);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let records: Vec<(String, String)> = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what this version wrote", path.display()))?;
        for (path, contents) in records {
            self.write(&path, contents.as_bytes())?;
        }
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    /// Adds the paths of all JSON files in `folder` and below, with `/` between their parts.
    fn list(&self, folder: &Path, paths: &mut Vec<String>) -> anyhow::Result<()> {
        let entries = fs::read_dir(self.dir.join(folder))
            .with_context(|| format!("cannot read {}", self.dir.join(folder).display()))?;
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.list(&path, paths)?;
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                paths.push(parts.join("/"));
            }
        }
        Ok(())
    }

    /// Keeps what changed in `world`. To be called before an answer leaves; what could not be kept is tried
    /// again with the next call.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&mut self, world: &mut World) -> anyhow::Result<()> {
        self.unsaved.extend(world.take_changes()?);
        // One file is there or not; several need to be there together.
        let together = self.unsaved.len() > 1;
        if together {
            let records: Vec<(&str, Cow<'_, str>)> = self
                .unsaved
                .iter()
                .map(|record| (record.path.as_str(), String::from_utf8_lossy(&record.contents)))
                .collect();
            self.write(BATCH, &serde_json::to_vec(&records)?)?;
        }
        for record in &self.unsaved {
            self.write(&record.path, &record.contents)?;
        }
        if together {
            let path = self.dir.join(BATCH);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        self.unsaved.clear();
        Ok(())
    }

    fn write(&self, path: &str, contents: &[u8]) -> anyhow::Result<()> {
        let target = self.dir.join(path);
        let beside = target.with_extension("tmp");
        let written = || -> io::Result<()> {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&beside)?.write_all(contents)?;
            fs::rename(&beside, &target)
        };
        written().with_context(|| format!("cannot write {}", target.display()))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;

    fn world() -> World {
        let keys = Keys::stand_in(&mut Random::from_seed([1; 32])).unwrap();
        World::new("http://sandbox.example", keys, [2; 32])
    }

    fn ask(world: &mut World, method: &str, path: &str, body: &'static str) -> serde_json::Value {
        let key = world.keys().merchants[0].stripe.secret_key.clone();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
            .unwrap();
        serde_json::from_slice(world.handle(&request, 1_767_225_600_000).answer().unwrap().body()).unwrap()
    }

    #[test]
    fn what_one_answer_changed_is_kept_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let mut paying = world();
        let order = "mode=payment&success_url=http://127.0.0.1/&line_items[0][quantity]=1&\
                     line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=2500&\
                     line_items[0][price_data][product_data][name]=Rust";
        let session = ask(&mut paying, "POST", "/v1/checkout/sessions", order);
        store.save(&mut paying).unwrap();
        ask(&mut paying, "POST", &format!("/c/pay/{}/approve", session["id"].as_str().unwrap()), "");

        // The disk refuses one of the files, after some others of the same answer.
        let records = paying.take_changes().unwrap();
        assert!(records.len() > 3, "a payment is more than one file");
        let places = records.iter().rev().map(|record| folder.path().join(FORMAT).join(&record.path));
        let last = places.into_iter().find(|place| !place.exists()).unwrap();
        fs::create_dir_all(&last).unwrap();
        store.unsaved.extend(records);
        store.save(&mut paying).unwrap_err();
        drop(store);
        fs::remove_dir(&last).unwrap();

        let mut restarted = world();
        Store::open(folder.path()).unwrap().restore(&mut restarted).unwrap();
        for path in ["/v1/charges", "/v1/payment_intents", "/v1/balance_transactions", "/v1/events"] {
            let (before, after) = (ask(&mut paying, "GET", path, ""), ask(&mut restarted, "GET", path, ""));
            assert_eq!(after, before, "{path}");
            assert_ne!(after["data"], serde_json::json!([]), "{path}");
        }
    }
}
