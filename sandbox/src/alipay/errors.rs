//! Which code and sub_code does each refusal become? (one table)
//!
//! Codes as listed in Alipay's 公共错误码 and in the error tables of the single calls. `sub_msg` is for
//! people and says expected and got in our own words: no program may branch on it.

use super::method::Family;

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
    /// `app_cert_sn` is not the application's.
    UnknownAppCertificate(String),
    /// `alipay_root_cert_sn` is not the root's.
    OtherRootCertificate(String),
    /// No certificate of the gateway has this number.
    UnknownGatewayCertificate(String),
    /// Too many calls: nothing was done.
    RateLimited,
    /// The gateway does not know what it did. Sent in place of doing anything, but nobody can see that.
    System,
    /// A field of biz_content is missing or not allowed.
    Parameter(String),
    AmountTooLarge,
    /// The number was used before, with other contents.
    OtherContents,
    AlreadyPaid,
    AlreadyClosed,
    NoSuchTrade,
    /// The trade is in a state that does not allow this.
    TradeStatus {
        expected: &'static str,
        found: &'static str,
    },
    /// A refund number was used before, for another amount.
    OtherRefundAmount,
    /// A refund without a number of its own must be for the whole amount.
    NotTheTotal,
    /// More would be given back than was paid.
    MoreThanPaid,
    /// The trade can no longer be refunded.
    Finished,
    /// The merchant's balance does not cover a refund.
    SellerBalance,
    /// A cancel comes more than a day after the payment.
    CancelTooLate,
    TransferTooSmall,
    TransferTooLarge,
    /// The sandbox knows no such account.
    NoSuchPayee(String),
    /// The account is somebody else's.
    OtherPayeeName,
    /// The merchant's balance does not cover a transfer.
    PayerBalance,
    /// A transfer's number was used before, with other contents.
    OtherTransfer,
    NoSuchTransfer,
    /// There is no statement for that time, or not yet.
    NoBill(String),
}

/// `code` and its fixed `msg`.
type Code = (&'static str, &'static str);

const MISSING: Code = ("40001", "Missing Required Arguments");
const INVALID: Code = ("40002", "Invalid Arguments");
const BUSINESS: Code = ("40004", "Business Failed");
const LIMITED: Code = ("40005", "Call Limited");
const UNAVAILABLE: Code = ("20000", "Service Currently Unavailable");

impl Fault {
    /// The code and what belongs to it.
    pub(crate) fn code(&self, family: Family) -> Code {
        self.codes(family).0
    }

    /// The code that programs branch on.
    pub(crate) fn sub_code(&self, family: Family) -> String {
        match self {
            Self::Missing(what) => format!("isv.missing-{what}"),
            _ => self.codes(family).1.to_owned(),
        }
    }

