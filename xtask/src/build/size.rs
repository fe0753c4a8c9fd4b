//! How many bytes travel?

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// What `gzip -9` makes of a file, in bytes.
pub(super) fn gzip(file: &PathBuf) -> Result<u64> {
    let output = workspace::command("gzip")?
        .args(["-9", "--stdout", "--no-name"])
        .arg(file)
        .output()
        .context("cannot run gzip: install it")?;
    if !output.status.success() {
        bail!("gzip cannot read {}: {}", file.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    u64::try_from(output.stdout.len()).context("a file beyond 64 bits")
}

/// The same for several files, each compressed alone as a server would.
pub(super) fn gzip_total(files: &[PathBuf]) -> Result<u64> {
    files.iter().map(gzip).sum()
}

/// Kilobytes of 1024 bytes with one decimal, rounded up so that a limit is never hidden by rounding.
pub(super) fn kilobytes(bytes: u64) -> String {
    let tenths = (bytes * 10).div_ceil(1024);
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_up() {
        assert_eq!(kilobytes(0), "0.0 KB");
        assert_eq!(kilobytes(1024), "1.0 KB");
        assert_eq!(kilobytes(1025), "1.1 KB");
        assert_eq!(kilobytes(120 * 1024), "120.0 KB");
    }

    #[test]
    fn a_compressed_size_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("zeros");
        std::fs::write(&file, vec![0_u8; 100_000]).unwrap();
        let bytes = gzip(&file).unwrap();
        assert!((50..1000).contains(&bytes), "{bytes}");
    }
}
