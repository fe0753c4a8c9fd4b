//! Who is looking at the page?
//!
//! A cookie `learner.expires_at_ms.mac`, signed with a key that is made when the server starts: nobody can
//! write one for somebody else, and a restart logs everybody out. The learners are two demo accounts that
//! anybody may choose; a real platform has its own accounts here, and nothing else changes.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The demo accounts, in the order in which the login offers them.
pub(crate) const LEARNERS: [&str; 2] = ["alice", "bo"];

/// A week: long enough for a demo to be left open.
pub(crate) const SESSION_LIFETIME_MS: i64 = 7 * 24 * 60 * 60 * 1000;

const COOKIE_NAME: &str = "school_session";

/// Signs and checks session cookies.
pub(crate) struct SessionKey([u8; 32]);

impl SessionKey {
    /// A key that has never existed before.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The `Set-Cookie` value that logs `learner` in. Not `Secure`, as the demo runs on plain http.
    pub(crate) fn login_cookie(&self, learner: &str, now_ms: i64) -> String {
        let expires_at_ms = now_ms.saturating_add(SESSION_LIFETIME_MS);
        let claim = format!("{learner}.{expires_at_ms}");
        let mac = self.mac(&claim).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        format!(
            "{COOKIE_NAME}={claim}.{}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax",
            mac.unwrap_or_default(),
            SESSION_LIFETIME_MS / 1000
        )
    }

    /// The `Set-Cookie` value that logs out.
    pub(crate) fn logout_cookie() -> String {
        format!("{COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    /// The learner that the request's cookie names, if we signed it and it has not run out.
    pub(crate) fn learner(&self, headers: &HeaderMap, now_ms: i64) -> Option<&'static str> {
        let cookie = cookie(headers, COOKIE_NAME)?;
        let (claim, mac) = cookie.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        self.mac(claim)?.verify_slice(&mac).ok()?;
        let (learner, expires_at_ms) = claim.split_once('.')?;
        if expires_at_ms.parse::<i64>().ok()? <= now_ms {
            return None;
        }
        LEARNERS.into_iter().find(|known| *known == learner)
    }

    /// The prefix keeps this key's signatures from meaning anything elsewhere.
    fn mac(&self, claim: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(b"school session 1\n");
        mac.update(claim.as_bytes());
        Some(mac)
    }
}

/// The first cookie of that name that the request carries.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW_MS: i64 = 1_767_225_600_000;

    fn carrying(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap();
        let cookie = HeaderValue::from_str(&format!("lang=en; {pair}")).unwrap();
        HeaderMap::from_iter([(COOKIE, cookie)])
    }

    #[test]
    fn a_signed_cookie_names_its_learner_until_it_runs_out() {
        let key = SessionKey([7; 32]);
        let headers = carrying(&key.login_cookie("alice", NOW_MS));
        assert_eq!(key.learner(&headers, NOW_MS), Some("alice"));
        assert_eq!(key.learner(&headers, NOW_MS + SESSION_LIFETIME_MS - 1), Some("alice"));
        assert_eq!(key.learner(&headers, NOW_MS + SESSION_LIFETIME_MS), None);
    }

    #[test]
    fn a_cookie_signed_by_another_key_or_changed_names_nobody() {
        let key = SessionKey([7; 32]);
        let genuine = key.login_cookie("alice", NOW_MS);
        assert_eq!(SessionKey([8; 32]).learner(&carrying(&genuine), NOW_MS), None);
        assert_eq!(key.learner(&carrying(&genuine.replace("alice", "bo")), NOW_MS), None);
        assert_eq!(key.learner(&carrying("school_session=alice.9999999999999."), NOW_MS), None);
        assert_eq!(key.learner(&carrying("school_session=alice"), NOW_MS), None);
        assert_eq!(key.learner(&carrying(&SessionKey::logout_cookie()), NOW_MS), None);
    }
}
