//! Whom and what do the tests of Stripe speak of?

use coursepay_core::attempt::{Attempt, AttemptState, Capture};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::stripe::{Stripe, sign};
use coursepay_core::gateway::{
    Claim, Content, Fault, Gateway, GatewayRequest, Message, News, Notice, Operation, Payer, Prepared,
    RefundStanding, RefundTerms, Scheme, Unverified, Verified,
};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::fixture::{START, attempt, ids, moment, run};

pub(crate) const SECRET: &str = "whsec_Yk3pV0c1u2n8";
pub(crate) const SESSION: &str = "cs_test_a1B2c3";
pub(crate) const PAYMENT: &str = "pi_3Q0001";
/// Well formed, and never given out.
pub(crate) const NOBODYS_NUMBER: &str = "01KDVDNG00AAAAAAAAAAAAAAAA";
pub(crate) const HOUR_MS: i64 = 60 * 60 * 1_000;

pub(crate) fn stripe() -> Stripe {
    Stripe { account: None, livemode: true, base_url: "https://api.stripe.example".to_owned() }
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd).unwrap()
}

/// An attempt of 49.00 US dollars by card, in `state`.
pub(crate) fn card_attempt(state: AttemptState) -> Attempt {
    let mut attempt = attempt(Channel::Redirect, state);
    attempt.method = Method::External(GatewayId::Stripe);
    attempt.amount = usd(4_900);
    attempt.terms = stripe().terms(
        Channel::Redirect,
        "课程 C++ & <Rust> 100%",
        "https://pay.example/v1/callbacks/stripe".to_owned(),
        Some("https://school.example/course?id=1&from=pay".to_owned()),
    );
    attempt
}

/// The same, with the session's name known.
pub(crate) fn named(state: AttemptState) -> Attempt {
    Attempt { gateway_ref: Some(SESSION.to_owned()), ..card_attempt(state) }
}

pub(crate) fn paid_attempt() -> Attempt {
    named(AttemptState::Paid(Capture { gateway_no: Some(PAYMENT.to_owned()), at: START, settled: true }))
}

/// A refund of 12.00.
pub(crate) fn refund(gateway_no: Option<&str>) -> RefundTerms {
    RefundTerms {
        number: ids(0, 9).fresh(),
        amount: usd(1_200),
        reason: "the learner asked".to_owned(),
        notify_url: String::new(),
        gateway_no: gateway_no.map(str::to_owned),
    }
}

