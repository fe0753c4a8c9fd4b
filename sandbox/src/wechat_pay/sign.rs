//! Which string does each signature of WeChat Pay v3 cover?
//!
//! Every part of such a string is a line of its own and every line ends with a line feed, the last one too;
//! a body that is absent is an empty line.

/// What a request's `Authorization` signs. `target` is the path with the query exactly as sent.
#[must_use]
pub fn request_text(method: &str, target: &str, timestamp: &str, nonce: &str, body: &str) -> String {
    lines(&[method, target, timestamp, nonce, body])
}

/// What `Wechatpay-Signature` signs on an answer or a callback.
#[must_use]
pub fn answer_text(timestamp: &str, nonce: &str, body: &str) -> String {
    lines(&[timestamp, nonce, body])
}

/// What `paySign` signs when a page inside WeChat asks for the payment. `package` is `prepay_id=…`.
#[must_use]
pub fn jsapi_text(app_id: &str, timestamp: &str, nonce: &str, package: &str) -> String {
    lines(&[app_id, timestamp, nonce, package])
}

fn lines(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| [part, "\n"]).collect()
}
