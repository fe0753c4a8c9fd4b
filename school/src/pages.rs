//! What does each page look like?
//!
//! Plain HTML from the server. The checkout widget and `school.js` are the only scripts; everything else
//! works without any.

mod course;
mod home;
mod layout;
mod lesson;
mod login;
mod notice;
mod purchases;

pub(crate) use course::course_page;
pub(crate) use home::{Card, home_page};
pub(crate) use layout::View;
pub(crate) use lesson::lesson_page;
pub(crate) use login::login_page;
pub(crate) use notice::{lesson_locked_page, not_found_page};
pub(crate) use purchases::purchases_page;
