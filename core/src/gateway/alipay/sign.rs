//! Which bytes does Alipay sign?
//!
//! A request signs every parameter but `sign`. A notice signs every parameter but `sign` and `sign_type`.
//! An answer signs the text of its response object, exactly as it was sent. All with RSASSA-PKCS1-v1_5 and
//! SHA-256 (RSA2), written in base64.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::gateway::Fault;

/// The signed text of a request: all of `params` but `sign` and empty ones, by name, values as they are.
#[must_use]
pub fn request_text(params: &BTreeMap<String, String>) -> String {
    joined(params, |name, value| name != "sign" && !value.is_empty())
}

/// The texts a notice's signature may cover, most likely first. The documents say "all but `sign` and
/// `sign_type`"; the official libraries disagree about empty values, the common ones about
/// `alipay_cert_sn`, and the notices of the service market (which name a `method`) keep `sign_type`.
#[must_use]
pub fn notice_texts(params: &BTreeMap<String, String>) -> Vec<String> {
    let signed = |name: &str| name != "sign" && name != "sign_type";
    // A text more is built only where it is another one: nearly every notice needs the first alone.
    let mut texts = vec![joined(params, |name, _| signed(name))];
    if params.iter().filter(|(name, _)| signed(name)).any(|(_, value)| value.is_empty()) {
        texts.push(joined(params, |name, value| signed(name) && !value.is_empty()));
    }
    if params.contains_key("alipay_cert_sn") {
        texts.push(joined(params, |name, _| signed(name) && name != "alipay_cert_sn"));
    }
    let of_the_market = params.contains_key("method") || params.contains_key("msg_method");
    if of_the_market && params.contains_key("sign_type") {
        texts.push(joined(params, |name, _| name != "sign"));
    }
    // Where the certificate's number is the one empty value, the two texts without it are one.
    texts.dedup();
    texts
}

/// `k=v&k=v` by name, of the parameters that `keep` keeps.
fn joined(params: &BTreeMap<String, String>, keep: impl Fn(&str, &str) -> bool) -> String {
    let longest = params.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(2));
    let mut text = String::with_capacity(longest.sum());
    for (name, value) in params.iter().filter(|(name, value)| keep(name, value)) {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// The body of an answer, taken apart but not yet believed.
pub struct AnswerParts<'a> {
    /// The response object exactly as it was sent: these bytes are signed, and only they may be read.
    pub response: &'a str,
    /// The raw signature, where there is one.
    pub signature: Option<Vec<u8>>,
    /// In certificate mode, the certificate whose key made it.
    pub certificate_sn: Option<String>,
}

/// Takes the body of an answer apart: the response object is the member `node`, or `error_response` where
/// there is no such member.
///
/// A member inside the response that is called `sign`, or text that looks like one, stays where it is: the
/// body is read as JSON and never searched. Of a name that stands twice, the last one counts.
///
/// # Errors
/// [`Fault::Malformed`] for a body that is not JSON of this shape.
pub fn answer_parts<'a>(body: &'a [u8], node: &str) -> Result<AnswerParts<'a>, Fault> {
    let members: BTreeMap<String, &'a RawValue> =
        serde_json::from_slice(body).map_err(|_| Fault::Malformed("the answer is not a JSON object"))?;
    let response = members
        .get(node)
        .or_else(|| members.get("error_response"))
        .ok_or(Fault::Malformed("the answer is not one to this call"))?;
    let signature = match members.get("sign") {
        Some(sign) => {
            let text: String = serde_json::from_str(sign.get())
                .map_err(|_| Fault::Malformed("the answer's sign is not a text"))?;
            Some(from_base64(&text).ok_or(Fault::Malformed("the answer's sign is not base64"))?)
        }
        None => None,
    };
    let certificate_sn = match members.get("alipay_cert_sn") {
        Some(sn) => Some(
            serde_json::from_str(sn.get())
                .map_err(|_| Fault::Malformed("the answer's alipay_cert_sn is not a text"))?,
        ),
        None => None,
    };
    Ok(AnswerParts { response: response.get(), signature, certificate_sn })
}

/// A signature as it travels.
pub(super) fn to_base64(signature: &[u8]) -> String {
    STANDARD.encode(signature)
}

/// The signature in `text`; `None` for an empty text or one that is not base64.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|signature| !signature.is_empty())
}
