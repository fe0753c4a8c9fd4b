//! Which status and code does each refusal become? Only here.

use coursepay_core::api::{OrderStatus, Problem};
use coursepay_core::order::Refusal;

use crate::app::ports::{CryptoError, DbError};

/// Declares the table of codes: name, text, status, sentence.
macro_rules! codes {
    ($($name:ident $text:literal $status:literal $title:literal;)+) => {
        /// A refusal's stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $title] $name,)+ }

        impl Code {
            /// Every code, in the order of the table in `docs/errors.md`.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As programs read it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The HTTP status it comes with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// One sentence for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    InvalidJson "invalid_json" 400 "The body is not JSON.";
    UnknownField "unknown_field" 400 "The body has a field this route does not know.";
    InvalidField "invalid_field" 400 "A field is missing or has a value it cannot have.";
    IdempotencyKeyMissing "idempotency_key_missing" 400 "The Idempotency-Key header is missing.";
    IdempotencyKeyInvalid "idempotency_key_invalid" 400 "The Idempotency-Key is not 1 to 255 visible ASCII characters.";
    CallbackMalformed "callback_malformed" 400 "The callback is not in the gateway's format.";
    CallbackNotVerified "callback_not_verified" 400 "The callback's signature does not hold.";
    WechatLoginInvalid "wechat_login_invalid" 400 "This is not the end of a WeChat login that began here.";
    TokenMissing "token_missing" 401 "This route needs a token.";
    TokenInvalid "token_invalid" 401 "The token is malformed or its signature does not hold.";
    TokenAlgorithm "token_algorithm" 401 "The token must be signed with HS256.";
    TokenForeign "token_foreign" 401 "The token was not made for this service.";
    TokenExpired "token_expired" 401 "The token has expired or lives too long.";
    ApiKeyInvalid "api_key_invalid" 401 "The API key is unknown or revoked.";
    ScopeMissing "scope_missing" 403 "The API key does not have the scope for this.";
    OriginNotAllowed "origin_not_allowed" 403 "This origin may not embed the checkout.";
    ProductNotInToken "product_not_in_token" 403 "The token does not cover this product.";
    WalletNotAllowed "wallet_not_allowed" 403 "The token does not allow the wallet to be used.";
    RouteNotFound "route_not_found" 404 "There is no such route.";
    UnknownProduct "unknown_product" 404 "There is no such product.";
    OrderNotFound "order_not_found" 404 "There is no such order for this caller.";
    WalletNotFound "wallet_not_found" 404 "There is no such wallet for this caller.";
    RefundNotFound "refund_not_found" 404 "There is no such refund.";
    UnknownAccount "unknown_account" 404 "There is no such ledger account.";
    MethodNotAllowed "method_not_allowed" 405 "This route does not take this method.";
    PriceChanged "price_changed" 409 "The price is not the one that was shown.";
    AlreadyOwned "already_owned" 409 "The buyer owns this already.";
    InsufficientFunds "insufficient_funds" 409 "The wallet does not hold enough.";
    WechatLoginRequired "wechat_login_required" 409 "The buyer must log in with WeChat first.";
    OrderPaid "order_paid" 409 "The order is paid.";
    OrderExpired "order_expired" 409 "The order can no longer be paid in time.";
    OrderCancelled "order_cancelled" 409 "The order was cancelled.";
    PaymentProcessing "payment_processing" 409 "A payment of this order is on its way; wait for it.";
    OrderNotPaid "order_not_paid" 409 "The order was never paid, so there is nothing to refund.";
    RefundTooLarge "refund_too_large" 409 "More is asked back than is left to refund.";
    NothingToRefund "nothing_to_refund" 409 "All of it has been refunded, or is on its way.";
    RefundWindowOver "refund_window_over" 409 "The time in which it was to be refunded is over.";
    TooMuchUsed "too_much_used" 409 "More of it was used than is refunded.";
    DisputeOpen "dispute_open" 409 "The buyer's bank has taken the money back for now: a refund would be the second.";
    TooManyRefunds "too_many_refunds" 409 "The order was refunded in as many parts as it can be.";
    IdempotencyInProgress "idempotency_in_progress" 409 "The first request with this key is still running.";
    BodyTooLarge "body_too_large" 413 "The body is larger than 64 KiB.";
    UnsupportedMediaType "unsupported_media_type" 415 "The body must be application/json.";
    AmountOutOfRange "amount_out_of_range" 422 "The amount is not between 1 and 9007199254740991 minor units.";
    CurrencyNotSupported "currency_not_supported" 422 "This currency is not supported here.";
    UnknownLine "unknown_line" 422 "The order has no such line.";
    UsageMissing "usage_missing" 422 "How much was used decides on the refund, and the request does not say it.";
    MethodNotAvailable "method_not_available" 422 "The order cannot be paid in this way.";
    ReturnUrlNotAllowed "return_url_not_allowed" 422 "The return_url is not on an allowed origin.";
    ClientAddressUnknown "client_address_unknown" 422 "The address that the buyer comes from is not known.";
    IdempotencyKeyReused "idempotency_key_reused" 422 "The key was used before with another body.";
    Internal "internal" 500 "Something is wrong on our side.";
    GatewayRefused "gateway_refused" 502 "The payment gateway refused the payment.";
    GatewayUnavailable "gateway_unavailable" 503 "The payment gateway did not answer; the same request may be sent again.";
    GatewayOff "gateway_off" 503 "This gateway is not configured.";
    NotConfigured "not_configured" 503 "The service is not configured for this.";
    Busy "busy" 503 "Too many changed this at once; the same request may be sent again.";
    DatabaseUnavailable "database_unavailable" 503 "The database did not answer; the same request may be sent again.";
}

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Which.
    pub code: Code,
    /// What exactly, for the caller: expected and got, never a secret.
    pub detail: String,
    /// The field at fault.
    pub field: Option<&'static str>,
    /// What only the log is told.
    pub cause: Option<String>,
}

impl ApiError {
    /// A refusal with a sentence that says what exactly.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, cause: None }
    }

    /// A refusal whose title says it all.
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.title())
    }

    /// A field that cannot have its value.
    pub fn field(code: Code, field: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(code, detail) }
    }

    /// A mistake of ours: the caller learns nothing of it, the log everything.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::plain(Code::Internal) }
    }

    /// As the caller reads it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem {
            kind: format!("urn:coursepay:problem:{}", self.code.text()),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            code: self.code.text().to_owned(),
            detail: self.detail.clone(),
            field: self.field.map(str::to_owned),
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(cause) => {
                Self { cause: Some(cause), ..Self::plain(Code::DatabaseUnavailable) }
            }
            DbError::Constraint(cause) | DbError::Nonsense(cause) => Self::internal(cause),
        }
    }
}

