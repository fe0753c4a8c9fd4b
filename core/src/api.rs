//! Which wire types do the Worker and the widget share?
//!
//! Requests refuse unknown fields: a typo in a payment request must not pass silently. Answers may gain
//! fields, so readers ignore what they do not know.

mod refund;

use std::fmt;

pub use refund::{
    PolicyOverride, RefundLineView, RefundPolicy, RefundPurpose, RefundStage, RefundView, RequestRefund,
    Stranded, Usage,
};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::currency::Currency;
use crate::method::{Channel, Method};

/// A price in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Minor units, from 1.
    #[serde(deserialize_with = "amount_minor")]
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

/// How the refusal of a number no amount can be begins, so that it can be told from other mistakes.
pub const AMOUNT_OUT_OF_RANGE: &str = "amount out of range";

/// Reads an amount, telling one that is too large for any integer apart from one that is not whole.
fn amount_minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Amount;
    impl de::Visitor<'_> for Amount {
        type Value = i64;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of minor units")
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
            i64::try_from(value).map_err(|_| E::custom(AMOUNT_OUT_OF_RANGE))
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<i64, E> {
            // JSON numbers beyond 64 bits arrive as floats; only their size is looked at.
            if value.abs() > 1e15 {
                return Err(E::custom(AMOUNT_OUT_OF_RANGE));
            }
            Err(E::invalid_type(de::Unexpected::Float(value), &self))
        }
    }
    deserializer.deserialize_i64(Amount)
}

/// What kind of thing is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductKind {
    /// Opened for good once paid.
    Course,
}

/// `PUT /v1/products/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutProduct {
    /// What the learner reads on page, order and gateway.
    pub title: String,
    /// What it is.
    pub kind: ProductKind,
    /// What it costs.
    pub price: Price,
    /// Who earns: the platform's id of the creator.
    pub creator: String,
    /// The creator's share of the net amount, in basis points (10000 = all).
    pub creator_share_bps: u32,
    /// When it is refunded; without one, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_policy: Option<RefundPolicy>,
}

/// A product as anyone may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// The platform's id.
    pub id: String,
    /// What the learner reads.
    pub title: String,
    /// What it is.
    pub kind: ProductKind,
    /// What it costs, by currency.
    pub prices: Vec<Price>,
    /// When it is refunded, where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_policy: Option<RefundPolicy>,
    /// How an order of it can be paid, as far as that does not depend on who pays: never from a wallet. Only in
    /// the answer to a look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<MethodOffer>>,
}

/// `POST /v1/orders`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateOrder {
    /// What is bought, from one line.
    pub lines: Vec<CreateLine>,
    /// Where to reach a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<CreateBuyer>,
    /// The total the learner was shown; another one now is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total_minor: Option<i64>,
}

/// One line of [`CreateOrder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateLine {
    /// The platform's product id.
    pub product: String,
}

/// The buyer, as far as the page knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBuyer {
    /// Where the receipt goes. Kept sealed.
    pub email: String,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Open: can be paid.
    AwaitingPayment,
    /// Settled.
    Paid,
    /// Its deadline passed unpaid.
    Expired,
    /// Given up by the buyer.
    Cancelled,
}

/// How much of an order went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Nothing.
    None,
    /// A part.
    Partial,
    /// All of it.
    Full,
}

/// Where an attempt to pay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptStatus {
    /// Committed here; the gateway's answer is not in yet.
    Created,
    /// The gateway waits for the learner.
    Pending,
    /// The gateway is moving the money.
    Processing,
    /// Money received.
    Paid,
    /// Can no longer be paid.
    Closed,
    /// The gateway refused it.
    Failed,
    /// The gateway's answer was lost; it is being asked.
    Unknown,
}

/// What the page does next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Show this as a QR code until it expires.
    QrCode {
        /// What the code says.
        content: String,
        /// After this it cannot be paid.
        expires_at_ms: i64,
    },
    /// Go to this address.
    Redirect {
        /// The gateway's page.
        url: String,
    },
    /// Hand these to WeChat's bridge (`getBrandWCPayRequest`), inside WeChat.
    Jsapi {
        /// As WeChat names them.
        params: JsapiParams,
    },
    /// Nothing: it is settled, or on its way.
    None,
}

/// What a page hands to WeChat's bridge, signed for it (pay.weixin.qq.com, JSAPI 调起支付).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsapiParams {
    /// The application whose user pays.
    pub app_id: String,
    /// When it was signed, in epoch seconds.
    pub time_stamp: String,
    /// Fresh for every signature.
    pub nonce_str: String,
    /// `prepay_id=…`
    pub package: String,
    /// `RSA`
    pub sign_type: String,
    /// The signature, base64.
    pub pay_sign: String,
}

