//! What does each part of the screen look like? Plain functions from values to HTML; what moves by itself or
//! is costly to draw is a component of its own.

pub(crate) mod countdown;
pub(crate) mod el;
pub(crate) mod icon;
pub(crate) mod method_picker;
pub(crate) mod outcome;
pub(crate) mod qr_code;
pub(crate) mod screen;
pub(crate) mod summary;
pub(crate) mod waiting;
