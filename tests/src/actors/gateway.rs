//! What happens at the gateways behind Coursepay's back, and what do they know?

use coursepay_core::method::GatewayId;
use serde_json::{Value, json};

use crate::message::{Answer, Ask};
use crate::target::Target;

/// What goes wrong at `gateway` from now on: a rule for the sandbox's `POST /sandbox/faults`.
///
/// # Panics
/// When the sandbox knows no such fault.
pub async fn befalls<T: Target>(target: &T, gateway: GatewayId, mut rule: Value) {
    rule["gateway"] = json!(gateway.name());
    let request = Ask::post("/sandbox/faults").json(&rule).to(&target.setup().sandbox_url);
    Answer(target.call_sandbox(request).await).expect(201);
}

/// All payments that the gateways know, each with its refunds.
///
/// # Panics
/// When the sandbox does not list them.
pub async fn payments<T: Target>(target: &T) -> Vec<Value> {
    let request = Ask::get("/sandbox/payments.json").to(&target.setup().sandbox_url);
    let listing: Value = Answer(target.call_sandbox(request).await).read(200);
    listing["payments"].as_array().expect("payments").clone()
}

/// The refunds that a gateway knows of the payment with this number: number, amount and status of each.
///
/// # Panics
/// When it knows no such payment.
pub async fn refunds_of<T: Target>(target: &T, merchant_no: &str) -> Vec<(String, i64, String)> {
    let known = payments(target).await;
    let payment =
        known.iter().find(|payment| payment["number"] == merchant_no).expect("a payment of this number");
    let refund = |refund: &Value| {
        let text = |name: &str| refund[name].as_str().unwrap_or_default().to_owned();
        (text("number"), refund["amount_minor"].as_i64().expect("an amount"), text("status"))
    };
    payment["refunds"].as_array().expect("refunds").iter().map(refund).collect()
}

/// Has a buyer's bank take a card's payment back; the gateway's number of the dispute.
///
/// # Panics
/// When the sandbox refuses.
pub async fn disputes<T: Target>(target: &T, body: &Value) -> String {
    let request = Ask::post("/sandbox/stripe/disputes").json(body).to(&target.setup().sandbox_url);
    let answer = Answer(target.call_sandbox(request).await);
    let dispute: Value = answer.read(answer.status().as_u16());
    dispute["id"].as_str().unwrap_or_else(|| panic!("{dispute}")).to_owned()
}

/// Has the bank decide a dispute: `won` or `lost`.
///
/// # Panics
/// When the sandbox refuses.
pub async fn decides<T: Target>(target: &T, dispute: &str, outcome: &str) {
    let ask = Ask::post(format!("/sandbox/stripe/disputes/{dispute}")).json(&json!({ "outcome": outcome }));
    let answer = Answer(target.call_sandbox(ask.to(&target.setup().sandbox_url)).await);
    assert!(answer.status().is_success(), "{}", answer.text());
}