/// Why a payment was not made, as far as a learner can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// There is not enough money where it should come from.
    InsufficientBalance,
    /// The bank, or the gateway for it, did not allow it.
    Declined,
    /// It was given up.
    Cancelled,
    /// Nobody paid in time.
    TimedOut,
    /// The gateway did not take it, whoever pays.
    Refused,
}

/// An attempt as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Ours.
    pub id: String,
    /// Where it stands.
    pub status: AttemptStatus,
    /// With what it is paid.
    pub method: Method,
    /// In which way.
    pub channel: Channel,
    /// The number the gateway knows it by.
    pub merchant_no: String,
    /// What the page does next.
    pub action: Action,
    /// Why it was not paid, as far as is known. While it can still be paid: what a try came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReason>,
}

/// A method on offer, with its channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodOffer {
    /// With what to pay.
    pub method: Method,
    /// In which ways.
    pub channels: Vec<Channel>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// The platform's product id.
    pub product: String,
    /// The title when it was ordered.
    pub title: String,
    /// The kind when it was ordered.
    pub kind: ProductKind,
    /// Price in minor units.
    pub price_minor: i64,
    /// Discount in minor units.
    pub discount_minor: i64,
    /// What is paid for it, in minor units.
    pub net_minor: i64,
    /// When it is refunded, where that was limited when it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_policy: Option<RefundPolicy>,
}

/// What has become of money that could settle nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurplusFate {
    /// On its way back.
    Returning,
    /// Where it came from.
    Returned,
    /// Somebody must look: it could not be sent back, or came back from there.
    NeedsAttention,
    /// The buyer's bank has taken it back and decides.
    Disputed,
    /// The buyer's bank has taken it back for good.
    Lost,
}

/// Money that could settle nothing, as its buyer sees it. Of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurplusView {
    /// By which attempt it came.
    pub attempt: String,
    /// How much.
    pub amount_minor: i64,
    /// What has become of it.
    pub fate: SurplusFate,
}

/// An order as its buyer and the platform see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// Ours.
    pub id: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// How much of it went back.
    pub refund_status: RefundStatus,
    /// Of all amounts in it.
    pub currency: Currency,
    /// What is to be paid.
    pub total_minor: i64,
    /// What is bought.
    pub lines: Vec<LineView>,
    /// How it can be paid; empty once it cannot.
    pub methods: Vec<MethodOffer>,
    /// Until when it can be paid.
    pub expires_at_ms: i64,
    /// The attempt that counts: the paid one, else the latest.
    pub attempt: Option<AttemptView>,
    /// What came for it and could not settle it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surplus: Vec<SurplusView>,
    /// How many events its history has.
    #[serde(default)]
    pub sequence: i64,
    /// The hash of the last of them, in lower-case hex. Kept, it shows later whether the history was rewritten.
    #[serde(default)]
    pub head_hash: String,
    /// Reads and pays this order, for whoever holds it. Only in the answer that created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_token: Option<String>,
}

/// `POST /v1/orders/{id}/payments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartPayment {
    /// With what.
    pub method: Method,
    /// In which way.
    pub channel: Channel,
    /// Where the gateway sends the browser afterwards. Its origin must be allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// `POST /v1/orders/{id}/wechat_login`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartWechatLogin {
    /// Where the browser is sent in the end. Its origin must be allowed.
    pub return_url: String,
}

/// The beginning of a login with WeChat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WechatLoginView {
    /// Where the page sends the browser, inside WeChat.
    pub url: String,
    /// Until when it must have come back.
    pub expires_at_ms: i64,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// The bank has not decided.
    Open,
    /// For us.
    Won,
    /// For the buyer.
    Lost,
}

/// A dispute as the platform sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeView {
    /// Ours.
    pub id: String,
    /// Of which order.
    pub order: String,
    /// Whose money it is about.
    pub attempt: String,
    /// What the gateway calls it: there the evidence goes.
    pub gateway_no: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Of the amount.
    pub currency: Currency,
    /// How much.
    pub amount_minor: i64,
    /// Why, in the gateway's words.
    pub reason: String,
    /// Until when the gateway takes evidence, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_due_at_ms: Option<i64>,
    /// When we heard of it.
    pub opened_at_ms: i64,
    /// When we heard how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at_ms: Option<i64>,
}

/// `POST /v1/wallets/{user}/credits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditWallet {
    /// Minor units, from 1.
    #[serde(deserialize_with = "amount_minor")]
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
    /// Why, for the book.
    pub reason: String,
}

/// `GET /v1/wallets/{user}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletView {
    /// What can be spent.
    pub balance_minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// A refusal, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI for the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// What exactly, and what to do.
    pub detail: String,
    /// The field at fault, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
