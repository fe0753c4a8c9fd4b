//! Which browser do the tests drive, and can it show Chinese?

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::apt;
use crate::workspace::{command, find_program};

/// The browser that was found.
pub(crate) struct Browser {
    /// Goes to the tests as `CHROMIUM`.
    pub(crate) program: PathBuf,
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_PATHS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Finds Chromium (`CHROMIUM` names one) and a Chinese font, installing on Debian what is missing.
pub(super) fn install() -> Result<Browser> {
    let mut missing = Vec::new();
    if find()?.is_none() {
        missing.push("chromium");
    }
    if cfg!(target_os = "linux") && !has_chinese_font() {
        missing.push("fonts-noto-cjk");
    }
    if !missing.is_empty() {
        apt::install(&missing, "the browser tests need them")?;
    }
    match find()? {
        Some(program) => Ok(Browser { program }),
        None => bail!("no Chromium found: install Chromium or Chrome, or name its program in CHROMIUM"),
    }
}

fn find() -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os("CHROMIUM").map(PathBuf::from) {
        if !named.is_file() {
            bail!("CHROMIUM names {}, which is not a file", named.display());
        }
        return Ok(Some(named));
    }
    let on_path = NAMES.iter().find_map(|name| find_program(name));
    Ok(on_path.or_else(|| MAC_PATHS.iter().map(PathBuf::from).find(|program| program.is_file())))
}

/// Without one, Chinese text in screenshots is boxes.
fn has_chinese_font() -> bool {
    if Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").is_file() {
        return true;
    }
    let listed = command("fc-list").and_then(|mut list| Ok(list.args([":lang=zh", "family"]).output()?));
    listed.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}
