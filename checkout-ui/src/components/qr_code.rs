//! How is the code drawn, so that a phone reads it on any background?

use yew::{AttrValue, Html, Properties, component, html};

use crate::qr;

/// What the code says, and how it is named for those who cannot see it.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) content: AttrValue,
    pub(crate) label: &'static str,
}

/// The code as one path on a white sheet, whatever the theme. Drawn anew only when its content changes.
#[component]
pub(crate) fn QrCode(props: &Props) -> Html {
    let Some(drawing) = qr::draw(&props.content) else { return Html::default() };
    html! {
        <svg
            class="qr"
            part="qr"
            role="img"
            aria-label={props.label}
            viewBox={format!("0 0 {0} {0}", drawing.size)}
            shape-rendering="crispEdges"
        >
            <rect width="100%" height="100%" fill="#fff" />
            <path d={drawing.path} fill="#0b1220" />
        </svg>
    }
}
