//! What is around every page?

use maud::{DOCTYPE, Markup, html};

use crate::text::{Language, Texts};

/// For whom a page is made.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) language: Language,
    /// The learner who is logged in.
    pub(crate) learner: Option<&'static str>,
    /// The path of this page, to come back to.
    pub(crate) path: String,
}

impl View {
    pub(crate) fn texts(&self) -> &'static Texts {
        self.language.texts()
    }
}

/// `alice` → `Alice`.
pub(crate) fn display_name(learner: &str) -> String {
    let mut letters = learner.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A whole page. `head` is for what only this page loads.
pub(crate) fn layout(view: &View, title: &str, head: &Markup, main: &Markup) -> Markup {
    let t = view.texts();
    html! {
        (DOCTYPE)
        html lang=(view.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (t.site) }
                link rel="icon" href="/icons/logo.svg" type="image/svg+xml";
                link rel="stylesheet" href="/school.css";
                (head)
            }
            body {
                a.skip href="#main" { (t.skip) }
                header.site {
                    div.wrap {
                        a.brand href="/" {
                            img src="/icons/logo.svg" alt="" width="32" height="32";
                            span { (t.site) }
                        }
                        nav { (navigation(view)) }
                    }
                }
                main #main.wrap { (main) }
                footer.site {
                    div.wrap {
                        p { (t.footer) }
                        p { (t.footer_pay) }
                    }
                }
            }
        }
    }
}

fn navigation(view: &View) -> Markup {
    let t = view.texts();
    let other = view.language.other();
    html! {
        @if view.learner.is_some() {
            a href="/purchases" { (t.my_purchases) }
        }
        a.quiet href=(format!("{}?lang={}", view.path, other.tag())) hreflang=(other.tag()) lang=(other.tag()) {
            (other.own_name())
        }
        @if let Some(learner) = view.learner {
            form.account method="post" action="/logout" {
                input type="hidden" name="next" value=(view.path);
                span.name {
                    span.avatar aria-hidden="true" { (display_name(learner).chars().take(1).collect::<String>()) }
                    span.full { (display_name(learner)) }
                }
                button.link type="submit" { (t.log_out) }
            }
        } @else {
            a.button.small href=(format!("/login?next={}", view.path)) { (t.log_in) }
        }
    }
}
