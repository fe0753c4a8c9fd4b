//! As whom does one try the demo?

use maud::{Markup, html};

use super::layout::{View, display_name, layout};
use crate::session::LEARNERS;

/// The choice of demo learners; the form sends its visitor on to `next`.
pub(crate) fn login_page(view: &View, next: &str, unknown: bool) -> Markup {
    let t = view.texts();
    let note = |learner: &str| if learner == "alice" { t.alice_note } else { t.bo_note };
    let main = html! {
        section.narrow {
            h1 { (t.login_title) }
            p.lead { (t.login_text) }
            @if unknown { p.error role="alert" { (t.login_unknown) } }
            form.learners method="post" action="/login" {
                input type="hidden" name="next" value=(next);
                @for learner in LEARNERS {
                    button type="submit" name="user" value=(learner) {
                        span.avatar aria-hidden="true" { (display_name(learner).chars().take(1).collect::<String>()) }
                        span { strong { (display_name(learner)) } span { (note(learner)) } }
                    }
                }
            }
        }
    };
    layout(view, t.log_in, &html! {}, &main)
}
