//! What does a lesson say?

use maud::{Markup, html};

use super::layout::{View, layout};
use crate::catalogue::{Course, Lesson};

/// Lesson `number` of a course that is unlocked for this learner.
pub(crate) fn lesson_page(view: &View, course: &Course, number: usize, lesson: &Lesson) -> Markup {
    let t = view.texts();
    let language = view.language;
    let link = |number: usize| format!("/courses/{}/lessons/{number}", course.id);
    let main = html! {
        article.lesson {
            p.crumbs { a href=(format!("/courses/{}", course.id)) { (course.title.say(language)) } }
            h1 { (lesson.title.say(language)) }
            p.meta { (language.lesson_number(number)) " · " (language.minutes(lesson.minutes)) }
            div.prose { @for paragraph in lesson.body.say(language) { p { (paragraph) } } }
            nav.pager aria-label=(t.outline) {
                @if let Some((previous, lesson)) = number.checked_sub(1).and_then(|n| Some((n, course.lesson(n)?))) {
                    a rel="prev" href=(link(previous)) { span { (t.previous) } (lesson.title.say(language)) }
                } @else {
                    a rel="up" href=(format!("/courses/{}", course.id)) { span { (t.back_to_course) } (course.title.say(language)) }
                }
                @if let Some((next, lesson)) = number.checked_add(1).and_then(|n| Some((n, course.lesson(n)?))) {
                    a.next rel="next" href=(link(next)) { span { (t.next) } (lesson.title.say(language)) }
                }
            }
        }
    };
    layout(view, lesson.title.say(language), &html! {}, &main)
}
