//! What scripts and tests on this machine look at. A real platform has no such routes: they tell anybody
//! who can reach them what a learner has bought.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::school::School;
use crate::store::Delivery;

#[derive(Deserialize)]
pub(crate) struct UnlockedQuery {
    user: String,
    course: String,
}

#[derive(Serialize)]
pub(crate) struct Unlocked {
    unlocked: bool,
}

pub(crate) async fn read_unlocked(
    State(school): State<Arc<School>>,
    query: Result<Query<UnlockedQuery>, QueryRejection>,
) -> Result<Json<Unlocked>, Problem> {
    let Query(query) =
        query.map_err(|_| Problem::bad_request("bad_request", "?user= and ?course= are both needed"))?;
    Ok(Json(Unlocked { unlocked: school.store.is_unlocked(&query.user, &query.course) }))
}

pub(crate) async fn list_webhooks(State(school): State<Arc<School>>) -> Json<Vec<Delivery>> {
    Json(school.store.deliveries())
}
