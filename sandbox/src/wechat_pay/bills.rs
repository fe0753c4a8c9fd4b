//! How does a merchant get the statement of a day?
//!
//! First a signed answer with the file's hash and address, then the file itself. Statements count in
//! business time: a day's is there from ten o'clock of the next, for three months.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha1::{Digest as _, Sha1};

use super::answer::Answer;
use super::errors::Refusal;
use super::fund_flow::{Entry, fund_flow_text};
use super::order::Order;
use super::refund::RefundLife;
use super::statement::{BillType, Line, RefundLine, bill_text, fee_fen};
use super::time::shanghai_day;
use super::{WechatPay, scope};
use crate::clock::shanghai_text;
use crate::desk::Desk;
use crate::faults::{Operation, tamper};
use crate::merchant::Merchant;

const HOUR_MS: i64 = 60 * 60 * 1000;
/// A day's statement is ready ten hours after the day.
const READY_AFTER_MS: i64 = 10 * HOUR_MS;
/// Three months.
const KEPT_FOR_MS: i64 = 92 * 24 * HOUR_MS;
/// How long an address of a file works. Files are not kept across a restart: they are asked for again.
const ADDRESS_LIFE_MS: i64 = 5 * 60 * 1000;

/// A statement that waits to be fetched.
struct File {
    mchid: String,
    content_type: &'static str,
    bytes: Vec<u8>,
    expires_at_ms: i64,
}

/// Statements by the secret part of their address.
#[derive(Default)]
pub(crate) struct Files(BTreeMap<String, File>);

type Query = [(String, String)];

fn parameter<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

impl WechatPay {
    /// `GET /v3/bill/tradebill`.
    pub(super) fn trade_bill(
        &mut self,
        query: &Query,
        merchant: &Merchant,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let bill_type = match parameter(query, "bill_type") {
            None | Some("ALL") => BillType::All,
            Some("SUCCESS") => BillType::Success,
            Some("REFUND") => BillType::Refund,
            Some(_) => return Err(Refusal::query("bill_type", "must be ALL, SUCCESS or REFUND")),
        };
        let day = read_day(query, desk.now.business_ms)?;
        let mut lines = self.lines(&merchant.wechat_pay.mchid, day);
        let befalls = desk.faults.bill(scope(merchant, "", Operation::Bill), desk.random);
        let (number, id) = (desk.random.alphanumeric(26).to_uppercase(), desk.random.digits(23));
        tamper(
            &mut lines,
            &befalls,
            |line| match &mut line.refund {
                Some(refund) => refund.fen = refund.fen.saturating_add(1),
                None => line.paid_fen = line.paid_fen.saturating_add(1),
            },
            |line| Line {
                out_trade_no: number.clone(),
                transaction_id: format!("42000{id}"),
                ..line.clone()
            },
        );
        let text = bill_text(bill_type, &lines).ok_or(Refusal::NoStatement)?;
        self.offer(text, query, merchant, desk)
    }

    /// `GET /v3/bill/fundflowbill`.
    pub(super) fn fund_flow_bill(
        &mut self,
        query: &Query,
        merchant: &Merchant,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let account = parameter(query, "account_type").unwrap_or("BASIC");
        if !["BASIC", "OPERATION", "FEES"].contains(&account) {
            return Err(Refusal::query("account_type", "must be BASIC, OPERATION or FEES"));
        }
        let (first_ms, last_ms) = read_day(query, desk.now.business_ms)?;
        // Everything moves on the basic account here.
        let entries = if account == "BASIC" { self.flow(&merchant.wechat_pay.mchid) } else { Vec::new() };
        let text = fund_flow_text(entries, super::OPENING_BALANCE_FEN, first_ms, last_ms);
        self.offer(text.ok_or(Refusal::NoStatement)?, query, merchant, desk)
    }

