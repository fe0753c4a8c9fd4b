//! How does the learner choose a way to pay?
//!
//! Native radio buttons under the drawing: arrow keys, form semantics and screen readers come with them.

use coursepay_core::method::{Channel, Method};
use coursepay_core::money::Money;
use yew::{Html, html};

use crate::components::icon;
use crate::components::screen::Screen;
use crate::state::{Blocked, Device, Msg, Notice, Offer, Phase, Wallet};
use crate::text::{Text, money};

/// The ways to pay, what the learner should know first, and the button.
pub(crate) fn method_picker(screen: &Screen<'_>) -> Html {
    let (state, lang) = (screen.state, screen.lang);
    let offers = state.offers();
    let busy = !matches!(state.phase, Phase::Choosing { .. });
    let button = match &state.phase {
        Phase::Creating { tries: 1.., .. }
        | Phase::Starting { tries: 1.., .. }
        | Phase::Repricing { tries: 1.., .. } => lang.say(Text::Retrying).to_owned(),
        _ if busy => lang.say(Text::Preparing).to_owned(),
        _ => [lang.say(Text::PayPrefix), &state.price().map(money).unwrap_or_default()].concat(),
    };
    html! {
        <div class="panel offer" key="offer">
            { notice(screen) }
            <fieldset class="methods" part="methods" disabled={busy}>
                <legend class="legend">{ lang.say(Text::HowToPay) }</legend>
                if offers.is_empty() {
                    <p class="hint">{ lang.say(Text::NoMethod) }</p>
                }
                { for offers.iter().map(|offer| row(screen, *offer)) }
            </fieldset>
            if state.device == Device::WeChat {
                <p class="hint">{ lang.say(Text::AlipayInWeChat) }</p>
            }
            <ul class="promises">
                <li>{ icon::icon(icon::CHECK) }{ lang.say(Text::OpensAtOnce) }</li>
                <li>{ icon::icon(icon::CHECK) }{ lang.say(Text::CheckedByServer) }</li>
            </ul>
            <button
                class={if busy { "pay busy" } else { "pay" }}
                part="pay-button"
                type="button"
                disabled={!state.can_pay()}
                aria-busy={if busy { "true" } else { "false" }}
                onclick={screen.on(|| Msg::Pay)}
            >
                if busy { <span class="spinner" aria-hidden="true"></span> }
                <span>{ button }</span>
            </button>
        </div>
    }
}

fn row(screen: &Screen<'_>, offer: Offer) -> Html {
    let (choice, lang) = (offer.choice, screen.lang);
    let (name, hint) = lang.choice(choice);
    let chosen = screen.state.chosen() == Some(choice);
    let (tile, picture) = match (choice.method, choice.channel) {
        (Method::Wallet, _) => ("tile wallet", icon::WALLET),
        (Method::External(_), Channel::Qr) => ("tile alipay", icon::SCAN),
        (Method::External(_), Channel::Mobile) => ("tile alipay", icon::PHONE),
        (Method::External(_), _) => ("tile alipay", icon::WINDOW),
    };
    let hint = match (offer.blocked, screen.state.wallet()) {
        (Some(Blocked::Short { missing: Some(missing) }), _) => {
            [lang.say(Text::ShortOf), &money(missing)].concat()
        }
        (Some(Blocked::Short { missing: None }), _) => lang.say(Text::ShortUnknown).to_owned(),
        (Some(Blocked::SwitchedOff), _) => lang.say(Text::SwitchedOff).to_owned(),
        (None, Some(Wallet::Holds(view))) if choice.method == Method::Wallet => {
            match Money::new(view.balance_minor, view.currency) {
                Ok(balance) => [lang.say(Text::Balance), &money(balance)].concat(),
                Err(_) => hint.to_owned(),
            }
        }
        (None, _) => hint.to_owned(),
    };
    html! {
        <label class="method" part="method">
            <input
                type="radio"
                name="method"
                value={choice.channel.name()}
                checked={chosen}
                disabled={offer.blocked.is_some()}
                onchange={screen.on(move || Msg::Pick(choice))}
            />
            <span class="row">
                <span class={tile}>{ icon::icon(picture) }</span>
                <span class="words">
                    <span class="name">{ name }</span>
                    <span class="hint">{ hint }</span>
                </span>
                <span class="dot" aria-hidden="true"></span>
            </span>
        </label>
    }
}

fn notice(screen: &Screen<'_>) -> Html {
    let Phase::Choosing { notice: Some(notice) } = &screen.state.phase else { return Html::default() };
    let was = match notice {
        Notice::PriceChanged { was_minor } => {
            let currency = screen.state.price().map(Money::currency);
            currency.and_then(|currency| Money::new(*was_minor, currency).ok())
        }
        Notice::InsufficientFunds | Notice::MethodUnavailable => None,
    };
    html! {
        <div class="notice" part="notice">
            <p>{ screen.lang.say(notice.text()) }</p>
            if let Some(was) = was {
                <p class="was">{ screen.lang.say(Text::PriceWas) }<s>{ money(was) }</s></p>
            }
        </div>
    }
}
