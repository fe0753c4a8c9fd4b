//! Which calls does this gateway know, and what kind is each?

use crate::faults::Operation;

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    PagePay,
    WapPay,
    Precreate,
    Query,
    Close,
    Cancel,
    Refund,
    RefundQuery,
    Transfer,
    TransferQuery,
    Bill,
    CertificateDownload,
}

/// Whose error table a call has: the same mistake is called differently in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `ACQ.…`
    Trade,
    /// Without a prefix.
    Fund,
    /// `isv.…` and `isp.…`
    Platform,
}

impl Method {
    pub(crate) const ALL: [Self; 12] = [
        Self::PagePay,
        Self::WapPay,
        Self::Precreate,
        Self::Query,
        Self::Close,
        Self::Cancel,
        Self::Refund,
        Self::RefundQuery,
        Self::Transfer,
        Self::TransferQuery,
        Self::Bill,
        Self::CertificateDownload,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PagePay => "alipay.trade.page.pay",
            Self::WapPay => "alipay.trade.wap.pay",
            Self::Precreate => "alipay.trade.precreate",
            Self::Query => "alipay.trade.query",
            Self::Close => "alipay.trade.close",
            Self::Cancel => "alipay.trade.cancel",
            Self::Refund => "alipay.trade.refund",
            Self::RefundQuery => "alipay.trade.fastpay.refund.query",
            Self::Transfer => "alipay.fund.trans.uni.transfer",
            Self::TransferQuery => "alipay.fund.trans.common.query",
            Self::Bill => "alipay.data.dataservice.bill.downloadurl.query",
            Self::CertificateDownload => "alipay.open.app.alipaycert.download",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::PagePay | Self::WapPay | Self::Precreate => Operation::Create,
            Self::Query => Operation::Query,
            Self::Close => Operation::Close,
            Self::Cancel => Operation::Cancel,
            Self::Refund => Operation::Refund,
            Self::RefundQuery => Operation::RefundQuery,
            Self::Transfer => Operation::Transfer,
            Self::TransferQuery => Operation::TransferQuery,
            Self::Bill => Operation::Bill,
            Self::CertificateDownload => Operation::Other,
        }
    }

    pub(crate) fn family(self) -> Family {
        match self {
            Self::Transfer | Self::TransferQuery => Family::Fund,
            Self::Bill | Self::CertificateDownload => Family::Platform,
            _ => Family::Trade,
        }
    }

    /// Whether a browser makes this call, so that the answer is a page and not JSON.
    pub(crate) fn is_for_browsers(self) -> bool {
        matches!(self, Self::PagePay | Self::WapPay)
    }

    /// Whether only certificate mode may make this call: all that moves money out.
    pub(crate) fn needs_certificate(self) -> bool {
        matches!(self, Self::Transfer | Self::TransferQuery)
    }
}
