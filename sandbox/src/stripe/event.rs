//! What is an event, and to which endpoints does it go?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::objects::with_member;
use super::page::Listed;
use super::values::Metadata;

/// Something that happened, with the object as it was then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) created_s: i64,
    pub(crate) kind: String,
    pub(crate) object: Value,
    /// The changed members as they were before, for `*.updated`.
    pub(crate) previous: Option<Value>,
    pub(crate) cause: Cause,
    /// The session it is about; empty when it is about none.
    pub(crate) session: String,
    /// How many endpoints it was sent to.
    pub(crate) endpoints: u64,
}

/// The call that made something happen; nothing of it when it was the buyer or time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Cause {
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

impl Listed for Event {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

/// An event as the API answers it and as an endpoint gets it. Borrowed: events are written far more often than
/// anything is changed in them.
#[derive(Debug, Serialize)]
pub(crate) struct EventBody<'a> {
    id: &'a str,
    object: &'static str,
    /// The connected account it happened at, when a platform is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    api_version: &'a str,
    created: i64,
    data: Data<'a>,
    livemode: bool,
    pending_webhooks: u64,
    request: CauseBody<'a>,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    object: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_attributes: Option<&'a Value>,
}

#[derive(Debug, Serialize)]
struct CauseBody<'a> {
    id: Option<&'a str>,
    idempotency_key: Option<&'a str>,
}

impl Event {
    pub(crate) fn body<'a>(
        &'a self,
        api_version: &'a str,
        pending_webhooks: u64,
        to_platform: bool,
    ) -> EventBody<'a> {
        EventBody {
            id: &self.id,
            object: "event",
            account: to_platform.then_some(self.account.as_str()),
            api_version,
            created: self.created_s,
            data: Data { object: &self.object, previous_attributes: self.previous.as_ref() },
            livemode: false,
            pending_webhooks,
            request: CauseBody {
                id: self.cause.request_id.as_deref(),
                idempotency_key: self.cause.idempotency_key.as_deref(),
            },
            kind: &self.kind,
        }
    }
}

/// Where a merchant wants to be told of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) merchant: String,
    pub(crate) created_s: i64,
    pub(crate) url: String,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// Told of what happens at connected accounts, not at its own.
    pub(crate) connect: bool,
    pub(crate) disabled: bool,
    /// Deleted ones stay known to callbacks under way, and to nobody else.
    pub(crate) deleted: bool,
    pub(crate) secret: String,
    /// The secret before the last roll, and the business time until which it signs too.
    pub(crate) old_secret: Option<(String, i64)>,
}

impl Listed for Endpoint {
    fn created_s(&self) -> i64 {
        self.created_s
    }
}

impl Endpoint {
    /// Whether an event of `account`, run by `merchant`, goes here.
    pub(crate) fn wants(&self, kind: &str, account: &str, merchant: &str) -> bool {
        let concerned = if self.connect {
            self.merchant == merchant && self.account != account
        } else {
            self.account == account
        };
        let named = self.enabled_events.iter().any(|enabled| enabled == "*" || enabled == kind);
        concerned && named && !self.disabled && !self.deleted
    }

    /// What signs at `now_ms` of business time, the newest first.
    pub(crate) fn secrets(&self, now_ms: i64) -> impl Iterator<Item = &str> {
        let old = self.old_secret.as_ref().filter(|(_, until_ms)| now_ms < *until_ms);
        std::iter::once(self.secret.as_str()).chain(old.map(|(secret, _)| secret.as_str()))
    }

    /// As the API answers it; the secret is told once, when the endpoint is made.
    pub(crate) fn json(&self, with_secret: bool) -> Value {
        let object = json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created_s,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" },
            "url": self.url,
        });
        if with_secret { with_member(object, "secret", json!(self.secret)) } else { object }
    }
}
