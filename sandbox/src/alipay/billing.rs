//! How does a merchant come by a statement? (a call answers an address, and the address the file)

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, HeaderValue};
use http::{Request, Response, StatusCode};

use super::Alipay;
use super::answer::{Fields, text};
use super::errors::Fault;
use super::fields::required;
use super::period::Period;
use super::request::VerifiedRequest;
use super::sheet::{account_no, gbk};
use super::zip::{File, archive};
use super::{OPENING_BALANCE_FEN, ledger, scope, statement};
use crate::Gateway;
use crate::desk::Desk;
use crate::faults::{BillFault, Operation, tamper};
use crate::log::{Direction, Entry};
use crate::reply;

/// Where statements are fetched: the path of the real one.
pub(crate) const PATH: &str = "/downloadBillFile.resource";

/// How long an address is good for, by the real clock.
const VALID_MS: i64 = 30 * 1000;

/// Statements that can be fetched, by token. They are lost in a restart: their addresses would be dead by
/// then.
#[derive(Debug, Default)]
pub(crate) struct Downloads {
    files: BTreeMap<String, Download>,
}

#[derive(Debug)]
struct Download {
    name: String,
    contents: Bytes,
    /// By the real clock.
    until_ms: i64,
}

impl Downloads {
    fn forget_old(&mut self, real_ms: i64) {
        self.files.retain(|_, download| real_ms < download.until_ms);
    }
}

/// The two kinds of statements.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Payments and refunds.
    Trade,
    /// Movements of the balance.
    SignCustomer,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "trade" => Some(Self::Trade),
            "signcustomer" => Some(Self::SignCustomer),
            _ => None,
        }
    }

    /// In the names of its files.
    fn name(self) -> &'static str {
        match self {
            Self::Trade => "业务明细",
            Self::SignCustomer => "账务明细",
        }
    }
}

impl Alipay {
    pub(super) fn bill_address(
        &mut self,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Fields, Fault> {
        let bill_type = required(&request.biz_content, "bill_type", 20)?;
        let date = required(&request.biz_content, "bill_date", 15)?;
        let kind = Kind::parse(&bill_type).ok_or_else(|| {
            Fault::Parameter(format!("bill_type: expected trade or signcustomer, got {bill_type:?}"))
        })?;
        let period = Period::parse(&date).ok_or_else(|| {
            Fault::Parameter(format!("bill_date: expected yyyy-MM-dd or yyyy-MM, got {date:?}"))
        })?;
        period.check(desk.now.business_ms)?;
        let faults = desk.faults.bill(scope(request.merchant, "", Operation::Bill), desk.random);
        let seller_id = &request.merchant.alipay.seller_id;
        let (detail, summary) = self.write(kind, seller_id, &period, &faults, desk.now.business_ms)?;
        let stem = format!("{}_{}", account_no(seller_id), period.label);
        let file = |end: &str, contents: &str| File {
            name: gbk(&format!("{stem}_{}{end}.csv", kind.name())),
            contents: gbk(contents),
        };
        let contents = archive(&[file("", &detail), file("(汇总)", &summary)])
            .map_err(|error| Fault::NoBill(error.to_string()))?;
        let name = format!("{stem}.csv.zip");
        let token = desk.random.token();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("bizType", bill_type.as_str()),
                ("userId", &account_no(seller_id)),
                ("fileType", "csv.zip"),
                ("bizDates", &period.label),
                ("downloadFileName", &name),
                ("timestamp", &desk.now.real_ms.to_string()),
                ("token", &token),
            ])
            .finish();
        self.downloads.forget_old(desk.now.real_ms);
        let until_ms = desk.now.real_ms.saturating_add(VALID_MS);
        self.downloads.files.insert(token, Download { name, contents: contents.into(), until_ms });
        Ok(vec![("bill_download_url", text(format!("{}{PATH}?{query}", desk.base_url)))])
    }

    /// The texts of a statement's two files, damaged as `faults` say.
    fn write(
        &self,
        kind: Kind,
        seller_id: &str,
        period: &Period,
        faults: &[BillFault],
        now_ms: i64,
    ) -> Result<(String, String), Fault> {
        let trades = self.trades.iter().map(|(_, trade)| trade).filter(|trade| trade.seller_id == seller_id);
        let files = match kind {
            Kind::Trade => {
                let mut lines = statement::lines(trades, period);
                tamper(&mut lines, faults, statement::Line::alter, statement::Line::stray);
                not_empty(&lines)?;
                [statement::detail, statement::summary].map(|write| write(&lines, seller_id, period, now_ms))
            }
            Kind::SignCustomer => {
                let transfers = self.transfers.iter().map(|(_, transfer)| transfer);
                let own = transfers.filter(|transfer| transfer.seller_id == seller_id);
                let mut lines = ledger::movements(trades, own, OPENING_BALANCE_FEN, period);
                tamper(&mut lines, faults, ledger::Movement::alter, ledger::Movement::stray);
                not_empty(&lines)?;
                [ledger::detail, ledger::summary].map(|write| write(&lines, seller_id, period, now_ms))
            }
        };
        Ok(files.into())
    }

    /// Answers the file, as long as its address is good.
    pub(super) fn download(&mut self, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Response<Bytes> {
        self.downloads.forget_old(desk.now.real_ms);
        let query = request.uri().query().unwrap_or_default();
        let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
        let download = token.and_then(|(_, token)| self.downloads.files.get(token.as_ref()));
        desk.log.add(Entry {
            at_ms: desk.now.business_ms,
            gateway: Some(Gateway::Alipay),
            direction: Direction::Call,
            what: download.map_or_else(|| PATH.to_owned(), |download| download.name.clone()),
            number: None,
            outcome: if download.is_some() { "200" } else { "403: no such address, or too late" }.to_owned(),
            fine: download.is_some(),
            diagnosis: None,
        });
        let Some(download) = download else {
            let message = "a statement's address is good for 30 seconds; ask for a new one";
            return reply::json_error(StatusCode::FORBIDDEN, "expired", message);
        };
        let mut response =
            reply::reply(StatusCode::OK, "application/octet-stream", download.contents.clone());
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename={}", download.name)) {
            response.headers_mut().insert(CONTENT_DISPOSITION, value);
        }
        response
    }
}

/// A day without lines has no statement.
fn not_empty<T>(lines: &[T]) -> Result<(), Fault> {
    if lines.is_empty() { Err(Fault::NoBill("nothing happened then".to_owned())) } else { Ok(()) }
}
