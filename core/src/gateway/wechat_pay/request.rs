//! What do we ask of WeChat Pay, and what do its answers mean?
//!
//! Only a definite no to a creation is a refusal; whatever leaves room for a payment to exist under the
//! number is [`Answer::Unclear`]. `INVALID_REQUEST` is of the latter: it is the answer to a number that was
//! used before with other parameters as well as to a request that is merely wrong.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::api::{Action, JsapiParams};
use crate::attempt::Attempt;
use crate::gateway::wechat_pay::call::{self, Call, Error, Outcome};
use crate::gateway::wechat_pay::creation::creation;
use crate::gateway::wechat_pay::transaction::Transaction;
use crate::gateway::wechat_pay::{WechatPay, sign};
use crate::gateway::{Answer, Fault, Message, Moment, Operation, Outgoing, Payer, Unsigned, Unverified};
use crate::method::{Channel, GatewayId, Method};
use crate::time::Timestamp;

const TRANSACTIONS: &str = "/v3/pay/transactions";

/// What a query may hold as it is (RFC 3986, unreserved).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Codes that answer an accepted question about no payment, and cannot stand for one that exists.
const REFUSALS: [&str; 9] = [
    "PARAM_ERROR",
    "SIGN_ERROR",
    "NO_AUTH",
    "APPID_MCHID_NOT_MATCH",
    "MCH_NOT_EXISTS",
    "OPENID_MISMATCH",
    "ACCOUNT_ERROR",
    "RULE_LIMIT",
    "NOT_ENOUGH",
];

/// Numbers of "paid already", and of "used before with other parameters".
const PAID: [&str; 2] = ["268449538", "268498689"];
const OTHER_PARAMETERS: [&str; 1] = ["268498688"];

/// The body of a close.
#[derive(Serialize)]
struct Owner<'a> {
    mchid: &'a str,
}

/// See [`crate::gateway::Gateway::prepare`].
pub(super) fn prepare(
    ours: &WechatPay,
    operation: Operation,
    attempt: &Attempt,
    payer: &Payer,
    moment: &Moment,
) -> Result<Unsigned, Fault> {
    if attempt.method != Method::External(GatewayId::WechatPay) {
        return Err(Fault::Unsupported("the attempt is not wechat pay's"));
    }
    let end = end_of_path(attempt.channel)?;
    let payment = format!("{TRANSACTIONS}/out-trade-no/{}", attempt.id);
    let call = match operation {
        Operation::Create => Call::post(format!("{TRANSACTIONS}/{end}"), &creation(ours, attempt, payer)?)?,
        Operation::Query => Call::get(format!("{payment}?mchid={}", encoded(&ours.mchid))),
        Operation::Close => Call::post(format!("{payment}/close"), &Owner { mchid: &ours.mchid })?,
    };
    call.prepare(ours, moment)
}

/// By which name a channel is asked for.
fn end_of_path(channel: Channel) -> Result<&'static str, Fault> {
    match channel {
        Channel::Qr => Ok("native"),
        Channel::Mobile => Ok("h5"),
        Channel::InApp => Ok("jsapi"),
        Channel::Redirect | Channel::Balance => Err(Fault::Unsupported("wechat pay has no such channel")),
    }
}

/// `text` as a part of a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// See [`crate::gateway::Gateway::hand_over`].
pub(super) fn hand_over(ours: &WechatPay, ticket: &str, moment: &Moment) -> Result<Unsigned, Fault> {
    if ticket.is_empty() || !ticket.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::Unsupported("the ticket is no prepay_id"));
    }
    let nonce_str = call::checked_nonce(moment)?.to_owned();
    let (app_id, time_stamp) = (ours.appid.clone(), moment.now.seconds().to_string());
    let package = format!("prepay_id={ticket}");
    let message = sign::page_text(&app_id, &time_stamp, &nonce_str, &package).into_bytes();
    Ok(Unsigned::new(message, move |signature| {
        let (sign_type, pay_sign) = ("RSA".to_owned(), sign::to_base64(signature));
        let params = JsapiParams { app_id, time_stamp, nonce_str, package, sign_type, pay_sign };
        Outgoing::Browse(Action::Jsapi { params })
    }))
}

/// What a creation answers: one of these, by channel.
#[derive(Deserialize)]
struct Created {
    code_url: Option<String>,
    h5_url: Option<String>,
    prepay_id: Option<String>,
}

