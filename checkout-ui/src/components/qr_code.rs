//! How is the code drawn, so that a phone reads it on any background?

use yew::{AttrValue, Component, Context, Html, Properties};

use crate::components::el::el;
use crate::qr;

/// What the code says, and how it is named for those who cannot see it.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) content: String,
    pub(crate) label: &'static str,
}

/// The code as one path on a white sheet, whatever the theme. Drawn anew only when its content changes.
pub(crate) struct QrCode {
    view_box: AttrValue,
    path: AttrValue,
}

impl Component for QrCode {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let drawing = qr::draw(&ctx.props().content).unwrap_or_default();
        let view_box = format!("0 0 {0} {0}", drawing.size);
        Self { view_box: view_box.into(), path: drawing.path.into() }
    }

    fn changed(&mut self, ctx: &Context<Self>, _old: &Props) -> bool {
        *self = Self::create(ctx);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let sheet = el("rect").set("width", "100%").set("height", "100%").set("fill", "#fff");
        let code = el("path").set("fill", "#0b1220").set_to("d", self.path.clone());
        el("svg")
            .part("qr")
            .set("role", "img")
            .set("aria-label", ctx.props().label)
            .set("shape-rendering", "crispEdges")
            .set_to("viewBox", self.view_box.clone())
            .child(sheet)
            .child(code)
            .done()
    }
}
