//! How is a call of gateway.do put together, and how is its answer taken apart?

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::Action;
use crate::gateway::alipay::{Alipay, shanghai_text, sign};
use crate::gateway::{Claim, Fault, GatewayRequest, KeyChoice, Message, Outgoing, Scheme, Unsigned, Verb};
use crate::time::Timestamp;

/// One call.
pub(super) struct Call<'a> {
    /// `alipay.trade.…`
    pub(super) method: &'static str,
    /// The contents. The order of their fields is part of what is signed.
    pub(super) biz_content: String,
    /// Where notices go.
    pub(super) notify_url: Option<&'a str>,
    /// Where the browser goes afterwards.
    pub(super) return_url: Option<&'a str>,
    /// Whether the learner's browser makes the call.
    pub(super) browse: bool,
}

impl Call<'_> {
    /// The call, before it is signed.
    pub(super) fn prepare(self, alipay: &Alipay, now: Timestamp) -> Result<Unsigned, Fault> {
        let timestamp = shanghai_text(now).ok_or(Fault::Unsupported("now is outside the calendar"))?;
        let certificates = alipay.certificates.as_ref();
        let mut params: BTreeMap<String, String> = [
            ("alipay_root_cert_sn", certificates.map(|known| known.root_sn.as_str())),
            ("app_cert_sn", certificates.map(|known| known.app_sn.as_str())),
            ("app_id", Some(alipay.app_id.as_str())),
            ("biz_content", Some(&self.biz_content)),
            ("charset", Some("utf-8")),
            ("format", Some("JSON")),
            ("method", Some(self.method)),
            ("notify_url", self.notify_url),
            ("return_url", self.return_url),
            ("sign_type", Some("RSA2")),
            ("timestamp", Some(&timestamp)),
            ("version", Some("1.0")),
        ]
        .into_iter()
        .filter_map(|(name, value)| {
            Some((name.to_owned(), value.filter(|text| !text.is_empty())?.to_owned()))
        })
        .collect();
        let gateway_url = alipay.gateway_url.clone();
        let browse = self.browse;
        Ok(Unsigned::new(sign::request_text(&params).into_bytes(), move |signature| {
            params.insert("sign".to_owned(), sign::to_base64(signature));
            if browse {
                return Outgoing::Browse(Action::Redirect {
                    url: format!("{gateway_url}?{}", form(&params)),
                });
            }
            // The gateway reads `charset` from the query before it reads the body, so only the contents go
            // there.
            let contents = params.remove("biz_content").map(|text| ("biz_content".to_owned(), text));
            Outgoing::Send(GatewayRequest {
                verb: Verb::Post,
                url: format!("{gateway_url}?{}", form(&params)),
                headers: vec![("content-type", "application/x-www-form-urlencoded;charset=utf-8".to_owned())],
                body: form(&contents.into_iter().collect()),
            })
        }))
    }
}

/// `params` as a form or a query.
fn form(params: &BTreeMap<String, String>) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

/// Contents as JSON.
pub(super) fn json(contents: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(contents).map_err(|_| Fault::Unsupported("the contents are not JSON"))
}

/// Takes an answer to `method` apart: its response object, and what is claimed to prove it (nothing, when it
/// is not signed).
pub(super) fn read<R: DeserializeOwned>(method: &str, answer: Message<'_>) -> Result<(R, Vec<Claim>), Fault> {
    if answer.status != 200 {
        return Err(Fault::Status(answer.status));
    }
    let node = format!("{}_response", method.replace('.', "_"));
    let parts = sign::answer_parts(answer.body, &node)?;
    let response = serde_json::from_str(parts.response)
        .map_err(|_| Fault::Malformed("the response has no code, or a field that is not a text"))?;
    let key = parts.certificate_sn.map_or(KeyChoice::Any, KeyChoice::Named);
    let claims = parts.signature.map(|signature| Claim {
        scheme: Scheme::Rsa,
        key,
        message: parts.response.as_bytes().to_vec(),
        signature,
    });
    Ok((response, claims.into_iter().collect()))
}
