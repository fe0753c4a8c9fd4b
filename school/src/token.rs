//! How does Coursepay learn which of our learners is buying?
//!
//! By a token that this server signs and the page hands to the widget: a JWS under HS256 that names the
//! learner, what they may buy with it, and that it ends in ten minutes. The secret never leaves the server.

use chrono::DateTime;
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, Claims, Header};
use serde::Serialize;

use crate::settings::Settings;

/// Coursepay accepts at most 15 minutes. The widget asks for a new one when it needs it.
pub const TOKEN_LIFETIME_S: i64 = 10 * 60;

#[derive(Serialize)]
struct CheckoutClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    email: String,
    /// A leaked token buys this and nothing else.
    products: [&'a str; 1],
    /// Without it the learner's balance cannot be spent.
    wallet: bool,
}

/// Why a token could not be made. None of it can be caused by a request.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The clock shows a time that no calendar has.
    #[error("{0} milliseconds is no point in time")]
    Clock(i64),
    /// The claims could not be serialized or signed.
    #[error("the checkout token could not be signed: {0}")]
    Signing(#[from] jwt_compact::CreationError),
}

/// Makes the token with which `learner` may buy `course` from `now_ms` on for [`TOKEN_LIFETIME_S`].
///
/// # Errors
/// [`TokenError`], all of them ours.
pub fn mint_checkout_token(
    settings: &Settings,
    learner: &str,
    course: &str,
    now_ms: i64,
) -> Result<String, TokenError> {
    let issued_at = DateTime::from_timestamp(now_ms.div_euclid(1000), 0).ok_or(TokenError::Clock(now_ms))?;
    let expires_at = issued_at
        .checked_add_signed(chrono::Duration::seconds(TOKEN_LIFETIME_S))
        .ok_or(TokenError::Clock(now_ms))?;

    let mut claims = Claims::new(CheckoutClaims {
        iss: "school",
        aud: "coursepay",
        sub: learner,
        email: format!("{learner}@school.example"),
        products: [course],
        wallet: true,
    });
    claims.issued_at = Some(issued_at);
    claims.expiration = Some(expires_at);

    let header = Header::empty().with_key_id(&settings.token_kid);
    let key = Hs256Key::new(settings.token_secret.as_bytes());
    Ok(Hs256.token(&header, &claims, &key)?)
}
