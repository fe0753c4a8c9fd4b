//! Which courses are there?

use maud::{Markup, html};

use super::layout::{View, layout};
use crate::catalogue::Course;
use crate::format::money;
use crate::prices::Price;

/// One course as this visitor sees it.
pub(crate) struct Card<'a> {
    pub(crate) course: &'a Course,
    /// `None` when Coursepay cannot be asked.
    pub(crate) price: Option<Price>,
    pub(crate) owned: bool,
}

pub(crate) fn home_page(view: &View, cards: &[Card<'_>]) -> Markup {
    let t = view.texts();
    let main = html! {
        section.hero {
            h1 { (t.tagline) }
            p { (t.intro) }
        }
        section aria-labelledby="courses" {
            h2 #courses.visually-hidden { (t.courses) }
            ul.cards {
                @for card in cards { li { (course_card(view, card)) } }
            }
        }
    };
    layout(view, t.courses, &html! {}, &main)
}

fn course_card(view: &View, card: &Card<'_>) -> Markup {
    let t = view.texts();
    let language = view.language;
    let course = card.course;
    html! {
        article.card data-course=(course.id) data-owned=(card.owned) {
            div.cover {
                img src=(format!("/covers/{}.svg", course.id)) alt="" width="640" height="360";
                @if card.owned { span.badge.owned { span.icon.check aria-hidden="true" {} (t.owned) } }
            }
            div.text {
                p.meta { (course.level.say(language)) " · " (language.lesson_count(course.lessons.len())) }
                h3 { a href=(format!("/courses/{}", course.id)) { (course.title.say(language)) } }
                p.summary { (course.summary.say(language)) }
                p.creator { (course.creator.name.say(language)) span { (course.creator.role.say(language)) } }
            }
            div.foot {
                @if card.owned {
                    span.price.owned { (t.unlocked) }
                    span.go aria-hidden="true" { (t.open_course) }
                } @else {
                    @if let Some(price) = &card.price {
                        span.price { (money(price.amount_minor, &price.currency)) }
                    } @else {
                        span.price.unknown { (t.price_at_checkout) }
                    }
                    span.go aria-hidden="true" { (t.see_course) }
                }
            }
        }
    }
}
