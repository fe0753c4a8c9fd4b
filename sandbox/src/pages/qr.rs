//! How is an address drawn as a QR code?

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code, as ISO/IEC 18004 wants for reading.
const QUIET: i32 = 4;

/// A QR code as a drawing; nothing when the text is too long for one.
pub(super) fn qr(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return html! {} };
    let size = code.size().saturating_add(QUIET).saturating_add(QUIET);
    html! {
        svg.qr viewBox={ "0 0 " (size) " " (size) } role="img" aria-label=(label) shape-rendering="crispEdges" {
            path d=(outline(&code)) {}
        }
    }
}

/// One rectangle for each run of dark modules.
fn outline(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .fold(0, |run: i32, _| run.saturating_add(1));
            if run > 0 {
                // Writing to a String does not fail.
                let _ =
                    write!(path, "M{} {}h{run}v1h-{run}z", x.saturating_add(QUIET), y.saturating_add(QUIET));
            }
            x = x.saturating_add(run.max(1));
        }
    }
    path
}
