//! What does `gateway.do` answer to each call?

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::Alipay;
use super::amount::yuan_text;
use super::creation::{Creation, optional, read_creation};
use super::errors::Fault;
use super::request::{Method, RawRequest, VerifiedRequest, verify_request};
use super::sign::sign_response;
use super::trade::{Life, Trade};
use crate::Gateway;
use crate::clock::shanghai_text;
use crate::desk::Desk;
use crate::log::{Direction, Entry};
use crate::merchant::Merchant;
use crate::pages::{Lang, fault_page};
use crate::reply::{self, Reply};

/// Where the answer to a call without a usable `method` goes.
const ERROR_NODE: &str = "error_response";

/// The members of a response object, in the order they are written.
type Fields = Vec<(&'static str, String)>;

/// A call that was carried out.
enum Done {
    Answer(Fields),
    /// The browser goes to the cashier.
    Cashier(String),
}

/// A call as far as it is understood.
struct Call<'a> {
    method: Option<Method>,
    merchant: Option<&'a Merchant>,
    outcome: Result<Done, Fault>,
}

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
        let mut entry = Entry {
            at_ms: desk.now.business_ms,
            gateway: Some(Gateway::Alipay),
            direction: Direction::Call,
            what: raw.get("method").unwrap_or("gateway.do").chars().take(80).collect(),
            number: number_of(&raw),
            outcome: String::new(),
            fine: false,
            diagnosis: None,
        };
        let real_ms = desk.now.real_ms;
        let call = match verify_request(&raw, &keys.merchants, real_ms) {
            Ok(verified) => Call {
                method: Some(verified.method),
                merchant: Some(verified.merchant),
                outcome: self.carry_out(&verified, desk),
            },
            Err(refusal) => {
                entry.diagnosis = refusal.diagnosis;
                Call { method: refusal.method, merchant: refusal.merchant, outcome: Err(refusal.fault) }
            }
        };
        entry.fine = call.outcome.is_ok();
        entry.outcome = match &call.outcome {
            Ok(Done::Cashier(_)) => "→ cashier".to_owned(),
            Ok(Done::Answer(_)) => "10000".to_owned(),
            Err(fault) => format!("{} {}", fault.code().0, fault.sub_code()),
        };
        desk.log.add(entry);
        answer(&call, &raw, lang).into()
    }

    fn carry_out(&mut self, request: &VerifiedRequest<'_>, desk: &mut Desk<'_>) -> Result<Done, Fault> {
        let now_ms = desk.now.business_ms;
        match request.method {
            Method::PagePay | Method::WapPay => {
                let token = self.create(request, desk)?;
                Ok(Done::Cashier(desk.cashier_url(&token)))
            }
            Method::Precreate => {
                let token = self.create(request, desk)?;
                let number =
                    self.trades.get(&token).map(|trade| trade.out_trade_no.clone()).unwrap_or_default();
                Ok(Done::Answer(vec![("out_trade_no", number), ("qr_code", desk.cashier_url(&token))]))
            }
            Method::Query => Ok(Done::Answer(query_fields(&self.find(request, now_ms)?)?)),
            Method::Close => {
                let mut trade = self.find(request, now_ms)?;
                let outcome = trade.close(now_ms);
                let number = trade.out_trade_no.clone();
                self.keep(trade);
                Ok(Done::Answer(vec![("trade_no", outcome?.trade_no), ("out_trade_no", number)]))
            }
        }
    }

    /// Keeps a payment request; the same number with the same contents is the same payment. Answers the
    /// token of its cashier page.
    fn create(&mut self, request: &VerifiedRequest<'_>, desk: &mut Desk<'_>) -> Result<String, Fault> {
        let now_ms = desk.now.business_ms;
        let creation = read_creation(request.method, &request.biz_content, now_ms)?;
        let number = (request.merchant.alipay.seller_id.clone(), creation.out_trade_no.clone());
        let known = self.by_number.get(&number).cloned();
        let trade = match known.and_then(|token| self.current(&token, now_ms)) {
            Some((trade, _)) => repeated(trade, creation, request, now_ms)?,
            None => {
                creation.expiry?;
                Trade {
                    token: desk.random.token(),
                    app_id: request.merchant.alipay.app_id.clone(),
                    seller_id: number.0,
                    out_trade_no: number.1,
                    contents: creation.contents,
                    notify_url: request.notify_url.clone(),
                    return_url: request.return_url.clone(),
                    quit_url: creation.quit_url,
                    requested_at_ms: now_ms,
                    expires_at_ms: creation.expires_at_ms,
                    life: Life::NotOpened,
                }
            }
        };
        let token = trade.token.clone();
        self.keep(trade);
        Ok(token)
    }

    /// The trade a query or close means, by `trade_no` if given, else by `out_trade_no`, among the caller's
    /// own; the deadline applied.
    fn find(&self, request: &VerifiedRequest<'_>, now_ms: i64) -> Result<Trade, Fault> {
        let trade_no = optional(&request.biz_content, "trade_no", 64)?;
        let number = optional(&request.biz_content, "out_trade_no", 64)?;
        let token = match (trade_no, number) {
            (Some(trade_no), _) => self.by_trade_no.get(&trade_no),
            (None, Some(number)) => self.by_number.get(&(request.merchant.alipay.seller_id.clone(), number)),
            (None, None) => {
                return Err(Fault::Parameter("one of out_trade_no and trade_no must be given".to_owned()));
            }
        };
        token
            .and_then(|token| self.current(token, now_ms))
            .map(|(trade, _)| trade)
            .filter(|trade| {
                trade.seller_id == request.merchant.alipay.seller_id && trade.life != Life::NotOpened
            })
            .ok_or(Fault::NoSuchTrade)
    }
}

