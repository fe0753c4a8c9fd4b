//! How would another serialiser have written the same JSON? (for the doctor: signed in one form, sent in
//! another)
//!
//! Works on the text, so that the order of the members stays as it was sent.

use serde_json::Value;

/// The same JSON in the forms that common serialisers write, the given one left out.
pub(crate) fn other_forms(text: &str) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let plain = unescaped(&spread(text, ""));
    let spaced = unescaped(&spread(text, " "));
    let forms = [
        escaped(&plain),
        escaped(&spaced),
        plain.replace('/', "\\/"),
        escaped(&plain).replace('/', "\\/"),
        plain,
        spaced,
        value.to_string(),
        serde_json::to_string_pretty(&value).unwrap_or_default(),
        text.trim().to_owned(),
    ];
    forms.into_iter().filter(|form| form != text).collect()
}

/// Without blanks between the parts, but for `blank` after each colon and comma.
fn spread(text: &str, blank: &str) -> String {
    let mut spread = String::new();
    let (mut in_string, mut after_backslash) = (false, false);
    for letter in text.chars() {
        if !in_string && letter.is_ascii_whitespace() {
            continue;
        }
        spread.push(letter);
        if in_string {
            in_string = letter != '"' || after_backslash;
            after_backslash = letter == '\\' && !after_backslash;
        } else {
            in_string = letter == '"';
            if matches!(letter, ':' | ',') {
                spread.push_str(blank);
            }
        }
    }
    spread
}

/// Everything beyond ASCII as `\uXXXX`, as Python and PHP write it.
fn escaped(text: &str) -> String {
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

/// `\uXXXX` beyond ASCII and `\/` as the characters they mean; other escapes stay.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let unit = rest.strip_prefix("\\u").and_then(|after| u16::from_str_radix(after.get(..4)?, 16).ok());
        if let Some(unit) = unit.filter(|unit| *unit >= 0x80) {
            units.push(unit);
            rest = rest.get(6..).unwrap_or_default();
            continue;
        }
        plain.push_str(&String::from_utf16_lossy(&std::mem::take(&mut units)));
        let taken = match rest.strip_prefix('\\').and_then(|after| after.chars().next()) {
            Some('/') => {
                plain.push('/');
                2
            }
            Some(second) => {
                plain.extend(['\\', second]);
                second.len_utf8().saturating_add(1)
            }
            None => {
                plain.push(letter);
                letter.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    plain.push_str(&String::from_utf16_lossy(&units));
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_tried_as_python_php_and_javascript_write_it() {
        let forms = [
            r#"{"b":"知/😀 \" ,:","a":[1,2]}"#,
            r#"{"b": "知/😀 \" ,:", "a": [1, 2]}"#,
            r#"{"b": "\u77e5/\ud83d\ude00 \" ,:", "a": [1, 2]}"#,
            r#"{"b":"\u77e5\/\ud83d\ude00 \" ,:","a":[1,2]}"#,
        ];
        for sent in forms {
            for signed in forms.iter().filter(|signed| **signed != sent) {
                assert!(other_forms(sent).iter().any(|form| form == signed), "{sent} signed as {signed}");
            }
        }
    }

    #[test]
    fn what_is_no_json_has_no_other_form() {
        for text in ["", "{", "{\"a\":\"\\u\"}", "\\"] {
            assert!(other_forms(text).is_empty(), "{text}");
        }
        assert_eq!(unescaped("\\u77e\\"), "\\u77e\\");
    }
}
