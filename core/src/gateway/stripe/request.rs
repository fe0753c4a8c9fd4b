//! What do we ask of Stripe about an attempt, and what do its answers mean?
//!
//! | session | payment | means |
//! |---|---|---|
//! | open | – | payable |
//! | complete | `paid` | paid |
//! | complete | `unpaid` | on its way (bank debits, vouchers), or over once that has failed |
//! | expired | – | closed |

use serde::Deserialize;

use crate::api::Action;
use crate::attempt::Attempt;
use crate::gateway::stripe::call::{self, Refusal, Reply, Verdict};
use crate::gateway::stripe::session::{Owner, PaymentIntent, Session, filled};
use crate::gateway::stripe::{Stripe, currency};
use crate::gateway::{Answer, Fault, GatewayRequest, Message, Moment, Operation, Payment};
use crate::method::{Channel, GatewayId, Method};
use crate::time::Timestamp;

/// How long past the attempt's deadline a session may live at most: see the module above.
const PAST_DEADLINE_MS: i64 = 31 * 60 * 1_000;

/// How long after an attempt's begin its idempotency key is certain to be known: 24 hours from its first use,
/// less what clocks may differ.
const KEYS_LIVE_MS: i64 = (24 * 60 - 5) * 60 * 1_000;

const SESSIONS: &str = "/v1/checkout/sessions";

/// See [`crate::gateway::Gateway::prepare`].
pub(super) fn prepare(
    stripe: &Stripe,
    operation: Operation,
    attempt: &Attempt,
    moment: &Moment,
) -> Result<GatewayRequest, Fault> {
    if attempt.method != Method::External(GatewayId::Stripe) || attempt.channel != Channel::Redirect {
        return Err(Fault::Unsupported("the attempt is not stripe's"));
    }
    match (operation, session_id(attempt)?) {
        (Operation::Create, _) if !key_lives(attempt, moment.now) => {
            Err(Fault::Unsupported("stripe may have forgotten the key: a repeat could be a second session"))
        }
        (Operation::Create, _) => creation(stripe, attempt),
        // The payment too, for an unpaid session says by it whether money can still come.
        (Operation::Query, Some(id)) => {
            let whole = [("expand[]", "payment_intent.latest_charge")];
            Ok(call::get(stripe, &format!("{SESSIONS}/{id}"), &whole))
        }
        // A 500 is remembered under its key like any answer; closing twice does no harm, so every try has its
        // own.
        (Operation::Close, Some(id)) => {
            let key = format!("{}-close-{}", attempt.id, moment.nonce);
            Ok(call::post(stripe, &format!("{SESSIONS}/{id}/expire"), key, &[]))
        }
        // Its name was lost: the same creation gives it again.
        (Operation::Query | Operation::Close, None) if key_lives(attempt, moment.now) => {
            creation(stripe, attempt)
        }
        (Operation::Query | Operation::Close, None) => Ok(search(stripe, attempt)),
    }
}

fn key_lives(attempt: &Attempt, now: Timestamp) -> bool {
    now.ms_since(attempt.created_at) < KEYS_LIVE_MS
}

fn session_id(attempt: &Attempt) -> Result<Option<&str>, Fault> {
    match attempt.gateway_ref.as_deref() {
        Some(id) if !call::is_id(id) => Err(Fault::Unsupported("the kept id is not one of stripe's")),
        other => Ok(other),
    }
}