/// The request that is sent with our secret.
pub(crate) fn request(
    operation: Operation,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<GatewayRequest, Fault> {
    match stripe().prepare(operation, attempt, &Payer::default(), &moment(now))? {
        Prepared::WithSecret(request) => Ok(request),
        Prepared::ToSign(_) => panic!("stripe is sent no signatures"),
    }
}

/// A form or a query, decoded, in its order.
pub(crate) fn pairs(form: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

/// `object` with the members of `changes` set; `null` takes one out.
pub(crate) fn changed(mut object: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("{changes}") };
    for (name, value) in changes {
        let members = object.as_object_mut().unwrap();
        match value {
            Value::Null => members.remove(&name),
            value => members.insert(name, value),
        };
    }
    object
}

/// An open session of 49.00 US dollars for the attempt above.
pub(crate) fn session(changes: Value) -> Value {
    let number = card_attempt(AttemptState::Created).id.to_string();
    let open = json!({
        "id": SESSION, "object": "checkout.session", "livemode": true, "mode": "payment",
        "client_reference_id": number, "metadata": {"attempt": number},
        "amount_total": 4900, "currency": "usd", "status": "open", "payment_status": "unpaid",
        "payment_intent": null, "url": "https://checkout.stripe.example/c/pay/cs_test_a1B2c3#fid",
    });
    changed(open, changes)
}

/// A refund of 12.00 that has succeeded.
pub(crate) fn refund_object(changes: Value) -> Value {
    let done = json!({
        "id": "re_3Q0001", "object": "refund", "amount": 1200, "currency": "usd", "status": "succeeded",
        "payment_intent": PAYMENT, "charge": "ch_1", "created": START.seconds(),
        "metadata": {
            "refund": refund(None).number.to_string(),
            "attempt": card_attempt(AttemptState::Created).id.to_string(),
        },
    });
    changed(done, changes)
}

/// What Stripe calls the dispute of 49.00.
pub(crate) const DISPUTE: &str = "du_1Q0001";

/// A dispute of 49.00 with this status, with the members of `changes` set.
pub(crate) fn dispute_object(status: &str, changes: Value) -> Value {
    let mut dispute = json!({
        "id": DISPUTE, "object": "dispute", "amount": 4900, "currency": "usd", "charge": "ch_3Q0001",
        "payment_intent": PAYMENT, "reason": "fraudulent", "status": status, "metadata": {}, "livemode": true,
        "evidence_details": {"due_by": 1_767_830_400, "has_evidence": false},
    });
    if let (Some(dispute), Value::Object(changes)) = (dispute.as_object_mut(), changes) {
        dispute.extend(changes);
    }
    dispute
}

/// HMAC-SHA256, as whoever holds the secret computes it.
pub(crate) fn hmac(secret: &str, message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// One `v1` of `body`, in hex.
pub(crate) fn v1(secret: &str, at_s: i64, body: &[u8]) -> String {
    hex::encode(hmac(secret, &sign::signed_bytes(&at_s.to_string(), body)))
}

/// The header Stripe would send now.
pub(crate) fn header(body: &[u8]) -> String {
    let at_s = START.seconds();
    format!("t={at_s},v1={}", v1(SECRET, at_s, body))
}

pub(crate) fn callback(
    ours: &Stripe,
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Unverified<Notice>, Fault> {
    let headers = [("Stripe-Signature".to_owned(), header.to_owned())];
    let read = ours.read_callback(Message { status: 200, headers: &headers, body }, now)?;
    Ok(read.map(|content| match content {
        Content::Open(notice) => notice,
        Content::Sealed(_) => panic!("sealed"),
    }))
}

/// `value`, if the holder of `secret` signed it.
pub(crate) fn believed_by<T>(secret: &str, value: Unverified<T>) -> Option<T> {
    let check = async |claim: &Claim| {
        Ok::<_, ()>(claim.scheme == Scheme::Hmac && hmac(secret, &claim.message) == claim.signature)
    };
    run(value.verify(check)).map(Verified::into_inner).ok()
}

/// A paid session of 49.00.
pub(crate) fn paid(changes: Value) -> Value {
    let paid = json!({"status": "complete", "payment_status": "paid", "payment_intent": PAYMENT});
    changed(session(paid), changes)
}

/// An event of five seconds ago.
pub(crate) fn event(kind: &str, object: Value, changes: Value) -> Value {
    let event = json!({
        "id": "evt_1Q0001", "object": "event", "api_version": "2026-10-28.endive",
        "created": START.seconds() - 5, "livemode": true, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}, "type": kind, "data": {"object": object},
    });
    changed(event, changes)
}

/// A payment of 49.00 as Stripe would tell it: in lines, with blanks.
pub(crate) fn told() -> String {
    format!("{:#}", event("checkout.session.completed", paid(json!({})), json!({})))
}

fn outcome_of(news: News) -> String {
    match news {
        News::Redundant => "redundant".to_owned(),
        News::Paid(payment) => format!("paid {} {}", payment.amount.minor(), payment.amount.currency()),
        News::Closed => "closed".to_owned(),
        News::Waiting => "waiting".to_owned(),
        News::Processing => "processing".to_owned(),
        News::Declined { code } => format!("declined {code}"),
        News::Refund { standing: RefundStanding::Failed { code }, .. } => format!("refund failed {code}"),
        News::Refund { standing: RefundStanding::Done { .. }, .. } => "refund done".to_owned(),
        News::Refund { standing, .. } => format!("refund {standing:?}"),
        News::Dispute { payment_no, report } => {
            let due = report.evidence_due_at.map(|at| at.seconds());
            format!(
                "dispute {:?} {} of {payment_no} {} due {due:?}",
                report.news,
                report.amount.minor(),
                report.reason
            )
        }
        News::Misfit(misfit) => misfit.to_string(),
    }
}

/// What a callback comes to for one of ours, in a few words.
pub(crate) fn outcome_for(ours: &Stripe, header: &str, body: &[u8], now: Timestamp) -> String {
    match callback(ours, header, body, now) {
        Err(fault) => fault.to_string(),
        Ok(read) => believed_by(SECRET, read)
            .map_or_else(|| "bad signature".to_owned(), |notice| outcome_of(notice.news)),
    }
}

/// What a callback comes to now, in a few words.
pub(crate) fn outcome(header: &str, body: &str) -> String {
    outcome_for(&stripe(), header, body.as_bytes(), START)
}

/// What an event comes to that Stripe has signed as it is.
pub(crate) fn outcome_of_event(event: &Value) -> String {
    let body = event.to_string();
    outcome(&header(body.as_bytes()), &body)
}