impl From<CryptoError> for ApiError {
    fn from(error: CryptoError) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::CartMalformed => Self::field(Code::InvalidField, "lines", detail),
            Refusal::TotalOutOfRange => Self::field(Code::AmountOutOfRange, "lines", detail),
            Refusal::CurrencyMixed { .. } => Self::field(Code::CurrencyNotSupported, "lines", detail),
            Refusal::PriceChanged { .. } => Self::field(Code::PriceChanged, "expected_total_minor", detail),
            Refusal::AlreadyOwned { .. } => Self::new(Code::AlreadyOwned, detail),
            Refusal::NotAwaiting(status) => Self::plain(match status {
                OrderStatus::Paid => Code::OrderPaid,
                OrderStatus::Cancelled => Code::OrderCancelled,
                OrderStatus::Expired | OrderStatus::AwaitingPayment => Code::OrderExpired,
            }),
            Refusal::TooLate { .. } => Self::new(Code::OrderExpired, detail),
            Refusal::NotPaid(_) => Self::new(Code::OrderNotPaid, detail),
            Refusal::LineUnknown { .. } => Self::field(Code::UnknownLine, "lines", detail),
            Refusal::RefundTooLarge { .. } => Self::field(Code::RefundTooLarge, "amount_minor", detail),
            Refusal::NothingToRefund => Self::new(Code::NothingToRefund, detail),
            Refusal::RefundWindowOver { .. } => Self::new(Code::RefundWindowOver, detail),
            Refusal::TooMuchUsed { .. } => Self::field(Code::TooMuchUsed, "usage", detail),
            Refusal::UsageMissing { .. } => Self::field(Code::UsageMissing, "usage", detail),
            Refusal::UsageUnknown { .. } => Self::field(Code::UnknownLine, "usage", detail),
            Refusal::TooManyRefunds => Self::new(Code::TooManyRefunds, detail),
            Refusal::DisputeOpen(_) => Self::new(Code::DisputeOpen, detail),
            Refusal::RefundUnknown(_)
            | Refusal::DisputeUnknown(_)
            | Refusal::TooEarly { .. }
            | Refusal::AttemptLive(_)
            | Refusal::AttemptUnknown(_)
            | Refusal::Invariant(_) => Self::internal(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_the_table_in_the_code() {
        let documented: Vec<&str> =
            include_str!("../../../docs/errors.md").lines().filter(|line| line.starts_with("| `")).collect();
        let coded: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("| `{}` | {} | {} |", code.text(), code.status(), code.title()))
            .collect();
        assert_eq!(documented, coded);
    }
}
