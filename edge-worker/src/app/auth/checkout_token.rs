//! Which learner does this checkout token speak for?
//!
//! A JWS signed by the platform with HS256 and nothing else: the algorithm is fixed by type, so neither
//! `none` nor another one named in the header can pass. A token lives 15 minutes at most, so one that leaks
//! from a page is soon worth nothing.

use coursepay_core::id::{ProductId, UserId};
use coursepay_core::time::Timestamp;
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, UntrustedToken, ValidationError};
use serde::{Deserialize, Serialize};

use crate::app::auth::Learner;
use crate::app::config::Config;
use crate::app::error::{ApiError, Code};

/// The longest life of a token.
const LONGEST_LIFE_S: i64 = 15 * 60;

/// How far the platform's clock may be ahead of ours.
const CLOCK_SKEW_S: i64 = 60;

const AUDIENCE: &str = "coursepay";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    products: Option<Vec<String>>,
    #[serde(default)]
    wallet: bool,
}

pub(super) fn verify(config: &Config, token: &str, now: Timestamp) -> Result<Learner, ApiError> {
    let invalid = |detail: &str| ApiError::new(Code::TokenInvalid, detail);
    let keys = config.checkout_token_keys.as_ref().map_err(|flaw| {
        ApiError::new(Code::NotConfigured, format!("{} is {}.", flaw.variable, flaw.problem))
    })?;
    let token: UntrustedToken<'_> =
        UntrustedToken::new(token).map_err(|_| invalid("The token is not a compact JWS."))?;
    if token.algorithm() != "HS256" {
        return Err(ApiError::plain(Code::TokenAlgorithm));
    }
    let kid = token.header().key_id.as_deref().ok_or_else(|| invalid("The header has no kid."))?;
    let secret = keys
        .get(kid)
        .ok_or_else(|| ApiError::new(Code::TokenForeign, "The header's kid is not one of our keys."))?;
    let token =
        Hs256.validator::<Claims>(&Hs256Key::new(secret)).validate(&token).map_err(|error| match error {
            ValidationError::MalformedClaims(_) => invalid("A claim is missing or malformed."),
            _ => invalid("The signature does not hold."),
        })?;
    let claims = token.claims();
    let (Some(expires), Some(issued)) = (claims.expiration, claims.issued_at) else {
        return Err(invalid("The claims iat and exp are needed."));
    };
    let (expires_s, issued_s, now_s) = (expires.timestamp(), issued.timestamp(), now.seconds());
    if claims.custom.aud != AUDIENCE || claims.custom.iss.is_empty() {
        return Err(ApiError::new(
            Code::TokenForeign,
            "The claim aud must be \"coursepay\", and iss not empty.",
        ));
    }
    if now_s >= expires_s {
        return Err(ApiError::new(Code::TokenExpired, "The token has expired: fetch a new one."));
    }
    if expires_s.saturating_sub(issued_s) > LONGEST_LIFE_S {
        return Err(ApiError::new(Code::TokenExpired, "exp may be at most 15 minutes after iat."));
    }
    if issued_s > now_s.saturating_add(CLOCK_SKEW_S) {
        return Err(invalid("iat lies in the future: check the clock that made the token."));
    }
    let products = claims
        .custom
        .products
        .as_ref()
        .map(|names| names.iter().map(|name| ProductId::parse(name)).collect::<Result<Vec<_>, _>>())
        .transpose()
        .map_err(|_| invalid("The claim products holds something that is no product id."))?;
    Ok(Learner {
        user: UserId::parse(&claims.custom.sub)
            .map_err(|_| invalid("The claim sub must be 1 to 64 of A-Z a-z 0-9 _ -."))?,
        email: claims.custom.email.clone(),
        products,
        wallet: claims.custom.wallet,
    })
}
