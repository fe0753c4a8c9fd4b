//! Who approves a payment? Whoever scans the code: its content is the address of the sandbox's cashier.

use crate::message::{Answer, Ask};
use crate::target::Target;

/// Opens the cashier at `content` without pressing anything.
pub async fn scan<T: Target>(target: &T, content: &str) -> Answer {
    Answer(target.call_sandbox(Ask::get("").to(content)).await)
}

/// Pays at the cashier at `content`, and must succeed.
pub async fn approve<T: Target>(target: &T, content: &str) {
    press(target, content, "approve").await.expect(200);
}

/// Declines at the cashier at `content`, and must succeed.
pub async fn decline<T: Target>(target: &T, content: &str) {
    press(target, content, "decline").await.expect(200);
}

/// Presses a button of the cashier at `content`.
pub async fn press<T: Target>(target: &T, content: &str, button: &str) -> Answer {
    let ask = Ask::post(format!("/{button}")).header("accept", "application/json");
    Answer(target.call_sandbox(ask.to(content)).await)
}
