//! Which texts do people sign when they sign the wrong one? (the doctor's list for WeChat Pay)

use percent_encoding::percent_decode_str;

use super::json_forms::other_forms;
use super::sign::{jsapi_text, request_text};
use crate::log::Cause;

/// A request as its signature should have covered it.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// Path and query as sent.
    pub(crate) target: &'a str,
    pub(crate) base_url: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) body: &'a str,
}

/// The usual mistakes in a request's text, each with the text it leads to.
pub(crate) fn request_mistakes(signed: &Signed<'_>) -> Vec<(Cause, String)> {
    let Signed { method, target, base_url, timestamp, nonce, body } = *signed;
    let right = request_text(method, target, timestamp, nonce, body);
    let with_target = |target: &str| request_text(method, target, timestamp, nonce, body);
    let with_body = |body: &str| request_text(method, target, timestamp, nonce, body);
    let path = target.split('?').next().unwrap_or_default();
    let decoded = percent_decode_str(target).decode_utf8_lossy().into_owned();
    let mut list = vec![
        // Without a body this is the same text as without the last line feed, and the likelier reason.
        (Cause::BodyLineMissing, format!("{method}\n{target}\n{timestamp}\n{nonce}\n")),
        (Cause::BodyLineMissing, format!("{method}\n{target}\n{timestamp}\n{nonce}")),
        (Cause::LastNewlineMissing, right.strip_suffix('\n').unwrap_or(&right).to_owned()),
        (Cause::QueryLeftOut, with_target(path)),
        (Cause::WholeUrlSigned, with_target(&format!("{base_url}{target}"))),
        (Cause::LeadingSlashMissing, with_target(target.trim_start_matches('/'))),
        (Cause::QueryEncodedOtherwise, with_target(&decoded)),
        (Cause::QueryEncodedOtherwise, with_target(&encoded_query(&decoded))),
        (
            Cause::MethodInLowerCase,
            request_text(&method.to_ascii_lowercase(), target, timestamp, nonce, body),
        ),
        (Cause::MillisecondsSigned, request_text(method, target, &format!("{timestamp}000"), nonce, body)),
        (Cause::TimestampAndNonceSwapped, request_text(method, target, nonce, timestamp, body)),
        (Cause::WordForEmptyBody, with_body("{}")),
        (Cause::WordForEmptyBody, with_body("undefined")),
        (Cause::WordForEmptyBody, with_body("null")),
        (Cause::OtherLineEnds, right.replace('\n', "\r\n")),
        (Cause::OtherLineEnds, right.replace('\n', "\\n")),
    ];
    list.extend(other_forms(body).into_iter().map(|other| (Cause::BodySerialisedAgain, with_body(&other))));
    list
}

/// The query encoded once more from its plain form, as `encodeURIComponent` and form encoders do.
fn encoded_query(decoded: &str) -> String {
    let Some((path, query)) = decoded.split_once('?') else { return decoded.to_owned() };
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// The usual mistakes in the text behind a page's `paySign`.
pub(crate) fn pay_sign_mistakes(
    app_id: &str,
    timestamp: &str,
    nonce: &str,
    package: &str,
) -> Vec<(Cause, String)> {
    let right = jsapi_text(app_id, timestamp, nonce, package);
    let bare = package.strip_prefix("prepay_id=").unwrap_or(package);
    vec![
        (Cause::PrepayIdWithoutName, jsapi_text(app_id, timestamp, nonce, bare)),
        (Cause::LastNewlineMissing, right.strip_suffix('\n').unwrap_or(&right).to_owned()),
        (Cause::MillisecondsSigned, jsapi_text(app_id, &format!("{timestamp}000"), nonce, package)),
        (Cause::TimestampAndNonceSwapped, jsapi_text(app_id, nonce, timestamp, package)),
        (Cause::OtherLineEnds, right.replace('\n', "\\n")),
        (
            Cause::SignedAsInVersion2,
            format!("appId={app_id}&nonceStr={nonce}&package={package}&signType=RSA&timeStamp={timestamp}"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_tried_as_form_encoders_write_it() {
        assert_eq!(encoded_query("/v3/x?a=b c&d=知"), "/v3/x?a=b+c&d=%E7%9F%A5");
    }
}
