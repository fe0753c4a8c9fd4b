//! Which messages has the platform sent to people?
//!
//! A stand-in for an e-mail service: it takes what would be sent and shows it. Its one call has the shape
//! of Resend's (`POST /emails`, resend.com/docs/api-reference/emails/send-email), for which every language
//! has a client.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::desk::Moment;
use crate::random::Random;
use crate::records::Records;
use crate::reply;
use crate::world::Record;

/// Where messages are sent to.
pub(crate) const PATH: &str = "/emails";

/// One message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Email {
    pub(crate) id: String,
    /// Business time.
    pub(crate) at_ms: i64,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
}

/// The body of a call. Members the sandbox does not show are let pass.
#[derive(Deserialize)]
struct NewEmail {
    from: String,
    to: Recipients,
    subject: String,
    text: Option<String>,
    html: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Recipients {
    One(String),
    Several(Vec<String>),
}

/// All messages.
pub(crate) struct Mailbox {
    emails: Records<Email>,
    count: u64,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { emails: Records::new("emails"), count: 0 }
    }
}

impl Mailbox {
    /// Takes one message.
    pub(crate) fn send(
        &mut self,
        request: &Request<Bytes>,
        now: Moment,
        random: &mut Random,
    ) -> Response<Bytes> {
        let refuse = |status: StatusCode, name: &str, message: &str| {
            let body = json!({ "statusCode": status.as_u16(), "name": name, "message": message });
            reply::json(status, &body)
        };
        let bearer = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if bearer.is_none_or(|text| !text.starts_with("Bearer ")) {
            return refuse(StatusCode::UNAUTHORIZED, "missing_api_key", "expected Authorization: Bearer …");
        }
        let new: NewEmail = match serde_json::from_slice(request.body()) {
            Ok(new) => new,
            Err(error) => {
                return refuse(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "validation_error",
                    &format!("expected from, to, subject and text or html: {error}"),
                );
            }
        };
        let to = match new.to {
            Recipients::One(address) => vec![address],
            Recipients::Several(addresses) => addresses,
        };
        if new.text.is_none() && new.html.is_none() || to.is_empty() || to.len() > 50 {
            return refuse(
                StatusCode::UNPROCESSABLE_ENTITY,
                "validation_error",
                "expected 1 to 50 recipients and text or html",
            );
        }
        let id = random.token();
        let (from, subject, text, html) = (new.from, new.subject, new.text, new.html);
        self.count = self.count.saturating_add(1);
        let email = Email { id: id.clone(), at_ms: now.business_ms, from, to, subject, text, html };
        self.emails.put(&format!("{:012}", self.count), email);
        reply::json(StatusCode::OK, &json!({ "id": id }))
    }

    /// Newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Email> {
        self.emails.iter().rev().map(|(_, email)| email)
    }

    /// For programs, oldest first.
    pub(crate) fn json(&self) -> Value {
        let emails: Vec<&Email> = self.emails.iter().map(|(_, email)| email).collect();
        json!({ "emails": emails })
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        self.emails.take_changes(records)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        if self.emails.restore(record)?.is_some() {
            self.count = self.count.saturating_add(1);
        }
        Ok(())
    }
}
