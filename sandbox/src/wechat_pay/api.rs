//! What does a merchant's call get? (believe it, let faults befall it, carry it out, sign the answer)

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::WechatPay;
use super::answer::{Answer, Signed, SigningKey, response};
use super::caller::{self, Rejected};
use super::errors::Refusal;
use super::fields::parse_body;
use super::payouts::transfer_answer;
use super::routes::Call;
use super::seal::{ALGORITHM, NONCE_LENGTH, seal};
use super::time::rfc3339;
use crate::Gateway;
use crate::desk::Desk;
use crate::faults::{CallFault, Operation, Scope};
use crate::log::{Direction, Entry};
use crate::merchant::Merchant;
use crate::reply::{self, Reply};

/// A call after its merchant was looked up.
struct Arrived<'a> {
    request: &'a Request<Bytes>,
    call: Option<Call>,
    /// Whom it claims to come from.
    merchant: Option<&'a Merchant>,
    /// The number of the payment it is about, believed or not.
    number: String,
}

impl WechatPay {
    /// Answers everything below `/v3/`.
    pub(super) fn call(&mut self, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Reply {
        let keys = Arc::clone(&self.keys);
        let merchant = caller::claimed(request, &keys);
        let call = Call::find(request.method(), request.uri().path());
        let number = self.number_of(call.as_ref(), request.body(), merchant);
        let arrived = Arrived { request, call, merchant, number };

        let operation = arrived.call.as_ref().map_or(Operation::Other, Call::operation);
        let id = merchant.map(|merchant| merchant.id.as_str()).unwrap_or_default();
        let number = arrived.number.as_str();
        let within = Scope { gateway: Gateway::WechatPay, merchant: id, number, operation };
        let real_ms = desk.real_ms(within);
        let believed = caller::check(request, merchant, desk.base_url, real_ms);
        // Whoever is not believed is refused as ever: faults befall merchants.
        let befalls = believed.as_ref().ok().and_then(|()| desk.faults.call(within, desk.random));
        match befalls {
            Some(CallFault::TimeoutBeforeEffect { hold_ms }) => {
                note(&arrived, "timeout before effect", None, desk);
                return Reply::Silence { hold_ms };
            }
            Some(CallFault::ServerError) => {
                note(&arrived, "502", None, desk);
                return Reply::Answer(reply::bad_gateway());
            }
            _ => {}
        }
        let outcome = match (believed, befalls) {
            (Err(rejected), _) => Err(*rejected),
            (Ok(()), Some(CallFault::SystemError)) => Err(Refusal::SystemError.into()),
            (Ok(()), Some(CallFault::RateLimited)) => Err(Refusal::FrequencyLimited.into()),
            (Ok(()), _) => self.carry_out(&arrived, desk).map_err(Rejected::from),
        };
        if let Some(CallFault::TimeoutAfterEffect { hold_ms }) = befalls {
            note(&arrived, "timeout after effect", None, desk);
            return Reply::Silence { hold_ms };
        }
        Reply::Answer(self.signed(&arrived, outcome, real_ms, desk))
    }

    fn carry_out(&mut self, arrived: &Arrived<'_>, desk: &mut Desk<'_>) -> Result<Answer, Refusal> {
        let unknown = || Refusal::ResourceNotExists("the sandbox has no such call".to_owned());
        let merchant = arrived.merchant.ok_or_else(unknown)?;
        let account = &merchant.wechat_pay;
        let named = SigningKey::named(arrived.request, account)?;
        let query: Vec<(String, String)> =
            form_urlencoded::parse(arrived.request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let text = std::str::from_utf8(arrived.request.body()).unwrap_or_default();
        let body = || parse_body(text);
        match arrived.call.as_ref().ok_or_else(unknown)? {
            Call::Create(channel) => self.create(*channel, &body()?, merchant, desk),
            Call::QueryByNumber(number) => {
                self.query(self.orders.by_number(&account.mchid, number), &query, merchant, desk)
            }
            Call::QueryById(id) => {
                self.query(self.orders.by_transaction(&account.mchid, id), &query, merchant, desk)
            }
            Call::Close(number) => self.close(number, &body()?, merchant, desk),
            Call::Refund => self.refund(&body()?, merchant, desk),
            Call::RefundQuery(number) => self.refund_query(number, merchant),
            Call::AbnormalRefund(id) => self.abnormal_refund(id, &body()?, named, merchant, desk),
            Call::Certificates => certificates(merchant, desk),
            Call::Transfer => self.transfer(&body()?, named, merchant, desk),
            Call::TransferQuery(number) => transfer_answer(self.transfers.by_number(&account.mchid, number)),
            Call::TransferQueryById(id) => transfer_answer(self.transfers.by_bill_no(&account.mchid, id)),
            Call::TransferCancel(number) => self.transfer_cancel(number, merchant, desk),
            Call::TradeBill => self.trade_bill(&query, merchant, desk),
            Call::FundFlowBill => self.fund_flow_bill(&query, merchant, desk),
            Call::Download => self.download(&query, merchant, desk),
        }
    }

    /// The response with its signature, and a line for the log.
    fn signed(
        &self,
        arrived: &Arrived<'_>,
        outcome: Result<Answer, Rejected>,
        real_ms: i64,
        desk: &mut Desk<'_>,
    ) -> Response<Bytes> {
        let (outcome, rejected) = match outcome {
            Ok(answer) => (Ok(answer), None),
            Err(rejected) => (Err(rejected.refusal.clone()), Some(rejected)),
        };
        let is_file = matches!(outcome, Ok(Answer::File { .. }));
        let mut response = match outcome {
            Ok(answer) => response(Ok(answer), desk.random),
            Err(refusal) => response(Err(&refusal), desk.random),
        };
        // Who is not known gets no signature: there is no key that would mean anything to them.
        if let Some(merchant) = arrived.merchant.filter(|_| !is_file) {
            let settings = self.settings_of(&merchant.wechat_pay.mchid);
            let key = match SigningKey::named(arrived.request, &merchant.wechat_pay) {
                Ok(Some(named)) => named,
                // Who fetches certificates has only those to check the answer with.
                _ if arrived.call == Some(Call::Certificates) => SigningKey::Certificate,
                _ => SigningKey::drawn(settings, desk.random),
            };
            let body = String::from_utf8_lossy(response.body()).into_owned();
            let pair = key.pair(&merchant.wechat_pay);
            let signed = Signed::over(&body, pair, settings, real_ms, desk.random);
            for (name, value) in signed.headers() {
                if let Ok(value) = value.parse() {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        let status = response.status().as_u16();
        match rejected {
            None => note(arrived, &status.to_string(), None, desk),
            Some(rejected) => {
                let outcome = format!("{status} {}", rejected.refusal.code().1);
                note(arrived, &outcome, Some(rejected), desk);
            }
        }
        response
    }

    /// The merchant's number of the payment a call is about, as far as it can be told; else that of the
    /// transfer.
    fn number_of(&self, call: Option<&Call>, body: &[u8], merchant: Option<&Merchant>) -> String {
        let mchid = merchant.map(|merchant| merchant.wechat_pay.mchid.as_str()).unwrap_or_default();
        let order = match call {
            Some(Call::QueryByNumber(number) | Call::Close(number)) => return number.clone(),
            Some(Call::TransferQuery(number) | Call::TransferCancel(number)) => return number.clone(),
            Some(Call::QueryById(id)) => self.orders.by_transaction(mchid, id),
            Some(Call::RefundQuery(number)) => self.orders.by_refund(mchid, number),
            Some(Call::AbnormalRefund(id)) => self.orders.by_refund_id(mchid, id),
            Some(Call::TransferQueryById(id)) => {
                let transfer = self.transfers.by_bill_no(mchid, id);
                return transfer.map(|transfer| transfer.out_bill_no.clone()).unwrap_or_default();
            }
            Some(Call::Create(_) | Call::Refund | Call::Transfer) => {
                let fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
                let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
                match text("out_trade_no").or_else(|| text("out_bill_no")) {
                    Some(number) => return number.chars().take(64).collect(),
                    None => self.orders.by_transaction(mchid, &text("transaction_id").unwrap_or_default()),
                }
            }
            _ => None,
        };
        order.map(|order| order.out_trade_no.clone()).unwrap_or_default()
    }
}

/// `GET /v3/certificates`: the platform's certificate, sealed.
fn certificates(merchant: &Merchant, desk: &mut Desk<'_>) -> Result<Answer, Refusal> {
    let account = &merchant.wechat_pay;
    let certificate = &account.platform_certificate;
    let nonce = desk.random.alphanumeric(NONCE_LENGTH);
    let sealed = seal(&account.api_v3_key, &nonce, "certificate", certificate.pem.as_bytes());
    let (from_s, until_s) = certificate.valid_s;
    let moment = |seconds: u32| rfc3339(i64::from(seconds).saturating_mul(1000));
    Ok(Answer::Json(json!({
        "data": [{
            "serial_no": certificate.serial_no,
            "effective_time": moment(from_s),
            "expire_time": moment(until_s),
            "encrypt_certificate": {
                "algorithm": ALGORITHM,
                "nonce": nonce,
                "associated_data": "certificate",
                "ciphertext": sealed.ok_or(Refusal::SystemError)?,
            },
        }],
    })))
}

/// Writes a call into the log.
fn note(arrived: &Arrived<'_>, outcome: &str, rejected: Option<Rejected>, desk: &mut Desk<'_>) {
    let target = arrived.request.uri().path();
    let path = percent_decode_str(target).decode_utf8_lossy();
    desk.log.add(Entry {
        at_ms: desk.now.business_ms,
        gateway: Some(Gateway::WechatPay),
        direction: Direction::Call,
        what: format!("{} {}", arrived.request.method(), path.chars().take(120).collect::<String>()),
        number: Some(arrived.number.clone()).filter(|number| !number.is_empty()),
        outcome: outcome.to_owned(),
        fine: outcome.starts_with('2'),
        diagnosis: rejected.and_then(|rejected| rejected.diagnosis),
    });
}
