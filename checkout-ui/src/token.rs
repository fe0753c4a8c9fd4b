//! Who is there, and with which token do we say so?
//!
//! The page gives a token as a property (text or a function), or names a `token-url` to fetch it from. It is
//! fetched when first needed, kept in memory alone, and fetched anew shortly before it expires. What is read
//! from its claims is a hint for the screen; the server decides on the signature.

use std::cell::RefCell;

use js_sys::{Function, JSON, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCredentials, RequestInit};

use crate::browser::{local_ms, window};
use crate::client::fetch;
use crate::json;
use crate::state::{Failure, Learner, Wallet};

/// A token is replaced this long before it expires, so that it still holds when it arrives.
const SPARE_MS: i64 = 30_000;

/// A learner's token, with what its claims say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The JWS as given.
    pub text: String,
    /// The claim `sub`.
    pub user: String,
    /// The claim `wallet`.
    pub wallet: bool,
    /// The claim `exp`, in milliseconds.
    pub expires_at_ms: Option<i64>,
}

impl Token {
    /// The token with what can be read of its claims.
    #[must_use]
    pub fn read(text: String) -> Self {
        let claims = claims(&text).unwrap_or(JsValue::UNDEFINED);
        let claim = |name| json::field(&claims, name);
        #[expect(clippy::cast_possible_truncation, reason = "saturates; a hint only")]
        let expires_at_ms = claim("exp").as_f64().map(|seconds| (seconds as i64).saturating_mul(1_000));
        Self {
            user: claim("sub").as_string().unwrap_or_default(),
            wallet: claim("wallet").as_bool().unwrap_or(false),
            expires_at_ms,
            text,
        }
    }

    /// The learner this token speaks of.
    #[must_use]
    pub fn learner(&self) -> Learner {
        let wallet = if self.wallet { Wallet::Unread } else { Wallet::Absent };
        Learner::SignedIn { user: self.user.clone(), wallet }
    }
}

/// Where tokens come from.
pub(crate) struct Tokens {
    given: JsValue,
    url: Option<String>,
    product: String,
    kept: RefCell<Option<Token>>,
}

impl Tokens {
    /// Tokens for buying `product`: `given` (text or a function) by the page, else from `url`.
    pub(crate) fn new(given: JsValue, url: Option<String>, product: String) -> Self {
        Self { given, url, product, kept: RefCell::new(None) }
    }

    /// The token of whoever is signed in; nothing for a visitor.
    pub(crate) async fn get(&self) -> Result<Option<Token>, Failure> {
        let fresh_until = local_ms().saturating_add(SPARE_MS);
        if let Some(token) = &*self.kept.borrow()
            && token.expires_at_ms.is_some_and(|expires_at_ms| expires_at_ms > fresh_until)
        {
            return Ok(Some(token.clone()));
        }
        self.renew().await
    }

    /// The same, but never from memory: for when the server has refused the last one.
    pub(crate) async fn renew(&self) -> Result<Option<Token>, Failure> {
        let text = if let Some(text) = self.given.as_string() {
            Some(text)
        } else if let Some(give) = self.given.dyn_ref::<Function>() {
            let answer = give.call0(&JsValue::UNDEFINED).map_err(|_| Failure::NoToken)?;
            let answer = JsFuture::from(Promise::resolve(&answer)).await.map_err(|_| Failure::NoToken)?;
            answer.as_string()
        } else if let Some(url) = &self.url {
            self.fetch(url).await?
        } else {
            None
        };
        let token = text.filter(|text| !text.is_empty()).map(Token::read);
        self.kept.replace(token.clone());
        Ok(token)
    }

    async fn fetch(&self, url: &str) -> Result<Option<String>, Failure> {
        let body = json::encode(&[("product", self.product.as_str().into())]).unwrap_or_default();
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_credentials(RequestCredentials::SameOrigin);
        init.set_body(&body.as_str().into());
        let headers = [("Content-Type", "application/json".to_owned())];
        let answer = fetch(url, &init, &headers).await.ok_or(Failure::NoToken)?;
        match answer.status {
            401 => Ok(None),
            200..300 => {
                let answer = JSON::parse(&answer.text).map_err(|_| Failure::NoToken)?;
                json::field(&answer, "token").as_string().map(Some).ok_or(Failure::NoToken)
            }
            _ => Err(Failure::NoToken),
        }
    }
}

/// The claims of a JWS, unverified.
fn claims(jws: &str) -> Option<JsValue> {
    let payload = jws.as_bytes().split(|byte| *byte == b'.').nth(1)?;
    let base64: String = payload
        .iter()
        .map(|byte| match byte {
            b'-' => '+',
            b'_' => '/',
            byte => char::from(*byte),
        })
        .collect();
    JSON::parse(&window().atob(&base64).ok()?).ok()
}
