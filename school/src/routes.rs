//! Which URLs are there, and who may call them?

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::headers::add_security_headers;
use crate::same_origin::require_loopback_host;
use crate::school::School;
use crate::webhook::MAX_WEBHOOK_BYTES;

mod assets;
mod checkout_token;
mod courses;
mod login;
mod scripts;
mod visit;
mod webhooks;

#[cfg(test)]
pub(crate) use assets::has_cover;

/// The whole site.
///
/// | caller | |
/// |---|---|
/// | anybody | pages, files, `/login` |
/// | a learner's browser, from our own pages | `/checkout-token`, `/logout`, `/courses/{id}/state` |
/// | Coursepay | `/webhooks/coursepay` |
/// | scripts and tests on this machine | `/api/…` |
pub fn router(school: Arc<School>) -> Router {
    Router::new()
        .route("/", get(courses::show_home))
        .route("/courses/{course}", get(courses::show_course))
        .route("/courses/{course}/lessons/{number}", get(courses::show_lesson))
        .route("/courses/{course}/state", get(courses::read_state))
        .route("/purchases", get(courses::show_purchases))
        .route("/login", get(login::show_login).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/checkout-token", post(checkout_token::mint))
        .route("/webhooks/coursepay", post(webhooks::receive))
        .route("/api/unlocked", get(scripts::read_unlocked))
        .route("/api/webhooks", get(scripts::list_webhooks))
        .route("/school.css", get(assets::stylesheet))
        .route("/school.js", get(assets::script))
        .route("/covers/{file}", get(assets::cover))
        .route("/icons/{file}", get(assets::icon))
        .fallback(courses::show_not_found)
        .layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES))
        .layer(from_fn(require_loopback_host))
        .layer(from_fn_with_state(Arc::clone(&school), add_security_headers))
        .with_state(school)
}
