//! Is this call what it says it is? (public parameters, application, certificates, signature, time)
//!
//! Parameters arrive in the query, in a form body, or in both, as the SDKs send them. Order of checks:
//! method, application, form of the public parameters, certificates, signature, time, biz_content.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::account::Account;
use super::doctor;
use super::errors::Fault;
use super::method::Method;
use super::sign;
use crate::clock::parse_shanghai;
use crate::log::{Cause, Diagnosis};
use crate::merchant::Merchant;

/// How far `timestamp` may be from the real clock. Alipay publishes no figure. A day lets pass the SDKs
/// that write their process's local time (up to 16 hours off) and stops replays and wrong units.
const TIMESTAMP_TOLERANCE_MS: i64 = 24 * 60 * 60 * 1000;

/// Parameters as they arrived, not yet believed.
pub(crate) struct RawRequest {
    pairs: Vec<(String, String)>,
    charset_in_query: bool,
    body_has_other_than_ascii: bool,
    form: bool,
}

impl RawRequest {
    /// Takes query and body apart. Where a name comes twice, the first one counts (query before body).
    pub(crate) fn parse(request: &http::Request<Bytes>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let mut raw = Self {
            pairs: Vec::new(),
            charset_in_query: false,
            body_has_other_than_ascii: false,
            form: is_form(request),
        };
        raw.add(query.as_bytes());
        raw.charset_in_query = raw.get("charset").is_some();
        let from_query = raw.pairs.len();
        if raw.form {
            raw.add(request.body());
        }
        raw.body_has_other_than_ascii = raw.pairs.iter().skip(from_query).any(|(_, value)| !value.is_ascii());
        raw
    }

    fn add(&mut self, text: &[u8]) {
        for (name, value) in form_urlencoded::parse(text) {
            if !self.pairs.iter().any(|(known, _)| *known == name) {
                self.pairs.push((name.into_owned(), value.into_owned()));
            }
        }
    }

    /// A parameter; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    /// Who says to be calling.
    pub(crate) fn merchant<'a>(&self, merchants: &'a [Merchant]) -> Option<&'a Merchant> {
        let app_id = self.get("app_id")?;
        merchants.iter().find(|merchant| merchant.alipay.app_id == app_id)
    }

    fn require(&self, name: &str, missing: &'static str) -> Result<&str, Fault> {
        self.get(name).ok_or(Fault::Missing(missing))
    }
}

/// Whether the body is to be read as a form. A missing content type counts as one; so does an empty body.
fn is_form(request: &http::Request<Bytes>) -> bool {
    let content_type =
        request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    request.body().is_empty()
        || content_type.is_none_or(|text| {
            let essence = text.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}

/// A call whose signature fits.
pub(crate) struct VerifiedRequest<'a> {
    pub(crate) method: Method,
    pub(crate) merchant: &'a Merchant,
    pub(crate) notify_url: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) biz_content: Map<String, Value>,
}

/// A call that is refused before its contents were looked at.
pub(crate) struct Refusal<'a> {
    pub(crate) fault: Fault,
    pub(crate) method: Option<Method>,
    /// Known when `app_id` is: then the refusal is signed.
    pub(crate) merchant: Option<&'a Merchant>,
    pub(crate) diagnosis: Option<Diagnosis>,
}

/// Believes a request, or says why not.
pub(crate) fn verify_request<'a>(
    raw: &RawRequest,
    merchants: &'a [Merchant],
    real_ms: i64,
) -> Result<VerifiedRequest<'a>, Box<Refusal<'a>>> {
    let mut refusal =
        Box::new(Refusal { fault: Fault::NoSuchTrade, method: None, merchant: None, diagnosis: None });
    let verified = (|| {
        if !raw.form {
            return Err(Fault::PublicParameter(
                "the body must be application/x-www-form-urlencoded".to_owned(),
            ));
        }
        // Looked up before anything is refused: from here on even a refusal can be signed.
        refusal.merchant = raw.merchant(merchants);

        let name = raw.require("method", "method")?;
        let method = Method::named(name).ok_or_else(|| Fault::UnknownMethod(name.to_owned()))?;
        refusal.method = Some(method);
        let app_id = raw.require("app_id", "app-id")?;
        let merchant = refusal.merchant.ok_or_else(|| Fault::UnknownApp(app_id.to_owned()))?;

        check_public_parameters(raw)?;
        check_certificates(raw, method, &merchant.alipay)?;
        refusal.diagnosis = check_signature(raw, merchant);
        if let Some(diagnosis) = &refusal.diagnosis {
            return Err(Fault::Signature { expected: diagnosis.expected.clone() });
        }
        check_timestamp(raw, real_ms)?;
        Ok(VerifiedRequest {
            method,
            merchant,
            notify_url: web_address(raw, "notify_url")?,
            return_url: web_address(raw, "return_url")?,
            biz_content: read_biz_content(raw)?,
        })
    })();
    verified.map_err(|fault| {
        refusal.fault = fault;
        refusal
    })
}