    fn codes(&self, family: Family) -> (Code, &'static str) {
        match self {
            // A certificate that is missing answers 40002, unlike any other parameter.
            Self::Missing("app-cert-sn" | "alipay-root-cert-sn") => (INVALID, ""),
            Self::Missing(_) => (MISSING, ""),
            Self::UnknownMethod(_) => (INVALID, "isv.invalid-method"),
            Self::Format(_) => (INVALID, "isv.invalid-format"),
            Self::Charset(_) => (INVALID, "isv.invalid-charset"),
            Self::SignatureType(_) => (INVALID, "isv.invalid-signature-type"),
            Self::Timestamp(_) => (INVALID, "isv.invalid-timestamp"),
            Self::UnknownApp(_) => (INVALID, "isv.invalid-app-id"),
            Self::Signature { .. } => (INVALID, "isv.invalid-signature"),
            Self::PublicParameter(_) => (INVALID, "isv.invalid-parameter"),
            Self::UnknownAppCertificate(_) => (INVALID, "isv.app-cert-not-exist"),
            Self::OtherRootCertificate(_) => (INVALID, "isv.invalid-alipay-root-cert-sn"),
            Self::UnknownGatewayCertificate(_) => (INVALID, "isv.alipay-cert-not-exist"),
            Self::RateLimited => (LIMITED, "isv.app-call-limited"),
            // Calls that move money list it as a business error, in a row with definite refusals: whoever
            // looks at 40004 alone takes what is unknown for failed.
            Self::System => match family {
                Family::Trade => (BUSINESS, "ACQ.SYSTEM_ERROR"),
                Family::Fund => (BUSINESS, "SYSTEM_ERROR"),
                Family::Platform => (UNAVAILABLE, "isp.unknow-error"),
            },
            Self::Parameter(_) => match family {
                Family::Trade => (BUSINESS, "ACQ.INVALID_PARAMETER"),
                Family::Fund => (BUSINESS, "INVALID_PARAMETER"),
                Family::Platform => (BUSINESS, "isv.invalid_arguments"),
            },
            Self::AmountTooLarge => (BUSINESS, "ACQ.TOTAL_FEE_EXCEED"),
            Self::OtherContents => (BUSINESS, "ACQ.CONTEXT_INCONSISTENT"),
            Self::AlreadyPaid => (BUSINESS, "ACQ.TRADE_HAS_SUCCESS"),
            Self::AlreadyClosed => (BUSINESS, "ACQ.TRADE_HAS_CLOSE"),
            Self::NoSuchTrade => (BUSINESS, "ACQ.TRADE_NOT_EXIST"),
            Self::TradeStatus { .. } => (BUSINESS, "ACQ.TRADE_STATUS_ERROR"),
            Self::OtherRefundAmount => (BUSINESS, "ACQ.DISCORDANT_REPEAT_REQUEST"),
            Self::NotTheTotal => (BUSINESS, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
            Self::MoreThanPaid => (BUSINESS, "ACQ.REASON_TRADE_REFUND_FEE_ERR"),
            Self::Finished => (BUSINESS, "ACQ.TRADE_HAS_FINISHED"),
            Self::SellerBalance => (BUSINESS, "ACQ.SELLER_BALANCE_NOT_ENOUGH"),
            Self::CancelTooLate => (BUSINESS, "ACQ.TRADE_CANCEL_TIME_OUT"),
            Self::TransferTooSmall => (BUSINESS, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
            Self::TransferTooLarge => (BUSINESS, "EXCEED_LIMIT_SM_AMOUNT"),
            Self::NoSuchPayee(_) => (BUSINESS, "PAYEE_NOT_EXIST"),
            Self::OtherPayeeName => (BUSINESS, "PAYEE_USER_INFO_ERROR"),
            Self::PayerBalance => (BUSINESS, "BALANCE_IS_NOT_ENOUGH"),
            Self::OtherTransfer => (BUSINESS, "BIZ_UNIQUE_EXCEPTION"),
            Self::NoSuchTransfer => (BUSINESS, "ORDER_NOT_EXIST"),
            Self::NoBill(_) => (BUSINESS, "isp.bill_not_exist"),
        }
    }

    /// The reason in words.
    pub(crate) fn sub_msg(&self) -> String {
        let fixed = match self {
            Self::Missing(what) => {
                return format!("the public parameter behind isv.missing-{what} is absent");
            }
            Self::UnknownMethod(got) => return format!("method: the sandbox does not know {got:?}"),
            Self::Format(got) => return format!("format: expected JSON, got {got:?}"),
            Self::SignatureType(got) => return format!("sign_type: expected RSA2, got {got:?}"),
            Self::UnknownApp(got) => return format!("app_id: no application of this sandbox has {got:?}"),
            Self::Signature { expected } => {
                return format!("the signature does not fit; the string the gateway checked is: {expected}");
            }
            Self::UnknownAppCertificate(got) => {
                return format!("app_cert_sn: the application has no certificate {got:?}");
            }
            Self::OtherRootCertificate(got) => {
                return format!("alipay_root_cert_sn: {got:?} is not the number of the root certificate");
            }
            Self::UnknownGatewayCertificate(got) => {
                return format!("alipay_cert_sn: the gateway has no certificate {got:?}");
            }
            Self::TradeStatus { expected, found } => {
                return format!("expected a trade in {expected}, it is in {found}");
            }
            Self::NoSuchPayee(got) => {
                return format!("payee_info: the sandbox knows no {got:?}; its config.json lists the payees");
            }
            Self::Charset(why)
            | Self::Timestamp(why)
            | Self::PublicParameter(why)
            | Self::Parameter(why)
            | Self::NoBill(why) => return why.clone(),
            Self::RateLimited => "too many calls by this application; nothing was done",
            Self::System => "system error: ask what came of it, or repeat the same call",
            Self::AmountTooLarge => "total_amount: at most 100000000.00",
            Self::OtherContents => "out_trade_no was used before with other contents; take a new number",
            Self::AlreadyPaid => "this trade is paid",
            Self::AlreadyClosed => "this trade is closed; take a new number",
            Self::NoSuchTrade => "no such trade (it exists only once the buyer has opened the cashier)",
            Self::OtherRefundAmount => "out_request_no was used before for another amount; take a new number",
            Self::NotTheTotal => "without out_request_no, refund_amount must be the whole amount",
            Self::MoreThanPaid => "with the refunds before it, this would give back more than was paid",
            Self::Finished => "the trade is finished: twelve months after its payment nothing is refunded",
            Self::SellerBalance => "the merchant's balance does not cover this refund",
            Self::CancelTooLate => "a trade can be cancelled within 24 hours of its payment; refund it",
            Self::TransferTooSmall => "trans_amount: at least 0.10",
            Self::TransferTooLarge => "trans_amount: at most 100000000.00",
            Self::OtherPayeeName => "payee_info: the name is not that of the account's owner",
            Self::PayerBalance => "the balance does not cover this transfer",
            Self::OtherTransfer => "out_biz_no was used before with other contents; take a new number",
            Self::NoSuchTransfer => "no such transfer",
        };
        fixed.to_owned()
    }
}
