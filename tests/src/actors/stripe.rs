//! What does Stripe report, and what does somebody report who only claims to be Stripe?
//!
//! Events are put together and signed here, apart from the code that reads them and apart from the sandbox,
//! so that each can be wrong in one way.

use coursepay_core::method::GatewayId;
use serde_json::{Value, json};

use crate::actors::callback::RawCallback;
use crate::actors::signature::hmac_sha256;
use crate::setup::Setup;

/// An event being put together.
#[derive(Clone, Debug)]
pub struct Event(Value);

impl Event {
    /// What Stripe says once the session of `merchant_no` is paid, in test mode.
    pub fn paid(merchant_no: &str, amount_minor: i64, now_ms: i64) -> Self {
        let now_s = now_ms.div_euclid(1_000);
        let session = json!({
            "id": format!("cs_test_{merchant_no}"),
            "object": "checkout.session",
            "amount_subtotal": amount_minor,
            "amount_total": amount_minor,
            "client_reference_id": merchant_no,
            "created": now_s,
            "currency": "cny",
            "customer_details": {"email": "a+b@example.org", "name": "李 & \"Lee\" <%26>"},
            "livemode": false,
            "metadata": {"attempt": merchant_no},
            "mode": "payment",
            "payment_intent": format!("pi_{merchant_no}"),
            "payment_status": "paid",
            "status": "complete",
            "url": null,
        });
        Self(json!({
            "id": format!("evt_{merchant_no}"),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": now_s,
            "data": {"object": session},
            "livemode": false,
            "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": null},
            "type": "checkout.session.completed",
        }))
    }

    /// With another value at this JSON pointer, whose last part may be new.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (place, name) = pointer.rsplit_once('/').expect("a pointer");
        let object = self.0.pointer_mut(place).unwrap_or_else(|| panic!("no {place}"));
        object[name] = value.into();
        self
    }

    /// As it is sent.
    pub fn body(&self) -> String {
        self.0.to_string()
    }

    /// Signed at `at_ms` with `secret`.
    pub fn signed_by(&self, secret: &str, at_ms: i64) -> RawCallback {
        signed(self.body(), secret, at_ms)
    }
}

/// A true one.
pub fn true_callback(setup: &Setup, event: &Event, now_ms: i64) -> RawCallback {
    event.signed_by(&setup.stripe_webhook_secret, now_ms)
}

/// Any body, signed at `at_ms` with `secret`.
pub fn signed(body: impl AsRef<[u8]>, secret: &str, at_ms: i64) -> RawCallback {
    let at_s = at_ms.div_euclid(1_000);
    let signature = signature(body.as_ref(), secret, at_s);
    RawCallback::new(GatewayId::Stripe, body.as_ref())
        .header("content-type", "application/json; charset=utf-8")
        .header("Stripe-Signature", &format!("t={at_s},v1={signature}"))
}

/// What stands after `v1=`.
pub fn signature(body: &[u8], secret: &str, at_s: i64) -> String {
    hmac_sha256(secret, &[format!("{at_s}.").as_bytes(), body].concat())
}
