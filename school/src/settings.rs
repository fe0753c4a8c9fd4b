//! What must the operator of the school set, and what is wrong with what they set?

use std::fmt;

use reqwest::Url;

use crate::webhook::WebhookSecret;

/// HS256 keys shorter than the hash's output weaken the signature (RFC 7518 §3.2).
const MIN_TOKEN_SECRET_BYTES: usize = 32;

/// Everything the school is told by its surroundings. Its `Debug` prints no secret.
#[derive(Clone)]
pub struct Settings {
    /// Where this server reaches the Coursepay Worker, without a trailing slash.
    pub coursepay_url: String,
    /// Where a browser reaches it: an origin, because it goes into the Content-Security-Policy.
    pub coursepay_public_origin: String,
    /// Names the key in the token's header, so that Coursepay can hold two while one is being replaced.
    pub token_kid: String,
    /// Signs checkout tokens; its UTF-8 bytes are the key.
    pub token_secret: String,
    /// Any of them may have signed a webhook: two while one is being replaced.
    pub webhook_secrets: Vec<WebhookSecret>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("coursepay_url", &self.coursepay_url)
            .field("coursepay_public_origin", &self.coursepay_public_origin)
            .field("token_kid", &self.token_kid)
            .finish_non_exhaustive()
    }
}

/// A variable that is absent or unusable. The text names it and what it should hold, never what it held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not set, or empty.
    #[error("{name} is not set: it must hold {expected}")]
    Missing {
        /// The environment variable.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// Set to something that cannot be used.
    #[error("{name} is malformed: it must hold {expected}")]
    Malformed {
        /// The environment variable.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
}

const COURSEPAY_URL: &str = "an http:// URL by which this server reaches the Coursepay Worker";
const COURSEPAY_PUBLIC_URL: &str =
    "the origin by which browsers reach the Coursepay Worker, such as http://pay.localhost:8787";
const CHECKOUT_TOKEN_KID: &str = "the id of the checkout-token key (A-Z, a-z, 0-9, '_' and '-', at most 64)";
const CHECKOUT_TOKEN_SECRET: &str = "the checkout-token secret, at least 32 bytes of it";
const WEBHOOK_SECRET: &str =
    "one or more webhook secrets (whsec_ and the base64 of 24 to 64 bytes), separated by commas";

impl Settings {
    /// Reads the settings by name from `lookup`, which is the process environment everywhere but in tests.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let get = |name: &'static str, expected: &'static str| {
            lookup(name).filter(|value| !value.is_empty()).ok_or(SettingsError::Missing { name, expected })
        };

        let coursepay_url = worker_url(&get("COURSEPAY_URL", COURSEPAY_URL)?)
            .ok_or(SettingsError::Malformed { name: "COURSEPAY_URL", expected: COURSEPAY_URL })?;
        let coursepay_public_origin =
            browser_origin(&get("COURSEPAY_PUBLIC_URL", COURSEPAY_PUBLIC_URL)?).ok_or(
                SettingsError::Malformed { name: "COURSEPAY_PUBLIC_URL", expected: COURSEPAY_PUBLIC_URL },
            )?;

        let token_kid = get("CHECKOUT_TOKEN_KID", CHECKOUT_TOKEN_KID)?;
        if token_kid.len() > 64 || !token_kid.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        {
            return Err(SettingsError::Malformed {
                name: "CHECKOUT_TOKEN_KID",
                expected: CHECKOUT_TOKEN_KID,
            });
        }
        let token_secret = get("CHECKOUT_TOKEN_SECRET", CHECKOUT_TOKEN_SECRET)?;
        if token_secret.len() < MIN_TOKEN_SECRET_BYTES {
            return Err(SettingsError::Malformed {
                name: "CHECKOUT_TOKEN_SECRET",
                expected: CHECKOUT_TOKEN_SECRET,
            });
        }

        let webhook_secrets = get("WEBHOOK_SECRET", WEBHOOK_SECRET)?
            .split(',')
            .map(|text| WebhookSecret::parse(text.trim()))
            .collect::<Option<Vec<_>>>()
            .ok_or(SettingsError::Malformed { name: "WEBHOOK_SECRET", expected: WEBHOOK_SECRET })?;

        Ok(Self { coursepay_url, coursepay_public_origin, token_kid, token_secret, webhook_secrets })
    }
}

/// The school's own client speaks plain http: beside the Worker on one machine that is all it needs.
fn worker_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let usable =
        url.scheme() == "http" && url.has_host() && url.query().is_none() && url.fragment().is_none();
    usable.then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// Only scheme, host and port: a path or a stray `;` would change what the policy allows.
fn browser_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_origin = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_origin.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 5] = [
        ("COURSEPAY_URL", "http://127.0.0.1:8787/"),
        ("COURSEPAY_PUBLIC_URL", "http://pay.localhost:8787"),
        ("CHECKOUT_TOKEN_KID", "k1"),
        ("CHECKOUT_TOKEN_SECRET", "0123456789abcdef0123456789abcdef"),
        ("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"),
    ];

    fn read_with(name: &str, value: Option<&str>) -> Result<Settings, SettingsError> {
        Settings::read(|wanted| {
            if wanted == name {
                return value.map(str::to_owned);
            }
            GOOD.iter().find(|(key, _)| *key == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn good_settings_are_read() {
        let settings = read_with("", None).unwrap();
        assert_eq!(settings.coursepay_url, "http://127.0.0.1:8787");
        assert_eq!(settings.coursepay_public_origin, "http://pay.localhost:8787");
        assert_eq!(settings.webhook_secrets.len(), 1);
    }

    #[test]
    fn every_missing_variable_is_named() {
        for (name, _) in GOOD {
            for absent in [None, Some("")] {
                assert!(
                    matches!(read_with(name, absent), Err(SettingsError::Missing { name: n, .. }) if n == name)
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_used_is_malformed() {
        for (name, value) in [
            ("COURSEPAY_URL", "pay"),
            ("COURSEPAY_URL", "https://pay.example"),
            ("COURSEPAY_PUBLIC_URL", "http://pay.localhost:8787/checkout"),
            ("COURSEPAY_PUBLIC_URL", "http://pay.localhost:8787/?a; script-src *"),
            ("COURSEPAY_PUBLIC_URL", "javascript:alert(1)"),
            ("CHECKOUT_TOKEN_KID", "k 1"),
            ("CHECKOUT_TOKEN_SECRET", "short"),
            ("WEBHOOK_SECRET", "whsec_c2hvcnQ="),
            ("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz,"),
            ("WEBHOOK_SECRET", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"),
        ] {
            assert!(
                matches!(read_with(name, Some(value)), Err(SettingsError::Malformed { name: n, .. }) if n == name),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let shown = format!("{:?}", read_with("", None).unwrap());
        assert!(!shown.contains("0123456789abcdef"));
    }
}
