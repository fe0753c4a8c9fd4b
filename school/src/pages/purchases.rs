//! What has this learner bought?

use maud::{Markup, html};

use super::layout::{View, layout};
use crate::catalogue::Catalogue;
use crate::event::Line;
use crate::format::{moment, money};
use crate::store::Purchase;

pub(crate) fn purchases_page(view: &View, catalogue: &Catalogue, purchases: &[Purchase]) -> Markup {
    let t = view.texts();
    let main = html! {
        section.purchases {
            h1 { (t.my_purchases) }
            @if purchases.is_empty() {
                p.lead { (t.purchases_empty) }
                p { a.button href="/" { (t.browse) } }
            }
            ul.receipts {
                @for purchase in purchases { li { (receipt(view, catalogue, purchase)) } }
            }
        }
    };
    layout(view, t.my_purchases, &html! {}, &main)
}

fn receipt(view: &View, catalogue: &Catalogue, purchase: &Purchase) -> Markup {
    let t = view.texts();
    html! {
        article.receipt data-order=(purchase.order) {
            div.lines { @for line in &purchase.lines { (bought_line(view, catalogue, line)) } }
            p.total { (money(purchase.total_minor, &purchase.currency)) }
            dl {
                div { dt { (t.bought_at) } dd { (moment(purchase.paid_at_ms)) " " span.zone { (t.beijing) } } }
                div { dt { (t.paid_by) } dd { (view.language.method(&purchase.payment.method)) } }
                div { dt { (t.order) } dd { code { (purchase.order) } } }
            }
        }
    }
}

/// What is no course of ours any more keeps the title under which it was sold.
fn bought_line(view: &View, catalogue: &Catalogue, line: &Line) -> Markup {
    html! {
        @if let Some(course) = catalogue.course(&line.product) {
            a.line href=(format!("/courses/{}", course.id)) {
                img src=(format!("/covers/{}.svg", course.id)) alt="" width="96" height="54";
                strong { (course.title.say(view.language)) }
            }
        } @else {
            strong.line { (line.title) }
        }
    }
}
