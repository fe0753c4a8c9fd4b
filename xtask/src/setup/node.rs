//! Are the JavaScript tools there, and a Node that can run them?

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::stamp::Stamp;
use crate::step;
use crate::workspace::{command, find_program};

/// wrangler 4.164's own minimum.
const OLDEST_NODE: (u64, u64) = (22, 12);
const PACKAGES: Stamp = Stamp { lock_file: "package-lock.json", stamp: "node_modules/.installed" };

/// Installs the packages of package-lock.json, unless exactly those are there.
///
/// No package's install script runs: none of them needs one.
pub(super) fn packages() -> Result<()> {
    if PACKAGES.is_current()? {
        return Ok(());
    }
    if find_program("npm").is_none() {
        bail!(
            "npm is missing: install Node.js (20 or newer, with npm); wrangler and esbuild come through it"
        );
    }
    let mut npm = command("npm")?;
    // The SDKs are development dependencies, which NODE_ENV=production would leave out.
    npm.args(["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    step::run("Install the JavaScript tools (npm ci)", &mut npm)?;
    PACKAGES.set()
}

/// Makes sure that the `node` children will find is new enough.
///
/// The project's own comes first on PATH where npm could install it (Linux on x86-64).
pub(super) fn check() -> Result<()> {
    let Some(node) = find_program("node") else {
        bail!("node is missing: install Node.js {}.{} or newer", OLDEST_NODE.0, OLDEST_NODE.1);
    };
    let output = Command::new(&node).arg("--version").output().context("cannot ask node for its version")?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match parse_version(&text) {
        Some(version) if version >= OLDEST_NODE => Ok(()),
        _ => bail!(
            "{} is Node {text}, but wrangler needs {}.{} or newer: install a newer Node.js",
            node.display(),
            OLDEST_NODE.0,
            OLDEST_NODE.1
        ),
    }
}

/// `v24.21.0` → (24, 21).
fn parse_version(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_version_is_read_and_nonsense_is_not() {
        assert_eq!(parse_version("v24.21.0"), Some((24, 21)));
        assert_eq!(parse_version("24.21.0"), None);
        assert_eq!(parse_version("v24"), None);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse_version("v22.9.0").unwrap() < OLDEST_NODE);
        assert!(parse_version("v22.12.0").unwrap() >= OLDEST_NODE);
        assert!(parse_version("v100.0.0").unwrap() > OLDEST_NODE);
    }
}
