//! What does the learner see between choosing and the outcome?

use std::rc::Rc;

use coursepay_core::api::Action;
use coursepay_core::method::{GatewayId, Method};
use yew::virtual_dom::VComp;

use crate::components::countdown::{self, Countdown};
use crate::components::el::{El, el};
use crate::components::icon;
use crate::components::outcome::order_number;
use crate::components::qr_code::{self, QrCode};
use crate::components::screen::Screen;
use crate::state::Msg;
use crate::text::Text;

/// A code to scan, and how long it holds.
pub(crate) fn scanning(screen: &Screen<'_>, content: &str, expires_at_ms: i64) -> El {
    let words = screen.state.words();
    let method = screen.state.attempt().map(|attempt| attempt.method);
    let wechat = method == Some(Method::External(GatewayId::WechatPay));
    let code = qr_code::Props { content: content.to_owned(), label: screen.say(words.code) };
    let countdown = countdown::Props {
        expires_at_ms,
        clock: screen.clock.clone(),
        label: screen.say(Text::TimeLeft),
        act: screen.act.clone(),
    };
    el("div")
        .class(if wechat { "panel scan wechat" } else { "panel scan alipay" })
        .key("scan")
        .child(screen.heading(words.scan))
        .child(el("div").class("frame").node(VComp::new::<QrCode>(Rc::new(code), None).into()))
        .child(screen.hint(words.scan_hint))
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
        .text(screen.say(screen.state.words().open));
    going(screen, open)
}

/// WeChat shows its cashier over this screen, with a button in case it did not.
pub(crate) fn in_wechat(screen: &Screen<'_>) -> El {
    going(screen, screen.button("pay", screen.state.words().open, Msg::ShowCode))
}

fn going(screen: &Screen<'_>, open: El) -> El {
    let method = screen.state.attempt().map(|attempt| attempt.method);
    let card = method == Some(Method::External(GatewayId::Stripe));
    let picture = icon::icon(if card { icon::CARD } else { icon::PHONE });
    screen
        .panel("redirect", "badge info", picture, screen.state.words().going)
        .child(screen.hint(Text::GoingHint))
        .child(
            el("div")
                .class("actions")
                .child(open)
                .child(screen.button("secondary", Text::SaidPaid, Msg::SaidPaid))
                .child(screen.button("link", Text::OtherMethod, Msg::ChangeMethod)),
        )
}

/// The money is on its way, and nothing is left to do.
pub(crate) fn processing(screen: &Screen<'_>) -> El {
    screen
        .panel("processing", "badge late", icon::icon(icon::CLOCK), Text::ProcessingTitle)
        .child(screen.hint(Text::ProcessingHint))
        .maybe(order_number(screen))
}

/// The server is being asked.
pub(crate) fn confirming(screen: &Screen<'_>, claimed: bool) -> El {
    let attempt = screen.state.attempt();
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
