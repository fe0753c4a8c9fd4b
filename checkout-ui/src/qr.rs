//! How does a code become one SVG path?

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The empty border a scanner needs, in modules (ISO/IEC 18004).
const QUIET_ZONE: i32 = 4;

/// A QR code as a drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Width and height in modules, quiet zone included.
    pub size: i32,
    /// The dark modules, as SVG path data.
    pub path: String,
}

/// Draws `content`; nothing if it is too long for any QR code.
#[must_use]
pub fn draw(content: &str) -> Option<Drawing> {
    // Level M: enough for a screen, and coarser modules than Q or H, which phones read faster.
    let code = QrCode::encode_binary(content.as_bytes(), QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut start = None;
        // One step past the edge, where every module counts as light, closes the last run.
        for x in 0..=code.size() {
            match (start, code.get_module(x, y)) {
                (None, true) => start = Some(x),
                (Some(from), false) => {
                    let (left, top, width) = (from + QUIET_ZONE, y + QUIET_ZONE, x - from);
                    write!(path, "M{left} {top}h{width}v1h-{width}z").ok()?;
                    start = None;
                }
                (None, false) | (Some(_), true) => {}
            }
        }
    }
    Some(Drawing { size: code.size() + 2 * QUIET_ZONE, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_address_is_drawn_inside_its_quiet_zone() {
        let drawing = draw("https://qr.example/abc").unwrap();
        // Version 2 has 25 modules a side.
        assert_eq!(drawing.size, 25 + 8);
        // The top edges of the two upper finder patterns: seven dark modules each.
        assert!(drawing.path.starts_with("M4 4h7v1h-7z"));
        assert!(drawing.path.contains("M22 4h7v1h-7z"));
        assert!(!drawing.path.contains("M3 ") && !drawing.path.contains(" 3h"));
    }

    #[test]
    fn what_no_code_can_hold_is_not_drawn() {
        assert_eq!(draw(&"x".repeat(3_000)), None);
    }
}