/// Writes the answer: a redirect or a page for browsers, signed JSON for programs.
fn answer(call: &Call<'_>, raw: &RawRequest, lang: Lang) -> Response<Bytes> {
    let key = call.merchant.map(|merchant| &merchant.alipay.gateway_key);
    let fault = match &call.outcome {
        Ok(Done::Cashier(address)) => return reply::see_other(address),
        Ok(Done::Answer(fields)) => {
            let mut members = vec![("code", "10000".to_owned()), ("msg", "Success".to_owned())];
            members.extend(fields.iter().cloned());
            let node = call.method.and_then(|method| response_node(method.name()));
            let node = node.unwrap_or_else(|| ERROR_NODE.to_owned());
            return gateway_json(sign_response(&node, &object_text(&members), key));
        }
        Err(fault) => fault,
    };
    let (code, msg) = fault.code();
    if call.method.is_some_and(Method::is_for_browsers) {
        let page = fault_page(lang, code, &fault.sub_code(), &fault.sub_msg());
        return reply::page(StatusCode::BAD_REQUEST, page);
    }
    let members = [
        ("code", code.to_owned()),
        ("msg", msg.to_owned()),
        ("sub_code", fault.sub_code()),
        ("sub_msg", fault.sub_msg()),
    ];
    // Who is not known gets no signature: there is no key to sign with.
    let node = call.merchant.and_then(|_| response_node(raw.get("method")?));
    let node = node.unwrap_or_else(|| ERROR_NODE.to_owned());
    gateway_json(sign_response(&node, &object_text(&members), key))
}

/// Typed as the real one types it.
fn gateway_json(body: String) -> Response<Bytes> {
    reply::reply(StatusCode::OK, "text/html;charset=utf-8", body)
}

/// The same number again. Other contents are refused; a trade that is over says so; as long as nobody has
/// opened the cashier, the newest deadline and addresses hold.
fn repeated(
    mut trade: Trade,
    creation: Creation,
    request: &VerifiedRequest<'_>,
    now_ms: i64,
) -> Result<Trade, Fault> {
    if trade.contents != creation.contents {
        return Err(Fault::OtherContents);
    }
    match trade.life {
        Life::TradeSuccess { .. } => return Err(Fault::AlreadyPaid),
        Life::TradeClosed { .. } => return Err(Fault::AlreadyClosed),
        Life::WaitBuyerPay { .. } => {}
        Life::NotOpened => {
            // The very same deadline may have come near in the meantime, but not passed.
            if trade.expires_at_ms != creation.expires_at_ms || trade.is_past(now_ms) {
                creation.expiry?;
            }
            trade.expires_at_ms = creation.expires_at_ms;
            trade.notify_url.clone_from(&request.notify_url);
            trade.return_url.clone_from(&request.return_url);
            trade.quit_url = creation.quit_url;
        }
    }
    Ok(trade)
}

fn query_fields(trade: &Trade) -> Result<Fields, Fault> {
    let opened = trade.life.opened().ok_or(Fault::NoSuchTrade)?;
    let total = yuan_text(trade.contents.total_fen);
    let paid = match &trade.life {
        Life::TradeSuccess { paid_at_ms, .. } => Some(*paid_at_ms),
        _ => None,
    };
    let moved = if paid.is_some() { total.clone() } else { "0.00".to_owned() };
    let mut fields = vec![
        ("trade_no", opened.trade_no.clone()),
        ("out_trade_no", trade.out_trade_no.clone()),
        ("buyer_logon_id", opened.buyer_logon_id.clone()),
        ("buyer_open_id", opened.buyer_open_id.clone()),
        ("buyer_user_type", "PRIVATE".to_owned()),
        ("trade_status", trade.life.status().to_owned()),
        ("total_amount", total),
        ("buyer_pay_amount", moved.clone()),
        ("receipt_amount", moved.clone()),
        ("invoice_amount", moved),
        ("point_amount", "0.00".to_owned()),
    ];
    fields.extend(paid.map(|paid_at_ms| ("send_pay_date", shanghai_text(paid_at_ms))));
    Ok(fields)
}

/// The JSON text of a response object, members in order and every `/` as `\/`, as the real gateway writes
/// it: whoever parses and re-serialises before checking the signature finds out here.
fn object_text(members: &[(&'static str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("\"{name}\":{}", Value::from(value.as_str()))).collect();
    format!("{{{}}}", members.join(",")).replace('/', "\\/")
}

/// The member of the answer that holds the response to `method`; `None` for what cannot be a method's name.
fn response_node(method: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
    (method.len() <= 80 && method.bytes().all(allowed))
        .then(|| format!("{}_response", method.replace('.', "_")))
}

/// The merchant's number in a call, believed or not.
fn number_of(raw: &RawRequest) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_str(raw.get("biz_content")?).ok()?;
    let name = if fields.contains_key("out_trade_no") { "out_trade_no" } else { "trade_no" };
    optional(&fields, name, 64).ok().flatten()
}
