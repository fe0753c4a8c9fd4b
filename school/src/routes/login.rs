//! The demo login. A real platform keeps its own and needs nothing of this file.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::visit::{Visit, own_path};
use crate::pages::login_page;
use crate::problem::Problem;
use crate::same_origin::require_same_origin;
use crate::school::School;
use crate::session::{LEARNERS, SessionKey};

#[derive(Deserialize)]
pub(crate) struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Login {
    #[serde(default)]
    user: String,
    next: Option<String>,
}

pub(crate) async fn show_login(Query(query): Query<Next>, visit: Visit) -> Response {
    visit.page(StatusCode::OK, login_page(&visit.view, destination(query.next.as_deref()), false))
}

pub(crate) async fn log_in(
    State(school): State<Arc<School>>,
    headers: HeaderMap,
    visit: Visit,
    Form(login): Form<Login>,
) -> Result<Response, Problem> {
    require_same_origin(&headers)?;
    let next = destination(login.next.as_deref());
    let Some(learner) = LEARNERS.into_iter().find(|known| *known == login.user) else {
        return Ok(visit.page(StatusCode::BAD_REQUEST, login_page(&visit.view, next, true)));
    };
    let cookie = school.session_key.login_cookie(learner, school.now_ms());
    Ok(([(SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

pub(crate) async fn log_out(headers: HeaderMap, Form(form): Form<Next>) -> Result<Response, Problem> {
    require_same_origin(&headers)?;
    let cookie = SessionKey::logout_cookie();
    Ok(([(SET_COOKIE, cookie)], Redirect::to(destination(form.next.as_deref()))).into_response())
}

/// Where to go after logging in or out: back to where one was, but not to the login itself.
fn destination(next: Option<&str>) -> &str {
    match own_path(next) {
        "/login" => "/",
        path => path,
    }
}
