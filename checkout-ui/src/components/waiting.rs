//! What does the learner see between choosing and the outcome?

use coursepay_core::api::Action;
use coursepay_core::method::Method;
use yew::{Html, html};

use crate::components::countdown::Countdown;
use crate::components::icon;
use crate::components::qr_code::QrCode;
use crate::components::screen::Screen;
use crate::state::Msg;
use crate::text::Text;

/// A code to scan, and how long it holds.
pub(crate) fn scanning(screen: &Screen<'_>, content: &str, expires_at_ms: i64) -> Html {
    let lang = screen.lang;
    html! {
        <div class="panel scan" key="scan">
            { screen.heading(Text::ScanTitle) }
            <div class="frame" part="qr-frame">
                <QrCode content={content.to_owned()} label={lang.say(Text::QrLabel)} />
            </div>
            <p class="hint">{ lang.say(Text::ScanHint) }</p>
            <Countdown
                {expires_at_ms}
                clock={screen.clock.clone()}
                label={lang.say(Text::TimeLeft)}
                on_end={screen.act.reform(|()| Msg::DeadlinePassed)}
            />
            <div class="actions">
                { screen.button("secondary", Text::SaidPaid, || Msg::SaidPaid) }
                { screen.button("link", Text::OtherMethod, || Msg::ChangeMethod) }
            </div>
        </div>
    }
}

/// On the way to the gateway's page, with a link in case the browser did not go.
pub(crate) fn redirecting(screen: &Screen<'_>, url: &str) -> Html {
    html! {
        <div class="panel outcome" key="redirect">
            <div class="badge info">{ icon::icon(icon::PHONE) }</div>
            { screen.heading(Text::GoingTitle) }
            <p class="hint">{ screen.lang.say(Text::GoingHint) }</p>
            <div class="actions">
                <a class="pay" part="pay-button" href={url.to_owned()}>{ screen.lang.say(Text::OpenAlipay) }</a>
                { screen.button("secondary", Text::SaidPaid, || Msg::SaidPaid) }
                { screen.button("link", Text::OtherMethod, || Msg::ChangeMethod) }
            </div>
        </div>
    }
}

/// The server is being asked.
pub(crate) fn confirming(screen: &Screen<'_>, claimed: bool) -> Html {
    let attempt = screen.state.open_order().and_then(|held| held.view.attempt.as_ref());
    let external = attempt.is_some_and(|attempt| attempt.method != Method::Wallet);
    let can_return = attempt.is_some_and(|attempt| attempt.action != Action::None);
    let (title, hint) = if claimed {
        (Text::ConfirmTitle, Text::ConfirmHint)
    } else {
        (Text::Preparing, Text::PreparingHint)
    };
    html! {
        <div class="panel outcome" key="confirm">
            <div class="badge wait"><span class="ring" aria-hidden="true"></span></div>
            { screen.heading(title) }
            <p class="hint">{ screen.lang.say(hint) }</p>
            if claimed && external {
                <div class="actions">
                    if can_return {
                        { screen.button("secondary", Text::ShowCode, || Msg::ShowCode) }
                    }
                    { screen.button("link", Text::OtherMethod, || Msg::ChangeMethod) }
                </div>
            }
        </div>
    }
}
