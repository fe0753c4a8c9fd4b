//! How does the learner choose a way to pay?
//!
//! Native radio buttons under the drawing: arrow keys, form semantics and screen readers come with them.

use coursepay_core::device::Device;
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;

use crate::components::el::{El, On, el};
use crate::components::icon;
use crate::components::screen::Screen;
use crate::state::{Blocked, Msg, Notice, Offer, Phase, Wallet};
use crate::text::{Text, money};

/// The ways to pay, what the learner should know first, and the button.
pub(crate) fn method_picker(screen: &Screen<'_>) -> El {
    let state = screen.state;
    let offers = state.offers();
    let in_wechat = offers.iter().any(|offer| offer.choice.channel == Channel::InApp);
    let busy = !matches!(state.phase, Phase::Choosing { .. });
    let mut methods = el("fieldset")
        .part("methods")
        .when(busy, "disabled")
        .child(screen.focusable(el("legend").class("legend")).text(screen.say(Text::HowToPay)));
    if offers.is_empty() {
        methods = methods.child(screen.hint(Text::NoMethod));
    }
    for offer in offers {
        methods = methods.child(row(screen, offer));
    }
    let promise = |text| el("li").child(icon::icon(icon::CHECK)).text(screen.say(text));
    el("div")
        .class("panel offer")
        .key("offer")
        .maybe(notice(screen))
        .child(methods)
        .maybe((state.device == Device::WeChat && !in_wechat).then(|| screen.hint(Text::AlipayInWeChat)))
        .child(
            el("ul")
                .class("promises")
                .maybe(refund_policy(screen))
                .child(promise(Text::OpensAtOnce))
                .child(promise(Text::CheckedByServer)),
        )
        .child(pay_button(screen, busy))
}

/// When it is refunded, as the seller says: the order's word once there is one.
fn refund_policy(screen: &Screen<'_>) -> Option<El> {
    let words = screen.lang.refund_policy(screen.state.refund_policy()?);
    Some(el("li").child(icon::icon(icon::CHECK)).words(words))
}

fn pay_button(screen: &Screen<'_>, busy: bool) -> El {
    let state = screen.state;
    let words = match &state.phase {
        Phase::Creating { tries: 1.., .. }
        | Phase::Starting { tries: 1.., .. }
        | Phase::Repricing { tries: 1.., .. } => screen.say(Text::Retrying).to_owned(),
        _ if busy => screen.say(Text::Preparing).to_owned(),
        _ => [screen.say(Text::PayPrefix), &state.price().map(money).unwrap_or_default()].concat(),
    };
    el("button")
        .set("type", "button")
        .set("part", "pay-button")
        .class(if busy { "pay busy" } else { "pay" })
        .set("aria-busy", if busy { "true" } else { "false" })
        .when(!state.can_pay(), "disabled")
        .on(On::Click, &screen.act, Msg::Pay)
        .maybe(busy.then(|| el("span").class("spinner").set("aria-hidden", "true")))
        .child(el("span").words(words))
}

fn row(screen: &Screen<'_>, offer: Offer) -> El {
    let choice = offer.choice;
    let tile = match choice.method {
        Method::Wallet => "tile wallet",
        Method::External(GatewayId::Alipay) => "tile alipay",
        Method::External(GatewayId::WechatPay) => "tile wechat",
        Method::External(GatewayId::Stripe) => "tile bank",
    };
    let picture = match (choice.method, choice.channel) {
        (Method::Wallet, _) => icon::WALLET,
        (Method::External(GatewayId::Stripe), _) => icon::CARD,
        (Method::External(_), Channel::Qr) => icon::SCAN,
        (Method::External(_), Channel::Mobile) => icon::PHONE,
        (Method::External(_), Channel::InApp) => icon::CHAT,
        (Method::External(_), Channel::Redirect | Channel::Balance) => icon::WINDOW,
    };
    let input = el("input")
        .set("type", "radio")
        .set("name", "method")
        .set_to("value", [choice.method.name(), ".", choice.channel.name()].concat())
        .checked(screen.state.chosen() == Some(choice))
        .when(offer.blocked.is_some(), "disabled")
        .on(On::Change, &screen.act, Msg::Pick(choice));
    let words = el("span")
        .class("words")
        .child(el("span").class("name").text(screen.lang.choice(choice).0))
        .child(el("span").class("hint").words(hint(screen, offer)));
    el("label").part("method").child(input).child(
        el("span")
            .class("row")
            .child(el("span").class(tile).child(icon::icon(picture)))
            .child(words)
            .child(el("span").class("dot")),
    )
}

/// What stands below a method's name: why it cannot be had, what is in it, or how it goes.
fn hint(screen: &Screen<'_>, offer: Offer) -> String {
    let with = |text, amount| [screen.say(text), &money(amount)].concat();
    match (offer.blocked, screen.state.wallet()) {
        (Some(Blocked::Short { missing: Some(missing) }), _) => with(Text::ShortOf, missing),
        (Some(Blocked::Short { missing: None }), _) => screen.say(Text::ShortUnknown).to_owned(),
        (Some(Blocked::SwitchedOff), _) => screen.say(Text::SwitchedOff).to_owned(),
        (None, Some(Wallet::Holds(view)))
            if offer.choice.method == Method::Wallet
                && let Ok(balance) = Money::new(view.balance_minor, view.currency) =>
        {
            with(Text::Balance, balance)
        }
        (None, _) => screen.lang.choice(offer.choice).1.to_owned(),
    }
}

fn notice(screen: &Screen<'_>) -> Option<El> {
    let Phase::Choosing { notice: Some(notice) } = &screen.state.phase else { return None };
    let was = match notice {
        Notice::PriceChanged { was_minor } => {
            screen.state.price().and_then(|price| Money::new(*was_minor, price.currency()).ok())
        }
        Notice::InsufficientFunds
        | Notice::MethodUnavailable
        | Notice::LoginUnfinished
        | Notice::WechatNotOpened
        | Notice::ChosenElsewhere
        | Notice::Refunded => None,
    };
    let was =
        was.map(|was| el("p").class("was").text(screen.say(Text::PriceWas)).child(el("s").words(money(was))));
    Some(el("div").part("notice").child(el("p").text(screen.say(notice.text()))).maybe(was))
}
