//! Which status, code and number does each refusal become? (one table)
//!
//! Codes and statuses as the error tables of the single calls list them, numbers (the last part of
//! `Request-ID`) as far as they are published. Messages are for people: no program may branch on them.

use http::StatusCode;
use serde_json::{Value, json};

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// `Authorization` is missing, malformed, out of time, or names nobody known.
    Authorization(String),
    /// The signature fits another text than the one the gateway rebuilt.
    Signature {
        expected: String,
    },
    /// `Accept` or `User-Agent` is missing.
    Header(&'static str),
    /// What `Accept` asks for is not made here.
    NotAcceptable(String),
    /// The body is not declared as JSON.
    MediaType(String),
    /// A value is missing, of the wrong type or not allowed.
    Parameter {
        field: String,
        location: &'static str,
        issue: String,
    },
    /// A value is outside its range.
    Range {
        field: String,
        location: &'static str,
        issue: String,
    },
    /// A field the call does not know.
    ExtraField(String),
    /// A field that is `null`: the real gateway fails over it.
    NullField(String),
    /// `Wechatpay-Serial` names no key of the platform.
    UnknownPlatformKey(String),
    /// An encrypted field does not open with the key that `Wechatpay-Serial` names.
    NotDecryptable(&'static str),
    MerchantMismatch,
    AppMismatch,
    OpenidMissing,
    OpenidMismatch,
    /// The number was used before with other parameters.
    OtherParameters(&'static str),
    /// A new code is asked for what is paid.
    OrderPaid,
    /// What is paid cannot be closed.
    CannotClosePaid,
    OrderClosed,
    /// The time to pay is over.
    OrderExpired,
    UserPaying,
    OrderNotExist,
    ResourceNotExists(String),
    NotEnough,
    /// What is asked for cannot be done as things stand.
    InvalidRequest(String),
    StatementCreating,
    NoStatement,
    FrequencyLimited,
    SystemError,
}

/// The start of the range all numbers come from: stands where none is published.
const NO_PUBLISHED_NUMBER: u32 = 268_435_456;

impl Refusal {
    /// A refusal over a field of the body, named by its JSON pointer.
    pub(crate) fn body(field: impl Into<String>, issue: impl Into<String>) -> Self {
        Self::Parameter { field: field.into(), location: "body", issue: issue.into() }
    }

    /// A refusal over a parameter of the query.
    pub(crate) fn query(field: impl Into<String>, issue: impl Into<String>) -> Self {
        Self::Parameter { field: field.into(), location: "query", issue: issue.into() }
    }

    /// HTTP status, `code`, and the number at the end of `Request-ID`.
    pub(crate) fn code(&self) -> (StatusCode, &'static str, u32) {
        let none = NO_PUBLISHED_NUMBER;
        match self {
            Self::Authorization(_) | Self::Signature { .. } => {
                (StatusCode::UNAUTHORIZED, "SIGN_ERROR", 268_443_699)
            }
            Self::Header(_)
            | Self::Parameter { .. }
            | Self::UnknownPlatformKey(_)
            | Self::NotDecryptable(_)
            | Self::MerchantMismatch
            | Self::OpenidMismatch => (StatusCode::BAD_REQUEST, "PARAM_ERROR", 268_435_461),
            Self::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, "PARAM_ERROR", 268_435_461),
            Self::MediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "PARAM_ERROR", 268_435_461),
            Self::Range { .. } => (StatusCode::BAD_REQUEST, "PARAM_ERROR", 268_435_464),
            Self::ExtraField(_) => (StatusCode::BAD_REQUEST, "PARAM_ERROR", 270_924_358),
            Self::OpenidMissing => (StatusCode::BAD_REQUEST, "PARAM_ERROR", 268_501_013),
            Self::AppMismatch => (StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH", 268_445_527),
            Self::OtherParameters(_) => (StatusCode::BAD_REQUEST, "INVALID_REQUEST", 268_498_688),
            Self::OrderPaid => (StatusCode::BAD_REQUEST, "ORDERPAID", 268_498_689),
            Self::CannotClosePaid => (StatusCode::BAD_REQUEST, "ORDER_PAID", 268_449_538),
            Self::OrderClosed => (StatusCode::BAD_REQUEST, "ORDER_CLOSED", none),
            Self::OrderExpired => (StatusCode::BAD_REQUEST, "ORDER_CLOSED", 268_447_914),
            Self::UserPaying => (StatusCode::ACCEPTED, "USERPAYING", none),
            Self::OrderNotExist => (StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", 268_512_771),
            Self::ResourceNotExists(_) => (StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", none),
            Self::NotEnough => (StatusCode::FORBIDDEN, "NOT_ENOUGH", none),
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "INVALID_REQUEST", none),
            Self::StatementCreating => (StatusCode::BAD_REQUEST, "STATEMENT_CREATING", none),
            Self::NoStatement => (StatusCode::BAD_REQUEST, "NO_STATEMENT_EXIST", none),
            Self::FrequencyLimited => (StatusCode::TOO_MANY_REQUESTS, "FREQUENCY_LIMITED", 268_447_840),
            Self::NullField(_) | Self::SystemError => {
                (StatusCode::INTERNAL_SERVER_ERROR, "SYSTEM_ERROR", none)
            }
        }
    }

    /// The reason in words.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Authorization(why) => why.clone(),
            Self::Signature { .. } => "签名错误: the signature does not fit the request".to_owned(),
            Self::Header(name) => format!("the header {name} is missing"),
            Self::NotAcceptable(got) => format!("Accept: expected application/json, got {got:?}"),
            Self::MediaType(got) => format!("Content-Type: expected application/json, got {got:?}"),
            Self::Parameter { field, issue, .. } | Self::Range { field, issue, .. } => {
                format!("参数错误: {field}: {issue}")
            }
            Self::ExtraField(field) => format!("参数中含有非法的额外参数: {field}"),
            Self::NullField(field) => format!("系统繁忙: {field} is null; leave it out"),
            Self::UnknownPlatformKey(got) => {
                format!("Wechatpay-Serial: no key of the platform has the id {got:?}")
            }
            Self::NotDecryptable(field) => {
                format!("{field} does not decrypt with the key named by Wechatpay-Serial")
            }
            Self::MerchantMismatch => "mchid is not the one that signed".to_owned(),
            Self::AppMismatch => "appid和mch_id不匹配".to_owned(),
            Self::OpenidMissing => "JSAPI支付必须传openid".to_owned(),
            Self::OpenidMismatch => "appid和openid不匹配".to_owned(),
            Self::OtherParameters(number) => {
                format!("请求重入时，参数与首次请求时不一致: {number} was used before with other parameters")
            }
            Self::OrderPaid | Self::CannotClosePaid => "该订单已支付".to_owned(),
            Self::OrderClosed => "该订单已关闭: take a new out_trade_no".to_owned(),
            Self::OrderExpired => "该订单已失效: the time to pay it is over".to_owned(),
            Self::UserPaying => "用户支付中: wait, then query".to_owned(),
            Self::OrderNotExist => "订单不存在".to_owned(),
            Self::ResourceNotExists(what) => format!("资源不存在: {what}"),
            Self::NotEnough => "余额不足: the merchant's balance does not cover this".to_owned(),
            Self::InvalidRequest(why) => why.clone(),
            Self::StatementCreating => {
                "账单生成中: the bill of a day is there from ten o'clock of the next".to_owned()
            }
            Self::NoStatement => "账单文件不存在: nothing happened on this day".to_owned(),
            Self::FrequencyLimited => "请求频率超过限制".to_owned(),
            Self::SystemError => "系统异常，请稍后重试".to_owned(),
        }
    }

    /// What the real gateway puts beside the message: the field, or the text it checked.
    pub(crate) fn detail(&self) -> Option<Value> {
        match self {
            Self::Signature { expected } => {
                let mut parts = expected.split('\n');
                let (method, url) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                Some(json!({
                    "field": "signature",
                    "location": "authorization",
                    "detail": { "issue": "sign not match" },
                    "sign_information": {
                        "method": method,
                        "url": url,
                        "sign_message_length": expected.len(),
                        "truncated_sign_message": expected.chars().take(512).collect::<String>(),
                    },
                }))
            }
            Self::Parameter { field, location, issue } | Self::Range { field, location, issue } => {
                Some(json!({ "field": field, "location": location, "issue": issue }))
            }
            Self::ExtraField(field) | Self::NullField(field) => {
                Some(json!({ "field": field, "location": "body" }))
            }
            _ => None,
        }
    }
}