/// Everything that could change amount or currency is off: by `adaptive_pricing`, which otherwise follows the
/// dashboard, and by leaving out promotion codes, taxes, shipping, optional items and quantities to choose.
/// How it can be paid is left to the dashboard.
fn creation(stripe: &Stripe, attempt: &Attempt) -> Result<GatewayRequest, Fault> {
    if attempt.terms.subject.is_empty() {
        return Err(Fault::Unsupported("stripe needs a subject"));
    }
    let back = filled(attempt.terms.return_url.as_deref());
    let back = back.ok_or(Fault::Unsupported("stripe needs a return_url"))?;
    let number = attempt.id.to_string();
    let amount = currency::amount(attempt.amount)?.to_string();
    let expires_at = attempt.expires_at.plus_ms(PAST_DEADLINE_MS).seconds().to_string();
    let fields = [
        ("mode", "payment"),
        ("line_items[0][price_data][currency]", currency::code(attempt.amount.currency())),
        ("line_items[0][price_data][unit_amount]", &amount),
        ("line_items[0][price_data][product_data][name]", &attempt.terms.subject),
        ("line_items[0][quantity]", "1"),
        ("client_reference_id", &number),
        ("metadata[attempt]", &number),
        ("payment_intent_data[metadata][attempt]", &number),
        // The browser coming back proves nothing: it makes us ask.
        ("success_url", back),
        ("cancel_url", back),
        ("expires_at", &expires_at),
        ("locale", "auto"),
        ("adaptive_pricing[enabled]", "false"),
    ];
    Ok(call::post(stripe, SESSIONS, format!("{number}-create"), &fields))
}

/// Search lags a minute behind, or an hour on bad days (docs.stripe.com/api/payment_intents/search); what it
/// is asked about here is a day old.
fn search(stripe: &Stripe, attempt: &Attempt) -> GatewayRequest {
    let query = format!("metadata['attempt']:'{}'", attempt.id);
    let fields = [("query", query.as_str()), ("limit", "100"), ("expand[]", "data.latest_charge")];
    call::get(stripe, "/v1/payment_intents/search", &fields)
}

/// A session, or the payments found where its name was lost.
#[derive(Deserialize)]
#[serde(tag = "object")]
enum Found {
    #[serde(rename = "checkout.session")]
    Session(Box<Session>),
    #[serde(rename = "search_result")]
    Payments { data: Vec<PaymentIntent>, has_more: bool },
}

/// See [`crate::gateway::Gateway::read_answer`].
pub(super) fn read_answer(
    stripe: &Stripe,
    operation: Operation,
    attempt: &Attempt,
    answer: Message<'_>,
    now: Timestamp,
) -> Result<Answer, Fault> {
    match call::read(answer)? {
        Reply::Done(Found::Session(session)) => session_meaning(stripe, operation, attempt, &session),
        Reply::Done(Found::Payments { data, has_more }) if operation != Operation::Create => {
            payments_meaning(stripe, attempt, &data, has_more)
        }
        Reply::Done(Found::Payments { .. }) => {
            Err(Fault::Malformed("the answer is not the object asked for"))
        }
        Reply::Refused(refusal) => Ok(refusal_meaning(operation, attempt, refusal, now)),
    }
}

fn refusal_meaning(operation: Operation, attempt: &Attempt, refusal: Refusal, now: Timestamp) -> Answer {
    let repeated_a_creation = attempt.gateway_ref.is_none() && key_lives(attempt, now);
    match (refusal.verdict(), operation) {
        (Verdict::No | Verdict::NotAllowed | Verdict::Missing, Operation::Create) => {
            Answer::Refused { code: refusal.code }
        }
        // The creation asked for again is refused: there never was one, for a kept answer comes before any
        // check.
        (Verdict::No, Operation::Query | Operation::Close) if repeated_a_creation => Answer::Absent,
        // "Only Checkout Sessions with a status in ["open"] can be expired."
        (Verdict::No, Operation::Close) if attempt.gateway_ref.is_some() => Answer::AlreadyOver,
        // A session with a name does not vanish: a missing one is asked for with the key of another account.
        _ => Answer::Unclear { code: refusal.code },
    }
}

