//! How does a platform say who its learner is? (checkout tokens, made by hand so that each can be wrong in
//! one way)

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::setup::Setup;

/// How long a checkout token lives here; fifteen minutes are allowed.
const LIFETIME_S: i64 = 600;

/// A token being made.
#[derive(Clone)]
pub struct CheckoutToken {
    header: Value,
    claims: Value,
    secret: Vec<u8>,
}

impl CheckoutToken {
    /// A good token for `user` that lets them use their wallet.
    pub fn for_learner(setup: &Setup, user: &str, now_ms: i64) -> Self {
        let now_s = now_ms.div_euclid(1_000);
        Self {
            header: json!({"alg": "HS256", "typ": "JWT", "kid": setup.token_kid}),
            claims: json!({
                "iss": "school", "aud": "coursepay", "sub": user, "wallet": true,
                "iat": now_s, "exp": now_s + LIFETIME_S,
            }),
            secret: setup.token_secret.clone().into_bytes(),
        }
    }

    /// With another claim, or without it (null).
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        put(&mut self.claims, name, value.into());
        self
    }

    /// With another header, or without it (null).
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        put(&mut self.header, name, value.into());
        self
    }

    /// Signed with another secret.
    pub fn secret(self, secret: &[u8]) -> Self {
        Self { secret: secret.to_vec(), ..self }
    }

    /// The compact form, signed with HS256.
    pub fn signed(&self) -> String {
        signed_text(self.header.to_string().as_bytes(), self.claims.to_string().as_bytes(), &self.secret)
    }

    /// The compact form with an empty signature.
    pub fn unsigned(&self) -> String {
        format!("{}.", self.message())
    }

    /// Header and claims, as texts.
    pub fn parts(&self) -> [String; 2] {
        [&self.header, &self.claims].map(Value::to_string)
    }

    fn message(&self) -> String {
        message(self.header.to_string().as_bytes(), self.claims.to_string().as_bytes())
    }
}

/// The compact form of any header and claims, signed with HS256.
///
/// # Panics
/// Never: HMAC takes any key.
pub fn signed_text(header: &[u8], claims: &[u8], secret: &[u8]) -> String {
    let message = message(header, claims);
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    let signature = mac.chain_update(message.as_bytes()).finalize().into_bytes();
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn message(header: &[u8], claims: &[u8]) -> String {
    [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn put(object: &mut Value, name: &str, value: Value) {
    let fields = object.as_object_mut().expect("an object");
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
}
