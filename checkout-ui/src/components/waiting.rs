//! What does the learner see between choosing and the outcome?

use std::rc::Rc;

use coursepay_core::api::Action;
use coursepay_core::method::Method;
use yew::virtual_dom::VComp;

use crate::components::countdown::{self, Countdown};
use crate::components::el::{El, el};
use crate::components::icon;
use crate::components::qr_code::{self, QrCode};
use crate::components::screen::Screen;
use crate::state::Msg;
use crate::text::Text;

/// A code to scan, and how long it holds.
pub(crate) fn scanning(screen: &Screen<'_>, content: &str, expires_at_ms: i64) -> El {
    let code = qr_code::Props { content: content.to_owned(), label: screen.say(Text::QrLabel) };
    let countdown = countdown::Props {
        expires_at_ms,
        clock: screen.clock.clone(),
        label: screen.say(Text::TimeLeft),
        act: screen.act.clone(),
    };
    el("div")
        .class("panel scan")
        .key("scan")
        .child(screen.heading(Text::ScanTitle))
        .child(el("div").class("frame").node(VComp::new::<QrCode>(Rc::new(code), None).into()))
        .child(screen.hint(Text::ScanHint))
        .node(VComp::new::<Countdown>(Rc::new(countdown), None).into())
        .child(
            el("div")
                .class("actions")
                .child(screen.button("secondary", Text::SaidPaid, Msg::SaidPaid))
                .child(screen.button("link", Text::OtherMethod, Msg::ChangeMethod)),
        )
}

/// On the way to the gateway's page, with a link in case the browser did not go.
pub(crate) fn redirecting(screen: &Screen<'_>, url: &str) -> El {
    let open = el("a")
        .class("pay")
        .set("part", "pay-button")
        .set_to("href", url.to_owned())
        .text(screen.say(Text::OpenAlipay));
    screen
        .panel("redirect", "badge info", icon::icon(icon::PHONE), Text::GoingTitle)
        .child(screen.hint(Text::GoingHint))
        .child(
            el("div")
                .class("actions")
                .child(open)
                .child(screen.button("secondary", Text::SaidPaid, Msg::SaidPaid))
                .child(screen.button("link", Text::OtherMethod, Msg::ChangeMethod)),
        )
}

/// The server is being asked.
pub(crate) fn confirming(screen: &Screen<'_>, claimed: bool) -> El {
    let attempt = screen.state.open_order().and_then(|held| held.view.attempt.as_ref());
    let external = attempt.is_some_and(|attempt| attempt.method != Method::Wallet);
    let can_return = attempt.is_some_and(|attempt| attempt.action != Action::None);
    let (title, hint) = if claimed {
        (Text::ConfirmTitle, Text::ConfirmHint)
    } else {
        (Text::Preparing, Text::PreparingHint)
    };
    let actions = (claimed && external).then(|| {
        el("div")
            .class("actions")
            .maybe(can_return.then(|| screen.button("secondary", Text::ShowCode, Msg::ShowCode)))
            .child(screen.button("link", Text::OtherMethod, Msg::ChangeMethod))
    });
    screen
        .panel("confirm", "badge wait", el("span").class("ring"), title)
        .child(screen.hint(hint))
        .maybe(actions)
}
