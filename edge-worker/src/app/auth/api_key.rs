//! Is this one of the platform's API keys, and may it do this?
//!
//! Keys are random, so a plain SHA-256 keeps them; the look-up goes by the hash and compares nothing secret.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::app::auth::{Identity, KeyScopes, Scope};
use crate::app::error::{ApiError, Code};
use crate::app::ports::{Db, World, statement};

/// How every API key begins.
pub(super) const PREFIX: &str = "cpk_";

#[derive(Deserialize)]
struct KeyRow {
    id: String,
    scopes: String,
}

pub(super) async fn identify<W: World>(
    app: &App<'_, W>,
    key: &str,
    scope: Scope,
) -> Result<Identity, ApiError> {
    let hash = hex::encode(Sha256::digest(key.as_bytes()));
    let sql = "SELECT id, scopes FROM api_keys WHERE key_hash = ?1 AND revoked_at_ms IS NULL";
    let rows = app.world.db().query(statement!(sql, hash)).await?;
    let row = rows.into_iter().next().ok_or_else(|| ApiError::plain(Code::ApiKeyInvalid))?;
    let row: KeyRow = row.read()?;
    let scopes = KeyScopes(row.scopes);
    scopes.require(scope)?;
    Ok(Identity::Platform { key_id: row.id, scopes })
}