/// See [`crate::gateway::Gateway::read_answer`].
pub(super) fn read_answer(
    ours: &WechatPay,
    operation: Operation,
    attempt: &Attempt,
    answer: Message<'_>,
    now: Timestamp,
) -> Result<Unverified<Answer>, Fault> {
    end_of_path(attempt.channel)?;
    let reply = call::read(answer, now)?;
    let value = match (&reply.outcome, operation) {
        (Outcome::Done(body), Operation::Create) => payable(body, attempt)?,
        (Outcome::Done(body), Operation::Query) => standing(body, ours, attempt)?,
        (Outcome::Empty, Operation::Close) => Answer::Closed,
        (Outcome::Done(_), Operation::Close) | (Outcome::Empty, Operation::Create | Operation::Query) => {
            return Err(Fault::Malformed("the status is not one of this call's"));
        }
        (Outcome::Error(error), _) if reply.is_signed() => meaning(error, operation),
        // WeChat signs no answer to somebody whose own signature it refuses, so this no never is signed. A
        // forged one costs a learner a second try and nothing else: nobody was shown anything to pay by, and
        // should money come in spite of it, it is taken.
        (Outcome::Error(error), Operation::Create) if error.is_about_our_signature() => refused(error),
        (Outcome::Error(error), _) => unclear(error),
    };
    Ok(reply.proves(value))
}

fn payable(body: &[u8], attempt: &Attempt) -> Result<Answer, Fault> {
    let Created { code_url, h5_url, prepay_id } =
        serde_json::from_slice(body).map_err(|_| Fault::Malformed("the answer is not a creation's"))?;
    let told = |text: Option<String>| {
        text.filter(|text| !text.is_empty()).ok_or(Fault::Malformed("the answer does not say how to pay"))
    };
    match attempt.channel {
        Channel::Qr => {
            let expires_at_ms = attempt.expires_at.seconds().saturating_mul(1_000);
            let action = Action::QrCode { content: told(code_url)?, expires_at_ms };
            Ok(Answer::Payable { action, gateway_ref: None })
        }
        Channel::Mobile => {
            let url = leading_back(told(h5_url)?, attempt.terms.return_url.as_deref())?;
            Ok(Answer::Payable { action: Action::Redirect { url }, gateway_ref: None })
        }
        Channel::InApp => Ok(Answer::Ticket(told(prepay_id)?)),
        Channel::Redirect | Channel::Balance => Err(Fault::Unsupported("wechat pay has no such channel")),
    }
}

/// The address of WeChat's page, which then sends the browser to `return_url`.
fn leading_back(h5_url: String, return_url: Option<&str>) -> Result<String, Fault> {
    if !h5_url.starts_with("https://") && !h5_url.starts_with("http://") {
        return Err(Fault::Malformed("h5_url is not a web address"));
    }
    let Some(return_url) = return_url else { return Ok(h5_url) };
    let joint = if h5_url.contains('?') { '&' } else { '?' };
    Ok(format!("{h5_url}{joint}redirect_url={}", encoded(return_url)))
}

fn standing(body: &[u8], ours: &WechatPay, attempt: &Attempt) -> Result<Answer, Fault> {
    let transaction: Transaction =
        serde_json::from_slice(body).map_err(|_| Fault::Malformed("the answer is not a payment"))?;
    if transaction.out_trade_no.as_deref() != Some(attempt.id.to_string().as_str()) {
        return Err(Fault::Malformed("the answer is about another number"));
    }
    transaction
        .check_owner(ours)
        .map_err(|_| Fault::Malformed("the answer is about another merchant or application"))?;
    match transaction.trade_state.as_deref() {
        // Money that goes back was paid first: what went back is for the refunds to say.
        Some("SUCCESS" | "REFUND") => {
            let payment = transaction.payment();
            payment.map(Answer::Paid).map_err(|_| Fault::Malformed("the payment lacks number or amount"))
        }
        Some("NOTPAY") => Ok(Answer::Waiting),
        Some("USERPAYING" | "ACCEPT") => Ok(Answer::Processing),
        Some("CLOSED" | "REVOKED") => Ok(Answer::Closed),
        Some(other) => Ok(Answer::Unclear { code: other.to_owned() }),
        None => Err(Fault::Malformed("trade_state is missing")),
    }
}

/// What a signed error means.
fn meaning(error: &Error, operation: Operation) -> Answer {
    if error.says_nothing() || error.is_numbered(&OTHER_PARAMETERS) {
        return unclear(error);
    }
    match (error.code.as_str(), operation) {
        ("ORDERPAID" | "ORDER_PAID", _) => Answer::AlreadyOver,
        _ if error.is_numbered(&PAID) => Answer::AlreadyOver,
        ("ORDER_CLOSED" | "ORDERCLOSED", _) => Answer::Closed,
        ("ORDER_NOT_EXIST" | "ORDERNOTEXIST", Operation::Query | Operation::Close) => Answer::Absent,
        // A learner is typing their password; only a query says what comes of it.
        ("USERPAYING", Operation::Query | Operation::Close) => Answer::Processing,
        (code, Operation::Create) if REFUSALS.contains(&code) => refused(error),
        _ => unclear(error),
    }
}

fn refused(error: &Error) -> Answer {
    Answer::Refused { code: error.code.clone() }
}

fn unclear(error: &Error) -> Answer {
    Answer::Unclear { code: error.code.clone() }
}
