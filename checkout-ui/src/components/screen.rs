//! Which parts does the card show in which phase?

use std::rc::Rc;

use yew::{Callback, Html, MouseEvent, NodeRef, html};

use crate::clock::ServerClock;
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
    /// A callback that sends a message, whatever the event.
    pub(crate) fn on<E: 'static>(&self, msg: impl Fn() -> Msg + 'static) -> Callback<E> {
        self.act.reform(move |_| msg())
    }

    /// The screen's heading.
    pub(crate) fn heading(&self, text: Text) -> Html {
        html! { <h3 class="heading" part="heading" tabindex="-1" ref={self.heading.clone()}>{ self.lang.say(text) }</h3> }
    }

    /// A button that sends a message.
    pub(crate) fn button(&self, class: &'static str, text: Text, msg: fn() -> Msg) -> Html {
        let part = if class == "pay" { "pay-button" } else { "button" };
        let onclick: Callback<MouseEvent> = self.on(msg);
        html! { <button {class} {part} type="button" {onclick}>{ self.lang.say(text) }</button> }
    }
}

/// The whole card.
pub(crate) fn screen(screen: &Screen<'_>) -> Html {
    let (state, lang) = (screen.state, screen.lang);
    let (name, panel) = match &state.phase {
        Phase::Loading { .. } => ("loading", skeleton()),
        Phase::Unavailable { failure, .. } => ("unavailable", outcome::unavailable(screen, failure)),
        Phase::Choosing { .. } => ("choosing", method_picker::method_picker(screen)),
        Phase::Repricing { .. } | Phase::Creating { .. } | Phase::Starting { .. } => {
            ("starting", method_picker::method_picker(screen))
        }
        Phase::Scanning { content, expires_at_ms } => {
            ("scanning", waiting::scanning(screen, content, *expires_at_ms))
        }
        Phase::Redirecting { url } => ("redirecting", waiting::redirecting(screen, url)),
        Phase::Confirming { claimed } => ("confirming", waiting::confirming(screen, *claimed)),
        Phase::Paid => ("paid", outcome::paid(screen)),
        Phase::Failed { reason } => ("failed", outcome::failed(screen, reason)),
        Phase::Expired => ("expired", outcome::expired(screen)),
        Phase::AlreadyOwned => ("owned", outcome::already_owned(screen)),
    };
    let known = state.title().is_some() && name != "loading";
    html! {
        <section class="card" part="card" lang={lang.tag()} data-phase={name} aria-busy={busy(state)}>
            if known { { summary::summary(screen) } }
            { panel }
            if state.offline { <p class="offline">{ lang.say(Text::Offline) }</p> }
            <footer class="footer" part="footer">
                { icon::icon(icon::LOCK) }<span>{ lang.say(Text::Secure) }</span>
            </footer>
            <p class="unseen" role="status" aria-live="polite">{ lang.status(state) }</p>
        </section>
    }
}

fn busy(state: &State) -> &'static str {
    match state.phase {
        Phase::Loading { .. } | Phase::Repricing { .. } | Phase::Creating { .. } | Phase::Starting { .. } => {
            "true"
        }
        _ => "false",
    }
}

/// The same bars as the loader's (`js/skeleton.js`), so that nothing jumps when the app takes over.
fn skeleton() -> Html {
    html! {
        <div class="skeleton" key="skeleton" aria-hidden="true">
            <i></i><i></i><i></i><i></i><i></i><i></i><i></i>
        </div>
    }
}
