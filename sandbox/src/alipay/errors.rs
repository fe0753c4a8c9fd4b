//! Which code and sub_code does each refusal become? (one table)
//!
//! Codes as listed in Alipay's 公共错误码 and in the error tables of the single calls. `sub_msg` is for
//! people and says expected and got in our own words: no program may branch on it.

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A public parameter is absent; the text is the end of its `isv.missing-…` code.
    Missing(&'static str),
    UnknownMethod(String),
    Format(String),
    Charset(String),
    SignatureType(String),
    Timestamp(String),
    UnknownApp(String),
    /// The string the gateway rebuilt and checked, as the real one shows it too.
    Signature {
        expected: String,
    },
    /// A public parameter has a value that is not allowed.
    PublicParameter(String),
    /// A field of biz_content is missing or not allowed.
    Parameter(String),
    AmountTooLarge,
    /// The number was used before, with other contents.
    OtherContents,
    AlreadyPaid,
    AlreadyClosed,
    NoSuchTrade,
    /// The trade is in a state that does not allow this.
    TradeStatus(&'static str),
}

impl Fault {
    /// `code` and its fixed `msg`.
    pub(crate) fn code(&self) -> (&'static str, &'static str) {
        match self {
            Self::Missing(_) => ("40001", "Missing Required Arguments"),
            Self::UnknownMethod(_)
            | Self::Format(_)
            | Self::Charset(_)
            | Self::SignatureType(_)
            | Self::Timestamp(_)
            | Self::UnknownApp(_)
            | Self::Signature { .. }
            | Self::PublicParameter(_) => ("40002", "Invalid Arguments"),
            Self::Parameter(_)
            | Self::AmountTooLarge
            | Self::OtherContents
            | Self::AlreadyPaid
            | Self::AlreadyClosed
            | Self::NoSuchTrade
            | Self::TradeStatus(_) => ("40004", "Business Failed"),
        }
    }

    /// The code that programs branch on.
    pub(crate) fn sub_code(&self) -> String {
        match self {
            Self::Missing(what) => return format!("isv.missing-{what}"),
            Self::UnknownMethod(_) => "isv.invalid-method",
            Self::Format(_) => "isv.invalid-format",
            Self::Charset(_) => "isv.invalid-charset",
            Self::SignatureType(_) => "isv.invalid-signature-type",
            Self::Timestamp(_) => "isv.invalid-timestamp",
            Self::UnknownApp(_) => "isv.invalid-app-id",
            Self::Signature { .. } => "isv.invalid-signature",
            Self::PublicParameter(_) => "isv.invalid-parameter",
            Self::Parameter(_) => "ACQ.INVALID_PARAMETER",
            Self::AmountTooLarge => "ACQ.TOTAL_FEE_EXCEED",
            Self::OtherContents => "ACQ.CONTEXT_INCONSISTENT",
            Self::AlreadyPaid => "ACQ.TRADE_HAS_SUCCESS",
            Self::AlreadyClosed => "ACQ.TRADE_HAS_CLOSE",
            Self::NoSuchTrade => "ACQ.TRADE_NOT_EXIST",
            Self::TradeStatus(_) => "ACQ.TRADE_STATUS_ERROR",
        }
        .to_owned()
    }

    /// The reason in words.
    pub(crate) fn sub_msg(&self) -> String {
        match self {
            Self::Missing(what) => format!("the public parameter behind isv.missing-{what} is absent"),
            Self::UnknownMethod(got) => format!("method: the sandbox does not know {got:?}"),
            Self::Format(got) => format!("format: expected JSON, got {got:?}"),
            Self::Charset(why) => why.clone(),
            Self::SignatureType(got) => format!("sign_type: expected RSA2, got {got:?}"),
            Self::Timestamp(why) => why.clone(),
            Self::UnknownApp(got) => format!("app_id: no application of this sandbox has {got:?}"),
            Self::Signature { expected } => {
                format!("the signature does not fit; the string the gateway checked is: {expected}")
            }
            Self::PublicParameter(why) | Self::Parameter(why) => why.clone(),
            Self::AmountTooLarge => "total_amount: at most 100000000.00".to_owned(),
            Self::OtherContents => {
                "out_trade_no was used before with other contents; take a new number".to_owned()
            }
            Self::AlreadyPaid => "this trade is paid".to_owned(),
            Self::AlreadyClosed => "this trade is closed; take a new number".to_owned(),
            Self::NoSuchTrade => {
                "no such trade (it exists only once the buyer has opened the cashier)".to_owned()
            }
            Self::TradeStatus(status) => format!("expected a trade in WAIT_BUYER_PAY, it is in {status}"),
        }
    }
}