fn check_public_parameters(raw: &RawRequest) -> Result<(), Fault> {
    if let Some(format) = raw.get("format").filter(|format| !format.eq_ignore_ascii_case("json")) {
        return Err(Fault::Format(format.to_owned()));
    }
    match raw.get("charset") {
        Some(charset) if charset.eq_ignore_ascii_case("utf-8") => {}
        Some(charset) => return Err(Fault::Charset(format!("charset: expected utf-8, got {charset:?}"))),
        None => return Err(Fault::Charset("charset: expected utf-8, got nothing".to_owned())),
    }
    let sign_type = raw.require("sign_type", "signature-type")?;
    if sign_type != "RSA2" {
        return Err(Fault::SignatureType(sign_type.to_owned()));
    }
    let version = raw.require("version", "version")?;
    if version != "1.0" {
        return Err(Fault::PublicParameter(format!("version: expected 1.0, got {version:?}")));
    }
    raw.require("timestamp", "timestamp")?;
    raw.require("sign", "signature")?;
    Ok(())
}

/// In certificate mode both numbers must be there and be right; without either, key mode is meant. (The real
/// gateway picks the key by `app_cert_sn`, so this comes before the signature.)
fn check_certificates(raw: &RawRequest, method: Method, account: &Account) -> Result<(), Fault> {
    let (app, root) = (raw.get("app_cert_sn"), raw.get("alipay_root_cert_sn"));
    if app.is_none() && root.is_none() && !method.needs_certificate() {
        return Ok(());
    }
    let app = app.ok_or(Fault::Missing("app-cert-sn"))?;
    if app != account.app_cert.alipay_sn {
        return Err(Fault::UnknownAppCertificate(app.to_owned()));
    }
    let root = root.ok_or(Fault::Missing("alipay-root-cert-sn"))?;
    if root != account.root_cert.alipay_sn {
        return Err(Fault::OtherRootCertificate(root.to_owned()));
    }
    Ok(())
}

/// `None` when the signature fits.
fn check_signature(raw: &RawRequest, merchant: &Merchant) -> Option<Diagnosis> {
    let signature = raw.get("sign").unwrap_or_default();
    let pairs = raw.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let expected = sign::request_text(pairs);
    let key = merchant.alipay.app_key.public();
    if !key.verifies_sha256(&expected, signature) {
        return Some(doctor::explain(&raw.pairs, signature, key));
    }
    // Without `charset` in the query the real gateway reads the body as GBK and then checks another text.
    (raw.body_has_other_than_ascii && !raw.charset_in_query).then_some(Diagnosis {
        expected,
        signed: None,
        differs_at: None,
        cause: Cause::CharsetNotInQuery,
    })
}

fn check_timestamp(raw: &RawRequest, real_ms: i64) -> Result<(), Fault> {
    let text = raw.get("timestamp").unwrap_or_default();
    let at_ms = parse_shanghai(text)
        .ok_or_else(|| Fault::Timestamp(format!("timestamp: expected yyyy-MM-dd HH:mm:ss, got {text:?}")))?;
    if at_ms.abs_diff(real_ms) > TIMESTAMP_TOLERANCE_MS.unsigned_abs() {
        return Err(Fault::Timestamp(format!(
            "timestamp: more than a day away from {}, got {text}",
            crate::clock::shanghai_text(real_ms)
        )));
    }
    Ok(())
}

/// An absolute http or https address without blanks, if given.
fn web_address(raw: &RawRequest, name: &'static str) -> Result<Option<String>, Fault> {
    let Some(text) = raw.get(name) else { return Ok(None) };
    let host =
        text.parse::<http::Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    if host.and_then(|uri| uri.host().map(str::len)).is_none_or(|length| length == 0) || text.len() > 2048 {
        return Err(Fault::PublicParameter(format!(
            "{name}: expected an absolute http(s) address, got {text:?}"
        )));
    }
    Ok(Some(text.to_owned()))
}

fn read_biz_content(raw: &RawRequest) -> Result<Map<String, Value>, Fault> {
    let text = raw.get("biz_content").ok_or_else(|| Fault::Parameter("biz_content is missing".to_owned()))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Fault::Parameter("biz_content: expected a JSON object".to_owned())),
        Err(error) => Err(Fault::Parameter(format!("biz_content is not JSON: {error}"))),
    }
}
