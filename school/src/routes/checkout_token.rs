//! `POST /checkout-token`: the widget asks who is buying.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::same_origin::require_same_origin;
use crate::school::School;
use crate::token::mint_checkout_token;

#[derive(Deserialize)]
struct Wanted {
    product: String,
}

#[derive(Serialize)]
struct Minted {
    token: String,
}

/// A token for the learner who is logged in; 401 for a visitor, who then buys as a guest.
pub(crate) async fn mint(
    State(school): State<Arc<School>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    require_same_origin(&headers)?;
    let now_ms = school.now_ms();
    let learner = school
        .session_key
        .learner(&headers, now_ms)
        .ok_or_else(|| Problem::unauthorized("nobody is logged in: buy as a guest, or log in first"))?;
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| {
        Problem::bad_request("bad_request", format!("{{\"product\": …}} expected: {error}"))
    })?;
    let course = school
        .catalogue
        .course(&wanted.product)
        .ok_or_else(|| Problem::not_found("there is no such course"))?;

    let token = mint_checkout_token(&school.settings, learner, &course.id, now_ms)
        .map_err(|error| Problem::internal(&error))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(Minted { token })).into_response())
}
