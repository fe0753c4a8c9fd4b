//! What can be set; what is missing or malformed?
//!
//! Reading never fails: a part that is missing or malformed is off, says so by the variable's name in
//! `GET /v1/health`, and never shows a value. An empty secret counts as missing: it would verify anything.

mod gateways;
mod keys;
mod wechat_login;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::currency::Currency;
use coursepay_core::method::{Channel, GatewayId};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::app::ports::Key;

pub use gateways::{Credential, GatewayParty};
pub use keys::VerifyingKey;
pub use wechat_login::WechatLogin;

/// A variable that keeps a part switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong with it, without its value.
    pub problem: &'static str,
}

/// A part of the configuration: on, or off because of one variable.
pub type Part<T> = Result<T, Flaw>;

const MISSING: &str = "missing";

/// The shortest secret that signs checkout tokens: as long as the hash (RFC 7518, section 3.2).
const SHORTEST_TOKEN_SECRET: usize = 32;

/// The longest name of a data key: with a hash in hex it fills the state of a WeChat login.
const LONGEST_KID: usize = 64;

/// What a single endpoint without a name is called.
const THE_ONLY_ENDPOINT: &str = "platform";

/// An order lives for half an hour; a payment needs some minutes of it.
const REMINDER_MINUTES: std::ops::RangeInclusive<u32> = 2..=29;

/// Gateways take addresses of 256 characters (Alipay `return_url`).
const LONGEST_RETURN_URL: usize = 256;

/// Everything that can be set.
pub struct Config {
    /// Where the Worker is reached from outside, without a slash at its end.
    pub public_url: Part<String>,
    /// Origins that may embed the checkout and be returned to. The Worker's own always may.
    pub allowed_origins: Part<Vec<String>>,
    /// Keys of checkout tokens by their `kid`.
    pub checkout_token_keys: Part<BTreeMap<String, Vec<u8>>>,
    /// Keys of personal data and order tokens; the first seals, all open.
    pub data_keys: Part<Vec<Key>>,
    /// Where the platform's events go.
    pub webhooks: Part<Vec<WebhookEndpoint>>,
    /// The gateways, each on or off.
    pub gateways: BTreeMap<GatewayId, Part<GatewayParty>>,
    /// How many minutes before its deadline the platform is told of an unpaid order; 0 for never.
    pub unpaid_reminder_minutes: Part<u32>,
    /// How learners inside WeChat say who they are, where that is set up.
    pub wechat_login: Part<Option<WechatLogin>>,
}

/// Where the platform's events go.
pub struct WebhookEndpoint {
    /// Its name in the outbox, which stays when the address moves, so that what waits is delivered to the
    /// new one. A single endpoint needs none.
    pub name: String,
    /// The address.
    pub url: String,
    /// What it is signed with.
    pub secret: Vec<u8>,
}

impl Config {
    /// Reads the variables `lookup` knows.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variables = Variables { lookup: &lookup };
        Self {
            public_url: variables.public_url(),
            allowed_origins: variables.allowed_origins(),
            checkout_token_keys: variables.checkout_token_keys(),
            data_keys: variables.data_keys(),
            webhooks: variables.webhooks(),
            gateways: GatewayId::ALL
                .into_iter()
                .map(|id| match id {
                    GatewayId::Alipay => (id, variables.alipay()),
                    GatewayId::WechatPay => (id, variables.wechat_pay()),
                    GatewayId::Stripe => (id, variables.stripe()),
                })
                .collect(),
            unpaid_reminder_minutes: variables.unpaid_reminder_minutes(),
            wechat_login: variables.wechat_login(),
        }
    }

    /// How long before its deadline the platform is told of an unpaid order; `None` for never.
    #[must_use]
    pub fn remind_before_ms(&self) -> Option<i64> {
        let minutes = self.unpaid_reminder_minutes.as_ref().ok().filter(|minutes| **minutes > 0)?;
        Some(i64::from(*minutes).saturating_mul(60_000))
    }

    /// In which ways an amount of `currency` can be paid through `party`. Inside WeChat, only where learners can
    /// say who they are.
    #[must_use]
    pub fn channels(&self, party: &GatewayParty, currency: Currency) -> Vec<Channel> {
        let has_login = matches!(self.wechat_login, Ok(Some(_)));
        let channels = party.protocol.channels(currency).iter().copied();
        channels.filter(|channel| *channel != Channel::InApp || has_login).collect()
    }

    /// Whether a page on `origin` may call us.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        let listed = self.allowed_origins.as_ref().is_ok_and(|all| all.iter().any(|one| one == origin));
        listed || self.public_url.as_ref().is_ok_and(|own| origin_of(own).as_deref() == Some(origin))
    }

    /// The address that a browser may be sent back to, when `text` is an absolute http(s) one on an allowed
    /// origin. What was checked is what is given: parsers forgive tabs and backslashes, each in its own way.
    #[must_use]
    pub fn return_address(&self, text: &str) -> Option<String> {
        let origin = origin_of(text).filter(|origin| self.allows_origin(origin))?;
        let address = Url::parse(text).ok()?.to_string();
        (address.len() <= LONGEST_RETURN_URL && address.starts_with(&origin)).then_some(address)
    }

    /// Everything that is off, for the health report.
    #[must_use]
    pub fn flaws(&self) -> Vec<Flaw> {
        let parts = [
            self.public_url.as_ref().err(),
            self.allowed_origins.as_ref().err(),
            self.checkout_token_keys.as_ref().err(),
            self.data_keys.as_ref().err(),
            self.webhooks.as_ref().err(),
            self.unpaid_reminder_minutes.as_ref().err(),
            self.wechat_login.as_ref().err(),
        ];
        parts.into_iter().flatten().cloned().collect()
    }
}

