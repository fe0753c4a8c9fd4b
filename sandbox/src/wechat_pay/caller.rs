//! Is this call what it says it is? (headers, merchant, time, signature)
//!
//! A nonce that comes twice is let through: the real gateway is not known to remember them.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{Method, Request};

use super::authorization::Authorization;
use super::errors::Refusal;
use super::mistakes::{Signed, request_mistakes};
use super::routes::DOWNLOAD_PATH;
use super::sign::request_text;
use crate::doctor;
use crate::log::Diagnosis;
use crate::merchant::{Keys, Merchant};

/// How far `timestamp` may be from the real clock, in seconds.
const TIMESTAMP_TOLERANCE_S: u64 = 5 * 60;

/// A call that is refused before its contents were looked at.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) refusal: Refusal,
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl From<Refusal> for Rejected {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, diagnosis: None }
    }
}

/// A header as text; an empty one counts as absent.
pub(crate) fn header(request: &Request<Bytes>, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

/// The merchant that a request claims to come from.
pub(crate) fn claimed<'a>(request: &Request<Bytes>, keys: &'a Keys) -> Option<&'a Merchant> {
    let read = Authorization::parse(header(request, AUTHORIZATION)?).ok()?;
    keys.merchants.iter().find(|merchant| merchant.wechat_pay.mchid == read.mchid)
}

/// Believes a request of `merchant`, the one it claims to come from, or says why not.
pub(crate) fn check(
    request: &Request<Bytes>,
    merchant: Option<&Merchant>,
    base_url: &str,
    real_ms: i64,
) -> Result<(), Box<Rejected>> {
    check_headers(request).map_err(Rejected::from)?;
    let authorization = check_authorization(request, real_ms).map_err(Rejected::from)?;
    let Some(merchant) = merchant else {
        let why = format!("Authorization: no merchant of this sandbox has mchid {:?}", authorization.mchid);
        return Err(Box::new(Refusal::Authorization(why).into()));
    };
    let serial_no = &merchant.wechat_pay.merchant_certificate.serial_no;
    if *serial_no != authorization.serial_no {
        let why = format!(
            "商户证书序列号有误: serial_no {:?} is no certificate of this merchant",
            authorization.serial_no
        );
        return Err(Box::new(Refusal::Authorization(why).into()));
    }
    check_signature(request, &authorization, merchant, base_url)
}

fn check_headers(request: &Request<Bytes>) -> Result<(), Refusal> {
    if header(request, USER_AGENT).is_none() {
        return Err(Refusal::Header("User-Agent"));
    }
    let accept = header(request, ACCEPT).ok_or(Refusal::Header("Accept"))?;
    let takes_json = accept.split(',').any(|range| {
        let range = range.split(';').next().unwrap_or_default().trim();
        ["application/json", "application/*", "*/*"].iter().any(|fits| range.eq_ignore_ascii_case(fits))
    });
    if !takes_json && request.uri().path() != DOWNLOAD_PATH {
        return Err(Refusal::NotAcceptable(accept.to_owned()));
    }
    if request.method() == Method::POST && !request.body().is_empty() {
        let given = header(request, CONTENT_TYPE).unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::MediaType(given.to_owned()));
        }
    }
    Ok(())
}

fn check_authorization(request: &Request<Bytes>, real_ms: i64) -> Result<Authorization, Refusal> {
    let text = header(request, AUTHORIZATION)
        .ok_or_else(|| Refusal::Authorization("the header Authorization is missing".to_owned()))?;
    let authorization = Authorization::parse(text).map_err(Refusal::Authorization)?;
    let now_s = real_ms.div_euclid(1000);
    if authorization.timestamp_s.abs_diff(now_s) > TIMESTAMP_TOLERANCE_S {
        let unit = match authorization.timestamp_s.div_euclid(1000).abs_diff(now_s) {
            0..=TIMESTAMP_TOLERANCE_S => " (these are milliseconds; it must be seconds)",
            _ => "",
        };
        return Err(Refusal::Authorization(format!(
            "Authorization: timestamp is more than five minutes away from {now_s}, got {}{unit}",
            authorization.timestamp
        )));
    }
    Ok(authorization)
}

fn check_signature(
    request: &Request<Bytes>,
    authorization: &Authorization,
    merchant: &Merchant,
    base_url: &str,
) -> Result<(), Box<Rejected>> {
    let body = std::str::from_utf8(request.body())
        .map_err(|_| Rejected::from(Refusal::body("/", "the body is not UTF-8")))?;
    let target = request.uri().path_and_query().map(|target| target.as_str()).unwrap_or_default();
    let method = request.method().as_str();
    let Authorization { timestamp, nonce, signature, .. } = authorization;
    let expected = request_text(method, target, timestamp, nonce, body);
    let key = merchant.wechat_pay.merchant_key.public();
    if key.verifies_sha256(&expected, signature) {
        return Ok(());
    }
    let signed = Signed { method, target, base_url, timestamp, nonce, body };
    let diagnosis = doctor::explain(expected.clone(), signature, key, request_mistakes(&signed));
    Err(Box::new(Rejected { refusal: Refusal::Signature { expected }, diagnosis: Some(diagnosis) }))
}
