//! How does a Debian package get here? Only apt may, and only as root.

use anyhow::{Result, bail};

use crate::step;
use crate::workspace::{command, find_program};

/// Installs Debian packages, or says in one line what to install by hand.
///
/// `why` ends the sentence "x is missing, …".
pub(super) fn install(packages: &[&str], why: &str) -> Result<()> {
    let names = packages.join(" ");
    if find_program("apt-get").is_none() {
        bail!("{names} (Debian's names) missing: {why}. Install them with your package manager");
    }
    if !nix::unistd::geteuid().is_root() {
        bail!("{names} missing: {why}. Run `sudo apt-get install {names}`");
    }
    step::step(&format!("Install {names} with apt"), |step| {
        let mut apt = |arguments: &[&str]| -> Result<()> {
            let mut apt_get = command("apt-get")?;
            apt_get.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
            step.run(&mut apt_get)
        };
        apt(&["update", "-q"])?;
        let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
        arguments.extend(packages);
        apt(&arguments)
    })
}
