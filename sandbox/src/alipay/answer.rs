//! How is the answer to a call written? (a redirect or a page for browsers, signed JSON for programs)

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use super::errors::Fault;
use super::method::{Family, Method};
use super::request::RawRequest;
use super::sign::sign_response;
use crate::merchant::Merchant;
use crate::pages::{Lang, fault_page};
use crate::reply;

/// Where the answer to a call without a usable `method` goes.
const ERROR_NODE: &str = "error_response";

/// The members of a response object, in the order they are written.
pub(crate) type Fields = Vec<(&'static str, Value)>;

/// A member's text.
pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

/// A call that was carried out.
pub(crate) enum Done {
    Answer(Fields),
    /// The browser goes to the cashier.
    Cashier(String),
}

/// A call as far as it is understood.
pub(crate) struct Call<'a> {
    pub(crate) method: Option<Method>,
    pub(crate) merchant: Option<&'a Merchant>,
    pub(crate) outcome: Result<Done, Fault>,
}

impl Call<'_> {
    fn family(&self) -> Family {
        self.method.map_or(Family::Trade, Method::family)
    }

    /// In a few words, for the log.
    pub(crate) fn summary(&self) -> String {
        match &self.outcome {
            Ok(Done::Cashier(_)) => "→ cashier".to_owned(),
            Ok(Done::Answer(_)) => "10000".to_owned(),
            Err(fault) => {
                let family = self.family();
                format!("{} {}", fault.code(family).0, fault.sub_code(family))
            }
        }
    }

    /// Writes the answer.
    pub(crate) fn answer(self, raw: &RawRequest, lang: Lang) -> Response<Bytes> {
        let family = self.family();
        let (members, node) = match self.outcome {
            Ok(Done::Cashier(address)) => return reply::see_other(&address),
            Ok(Done::Answer(fields)) => {
                let mut members = vec![("code", text("10000")), ("msg", text("Success"))];
                members.extend(fields);
                (members, self.method.and_then(|method| response_node(method.name())))
            }
            Err(fault) if self.method.is_some_and(Method::is_for_browsers) => {
                let page = fault_page(lang, fault.code(family).0, &fault.sub_code(family), &fault.sub_msg());
                return reply::page(StatusCode::BAD_REQUEST, page);
            }
            Err(fault) => {
                let (code, msg) = fault.code(family);
                let members = vec![
                    ("code", text(code)),
                    ("msg", text(msg)),
                    ("sub_code", text(fault.sub_code(family))),
                    ("sub_msg", text(fault.sub_msg())),
                ];
                // Who is not known gets no signature: there is no key to sign with.
                (members, self.merchant.and_then(|_| response_node(raw.get("method")?)))
            }
        };
        let account = self.merchant.map(|merchant| &merchant.alipay);
        let node = node.unwrap_or_else(|| ERROR_NODE.to_owned());
        let certificate_sn = account
            .filter(|_| raw.get("app_cert_sn").is_some())
            .map(|account| account.gateway_cert.alipay_sn.as_str());
        let key = account.map(|account| &account.gateway_key);
        let body = sign_response(&node, &object_text(&members), certificate_sn, key);
        // Typed as the real one types it.
        reply::reply(StatusCode::OK, "text/html;charset=utf-8", body)
    }
}

/// The JSON text of a response object, members in order and every `/` as `\/`, as the real gateway writes
/// it: whoever parses and re-serialises before checking the signature finds out here.
fn object_text(members: &[(&'static str, Value)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(",")).replace('/', "\\/")
}

/// The member of the answer that holds the response to `method`; `None` for what cannot be a method's name.
fn response_node(method: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
    (method.len() <= 80 && method.bytes().all(allowed))
        .then(|| format!("{}_response", method.replace('.', "_")))
}
