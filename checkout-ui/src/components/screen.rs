//! Which parts does the card show in which phase?

use std::rc::Rc;

use yew::{Callback, NodeRef};

use crate::clock::ServerClock;
use crate::components::el::{El, On, el};
use crate::components::{icon, method_picker, outcome, summary, waiting};
use crate::state::{Msg, Phase, State};
use crate::text::{Lang, Text};

/// What a part needs to draw itself.
pub(crate) struct Screen<'a> {
    pub(crate) state: &'a State,
    pub(crate) lang: Lang,
    pub(crate) clock: Rc<ServerClock>,
    pub(crate) act: Callback<Msg>,
    /// The heading of the screen, which takes the focus when the screen changes.
    pub(crate) heading: NodeRef,
}

impl Screen<'_> {
    /// The words for `text`.
    pub(crate) fn say(&self, text: Text) -> &'static str {
        self.lang.say(text)
    }

    /// A line below something.
    pub(crate) fn hint(&self, text: Text) -> El {
        el("p").class("hint").text(self.say(text))
    }

    /// The screen's heading.
    pub(crate) fn heading(&self, text: Text) -> El {
        self.focusable(el("h3").part("heading")).text(self.say(text))
    }

    /// Where the focus goes when this screen comes up.
    pub(crate) fn focusable(&self, element: El) -> El {
        element.set("tabindex", "-1").refer(&self.heading)
    }

    /// A button that sends a message.
    pub(crate) fn button(&self, class: &'static str, text: Text, msg: Msg) -> El {
        el("button")
            .set("type", "button")
            .set("part", if class == "pay" { "pay-button" } else { "button" })
            .class(class)
            .on(On::Click, &self.act, msg)
            .text(self.say(text))
    }

    /// A panel with a picture in a badge and a heading below it.
    pub(crate) fn panel(&self, key: &'static str, badge: &'static str, picture: El, title: Text) -> El {
        el("div")
            .class("panel outcome")
            .key(key)
            .child(el("div").class(badge).set("aria-hidden", "true").child(picture))
            .child(self.heading(title))
    }
}

/// The whole card.
pub(crate) fn screen(screen: &Screen<'_>) -> El {
    let state = screen.state;
    let (name, panel) = match &state.phase {
        Phase::Loading { .. } => ("loading", skeleton()),
        Phase::Unavailable { failure, .. } => ("unavailable", outcome::unavailable(screen, failure)),
        Phase::Choosing { .. } => ("choosing", method_picker::method_picker(screen)),
        Phase::Repricing { .. } | Phase::Creating { .. } | Phase::Starting { .. } | Phase::LoggingIn => {
            ("starting", method_picker::method_picker(screen))
        }
        Phase::Scanning { content, expires_at_ms } => {
            ("scanning", waiting::scanning(screen, content, *expires_at_ms))
        }
        Phase::Redirecting { url } => ("redirecting", waiting::redirecting(screen, url)),
        Phase::InWechat => ("in-wechat", waiting::in_wechat(screen)),
        Phase::Confirming { .. } if state.is_processing() => ("processing", waiting::processing(screen)),
        Phase::Confirming { claimed } => ("confirming", waiting::confirming(screen, *claimed)),
        Phase::Paid => ("paid", outcome::paid(screen)),
        Phase::Failed { reason } => ("failed", outcome::failed(screen, reason)),
        Phase::Expired => ("expired", outcome::expired(screen)),
        Phase::AlreadyOwned => ("owned", outcome::already_owned(screen)),
    };
    let known = state.title().is_some() && name != "loading";
    // In the footer's place, so that a bad connection does not make the card jump.
    let (class, picture, words) = if state.offline {
        ("footer offline", icon::CLOUD, Text::Offline)
    } else {
        ("footer", icon::LOCK, Text::Secure)
    };
    let footer =
        el("footer").class(class).set("part", "footer").child(icon::icon(picture)).text(screen.say(words));
    let status = el("p").class("unseen").set("role", "status").text(screen.lang.status(state));
    el("section")
        .part("card")
        .set("lang", screen.lang.tag())
        .set("data-phase", name)
        .set("aria-busy", if matches!(name, "loading" | "starting") { "true" } else { "false" })
        .maybe(known.then(|| summary::summary(screen)))
        .child(panel)
        .child(footer)
        .child(status)
}

/// The same bars as the loader's (`js/skeleton.js`), so that nothing jumps when the app takes over.
fn skeleton() -> El {
    let bars = el("div").class("skeleton").key("skeleton").set("aria-hidden", "true");
    (0..7).fold(bars, |bars, _| bars.child(el("i")))
}
