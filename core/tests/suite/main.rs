//! Does core decide what it promises? One binary, run natively and again on wasm32.
//!
//! Properties and signatures are checked natively only: the one needs randomness, the other RSA, and core
//! has neither.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in tests a panic is how a test fails"
)]

mod carts;
mod changes;
mod devices;
mod disputes;
mod fixture;
mod gateway_requests;
mod gateway_vectors;
mod messages;
mod misfits;
mod order_table;
mod refund_asked;
mod refund_policies;
mod refund_shares;
mod refund_table;
mod reminders;
mod sale;
mod signed_texts;
mod stripe_answers;
mod stripe_attacks;
mod stripe_disputes;
mod stripe_fixture;
mod stripe_notices;
mod stripe_refunds;
mod stripe_requests;
mod stripe_vectors;
mod surplus;
mod tables;
mod values;
mod views;
mod wechat_pay_fixture;
mod wechat_pay_login;
mod wechat_pay_requests;
mod wechat_pay_vectors;

#[cfg(not(target_arch = "wasm32"))]
mod alipay_certificates;
#[cfg(not(target_arch = "wasm32"))]
mod alipay_refunds;
#[cfg(not(target_arch = "wasm32"))]
mod answer_table;
#[cfg(not(target_arch = "wasm32"))]
mod certificate_forms;
#[cfg(not(target_arch = "wasm32"))]
mod gateway_properties;
#[cfg(not(target_arch = "wasm32"))]
mod ledger_properties;
#[cfg(not(target_arch = "wasm32"))]
mod notice_attacks;
#[cfg(not(target_arch = "wasm32"))]
mod signing;
#[cfg(not(target_arch = "wasm32"))]
mod statements;
#[cfg(not(target_arch = "wasm32"))]
mod stripe_properties;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_answers;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_attacks;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_callbacks;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_certificates;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_properties;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_queries;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_refunds;
#[cfg(not(target_arch = "wasm32"))]
mod wechat_pay_signing;
