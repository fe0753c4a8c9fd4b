//! What has Coursepay told the platform? (Standard Webhooks, checked as a receiver would)

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use serde_json::Value;
use sha2::Sha256;

/// A webhook whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The same whenever this message is sent again.
    pub id: String,
    /// When it was sent, in seconds.
    pub timestamp: i64,
    /// What it says.
    pub body: Value,
}

impl Webhook {
    /// Reads a webhook.
    ///
    /// # Panics
    /// When a header is missing or no signature holds.
    pub fn verified(request: &Request<Bytes>, secret: &[u8]) -> Self {
        let header = |name: &str| {
            let value = request.headers().get(name).unwrap_or_else(|| panic!("{name} is missing"));
            value.to_str().expect("a header is text").to_owned()
        };
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(request.body());
        let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let signatures = header("webhook-signature");
        assert!(
            signatures.split(' ').any(|signature| signature == expected),
            "no signature holds: {signatures}"
        );
        assert_eq!(request.method(), http::Method::POST);
        Self {
            id,
            timestamp: timestamp.parse().expect("a timestamp in seconds"),
            body: serde_json::from_slice(request.body()).expect("a webhook is JSON"),
        }
    }
}
