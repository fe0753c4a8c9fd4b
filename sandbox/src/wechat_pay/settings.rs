//! How far is a merchant in moving to the platform's public key, and how often is its checking probed?
//!
//! `GET` and `POST /sandbox/wechat_pay`. The real platform moves a merchant from its certificate to its
//! public key in steps and at its own pace, and sends signatures that must fail (`WECHATPAY/SIGNTEST/…`)
//! now and then.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::merchant::Keys;
use crate::records::Records;
use crate::reply;

/// Where the settings are read and changed.
pub(crate) const PATH: &str = "/sandbox/wechat_pay";

/// What can be set for one merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// How many of a hundred callbacks, and answers to requests that name no key, are signed by the public
    /// key; the rest by the platform certificate.
    pub(crate) public_key_percent: u8,
    /// How many of a hundred callbacks and answers carry a signature that must fail.
    pub(crate) signtest_percent: u8,
    /// For how long after opening the cashier the buyer is entering the password: USERPAYING.
    pub(crate) userpaying_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { public_key_percent: 100, signtest_percent: 0, userpaying_seconds: 0 }
    }
}

impl Settings {
    pub(crate) fn userpaying_ms(self) -> i64 {
        i64::from(self.userpaying_seconds).saturating_mul(1000)
    }
}

/// The body of a POST: what is left out stays; without `mchid` it is for every merchant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    mchid: Option<String>,
    public_key_percent: Option<u8>,
    signtest_percent: Option<u8>,
    userpaying_seconds: Option<u32>,
}

/// Answers a call of [`PATH`].
pub(crate) fn answer(
    request: &Request<Bytes>,
    keys: &Keys,
    settings: &mut Records<Settings>,
) -> Response<Bytes> {
    match *request.method() {
        Method::GET | Method::HEAD => show(keys, settings),
        Method::POST => match change(request.body(), keys, settings) {
            Ok(()) => show(keys, settings),
            Err(reason) => reply::json_error(StatusCode::BAD_REQUEST, "invalid_settings", &reason),
        },
        _ => reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "GET or POST"),
    }
}

fn show(keys: &Keys, settings: &Records<Settings>) -> Response<Bytes> {
    let all: Map<String, Value> = keys
        .merchants
        .iter()
        .map(|merchant| {
            let mchid = &merchant.wechat_pay.mchid;
            (mchid.clone(), json!(settings.get(mchid).copied().unwrap_or_default()))
        })
        .collect();
    reply::json(StatusCode::OK, &json!({ "merchants": all }))
}

fn change(body: &[u8], keys: &Keys, settings: &mut Records<Settings>) -> Result<(), String> {
    let change: Change = serde_json::from_slice(body).map_err(|error| {
        format!("expected mchid?, public_key_percent?, signtest_percent?, userpaying_seconds?: {error}")
    })?;
    for (name, percent) in
        [("public_key_percent", change.public_key_percent), ("signtest_percent", change.signtest_percent)]
    {
        if percent.is_some_and(|percent| percent > 100) {
            return Err(format!("{name}: expected 0 to 100"));
        }
    }
    let meant: Vec<&str> = keys
        .merchants
        .iter()
        .map(|merchant| merchant.wechat_pay.mchid.as_str())
        .filter(|mchid| change.mchid.as_deref().is_none_or(|wanted| wanted == *mchid))
        .collect();
    if meant.is_empty() {
        return Err("mchid: no merchant of this sandbox has it".to_owned());
    }
    for mchid in meant {
        let mut new = settings.get(mchid).copied().unwrap_or_default();
        new.public_key_percent = change.public_key_percent.unwrap_or(new.public_key_percent);
        new.signtest_percent = change.signtest_percent.unwrap_or(new.signtest_percent);
        new.userpaying_seconds = change.userpaying_seconds.unwrap_or(new.userpaying_seconds);
        settings.put(mchid, new);
    }
    Ok(())
}
