//! What can be asked of the speaker?

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::attempt::{Attempt, AttemptState, Capture, Terms};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::{
    Content, Fault, Message, Moment, Operation, Outgoing, Payer, Prepared, RefundOperation, RefundTerms,
    Unsigned,
};
use coursepay_core::id::{AttemptId, RefundId};
use coursepay_core::method::{Channel, Method};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
use coursepay_edge::app::ports::Key;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::party::{Disbelief, Party, Protocol};
use crate::words;

/// What is to be done. Times are epoch milliseconds.
#[derive(Deserialize)]
pub(crate) struct Command {
    now_ms: i64,
    /// Letters and digits; for what is sent.
    #[serde(default)]
    nonce: String,
    /// What came, where something is heard.
    message: Option<Heard>,
    #[serde(flatten)]
    task: Task,
}

/// An HTTP message; `body` is base64.
#[derive(Deserialize)]
struct Heard {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: String,
}

const fn ok() -> u16 {
    200
}

/// With a message it hears the answer, without one it asks.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Task {
    Create(Payment),
    Query(Payment),
    Close(Payment),
    Refund(Refund),
    QueryRefund(Refund),
    HandOver { ticket: String },
    Certificates,
    Callback,
}

/// An attempt; `paid_as` is what the gateway calls its payment.
#[derive(Deserialize)]
struct Payment {
    id: AttemptId,
    channel: Channel,
    amount_minor: i64,
    currency: String,
    subject: String,
    notify_url: String,
    return_url: Option<String>,
    created_at_ms: i64,
    expires_at_ms: i64,
    gateway_ref: Option<String>,
    paid_as: Option<String>,
    openid: Option<String>,
    client_ip: Option<String>,
}

#[derive(Deserialize)]
struct Refund {
    payment: Payment,
    number: RefundId,
    refund_minor: i64,
    reason: String,
    notify_url: String,
    gateway_no: Option<String>,
}

/// Why there is no answer.
enum No {
    Fault(Fault),
    Forged,
    Error(String),
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Disbelief> for No {
    fn from(disbelief: Disbelief) -> Self {
        match disbelief {
            Disbelief::BadSignature => Self::Forged,
            Disbelief::Check(error) => Self::Error(error),
        }
    }
}

impl Command {
    pub(crate) async fn run(self, party: &Party) -> Value {
        match self.answer(party).await {
            Ok(answer) => answer,
            Err(No::Fault(fault)) => json!({ "fault": fault.to_string() }),
            Err(No::Forged) => json!({ "forged": true }),
            Err(No::Error(error)) => json!({ "error": error }),
        }
    }

    async fn answer(self, party: &Party) -> Result<Value, No> {
        let Self { now_ms, nonce, message, task } = self;
        let now = Timestamp::from_ms(now_ms);
        let Some(Heard { status, headers, body }) = message else {
            return task.ask(party, &Moment { now, nonce }).await;
        };
        let body = BASE64_STANDARD.decode(body).map_err(|error| No::Error(error.to_string()))?;
        let message = Message { status, headers: &headers, body: &body };
        task.hear(party, message, now).await.map(|heard| json!({ "heard": heard }))
    }
}

impl Task {
    async fn ask(self, party: &Party, moment: &Moment) -> Result<Value, No> {
        let gateway = party.protocol.gateway();
        let (prepared, terms) = match self {
            Self::Create(ref payment) | Self::Query(ref payment) | Self::Close(ref payment) => {
                let attempt = payment.attempt(party)?;
                let prepared = gateway.prepare(self.operation(), &attempt, &payment.payer(), moment)?;
                (prepared, Some(attempt.terms))
            }
            Self::Refund(ref refund) | Self::QueryRefund(ref refund) => {
                let (terms, attempt) = (refund.terms()?, refund.payment.attempt(party)?);
                (gateway.prepare_refund(self.refund_operation(), &terms, &attempt, moment)?, None)
            }
            Self::HandOver { ticket } => (Prepared::ToSign(gateway.hand_over(&ticket, moment)?), None),
            Self::Certificates => (Prepared::ToSign(certificates(party, moment)?), None),
            Self::Callback => return Err(No::Error("a callback has a message".to_owned())),
        };
        let outgoing = match prepared {
            Prepared::ToSign(unsigned) => party.signed(unsigned).await,
            Prepared::WithSecret(request) => Outgoing::Send(request),
        };
        Ok(words::outgoing(&outgoing, terms.as_ref()))
    }