    /// Keeps a file for a while and says where it is. The hash is over the text, packed or not.
    fn offer(
        &mut self,
        text: String,
        query: &Query,
        merchant: &Merchant,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let hash = hex::encode(Sha1::digest(text.as_bytes()));
        let (content_type, bytes, suffix) = match parameter(query, "tar_type") {
            None | Some("") => ("text/plain; charset=utf-8", text.into_bytes(), ""),
            Some("GZIP") => {
                let packed = gzip(text.as_bytes()).ok_or(Refusal::SystemError)?;
                ("application/x-gzip", packed, "&tartype=gzip")
            }
            Some(_) => return Err(Refusal::query("tar_type", "must be GZIP or absent")),
        };
        let now_ms = desk.now.business_ms;
        let token = desk.random.token();
        let file = File {
            mchid: merchant.wechat_pay.mchid.clone(),
            content_type,
            bytes,
            expires_at_ms: now_ms.saturating_add(ADDRESS_LIFE_MS),
        };
        self.files.0.retain(|_, file| now_ms < file.expires_at_ms);
        self.files.0.insert(token.clone(), file);
        let address = format!("{}{}?token={token}{suffix}", desk.base_url, super::routes::DOWNLOAD_PATH);
        Ok(Answer::Json(json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": address })))
    }

    /// `GET` of a file's address, signed like every call.
    pub(super) fn download(
        &self,
        query: &Query,
        merchant: &Merchant,
        desk: &Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let token = parameter(query, "token").ok_or_else(|| Refusal::query("token", "is missing"))?;
        let file = self.files.0.get(token).filter(|file| {
            file.mchid == merchant.wechat_pay.mchid && desk.now.business_ms < file.expires_at_ms
        });
        let file = file.ok_or_else(|| {
            Refusal::ResourceNotExists("no such file; an address works for five minutes".to_owned())
        })?;
        Ok(Answer::File { content_type: file.content_type, bytes: file.bytes.clone() })
    }

    /// What happened on a day, in its order.
    fn lines(&self, mchid: &str, (first_ms, last_ms): (i64, i64)) -> Vec<Line> {
        let orders = self.orders.iter().filter(|order| order.mchid == mchid);
        let mut lines: Vec<Line> = orders.flat_map(lines_of).collect();
        lines.retain(|line| (first_ms..=last_ms).contains(&line.at_ms));
        lines.sort_by(|a, b| (a.at_ms, &a.transaction_id).cmp(&(b.at_ms, &b.transaction_id)));
        lines
    }

    /// Every movement on the merchant's account, from the first on.
    fn flow(&self, mchid: &str) -> Vec<Entry> {
        let orders = self.orders.iter().filter(|order| order.mchid == mchid);
        let lines = orders.flat_map(lines_of).flat_map(|line| Entry::of_line(&line));
        let transfers = self.transfers.iter().filter(|transfer| transfer.mchid == mchid);
        let mut entries: Vec<Entry> = lines.chain(transfers.filter_map(Entry::of_transfer)).collect();
        entries.sort_by(|a, b| (a.at_ms, &a.gateway_number).cmp(&(b.at_ms, &b.gateway_number)));
        entries
    }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// The first and last millisecond of the day asked for.
fn read_day(query: &Query, now_ms: i64) -> Result<(i64, i64), Refusal> {
    let text = parameter(query, "bill_date").ok_or_else(|| Refusal::query("bill_date", "is missing"))?;
    let (first_ms, last_ms) =
        shanghai_day(text).ok_or_else(|| Refusal::query("bill_date", "expected yyyy-MM-dd"))?;
    if now_ms <= last_ms {
        return Err(Refusal::query("bill_date", "must be a day that is over"));
    }
    if now_ms <= last_ms.saturating_add(READY_AFTER_MS) {
        return Err(Refusal::StatementCreating);
    }
    if now_ms > last_ms.saturating_add(KEPT_FOR_MS) {
        return Err(Refusal::query("bill_date", "statements are kept for three months"));
    }
    Ok((first_ms, last_ms))
}

/// The payment and its refunds as lines, those left out that moved nothing.
fn lines_of(order: &Order) -> Vec<Line> {
    let Some(paid) = order.paid() else { return Vec::new() };
    let payment = Line {
        at_ms: paid.at_ms,
        at: shanghai_text(paid.at_ms),
        appid: order.contents.appid.clone(),
        mchid: order.mchid.clone(),
        device_id: order.contents.device_id.clone().unwrap_or_default(),
        transaction_id: paid.transaction_id.clone(),
        out_trade_no: order.out_trade_no.clone(),
        openid: paid.openid.clone(),
        trade_type: order.contents.channel.trade_type(),
        description: order.contents.description.clone(),
        attach: order.contents.attach.clone().unwrap_or_default(),
        paid_fen: order.contents.total_fen,
        fee_fen: fee_fen(order.contents.total_fen),
        refund: None,
    };
    let mut lines = vec![payment.clone()];
    let mut refunded_fen = 0_i64;
    for refund in &order.refunds {
        if matches!(refund.life, RefundLife::Closed { .. }) {
            continue;
        }
        let fen = refund.contents.refund_fen;
        // The fee comes back with the money, so that after a whole refund none of it is left.
        let before_fen = fee_fen(refunded_fen);
        refunded_fen = refunded_fen.saturating_add(fen);
        let line = Line {
            at_ms: refund.created_at_ms,
            at: shanghai_text(refund.created_at_ms),
            paid_fen: 0,
            fee_fen: before_fen.saturating_sub(fee_fen(refunded_fen)),
            refund: Some(RefundLine {
                refund_id: refund.refund_id.clone(),
                out_refund_no: refund.out_refund_no.clone(),
                fen,
                status: refund.life.status(),
                done_at: match refund.life {
                    RefundLife::Success { at_ms } => shanghai_text(at_ms),
                    _ => String::new(),
                },
            }),
            ..payment.clone()
        };
        lines.push(line);
    }
    lines
}
