//! The pages that a learner walks through.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::visit::Visit;
use crate::pages::{
    Card, course_page, home_page, lesson_locked_page, lesson_page, not_found_page, purchases_page,
};
use crate::problem::Problem;
use crate::school::School;

pub(crate) async fn show_home(State(school): State<Arc<School>>, visit: Visit) -> Response {
    // All prices at once, so that a page waits for the slowest and not for the sum.
    let mut asking = JoinSet::new();
    for (position, course) in school.catalogue.courses.iter().enumerate() {
        let (school, id) = (Arc::clone(&school), course.id.clone());
        asking.spawn(async move { (position, school.prices.of(&id, school.now_ms()).await) });
    }
    let mut prices = asking.join_all().await;
    prices.sort_by_key(|(position, _)| *position);

    let cards: Vec<Card<'_>> = school
        .catalogue
        .courses
        .iter()
        .zip(prices)
        .map(|(course, (_, price))| Card { course, price, owned: is_unlocked(&school, &visit, &course.id) })
        .collect();
    visit.page(StatusCode::OK, home_page(&visit.view, &cards))
}

pub(crate) async fn show_course(
    State(school): State<Arc<School>>,
    Path(course): Path<String>,
    visit: Visit,
) -> Response {
    let Some(course) = school.catalogue.course(&course) else {
        return visit.page(StatusCode::NOT_FOUND, not_found_page(&visit.view));
    };
    let unlocked = is_unlocked(&school, &visit, &course.id);
    let origin = &school.settings.coursepay_public_origin;
    visit.page(StatusCode::OK, course_page(&visit.view, course, origin, unlocked))
}

pub(crate) async fn show_lesson(
    State(school): State<Arc<School>>,
    Path((course, number)): Path<(String, String)>,
    visit: Visit,
) -> Response {
    let found = school.catalogue.course(&course).and_then(|course| {
        let number = number.parse().ok()?;
        Some((course, number, course.lesson(number)?))
    });
    let Some((course, number, lesson)) = found else {
        return visit.page(StatusCode::NOT_FOUND, not_found_page(&visit.view));
    };
    if !is_unlocked(&school, &visit, &course.id) {
        return visit.page(StatusCode::FORBIDDEN, lesson_locked_page(&visit.view, course));
    }
    visit.page(StatusCode::OK, lesson_page(&visit.view, course, number, lesson))
}

pub(crate) async fn show_purchases(State(school): State<Arc<School>>, visit: Visit) -> Response {
    let Some(learner) = visit.view.learner else {
        return Redirect::to("/login?next=/purchases").into_response();
    };
    let purchases = school.store.purchases_of(learner);
    visit.page(StatusCode::OK, purchases_page(&visit.view, &school.catalogue, &purchases))
}

pub(crate) async fn show_not_found(visit: Visit) -> Response {
    visit.page(StatusCode::NOT_FOUND, not_found_page(&visit.view))
}

#[derive(Deserialize)]
pub(crate) struct StateQuery {
    order: Option<String>,
}

/// What `school.js` waits for after a payment.
#[derive(Serialize)]
struct CourseState {
    /// The learner who is logged in may open the course.
    unlocked: bool,
    /// A guest's order for the course has arrived.
    recorded: bool,
}

/// Answers for the session's own learner only.
pub(crate) async fn read_state(
    State(school): State<Arc<School>>,
    Path(course): Path<String>,
    Query(query): Query<StateQuery>,
    visit: Visit,
) -> Result<Response, Problem> {
    let course =
        school.catalogue.course(&course).ok_or_else(|| Problem::not_found("there is no such course"))?;
    let recorded = query.order.is_some_and(|order| school.store.is_paid_by_guest(&order, &course.id));
    let state = CourseState { unlocked: is_unlocked(&school, &visit, &course.id), recorded };
    Ok(([(CACHE_CONTROL, "no-store")], Json(state)).into_response())
}

fn is_unlocked(school: &School, visit: &Visit, course: &str) -> bool {
    visit.view.learner.is_some_and(|learner| school.store.is_unlocked(learner, course))
}
