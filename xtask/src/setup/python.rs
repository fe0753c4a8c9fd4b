//! Is there a Python with the packages that the sandbox's README tells people to install?

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::apt;
use super::stamp::Stamp;
use crate::step;
use crate::workspace::{self, command, find_program};

/// An environment of its own: Debian does not let pip touch the system's.
const ENVIRONMENT: &str = "target/tools/python";
const REQUIREMENTS: Stamp =
    Stamp { lock_file: "tests/interop/requirements.txt", stamp: "target/tools/python/.installed" };

/// Makes the environment, unless exactly the wanted packages are in it. Answers its `python`.
pub(super) fn install() -> Result<PathBuf> {
    let python = workspace::path(ENVIRONMENT).join("bin/python");
    // An environment links to the Python it was made with, which may have gone since.
    if REQUIREMENTS.is_current()? && succeeds(command(&python)?.arg("--version")) {
        return Ok(python);
    }
    // Debian keeps ensurepip, without which there is no pip in the environment, in a package of its own.
    let is_complete = find_program("python3").is_some()
        && succeeds(command("python3")?.args(["-c", "import ensurepip, venv"]));
    if !is_complete {
        apt::install(&["python3", "python3-venv"], "the sandbox's README is tested in Python too")?;
    }
    step::step("Install the Python packages (pip)", |step| {
        step.run(command("python3")?.args(["-m", "venv", "--clear", ENVIRONMENT]))?;
        let mut pip = command(&python)?;
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]);
        step.run(pip.args(["--requirement", REQUIREMENTS.lock_file]))?;
        // --no-deps installs what the file pins and nothing else; this says whether that was everything.
        step.run(command(&python)?.args(["-m", "pip", "check"]))
    })?;
    REQUIREMENTS.set()?;
    Ok(python)
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
