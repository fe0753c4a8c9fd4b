//! How did it end, and what can the learner do now?

use yew::{Html, html};

use crate::components::icon;
use crate::components::screen::Screen;
use crate::state::{Failure, Msg, Reason};
use crate::text::Text;

/// Settled.
pub(crate) fn paid(screen: &Screen<'_>) -> Html {
    html! {
        <div class="panel outcome" key="paid">
            <div class="badge good">
                <svg class="seal" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                    <path class="tick" pathLength="1" d={icon::CHECK} />
                </svg>
            </div>
            { screen.heading(Text::PaidTitle) }
            <p class="hint">{ screen.lang.say(Text::PaidHint) }</p>
            { order_number(screen) }
            <div class="actions"><slot name="paid" /></div>
        </div>
    }
}

/// Nothing to buy: it is theirs.
pub(crate) fn already_owned(screen: &Screen<'_>) -> Html {
    html! {
        <div class="panel outcome" key="owned">
            <div class="badge good">{ icon::icon(icon::BOOK) }</div>
            { screen.heading(Text::OwnedTitle) }
            <p class="hint">{ screen.lang.say(Text::OwnedHint) }</p>
            <div class="actions"><slot name="paid" /></div>
        </div>
    }
}

/// A try to pay failed.
pub(crate) fn failed(screen: &Screen<'_>, reason: &Reason) -> Html {
    html! {
        <div class="panel outcome" key="failed">
            <div class="badge bad">{ icon::icon(icon::CROSS) }</div>
            { screen.heading(Text::FailedTitle) }
            <p class="hint">{ screen.lang.reason(reason) }</p>
            if let Reason::Server(failure) = reason { { support_code(screen, failure) } }
            { order_number(screen) }
            <div class="actions">
                { screen.button("pay", Text::TryAgain, || Msg::TryAgain) }
                { screen.button("link", Text::OtherMethod, || Msg::ChangeMethod) }
            </div>
        </div>
    }
}

/// The time to pay is over.
pub(crate) fn expired(screen: &Screen<'_>) -> Html {
    html! {
        <div class="panel outcome" key="expired">
            <div class="badge late">
                <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                    <circle cx="12" cy="12" r="8" /><path d={icon::CLOCK} />
                </svg>
            </div>
            { screen.heading(Text::ExpiredTitle) }
            <p class="hint">{ screen.lang.say(Text::ExpiredHint) }</p>
            <div class="actions">
                { screen.button("pay", Text::Renew, || Msg::TryAgain) }
                { screen.button("link", Text::OtherMethod, || Msg::ChangeMethod) }
            </div>
        </div>
    }
}

/// The checkout could not be filled.
pub(crate) fn unavailable(screen: &Screen<'_>, failure: &Failure) -> Html {
    let (title, retry) = if failure.is_transient() {
        (Text::UnavailableTitle, true)
    } else {
        (Text::GoneTitle, !failure.has_status(404))
    };
    html! {
        <div class="panel outcome" key="unavailable">
            <div class="badge late">{ icon::icon(icon::CLOUD) }</div>
            { screen.heading(title) }
            <p class="hint">{ screen.lang.failure(failure) }</p>
            { support_code(screen, failure) }
            if retry {
                <div class="actions">{ screen.button("pay", Text::TryAgain, || Msg::TryAgain) }</div>
            }
        </div>
    }
}

fn order_number(screen: &Screen<'_>) -> Html {
    match &screen.state.order {
        Some(held) => html! {
            <p class="fine">{ screen.lang.say(Text::OrderNumber) }<code>{ held.view.id.clone() }</code></p>
        },
        None => Html::default(),
    }
}

fn support_code(screen: &Screen<'_>, failure: &Failure) -> Html {
    html! {
        <p class="fine">{ screen.lang.say(Text::SupportCode) }<code>{ failure.code().to_owned() }</code></p>
    }
}
