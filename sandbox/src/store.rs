//! How does the state survive a restart?
//!
//! One directory: `keys.json` (readable by its owner alone) and one file per payment, callback and so on. Every
//! file is written beside its place and then renamed into it, so a reader finds the old or the new one,
//! never half of one. A lock keeps a second sandbox out of the same directory.

#![expect(clippy::disallowed_methods, reason = "this is the shell: it is here to touch the disk")]

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::merchant::Keys;
use crate::random::Random;
use crate::world::{Record, World};

/// The folder of what this version of the sandbox writes: another version's state is neither read nor
/// touched.
const FORMAT: &str = "v2";
/// Where the keys are kept.
const KEYS: &str = "keys.json";

/// A state directory that is ours while this value lives.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// What the disk refused the last time: written before anything newer.
    unsaved: VecDeque<Record>,
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
            Ok(()) => Ok(Self { dir: dir.to_owned(), unsaved: VecDeque::new(), _lock: lock }),
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
        while let Some(record) = self.unsaved.front() {
            self.write(&record.path, &record.contents)?;
            self.unsaved.pop_front();
        }
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
