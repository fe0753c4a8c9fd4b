//! Is everything there that is needed to take a payment?

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::app::config::Flaw;
use crate::app::error::ApiError;
use crate::app::exchange::Reply;
use crate::app::gateways::learned;
use crate::app::ports::{Db, World, statement};

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    database: &'static str,
    gateways: BTreeMap<&'static str, GatewayHealth<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Flaw>,
}

#[derive(Serialize)]
struct GatewayHealth<'a> {
    on: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    flaw: Option<&'a Flaw>,
    /// How many certificates of WeChat Pay's are known and valid, where they are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<i64>,
}

/// `GET /v1/health`: 200 while the database answers. Names what is off, never a value.
pub(super) async fn get_health<W: World>(app: &App<'_, W>) -> Result<Reply, ApiError> {
    app.world.db().query(statement!("SELECT 1 AS alive FROM products LIMIT 1")).await?;
    let mut gateways = BTreeMap::new();
    for (id, part) in &app.config.gateways {
        let flaw = part.as_ref().err();
        let certificates = match part.as_ref().ok().and_then(|party| party.certificates.as_ref()) {
            Some(source) => Some(learned::count(app, &source.mchid).await?),
            None => None,
        };
        gateways.insert(id.name(), GatewayHealth { on: flaw.is_none(), flaw, certificates });
    }
    Reply::json(200, &Health { status: "ok", database: "ok", gateways, problems: app.config.flaws() })
}
