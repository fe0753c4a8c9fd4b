//! How is a webhook signed?
//!
//! `Stripe-Signature: t=<epoch s>,v1=<hex>[,v1=<hex>]`: HMAC-SHA256 over `<t>.<body>`. The key is the whole
//! `whsec_…` text, not what base64 would make of its end; while a secret is being rolled, both sign.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// HMAC-SHA256 in lower-case hex.
fn hmac_hex(secret: &str, message: &[u8]) -> String {
    // HMAC takes keys of any length; the type cannot say so.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

/// The header's value.
pub(crate) fn stripe_signature<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    at_s: i64,
    body: &[u8],
) -> String {
    let message = [format!("{at_s}.").as_bytes(), body].concat();
    let signatures: Vec<String> =
        secrets.into_iter().map(|secret| format!(",v1={}", hmac_hex(secret, &message))).collect();
    format!("t={at_s}{}", signatures.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vector(id: &str) -> Value {
        let all: Vec<Value> = serde_json::from_str(include_str!("../../tests/vectors/stripe.json")).unwrap();
        all.into_iter().find(|vector| vector["id"] == id).unwrap()
    }

    fn texts(value: &Value) -> Vec<&str> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    }

    #[test]
    fn published_hmacs_come_out() {
        let vector = vector("S1");
        let secret = vector["keys"]["secret_utf8"].as_str().unwrap();
        let (messages, expected) = (texts(&vector["inputs"]["messages"]), texts(&vector["expected"]["hex"]));
        assert_eq!(messages.len(), 3);
        for (message, expected) in messages.iter().zip(expected) {
            assert_eq!(hmac_hex(secret, message.as_bytes()), expected);
        }
    }

    #[test]
    fn published_headers_come_out() {
        let vector = vector("S2");
        let secret = vector["keys"]["secret_utf8"].as_str().unwrap();
        let at_s = vector["inputs"]["timestamp"].as_i64().unwrap();
        let (payloads, expected) =
            (texts(&vector["inputs"]["payloads"]), texts(&vector["expected"]["header"]));
        assert_eq!(payloads.len(), 2);
        for (payload, expected) in payloads.iter().zip(expected) {
            assert_eq!(stripe_signature([secret], at_s, payload.as_bytes()), expected);
        }
    }

    #[test]
    fn two_secrets_give_two_signatures() {
        let header = stripe_signature(["whsec_new", "whsec_old"], 1, b"{}");
        assert_eq!(header.matches(",v1=").count(), 2);
        assert!(header.starts_with(&stripe_signature(["whsec_new"], 1, b"{}")));
    }
}
