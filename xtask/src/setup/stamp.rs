//! Has everything been installed that a lock file asks for?
//!
//! The stamp holds the lock file's hash and is written last: an interrupted installation leaves none.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::workspace;

/// An installation made from `lock_file` and kept in mind at `stamp`, both below the root.
pub(super) struct Stamp {
    pub(super) lock_file: &'static str,
    pub(super) stamp: &'static str,
}

impl Stamp {
    /// Whether the last finished installation was made from the lock file as it is now.
    pub(super) fn is_current(&self) -> Result<bool> {
        let wanted = fingerprint(&workspace::path(self.lock_file))?;
        Ok(fs::read_to_string(workspace::path(self.stamp)).is_ok_and(|installed| installed == wanted))
    }

    /// Says that the installation is finished.
    pub(super) fn set(&self) -> Result<()> {
        let stamp = workspace::path(self.stamp);
        let wanted = fingerprint(&workspace::path(self.lock_file))?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
    }
}

fn fingerprint(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(hex::encode(Sha256::digest(bytes)))
}
