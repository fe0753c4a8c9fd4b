//! The files that the pages load: compiled in, so that the school is one binary.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

const COVERS: [(&str, &str); 3] = [
    ("rust-101.svg", include_str!("../../assets/covers/rust-101.svg")),
    ("ink-painting.svg", include_str!("../../assets/covers/ink-painting.svg")),
    ("ledger-design.svg", include_str!("../../assets/covers/ledger-design.svg")),
];

const ICONS: [(&str, &str); 4] = [
    ("logo.svg", include_str!("../../assets/icons/logo.svg")),
    ("check.svg", include_str!("../../assets/icons/check.svg")),
    ("lock.svg", include_str!("../../assets/icons/lock.svg")),
    ("play.svg", include_str!("../../assets/icons/play.svg")),
];

pub(crate) async fn stylesheet() -> Response {
    file("text/css; charset=utf-8", include_str!("../../assets/school.css"))
}

pub(crate) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../../assets/school.js"))
}

pub(crate) async fn cover(Path(name): Path<String>) -> Response {
    svg(&COVERS, &name)
}

pub(crate) async fn icon(Path(name): Path<String>) -> Response {
    svg(&ICONS, &name)
}

fn svg(files: &[(&str, &'static str)], wanted: &str) -> Response {
    match files.iter().find(|(name, _)| *name == wanted) {
        Some((_, body)) => file("image/svg+xml", body),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Short-lived in caches: a rebuilt school shows its new look at once.
fn file(content_type: &'static str, body: &'static str) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], body).into_response()
}

#[cfg(test)]
pub(crate) fn has_cover(course: &str) -> bool {
    COVERS.iter().any(|(name, _)| name.strip_suffix(".svg") == Some(course))
}
