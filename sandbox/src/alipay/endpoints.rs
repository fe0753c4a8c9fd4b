//! What does `gateway.do` do with a call? (who calls, what befalls the call, which part answers it)

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::Alipay;
use super::answer::{Call, Done, Fields, text};
use super::creation::Channel;
use super::errors::Fault;
use super::fields::{optional, required};
use super::method::Method;
use super::request::{RawRequest, VerifiedRequest, verify_request};
use crate::Gateway;
use crate::desk::Desk;
use crate::faults::{CallFault, Operation, Scope};
use crate::log::{Direction, Entry};
use crate::pages::Lang;
use crate::reply::{self, Reply};

impl Alipay {
    /// Answers one call of `gateway.do`.
    pub(crate) fn gateway(
        &mut self,
        request: &http::Request<Bytes>,
        lang: Lang,
        desk: &mut Desk<'_>,
    ) -> Reply {
        let keys = Arc::clone(&self.keys);
        let raw = RawRequest::parse(request);
        let number = self.number_of(&raw);
        // Who says to be calling: enough to set a clock wrong. Everything else waits for the signature.
        let scope = raw.merchant(&keys.merchants).map(|merchant| Scope {
            gateway: Gateway::Alipay,
            merchant: &merchant.id,
            number: number.as_deref().unwrap_or_default(),
            operation: raw.get("method").and_then(Method::named).map_or(Operation::Other, Method::operation),
        });
        let real_ms = scope.map_or(desk.now.real_ms, |scope| desk.real_ms(scope));
        let mut entry = Entry {
            at_ms: desk.now.business_ms,
            gateway: Some(Gateway::Alipay),
            direction: Direction::Call,
            what: raw.get("method").unwrap_or("gateway.do").chars().take(80).collect(),
            number: number.clone(),
            outcome: String::new(),
            fine: false,
            diagnosis: None,
        };
        let verified = verify_request(&raw, &keys.merchants, real_ms);
        let befalls = match (&verified, scope) {
            (Ok(_), Some(scope)) => desk.faults.call(scope, desk.random),
            _ => None,
        };
        if let Some(reply) = stopped_on_the_way(befalls) {
            let answered = if matches!(reply, Reply::Answer(_)) { "502" } else { "not answered" };
            entry.outcome = format!("not carried out, {answered}: a fault on demand");
            desk.log.add(entry);
            return reply;
        }
        let call = match verified {
            Ok(request) => Call {
                method: Some(request.method),
                merchant: Some(request.merchant),
                outcome: match befalls {
                    Some(CallFault::SystemError) => Err(Fault::System),
                    Some(CallFault::RateLimited) => Err(Fault::RateLimited),
                    _ => self.carry_out(&request, desk),
                },
            },
            Err(refusal) => {
                entry.diagnosis = refusal.diagnosis;
                Call { method: refusal.method, merchant: refusal.merchant, outcome: Err(refusal.fault) }
            }
        };
        entry.fine = call.outcome.is_ok();
        entry.outcome = call.summary();
        if let Some(CallFault::TimeoutAfterEffect { hold_ms }) = befalls {
            entry.outcome.push_str(", not answered: a fault on demand");
            desk.log.add(entry);
            return Reply::Silence { hold_ms };
        }
        desk.log.add(entry);
        call.answer(&raw, lang).into()
    }

    fn carry_out(&mut self, request: &VerifiedRequest<'_>, desk: &mut Desk<'_>) -> Result<Done, Fault> {
        let fields = match request.method {
            Method::PagePay => return self.cashier(Channel::Page, request, desk),
            Method::WapPay => return self.cashier(Channel::Wap, request, desk),
            Method::Precreate => self.precreate(request, desk),
            Method::Query => self.query(request, desk),
            Method::Close => self.close(request, desk),
            Method::Cancel => self.cancel(request, desk),
            Method::Refund => self.refund(request, desk),
            Method::RefundQuery => self.refund_query(request, desk),
            Method::Transfer => self.transfer(request, desk),
            Method::TransferQuery => self.transfer_query(request),
            Method::Bill => self.bill_address(request, desk),
            Method::CertificateDownload => certificate(request),
        };
        fields.map(Done::Answer)
    }

    /// The browser goes on to the cashier.
    fn cashier(
        &mut self,
        channel: Channel,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Done, Fault> {
        let token = self.create(channel, request, desk)?;
        Ok(Done::Cashier(desk.cashier_url(&token)))
    }

    /// The merchant's number in a call, believed or not.
    fn number_of(&self, raw: &RawRequest) -> Option<String> {
        let fields: Map<String, Value> = serde_json::from_str(raw.get("biz_content")?).ok()?;
        let named = |name| optional(&fields, name, 64).ok().flatten();
        let by_trade_no = |trade_no: String| {
            let trade = self.by_trade_no.get(&trade_no).and_then(|token| self.trades.get(token));
            trade.map_or(trade_no, |trade| trade.out_trade_no.clone())
        };
        named("out_trade_no").or_else(|| named("trade_no").map(by_trade_no)).or_else(|| named("out_biz_no"))
    }
}

/// The certificate for the gateway's key, for those who know its number from an answer.
fn certificate(request: &VerifiedRequest<'_>) -> Result<Fields, Fault> {
    let certificate = &request.merchant.alipay.gateway_cert;
    let number = required(&request.biz_content, "alipay_cert_sn", 128)?;
    if number != certificate.alipay_sn {
        return Err(Fault::UnknownGatewayCertificate(number));
    }
    Ok(vec![("alipay_cert_content", text(BASE64.encode(&certificate.pem)))])
}

/// What a caller hears when the call never gets to the gateway.
fn stopped_on_the_way(befalls: Option<CallFault>) -> Option<Reply> {
    match befalls {
        Some(CallFault::TimeoutBeforeEffect { hold_ms }) => Some(Reply::Silence { hold_ms }),
        Some(CallFault::ServerError) => Some(reply::bad_gateway().into()),
        _ => None,
    }
}
