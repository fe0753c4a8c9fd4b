//! How does the merchant hear of something?
//!
//! Every change makes an event. Each endpoint that wants it is sent a callback, which is signed when it leaves:
//! retries carry the same event under a fresh timestamp and with the secrets of that moment.

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};

use super::Stripe;
use super::event::{Cause, Event, EventBody};
use super::objects::{pretty, with_member};
use super::session::Session;
use super::signature::stripe_signature;
use super::version::Version;
use crate::Gateway;
use crate::courier::{Answer, Draft, Notice, Twist};
use crate::desk::Desk;
use crate::faults::{Operation, Scope};

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Time from one unanswered delivery to the next. Stripe says: up to three days, with exponential back-off;
/// this is one such series, doubling from five minutes to twelve hours, 69¼ hours in all.
pub(crate) const RETRY_DELAYS_MS: &[i64] = &[
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    20 * MINUTE_MS,
    40 * MINUTE_MS,
    80 * MINUTE_MS,
    160 * MINUTE_MS,
    320 * MINUTE_MS,
    640 * MINUTE_MS,
    12 * HOUR_MS,
    12 * HOUR_MS,
    12 * HOUR_MS,
    12 * HOUR_MS,
];

/// How old a stale callback says it is: SDKs accept five minutes.
const STALE_S: i64 = 10 * 60;

/// What an event is about.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) account: String,
    /// [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: String,
    /// Empty when it is about no session.
    pub(crate) session: String,
    /// The merchant's own number.
    pub(crate) number: String,
}

impl Stripe {
    /// The session to which anything with this id belongs.
    pub(crate) fn session_behind(&self, id: &str) -> Option<&Session> {
        let (prefix, _) = id.split_once('_')?;
        match prefix {
            "cs" => self.sessions.get(id),
            "pi" => self.sessions.get(&self.intents.get(id)?.session),
            "ch" | "py" => self.sessions.get(self.charges.get(id)?.session.as_deref()?),
            "re" => self.session_behind(&self.refunds.get(id)?.charge),
            "du" => self.session_behind(&self.disputes.get(id)?.charge),
            "tr" => self.session_behind(self.transfers.get(id)?.source_transaction.as_deref()?),
            _ => None,
        }
    }

    /// The merchant's own number of the session behind an id.
    pub(crate) fn number_behind(&self, id: &str) -> String {
        self.session_behind(id).map(|session| session.number().to_owned()).unwrap_or_default()
    }

    pub(crate) fn about_charge(&self, charge: &str) -> Option<About> {
        self.session_behind(charge).map(about)
    }

    /// Notes an event and sends it to whoever wants it.
    pub(crate) fn emit(
        &mut self,
        about: &About,
        kind: &str,
        object: Value,
        previous: Option<Value>,
        cause: &Cause,
        desk: &mut Desk<'_>,
    ) {
        let id = self.ids.next("evt", desk.random);
        let receivers: Vec<(String, String)> = self
            .endpoints
            .iter()
            .filter(|(_, endpoint)| endpoint.wants(kind, &about.account, &about.merchant))
            .map(|(id, endpoint)| (id.clone(), endpoint.url.clone()))
            .collect();
        let event = Event {
            id: id.clone(),
            account: about.account.clone(),
            created_s: desk.now.business_ms.div_euclid(1_000),
            kind: kind.to_owned(),
            object,
            previous,
            cause: cause.clone(),
            session: about.session.clone(),
            endpoints: u64::try_from(receivers.len()).unwrap_or_default(),
        };
        self.events.put(&id, event);
        let scope = Scope {
            gateway: Gateway::Stripe,
            merchant: &about.merchant,
            number: &about.number,
            operation: Operation::Other,
        };
        for (endpoint, url) in receivers {
            let draft = Draft {
                gateway: Gateway::Stripe,
                merchant: about.merchant.clone(),
                id: id.clone(),
                token: about.session.clone(),
                number: about.number.clone(),
                kind: kind.to_owned(),
                url,
                content: json!({ "endpoint": endpoint }),
            };
            desk.send(draft, scope);
        }
    }

