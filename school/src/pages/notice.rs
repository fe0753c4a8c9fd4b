//! What does a visitor see where there is nothing for them?

use maud::{Markup, html};

use super::layout::{View, layout};
use crate::catalogue::Course;

/// 403: the lesson exists, but this visitor has not paid for it.
pub(crate) fn lesson_locked_page(view: &View, course: &Course) -> Markup {
    let t = view.texts();
    let main = html! {
        section.narrow.notice {
            span.seal aria-hidden="true" { span.icon.lock {} }
            h1 { (t.lesson_locked_title) }
            p.lead { (t.lesson_locked_text) }
            p.actions {
                a.button href=(format!("/courses/{}", course.id)) { (t.back_to_course) }
                @if view.learner.is_none() {
                    a href=(format!("/login?next={}", view.path)) { (t.lesson_visitor_text) }
                }
            }
        }
    };
    layout(view, t.lesson_locked_title, &html! {}, &main)
}

/// 404.
pub(crate) fn not_found_page(view: &View) -> Markup {
    let t = view.texts();
    let main = html! {
        section.narrow.notice {
            h1 { (t.not_found_title) }
            p.lead { (t.not_found_text) }
            p.actions { a.button href="/" { (t.home) } }
        }
    };
    layout(view, t.not_found_title, &html! {}, &main)
}
