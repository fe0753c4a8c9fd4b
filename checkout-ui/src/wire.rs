//! How are the Worker's answers read?
//!
//! Field by field, into core's wire types. They derive serde, but with serde the widget would weigh a sixth
//! more: the derived readers carry sentences about what they expected, which nobody would see here. That both
//! read alike is tested (`tests/wire.rs`). Unknown fields are ignored, and so
//! are ways to pay that this widget does not know: answers may gain some.

use coursepay_core::api::{
    Action, AttemptStatus, AttemptView, FailureReason, JsapiParams, LineView, MethodOffer, OrderStatus,
    OrderView, Price, ProductKind, ProductView, RefundPolicy, RefundStatus, SurplusFate, SurplusView,
    WalletView, WechatLoginView,
};
use coursepay_core::currency::Currency;
use coursepay_core::history::StoredEvent;
use coursepay_core::method::{Channel, Method};
use wasm_bindgen::JsValue;

use crate::intent::Intent;
use crate::json::{Read, field, integer, list, named, text};
use crate::state::SavedOrder;

impl Read for ProductView {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            id: text(value, "id")?,
            title: text(value, "title")?,
            kind: named(value, "kind", kind)?,
            prices: list(value, "prices", Price::read)?,
            refund_policy: RefundPolicy::read(&field(value, "refund_policy")),
            // None of a Worker from before it told them.
            methods: offers(value),
        })
    }
}

impl Read for Price {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            amount_minor: integer(value, "amount_minor")?,
            currency: named(value, "currency", Currency::from_code)?,
        })
    }
}

impl Read for WalletView {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            balance_minor: integer(value, "balance_minor")?,
            currency: named(value, "currency", Currency::from_code)?,
        })
    }
}

impl Read for OrderView {
    fn read(value: &JsValue) -> Option<Self> {
        let attempt = field(value, "attempt");
        let attempt = if attempt.is_null() { None } else { Some(AttemptView::read(&attempt)?) };
        Some(Self {
            id: text(value, "id")?,
            status: named(value, "status", order_status)?,
            refund_status: named(value, "refund_status", refund_status)?,
            currency: named(value, "currency", Currency::from_code)?,
            total_minor: integer(value, "total_minor")?,
            lines: list(value, "lines", LineView::read)?,
            methods: offers(value)?,
            expires_at_ms: integer(value, "expires_at_ms")?,
            attempt,
            surplus: list(value, "surplus", SurplusView::read).unwrap_or_default(),
            // None of a Worker from before it told them.
            sequence: integer(value, "sequence").unwrap_or_default(),
            head_hash: text(value, "head_hash").unwrap_or_default(),
            order_token: text(value, "order_token"),
        })
    }
}

/// The events of a history.
impl Read for Vec<StoredEvent> {
    fn read(value: &JsValue) -> Option<Self> {
        list(value, "events", StoredEvent::read)
    }
}

impl Read for StoredEvent {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            sequence: integer(value, "sequence")?,
            body: text(value, "body")?,
            hash: text(value, "hash")?,
        })
    }
}

impl Read for LineView {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            product: text(value, "product")?,
            title: text(value, "title")?,
            kind: named(value, "kind", kind)?,
            price_minor: integer(value, "price_minor")?,
            discount_minor: integer(value, "discount_minor")?,
            net_minor: integer(value, "net_minor")?,
            refund_policy: RefundPolicy::read(&field(value, "refund_policy")),
        })
    }
}

impl Read for RefundPolicy {
    fn read(value: &JsValue) -> Option<Self> {
        let limit = |name| integer(value, name).and_then(|limit| u32::try_from(limit).ok());
        value
            .is_object()
            .then(|| Self { window_days: limit("window_days"), max_used_bps: limit("max_used_bps") })
    }
}

impl Read for SurplusView {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            attempt: text(value, "attempt")?,
            amount_minor: integer(value, "amount_minor")?,
            fate: named(value, "fate", surplus_fate)?,
        })
    }
}

impl Read for MethodOffer {
    fn read(value: &JsValue) -> Option<Self> {
        let channel = |value: &JsValue| Some(value.as_string().as_deref().and_then(Channel::from_name));
        Some(Self {
            method: named(value, "method", Method::from_name)?,
            channels: list(value, "channels", channel)?.into_iter().flatten().collect(),
        })
    }
}

