//! Who asks for this page, and in which language do we answer?

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::Markup;

use crate::pages::View;
use crate::school::School;
use crate::session::cookie;
use crate::text::Language;

const LANGUAGE_COOKIE: &str = "school_lang";

/// A request for a page.
pub(crate) struct Visit {
    pub(crate) view: View,
    /// The language was chosen with this request, and is to be remembered.
    chosen: bool,
}

impl Visit {
    /// The answer with this page in it. It is made for one person, so nobody in between may keep it.
    pub(crate) fn page(&self, status: StatusCode, page: Markup) -> Response {
        let mut response = (status, [(CACHE_CONTROL, "private, no-cache")], page).into_response();
        if self.chosen {
            let cookie = format!(
                "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
                self.view.language.tag()
            );
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        }
        response
    }
}

impl FromRequestParts<Arc<School>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, school: &Arc<School>) -> Result<Self, Infallible> {
        let chosen = parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(Language::parse);
        let remembered = || cookie(&parts.headers, LANGUAGE_COOKIE).and_then(Language::parse);
        let view = View {
            language: chosen.or_else(remembered).unwrap_or(Language::Chinese),
            learner: school.session_key.learner(&parts.headers, school.now_ms()),
            path: own_path(Some(parts.uri.path())).to_owned(),
        };
        Ok(Self { view, chosen: chosen.is_some() })
    }
}

/// `path`, if it is one of ours to go to, else the start page. A page takes this from its caller, so it may
/// hold anything: to a browser, `//evil.example` and `/\evil.example` are other hosts.
pub(crate) fn own_path(path: Option<&str>) -> &str {
    path.filter(|path| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    })
    .unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_on_to_our_own_pages_only() {
        assert_eq!(own_path(Some("/courses/rust-101")), "/courses/rust-101");
        for other in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a\r\nb", "/\tb", "/ "]
        {
            assert_eq!(own_path(Some(other)), "/", "{other:?}");
        }
        assert_eq!(own_path(None), "/");
    }
}
