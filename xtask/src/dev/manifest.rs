//! What may a script know of a running system? Everything: it can act as any party.

use std::fs;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::Urls;
use super::secrets::{CheckoutToken, Secrets, write_private};
use super::settings::{AlipayKeys, Sandbox};
use crate::workspace;

const FILE: &str = "target/dev/manifest.json";

/// The written file; it goes when this goes, for a manifest means that everything answers.
pub(super) struct Manifest;

#[derive(Serialize)]
struct Content<'a> {
    worker: &'a str,
    sandbox: &'a str,
    school: &'a str,
    platform_api_key: &'a str,
    checkout_token: &'a CheckoutToken,
    gateways: Gateways<'a>,
}

#[derive(Serialize)]
struct Gateways<'a> {
    alipay: &'a AlipayKeys,
}

impl Manifest {
    pub(super) fn write(urls: &Urls, sandbox: &Sandbox, secrets: &Secrets) -> Result<Self> {
        let content = Content {
            worker: &urls.worker,
            sandbox: &urls.sandbox,
            school: &urls.school,
            platform_api_key: secrets.platform_api_key(),
            checkout_token: secrets.checkout_token(),
            gateways: Gateways { alipay: &sandbox.alipay.keys },
        };
        write_private(&workspace::path(FILE), &serde_json::to_string_pretty(&content)?)?;
        Ok(Self)
    }
}

impl Drop for Manifest {
    fn drop(&mut self) {
        if let Err(error) = remove() {
            eprintln!("{error:#}");
        }
    }
}

/// Removes what a run left that could not clean up after itself.
pub(super) fn remove() -> Result<()> {
    let file = workspace::path(FILE);
    if file.exists() {
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    Ok(())
}