fn origin_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_web =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    is_web.then(|| url.origin().ascii_serialization())
}

struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn required(&self, variable: &'static str) -> Part<String> {
        self.optional(variable).ok_or(Flaw { variable, problem: MISSING })
    }

    /// Comma-separated values, at least one.
    fn list(&self, variable: &'static str) -> Part<Vec<String>> {
        let items: Vec<String> = self
            .required(variable)?
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect();
        if items.is_empty() { Err(Flaw { variable, problem: MISSING }) } else { Ok(items) }
    }

    fn web_address(&self, variable: &'static str) -> Part<String> {
        let text = self.required(variable)?;
        match origin_of(&text) {
            Some(_) => Ok(text.trim_end_matches('/').to_owned()),
            None => Err(Flaw { variable, problem: "not an absolute http(s) URL" }),
        }
    }

    /// Another address than the usual one, where one is set.
    fn web_address_or(&self, variable: &'static str, usual: &str) -> Part<String> {
        match self.optional(variable) {
            Some(_) => self.web_address(variable),
            None => Ok(usual.to_owned()),
        }
    }

    fn public_url(&self) -> Part<String> {
        self.web_address("PUBLIC_URL")
    }

    fn allowed_origins(&self) -> Part<Vec<String>> {
        let variable = "ALLOWED_ORIGINS";
        let problem = "not a list of origins like https://school.example";
        self.list(variable)?
            .into_iter()
            .map(|item| match origin_of(&item) {
                Some(origin) if origin == item.trim_end_matches('/') => Ok(origin),
                Some(_) | None => Err(Flaw { variable, problem }),
            })
            .collect()
    }

    fn checkout_token_keys(&self) -> Part<BTreeMap<String, Vec<u8>>> {
        let variable = "CHECKOUT_TOKEN_KEYS";
        self.list(variable)?
            .into_iter()
            .map(|item| match item.split_once(':') {
                Some((kid, secret)) if !kid.is_empty() && secret.len() >= SHORTEST_TOKEN_SECRET => {
                    Ok((kid.to_owned(), secret.as_bytes().to_vec()))
                }
                Some(_) | None => {
                    Err(Flaw { variable, problem: "not a list of kid:secret with at least 32 bytes each" })
                }
            })
            .collect()
    }

    fn data_keys(&self) -> Part<Vec<Key>> {
        let variable = "DATA_KEYS";
        let flaw = Flaw { variable, problem: "not a list of kid:base64 with 32 bytes each" };
        let is_name = |kid: &str| {
            (1..=LONGEST_KID).contains(&kid.len()) && kid.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        self.list(variable)?
            .into_iter()
            .map(|item| {
                let (kid, text) = item.split_once(':').ok_or_else(|| flaw.clone())?;
                let bytes = BASE64_STANDARD.decode(text).map_err(|_| flaw.clone())?;
                if is_name(kid) && bytes.len() == 32 {
                    Ok(Key { id: kid.to_owned(), bytes })
                } else {
                    Err(flaw.clone())
                }
            })
            .collect()
    }

    fn unpaid_reminder_minutes(&self) -> Part<u32> {
        let variable = "UNPAID_REMINDER_MINUTES";
        let Some(text) = self.optional(variable) else { return Ok(0) };
        let minutes = text.parse().ok().filter(|minutes| *minutes == 0 || REMINDER_MINUTES.contains(minutes));
        minutes.ok_or(Flaw { variable, problem: "not 0, or a number of minutes from 2 to 29" })
    }

    fn webhooks(&self) -> Part<Vec<WebhookEndpoint>> {
        #[derive(Deserialize)]
        struct Entry {
            name: Option<String>,
            url: String,
            secret: String,
        }
        let variable = "WEBHOOK_ENDPOINTS";
        let flaw = Flaw { variable, problem: "not a JSON list of {url, secret: \"whsec_…\", name?}" };
        let Some(text) = self.optional(variable) else { return Ok(Vec::new()) };
        let entries: Vec<Entry> = serde_json::from_str(&text).map_err(|_| flaw.clone())?;
        let is_only = entries.len() == 1;
        let endpoints = entries
            .into_iter()
            .map(|entry| {
                let encoded = entry.secret.strip_prefix("whsec_").ok_or_else(|| flaw.clone())?;
                let secret = BASE64_STANDARD.decode(encoded).map_err(|_| flaw.clone())?;
                let url = Url::parse(&entry.url).ok().filter(|_| origin_of(&entry.url).is_some());
                let name = entry.name.or_else(|| is_only.then(|| THE_ONLY_ENDPOINT.to_owned()));
                match (url, name) {
                    // Standard Webhooks, "Signature scheme": 24 to 64 bytes.
                    (Some(url), Some(name)) if (24..=64).contains(&secret.len()) && !name.is_empty() => {
                        Ok(WebhookEndpoint { name, url: url.to_string(), secret })
                    }
                    (Some(_), None) => Err(Flaw { variable, problem: "several endpoints need a name each" }),
                    (Some(_) | None, _) => Err(flaw.clone()),
                }
            })
            .collect::<Part<Vec<WebhookEndpoint>>>()?;
        let names: BTreeSet<&str> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        if names.len() == endpoints.len() {
            Ok(endpoints)
        } else {
            Err(Flaw { variable, problem: "two endpoints have one name" })
        }
    }
}
