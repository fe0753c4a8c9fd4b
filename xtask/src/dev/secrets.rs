//! Which secrets does a local run use, and who makes them?
//!
//! Made once, kept in target/dev/secrets.json for its owner only. The gateway's keys are the sandbox's.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use crate::workspace;

const FILE: &str = "target/dev/secrets.json";
/// Everything that the demo's platform may do.
const SCOPES: &str = "products orders refunds refund_overrides wallets ledger entitlements";

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct CheckoutToken {
    pub(super) kid: String,
    /// Used as its own bytes, not decoded.
    pub(super) secret: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    checkout_token: CheckoutToken,
    /// `kid:base64`, as the Worker's DATA_KEYS has it.
    data_keys: String,
    webhook_secret: String,
    platform_api_key: PlatformApiKey,
}

#[derive(Serialize, Deserialize)]
struct PlatformApiKey {
    id: String,
    key: String,
    created_at_ms: u64,
}

impl Secrets {
    /// The ones of an earlier run, or new ones.
    pub(super) fn load_or_make() -> Result<Self> {
        let file = workspace::path(FILE);
        if let Ok(text) = fs::read_to_string(&file) {
            return serde_json::from_str(&text)
                .with_context(|| format!("{FILE} is not as we wrote it: start with --fresh"));
        }
        let secrets = Self::make()?;
        write_private(&file, &serde_json::to_string_pretty(&secrets)?)?;
        Ok(secrets)
    }

    fn make() -> Result<Self> {
        let since_epoch =
            SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
        let created_at_ms = u64::try_from(since_epoch.as_millis()).context("the clock is beyond 64 bits")?;
        let id = Ulid::from_parts(created_at_ms, u128::from_le_bytes(random()?)).to_string();
        let key = format!("cpk_{id}_{}", BASE64_URL.encode(random::<24>()?));
        Ok(Self {
            checkout_token: CheckoutToken {
                kid: "dev".to_owned(),
                secret: BASE64_URL.encode(random::<32>()?),
            },
            data_keys: format!("dev:{}", BASE64.encode(random::<32>()?)),
            webhook_secret: format!("whsec_{}", BASE64.encode(random::<32>()?)),
            platform_api_key: PlatformApiKey { id, key, created_at_ms },
        })
    }

    pub(super) fn checkout_token(&self) -> &CheckoutToken {
        &self.checkout_token
    }

    pub(super) fn data_keys(&self) -> &str {
        &self.data_keys
    }

    pub(super) fn webhook_secret(&self) -> &str {
        &self.webhook_secret
    }

    pub(super) fn platform_api_key(&self) -> &str {
        &self.platform_api_key.key
    }

    /// Makes the key known to the Worker, which stores its hash only. Changes nothing the second time.
    pub(super) fn insert_api_key_sql(&self) -> String {
        let PlatformApiKey { id, key, created_at_ms } = &self.platform_api_key;
        // Every value is of our own making and free of quotes.
        let key_hash = hex::encode(Sha256::digest(key));
        format!(
            "INSERT INTO api_keys (id, key_hash, scopes, created_at_ms) \
             VALUES ('{id}', '{key_hash}', '{SCOPES}', {created_at_ms}) ON CONFLICT DO UPDATE SET scopes = excluded.scopes"
        )
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no randomness: {error}"))?;
    Ok(bytes)
}

/// Writes a file that only its owner can read, in one move: it is never there half.
pub(super) fn write_private(file: &Path, text: &str) -> Result<()> {
    let describe = || format!("cannot write {}", file.display());
    let temporary = file.with_extension("new");
    // Removed first: an old file would keep its own mode.
    if temporary.exists() {
        fs::remove_file(&temporary).with_context(describe)?;
    }
    let mut options = OpenOptions::new();
    let mut writer =
        options.write(true).create_new(true).mode(0o600).open(&temporary).with_context(describe)?;
    writer.write_all(text.as_bytes()).with_context(describe)?;
    writer.sync_all().with_context(describe)?;
    fs::rename(&temporary, file).with_context(describe)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secrets_are_long_enough_for_what_they_sign() {
        let secrets = Secrets::make().unwrap();
        assert!(secrets.checkout_token().secret.len() >= 32);
        let webhook = secrets.webhook_secret().strip_prefix("whsec_").unwrap();
        assert_eq!(BASE64.decode(webhook).unwrap().len(), 32);
        let (_, data_key) = secrets.data_keys().split_once(':').unwrap();
        assert_eq!(BASE64.decode(data_key).unwrap().len(), 32);
    }

    #[test]
    fn two_runs_share_no_secret() {
        let (one, other) = (Secrets::make().unwrap(), Secrets::make().unwrap());
        assert_ne!(one.platform_api_key(), other.platform_api_key());
        assert_ne!(one.checkout_token().secret, other.checkout_token().secret);
    }

    #[test]
    fn the_database_learns_the_hash_of_the_key_and_not_the_key() {
        let secrets = Secrets::make().unwrap();
        let sql = secrets.insert_api_key_sql();
        assert!(!sql.contains(secrets.platform_api_key()), "{sql}");
        assert!(sql.contains(&hex::encode(Sha256::digest(secrets.platform_api_key()))), "{sql}");
    }

    #[test]
    fn a_private_file_is_its_owners_alone_even_over_an_open_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.json");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&file, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