    async fn hear(self, party: &Party, message: Message<'_>, now: Timestamp) -> Result<Value, No> {
        let gateway = party.protocol.gateway();
        match self {
            Self::Create(ref payment) | Self::Query(ref payment) | Self::Close(ref payment) => {
                let attempt = payment.attempt(party)?;
                let answer = gateway.read_answer(self.operation(), &attempt, message, now)?;
                Ok(words::answer(&party.believed(answer, &[]).await?))
            }
            Self::Refund(ref refund) | Self::QueryRefund(ref refund) => {
                let (terms, attempt) = (refund.terms()?, refund.payment.attempt(party)?);
                let operation = self.refund_operation();
                let answer = gateway.read_refund_answer(operation, &terms, &attempt, message, now)?;
                Ok(words::refund_answer(&party.believed(answer, &[]).await?))
            }
            Self::Certificates => hear_certificates(party, message, now).await,
            Self::Callback => {
                let content = gateway.read_callback(message, now)?;
                let notice = match party.believed(content, &[]).await? {
                    Content::Open(notice) => notice,
                    Content::Sealed(sealed) => {
                        let plain = party.opened(&sealed.nonce, &sealed.aad, &sealed.ciphertext).await;
                        (sealed.read)(&plain.ok_or(No::Forged)?)?
                    }
                };
                Ok(words::notice(&notice))
            }
            Self::HandOver { .. } => Err(No::Error("nobody answers a hand-over".to_owned())),
        }
    }

    fn operation(&self) -> Operation {
        match self {
            Self::Query(_) => Operation::Query,
            Self::Close(_) => Operation::Close,
            _ => Operation::Create,
        }
    }

    fn refund_operation(&self) -> RefundOperation {
        if matches!(self, Self::QueryRefund(_)) { RefundOperation::Query } else { RefundOperation::Request }
    }
}

fn certificates(party: &Party, moment: &Moment) -> Result<Unsigned, No> {
    let Protocol::WechatPay(wechat_pay) = &party.protocol else {
        return Err(No::Error("only WeChat Pay hands out certificates".to_owned()));
    };
    Ok(wechat_pay.prepare_certificates(moment)?)
}

/// Opens what is sealed, and believes it only if one of those keys signed the answer.
async fn hear_certificates(party: &Party, message: Message<'_>, now: Timestamp) -> Result<Value, No> {
    let Protocol::WechatPay(wechat_pay) = &party.protocol else {
        return Err(No::Error("only WeChat Pay hands out certificates".to_owned()));
    };
    let certificates = wechat_pay.read_certificates(message, now)?;
    let mut known = Vec::new();
    for sealed in &certificates.sealed {
        let plain = party.opened(&sealed.nonce, &sealed.aad, &sealed.ciphertext).await.ok_or(No::Forged)?;
        let certificate = sealed.read(&plain)?;
        known.push(Key { id: certificate.serial_no, bytes: certificate.public_key });
    }
    party.believed(certificates.proof, &known).await?;
    let of = |key: &Key| json!({ "serial_no": key.id, "public_key": BASE64_STANDARD.encode(&key.bytes) });
    Ok(known.iter().map(of).collect())
}

impl Payment {
    /// The attempt, with the terms that its gateway makes of what is sold.
    fn attempt(&self, party: &Party) -> Result<Attempt, No> {
        let gateway = party.protocol.gateway();
        let at = Timestamp::from_ms(self.created_at_ms);
        let terms: Terms =
            gateway.terms(self.channel, &self.subject, self.notify_url.clone(), self.return_url.clone());
        let capture = |id: &String| Capture { gateway_no: Some(id.clone()), at, settled: true };
        Ok(Attempt {
            id: self.id,
            method: Method::External(gateway.id()),
            channel: self.channel,
            amount: money(self.amount_minor, &self.currency)?,
            terms,
            created_at: at,
            expires_at: Timestamp::from_ms(self.expires_at_ms),
            state: self.paid_as.as_ref().map_or(AttemptState::Created, |id| AttemptState::Paid(capture(id))),
            action: None,
            gateway_ref: self.gateway_ref.clone(),
            failure: None,
        })
    }

    fn payer(&self) -> Payer {
        Payer { openid: self.openid.clone(), client_ip: self.client_ip.clone() }
    }
}

impl Refund {
    fn terms(&self) -> Result<RefundTerms, No> {
        Ok(RefundTerms {
            number: self.number,
            amount: money(self.refund_minor, &self.payment.currency)?,
            reason: self.reason.clone(),
            notify_url: self.notify_url.clone(),
            gateway_no: self.gateway_no.clone(),
        })
    }
}

fn money(minor: i64, currency: &str) -> Result<Money, No> {
    let currency = Currency::from_code(currency);
    let money = currency.and_then(|currency| Money::new(minor, currency).ok());
    money.ok_or_else(|| No::Error("no money of ours".to_owned()))
}
