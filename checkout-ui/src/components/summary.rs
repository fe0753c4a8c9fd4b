//! What is bought, and for how much?

use yew::{Html, html};

use crate::components::screen::Screen;
use crate::text::{Amount, Text, money};

/// The head of the card: kind, title, price.
pub(crate) fn summary(screen: &Screen<'_>) -> Html {
    let price = screen.state.price();
    html! {
        <header class="summary" part="summary">
            <p class="kind">{ screen.lang.say(Text::Course) }</p>
            <h2 class="title" part="title">{ screen.state.title().unwrap_or_default().to_owned() }</h2>
            if let Some(price) = price {
                // Read as one amount, drawn in three sizes.
                <p class="price" part="price">
                    <span class="unseen">{ money(price) }</span>
                    { amount(&Amount::of(price)) }
                </p>
            }
        </header>
    }
}

fn amount(amount: &Amount) -> Html {
    html! {
        <span class="amount" aria-hidden="true">
            <span class="symbol">{ amount.symbol }</span>
            <span class="whole">{ amount.whole.clone() }</span>
            <span class="fraction">{ amount.fraction.clone() }</span>
        </span>
    }
}
