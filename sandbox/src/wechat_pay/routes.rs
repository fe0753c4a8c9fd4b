//! Which call does a path mean?

use http::Method;
use percent_encoding::percent_decode_str;

use super::creation::Channel;
use crate::faults::Operation;

/// A call of WeChat Pay v3 with what its path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Create(Channel),
    QueryByNumber(String),
    QueryById(String),
    Close(String),
    Refund,
    RefundQuery(String),
    /// Names another way for a refund that is stuck, by `refund_id`.
    AbnormalRefund(String),
    Certificates,
    Transfer,
    TransferQuery(String),
    /// The same by WeChat Pay's number.
    TransferQueryById(String),
    TransferCancel(String),
    TradeBill,
    FundFlowBill,
    Download,
}

/// Where bills are fetched, unsigned.
pub(crate) const DOWNLOAD_PATH: &str = "/v3/billdownload/file";

impl Call {
    /// The call behind a method and a path; `None` when there is none.
    pub(crate) fn find(method: &Method, path: &str) -> Option<Self> {
        let mut decoded = Vec::new();
        for part in path.strip_prefix("/v3/")?.split('/') {
            decoded.push(percent_decode_str(part).decode_utf8().ok()?.into_owned());
        }
        let parts: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let (get, post) = (method == Method::GET, method == Method::POST);
        let call = match parts.as_slice() {
            ["pay", "transactions", channel] if post => Self::Create(Channel::of_path(channel)?),
            ["pay", "transactions", "out-trade-no", number] if get => {
                Self::QueryByNumber((*number).to_owned())
            }
            ["pay", "transactions", "id", id] if get => Self::QueryById((*id).to_owned()),
            ["pay", "transactions", "out-trade-no", number, "close"] if post => {
                Self::Close((*number).to_owned())
            }
            ["refund", "domestic", "refunds"] if post => Self::Refund,
            ["refund", "domestic", "refunds", number] if get => Self::RefundQuery((*number).to_owned()),
            ["refund", "domestic", "refunds", id, "apply-abnormal-refund"] if post => {
                Self::AbnormalRefund((*id).to_owned())
            }
            ["certificates"] if get => Self::Certificates,
            ["bill", "tradebill"] if get => Self::TradeBill,
            ["bill", "fundflowbill"] if get => Self::FundFlowBill,
            ["billdownload", "file"] if get => Self::Download,
            ["fund-app", "mch-transfer", "transfer-bills", rest @ ..] => Self::of_transfer(get, post, rest)?,
            _ => return None,
        };
        Some(call)
    }

    fn of_transfer(get: bool, post: bool, rest: &[&str]) -> Option<Self> {
        match rest {
            [] if post => Some(Self::Transfer),
            ["out-bill-no", number] if get => Some(Self::TransferQuery((*number).to_owned())),
            ["out-bill-no", number, "cancel"] if post => Some(Self::TransferCancel((*number).to_owned())),
            ["transfer-bill-no", id] if get => Some(Self::TransferQueryById((*id).to_owned())),
            _ => None,
        }
    }

    /// How faults call it.
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Create(_) => Operation::Create,
            Self::QueryByNumber(_) | Self::QueryById(_) => Operation::Query,
            Self::Close(_) => Operation::Close,
            Self::Refund | Self::AbnormalRefund(_) => Operation::Refund,
            Self::RefundQuery(_) => Operation::RefundQuery,
            Self::Transfer => Operation::Transfer,
            Self::TransferQuery(_) | Self::TransferQueryById(_) => Operation::TransferQuery,
            Self::TransferCancel(_) => Operation::Cancel,
            Self::TradeBill | Self::FundFlowBill | Self::Download => Operation::Bill,
            Self::Certificates => Operation::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_with_their_methods() {
        let find = |method: Method, path: &str| Call::find(&method, path);
        assert_eq!(find(Method::POST, "/v3/pay/transactions/h5"), Some(Call::Create(Channel::H5)));
        assert_eq!(
            find(Method::GET, "/v3/pay/transactions/out-trade-no/A%7CB"),
            Some(Call::QueryByNumber("A|B".to_owned()))
        );
        assert_eq!(
            find(Method::POST, "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/T1/cancel"),
            Some(Call::TransferCancel("T1".to_owned()))
        );
        for (method, path) in [
            (Method::GET, "/v3/pay/transactions/native"),
            (Method::POST, "/v3/pay/transactions/app"),
            (Method::POST, "/v3/certificates"),
            (Method::GET, "/v3/refund/domestic/refunds"),
            (Method::GET, "/v3/"),
            (Method::GET, "/v3/pay/transactions/id/%ff"),
        ] {
            assert_eq!(find(method, path), None, "{path}");
        }
    }
}
