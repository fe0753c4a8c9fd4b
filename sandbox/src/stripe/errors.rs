//! What does a refusal look like, and is it remembered under its idempotency key?
//!
//! Types and codes are those of docs.stripe.com/api/errors and docs.stripe.com/error-codes; the messages are
//! for people, in our own words, and no program may branch on them.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    kind: Kind,
    pub(crate) code: Option<&'static str>,
    message: String,
    /// The parameter as the caller wrote it, such as `line_items[0][quantity]`.
    param: Option<String>,
    /// Whether the call had begun to execute: only then does its idempotency key keep the refusal.
    pub(crate) executed: bool,
}

/// `error.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Api,
    Idempotency,
    InvalidRequest,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Api => "api_error",
            Self::Idempotency => "idempotency_error",
            Self::InvalidRequest => "invalid_request_error",
        }
    }
}

impl Refusal {
    /// A request that does not validate: nothing has begun, no key keeps it.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: Kind::InvalidRequest,
            code: None,
            message: message.into(),
            param: None,
            executed: false,
        }
    }

    fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Names the parameter at fault.
    pub(crate) fn at(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// A well-formed request that the state of things does not allow.
    pub(crate) fn state(code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { code, executed: true, ..Self::invalid(message) }
    }

    pub(crate) fn coded(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self::invalid(message).with_code(code).at(param)
    }

    pub(crate) fn unknown_parameter(param: &str) -> Self {
        Self::coded("parameter_unknown", param, format!("this call knows no parameter {param}"))
    }

    /// A parameter Stripe knows and this sandbox does not: said plainly instead of silently left out.
    pub(crate) fn not_played(param: &str) -> Self {
        Self::invalid(format!("Stripe knows {param}, this sandbox does not play it")).at(param)
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self::coded("parameter_missing", param, format!("{param} is required"))
    }

    pub(crate) fn empty(param: &str) -> Self {
        Self::coded("parameter_invalid_empty", param, format!("{param}: expected a value, got an empty one"))
    }

    pub(crate) fn integer(param: &str, got: &str) -> Self {
        let message = format!("{param}: expected an integer, got {got:?}");
        Self::coded("parameter_invalid_integer", param, message)
    }

    /// Nothing of this kind has this id, or it is another account's: the two look alike.
    pub(crate) fn no_such(what: &str, param: &str, id: &str) -> Self {
        Self::state(Some("resource_missing"), format!("no {what} of this account has the id {id:?}"))
            .at(param)
    }

    /// The same by the address: 404.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::no_such(what, "id", id).with_status(StatusCode::NOT_FOUND)
    }

    pub(crate) fn unknown_address(method: &str, path: &str) -> Self {
        Self::invalid(format!("nothing answers {method} {path}")).with_status(StatusCode::NOT_FOUND)
    }

    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self::invalid(message).with_status(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn publishable_key() -> Self {
        Self::key("this call wants a secret key, not a publishable one").with_code("secret_key_required")
    }

    pub(crate) fn account(account: &str) -> Self {
        Self::invalid(format!("this key has no access to account {account:?}, or there is none"))
            .with_code("account_invalid")
            .with_status(StatusCode::FORBIDDEN)
    }

    pub(crate) fn idempotency(message: impl Into<String>) -> Self {
        Self { kind: Kind::Idempotency, ..Self::invalid(message) }
    }

    pub(crate) fn rate_limited() -> Self {
        Self::invalid("too many requests").with_code("rate_limit").with_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Stripe's own mistake, while it was carried out: the idempotency key answers so from now on.
    pub(crate) fn api() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self {
            kind: Kind::Api,
            status,
            executed: true,
            ..Self::invalid("something went wrong on Stripe's end")
        }
    }

    /// For the log: type and code.
    pub(crate) fn summary(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.code.unwrap_or(self.kind.name()))
    }

    /// The answer's body. `log_url` leads to the request log.
    pub(crate) fn json(&self, log_url: &str) -> Value {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(self.kind.name()));
        error.insert("message".to_owned(), json!(self.message));
        error.insert("request_log_url".to_owned(), json!(log_url));
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
            error.insert("doc_url".to_owned(), json!(doc_url(code)));
        }
        json!({ "error": error })
    }
}

/// Where Stripe explains a code.
pub(crate) fn doc_url(code: &str) -> String {
    format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_type_code_parameter_and_explanation() {
        let error = &Refusal::missing("line_items[0][quantity]").json("http://x/")["error"];
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["code"], "parameter_missing");
        assert_eq!(error["param"], "line_items[0][quantity]");
        assert_eq!(error["doc_url"], "https://stripe.com/docs/error-codes/parameter-missing");
    }

    #[test]
    fn only_what_had_begun_to_execute_is_kept() {
        assert!(!Refusal::missing("mode").executed);
        assert!(!Refusal::rate_limited().executed);
        assert!(Refusal::not_found("refund", "re_1").executed);
        assert!(Refusal::api().executed);
    }
}
