//! Which texts do people sign when they sign the wrong one? (the doctor's list for WeChat Pay)

use percent_encoding::percent_decode_str;
use serde_json::Value;

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

/// The same JSON as other serialisers write it.
fn other_forms(body: &str) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return Vec::new() };
    let compact = value.to_string();
    let spaced = spaced(&value);
    let forms = [
        ascii(&compact),
        ascii(&spaced),
        compact.replace('/', "\\/"),
        ascii(&compact).replace('/', "\\/"),
        compact,
        spaced,
        serde_json::to_string_pretty(&value).unwrap_or_default(),
        body.trim().to_owned(),
    ];
    forms.into_iter().filter(|form| form != body).collect()
}

/// With a blank after each colon and comma, as Python writes it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{}: {}", Value::from(name.as_str()), spaced(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// With everything beyond ASCII escaped, as Python and PHP write it.
fn ascii(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if letter.is_ascii() {
            escaped.push(letter);
            continue;
        }
        let mut units = [0; 2];
        for unit in letter.encode_utf16(&mut units) {
            escaped.push_str(&format!("\\u{unit:04x}"));
        }
    }
    escaped
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
    fn a_body_is_tried_as_python_and_php_write_it() {
        let forms = other_forms(r#"{"a":"知/😀","b":[1,2]}"#);
        for form in [
            r#"{"a": "知/😀", "b": [1, 2]}"#,
            r#"{"a": "\u77e5/\ud83d\ude00", "b": [1, 2]}"#,
            r#"{"a":"\u77e5\/\ud83d\ude00","b":[1,2]}"#,
        ] {
            assert!(forms.contains(&form.to_owned()), "{form}");
        }
    }

    #[test]
    fn a_query_is_tried_as_form_encoders_write_it() {
        assert_eq!(encoded_query("/v3/x?a=b c&d=知"), "/v3/x?a=b+c&d=%E7%9F%A5");
    }
}
