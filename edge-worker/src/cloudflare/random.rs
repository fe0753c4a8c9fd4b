//! Where do unpredictable bytes come from?

/// Fills `bytes` from the runtime's `crypto.getRandomValues`, which works in every event and nowhere else.
#[expect(
    clippy::expect_used,
    reason = "bytes that stay zero would be ids, nonces and tokens that anybody can guess: better to stop"
)]
pub(super) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("every event has crypto.getRandomValues");
}
