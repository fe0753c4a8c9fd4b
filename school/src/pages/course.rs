//! What is in a course, and how does one buy it?
//!
//! This is the page that embeds the checkout: one script, one element.

use maud::{Markup, html};

use super::layout::{View, display_name, layout};
use crate::catalogue::Course;
use crate::session::LEARNERS;

/// The course's page; `unlocked` tells whether this learner has paid for it.
pub(crate) fn course_page(view: &View, course: &Course, coursepay_origin: &str, unlocked: bool) -> Markup {
    let language = view.language;
    let title = course.title.say(language);
    let main = html! {
        div.course {
            header.course-head {
                img.cover src=(format!("/covers/{}.svg", course.id)) alt="" width="640" height="360";
                p.meta {
                    (course.level.say(language)) " · " (language.lesson_count(course.lessons.len()))
                    " · " (language.minutes(course.minutes()))
                }
                h1 { (title) }
                p.summary { (course.summary.say(language)) }
                p.creator { (course.creator.name.say(language)) span { (course.creator.role.say(language)) } }
            }
            aside {
                @if unlocked { (unlocked_card(view, course)) } @else { (checkout_card(view, course, coursepay_origin)) }
            }
            div.course-body {
                @if unlocked { (first_lesson(view, course)) }
                (about(view, course))
                (outline(view, course, unlocked))
            }
        }
    };
    let head = html! {
        @if !unlocked {
            script type="module" src=(format!("{coursepay_origin}/checkout.js")) {}
            script type="module" src="/school.js" {}
        }
    };
    layout(view, title, &head, &main)
}

/// The checkout. `school.js` fills `#unlock-status` with the sentences in its data when the widget reports
/// the payment.
fn checkout_card(view: &View, course: &Course, coursepay_origin: &str) -> Markup {
    let t = view.texts();
    html! {
        section.panel aria-labelledby="buy" {
            h2 #buy { (t.buy) }
            @if view.learner.is_none() { (guest_note(view)) }
            coursepay-checkout product=(course.id) api=(coursepay_origin) token-url="/checkout-token"
                lang=(view.language.tag()) {
                p.checkout-fallback { (t.checkout_loading) }
            }
            p #unlock-status role="status" hidden
                data-state-url=(format!("/courses/{}/state", course.id))
                data-unlocking=(t.unlocking) data-late=(t.unlock_late) data-guest-paid=(t.guest_paid) {}
            ul.promises {
                @for promise in [t.promise_unlock, t.promise_forever, t.promise_safe] {
                    li { span.icon.check aria-hidden="true" {} (promise) }
                }
            }
        }
    }
}

fn guest_note(view: &View) -> Markup {
    let t = view.texts();
    html! {
        form.guest-note method="post" action="/login" {
            p { (t.guest_note) }
            input type="hidden" name="next" value=(view.path);
            p.choices {
                span { (t.log_in_as) }
                @for learner in LEARNERS {
                    button.small type="submit" name="user" value=(learner) { (display_name(learner)) }
                }
            }
        }
    }
}

fn unlocked_card(view: &View, course: &Course) -> Markup {
    let t = view.texts();
    html! {
        section.panel.unlocked aria-labelledby="unlocked" data-unlocked="true" {
            span.seal aria-hidden="true" { span.icon.check {} }
            h2 #unlocked { (t.unlocked) }
            p { (t.unlocked_note) }
            a.button href=(format!("/courses/{}/lessons/1", course.id)) { (t.start_learning) }
            p { a href="/purchases" { (t.my_purchases) } }
        }
    }
}

fn first_lesson(view: &View, course: &Course) -> Markup {
    let t = view.texts();
    html! {
        @if let Some(lesson) = course.lesson(1) {
            section.first-lesson aria-labelledby="first-lesson" {
                p.meta { (t.first_lesson) }
                h2 #first-lesson { (view.language.lesson_number(1)) " · " (lesson.title.say(view.language)) }
                div.prose { @for paragraph in lesson.body.say(view.language) { p { (paragraph) } } }
                p { a href=(format!("/courses/{}/lessons/1", course.id)) { (t.read_on) } }
            }
        }
    }
}

fn about(view: &View, course: &Course) -> Markup {
    html! {
        section aria-labelledby="about" {
            h2 #about { (view.texts().about) }
            div.prose { @for paragraph in course.description.say(view.language) { p { (paragraph) } } }
        }
    }
}

fn outline(view: &View, course: &Course, unlocked: bool) -> Markup {
    let t = view.texts();
    let language = view.language;
    html! {
        section aria-labelledby="outline" {
            h2 #outline { (t.outline) }
            ol.outline {
                @for (number, lesson) in (1_usize..).zip(&course.lessons) {
                    li data-locked=(!unlocked) {
                        span.number aria-hidden="true" { (number) }
                        @if unlocked {
                            a href=(format!("/courses/{}/lessons/{number}", course.id)) { (lesson.title.say(language)) }
                        } @else {
                            span { (lesson.title.say(language)) }
                        }
                        span.minutes { (language.minutes(lesson.minutes)) }
                        @if unlocked {
                            span.icon.play aria-hidden="true" {}
                        } @else {
                            span.icon.lock role="img" aria-label=(t.locked) {}
                        }
                    }
                }
            }
        }
    }
}