fn session_meaning(
    stripe: &Stripe,
    operation: Operation,
    attempt: &Attempt,
    session: &Session,
) -> Result<Answer, Fault> {
    let number = attempt.id.to_string();
    if session.livemode != stripe.livemode {
        return Err(Fault::Malformed("the session is of another mode"));
    }
    if session.owner() != Owner::Attempt(&number) {
        return Err(Fault::Malformed("the session is another attempt's"));
    }
    if attempt.gateway_ref.as_ref().is_some_and(|known| *known != session.id) {
        return Err(Fault::Malformed("the session is not the one asked for"));
    }
    let status = session.status.as_deref().unwrap_or_default();
    match (status, session.payment_status.as_deref().unwrap_or_default()) {
        ("open", _) => match (operation, &attempt.gateway_ref) {
            (Operation::Create, _) | (_, None) => payable(attempt, session),
            (Operation::Query, Some(_)) => Ok(Answer::Waiting),
            (Operation::Close, Some(_)) => Ok(Answer::Unclear { code: "still open".to_owned() }),
        },
        ("complete", "paid") => paid(number, session),
        ("complete", "unpaid") => Ok(unpaid(session)),
        ("expired", _) => Ok(Answer::Closed),
        (status, payment_status) => {
            Ok(Answer::Unclear { code: format!("status {status}, payment_status {payment_status}") })
        }
    }
}

fn payable(attempt: &Attempt, session: &Session) -> Result<Answer, Fault> {
    if session.total() != Some(attempt.amount) {
        return Err(Fault::Malformed("the session asks for another amount"));
    }
    if !session.id.starts_with("cs_") || !call::is_id(&session.id) {
        return Err(Fault::Malformed("the session's id is none"));
    }
    let url = filled(session.url.as_deref()).filter(|url| url.starts_with("http"));
    let url = url.ok_or(Fault::Malformed("the session has no url"))?.to_owned();
    Ok(Answer::Payable { action: Action::Redirect { url }, gateway_ref: Some(session.id.clone()) })
}

fn paid(merchant_no: String, session: &Session) -> Result<Answer, Fault> {
    Ok(Answer::Paid(Payment {
        merchant_no,
        gateway_no: session.payment_id().ok_or(Fault::Malformed("payment_intent is missing"))?.to_owned(),
        amount: session.total().ok_or(Fault::Malformed("amount_total and currency are no amount"))?,
        at: session.payment().and_then(PaymentIntent::charged_at),
    }))
}

/// A complete session takes no second try: when its one payment has failed, it is over, though it stays
/// `complete` and `unpaid`.
fn unpaid(session: &Session) -> Answer {
    match session.payment().map(|payment| payment.status.as_str()) {
        Some("requires_payment_method" | "canceled") => Answer::Closed,
        _ => Answer::Processing,
    }
}

/// What the payments of a session say whose name was lost a day ago. It has long expired, so no payment means
/// that none will come.
fn payments_meaning(
    stripe: &Stripe,
    attempt: &Attempt,
    found: &[PaymentIntent],
    has_more: bool,
) -> Result<Answer, Fault> {
    let number = attempt.id.to_string();
    // Search compares without case, and may know more than was asked for.
    let ours: Vec<&PaymentIntent> =
        found.iter().filter(|payment| payment.metadata.attempt.as_ref() == Some(&number)).collect();
    if ours.iter().any(|payment| payment.livemode != Some(stripe.livemode)) {
        return Err(Fault::Malformed("the payment is of another mode"));
    }
    let in_state = |states: &[&str]| ours.iter().find(|payment| states.contains(&payment.status.as_str()));
    if let Some(payment) = in_state(&["succeeded"]) {
        let amount = payment.amount_received.zip(payment.currency.as_deref());
        let amount = amount.and_then(|(minor, code)| currency::money(minor, code));
        return Ok(Answer::Paid(Payment {
            merchant_no: number,
            gateway_no: payment.id.clone(),
            amount: amount.ok_or(Fault::Malformed("amount_received and currency are no amount"))?,
            at: payment.charged_at(),
        }));
    }
    if has_more {
        return Ok(Answer::Unclear { code: "more payments than one page".to_owned() });
    }
    if in_state(&["processing", "requires_action", "requires_capture"]).is_some() {
        return Ok(Answer::Processing);
    }
    Ok(if ours.is_empty() { Answer::Absent } else { Answer::Closed })
}