    /// Signs a callback at the moment of sending. `None` when its endpoint has been deleted.
    pub(crate) fn write_callback(&self, notice: &Notice, desk: &mut Desk<'_>) -> Option<Request<Bytes>> {
        let endpoint = notice.content.get("endpoint").and_then(Value::as_str)?;
        let endpoint = self.endpoints.get(endpoint).filter(|endpoint| !endpoint.deleted)?;
        let event = self.events.get(&notice.id)?;
        let newest = Version::newest();
        let version = endpoint.api_version.as_deref().unwrap_or(newest.text());
        let body = event.body(version, event.endpoints, endpoint.connect);
        let scope = Scope {
            gateway: Gateway::Stripe,
            merchant: &notice.merchant,
            number: &notice.number,
            operation: Operation::Other,
        };
        let mut at_s = desk.real_ms(scope).div_euclid(1_000);
        let mut secrets: Vec<String> = endpoint.secrets(desk.now.business_ms).map(str::to_owned).collect();
        match notice.twist {
            Some(Twist::Forged) => secrets = vec![format!("whsec_{}", desk.random.alphanumeric(32))],
            Some(Twist::Stale) => at_s = at_s.saturating_sub(STALE_S),
            Some(Twist::WrongAmount | Twist::OtherMerchant) | None => {}
        }
        let body = match notice.twist {
            Some(Twist::WrongAmount) => pretty(&with_raised_amounts(&body)),
            Some(Twist::OtherMerchant) => pretty(&self.of_another(&body, &notice.merchant)),
            Some(Twist::Forged | Twist::Stale) | None => pretty(&body),
        };
        let signature = stripe_signature(secrets.iter().map(String::as_str), at_s, body.as_bytes());
        Request::post(endpoint.url.as_str())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .header(ACCEPT, "*/*; q=0.5, application/xml")
            .header("stripe-signature", signature)
            .body(Bytes::from(body))
            .ok()
    }

    /// The event as one of another merchant's account, whose ids nobody here knows; the merchant's own
    /// number stays, as it would if two shops counted alike. The same on every retry.
    fn of_another(&self, body: &EventBody<'_>, merchant: &str) -> Value {
        let mut body = serde_json::to_value(body).unwrap_or_default();
        let other = self.keys.merchants.iter().find(|other| other.id != merchant);
        let account = other.map_or("acct_1NobodysAccount", |other| other.stripe.id.as_str());
        if let Some(object) = body.pointer_mut("/data/object").and_then(Value::as_object_mut) {
            for name in ["id", "payment_intent", "charge", "latest_charge", "balance_transaction"] {
                if let Some(Value::String(id)) = object.get_mut(name) {
                    *id = foreign(id);
                }
            }
        }
        with_member(body, "account", json!(account))
    }
}

/// An id of the same kind that is nobody's here: its random part backwards.
fn foreign(id: &str) -> String {
    let start =
        if id.starts_with("cs_test_") { "cs_test_".len() } else { id.find('_').map_or(0, |at| at + 1) };
    let (kind, tail) = id.split_at_checked(start).unwrap_or(("", id));
    format!("{kind}{}", tail.chars().rev().collect::<String>())
}

/// One minor unit more than was paid.
fn with_raised_amounts(body: &EventBody<'_>) -> Value {
    let mut body = serde_json::to_value(body).unwrap_or_default();
    for name in ["amount", "amount_total", "amount_subtotal", "amount_received", "amount_captured"] {
        if let Some(member) = body.pointer_mut(&format!("/data/object/{name}"))
            && let Some(amount) = member.as_i64()
        {
            *member = json!(amount.saturating_add(1));
        }
    }
    body
}

pub(crate) fn about(session: &Session) -> About {
    About {
        account: session.account.clone(),
        merchant: session.merchant.clone(),
        session: session.id.clone(),
        number: session.number().to_owned(),
    }
}

/// Any 2xx ends a callback; a redirect does not.
pub(crate) fn acknowledges(answer: &Answer) -> bool {
    matches!(answer, Answer::Http { status: 200..=299, .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_end_within_three_days() {
        let total_ms: i64 = RETRY_DELAYS_MS.iter().sum();
        assert_eq!(total_ms, 69 * HOUR_MS + 15 * MINUTE_MS);
        assert!(RETRY_DELAYS_MS.is_sorted());
    }

    #[test]
    fn only_2xx_acknowledges() {
        let answer = |status| Answer::Http { status, body: Vec::new() };
        assert!(acknowledges(&answer(200)) && acknowledges(&answer(204)));
        assert!(!acknowledges(&answer(302)) && !acknowledges(&answer(500)));
        assert!(!acknowledges(&Answer::Failed { reason: String::new() }));
    }
}