impl Read for AttemptView {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            id: text(value, "id")?,
            status: named(value, "status", attempt_status)?,
            method: named(value, "method", Method::from_name)?,
            channel: named(value, "channel", Channel::from_name)?,
            merchant_no: text(value, "merchant_no")?,
            action: Action::read(&field(value, "action"))?,
            // One that this widget does not know is told as any other.
            failure: named(value, "failure", failure_reason),
        })
    }
}

impl Read for Action {
    fn read(value: &JsValue) -> Option<Self> {
        match text(value, "type")?.as_str() {
            "qr_code" => Some(Self::QrCode {
                content: text(value, "content")?,
                expires_at_ms: integer(value, "expires_at_ms")?,
            }),
            "jsapi" => Some(Self::Jsapi { params: JsapiParams::read(&field(value, "params"))? }),
            "redirect" => Some(Self::Redirect { url: text(value, "url")? }),
            // What another page has begun in a way this widget does not know: nothing for it to do.
            _ => Some(Self::None),
        }
    }
}

impl Read for JsapiParams {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            app_id: text(value, "appId")?,
            time_stamp: text(value, "timeStamp")?,
            nonce_str: text(value, "nonceStr")?,
            package: text(value, "package")?,
            sign_type: text(value, "signType")?,
            pay_sign: text(value, "paySign")?,
        })
    }
}

impl Read for WechatLoginView {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self { url: text(value, "url")?, expires_at_ms: integer(value, "expires_at_ms")? })
    }
}

/// What this tab wrote itself (`storage.rs`).
impl Read for SavedOrder {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            id: text(value, "id")?,
            token: text(value, "token"),
            owner: text(value, "owner"),
            at_gateway: field(value, "at_gateway").as_bool()?,
            // A tab that an older widget wrote knows of no login.
            logging_in: field(value, "logging_in").is_truthy(),
            told_paid: field(value, "told_paid").as_bool()?,
        })
    }
}

/// What this tab wrote itself (`storage.rs`).
impl Read for Intent {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self { wish: text(value, "wish")?, key: text(value, "key")? })
    }
}

/// The methods that this widget knows.
fn offers(value: &JsValue) -> Option<Vec<MethodOffer>> {
    let offers = list(value, "methods", |value| Some(MethodOffer::read(value)))?;
    Some(offers.into_iter().flatten().collect())
}

fn kind(name: &str) -> Option<ProductKind> {
    (name == "course").then_some(ProductKind::Course)
}

fn order_status(name: &str) -> Option<OrderStatus> {
    Some(match name {
        "awaiting_payment" => OrderStatus::AwaitingPayment,
        "paid" => OrderStatus::Paid,
        "expired" => OrderStatus::Expired,
        "cancelled" => OrderStatus::Cancelled,
        _ => return None,
    })
}

fn refund_status(name: &str) -> Option<RefundStatus> {
    Some(match name {
        "none" => RefundStatus::None,
        "partial" => RefundStatus::Partial,
        "full" => RefundStatus::Full,
        _ => return None,
    })
}

fn failure_reason(name: &str) -> Option<FailureReason> {
    Some(match name {
        "insufficient_balance" => FailureReason::InsufficientBalance,
        "declined" => FailureReason::Declined,
        "cancelled" => FailureReason::Cancelled,
        "timed_out" => FailureReason::TimedOut,
        "refused" => FailureReason::Refused,
        _ => return None,
    })
}

fn surplus_fate(name: &str) -> Option<SurplusFate> {
    Some(match name {
        "returning" => SurplusFate::Returning,
        "returned" => SurplusFate::Returned,
        "needs_attention" => SurplusFate::NeedsAttention,
        "disputed" => SurplusFate::Disputed,
        "lost" => SurplusFate::Lost,
        _ => return None,
    })
}

fn attempt_status(name: &str) -> Option<AttemptStatus> {
    Some(match name {
        "created" => AttemptStatus::Created,
        "pending" => AttemptStatus::Pending,
        "processing" => AttemptStatus::Processing,
        "paid" => AttemptStatus::Paid,
        "closed" => AttemptStatus::Closed,
        "failed" => AttemptStatus::Failed,
        "unknown" => AttemptStatus::Unknown,
        _ => return None,
    })
}
