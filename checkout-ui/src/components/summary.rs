//! What is bought, and for how much?

use coursepay_core::money::Money;

use crate::components::el::{El, el};
use crate::components::screen::Screen;
use crate::text::{Amount, Text, money};

/// The head of the card: kind, title, price.
pub(crate) fn summary(screen: &Screen<'_>) -> El {
    el("header")
        .part("summary")
        .child(el("p").class("kind").text(screen.say(Text::Course)))
        .child(el("h2").part("title").words(screen.state.title().unwrap_or_default().to_owned()))
        .maybe(screen.state.price().map(price))
}

/// Read as one amount, drawn in three sizes.
fn price(price: Money) -> El {
    let Amount { symbol, whole, fraction } = Amount::of(price);
    el("p").part("price").child(el("span").class("unseen").words(money(price))).child(
        el("span")
            .class("amount")
            .set("aria-hidden", "true")
            .child(el("span").class("symbol").text(symbol))
            .child(el("span").class("whole").words(whole))
            .child(el("span").class("fraction").words(fraction)),
    )
}
